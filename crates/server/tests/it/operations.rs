//! The operator's routes.

use std::time::Duration;

use althing_backbone::{Batch, Db, sql};
use althing_testkit::TestApp;
use serde_json::{Value, json};

use crate::app;

#[tokio::test]
async fn the_catalogue_describes_every_event() {
    let app = app().await;
    let catalogue = app.owner().get("/api/events/catalogue").await;
    let events = catalogue.data().as_array().unwrap().clone();
    let registered = events
        .iter()
        .find(|event| event["event_type"] == "identity.user_registered")
        .unwrap();
    assert_eq!(
        (
            &registered["version"],
            &registered["context"],
            &registered["aggregate"]
        ),
        (&json!(1), &json!("identity"), &json!("user"))
    );
    let email = registered["fields"]
        .as_array()
        .unwrap()
        .iter()
        .find(|field| field["name"] == "email")
        .unwrap();
    assert_eq!(
        email,
        &json!({"name": "email", "type": "string", "required": true, "personal": true})
    );
    assert!(
        events
            .iter()
            .all(|event| event["description"].as_str().is_some_and(|text| !text.is_empty()))
    );
    assert_eq!(catalogue.body["meta"]["total"], events.len());
}

#[tokio::test]
async fn subscriptions_are_listed_paused_and_resumed() {
    let app = app().await;
    let owner = app.owner();
    let list = owner.get("/api/admin/subscriptions").await;
    assert_eq!(list.status, 200);
    for name in list
        .data()
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
    {
        let status = async || -> Value {
            let list = owner.get("/api/admin/subscriptions").await;
            list.data()
                .as_array()
                .unwrap()
                .iter()
                .find(|one| one["name"] == name)
                .unwrap()["status"]
                .clone()
        };
        assert_eq!(
            owner
                .post_empty(&format!("/api/admin/subscriptions/{name}/pause"))
                .await
                .status,
            204
        );
        assert_eq!(status().await, "paused");
        assert_eq!(
            owner
                .post_empty(&format!("/api/admin/subscriptions/{name}/resume"))
                .await
                .status,
            204
        );
        assert_eq!(status().await, "running");
    }
}

#[tokio::test]
async fn what_does_not_exist_is_said_so() {
    let app = app().await;
    let owner = app.owner();
    let pause = owner.post_empty("/api/admin/subscriptions/nothing/pause").await;
    assert_eq!(pause.refusal(), (404, "subscription_not_found"));
    assert_eq!(
        owner
            .post_empty("/api/admin/subscriptions/nothing/rebuild")
            .await
            .code(),
        "subscription_not_found"
    );
    assert_eq!(
        owner
            .post_empty("/api/admin/dead-letters/a:1/redeliver")
            .await
            .refusal(),
        (404, "dead_letter_not_found")
    );
    let reason = owner
        .post("/api/admin/dead-letters/a:1/skip", json!({"reason": " "}))
        .await;
    assert_eq!(
        (reason.refusal(), &reason.body["errors"][0]["field"]),
        ((422, "validation_failed"), &json!("/reason"))
    );
    assert_eq!(owner.get("/api/admin/dead-letters").await.data(), &json!([]));
    assert_eq!(
        owner.get("/api/admin/dead-letters?colour=red").await.refusal(),
        (422, "validation_failed")
    );
}

/// Puts dead letters of `people` into a folder at rest: its first events, as a
/// handler that failed would have left them.
async fn bury(app: &TestApp, positions: &[i64]) {
    let db = Db::at(&app.database()).await.expect("the folder is at rest");
    let mut batch = Batch::new();
    for position in positions {
        batch.run(
            sql("INSERT INTO parked_event (subscription, position, event_id, event_type, event_key, status, attempts, error) \
                 SELECT 'people', position, id, event_type, aggregate_type || '/' || aggregate_id || '/' || position, 'dead', 6, \
                 'the table is full' FROM event_log WHERE position = $1")
            .bind(*position),
        );
    }
    db.commit(batch).await.expect("the letters are buried");
}

#[tokio::test]
async fn dead_letters_are_shown_redelivered_and_skipped() {
    let mut app = app().await;
    assert!(app.stop().await.success());
    bury(&app, &[1, 2]).await;
    let shown = app.command(&["events", "dead-letters", "--json"]).await.lines();
    assert_eq!(
        (shown.len(), &shown[0]["id"], &shown[0]["error"]),
        (2, &json!("people:1"), &json!("the table is full"))
    );
    app.start_again().await;

    let owner = app.owner();
    let letters = owner.get("/api/admin/dead-letters?subscription=people").await;
    assert_eq!(
        (
            letters.data().as_array().unwrap().len(),
            &letters.data()[1]["position"]
        ),
        (2, &json!(2))
    );
    assert_eq!(
        owner
            .get("/api/admin/dead-letters?subscription=dashboard")
            .await
            .data(),
        &json!([])
    );

    let skip = owner
        .post(
            "/api/admin/dead-letters/people:2/skip",
            json!({"reason": "made by a test"}),
        )
        .await;
    assert_eq!(skip.status, 204);
    let again = owner
        .post(
            "/api/admin/dead-letters/people:2/skip",
            json!({"reason": "made by a test"}),
        )
        .await;
    assert_eq!(again.refusal(), (404, "dead_letter_not_found"));
    assert!(
        app.command(&["events", "redeliver", "people:1", "--json"])
            .await
            .ok,
        "beside the running server"
    );
    for _ in 0..250 {
        let people = owner.get("/api/admin/subscriptions").await;
        let people = people
            .data()
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["name"] == "people")
            .unwrap()
            .clone();
        if (&people["dead_letters"], &people["parked_keys"]) == (&json!(0), &json!(0)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!(
        "the redelivered event was not handled: {}",
        owner.get("/api/admin/subscriptions").await.body
    );
}

#[tokio::test]
async fn only_projections_are_rebuilt_and_then_run_on() {
    let app = app().await;
    let owner = app.owner();
    assert_eq!(
        owner
            .post_empty("/api/admin/subscriptions/people/rebuild")
            .await
            .status,
        204
    );
    for _ in 0..250 {
        let all = owner.get("/api/admin/subscriptions").await;
        let people = all
            .data()
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["name"] == "people")
            .unwrap()
            .clone();
        if people["status"] == "running" && people["lag"] == 0 {
            let refused = owner
                .post_empty("/api/admin/subscriptions/session-cycles/rebuild")
                .await;
            assert_eq!(refused.refusal(), (409, "not_a_projection"));
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the rebuild did not end");
}
