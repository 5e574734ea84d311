//! Starting, stopping, crashing.

use std::time::{Duration, Instant};

use althing_testkit::TestApp;
use serde_json::json;

use crate::{BINARY, app};

#[tokio::test]
async fn a_second_server_on_the_same_folder_is_refused() {
    let app = app().await;
    let second = app.command(&["serve", "--listen", "127.0.0.1:0"]).await;
    assert!(!second.ok);
    assert!(
        second.stderr.contains("another althing is already serving"),
        "{}",
        second.stderr
    );
    assert!(
        second.stderr.contains("--data"),
        "it says what to do: {}",
        second.stderr
    );
    assert_eq!(app.owner().get("/api/me").await.status, 200);
}

#[tokio::test]
async fn sessions_and_events_survive_a_stop_and_a_crash() {
    let mut app = app().await;
    let start = Instant::now();
    assert!(app.stop().await.success());
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    app.start_again().await;
    assert_eq!(app.owner().get("/api/me").await.status, 200);
    app.user("Bob").await;
    app.crash().await;
    assert_eq!(app.owner().get("/api/me").await.status, 200);
    app.sign_in("bob@example.org").await;
    let positions: Vec<_> = app
        .command(&["events", "history", "--json"])
        .await
        .lines()
        .iter()
        .map(|line| line["position"].as_i64().unwrap())
        .collect();
    assert_eq!(positions, (1..=7).collect::<Vec<_>>());
}

#[tokio::test]
async fn open_sockets_are_closed_and_do_not_hold_up_a_stop() {
    let mut app = app().await;
    let made = app
        .owner()
        .post("/api/sessions", json!({"title": "Where to live"}))
        .await;
    let mut socket = app
        .owner()
        .socket(&format!(
            "/api/sessions/{}/live",
            made.data()["id"].as_str().unwrap()
        ))
        .await;
    assert_eq!(
        socket.next_of("connected").await["data"]["sessionId"],
        made.data()["id"]
    );
    let start = Instant::now();
    assert!(app.stop().await.success());
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert!(
        socket.closed().await.is_some(),
        "it is closed with a code, not cut off"
    );
}

#[tokio::test]
async fn health_tells_of_the_process_and_of_its_work() {
    let app = app().await;
    assert_eq!(
        app.anonymous().get("/health/live").await.data(),
        &json!({"status": "live"})
    );
    let ready = app.anonymous().get("/health/ready").await;
    assert_eq!((ready.status, &ready.data()["status"]), (200, &json!("ready")));
    assert_eq!(ready.data()["checks"][0]["name"], "database");
}

#[tokio::test]
async fn the_log_is_json_if_wanted_and_holds_nothing_personal() {
    let app = TestApp::start_with(
        BINARY,
        &[("ALTHING_LOG_FORMAT", "json"), ("ALTHING_LOG_LEVEL", "debug")],
    )
    .await;
    let owner = app.set_up().await;
    owner.get("/api/me").await;
    app.anonymous()
        .post(
            "/api/auth/login",
            json!({"email": "ada@example.org", "password": "a wrong password"}),
        )
        .await;
    let log = app.log();
    assert!(log.lines().count() > 2);
    for line in log.lines() {
        let entry: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(entry["level"].is_string(), "{line}");
    }
    for secret in [
        "ada@example.org",
        "Lovelace",
        "correct horse",
        "a wrong password",
        owner.cookie().unwrap().split_once('=').unwrap().1,
    ] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

#[tokio::test]
async fn a_configured_setup_token_guards_the_first_visit() {
    let app = TestApp::start_with(BINARY, &[("ALTHING_SETUP_TOKEN", "a-secret-that-is-long")]).await;
    let mut account =
        json!({"first_name": "A", "last_name": "B", "email": "a@x.org", "password": "a long password"});
    assert_eq!(
        app.anonymous()
            .post("/api/setup", account.clone())
            .await
            .refusal(),
        (403, "forbidden")
    );
    account["token"] = json!("a-secret-that-is-long");
    assert_eq!(app.anonymous().post("/api/setup", account).await.status, 201);
}

/// The product idles within 60 MB; a debug build without its web app loaded is the
/// generous case, so this catches what grows by far.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn idle_memory_stays_small() {
    let app = app().await;
    let pid = std::fs::read_to_string(app.data().join("althing.lock")).unwrap();
    let status = std::fs::read_to_string(format!("/proc/{}/status", pid.trim())).unwrap();
    let resident = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    let kilobytes: u64 = resident.trim().trim_end_matches(" kB").trim().parse().unwrap();
    assert!(
        kilobytes < 90 * 1024,
        "{kilobytes} kB after a setup, which hashes a password"
    );
}
