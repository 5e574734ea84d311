//! What Prometheus reads, and who may.

use std::collections::HashSet;

use althing_testkit::{Client, TestApp};
use serde_json::json;

use crate::BINARY;

const TOKEN: &str = "a-token-for-prometheus";

async fn scrape(client: &Client) -> String {
    let authorization = format!("Bearer {TOKEN}");
    let reply = client
        .send("GET", "/metrics", &[("authorization", &authorization)], None)
        .await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.text
}

/// The value of the line that begins with this name and these labels.
fn value(text: &str, series: &str) -> Option<f64> {
    text.lines()
        .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))
        .map(|value| value.parse().expect("a number"))
}

#[tokio::test]
async fn without_the_token_there_is_nothing() {
    let closed = TestApp::start_empty(BINARY).await;
    let open = TestApp::start_with(BINARY, &[("ALTHING_METRICS_TOKEN", TOKEN)]).await;
    let owner = open.set_up().await;
    for (client, authorization) in [
        (closed.anonymous(), format!("Bearer {TOKEN}")),
        (open.anonymous(), String::new()),
        (open.anonymous(), "Bearer another-token-entirely".to_owned()),
        (open.anonymous(), TOKEN.to_owned()),
        (owner, String::new()),
    ] {
        let headers = [("authorization", authorization.as_str())];
        let reply = client.send("GET", "/metrics", &headers, None).await;
        assert_eq!(reply.refusal(), (404, "not_found"), "{authorization}");
    }
    let log = open.log();
    assert!(!log.contains(TOKEN), "{log}");
}

#[tokio::test]
async fn figures_tell_how_much_and_never_who_or_what() {
    let app = TestApp::start_with(BINARY, &[("ALTHING_METRICS_TOKEN", TOKEN)]).await;
    let owner = app.set_up().await;
    let session = owner
        .post("/api/sessions", json!({"title": "Where to live in Lisbon"}))
        .await;
    let id = session.data()["id"].as_str().unwrap().to_owned();
    owner.get(&format!("/api/sessions/{id}")).await;
    owner.send("GREET", "/api/nothing/here", &[], None).await;
    let mut socket = owner.socket(&format!("/api/sessions/{id}/live")).await;
    socket.next_of("connected").await;

    let text = scrape(&app.anonymous()).await;
    for (series, expected) in [
        (
            "http_requests_total{route=\"/api/sessions\",method=\"POST\",status=\"201\"}",
            1.0,
        ),
        (
            "http_requests_total{route=\"/api/sessions/{id}\",method=\"GET\",status=\"200\"}",
            1.0,
        ),
        (
            "http_requests_total{route=\"(none)\",method=\"other\",status=\"404\"}",
            1.0,
        ),
        (
            "http_request_duration_seconds_count{route=\"/api/sessions\",method=\"POST\"}",
            1.0,
        ),
        ("events_published_total{event_type=\"session.created\"}", 1.0),
        ("sessions_created_total", 1.0),
        ("sessions_active", 1.0),
        ("websocket_connections_active{channel=\"live\"}", 1.0),
        ("websocket_connections_active{channel=\"conversation\"}", 0.0),
        ("althing_database_up", 1.0),
        ("althing_subscription_dead_letters{subscription=\"people\"}", 0.0),
        ("althing_subscription_has_error{subscription=\"people\"}", 0.0),
    ] {
        assert_eq!(value(&text, series), Some(expected), "{series}: {text}");
    }
    let on_postgres = app.database_url().is_some();
    for series in [
        "althing_sequencer_unnumbered",
        "althing_sequencer_oldest_writer_seconds",
        "outbox_age_seconds",
    ] {
        assert_eq!(value(&text, series).is_some(), on_postgres, "{series}: {text}");
    }
    if on_postgres {
        assert_eq!(value(&text, "althing_sequencer_leads"), Some(1.0), "{text}");
        assert!(
            value(&text, "althing_sequencer_tick_seconds") > Some(0.0),
            "{text}"
        );
    }
    let commands = value(&text, "althing_commands_total{outcome=\"committed\"}").unwrap_or_default();
    let commits = value(&text, "althing_db_commits_total").unwrap_or_default();
    assert!(commands >= 2.0 && commits >= 2.0, "{commands} {commits}");
    let owned = text
        .lines()
        .find(|line| line.starts_with("althing_subscription_info{subscription=\"people\""))
        .expect("it tells who owns it");
    assert!(owned.contains("owner=\"process "), "{owned}");

    for secret in [&id, owner.user_id(), "Lisbon", "example.org", "Lovelace", TOKEN] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    check_format(&text);
}

#[tokio::test]
async fn handled_events_are_counted_by_handler_and_type() {
    let app = TestApp::start_with(BINARY, &[("ALTHING_METRICS_TOKEN", TOKEN)]).await;
    app.set_up().await;
    let series = "events_processed_total{handler=\"people\",event_type=\"identity.user_registered\"}";
    for _ in 0..500 {
        let text = scrape(&app.anonymous()).await;
        let lag = value(&text, "consumer_lag{handler=\"people\"}");
        if (value(&text, series), lag) == (Some(1.0), Some(0.0)) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("{}", scrape(&app.anonymous()).await);
}

/// Each family is introduced once, and each line is a name with labels and a number.
fn check_format(text: &str) {
    let mut families = HashSet::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(family) = line.strip_prefix("# TYPE ") {
            let name = family.split(' ').next().unwrap();
            assert!(families.insert(name.to_owned()), "{name} comes twice");
            continue;
        }
        if line.starts_with("# HELP ") {
            continue;
        }
        let (series, number) = line.rsplit_once(' ').expect("a name and a number");
        assert!(number.parse::<f64>().is_ok(), "{line}");
        let name = series.split('{').next().unwrap();
        let known = ["", "_bucket", "_sum", "_count"].iter().any(|end| {
            name.strip_suffix(end)
                .is_some_and(|family| families.contains(family))
        });
        assert!(known, "{line} is of no family");
    }
}
