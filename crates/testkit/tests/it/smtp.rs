//! The mail server that keeps what it gets.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use althing_testkit::Smtp;

/// Says these lines one after the other; the first character of each answer.
fn talk(smtp: &Smtp, lines: &[&str]) -> String {
    let url = smtp.url();
    let place = url.trim_start_matches("smtp://").trim_end_matches("?tls=none");
    let mut stream = TcpStream::connect(place).unwrap();
    let mut answers = BufReader::new(stream.try_clone().unwrap()).lines();
    let mut codes = vec![answers.next().unwrap().unwrap()];
    for line in lines {
        write!(stream, "{line}\r\n").unwrap();
        codes.push(answers.next().unwrap().unwrap());
    }
    codes.iter().map(|code| &code[..1]).collect()
}

const MAIL: [&str; 5] = [
    "HELO test",
    "MAIL FROM:<ada@example.org>",
    "RCPT TO:<bob@example.org>",
    "DATA",
    "Subject: A long\r\n one\r\n\r\nHello\r\n.",
];

#[tokio::test]
async fn mails_are_kept_refused_and_still_there_after_a_stop() {
    let smtp = Smtp::start().await;
    assert_eq!(talk(&smtp, &MAIL), "222232");
    let mails = smtp.wait_for(1).await;
    assert_eq!(
        (mails[0].from.as_str(), mails[0].to.as_slice(), mails[0].encrypted),
        ("ada@example.org", &["bob@example.org".to_owned()][..], false)
    );
    assert_eq!(mails[0].header("Subject"), "A long one");
    smtp.refuse("450 later");
    assert_eq!(talk(&smtp, &MAIL[..3]), "2224");
    smtp.refuse("550 never");
    assert_eq!(talk(&smtp, &MAIL[..3]), "2225");
    smtp.accept();
    smtp.stop().await;
    smtp.start_again().await;
    assert_eq!(smtp.mails().len(), 1);
}
