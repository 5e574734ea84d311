//! The live channel of the real server: slow pages, pages that come and go, and how soon a message is seen.

use std::time::{Duration, Instant};

use althing_testkit::Socket;
use serde_json::{Value, json};

use crate::app;
use crate::office::{made, settled, text};
use crate::open_page::OpenPage;
use crate::talk::Talk;
use crate::walk::{Walk, new_id};

const STEPS: [&str; 2] = ["issue_raising", "problem_frame"];

/// Something happens many times, from the `first` on; a navigation is the smallest thing that can.
async fn happen(walk: &Walk, first: usize, times: usize) {
    for number in first..first + times {
        made(
            walk.post("navigate", json!({"to": STEPS[(number + 1) % 2]}))
                .await,
            200,
        );
    }
}

async fn begun(client: &althing_testkit::Client) -> Walk {
    let walk = Walk::begin(client, "Live 🏠").await;
    for step in STEPS {
        walk.start(step).await;
    }
    walk
}

/// What a socket says, until this number is reached: the numbers of the frames, and where a state stood in for some.
async fn numbers_until(socket: &mut Socket, seen: &mut Vec<i64>, last: i64) -> usize {
    let mut states = 0;
    while seen.last().is_none_or(|seen| *seen < last) {
        let frame = socket.next().await;
        let seq = frame["seq"].as_i64().expect("a number");
        if frame["type"] == "state" {
            states += 1;
            assert_eq!(frame["data"]["snapshotVersion"], seq);
            seen.push(seq);
        } else if !frame["eventId"].is_null() {
            assert_eq!(
                seq,
                seen.last().map_or(seq, |last| last + 1),
                "no gap, nothing twice"
            );
            seen.push(seq);
        }
    }
    states
}

#[tokio::test]
async fn a_page_that_does_not_read_for_a_while_misses_nothing() {
    let app = app().await;
    let walk = begun(app.owner()).await;
    settled(app.owner()).await;
    let start = walk.dashboard().await["snapshotVersion"]
        .as_i64()
        .expect("a number");
    let path = format!("/api/sessions/{}/live", walk.session);
    let (mut slow, mut quick) = (app.owner().socket(&path).await, app.owner().socket(&path).await);
    slow.next_of("connected").await;
    quick.next_of("connected").await;
    let last = start + 300;
    let long = "語".repeat(1_990);
    let reading = async {
        let mut seen = vec![start];
        let states = numbers_until(&mut quick, &mut seen, last).await;
        (seen, states)
    };
    let writing = async {
        for number in 0..300 {
            let body = json!({"description": format!("{number} {long}")});
            made(
                app.owner()
                    .patch(&format!("/api/sessions/{}", walk.session), body)
                    .await,
                200,
            );
        }
    };
    let ((seen, states), ()) = tokio::join!(reading, writing);
    assert_eq!(
        (seen, states),
        ((start..=last).collect(), 0),
        "who reads along gets every frame"
    );
    settled(app.owner()).await;
    let mut seen = vec![start];
    let states = numbers_until(&mut slow, &mut seen, last).await;
    assert_eq!(
        seen.last(),
        Some(&last),
        "who did not ends at the same place, by frames or {states} states"
    );
    let mut page = OpenPage::open(app.owner(), &walk.session).await;
    assert!(text(&page.is_right(app.owner()).await["description"]).starts_with("299 "));
}

#[tokio::test]
async fn a_page_that_comes_and_goes_misses_nothing() {
    let app = app().await;
    let walk = begun(app.owner()).await;
    settled(app.owner()).await;
    let mut page = OpenPage::open(app.owner(), &walk.session).await;
    let first = page.seq();
    let mut happened = 0;
    for visit in 0..12 {
        let times = 1 + visit % 5;
        happen(&walk, happened, times).await;
        happened += times;
        page.resume().await;
        page.is_right(app.owner()).await;
    }
    // An absence longer than the room's memory: 256 frames.
    happen(&walk, happened, 300).await;
    page.resume().await;
    page.is_right(app.owner()).await;
    let numbers: Vec<i64> = page
        .frames
        .iter()
        .map(|frame| frame["seq"].as_i64().expect("a number"))
        .collect();
    assert_eq!(numbers, (first + 1..=page.seq()).collect::<Vec<_>>());
    assert_eq!(numbers.len(), happened + 300);
    // Whoever claims to be ahead of the server is told how things are.
    let mut socket = app
        .owner()
        .socket(&format!("/api/sessions/{}/live", walk.session))
        .await;
    socket.next_of("connected").await;
    socket
        .send(json!({"type": "resume", "data": {"lastSeq": page.seq() + 50}}))
        .await;
    assert_eq!(socket.next().await["data"]["snapshotVersion"], page.seq());
}

