//! The stream over a real socket: chunks, stopping, sending again, strangers.

use std::sync::Arc;
use std::time::Duration;

use althing_decisions::conversation::ai::{AiSettings, Scripted, Step as Line};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use uuid::Uuid;

use crate::app::{ADA, App, BOB, Step};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The app on a port of this machine.
async fn serve(app: &App) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let router = app.router.clone();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

async fn connect(
    address: &str,
    step: &Step,
    who: u128,
    origin: Option<&str>,
) -> Result<Socket, (u16, Value)> {
    let mut request = format!("ws://{address}{}", step.path("stream"))
        .into_client_request()
        .unwrap();
    request
        .headers_mut()
        .insert("x-test-user", who.to_string().parse().unwrap());
    if let Some(origin) = origin {
        request.headers_mut().insert("origin", origin.parse().unwrap());
    }
    match connect_async(request).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => {
            let body = response.body().clone().unwrap_or_default();
            Err((
                response.status().as_u16(),
                serde_json::from_slice(&body).unwrap_or(Value::Null),
            ))
        }
        Err(other) => panic!("{other}"),
    }
}

async fn send(socket: &mut Socket, frame: Value) {
    socket.send(Message::text(frame.to_string())).await.unwrap();
}

async fn say(socket: &mut Socket, id: u128, content: &str) {
    send(
        socket,
        json!({ "type": "send_message", "message_id": Uuid::from_u128(id), "content": content }),
    )
    .await;
}

async fn next(socket: &mut Socket) -> Value {
    let frame = tokio::time::timeout(Duration::from_secs(60), socket.next())
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    match frame {
        Message::Text(text) => serde_json::from_str(text.as_str()).unwrap(),
        other => json!({ "type": "closed", "frame": format!("{other:?}") }),
    }
}

/// Chunks until another frame comes; answers their texts and that frame.
async fn listen(socket: &mut Socket) -> (Vec<String>, Value) {
    let mut chunks = Vec::new();
    loop {
        let frame = next(socket).await;
        if frame["type"] != "stream_chunk" {
            return (chunks, frame);
        }
        assert_eq!(frame["index"], chunks.len());
        chunks.push(frame["delta"].as_str().unwrap().to_owned());
    }
}

fn scripted(model: Scripted) -> AiSettings {
    AiSettings::of(Arc::new(model), Arc::new(Scripted::default()))
}

fn slowly(words: &[&str]) -> Vec<Line> {
    words
        .iter()
        .flat_map(|word| [Line::Say((*word).into()), Line::Wait(Duration::from_millis(30))])
        .collect()
}

#[tokio::test]
async fn a_reply_of_the_guide_comes_in_pieces_and_is_complete() {
    let app = App::new().await;
    let step = app.first_step().await;
    let mut socket = connect(&serve(&app).await, &step, ADA, None).await.unwrap();
    say(&mut socket, 1, "decision: Move?").await;
    let (chunks, complete) = listen(&mut socket).await;
    assert_eq!(
        (&complete["type"], &complete["message_id"]),
        (&json!("stream_complete"), &json!(Uuid::from_u128(1)))
    );
    assert_eq!(complete["full_content"], chunks.concat());
    assert!(chunks.len() > 1, "{chunks:?}");
    assert_eq!(
        complete["phase_transition"],
        json!({ "from": "intro", "to": "gather" })
    );
    assert_eq!(complete["usage"]["estimated_cost_cents"], 0);
    let extracted = next(&mut socket).await;
    assert_eq!(
        (&extracted["type"], &extracted["component_type"]),
        (&json!("data_extracted"), &json!("issue_raising"))
    );
    assert_eq!(extracted["data"]["items"][0]["summary"], "Decision: Move?");
    send(&mut socket, json!({ "type": "ping" })).await;
    assert_eq!(next(&mut socket).await["type"], "pong");
    // The same message again: what is finished, without another word.
    say(&mut socket, 1, "decision: Move?").await;
    let again = next(&mut socket).await;
    assert_eq!(
        (&again["type"], &again["full_content"]),
        (&json!("stream_complete"), &complete["full_content"])
    );
    assert_eq!(app.count("message.sent").await, 2);
}

#[tokio::test]
async fn a_stopped_reply_is_kept_as_broken_and_used_for_nothing() {
    let words: Vec<&str> = vec!["word "; 200];
    let app = App::with(scripted(
        Scripted::default()
            .replies(slowly(&words))
            .replies(slowly(&["new"])),
    ))
    .await;
    let step = app.first_step().await;
    let mut socket = connect(&serve(&app).await, &step, ADA, None).await.unwrap();
    say(&mut socket, 1, "Move?").await;
    assert_eq!(next(&mut socket).await["type"], "stream_chunk");
    say(&mut socket, 2, "And?").await;
    send(
        &mut socket,
        json!({ "type": "cancel_stream", "message_id": Uuid::from_u128(9) }),
    )
    .await;
    send(
        &mut socket,
        json!({ "type": "cancel_stream", "message_id": Uuid::from_u128(1) }),
    )
    .await;
    let mut failures = Vec::new();
    while failures.len() < 2 {
        let frame = next(&mut socket).await;
        if frame["type"] == "stream_error" {
            failures.push(frame);
        }
    }
    assert_eq!(
        (&failures[0]["message_id"], &failures[0]["error_code"]),
        (&json!(Uuid::from_u128(2)), &json!("rate_limited"))
    );
    assert_eq!(
        (&failures[1]["error_code"], &failures[1]["recoverable"]),
        (&json!("cancelled"), &json!(true))
    );
    assert!(
        failures[1]["partial_content"]
            .as_str()
            .unwrap()
            .starts_with("word ")
    );
    let messages = app.talk_of(&step).await["messages"].clone();
    assert_eq!(
        (
            &messages[3]["incomplete"],
            messages[3]["content"].as_str().unwrap().len() < 1_000
        ),
        (&json!(true), true)
    );
    assert_eq!(app.count("message.sent").await, 1);
    // Sent again, it is answered after all.
    say(&mut socket, 1, "Move?").await;
    let (chunks, complete) = listen(&mut socket).await;
    assert_eq!(
        (chunks.concat().as_str(), &complete["full_content"]),
        ("new", &json!("new"))
    );
}

