//! Messages over the real stream: sent twice, asked again, stopped, refused.

use serde_json::{Value, json};

use crate::app;
use crate::office::{made, settled, text};
use crate::record::Record;
use crate::talk::Talk;
use crate::walk::{Walk, new_id};

async fn begun(client: &althing_testkit::Client) -> Walk {
    let walk = Walk::begin(client, "Messages").await;
    walk.start("issue_raising").await;
    walk
}

fn roles(conversation: &Value) -> Vec<&str> {
    conversation["messages"]
        .as_array()
        .expect("messages")
        .iter()
        .map(|one| one["role"].as_str().expect("a role"))
        .collect()
}

#[tokio::test]
async fn a_message_sent_again_is_answered_with_what_is_there() {
    let app = app().await;
    let walk = begun(app.owner()).await;
    let mut talk = Talk::about(&walk, "issue_raising").await;
    let (message_id, content) = (new_id(), "decision: Wohin? 🏠");
    let frame = json!({"type": "send_message", "message_id": message_id, "content": content});
    talk.send(frame.clone()).await;
    let first = talk.hear(message_id.clone()).await;
    assert_eq!(first.drawn.len(), 1, "{:?}", first.drawn);
    talk.send(frame).await;
    let again = talk.hear(message_id.clone()).await;
    assert_eq!(
        (again.reply, again.drawn.len()),
        (first.reply.clone(), 0),
        "nothing is drawn a second time"
    );
    // The same by HTTP, on another connection, and by eight at once.
    let path = format!("/api/components/{}/messages", walk.component("issue_raising"));
    let body = json!({"content": content, "message_id": message_id});
    let once = made(app.owner().post(&path, body.clone()).await, 201);
    assert_eq!(
        (&once["message"]["id"], text(&once["reply"]["content"])),
        (&json!(message_id), first.reply)
    );
    let new = json!({"content": "uncertainty: Miete", "message_id": new_id()});
    let all = futures_of(8, async || made(app.owner().post(&path, new.clone()).await, 201)).await;
    assert!(all.iter().all(|one| one["reply"] == all[0]["reply"]), "{all:?}");
    let conversation = talk.conversation().await;
    assert_eq!(
        roles(&conversation),
        ["system", "assistant", "user", "assistant", "user", "assistant"]
    );
    assert_eq!(conversation["draft"]["items"].as_array().map(Vec::len), Some(2));
    settled(app.owner()).await;
    let record = Record::read(&app).await;
    record.assert_sound();
    assert_eq!(record.of_type("message.sent").len(), 4);
    assert_eq!(record.of_type("conversation.data_extracted").len(), 2);
    // Somebody else's id is no key to their message.
    let bob = app.user("Bob").await;
    let other = begun(&bob).await;
    let taken = bob
        .post(
            &format!("/api/components/{}/messages", other.component("issue_raising")),
            body,
        )
        .await;
    assert_eq!(
        (taken.refusal(), &taken.body["errors"][0]["field"]),
        ((422, "validation_failed"), &json!("/message_id"))
    );
}

/// Runs the same thing several times at once.
async fn futures_of<T>(times: usize, run: impl AsyncFn() -> T) -> Vec<T> {
    let mut all = Vec::new();
    let (a, b, c, d) = tokio::join!(run(), run(), run(), run());
    all.extend([a, b, c, d]);
    while all.len() < times {
        let (a, b, c, d) = tokio::join!(run(), run(), run(), run());
        all.extend([a, b, c, d]);
    }
    all
}

#[tokio::test]
async fn a_reply_asked_for_again_supersedes_the_last_and_draws_nothing_twice() {
    let app = app().await;
    let walk = begun(app.owner()).await;
    let component = walk.component("issue_raising");
    let regenerate = format!("/api/components/{component}/regenerate");
    let ask = async || app.owner().post(&regenerate, json!({})).await;
    assert_eq!(ask().await.refusal(), (409, "no_messages_to_regenerate"));
    let mut talk = Talk::about(&walk, "issue_raising").await;
    let said = talk.say("decision: Wohin?\nobjective: Ruhe").await;
    let drawn = talk.draft().await;
    let again = made(ask().await, 200);
    assert_eq!(again["message"]["id"], said.message_id.as_str());
    assert_eq!(
        text(&again["reply"]["content"]),
        said.reply,
        "equal input, equal reply"
    );
    let kept = talk.draft().await;
    assert_eq!(kept["items"], drawn["items"]);
    let conversation = talk.conversation().await;
    let superseded: Vec<bool> = conversation["messages"]
        .as_array()
        .expect("messages")
        .iter()
        .map(|one| one["superseded"] == true)
        .collect();
    assert_eq!(
        (roles(&conversation), superseded),
        (
            vec!["system", "assistant", "user", "assistant", "assistant"],
            vec![false, false, false, true, false]
        )
    );
    settled(app.owner()).await;
    let record = Record::read(&app).await;
    assert_eq!(
        record.of_type("message.sent").len(),
        3,
        "the second reply is told of too"
    );
    assert_eq!(record.of_type("conversation.data_extracted").len(), 1);
    talk.confirm().await;
    made(walk.complete("issue_raising").await, 200);
    settled(app.owner()).await;
    assert_eq!(ask().await.refusal(), (409, "conversation_complete"));
}

