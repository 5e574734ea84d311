//! Saying things: replies, phases, doing it twice, asking again, being done, nobody answering.

use std::sync::Arc;

use althing_decisions::conversation::ai::{AiError, AiSettings, Scripted, Step as Line};
use althing_decisions::outputs::{AddedBy, DraftItem, DraftOp};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::{App, text, texts};

fn scripted(model: &Scripted) -> AiSettings {
    AiSettings::of(Arc::new(model.clone()), Arc::new(model.clone()))
}

fn says(text: &str) -> Vec<Line> {
    vec![Line::Say(text.into())]
}

fn decision(id: u128, description: &str) -> DraftItem {
    DraftItem {
        id: Uuid::from_u128(id),
        op: DraftOp::Add,
        path: "/potential_decisions/-".into(),
        value: json!({ "id": Uuid::from_u128(1_000 + id), "description": description, "priority": "medium" }),
        added_by: AddedBy::User,
        summary: "Decision".into(),
    }
}

#[tokio::test]
async fn the_guide_drafts_from_the_first_message_and_is_ready_after_the_third() {
    let app = App::new().await;
    let step = app.first_step().await;
    let first = app
        .say(&step, "The lease ends\ndecision: Where shall we live?")
        .await;
    assert_eq!(
        (&first["phase"], &first["state"]),
        (&json!("gather"), &json!("in_progress"))
    );
    assert_eq!(first["draft"]["items"].as_array().unwrap().len(), 2);
    assert!(text(&first["reply"]["content"]).contains("achieve or avoid"));
    let second = app.say(&step, "Quiet").await;
    assert_eq!(second["phase"], "gather");
    assert_eq!(app.talk_of(&step).await["ready"], false);
    let third = app.say(&step, "none").await;
    assert_eq!(third["phase"], "confirm");
    let talk = app.talk_of(&step).await;
    assert_eq!(
        (&talk["ready"], &talk["awaiting_confirmation"]),
        (&json!(true), &json!(true))
    );
    app.post(&step.path("draft/confirm"), json!({ "expected_version": 1 }))
        .await;
    let talk = app.talk_of(&step).await;
    assert_eq!(
        (&talk["state"], &talk["awaiting_confirmation"]),
        (&json!("confirmed"), &json!(false))
    );
    let again = app.say(&step, "objective: A garden").await;
    assert_eq!(
        (&again["state"], &again["phase"]),
        (&json!("in_progress"), &json!("confirm"))
    );
}

#[tokio::test]
async fn a_line_that_fits_nothing_leads_to_clarify() {
    let app = App::new().await;
    let step = app.first_step().await;
    let turn = app.say(&step, "Colours:\nred").await;
    assert_eq!(
        (&turn["phase"], &turn["draft"]),
        (&json!("clarify"), &Value::Null)
    );
    assert!(text(&turn["reply"]["content"]).contains("I am not sure about this"));
    assert_eq!(app.say(&step, "decision: Which colour?").await["phase"], "gather");
}

