//! A person's tool calls, their log, suggestions to go back, and questions with given answers.

use std::time::Duration;

use serde_json::{Value, json};

use crate::app::{ADA, App, Step, text, texts};

async fn use_tool(app: &App, step: &Step, name: &str, parameters: Value) -> (u16, Value) {
    let path = format!("/api/cycles/{}/tools/{name}", step.cycle);
    app.call(ADA, "POST", &path, json!({ "parameters": parameters }))
        .await
}

#[tokio::test]
async fn a_call_is_carried_out_at_once_and_logged() {
    let app = App::new().await;
    let step = app.first_step().await;
    let (status, answer) = use_tool(
        &app,
        &step,
        "add_potential_decision",
        json!({ "description": "Move?" }),
    )
    .await;
    assert_eq!(
        (
            status,
            &answer["data"]["result"],
            &answer["data"]["data"]["count"]
        ),
        (200, &json!("success"), &json!(1))
    );
    let component = app.component(&step).await;
    assert_eq!(component["version"], 2);
    assert_eq!(
        component["output"]["potential_decisions"][0]["id"],
        answer["data"]["data"]["id"]
    );
    let (status, answer) = use_tool(&app, &step, "add_potential_decision", json!({})).await;
    assert_eq!((status, &answer["code"]), (422, &json!("validation_failed")));
    assert_eq!(answer["errors"][0]["field"], "/parameters/description");
    let (status, answer) = use_tool(&app, &step, "set_synthesis", json!({ "text": "x" })).await;
    assert_eq!(
        (status, &answer["code"]),
        (409, &json!("previous_component_required"))
    );
    assert_eq!(
        use_tool(&app, &step, "no_such_tool", json!({})).await.1["code"],
        "tool_not_found"
    );
    app.post(&step.act("complete"), Value::Null).await;
    let (status, answer) = use_tool(&app, &step, "add_consideration", json!({ "description": "late" })).await;
    assert_eq!((status, &answer["code"]), (409, &json!("component_locked")));
    let log = app
        .get(&format!("/api/cycles/{}/tools/invocations", step.cycle))
        .await;
    assert_eq!(texts(&log, "result").len(), 4);
    let mut logged: Vec<(&str, &str)> = texts(&log, "tool")
        .into_iter()
        .zip(texts(&log, "result"))
        .collect();
    logged.sort_unstable();
    assert_eq!(
        logged,
        [
            ("add_consideration", "conflict"),
            ("add_potential_decision", "success"),
            ("add_potential_decision", "validation_error"),
            ("set_synthesis", "conflict"),
        ]
    );
    let sources: Vec<Value> = app
        .log()
        .await
        .iter()
        .filter(|event| &*event.event_type == "component.output_updated")
        .map(|event| serde_json::from_str::<Value>(&event.data).unwrap()["source"].clone())
        .collect();
    assert_eq!(sources, [json!("tool")]);
}

#[tokio::test]
async fn an_archived_session_takes_no_tools_and_the_attempt_is_logged() {
    let app = App::new().await;
    let step = app.first_step().await;
    app.call(
        ADA,
        "DELETE",
        &format!("/api/sessions/{}", step.session),
        Value::Null,
    )
    .await;
    let (status, answer) = use_tool(&app, &step, "get_document_summary", json!({})).await;
    assert_eq!((status, &answer["code"]), (409, &json!("session_archived")));
    let log = app
        .get(&format!("/api/cycles/{}/tools/invocations", step.cycle))
        .await;
    assert_eq!(texts(&log, "result"), ["conflict"]);
}

#[tokio::test]
async fn the_list_names_every_tool_with_its_schema() {
    let app = App::new().await;
    let step = app.first_step().await;
    let tools = app.get(&format!("/api/cycles/{}/tools", step.cycle)).await;
    let rate = tools
        .as_array()
        .unwrap()
        .iter()
        .find(|tool| tool["name"] == "rate_dq_element")
        .unwrap();
    assert_eq!(
        (&rate["user_only"], &rate["component_type"]),
        (&json!(true), &json!("decision_quality"))
    );
    assert_eq!(rate["parameters"]["required"], json!(["element", "score"]));
}

#[tokio::test]
async fn accepting_a_suggestion_marks_its_target_for_revision() {
    let app = App::new().await;
    let step = app.first_step().await;
    let revisits = format!("/api/cycles/{}/revisits", step.cycle);
    for reason in ["new facts", "second thoughts"] {
        let parameters = json!({ "component": "issue_raising", "reason": reason, "priority": "high", "trigger": "the news" });
        use_tool(&app, &step, "suggest_revisit", parameters).await;
    }
    let all = app.get(&revisits).await;
    assert_eq!(
        (texts(&all, "reason"), texts(&all, "status")),
        (vec!["new facts", "second thoughts"], vec!["pending"; 2])
    );
    let resolve = |index: usize| format!("{revisits}/{}/resolve", text(&all[index]["id"]));
    let accepted = app.post(&resolve(0), json!({ "decision": "accept" })).await;
    assert_eq!(accepted["status"], "accepted");
    assert_eq!(app.component(&step).await["status"], "needs_revision");
    assert_eq!(
        app.refused(&resolve(0), json!({ "decision": "dismiss" })).await,
        (409, "invalid_state_transition".into())
    );
    let dismissed = app
        .post(&resolve(1), json!({ "decision": "dismiss", "reason": "not now" }))
        .await;
    assert_eq!(dismissed["status"], "dismissed");
    assert_eq!(app.count("component.marked_for_revision").await, 1);
}

#[tokio::test]
async fn a_question_is_answered_once_and_within_a_day() {
    let app = App::new().await;
    let step = app.first_step().await;
    let pending = format!("/api/cycles/{}/confirmations/pending", step.cycle);
    for summary in ["Go on?", "Enough?"] {
        let parameters = json!({ "summary": summary, "options": ["yes", "later"] });
        assert_eq!(
            use_tool(&app, &step, "request_confirmation", parameters).await.0,
            200
        );
    }
    let waiting = app.get(&pending).await;
    assert_eq!(texts(&waiting, "summary"), ["Go on?", "Enough?"]);
    let respond = |index: usize| {
        format!(
            "/api/cycles/{}/confirmations/{}/respond",
            step.cycle,
            text(&waiting[index]["id"])
        )
    };
    assert_eq!(
        app.refused(&respond(0), json!({ "choice": "no" })).await,
        (422, "validation_failed".into())
    );
    let answered = app.post(&respond(0), json!({ "choice": "later" })).await;
    assert_eq!(
        (&answered["status"], &answered["choice"]),
        (&json!("confirmed"), &json!("later"))
    );
    assert_eq!(app.refused(&respond(0), json!({ "choice": "yes" })).await.0, 409);
    app.clock.advance(Duration::from_secs(24 * 60 * 60));
    assert_eq!(app.get(&pending).await, json!([]));
    assert_eq!(
        app.refused(&respond(1), json!({ "choice": "yes" })).await,
        (409, "invalid_state_transition".into())
    );
}
