//! The live channel of one client: frames, resuming, its own words, its end.

use std::time::Duration;

use althing_backbone::{Db, Operator};
use althing_decisions::dashboard::LiveSettings;
use althing_web::Shutdown;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::client::{Client, End};
use super::kit::{ADA, App, EVE, many_attempts, nothing, until};
use super::reducer::Store;
use super::world::{STEPS, World, output, recommendation};

/// Reads frames until the store is where a fresh snapshot is, and compares the two.
async fn compare(client: &mut Client, store: &mut Store, world: &World<'_>) {
    world.app.settle().await;
    let fresh = world.overview().await;
    for frame in client
        .events(store.seq(), fresh["snapshotVersion"].as_i64().unwrap())
        .await
    {
        store.apply(&frame);
    }
    if store.wants_content {
        store.take_content(&fresh);
    }
    assert_eq!(store.overview, fresh);
}

#[tokio::test]
async fn frames_applied_to_the_first_snapshot_give_a_fresh_one_after_each_step() {
    let app = App::start().await;
    let address = app.serve().await;
    let world = World::begin(&app).await;
    app.settle().await;
    let mut store = Store::new(world.overview().await);
    let mut client = Client::connect(address, &world.session).await;
    assert_eq!(client.seq(), store.seq());
    assert_eq!(client.connected["data"]["snapshotVersion"], store.seq());
    assert_eq!(client.connected["data"]["sessionId"], world.session);
    for step in STEPS {
        world.start(step).await;
        compare(&mut client, &mut store, &world).await;
        world.put(step, output(step)).await;
        compare(&mut client, &mut store, &world).await;
        world.complete(step).await;
        compare(&mut client, &mut store, &world).await;
    }
    let title = json!({ "title": "Where to live, really", "description": "from 2030 on" });
    app.act("PATCH", &format!("/api/sessions/{}", world.session), title)
        .await;
    compare(&mut client, &mut store, &world).await;
    world.revise("alternatives").await;
    compare(&mut client, &mut store, &world).await;
    world.put("alternatives", output("alternatives")).await;
    compare(&mut client, &mut store, &world).await;
    assert_eq!(store.overview["components"][4]["basedOnOlderInput"], true);
    app.act(
        "POST",
        &format!("/api/cycles/{}/navigate", world.cycle),
        json!({ "to": "objectives" }),
    )
    .await;
    compare(&mut client, &mut store, &world).await;
    world
        .branch("recommendation", "the other way")
        .await
        .put("recommendation", recommendation(None))
        .await;
    compare(&mut client, &mut store, &world).await;
    app.act(
        "POST",
        &format!("/api/cycles/{}/complete", world.cycle),
        nothing(),
    )
    .await;
    app.settle().await;
    assert_eq!(client.next_of("cycle.completed").await["data"]["dqScore"], 65);
}

#[tokio::test]
async fn scores_of_completed_consequences_arrive_on_an_open_dashboard() {
    let app = App::start().await;
    let address = app.serve().await;
    let world = World::up_to(&app, "alternatives").await;
    let mut client = Client::connect(address, &world.session).await;
    world.start("consequences").await;
    world.put("consequences", output("consequences")).await;
    world.complete("consequences").await;
    let completed = client.next_of("component.completed").await;
    let progress = json!({ "completed": 5, "total": 9, "percent": 55, "currentStep": "tradeoffs" });
    assert_eq!(completed["data"]["progress"], progress);
    let scores = client.next_of("pugh_scores.computed").await;
    let totals: Vec<i64> = scores["data"]["scores"]
        .as_object()
        .unwrap()
        .values()
        .map(|one| one.as_i64().unwrap())
        .collect();
    assert_eq!(totals, [0, 2, 3, 1, 0]);
    assert_eq!(
        scores["correlationId"], completed["correlationId"],
        "one request set both off"
    );
}

#[tokio::test]
async fn a_client_resumes_where_it_left() {
    let app = App::start().await;
    let address = app.serve().await;
    let world = World::begin(&app).await;
    app.settle().await;
    let mut first = Client::connect(address, &world.session).await;
    let seen = first.seq();
    world.start("issue_raising").await;
    app.settle().await;
    let last = first.next().await.unwrap()["seq"].as_i64().unwrap();
    assert_eq!(last, seen + 1);
    drop(first);
    world.put("issue_raising", output("issue_raising")).await;
    world.complete("issue_raising").await;
    app.settle().await;
    let now = world.overview().await["snapshotVersion"].as_i64().unwrap();
    let mut second = Client::connect(address, &world.session).await;
    assert_eq!(second.seq(), now);
    second.say("resume", json!({ "lastSeq": last })).await;
    second.events(last, now).await;
    world.start("problem_frame").await;
    app.settle().await;
    second.events(now, now + 1).await;
    let mut whole = Client::connect(address, &world.session).await;
    whole.say("resume", json!({ "lastSeq": 0 })).await;
    let frames = whole.events(0, now + 1).await;
    assert_eq!(frames[0]["type"], "session.created");
    assert_eq!(frames[0]["data"]["title"], "Where to live");
    // A number that the server has never given: it says how things stand.
    whole.say("resume", json!({ "lastSeq": 100_000 })).await;
    let state = whole.next_of("state").await;
    assert_eq!(state["data"]["snapshotVersion"], state["seq"]);
    assert_eq!(state["data"]["components"].as_array().unwrap().len(), 9);
}