#[tokio::test]
async fn the_same_message_twice_is_one_message_with_one_reply() {
    let app = App::new().await;
    let step = app.first_step().await;
    let message = json!({ "content": "decision: Move?", "message_id": Uuid::from_u128(77) });
    let path = step.path("messages");
    let (one, two) = tokio::join!(app.post(&path, message.clone()), app.post(&path, message.clone()));
    let three = app.post(&path, message).await;
    assert_eq!((&one["message"], &one["reply"]), (&two["message"], &two["reply"]));
    assert_eq!(
        (&one["message"], &one["reply"]),
        (&three["message"], &three["reply"])
    );
    assert_eq!(
        (
            app.count("message.sent").await,
            app.count("conversation.data_extracted").await
        ),
        (2, 1)
    );
    assert_eq!(three["draft"]["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn many_messages_at_once_are_answered_one_after_another() {
    let app = App::new().await;
    let step = app.first_step().await;
    let say = async |number: u128| {
        let body = json!({ "content": format!("decision: Number {number}?"), "message_id": Uuid::from_u128(number) });
        app.post(&step.path("messages"), body).await
    };
    let (a, b, c, d) = tokio::join!(say(11), say(12), say(13), say(14));
    assert!([&a, &b, &c, &d].iter().all(|turn| !turn["reply"].is_null()));
    let draft = app.get(&step.path("draft")).await;
    assert_eq!(draft["items"].as_array().unwrap().len(), 4);
    assert_eq!(
        (
            app.count("message.sent").await,
            app.count("conversation.data_extracted").await
        ),
        (8, 4)
    );
}

#[tokio::test]
async fn asking_again_replaces_the_reply_and_draws_nothing_twice() {
    let app = App::new().await;
    let step = app.first_step().await;
    let refused = app.refused(&step.path("regenerate"), Value::Null).await;
    assert_eq!(refused, (409, "no_messages_to_regenerate".into()));
    let first = app.say(&step, "decision: Move?").await;
    let again = app.post(&step.path("regenerate"), Value::Null).await;
    assert_eq!(again["message"], first["message"]);
    assert_ne!(again["reply"]["id"], first["reply"]["id"]);
    assert_eq!(
        again["reply"]["content"], first["reply"]["content"],
        "equal input gives equal replies"
    );
    assert_eq!(again["draft"]["items"], first["draft"]["items"]);
    let messages = app.talk_of(&step).await["messages"].clone();
    let superseded: Vec<bool> = messages
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["superseded"].as_bool().unwrap())
        .collect();
    assert_eq!(superseded, [false, false, false, true, false]);
    assert_eq!(app.count("conversation.data_extracted").await, 1);
}

#[tokio::test]
async fn that_is_all_stands_in_for_further_messages() {
    let app = App::new().await;
    let step = app.first_step().await;
    app.say(&step, "decision: Move?").await;
    let done = app.post(&step.path("extract"), Value::Null).await;
    assert_eq!(done["phase"], "confirm");
    assert_eq!(texts(&done["draft"]["items"], "summary"), ["Decision: Move?"]);
    assert!(
        done["reply"]["content"]
            .as_str()
            .unwrap()
            .contains("Look the draft over")
    );
    assert_eq!(app.talk_of(&step).await["awaiting_confirmation"], true);
}

#[tokio::test]
async fn with_everything_off_messages_are_kept_and_nothing_else_happens() {
    let app = App::with(AiSettings::from_words("off", "off").unwrap()).await;
    let step = app.first_step().await;
    let turn = app.say(&step, "decision: Move?").await;
    assert_eq!(
        (&turn["reply"], &turn["draft"], &turn["phase"]),
        (&Value::Null, &Value::Null, &json!("gather"))
    );
    assert_eq!(app.talk_of(&step).await["adapter"], "off");
    assert_eq!(
        (
            app.count("message.sent").await,
            app.count("conversation.data_extracted").await
        ),
        (1, 0)
    );
    let refused = app.refused(&step.path("regenerate"), Value::Null).await;
    assert_eq!(refused, (409, "last_message_not_assistant".into()));
    // The forms work all the same.
    let put = json!({ "output": { "potential_decisions": [{ "description": "Move?" }], "objectives": [], "uncertainties": [] }, "expected_version": 1 });
    let path = format!("/api/cycles/{}/components/issue_raising", step.cycle);
    assert_eq!(app.call(crate::app::ADA, "PUT", &path, put).await.0, 200);
    app.post(&step.act("complete"), Value::Null).await;
}

#[tokio::test]
async fn chat_and_extraction_are_switched_separately() {
    let app = App::with(AiSettings::from_words("off", "guide").unwrap()).await;
    let step = app.first_step().await;
    let turn = app.say(&step, "decision: Move?").await;
    assert_eq!(
        (&turn["reply"], texts(&turn["draft"]["items"], "summary")),
        (&Value::Null, vec!["Decision: Move?"])
    );
    let app = App::with(AiSettings::from_words("guide", "off").unwrap()).await;
    let step = app.first_step().await;
    let turn = app.say(&step, "decision: Move?").await;
    assert_eq!(turn["draft"], Value::Null);
    let reply = text(&turn["reply"]["content"]);
    assert!(
        reply.starts_with("**What do you want to achieve or avoid?**"),
        "it asks and does not claim to have noted: {reply}"
    );
}

#[tokio::test]
async fn a_models_items_are_labelled_and_wait_for_the_lower_bound() {
    let model = Scripted::default()
        .replies(says("Tell me more"))
        .replies(says("And else?"))
        .replies(says("So it is about \u{7}moving"))
        .extracts(Ok(vec![decision(1, "<b>Move</b> to the coast?")]));
    let app = App::with(scripted(&model)).await;
    let step = app.first_step().await;
    for message in ["The lease ends", "I miss the sea"] {
        assert_eq!(app.say(&step, message).await["draft"], Value::Null);
    }
    let turn = app.say(&step, "Should we move?").await;
    assert_eq!(turn["reply"]["content"], "So it is about moving");
    assert_eq!(turn["draft"]["items"][0]["added_by"], "ai");
    assert_eq!(turn["phase"], "confirm");
    let extraction = model.prompts().pop().unwrap();
    assert_eq!(extraction.history.last().unwrap().1, "So it is about moving");
    let done = app
        .post(&step.path("draft/confirm"), json!({ "expected_version": 1 }))
        .await;
    let stored = &done["output"]["potential_decisions"][0];
    assert_eq!(
        (&stored["description"], &stored["added_by"]),
        (&json!("Move to the coast?"), &json!("ai"))
    );
}

#[tokio::test]
async fn what_does_not_pass_the_validator_is_not_proposed() {
    let model = Scripted::default().extracts(Ok(vec![decision(1, "a"), decision(1, "same id")]));
    let app = App::with(scripted(&model)).await;
    let step = app.first_step().await;
    app.say(&step, "x").await;
    let done = app.post(&step.path("extract"), Value::Null).await;
    assert_eq!(model.prompts().len(), 3);
    assert_eq!(
        (&done["draft"], &done["phase"]),
        (&Value::Null, &json!("clarify"))
    );
    assert_eq!(app.count("conversation.data_extracted").await, 0);
}

#[tokio::test]
async fn when_a_model_fails_the_message_stays_and_sending_it_again_helps() {
    let model = Scripted::default()
        .replies(vec![
            Line::Say("I think".into()),
            Line::Fail(AiError::Unavailable),
        ])
        .replies(says("I think so"));
    let app = App::with(scripted(&model)).await;
    let step = app.first_step().await;
    let message = json!({ "content": "Move?", "message_id": Uuid::from_u128(5) });
    assert_eq!(
        app.refused(&step.path("messages"), message.clone()).await,
        (502, "ai_unavailable".into())
    );
    let messages = app.talk_of(&step).await["messages"].clone();
    assert_eq!(texts(&messages, "content")[2..], ["Move?", "I think"]);
    assert_eq!(messages[3]["incomplete"], true);
    assert_eq!(
        app.count("message.sent").await,
        1,
        "a broken reply is no message sent"
    );
    let turn = app.post(&step.path("messages"), message).await;
    assert_eq!(turn["reply"]["content"], "I think so");
    let messages = app.talk_of(&step).await["messages"].clone();
    let standing: Vec<bool> = messages
        .as_array()
        .unwrap()
        .iter()
        .map(|one| !one["superseded"].as_bool().unwrap())
        .collect();
    assert_eq!(standing, [true, true, true, false, true]);
}

#[tokio::test]
async fn a_broken_reply_can_be_asked_for_again_and_is_read_then() {
    let model = Scripted::default()
        .replies(vec![Line::Say("I".into()), Line::Fail(AiError::ContextTooLong)])
        .replies(says("Done"))
        .extracts(Ok(vec![decision(1, "Move?")]));
    let app = App::with(scripted(&model)).await;
    let step = app.first_step().await;
    // Nobody has spoken yet, so no model is asked; but it is noted that this is all there will be.
    let nothing = app.post(&step.path("extract"), Value::Null).await;
    assert_eq!((&nothing["reply"], model.prompts().len()), (&Value::Null, 0));
    let refused = app
        .refused(&step.path("messages"), json!({ "content": "Move?" }))
        .await;
    assert_eq!(refused, (422, "ai_context_too_long".into()));
    let again = app.post(&step.path("regenerate"), Value::Null).await;
    assert_eq!(
        (&again["reply"]["content"], &again["message"]["content"]),
        (&json!("Done"), &json!("Move?"))
    );
    assert_eq!(texts(&again["draft"]["items"], "added_by"), ["ai"]);
}
