//! A complete decision in words: the guide asks over the streaming socket, drafts are confirmed, another page watches.

use althing_testkit::TestApp;
use serde_json::{Value, json};

use crate::app;
use crate::office::{STEPS, made, settled, text};
use crate::open_page::OpenPage;
use crate::record::{Record, types};
use crate::talk::{SCRIPT, say_all};
use crate::walk::Walk;

/// What a dashboard says after a step.
fn check_dashboard(step: &str, overview: &Value) {
    let names = |list: &str, field: &str| -> Vec<String> {
        overview[list]
            .as_array()
            .expect("a list")
            .iter()
            .map(|one| text(&one[field]))
            .collect()
    };
    match step {
        "issue_raising" => assert_eq!(overview["decisionStatement"], Value::Null),
        "problem_frame" => assert_eq!(
            overview["decisionStatement"],
            "Wo wohnt die Familie Nguyễn ab 2030?"
        ),
        "objectives" => assert_eq!(
            names("objectives", "description"),
            ["Zeit", "Ruhe", "Kosten", "Kurzer Weg", "近い駅"]
        ),
        "alternatives" => {
            assert_eq!(names("alternatives", "name"), ["Bleiben", "Köln", "Dorf", "東京"]);
            assert_eq!(names("alternatives", "letter"), ["A", "B", "C", "D"]);
            assert_eq!(overview["totals"], Value::Null, "nothing is rated yet");
        }
        "consequences" => {
            let scores: Vec<&Value> = overview["alternatives"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|one| &one["pughScore"])
                .collect();
            assert_eq!(scores, [0, 0, 3, -5]);
            let totals = &overview["totals"];
            assert_eq!(
                (&totals["verdict"], &totals["marginPercent"]),
                (&json!("leads_with_tradeoffs"), &json!(50))
            );
            assert_eq!(
                (&totals["flip"]["steps"], &totals["complete"]),
                (&json!(3), &json!(true))
            );
            let dominated: Vec<&Value> = overview["alternatives"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|one| &one["isDominated"])
                .collect();
            assert_eq!(dominated, [true, false, false, true]);
            let far = &overview["consequencesTable"]["cells"][0][3];
            assert_eq!(
                far,
                &json!({"rating": -2, "color": "red", "explanationPreview": "遠い"})
            );
        }
        "recommendation" => {
            let recommendation = &overview["recommendation"];
            assert_eq!(recommendation["standoutName"], "東京");
            assert_eq!(
                recommendation["standoutIsDominated"], true,
                "the contradiction is shown"
            );
        }
        "decision_quality" => {
            assert_eq!(
                (&overview["dqScore"], &overview["dqWeakest"]),
                (&json!(65), &json!("commitment_to_follow_through"))
            );
        }
        _ => {}
    }
}

/// Says, confirms and completes one step while a page is open; answers the draft's id.
async fn decide(app: &TestApp, walk: &Walk, page: &mut OpenPage, step: &str, messages: &[&str]) -> String {
    walk.start(step).await;
    page.is_right(app.owner()).await;
    let (draft, said) = say_all(walk, step, messages).await;
    assert!(said.iter().all(|one| !one.reply.is_empty()), "{said:?}");
    assert_eq!(said[0].transition["from"], "intro", "{step}");
    page.is_right(app.owner()).await;
    assert_eq!(
        walk.step(step).await["output"],
        Value::Null,
        "a draft counts for nothing until it is confirmed"
    );
    let refused = walk.complete(step).await;
    assert_eq!(
        refused.refusal(),
        (409, "confirmation_pending"),
        "{step}: {}",
        refused.text
    );
    let path = format!("/api/components/{}/draft/confirm", walk.component(step));
    let confirmed = made(walk.client.post(&path, json!({"expected_version": 1})).await, 200);
    assert_eq!(
        (&confirmed["version"], &confirmed["status"]),
        (&json!(2), &json!("in_progress"))
    );
    made(walk.complete(step).await, 200);
    let overview = page.is_right(app.owner()).await;
    check_dashboard(step, overview);
    draft
}

/// What a step's events are, in order; the two that follow from completion come in any order.
fn check_step(record: &Record, walk: &Walk, step: &str, messages: usize, draft: &str, actor: &str) {
    let events = record.of_component(walk.component(step));
    assert!(
        events
            .iter()
            .all(|event| event["actor_id"] == actor && event["data"]["session_id"] == walk.session.as_str())
    );
    let mut expected = vec!["component.started", "conversation.started"];
    let mut rest = &events[2..];
    for number in 0..messages {
        assert_eq!(types(&rest[..2]), ["message.sent"; 2], "{step}, message {number}");
        assert_eq!(
            (&rest[0]["data"]["role"], &rest[1]["data"]["role"]),
            (&json!("user"), &json!("assistant"))
        );
        assert_eq!(
            (&rest[0]["causation_id"], &rest[1]["causation_id"]),
            (&Value::Null, &rest[0]["event_id"]),
            "{step}"
        );
        expected.extend(["message.sent"; 2]);
        rest = &rest[2..];
        if rest[0]["event_type"] == "conversation.data_extracted" {
            expected.push("conversation.data_extracted");
            let message = &events[expected.len() - 3];
            assert_eq!(
                (&rest[0]["causation_id"], &rest[0]["correlation_id"]),
                (&message["event_id"], &message["correlation_id"])
            );
            rest = &rest[1..];
        }
    }
    expected.extend([
        "component.output_updated",
        "component.completed",
        "conversation.completed",
    ]);
    assert_eq!(types(&events), expected, "{step}");
    let [.., updated, completed, ended] = events.as_slice() else {
        panic!("{step}")
    };
    assert_eq!(updated["data"]["source"], format!("draft:{draft}"), "{step}");
    assert_eq!(updated["data"]["version"], 2, "{step}");
    assert_eq!(ended["causation_id"], completed["event_id"], "{step}");
    assert_eq!(events[1]["causation_id"], events[0]["event_id"], "{step}");
    assert_eq!(
        ended["data"]["total_messages"],
        2 + 2 * messages,
        "{step}: prompt, opening, messages and replies"
    );
    let previews = events
        .iter()
        .filter(|event| event["event_type"] == "message.sent");
    for preview in previews {
        assert!(text(&preview["data"]["content_preview"]).chars().count() <= 100);
    }
}

