//! NATS: what survives what.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use althing_testkit::Nats;
use serde_json::{Value, json};

use crate::is_open;

/// A request to JetStream over the plain protocol; its answer.
fn ask(nats: &Nats, subject: &str, body: &str) -> Value {
    let mut stream = TcpStream::connect(nats.url().strip_prefix("nats://").unwrap()).unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let length = body.len();
    write!(
        stream,
        "CONNECT {{\"verbose\":false}}\r\nSUB answer 1\r\nPUB {subject} answer {length}\r\n{body}\r\n"
    )
    .unwrap();
    loop {
        let line = lines.next().unwrap().unwrap();
        assert!(!line.starts_with("-ERR"), "{line}");
        if line.starts_with("MSG answer") {
            return serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        }
    }
}

#[tokio::test]
async fn a_stream_survives_a_kill_and_a_stop() {
    let nats = Nats::start().await;
    let stream = json!({ "name": "words", "subjects": ["word"], "storage": "file" });
    let made = ask(&nats, "$JS.API.STREAM.CREATE.words", &stream.to_string());
    assert_eq!(made["config"]["name"], "words", "{made}");
    assert_eq!(ask(&nats, "word", "kept")["seq"], 1);
    nats.kill().await;
    assert!(!is_open(&nats.url()));
    nats.start_again().await;
    assert_eq!(
        ask(&nats, "$JS.API.STREAM.INFO.words", "")["state"]["messages"],
        1
    );
    nats.stop().await;
    nats.start_again().await;
    assert_eq!(
        ask(&nats, "$JS.API.STREAM.INFO.words", "")["state"]["messages"],
        1
    );
}
