//! Statements that are run for many at once, and rows that are looked up together.
//! On SQLite, where they are run one by one, the same must come of it.

use althing_db::{Batch, Db, Error, Statement, Store, sql};
use futures::future::join_all;

async fn table() -> Db {
    let db = Db::temporary().await.unwrap();
    let mut batch = Batch::new();
    batch.run(sql(
        "CREATE TABLE jar (id BIGINT PRIMARY KEY, label TEXT, beans BIGINT NOT NULL)",
    ));
    db.commit(batch).await.unwrap();
    db
}

fn jar(id: i64, label: Option<&str>) -> Statement {
    sql("INSERT INTO jar (id, label, beans) VALUES ($1, $2, 0)")
        .for_many(
            "INSERT INTO jar (id, label, beans) SELECT u.*, 0 FROM unnest($1::BIGINT[], $2::TEXT[]) AS u",
        )
        .bind(id)
        .bind(label)
}

fn add(id: i64, beans: i64) -> Statement {
    sql("UPDATE jar SET beans = beans + $2 WHERE id = $1")
        .for_many(
            "UPDATE jar SET beans = beans + u.more FROM unnest($1::BIGINT[], $2::BIGINT[]) AS u(id, more) WHERE jar.id = u.id",
        )
        .bind(id)
        .bind(beans)
}

fn find(id: i64) -> Statement {
    sql("SELECT label, beans FROM jar WHERE id = $1")
        .for_many(
            "SELECT jar.label, jar.beans, u.place FROM unnest($1::BIGINT[]) WITH ORDINALITY AS u(id, place) JOIN jar USING (id)",
        )
        .bind(id)
}

async fn beans(db: &Db) -> Vec<i64> {
    sql("SELECT beans FROM jar ORDER BY id").all(db).await.unwrap()
}

/// All at the same time, so that they share transactions.
async fn commit_all(db: &Db, batches: impl IntoIterator<Item = Batch>) -> Vec<althing_db::Result<()>> {
    let commits = batches.into_iter().map(|batch| {
        let db = db.clone();
        tokio::spawn(async move { db.commit(batch).await.map(|_| ()) })
    });
    join_all(commits).await.into_iter().map(Result::unwrap).collect()
}

#[tokio::test]
async fn many_commits_do_the_same_with_fewer_statements() {
    let db = table().await;
    let before = db.stats();
    let batches = (0..64).map(|id| {
        let mut batch = Batch::new();
        let label = format!("jar \"{id}\", {{ä}}");
        batch.run(jar(id, (id % 3 > 0).then_some(label.as_str())));
        batch.expect(1, "beans", add(id, id + 1));
        batch
    });
    assert!(commit_all(&db, batches).await.iter().all(Result::is_ok));
    assert_eq!(beans(&db).await, (1..=64).collect::<Vec<_>>());
    let labels: Vec<Option<String>> = sql("SELECT label FROM jar ORDER BY id").all(&db).await.unwrap();
    assert_eq!(
        (&labels[0], labels[7].as_deref()),
        (&None, Some("jar \"7\", {ä}"))
    );
    let statements = db.stats().statements - before.statements;
    match db.store() {
        Store::Sqlite => assert_eq!(statements, 2 * 64),
        Store::Postgres => assert!(statements < 2 * 64, "{statements}"),
    }
}

#[tokio::test]
async fn a_batch_alone_runs_its_own_at_once_too() {
    let db = table().await;
    let before = db.stats();
    let mut batch = Batch::new();
    for id in 0..300 {
        batch.run(jar(id, None));
    }
    db.commit(batch).await.unwrap();
    assert_eq!(beans(&db).await.len(), 300);
    let statements = db.stats().statements - before.statements;
    let expected = match db.store() {
        Store::Sqlite => 300,
        Store::Postgres => 1,
    };
    assert_eq!(statements, expected);
}

#[tokio::test]
async fn whoever_changes_the_same_row_is_counted_each_time() {
    let db = table().await;
    let mut batch = Batch::new();
    batch.run(jar(1, None)).run(jar(2, None));
    db.commit(batch).await.unwrap();
    let batches = (0..40).map(|number| {
        let mut batch = Batch::new();
        batch.expect(1, "beans", add(1 + number % 2, 1)).run(add(1, 1));
        batch
    });
    assert!(commit_all(&db, batches).await.iter().all(Result::is_ok));
    assert_eq!(beans(&db).await, [60, 20]);
}

#[tokio::test]
async fn a_row_that_is_gone_refuses_its_own_batch_only() {
    let db = table().await;
    let mut batch = Batch::new();
    for id in 0..32 {
        batch.run(jar(id, None));
    }
    db.commit(batch).await.unwrap();
    let batches = (0..64).map(|id| {
        let mut batch = Batch::new();
        batch.expect(1, "beans", add(id, 1));
        batch
    });
    let results = commit_all(&db, batches).await;
    for (id, result) in results.iter().enumerate() {
        match result {
            Ok(()) => assert!(id < 32),
            Err(error) => {
                assert!(matches!(error, Error::Conflict { tag: "beans" }), "{error}");
                assert!(id >= 32);
            }
        }
    }
    assert_eq!(beans(&db).await, [1; 32]);
}

#[tokio::test]
async fn a_batch_keeps_its_order_though_others_run_between() {
    let db = table().await;
    let batches = (0..50).map(|id| {
        let mut batch = Batch::new();
        batch.run(jar(id, None));
        // Only what stands before may be seen.
        if id % 2 == 0 {
            batch.expect(
                1,
                "empty",
                sql("UPDATE jar SET beans = 100 WHERE id = $1 AND beans = 0").bind(id),
            );
        }
        batch.expect(1, "beans", add(id, 1));
        batch
    });
    assert!(commit_all(&db, batches).await.iter().all(Result::is_ok));
    let expected: Vec<i64> = (0..50).map(|id| if id % 2 == 0 { 101 } else { 1 }).collect();
    assert_eq!(beans(&db).await, expected);
}

#[tokio::test]
async fn everybody_finds_their_own_row() {
    let db = table().await;
    let mut batch = Batch::new();
    for id in 0..100 {
        batch.run(jar(id, Some(&format!("jar {id}")))).run(add(id, id));
    }
    db.commit(batch).await.unwrap();
    let before = db.stats();
    let lookups = (0..200i64).map(|id| {
        let db = db.clone();
        tokio::spawn(async move { db.lookup::<(String, i64)>(find(id)).await.unwrap() })
    });
    for (id, found) in (0..).zip(join_all(lookups).await) {
        let expected = (id < 100).then(|| (format!("jar {id}"), id));
        assert_eq!(found.unwrap(), expected);
    }
    let reads = db.stats().reads - before.reads;
    match db.store() {
        Store::Sqlite => assert_eq!(reads, 200),
        Store::Postgres => assert!(reads < 200, "{reads}"),
    }
}

#[tokio::test]
async fn a_lookup_that_cannot_be_read_fails_alone() {
    let db = table().await;
    let mut batch = Batch::new();
    batch.run(jar(1, None)).run(jar(2, Some("b")));
    db.commit(batch).await.unwrap();
    let (unlabelled, labelled) = tokio::join!(
        db.lookup::<(String, i64)>(find(1)),
        db.lookup::<(String, i64)>(find(2))
    );
    assert!(matches!(unlabelled, Err(Error::Column { column: 0, .. })));
    assert_eq!(labelled.unwrap(), Some(("b".to_owned(), 0)));
}
