//! Frames that are none, on both sockets.

use std::time::Duration;

use serde_json::{Value, json};

use super::Trial;

#[tokio::test]
async fn the_live_channel_answers_nonsense_and_goes_on() {
    let trial = Trial::after("issue_raising").await;
    let path = format!("/api/sessions/{}/live", trial.decision.session);
    let mut socket = trial.client().socket(&path).await;
    socket.next_of("connected").await;
    for (frame, code) in [
        ("", "malformed_request"),
        ("{", "malformed_request"),
        ("[]", "malformed_request"),
        ("null", "malformed_request"),
        ("7", "malformed_request"),
        ("{}", "malformed_request"),
        (r#"{"type":7}"#, "malformed_request"),
        (r#"{"type":"\ud800"}"#, "malformed_request"),
        (r#"{"type":"dance"}"#, "validation_failed"),
        (r#"{"type":"state"}"#, "validation_failed"),
        (r#"{"type":"component.completed","data":{}}"#, "validation_failed"),
        (r#"{"type":"resume"}"#, "validation_failed"),
        (r#"{"type":"resume","data":{"lastSeq":-1}}"#, "validation_failed"),
        (r#"{"type":"resume","data":{"lastSeq":1.5}}"#, "validation_failed"),
        (r#"{"type":"resume","data":{"lastSeq":"1"}}"#, "validation_failed"),
        (r#"{"type":"resume","data":[]}"#, "validation_failed"),
    ] {
        socket.send_text(frame).await;
        assert_eq!(socket.next_of("error").await["data"]["code"], code, "{frame}");
    }
    let deep = format!(
        "{{\"type\":\"ping\",\"data\":{}1{}}}",
        "[".repeat(1_000),
        "]".repeat(1_000)
    );
    socket.send_text(&deep).await;
    assert_eq!(socket.next_of("error").await["data"]["code"], "malformed_request");
    socket.send_binary(vec![0, 159, 146, 150]).await;
    assert_eq!(socket.next_of("error").await["data"]["code"], "malformed_request");
    // What lies ahead of everything is answered with the state.
    socket
        .send(json!({"type": "resume", "data": {"lastSeq": i64::MAX}}))
        .await;
    assert_eq!(
        socket.next_of("state").await["data"]["sessionId"],
        trial.decision.session
    );
    socket
        .send(json!({"type": "ping", "data": {"timestamp": "x"}}))
        .await;
    assert_eq!(socket.next_of("pong").await["data"]["timestamp"], "x");
    socket
        .send_text(&json!({"type": "ping", "data": {"timestamp": "x".repeat(4_096)}}).to_string())
        .await;
    assert_eq!(socket.next_of("error").await["data"]["code"], "payload_too_large");
    assert_eq!(socket.closed().await, Some(1009));
    let mut socket = trial.client().socket(&path).await;
    socket.next_of("connected").await;
    socket.send_text(&"x".repeat(200 * 1024)).await;
    socket.closed().await;
    trial.done().await;
}

#[tokio::test]
async fn the_stream_answers_nonsense_and_goes_on() {
    let mut trial = Trial::after("issue_raising").await;
    trial.decision.start(trial.client(), "problem_frame").await;
    trial.decision.conversation(trial.client(), "problem_frame").await;
    trial.now_is_before().await;
    let path = format!(
        "/api/components/{}/stream",
        trial.decision.component("problem_frame")
    );
    let id = trial.decision.id(77);
    let mut socket = trial.client().socket(&path).await;
    let error = async |socket: &mut althing_testkit::Socket, frame: &str| -> Value {
        socket.send_text(frame).await;
        let answer = socket.next().await;
        assert_eq!(answer["type"], "stream_error", "{frame}: {answer}");
        assert_eq!(answer["recoverable"], false, "{frame}: {answer}");
        answer
    };
    for frame in [
        "",
        "{",
        "[]",
        "7",
        "{}",
        r#"{"type":"dance"}"#,
        r#"{"type":"send_message"}"#,
        r#"{"type":"send_message","message_id":"7","content":"x"}"#,
        r#"{"type":"cancel_stream"}"#,
    ] {
        error(&mut socket, frame).await;
    }
    for content in [json!(7), json!(null), json!(["x"])] {
        let frame = json!({"type": "send_message", "message_id": id, "content": content}).to_string();
        assert_eq!(error(&mut socket, &frame).await["message_id"], id);
    }
    for content in ["🐎".repeat(10_001), " \n".into(), "a\0b".into()] {
        let frame = json!({"type": "send_message", "message_id": id, "content": content}).to_string();
        assert_eq!(error(&mut socket, &frame).await["message_id"], id);
    }
    // To stop what does not run is nothing.
    socket
        .send(json!({"type": "cancel_stream", "message_id": id}))
        .await;
    assert!(socket.try_next(Duration::from_millis(100)).await.is_none());
    socket.send(json!({"type": "ping"})).await;
    assert_eq!(socket.next().await["type"], "pong");
    socket.send_binary(b"{\"type\":\"ping\"}".to_vec()).await;
    assert_eq!(socket.closed().await, Some(1003));
    let mut socket = trial.client().socket(&path).await;
    socket.send_text(&"x".repeat(300 * 1024)).await;
    socket.closed().await;
    trial.done().await;
}

#[tokio::test]
async fn a_socket_address_without_an_upgrade_is_a_malformed_request() {
    let mut trial = Trial::after("issue_raising").await;
    for path in [
        format!("/api/sessions/{}/live", trial.decision.session),
        format!(
            "/api/components/{}/stream",
            trial.decision.component("issue_raising")
        ),
    ] {
        trial
            .refused_raw(("GET", &path), &[], None, super::plain(400, "malformed_request"))
            .await;
        trial
            .refused_raw(
                ("GET", &path),
                &[("upgrade", "websocket"), ("connection", "upgrade")],
                None,
                super::plain(400, "malformed_request"),
            )
            .await;
        assert_eq!(
            trial
                .client()
                .try_socket(&path, Some("https://evil.example"))
                .await
                .err(),
            Some(403)
        );
    }
    trial.done().await;
}
