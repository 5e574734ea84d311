//! The operator's routes.

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
