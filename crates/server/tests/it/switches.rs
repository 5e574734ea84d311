//! The switches of the events, flipped forwards and backwards, and no event lost.

use std::time::{Duration, Instant};

use althing_backbone::{Db, sql};
use althing_testkit::{Client, Nats, Redis, TestApp};
use serde_json::{Value, json};

use crate::BINARY;

/// Stops, changes settings, starts.
async fn flip(app: &mut TestApp, settings: &[(&str, &str)]) {
    assert!(app.stop().await.success());
    for (name, value) in settings {
        app.set(name, value);
    }
    app.start_again().await;
}

const TRANSPORT: &str = "ALTHING_EVENTS_TRANSPORT";
const DELIVERY: &str = "ALTHING_EVENTS_DELIVERY";
const ENABLED: &str = "ALTHING_EVENTS_ENABLED";

async fn decide(owner: &Client, title: &str) {
    let made = owner.post("/api/sessions", json!({ "title": title })).await;
    assert_eq!(made.status, 201, "{}", made.text);
}

async fn subscriptions(owner: &Client) -> Vec<Value> {
    let reply = owner.get("/api/admin/subscriptions").await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.data().as_array().unwrap().clone()
}

async fn subscription(owner: &Client, name: &str) -> Option<Value> {
    let all = subscriptions(owner).await;
    all.into_iter().find(|one| one["name"] == name)
}

/// Waits until it has passed everything in the log; how much that is.
async fn caught_up(owner: &Client, name: &str) -> u64 {
    let begun = Instant::now();
    loop {
        let found = subscription(owner, name).await;
        if let Some(one) = &found
            && one["lag"] == 0
            && one["owner"].is_string()
        {
            return one["head"].as_u64().unwrap();
        }
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "{name} is at {found:?}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn everybody_caught_up(owner: &Client) {
    for one in subscriptions(owner).await {
        let name = one["name"].as_str().unwrap();
        if !name.starts_with("relay-") {
            caught_up(owner, name).await;
        }
    }
}

async fn names_transport(owner: &Client, transport: &str) {
    let ready = owner.get("/health/ready").await;
    assert_eq!(ready.data()["transport"], transport, "{}", ready.text);
}

async fn in_redis(redis: &Redis) -> u64 {
    let answer = redis.command(&["XLEN", "althing:events"]).await;
    answer.trim().parse().unwrap()
}

async fn in_nats(nats: &Nats) -> u64 {
    let client = async_nats::connect(nats.url()).await.unwrap();
    let stream = async_nats::jetstream::new(client)
        .get_stream("ALTHING")
        .await
        .unwrap();
    stream.get_info().await.unwrap().state.messages
}

#[tokio::test]
async fn the_transport_may_be_changed_back_and_forth() {
    let redis = Redis::options()
        .appendonly()
        .password("open sesame")
        .start()
        .await;
    let nats = Nats::start().await;
    let mut app = TestApp::start(BINARY).await;
    decide(app.owner(), "in the log").await;
    names_transport(app.owner(), "log").await;

    app.set("ALTHING_EVENTS_REDIS_URL", &redis.url());
    app.set("ALTHING_EVENTS_NATS_URL", &nats.url());
    flip(&mut app, &[(TRANSPORT, "redis")]).await;
    names_transport(app.owner(), "redis").await;
    decide(app.owner(), "to Redis").await;
    let head = caught_up(app.owner(), "relay-redis").await;
    assert_eq!(in_redis(&redis).await, head, "also what came before");
    assert!(!app.log().contains("sesame"));

    // Its broker stops and comes back; decisions go on.
    redis.stop().await;
    decide(app.owner(), "while Redis is away").await;
    redis.start_again().await;
    let head = caught_up(app.owner(), "relay-redis").await;
    assert_eq!(in_redis(&redis).await, head);

    flip(&mut app, &[(TRANSPORT, "nats")]).await;
    names_transport(app.owner(), "nats").await;
    decide(app.owner(), "to NATS").await;
    let head = caught_up(app.owner(), "relay-nats").await;
    assert_eq!(in_nats(&nats).await, head);

    flip(&mut app, &[(TRANSPORT, "log")]).await;
    names_transport(app.owner(), "log").await;
    decide(app.owner(), "in the log again").await;
    everybody_caught_up(app.owner()).await;

    flip(&mut app, &[(TRANSPORT, "redis")]).await;
    let head = caught_up(app.owner(), "relay-redis").await;
    assert_eq!(in_redis(&redis).await, head, "what happened meanwhile, too");
    flip(&mut app, &[(TRANSPORT, "nats")]).await;
    let head = caught_up(app.owner(), "relay-nats").await;
    assert_eq!(in_nats(&nats).await, head);
}

/// How many people the decisions know of: a view of another context's events.
async fn known_people(app: &TestApp) -> i64 {
    let db = Db::at(&app.database()).await.unwrap();
    sql("SELECT count(*) FROM decision_person")
        .one(&db)
        .await
        .unwrap()
}

#[tokio::test]
async fn inline_delivery_answers_after_everybody_has_seen_it() {
    let mut app = TestApp::start_with(BINARY, &[(DELIVERY, "inline")]).await;
    let owner = app.set_up().await;
    assert_eq!(known_people(&app).await, 1, "at once");
    decide(&owner, "inline").await;
    flip(&mut app, &[(DELIVERY, "background")]).await;
    decide(&owner, "in the background").await;
    everybody_caught_up(&owner).await;
    flip(&mut app, &[(DELIVERY, "inline")]).await;
    decide(&owner, "inline again").await;
    everybody_caught_up(&owner).await;
}

#[tokio::test]
async fn events_wait_while_they_are_switched_off_also_from_the_very_first() {
    let mut app = TestApp::start_with(BINARY, &[(ENABLED, "false")]).await;
    let owner = app.set_up().await;
    decide(&owner, "recorded").await;
    let all = subscriptions(&owner).await;
    assert!(!all.is_empty());
    for one in &all {
        assert!(one["owner"].is_null() && one["position"] == 0, "{one}");
    }
    flip(&mut app, &[(ENABLED, "true")]).await;
    everybody_caught_up(&owner).await;
    let head = subscriptions(&owner).await[0]["head"].clone();

    flip(&mut app, &[(ENABLED, "false")]).await;
    for number in 0..5 {
        decide(&owner, &format!("recorded too {number}")).await;
    }
    for one in subscriptions(&owner).await {
        assert!(one["position"].as_u64() <= head.as_u64(), "{one}");
    }
    let ready = owner.get("/health/ready").await;
    assert_eq!(
        ready.status, 200,
        "whoever switched them off knows: {}",
        ready.text
    );
    flip(&mut app, &[(ENABLED, "true")]).await;
    everybody_caught_up(&owner).await;
    for one in subscriptions(&owner).await {
        assert!(one["head"].as_u64() > head.as_u64(), "{one}");
        assert_eq!(
            (&one["dead_letters"], &one["parked_keys"]),
            (&json!(0), &json!(0)),
            "{one}"
        );
    }
}