#[tokio::test]
async fn a_reply_can_be_stopped_and_asked_for_later() {
    let app = app().await;
    let walk = begun(app.owner()).await;
    let mut talk = Talk::about(&walk, "issue_raising").await;
    let message_id = new_id();
    let content: String = (0..700).map(|number| format!("- {number} 住む🏠\n")).collect();
    let send = json!({"type": "send_message", "message_id": message_id, "content": content.trim()});
    talk.send(send.clone()).await;
    talk.send(json!({"type": "cancel_stream", "message_id": message_id}))
        .await;
    let stopped = loop {
        let frame = talk.next().await;
        assert_ne!(frame["type"], "stream_complete", "it was stopped in time");
        if frame["type"] == "stream_error" {
            break frame;
        }
    };
    assert_eq!(
        (
            &stopped["error_code"],
            &stopped["recoverable"],
            &stopped["message_id"]
        ),
        (&json!("cancelled"), &json!(true), &json!(message_id))
    );
    let conversation = talk.conversation().await;
    let kept = conversation["messages"]
        .as_array()
        .expect("messages")
        .iter()
        .find(|one| one["id"] == message_id.as_str());
    assert_eq!(
        kept.map(|one| &one["content"]),
        Some(&json!(content.trim())),
        "the message is kept"
    );
    assert_eq!(
        conversation["draft"],
        Value::Null,
        "what was broken off is never drawn from"
    );
    assert_eq!(walk.step("issue_raising").await["status"], "in_progress");
    talk.send(send).await;
    let said = talk.hear(message_id).await;
    assert_eq!(said.drawn.len(), 700, "everything that was said is there");
    // Stopping what is not running does nothing.
    talk.send(json!({"type": "cancel_stream", "message_id": new_id()}))
        .await;
    talk.send(json!({"type": "ping"})).await;
    assert_eq!(talk.next().await["type"], "pong");
}

#[tokio::test]
async fn a_reply_outlives_the_connection_that_asked_for_it() {
    let app = app().await;
    let walk = begun(app.owner()).await;
    let message_id = new_id();
    let send = json!({"type": "send_message", "message_id": message_id, "content": "decision: Wohin?"});
    let mut lost = Talk::about(&walk, "issue_raising").await;
    lost.send(send.clone()).await;
    lost.next().await;
    drop(lost);
    let mut talk = Talk::about(&walk, "issue_raising").await;
    talk.send(send).await;
    let said = talk.hear(message_id).await;
    assert!(said.reply.contains("Wohin?"), "{}", said.reply);
    let conversation = talk.conversation().await;
    assert_eq!(roles(&conversation), ["system", "assistant", "user", "assistant"]);
}

#[tokio::test]
async fn what_cannot_be_said_is_refused_on_both_ways() {
    let app = app().await;
    let walk = begun(app.owner()).await;
    let mut talk = Talk::about(&walk, "issue_raising").await;
    let (long, message_id) = ("語".repeat(10_001), new_id());
    talk.send(json!({"type": "send_message", "message_id": message_id, "content": long}))
        .await;
    let refused = talk.next().await;
    assert_eq!(
        (&refused["type"], &refused["error_code"]),
        (&json!("stream_error"), &json!("context_too_long"))
    );
    assert_eq!(
        (&refused["recoverable"], &refused["message_id"]),
        (&json!(false), &json!(message_id))
    );
    let path = format!("/api/components/{}/messages", walk.component("issue_raising"));
    let by_http = async |content: &str| app.owner().post(&path, json!({"content": content})).await;
    assert_eq!(by_http(&long).await.refusal(), (422, "message_too_long"));
    assert_eq!(by_http(" \n ").await.status, 422);
    assert_eq!(
        by_http(&"語".repeat(10_000)).await.status,
        201,
        "the longest message"
    );
    talk.send(json!({"type": "dance"})).await;
    assert_eq!(talk.next().await["error_code"], "internal_error");
    let unstarted = app
        .owner()
        .post(
            &format!("/api/components/{}/messages", walk.component("objectives")),
            json!({"content": "x"}),
        )
        .await;
    assert_eq!(unstarted.refusal(), (404, "conversation_not_found"));
    let stream = format!("/api/components/{}/stream", walk.component("issue_raising"));
    assert_eq!(
        app.owner()
            .try_socket(&stream, Some("https://evil.example"))
            .await
            .err(),
        Some(403)
    );
    assert_eq!(app.anonymous().try_socket(&stream, None).await.err(), Some(401));
}
