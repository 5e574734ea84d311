//! `althing events archive`, beside the running server: what was moved is shown and replayed as before.

use althing_backbone::{Batch, Db, Store, sql};
use althing_testkit::TestApp;
use serde_json::{Value, json};

use crate::BINARY;
use crate::office::{eventually, made, settled};

/// Ten events are a segment, or a partition, of a log that is still empty.
async fn with_short_segments(app: &TestApp) {
    let db = Db::at(&app.database()).await.unwrap();
    let mut batch = Batch::new();
    batch.run(sql("UPDATE log_state SET segment_length = 10"));
    if db.store() == Store::Postgres {
        let all =
            "SELECT inhrelid::REGCLASS::TEXT FROM pg_inherits WHERE inhparent = 'event_entry'::REGCLASS";
        for partition in sql(all).all::<String>(&db).await.unwrap() {
            batch.run(sql(format!("DROP TABLE {partition}")));
        }
        // The next start makes the others.
        let first = "CREATE TABLE event_entry_0 PARTITION OF event_entry FOR VALUES FROM (0) TO (10)";
        batch.run(sql(first));
    }
    db.commit(batch).await.unwrap();
}

async fn history(app: &TestApp) -> Vec<Value> {
    let all = app
        .command(&["events", "history", "--json", "--payload", "--limit", "1000"])
        .await;
    assert!(all.ok, "{}", all.stderr);
    all.lines()
}

async fn generation_of_people(db: &Db) -> i64 {
    let generation = sql("SELECT generation FROM subscription WHERE name = 'people'");
    generation.one(db).await.unwrap()
}

#[tokio::test]
async fn old_events_move_into_the_archive_and_are_read_from_there() {
    let mut app = TestApp::start_empty(BINARY).await;
    assert!(app.stop().await.success());
    with_short_segments(&app).await;
    app.start_again().await;
    let owner = app.set_up().await;
    for number in 0..30 {
        let title = format!("Decision {number}");
        made(owner.post("/api/sessions", json!({ "title": title })).await, 201);
    }
    settled(&owner).await;
    let before = history(&app).await;
    assert_eq!(before.len(), 33);

    let done = app
        .command(&["events", "archive", "--before", "25", "--json"])
        .await;
    assert!(done.ok, "{}", done.stderr);
    let done = &done.lines()[0];
    let last = done["last"].as_i64().unwrap();
    assert!((11..=24).contains(&last), "whole segments below 25: {done}");
    assert_eq!((&done["first"], &done["events"]), (&json!(1), &json!(last)));
    assert!(app.data().join("archive").join("manifest.json").exists());
    let db = Db::at(&app.database()).await.unwrap();
    let left: i64 = sql("SELECT min(position) FROM event_log").one(&db).await.unwrap();
    assert_eq!(left, last + 1);

    assert_eq!(history(&app).await, before);
    for event in [&before[0], &before[32]] {
        let (id, position) = (event["event_id"].as_str().unwrap(), event["position"].to_string());
        for name in [id, &position] {
            let shown = app
                .command(&["events", "show", name, "--json", "--payload"])
                .await;
            assert_eq!(shown.lines(), std::slice::from_ref(event), "{}", shown.stderr);
        }
    }
    let nobody = "0190a6c2-5d4e-7b3a-9c1f-2e6d8a4b7f99";
    let unknown = app.command(&["events", "show", nobody]).await;
    assert!(
        unknown.stderr.contains("there is no such event"),
        "{}",
        unknown.stderr
    );

    // The running server reads it too: people are registered by the first events.
    let generation = generation_of_people(&db).await;
    assert!(app.command(&["events", "rebuild", "people"]).await.ok);
    eventually(async || (generation_of_people(&db).await > generation).then_some(())).await;
    let known: i64 = sql("SELECT count(*) FROM decision_person")
        .one(&db)
        .await
        .unwrap();
    assert_eq!(known, 1);

    let again = app.command(&["events", "archive", "--before", "25"]).await;
    assert!(again.stdout.starts_with("Nothing was moved"), "{}", again.stdout);
    app.set("ALTHING_ARCHIVE_DIR", "elsewhere");
    let lost = app.command(&["events", "show", "1"]).await;
    assert!(!lost.ok && lost.stderr.contains("elsewhere"), "{}", lost.stderr);
}
