//! How a conversation begins, ends, opens again, and what the log says of it.

use serde_json::{Value, json};

use crate::app::{App, text, texts};

#[tokio::test]
async fn a_step_by_conversation_happens_in_causal_order() {
    let app = App::new().await;
    let step = app.first_step().await;
    app.say(&step, "decision: Where shall we live?").await;
    let draft = app.get(&step.path("draft")).await;
    assert_eq!(
        texts(&draft["items"], "summary"),
        ["Decision: Where shall we live?"]
    );
    let done = app
        .post(&step.path("draft/confirm"), json!({ "expected_version": 1 }))
        .await;
    assert_eq!(
        (&done["version"], &done["status"]),
        (&json!(2), &json!("in_progress"))
    );
    app.post(&step.act("complete"), Value::Null).await;
    app.settle().await;

    let log = app.log().await;
    let of_the_talk: Vec<&str> = log
        .iter()
        .map(|event| &*event.event_type)
        .filter(|kind| {
            kind.starts_with("component.") || kind.starts_with("conversation.") || *kind == "message.sent"
        })
        .collect();
    assert_eq!(
        of_the_talk,
        [
            "component.started",
            "conversation.started",
            "message.sent",
            "message.sent",
            "conversation.data_extracted",
            "component.output_updated",
            "component.completed",
            "conversation.completed",
        ]
    );
    let find = |kind: &str, nth: usize| {
        log.iter()
            .filter(|event| &*event.event_type == kind)
            .nth(nth)
            .unwrap()
    };
    let data = |kind, nth| serde_json::from_str::<Value>(&find(kind, nth).data).unwrap();
    assert_eq!(
        find("conversation.started", 0).causation_id,
        Some(find("component.started", 0).event_id)
    );
    assert_eq!(
        find("conversation.completed", 0).causation_id,
        Some(find("component.completed", 0).event_id)
    );
    let asked = find("message.sent", 0);
    assert_eq!(find("message.sent", 1).causation_id, Some(asked.event_id));
    assert_eq!(
        find("conversation.data_extracted", 0).causation_id,
        Some(asked.event_id)
    );
    assert_eq!(
        (&data("message.sent", 0)["role"], &data("message.sent", 1)["role"]),
        (&json!("user"), &json!("assistant"))
    );
    assert_eq!(
        data("message.sent", 0)["content_preview"],
        "decision: Where shall we live?"
    );
    assert_eq!(data("conversation.data_extracted", 0)["item_count"], 1);
    assert_eq!(
        data("conversation.data_extracted", 0)["extraction_summary"],
        "1 decision"
    );
    assert_eq!(
        data("component.output_updated", 0)["source"],
        format!("draft:{}", text(&draft["id"]))
    );
    // System prompt, opening question, one message, one reply.
    assert_eq!(data("conversation.completed", 0)["total_messages"], 4);
    let talk = app.talk_of(&step).await;
    assert_eq!(
        (&talk["state"], &talk["draft"]),
        (&json!("complete"), &Value::Null)
    );
}

#[tokio::test]
async fn the_opening_question_is_there_before_anybody_speaks() {
    let app = App::new().await;
    let step = app.first_step().await;
    let talk = app.talk_of(&step).await;
    assert_eq!(
        (&talk["state"], &talk["phase"], &talk["adapter"]),
        (&json!("ready"), &json!("intro"), &json!("guide"))
    );
    assert_eq!(texts(&talk["messages"], "role"), ["system", "assistant"]);
    assert!(text(&talk["messages"][1]["content"]).contains("What is on your mind?"));
    assert_eq!((&talk["draft"], &talk["ready"]), (&Value::Null, &json!(false)));
    assert_eq!(app.count("message.sent").await, 0);
}

#[tokio::test]
async fn a_revision_opens_the_same_conversation_again() {
    let app = App::new().await;
    let step = app.first_step().await;
    app.say(&step, "decision: Move?").await;
    app.post(&step.path("draft/confirm"), json!({ "expected_version": 1 }))
        .await;
    app.post(&step.act("complete"), Value::Null).await;
    app.settle().await;
    let before = app.talk_of(&step).await;
    assert_eq!(
        app.refused(&step.path("messages"), json!({ "content": "x" }))
            .await,
        (409, "conversation_complete".into())
    );
    app.post(&step.act("revise"), json!({ "reason": "something new" }))
        .await;
    // At once, before anything has settled: the message waits for the conversation to open.
    let turn = app.say(&step, "uncertainty: The rent").await;
    assert_eq!(
        (&turn["state"], &turn["phase"]),
        (&json!("in_progress"), &json!("gather"))
    );
    let after = app.talk_of(&step).await;
    assert_eq!(
        (&after["id"], after["messages"].as_array().unwrap().len()),
        (&before["id"], 6)
    );
    assert_eq!(app.count("conversation.started").await, 1);
    app.post(&step.path("draft/confirm"), json!({ "expected_version": 2 }))
        .await;
    app.post(&step.act("complete"), Value::Null).await;
    app.settle().await;
    assert_eq!(app.count("conversation.completed").await, 2);
    assert_eq!(app.talk_of(&step).await["state"], "complete");
}

#[tokio::test]
async fn a_branch_has_a_conversation_of_its_own_and_reads_the_first() {
    let app = App::new().await;
    let step = app.first_step().await;
    app.say(&step, "decision: Move?").await;
    app.post(&step.path("draft/confirm"), json!({ "expected_version": 1 }))
        .await;
    let branch = app
        .post(
            &format!("/api/cycles/{}/branch", step.cycle),
            json!({ "branch_point": "issue_raising" }),
        )
        .await;
    app.settle().await;
    let component = text(&branch["components"][0]["id"]);
    let talk = app
        .get(&format!("/api/components/{component}/conversation"))
        .await;
    let first = app.talk_of(&step).await;
    assert_ne!(talk["id"], first["id"]);
    assert_eq!(talk["inherited_conversation_id"], first["id"]);
    let path = format!("/api/conversations/{}/messages?limit=2", text(&first["id"]));
    let (_, page) = app.call(crate::app::ADA, "GET", &path, Value::Null).await;
    assert_eq!(
        (texts(&page["data"], "role"), &page["meta"]["total"]),
        (vec!["system", "assistant"], &json!(4))
    );
    let next = format!("{path}&cursor={}", text(&page["meta"]["next_cursor"]));
    let (_, rest) = app.call(crate::app::ADA, "GET", &next, Value::Null).await;
    assert_eq!(
        (texts(&rest["data"], "role"), &rest["meta"]["next_cursor"]),
        (vec!["user", "assistant"], &Value::Null)
    );
    // What is said in the branch stays there.
    app.post(
        &format!("/api/components/{component}/messages"),
        json!({ "content": "decision: Or stay?" }),
    )
    .await;
    assert_eq!(app.talk_of(&step).await["draft"], Value::Null);
}

#[tokio::test]
async fn a_component_that_was_never_started_has_no_conversation() {
    let app = App::new().await;
    let step = app.first_step().await;
    let cycle = app.get(&format!("/api/cycles/{}", step.cycle)).await;
    let unstarted = text(&cycle["components"][3]["id"]);
    let (status, answer) = app
        .call(
            crate::app::ADA,
            "GET",
            &format!("/api/components/{unstarted}/conversation"),
            Value::Null,
        )
        .await;
    assert_eq!((status, &answer["code"]), (404, &json!("conversation_not_found")));
}