#[tokio::test]
async fn after_a_lost_connection_the_text_so_far_comes_first() {
    let words = [
        "one ", "two ", "three ", "four ", "five ", "six ", "seven ", "eight",
    ];
    let app = App::with(scripted(Scripted::default().replies(slowly(&words)))).await;
    let step = app.first_step().await;
    let address = serve(&app).await;
    let mut lost = connect(&address, &step, ADA, None).await.unwrap();
    say(&mut lost, 1, "Count").await;
    for _ in 0..3 {
        next(&mut lost).await;
    }
    drop(lost);
    let mut socket = connect(&address, &step, ADA, None).await.unwrap();
    say(&mut socket, 1, "Count").await;
    let (chunks, complete) = listen(&mut socket).await;
    assert!(chunks[0].starts_with("one two three "), "{chunks:?}");
    assert_eq!(
        (chunks.concat(), complete["full_content"].as_str().unwrap()),
        (words.concat(), words.concat().as_str())
    );
    assert_eq!(app.count("message.sent").await, 2);
}

#[tokio::test]
async fn with_chat_off_a_message_is_complete_at_once() {
    let app = App::with(AiSettings::from_words("off", "off").unwrap()).await;
    let step = app.first_step().await;
    let mut socket = connect(&serve(&app).await, &step, ADA, None).await.unwrap();
    say(&mut socket, 1, "Move?").await;
    let complete = next(&mut socket).await;
    assert_eq!(
        (&complete["type"], &complete["full_content"]),
        (&json!("stream_complete"), &json!(""))
    );
}

#[tokio::test]
async fn strangers_and_foreign_sites_are_refused_at_the_handshake() {
    let app = App::new().await;
    let step = app.first_step().await;
    let address = serve(&app).await;
    let refused = connect(&address, &step, BOB, None).await.unwrap_err();
    assert_eq!(
        (refused.0, &refused.1["code"]),
        (404, &json!("component_not_found"))
    );
    let refused = connect(&address, &step, ADA, Some("https://evil.example"))
        .await
        .unwrap_err();
    assert_eq!(
        (refused.0, &refused.1["code"]),
        (403, &json!("cross_site_request"))
    );
    assert!(
        connect(&address, &step, ADA, Some(&format!("http://{address}")))
            .await
            .is_ok()
    );
    let (status, answer) = app.call(ADA, "GET", &step.path("stream"), Value::Null).await;
    assert_eq!((status, &answer["code"]), (400, &json!("malformed_request")));
}

#[tokio::test]
async fn refusals_and_nonsense_are_told_and_the_connection_stays() {
    let app = App::new().await;
    let step = app.first_step().await;
    let mut socket = connect(&serve(&app).await, &step, ADA, None).await.unwrap();
    say(&mut socket, 1, &"x".repeat(10_001)).await;
    let failed = next(&mut socket).await;
    assert_eq!(
        (&failed["error_code"], &failed["recoverable"]),
        (&json!("context_too_long"), &json!(false))
    );
    send(
        &mut socket,
        json!({ "type": "dance", "message_id": Uuid::from_u128(3) }),
    )
    .await;
    let failed = next(&mut socket).await;
    assert_eq!(
        (&failed["error_code"], &failed["message_id"]),
        (&json!("internal_error"), &json!(Uuid::from_u128(3)))
    );
    app.post(&format!("/api/cycles/{}/archive", step.cycle), Value::Null)
        .await;
    say(&mut socket, 2, "Move?").await;
    let failed = next(&mut socket).await;
    assert_eq!(
        (&failed["type"], &failed["recoverable"]),
        (&json!("stream_error"), &json!(false))
    );
    assert_eq!(app.count("message.sent").await, 0);
}

#[tokio::test]
async fn an_idle_connection_is_closed_and_a_slow_reply_times_out() {
    let model =
        Scripted::default().replies(vec![Line::Say("hm ".into()), Line::Wait(Duration::from_secs(60))]);
    let mut settings = scripted(model);
    settings.longest_idle = Duration::from_millis(200);
    settings.longest_reply = Duration::from_millis(400);
    let app = App::with(settings).await;
    let step = app.first_step().await;
    let mut socket = connect(&serve(&app).await, &step, ADA, None).await.unwrap();
    say(&mut socket, 1, "Move?").await;
    let (chunks, failed) = listen(&mut socket).await;
    assert_eq!(
        (
            chunks.concat().as_str(),
            &failed["error_code"],
            &failed["partial_content"]
        ),
        ("hm ", &json!("timeout"), &json!("hm "))
    );
    assert_eq!(next(&mut socket).await["type"], "closed");
}
