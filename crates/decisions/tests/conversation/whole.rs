//! A decision from its first thought to its last note, by talking to the guide alone.

use serde_json::{Value, json};

use crate::app::{App, Step};

/// Every step with what a person says there.
const SAID: [(&str, &[&str]); 9] = [
    (
        "issue_raising",
        &[
            "The lease ends 🏠",
            "Where shall we live?",
            "Time for the children\nQuiet",
            "新しい仕事は遠い",
        ],
    ),
    (
        "problem_frame",
        &[
            "Where does the family live from 2030 on?",
            "Nguyễn Thị Hoa: mother",
            "financial: at most 1.500 €",
            "Grandparents: want to be near",
            "already: we stay in the region\nlater: buy a house",
            "2030-08-01 hard",
        ],
    ),
    (
        "objectives",
        &[
            "Time: evenings together\nQuiet",
            "A short way -> time",
            "Time: hours a day, maximize",
            "none",
        ],
    ),
    (
        "alternatives",
        &["Stay: we go on renting", "Town: near the office\nVillage", "none"],
    ),
    (
        "consequences",
        &["-1 a longer way", "= the same", "Town / Quiet: -1", "++ still"],
    ),
    ("tradeoffs", &["none", "none"]),
    (
        "recommendation",
        &[
            "The village is quiet, and nobody loses any time by living there.",
            "none",
            "When the train fails",
        ],
    ),
    (
        "decision_quality",
        &["85", "90", "75", "70", "85", "80", "65 -> make a plan"],
    ),
    (
        "notes_next_steps",
        &[
            "Is there a school?",
            "Call the landlord: Hoa, 2030-02-01",
            "The rent rises",
        ],
    ),
];

#[tokio::test]
async fn a_whole_decision_by_conversation() {
    let app = App::new().await;
    let first = app.first_step().await;
    let mut version_of = std::collections::HashMap::new();
    for (number, (kind, said)) in SAID.into_iter().enumerate() {
        let step = match number {
            0 => Step {
                session: first.session.clone(),
                cycle: first.cycle.clone(),
                component: first.component.clone(),
                kind,
            },
            _ => app.start(&first.session, &first.cycle, kind).await,
        };
        for text in said {
            app.say(&step, text).await;
        }
        let done = app.post(&step.path("extract"), Value::Null).await;
        assert_eq!(done["phase"], "confirm", "{kind}: {done}");
        assert_eq!(
            app.component(&step).await["output"],
            Value::Null,
            "{kind}: nothing counts before it is confirmed"
        );
        let component = app
            .post(&step.path("draft/confirm"), json!({ "expected_version": 1 }))
            .await;
        assert_eq!(app.talk_of(&step).await["state"], "confirmed", "{kind}");
        assert!(
            !component["output"].to_string().contains("added_by"),
            "{kind}: what people type is theirs"
        );
        app.post(&step.act("complete"), Value::Null).await;
        version_of.insert(kind, component["version"].clone());
    }
    app.settle().await;
    let cycle = app
        .post(&format!("/api/cycles/{}/complete", first.cycle), Value::Null)
        .await;
    assert_eq!(
        (&cycle["status"], &cycle["dq_score"]),
        (&json!("completed"), &json!(65))
    );
    assert!(version_of.values().all(|version| *version == 2));
    app.settle().await;
    assert_eq!(
        (
            app.count("conversation.started").await,
            app.count("conversation.completed").await
        ),
        (9, 9)
    );
    let analysis = app.get(&format!("/api/cycles/{}/analysis", first.cycle)).await;
    let scores: Vec<i64> = analysis["pugh"]["scores"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["score"].as_i64().unwrap())
        .collect();
    assert_eq!(scores, [0, -2, 2]);
}

#[tokio::test]
async fn a_completed_cycle_lets_suggestions_expire_and_takes_no_more() {
    let app = App::new().await;
    let first = app.first_step().await;
    let suggest = json!({ "parameters": { "component": "issue_raising", "reason": "r", "priority": "low", "trigger": "t" } });
    let tool = format!("/api/cycles/{}/tools/suggest_revisit", first.cycle);
    app.post(&tool, suggest.clone()).await;
    for (number, (kind, said)) in SAID[..8].iter().enumerate() {
        let component = first.component.clone();
        let step = match number {
            0 => Step {
                session: first.session.clone(),
                cycle: first.cycle.clone(),
                component,
                kind,
            },
            _ => app.start(&first.session, &first.cycle, kind).await,
        };
        for text in *said {
            app.say(&step, text).await;
        }
        app.post(&step.path("extract"), Value::Null).await;
        app.post(&step.path("draft/confirm"), json!({ "expected_version": 1 }))
            .await;
        app.post(&step.act("complete"), Value::Null).await;
    }
    let notes = app.start(&first.session, &first.cycle, "notes_next_steps").await;
    app.say(&notes, "Is there a school?").await;
    app.post(&format!("/api/cycles/{}/complete", first.cycle), Value::Null)
        .await;
    app.settle().await;
    let revisits = app.get(&format!("/api/cycles/{}/revisits", first.cycle)).await;
    assert_eq!(revisits[0]["status"], "expired");
    assert_eq!(app.refused(&tool, suggest).await, (409, "cycle_completed".into()));
    let message = json!({ "content": "one more" });
    assert_eq!(
        app.refused(&notes.path("messages"), message).await,
        (409, "cycle_completed".into())
    );
    let confirm = json!({ "expected_version": 1 });
    assert_eq!(
        app.refused(&notes.path("draft/confirm"), confirm).await,
        (409, "cycle_completed".into())
    );
}
