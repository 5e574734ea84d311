//! What is refused, with which code, and to whom nothing here exists.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::{ADA, App, BOB, text};

#[tokio::test]
async fn messages_have_a_length_and_an_id_of_their_own() {
    let app = App::new().await;
    let step = app.first_step().await;
    let path = step.path("messages");
    assert_eq!(
        app.refused(&path, json!({ "content": "語".repeat(10_001) }))
            .await,
        (422, "message_too_long".into())
    );
    assert_eq!(
        app.refused(&path, json!({ "content": "  \n" })).await,
        (422, "validation_failed".into())
    );
    assert_eq!(
        app.refused(&path, json!({ "content": "x", "message_id": "7" }))
            .await,
        (422, "validation_failed".into())
    );
    assert_eq!(
        app.refused(&path, json!({})).await,
        (422, "validation_failed".into())
    );
    app.post(&path, json!({ "content": "語".repeat(10_000) })).await;
    let other = app.first_step().await;
    let message = json!({ "content": "x", "message_id": Uuid::from_u128(9) });
    app.post(&path, message.clone()).await;
    assert_eq!(
        app.refused(&other.path("messages"), message).await,
        (422, "validation_failed".into())
    );
    assert_eq!(app.count("message.sent").await, 4);
}

#[tokio::test]
async fn what_is_archived_or_completed_takes_no_messages() {
    let app = App::new().await;
    let step = app.first_step().await;
    app.say(&step, "decision: Move?").await;
    app.post(&format!("/api/cycles/{}/archive", step.cycle), Value::Null)
        .await;
    let message = json!({ "content": "x" });
    let acts = [
        ("messages", &message),
        ("regenerate", &Value::Null),
        ("extract", &Value::Null),
        ("draft/dismiss", &Value::Null),
    ];
    for (act, body) in acts {
        assert_eq!(
            app.refused(&step.path(act), body.clone()).await,
            (409, "cycle_archived".into()),
            "{act}"
        );
    }
    let confirm = json!({ "expected_version": 1 });
    assert_eq!(
        app.refused(&step.path("draft/confirm"), confirm.clone()).await,
        (409, "cycle_archived".into())
    );
    let step = app.first_step().await;
    app.say(&step, "decision: Move?").await;
    let (status, _) = app
        .call(
            ADA,
            "DELETE",
            &format!("/api/sessions/{}", step.session),
            Value::Null,
        )
        .await;
    assert_eq!(status, 204);
    for (act, body) in acts {
        assert_eq!(
            app.refused(&step.path(act), body.clone()).await,
            (409, "session_archived".into()),
            "{act}"
        );
    }
    assert_eq!(
        app.refused(&step.path("draft/confirm"), confirm).await,
        (409, "session_archived".into())
    );
    assert_eq!(
        app.talk_of(&step).await["state"],
        "in_progress",
        "reading stays possible"
    );
}

#[tokio::test]
async fn nobody_else_reaches_anything_of_a_conversation() {
    let app = App::new().await;
    let step = app.first_step().await;
    let turn = app.say(&step, "decision: Move?").await;
    let conversation = text(&app.talk_of(&step).await["id"]);
    let note = json!({ "parameters": { "component": "issue_raising", "reason": "r", "priority": "high", "trigger": "t" } });
    let revisit = app
        .post(&format!("/api/cycles/{}/tools/suggest_revisit", step.cycle), note)
        .await;
    let rid = text(&revisit["data"]["id"]);
    let component = |rest: &str| step.path(rest);
    let cycle = |rest: &str| format!("/api/cycles/{}/{rest}", step.cycle);
    let none = Value::Null;
    let routes = [
        (
            "GET",
            component("conversation"),
            none.clone(),
            "component_not_found",
        ),
        (
            "POST",
            component("messages"),
            json!({ "content": "x", "message_id": turn["message"]["id"] }),
            "component_not_found",
        ),
        (
            "POST",
            component("regenerate"),
            none.clone(),
            "component_not_found",
        ),
        ("POST", component("extract"), none.clone(), "component_not_found"),
        ("GET", component("stream"), none.clone(), "component_not_found"),
        ("GET", component("draft"), none.clone(), "component_not_found"),
        (
            "POST",
            component("draft/confirm"),
            json!({ "expected_version": 1 }),
            "component_not_found",
        ),
        (
            "POST",
            component("draft/dismiss"),
            none.clone(),
            "component_not_found",
        ),
        (
            "GET",
            format!("/api/conversations/{conversation}/messages"),
            none.clone(),
            "conversation_not_found",
        ),
        ("GET", cycle("tools"), none.clone(), "cycle_not_found"),
        (
            "POST",
            cycle("tools/get_document_summary"),
            json!({}),
            "cycle_not_found",
        ),
        ("GET", cycle("tools/invocations"), none.clone(), "cycle_not_found"),
        ("GET", cycle("revisits"), none.clone(), "cycle_not_found"),
        (
            "POST",
            cycle(&format!("revisits/{rid}/resolve")),
            json!({ "decision": "accept" }),
            "cycle_not_found",
        ),
        (
            "GET",
            cycle("confirmations/pending"),
            none.clone(),
            "cycle_not_found",
        ),
        (
            "POST",
            cycle(&format!("confirmations/{rid}/respond")),
            json!({ "choice": null }),
            "cycle_not_found",
        ),
    ];
    let before = app.log().await.len();
    for (method, path, body, code) in &routes {
        let (status, answer) = app.call(BOB, method, path, body.clone()).await;
        assert_eq!(
            (status, answer["code"].as_str().unwrap()),
            (404, *code),
            "{method} {path}"
        );
        assert!(!answer.to_string().contains("Move?"), "{method} {path}");
        let unsigned = axum::http::Request::builder()
            .method(*method)
            .uri(path)
            .body(axum::body::Body::empty())
            .unwrap();
        let response = tower::ServiceExt::oneshot(app.router.clone(), unsigned)
            .await
            .unwrap();
        assert_eq!(response.status(), 401, "{method} {path}");
    }
    assert_eq!(app.log().await.len(), before);
    assert_eq!(
        app.get(&step.path("draft")).await["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let nothing = app
        .call(ADA, "GET", "/api/components/nonsense/conversation", Value::Null)
        .await;
    assert_eq!(
        (nothing.0, &nothing.1["code"]),
        (404, &json!("component_not_found"))
    );
    // A suggestion is reached through its own cycle only.
    let other = app.first_step().await;
    let foreign = format!("/api/cycles/{}/revisits/{rid}/resolve", other.cycle);
    assert_eq!(
        app.refused(&foreign, json!({ "decision": "accept" })).await,
        (404, "revisit_not_found".into())
    );
}