#[tokio::test]
async fn a_client_may_ask_for_the_state_and_is_told_what_it_said_wrong() {
    let app = App::start().await;
    let address = app.serve().await;
    let world = World::begin(&app).await;
    app.settle().await;
    let mut client = Client::connect(address, &world.session).await;
    client.say("request.state", Value::Null).await;
    let mut state = client.next().await.unwrap();
    assert_eq!(state["type"], "state");
    assert!(state["eventId"].is_null());
    state["data"].as_object_mut().unwrap().remove("freshness");
    assert_eq!(state["data"], world.overview().await);
    client.say("ping", json!({ "timestamp": "noon" })).await;
    let pong = client.next().await.unwrap();
    assert_eq!(
        (&pong["type"], &pong["data"]),
        (&json!("pong"), &json!({ "timestamp": "noon" }))
    );
    assert_eq!(pong["seq"], client.connected["seq"]);
    for (text, code) in [
        ("no json", "malformed_request"),
        (r#"{"type":"cycle.created","data":{}}"#, "validation_failed"),
        (r#"{"type":"resume","data":{}}"#, "validation_failed"),
    ] {
        client.say_text(text.to_owned()).await;
        let error = client.next().await.unwrap();
        assert_eq!(
            (&error["type"], &error["data"]["code"]),
            (&json!("error"), &json!(code)),
            "{text}"
        );
    }
    client
        .say("ping", json!({ "timestamp": "x".repeat(5_000) }))
        .await;
    assert_eq!(client.next().await.unwrap()["data"]["code"], "payload_too_large");
    assert_eq!(client.next().await, Err(End::Closed(Some(CloseCode::Size))));
}

#[tokio::test]
async fn a_client_is_pinged_and_one_without_a_sign_of_life_is_let_go() {
    let settings = LiveSettings {
        ping_every: Duration::from_millis(60),
        silence: Duration::from_millis(400),
        ..LiveSettings::default()
    };
    let app = App::with(Db::temporary().await.unwrap(), settings).await;
    let address = app.serve().await;
    let world = World::begin(&app).await;
    let mut answering = Client::connect(address, &world.session).await;
    let mut silent = Client::connect(address, &world.session).await;
    silent.answers = false;
    for _ in 0..15 {
        answering.next_of("ping").await;
    }
    let end = loop {
        match silent.next().await {
            Ok(_) => {}
            Err(end) => break end,
        }
    };
    assert_eq!(end, End::Closed(Some(CloseCode::Policy)));
    assert_eq!(answering.next_of("ping").await["type"], "ping");
}

#[tokio::test]
async fn only_the_owner_connects_and_not_more_often_than_allowed() {
    let settings = LiveSettings {
        attempts_per_minute: 5,
        ..LiveSettings::default()
    };
    let app = App::with(Db::temporary().await.unwrap(), settings).await;
    let address = app.serve().await;
    let world = World::begin(&app).await;
    let nobodys = ADA.to_string();
    let status = async |session: &str, who| Client::try_connect(address, session, who).await.err();
    assert_eq!(status(&world.session, None).await, Some(401));
    assert_eq!(status(&world.session, Some(EVE)).await, Some(404));
    assert_eq!(status(&nobodys, Some(ADA)).await, Some(404));
    assert_eq!(status("not-an-id", Some(ADA)).await, Some(404));
    assert_eq!(status(&world.session, Some(ADA)).await, None);
    let (plain, problem) = app
        .call(
            Some(ADA),
            "GET",
            &format!("/api/sessions/{}/live", world.session),
            None,
        )
        .await;
    assert_eq!(
        (plain.as_u16(), &problem["code"]),
        (400, &json!("malformed_request"))
    );
    assert_eq!(status(&world.session, Some(ADA)).await, None);
    assert_eq!(status(&world.session, Some(ADA)).await, Some(429));
}

#[tokio::test]
async fn a_shutdown_says_goodbye() {
    let app = App::start().await;
    let address = app.serve().await;
    let world = World::begin(&app).await;
    let mut client = Client::connect(address, &world.session).await;
    let shutdown: Shutdown = app.state.get();
    shutdown.begin();
    assert_eq!(client.next().await, Err(End::Closed(Some(CloseCode::Away))));
    tokio::time::timeout(Duration::from_secs(5), shutdown.all_closed())
        .await
        .unwrap();
    assert_eq!(app.dashboard().live().stats().connections_active, 0);
    assert_eq!(
        Client::try_connect(address, &world.session, Some(ADA))
            .await
            .err(),
        Some(503)
    );
}

#[tokio::test]
async fn frames_go_on_after_the_projection_was_paused_and_rebuilt() {
    let app = App::with(Db::temporary().await.unwrap(), many_attempts()).await;
    let address = app.serve().await;
    let world = World::begin(&app).await;
    app.settle().await;
    let mut client = Client::connect(address, &world.session).await;
    let operator: Operator = app.backbone.operator("test");
    operator.pause("dashboard").await.unwrap();
    app.backbone.wake();
    world.start("issue_raising").await;
    let overview = world.overview().await;
    assert_eq!(
        overview["components"][0]["status"], "in_progress",
        "views are built on read"
    );
    operator.resume("dashboard").await.unwrap();
    app.backbone.wake();
    app.settle().await;
    client.events(client.seq(), client.seq() + 1).await;
    operator.rebuild("dashboard").await.unwrap();
    app.backbone.wake();
    until("the rebuild is live", async || {
        operator
            .subscriptions()
            .await
            .unwrap()
            .iter()
            .all(|one| one.status == "running")
    })
    .await;
    let now = world.overview().await["snapshotVersion"].as_i64().unwrap();
    world.put("issue_raising", output("issue_raising")).await;
    app.settle().await;
    assert_eq!(client.next_of("component.output_updated").await["seq"], now + 1);
}