#[tokio::test]
async fn a_decision_in_words_from_the_first_thought_to_the_last_note() {
    let app = app().await;
    let walk = Walk::begin(app.owner(), "Wo wohnen wir? 住む場所 🏠").await;
    settled(app.owner()).await;
    let mut page = OpenPage::open(&app.sign_in("ada@example.org").await, &walk.session).await;
    assert_eq!(page.overview["progress"]["percent"], 0);
    let mut drafts = Vec::new();
    for (number, (step, messages)) in SCRIPT.iter().enumerate() {
        drafts.push(decide(&app, &walk, &mut page, step, messages).await);
        let progress = &page.overview["progress"];
        let percent = [11, 22, 33, 44, 55, 66, 77, 88, 100][number];
        assert_eq!(
            (&progress["completed"], &progress["percent"]),
            (&json!(number + 1), &json!(percent))
        );
    }
    let completed = made(walk.post("complete", json!({})).await, 200);
    assert_eq!(
        (&completed["status"], &completed["dq_score"]),
        (&json!("completed"), &json!(65))
    );
    page.is_right(app.owner()).await;
    assert_eq!(page.overview["cycleStatus"], "completed");
    check_frames(&page);

    let record = Record::read(&app).await;
    record.assert_sound();
    let actor = app.owner().user_id();
    for ((step, messages), draft) in SCRIPT.iter().zip(&drafts) {
        check_step(&record, &walk, step, messages.len(), draft, actor);
    }
    check_scores(&record, &walk);
    let all = record.of_session(&walk.session);
    let first: Vec<&str> = types(&all[..2]);
    assert_eq!(first, ["session.created", "cycle.created"]);
    assert_eq!(all.last().expect("events")["event_type"], "cycle.completed");
    let steps: usize = STEPS
        .iter()
        .map(|step| record.of_component(walk.component(step)).len())
        .sum();
    assert_eq!(all.len(), 2 + steps + 3 + 1, "nothing else happened");
    let seen: Vec<&Value> = page.frames.iter().map(|frame| &frame["eventId"]).collect();
    let told: Vec<&Value> = all[2..].iter().map(|event| &event["event_id"]).collect();
    assert_eq!(seen, told, "the page saw every event, in order");
    let session = walk.of_session("").await;
    assert_eq!(
        (&session["dq_score"], &session["completed_cycles"]),
        (&json!(65), &json!(1))
    );
    assert_eq!(session["cycle_ids"], json!([walk.cycle]));
    let path = format!("/api/components/{}/messages", walk.component("objectives"));
    let after = walk.client.post(&path, json!({"content": "noch etwas"})).await;
    assert_eq!(after.refusal(), (409, "cycle_completed"));
}

/// Frames carry the payload in camelCase, with ids and scores.
fn check_frames(page: &OpenPage) {
    let completed = page.last("component.completed");
    assert_eq!(
        completed["data"]["progress"],
        json!({"completed": 9, "total": 9, "percent": 100, "currentStep": "notes_next_steps"})
    );
    let scores = page.last("pugh_scores.computed")["data"]["scores"]
        .as_object()
        .expect("scores");
    let shown = page.overview["alternatives"].as_array().expect("a list");
    let shown: Vec<(String, Value)> = shown
        .iter()
        .map(|one| (text(&one["id"]), one["pughScore"].clone()))
        .collect();
    let framed: Vec<(String, Value)> = scores
        .iter()
        .map(|(id, score)| (id.clone(), score.clone()))
        .collect();
    assert_eq!(framed, shown);
    assert_eq!(page.last("dq_scores.computed")["data"]["overallScore"], 65);
    assert_eq!(page.last("cycle.completed")["data"]["dqScore"], 65);
}

/// Score events follow from the completion of their step, once each.
fn check_scores(record: &Record, walk: &Walk) {
    for (score, step) in [
        ("pugh_scores.computed", "consequences"),
        ("tradeoffs.analyzed", "tradeoffs"),
        ("dq_scores.computed", "decision_quality"),
    ] {
        let [event] = record.of_type(score)[..] else {
            panic!("one {score}")
        };
        let cause = record.cause_of(event).expect("a cause");
        assert_eq!(
            (&cause["event_type"], &cause["data"]["component_type"]),
            (&json!("component.completed"), &json!(step))
        );
        assert_eq!(event["data"]["cycle_id"], walk.cycle.as_str());
    }
    let analyzed = &record.of_type("tradeoffs.analyzed")[0]["data"];
    assert_eq!(
        (
            &analyzed["viable_count"],
            &analyzed["dominated_count"],
            &analyzed["irrelevant_count"]
        ),
        (&json!(2), &json!(2), &json!(0))
    );
    let quality = &record.of_type("dq_scores.computed")[0]["data"];
    assert_eq!(
        quality["element_scores"][6],
        json!(["commitment_to_follow_through", 65])
    );
}