#[tokio::test]
async fn a_message_is_seen_on_another_open_dashboard_at_once() {
    const MESSAGES: usize = 40;
    let app = app().await;
    let walk = begun(app.owner()).await;
    settled(app.owner()).await;
    let elsewhere = app.sign_in("ada@example.org").await;
    let mut other = elsewhere
        .socket(&format!("/api/sessions/{}/live", walk.session))
        .await;
    other.next_of("connected").await;
    let mut talk = Talk::about(&walk, "issue_raising").await;
    let (mut sent, mut seen, mut waits) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..MESSAGES {
        let (content, message_id) = (format!("decision: {number} 住む"), new_id());
        let begun = Instant::now();
        talk.send(json!({"type": "send_message", "message_id": message_id, "content": content}))
            .await;
        loop {
            let frame = other.next_of("message.sent").await;
            if frame["data"]["role"] == "user" {
                assert_eq!(frame["data"]["contentPreview"], content.as_str());
                seen.push(text(&frame["data"]["messageId"]));
                break;
            }
        }
        waits.push(begun.elapsed());
        sent.push(talk.hear(message_id).await.message_id);
    }
    assert_eq!(seen, sent, "every message, in order");
    waits.sort_unstable();
    let (middle, p95) = (waits[MESSAGES / 2], waits[MESSAGES * 95 / 100]);
    println!(
        "from sending to showing on another dashboard: median {middle:?}, p95 {p95:?}, worst {:?}",
        waits[MESSAGES - 1]
    );
    assert!(p95 < Duration::from_secs(1), "p95 is {p95:?}");
}

#[tokio::test]
async fn frames_have_six_keys_and_clients_are_answered() {
    let app = app().await;
    let walk = begun(app.owner()).await;
    settled(app.owner()).await;
    let path = format!("/api/sessions/{}/live", walk.session);
    let mut socket = app.owner().socket(&path).await;
    let connected = socket.next().await;
    let data: Vec<&str> = connected["data"]
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(data, ["sessionId", "clientId", "timestamp", "snapshotVersion"]);
    assert_eq!(
        (&connected["seq"], &connected["eventId"]),
        (&connected["data"]["snapshotVersion"], &Value::Null)
    );
    socket
        .send(json!({"type": "ping", "data": {"timestamp": "2030-01-01T00:00:00Z"}}))
        .await;
    let pong = socket.next().await;
    assert_eq!(
        (&pong["type"], &pong["data"]["timestamp"]),
        (&json!("pong"), &json!("2030-01-01T00:00:00Z"))
    );
    for (said, code) in [
        ("[]", "malformed_request"),
        (r#"{"type":"dance"}"#, "validation_failed"),
        (r#"{"type":"resume","data":{}}"#, "validation_failed"),
    ] {
        socket.send_text(said).await;
        let error = socket.next().await;
        assert_eq!(
            (&error["type"], &error["data"]["code"]),
            (&json!("error"), &json!(code)),
            "{said}"
        );
        let keys: Vec<&str> = error
            .as_object()
            .expect("an object")
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(
            keys,
            ["type", "data", "seq", "eventId", "occurredAt", "correlationId"]
        );
    }
    socket
        .send_text(&format!(
            r#"{{"type":"ping","data":{{"timestamp":"{}"}}}}"#,
            "x".repeat(4_100)
        ))
        .await;
    assert_eq!(socket.next().await["data"]["code"], "payload_too_large");
    assert_eq!(socket.closed().await, Some(1009));
    for (client, origin, status) in [
        (app.owner(), Some("https://evil.example"), 403),
        (&app.anonymous(), None, 401),
        (&app.user("Bob").await, None, 404),
    ] {
        let refused = client.try_socket(&path, origin).await;
        assert_eq!(refused.err(), Some(status), "{origin:?}");
    }
}
