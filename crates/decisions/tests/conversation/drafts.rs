//! Drafts: what is confirmed, what stays, and who is named as having contributed it.

use serde_json::{Value, json};

use crate::app::{ADA, App, Step, text, texts};

async fn proposed(app: &App) -> (Step, Value) {
    let step = app.first_step().await;
    let turn = app
        .say(&step, "decision: Move?\nobjective: Quiet\nuncertainty: The rent")
        .await;
    (step, turn["draft"].clone())
}

#[tokio::test]
async fn a_part_is_confirmed_and_the_rest_stays_proposed() {
    let app = App::new().await;
    let (step, draft) = proposed(&app).await;
    assert_eq!(draft["base_version"], 1);
    let chosen = json!([draft["items"][0]["id"], { "id": draft["items"][1]["id"], "value": { "description": "Silence" } }]);
    let done = app
        .post(
            &step.path("draft/confirm"),
            json!({ "items": chosen, "expected_version": 1 }),
        )
        .await;
    assert_eq!(
        (
            &done["version"],
            texts(&done["output"]["objectives"], "description")
        ),
        (&json!(2), vec!["Silence"])
    );
    assert_eq!(
        done["output"]["potential_decisions"][0].get("added_by"),
        None,
        "what the user typed is the user's"
    );
    app.settle().await;
    let rest = app.get(&step.path("draft")).await;
    assert_eq!(
        (texts(&rest["items"], "summary"), &rest["base_version"]),
        (vec!["Uncertainty: The rent"], &json!(2))
    );
    assert_ne!(rest["id"], draft["id"]);
    let refused = app.refused(&step.act("complete"), Value::Null).await;
    assert_eq!(refused, (409, "confirmation_pending".into()));
    let gone = app
        .refused(
            &step.path("draft/confirm"),
            json!({ "items": [draft["items"][0]["id"]], "expected_version": 2 }),
        )
        .await;
    assert_eq!(gone, (422, "validation_failed".into()));
    app.post(&step.path("draft/confirm"), json!({ "expected_version": 2 }))
        .await;
    app.settle().await;
    assert_eq!(app.get(&step.path("draft")).await, Value::Null);
    app.post(&step.act("complete"), Value::Null).await;
}

#[tokio::test]
async fn a_stale_version_confirms_nothing() {
    let app = App::new().await;
    let (step, draft) = proposed(&app).await;
    let refused = app
        .refused(&step.path("draft/confirm"), json!({ "expected_version": 7 }))
        .await;
    assert_eq!(refused, (409, "concurrency_conflict".into()));
    assert_eq!(app.get(&step.path("draft")).await, draft);
    let nothing = app
        .refused(
            &step.path("draft/confirm"),
            json!({ "items": [], "expected_version": 1 }),
        )
        .await;
    assert_eq!(nothing, (422, "validation_failed".into()));
    let (one, two) = {
        let path = step.path("draft/confirm");
        let body = json!({ "expected_version": 1 });
        tokio::join!(
            app.call(ADA, "POST", &path, body.clone()),
            app.call(ADA, "POST", &path, body.clone())
        )
    };
    let mut statuses = [one.0, two.0];
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200);
    assert!(
        matches!(statuses[1], 404 | 409),
        "the second finds the draft gone or the version moved: {statuses:?}"
    );
    assert_eq!(app.count("component.output_updated").await, 1);
}

#[tokio::test]
async fn a_draft_that_a_form_made_use_of_is_closed_by_the_event() {
    let app = App::new().await;
    let (step, draft) = proposed(&app).await;
    let output =
        json!({ "potential_decisions": [{ "description": "Move?" }], "objectives": [], "uncertainties": [] });
    let path = format!("/api/cycles/{}/components/issue_raising", step.cycle);
    let put = json!({ "output": output, "expected_version": 1, "draft_id": draft["id"] });
    assert_eq!(app.call(ADA, "PUT", &path, put).await.0, 200);
    app.settle().await;
    assert_eq!(app.get(&step.path("draft")).await, Value::Null);
}

#[tokio::test]
async fn a_form_that_knows_nothing_of_the_draft_leaves_it() {
    let app = App::new().await;
    let (step, draft) = proposed(&app).await;
    let output = json!({ "potential_decisions": [{ "description": "Something else" }], "objectives": [], "uncertainties": [] });
    let path = format!("/api/cycles/{}/components/issue_raising", step.cycle);
    assert_eq!(
        app.call(
            ADA,
            "PUT",
            &path,
            json!({ "output": output, "expected_version": 1 })
        )
        .await
        .0,
        200
    );
    app.settle().await;
    assert_eq!(app.get(&step.path("draft")).await["id"], draft["id"]);
    let done = app
        .post(&step.path("draft/confirm"), json!({ "expected_version": 2 }))
        .await;
    assert_eq!(
        texts(&done["output"]["potential_decisions"], "description"),
        ["Something else", "Move?"]
    );
}

#[tokio::test]
async fn a_dismissed_draft_is_gone_and_the_questions_begin_anew() {
    let app = App::new().await;
    let (step, _) = proposed(&app).await;
    app.post(&step.path("extract"), Value::Null).await;
    let (status, _) = app
        .call(ADA, "POST", &step.path("draft/dismiss"), Value::Null)
        .await;
    assert_eq!(status, 204);
    let talk = app.talk_of(&step).await;
    assert_eq!(
        (&talk["draft"], &talk["phase"], &talk["ready"]),
        (&Value::Null, &json!("gather"), &json!(false))
    );
    assert_eq!(
        app.refused(&step.path("draft/dismiss"), Value::Null).await,
        (404, "draft_not_found".into())
    );
    let turn = app.say(&step, "decision: Stay?").await;
    assert_eq!(texts(&turn["draft"]["items"], "summary"), ["Decision: Stay?"]);
    assert_eq!(text(&turn["phase"]), "confirm", "that is all was said before");
}

#[tokio::test]
async fn nothing_proposed_is_part_of_the_output() {
    let app = App::new().await;
    let (step, _) = proposed(&app).await;
    let component = app.component(&step).await;
    assert_eq!(
        (&component["output"], &component["version"]),
        (&Value::Null, &json!(1))
    );
}
