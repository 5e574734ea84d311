//! Ready or not, and why not.

use std::time::{Duration, Instant};

use althing_backbone::{Batch, Db, sql};
use althing_testkit::{Reply, TestApp};
use serde_json::json;

use crate::BINARY;

/// Does something to the database beside the running server.
async fn beside(app: &TestApp, statement: &'static str) {
    let db = Db::at(&app.database()).await.unwrap();
    let mut batch = Batch::new();
    batch.run(sql(statement));
    db.commit(batch).await.unwrap();
}

async fn wait_for(app: &TestApp, status: u16) -> Reply {
    for _ in 0..1_000 {
        let reply = app.anonymous().get("/health/ready").await;
        if reply.status == status {
            return reply;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let last = app.anonymous().get("/health/ready").await;
    panic!("never {status}: {}", last.text);
}

/// The detail of the one check that is red.
fn red(reply: &Reply, name: &str) -> String {
    assert_eq!(reply.refusal(), (503, "service_unavailable"));
    let checks = reply.body["checks"].as_array().unwrap();
    let red: Vec<_> = checks.iter().filter(|check| check["ok"] == false).collect();
    assert_eq!((red.len(), &red[0]["name"]), (1, &json!(name)), "{}", reply.text);
    let said = reply.body["detail"].as_str().unwrap();
    assert!(said.starts_with(&format!("not ready: {name} (")), "{said}");
    red[0]["detail"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn readiness_names_store_and_transport() {
    let app = TestApp::start_empty(BINARY).await;
    let ready = wait_for(&app, 200).await;
    assert_eq!(ready.data()["status"], "ready");
    let (store, place) = match app.database_url() {
        Some(_) => ("postgres", "store=postgres 127.0.0.1:"),
        None => ("sqlite", "store=sqlite file /"),
    };
    assert_eq!(
        (&ready.data()["store"], &ready.data()["transport"]),
        (&json!(store), &json!("log"))
    );
    let log = app.log();
    let line = log
        .lines()
        .find(|line| line.contains("store and transport"))
        .expect("the start says so");
    assert!(
        line.contains(place) && line.contains("version=") && line.contains("transport=\"log\""),
        "{line}"
    );
}

#[tokio::test]
async fn a_stopped_subscription_makes_it_red_until_somebody_resumes_it() {
    let app = TestApp::start(BINARY).await;
    beside(
        &app,
        "UPDATE subscription SET status = 'stopped', last_error = 'too much' WHERE name = 'people'",
    )
    .await;
    let detail = red(&wait_for(&app, 503).await, "people");
    assert!(detail.starts_with("stopped, "), "{detail}");
    assert_eq!(
        app.anonymous().get("/health/live").await.status,
        200,
        "the process lives"
    );
    let resumed = app
        .owner()
        .post_empty("/api/admin/subscriptions/people/resume")
        .await;
    assert_eq!(resumed.status, 204);
    wait_for(&app, 200).await;
}

#[tokio::test]
async fn whoever_pauses_a_subscription_is_not_told_that_it_lies_behind() {
    let app = TestApp::start_with(BINARY, &[("ALTHING_HEALTH_MAX_LAG_EVENTS", "0")]).await;
    let owner = app.set_up().await;
    wait_for(&app, 200).await;
    owner.post_empty("/api/admin/subscriptions/people/pause").await;
    app.user("Bob").await;
    let ready = wait_for(&app, 200).await;
    let people = ready.data()["checks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|check| check["name"] == "people")
        .unwrap()
        .clone();
    assert!(
        people["detail"].as_str().unwrap().starts_with("paused, "),
        "{people}"
    );
}

/// Another owner has taken a subscription and does nothing with it.
async fn falls_behind(limit: &str) -> (TestApp, String) {
    let mut app = TestApp::start_with(BINARY, &[(limit, "0")]).await;
    app.set_up().await;
    wait_for(&app, 200).await;
    beside(
        &app,
        "UPDATE subscription SET epoch = epoch + 1, owner = 'another', owner_id = '0190a6c2-5d4e-7b3a-9c1f-2e6d8a4b7f99', \
         lease_until = 9000000000000000 WHERE name = 'people'",
    )
    .await;
    // The owner notices, and then events pile up.
    let begun = Instant::now();
    while !app.log().contains("another owner has taken over") {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "the owner does not notice"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    app.user("Bob").await;
    for _ in 0..1_000 {
        let reply = wait_for(&app, 503).await;
        let is_alone = reply.body["checks"]
            .as_array()
            .unwrap()
            .iter()
            .all(|check| check["ok"] == true || check["name"] == "people");
        if is_alone {
            let detail = red(&reply, "people");
            assert!(app.stop().await.success());
            beside(
                &app,
                "UPDATE subscription SET owner = NULL, owner_id = NULL, lease_until = NULL WHERE name = 'people'",
            )
            .await;
            app.start_again().await;
            wait_for(&app, 200).await;
            return (app, detail);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{}", app.anonymous().get("/health/ready").await.text);
}

#[tokio::test]
async fn too_many_events_behind_make_it_red_until_they_are_handled() {
    let (_app, detail) = falls_behind("ALTHING_HEALTH_MAX_LAG_EVENTS").await;
    assert!(detail.starts_with("running, 3 events and "), "{detail}");
}

#[tokio::test]
async fn too_long_behind_makes_it_red_until_it_has_caught_up() {
    let (_app, detail) = falls_behind("ALTHING_HEALTH_MAX_LAG_SECONDS").await;
    assert!(detail.starts_with("running, 3 events and "), "{detail}");
}

#[tokio::test]
async fn a_database_that_does_not_answer_makes_it_red() {
    let app = TestApp::start_empty(BINARY).await;
    beside(&app, "ALTER TABLE migration RENAME TO migration_away").await;
    assert_eq!(red(&wait_for(&app, 503).await, "database"), "it does not answer");
    beside(&app, "ALTER TABLE migration_away RENAME TO migration").await;
    wait_for(&app, 200).await;
}
