//! Who runs the subscriptions of several processes, when one of them ends in order.

use althing_backbone::{Db, sql};
use althing_testkit::{Postgres, TestApp};
use serde_json::json;

use crate::BINARY;
use crate::office::{eventually, made, settled};

fn name_of(process: &TestApp) -> String {
    format!("process {}", process.process())
}

/// Who runs something, each once.
async fn owners(db: &Db) -> Vec<String> {
    let owners = "SELECT DISTINCT owner FROM subscription WHERE owner IS NOT NULL ORDER BY owner";
    sql(owners).all(db).await.unwrap()
}

#[tokio::test]
async fn what_ends_in_order_is_replaced_at_once_however_long_its_lease_is() {
    let postgres = Postgres::options().without_fsync().start().await;
    let url = postgres.database().await;
    let settings = [
        ("ALTHING_DATABASE_URL", url.as_str()),
        ("ALTHING_EVENTS_LEASE_SECONDS", "300"),
    ];
    let mut first = TestApp::start_with(BINARY, &settings).await;
    let owner = first.set_up().await;
    let mut second = first.another_process().await;
    let db = Db::at(&url).await.unwrap();
    eventually(async || (owners(&db).await.len() == 2).then_some(())).await;
    let lengths: Vec<i64> = sql("SELECT DISTINCT lease_length FROM subscription")
        .all(&db)
        .await
        .unwrap();
    assert_eq!(lengths, [300_000_000]);

    assert!(first.stop().await.success());
    let owner = owner.at(&second.url());
    made(
        owner
            .post("/api/sessions", json!({ "title": "One has left" }))
            .await,
        201,
    );
    settled(&owner).await;
    assert_eq!(owners(&db).await, [name_of(&second)]);

    // Alone: what it gave up at its end it has again when it is back.
    assert!(second.stop().await.success());
    assert_eq!(owners(&db).await, [] as [String; 0]);
    second.start_again().await;
    made(
        owner
            .post("/api/sessions", json!({ "title": "It is back" }))
            .await,
        201,
    );
    settled(&owner).await;
    assert_eq!(owners(&db).await, [name_of(&second)]);
}
