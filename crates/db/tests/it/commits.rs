//! What a commit promises, on both databases.

use std::sync::{Arc, Mutex};

use althing_db::{Batch, Closing, Db, Error, Store, sql};

async fn table() -> Db {
    let db = Db::temporary().await.unwrap();
    let mut batch = Batch::new();
    batch.run(sql("CREATE TABLE t (id BIGINT PRIMARY KEY, name TEXT NOT NULL)"));
    db.commit(batch).await.unwrap();
    db
}

async fn names(db: &Db) -> Vec<String> {
    sql("SELECT name FROM t ORDER BY id").all(db).await.unwrap()
}

#[tokio::test]
async fn a_batch_is_wholly_written_or_not_at_all() {
    let db = table().await;
    let mut batch = Batch::new();
    batch.run(sql("INSERT INTO t (id, name) VALUES (1, 'a')"));
    batch.expect(1, "t", sql("UPDATE t SET name = 'b' WHERE id = 99"));
    assert!(matches!(
        db.commit(batch).await,
        Err(Error::Conflict { tag: "t" })
    ));
    assert!(names(&db).await.is_empty());
}

#[tokio::test]
async fn a_refused_batch_does_not_harm_its_group() {
    let db = table().await;
    let commits = (0..64i64).map(|id| {
        let db = db.clone();
        tokio::spawn(async move {
            let mut batch = Batch::new();
            batch.run(sql("INSERT INTO t (id, name) VALUES ($1, 'x')").bind(id));
            if id % 2 == 0 {
                batch.run(sql("INSERT INTO t (id, name) VALUES ($1, 'again')").bind(id));
            }
            db.commit(batch).await.is_ok()
        })
    });
    let results = futures::future::join_all(commits).await;
    let accepted = results
        .into_iter()
        .filter(|result| *result.as_ref().unwrap())
        .count();
    assert_eq!(accepted, 32);
    assert_eq!(names(&db).await.len(), 32);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_refused_sees_what_refused_it() {
    let db = table().await;
    let mut batch = Batch::new();
    batch.run(sql("INSERT INTO t (id, name) VALUES (1, '0')"));
    db.commit(batch).await.unwrap();
    let adders = (0..8).map(|_| {
        let db = db.clone();
        tokio::spawn(async move {
            let mut refused = 0;
            for _ in 0..50 {
                while !add_one(&db).await {
                    refused += 1;
                }
            }
            refused
        })
    });
    let refused: usize = futures::future::join_all(adders)
        .await
        .into_iter()
        .map(|adder| adder.unwrap())
        .sum();
    assert!(refused > 0, "they did meet");
    assert_eq!(names(&db).await, ["400"]);
}

async fn add_one(db: &Db) -> bool {
    let count = || sql("SELECT name FROM t WHERE id = 1");
    let seen: String = count().one(db).await.unwrap();
    let next = (seen.parse::<i64>().unwrap() + 1).to_string();
    let update = sql("UPDATE t SET name = $1 WHERE id = 1 AND name = $2");
    let mut batch = Batch::new();
    batch.expect(1, "t", update.bind(next).bind(seen.as_str()));
    if db.commit(batch).await.is_ok() {
        return true;
    }
    let now: String = count().one(db).await.unwrap();
    assert_ne!(now, seen, "refused by something that cannot be seen yet");
    false
}

#[tokio::test]
async fn placeholders_bind_by_their_number() {
    let db = table().await;
    let mut batch = Batch::new();
    batch.run(
        sql("INSERT INTO t (name, id) VALUES ($2, $1)")
            .bind(7)
            .bind("seven"),
    );
    db.commit(batch).await.unwrap();
    assert_eq!(
        sql("SELECT id FROM t WHERE name = $1")
            .bind("seven")
            .one::<i64>(&db)
            .await
            .unwrap(),
        7
    );
}

#[tokio::test]
async fn a_panic_while_reading_a_row_or_after_a_commit_does_not_stop_the_writer() {
    #[derive(Debug)]
    struct Explosive;
    impl althing_db::FromRow for Explosive {
        fn from_row(_: &althing_db::Row<'_>) -> althing_db::Result<Self> {
            panic!("this row cannot be read")
        }
    }
    let db = table().await;
    let mut batch = Batch::new();
    batch.run(sql("INSERT INTO t (id, name) VALUES (1, 'a')"));
    batch.after_commit(|_| panic!("this hook is broken"));
    db.commit(batch).await.unwrap();
    let session = db.write_session().await.unwrap();
    let read = sql("SELECT id FROM t").all::<Explosive>(&session).await;
    assert!(matches!(read, Err(Error::Panicked)));
    drop(session);
    let mut batch = Batch::new();
    batch.run(sql("INSERT INTO t (id, name) VALUES (2, 'b')"));
    db.commit(batch).await.unwrap();
    assert_eq!(names(&db).await, ["a", "b"]);
}

#[tokio::test]
async fn waiting_batches_share_commits_and_each_is_answered_in_order() {
    let db = table().await;
    let before = db.stats();
    let order = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let commits = (0..500i64).map(|id| {
        let (db, order) = (db.clone(), order.clone());
        async move {
            let mut batch = Batch::new();
            batch.returning(sql("INSERT INTO t (id, name) VALUES ($1, 'x') RETURNING id").bind(id));
            batch
                .after_commit(move |outcomes| order.lock().unwrap().push(outcomes[0].integer(0, 0).unwrap()));
            db.commit(batch).await.unwrap()[0].integer(0, 0).unwrap()
        }
    });
    let answers = futures::future::join_all(commits).await;
    assert_eq!(answers, (0..500).collect::<Vec<_>>());
    let mut order = order.lock().unwrap().clone();
    if db.store() == Store::Postgres {
        // Groups on several connections: who is told first is not promised.
        order.sort_unstable();
    }
    assert_eq!(order, answers);
    let after = db.stats();
    assert_eq!(after.batches - before.batches, 500);
    assert!(
        after.commits - before.commits < 500,
        "{} commits",
        after.commits - before.commits
    );
}

#[tokio::test]
async fn errors_tell_whether_the_statement_is_to_blame() {
    let db = table().await;
    let mut wrong = Batch::new();
    wrong.run(sql("INSERT INTO nowhere (id) VALUES (1)"));
    assert!(db.commit(wrong).await.unwrap_err().is_fault_of_statement());
    let mut empty = Batch::new();
    empty.run(sql("INSERT INTO t (id, name) VALUES (1, $1)").bind(None::<i64>));
    assert!(db.commit(empty).await.unwrap_err().is_fault_of_statement());
    assert!(!Error::CommitFailed("disk I/O error".into()).is_fault_of_statement());
    assert!(!Error::SessionExpired.is_fault_of_statement());
}

#[tokio::test]
async fn a_session_reads_its_own_writes_and_is_undone_when_dropped() {
    let db = table().await;
    let session = db.write_session().await.unwrap();
    session
        .execute(sql("INSERT INTO t (id, name) VALUES (1, 'a')"))
        .await
        .unwrap();
    assert_eq!(
        sql("SELECT name FROM t").all::<String>(&session).await.unwrap(),
        ["a"]
    );
    drop(session);
    let session = db.write_session().await.unwrap();
    assert!(
        sql("SELECT name FROM t")
            .all::<String>(&session)
            .await
            .unwrap()
            .is_empty()
    );
    session
        .execute(sql("INSERT INTO t (id, name) VALUES (2, 'b')"))
        .await
        .unwrap();
    session.commit(|| {}).await.unwrap();
    assert_eq!(names(&db).await, ["b"]);
}

type Heard = Arc<Mutex<Vec<Option<i64>>>>;

/// A closing that counts the rows, and what it was told.
fn counting(statement: &'static str) -> (Arc<Closing>, Heard) {
    let heard = Heard::default();
    let note = heard.clone();
    let mut statements = Batch::new();
    statements.returning(sql(statement));
    let closing = Closing::new(statements, move |outcomes| {
        let count = outcomes.map(|outcomes| outcomes[0].integer(0, 0).unwrap());
        note.lock().unwrap().push(count);
    });
    (Arc::new(closing), heard)
}

#[tokio::test]
async fn a_closing_sees_the_whole_transaction_and_ends_it_once() {
    let db = table().await;
    let (closing, heard) = counting("SELECT count(*) FROM t");
    let commits = (0..20i64).map(|id| {
        let mut batch = Batch::new();
        batch.run(sql("INSERT INTO t (id, name) VALUES ($1, 'x')").bind(id));
        batch.closing(closing.clone());
        db.commit(batch)
    });
    futures::future::try_join_all(commits).await.unwrap();
    let heard = heard.lock().unwrap().clone();
    match db.store() {
        Store::Sqlite => assert_eq!(heard, [None; 20]),
        Store::Postgres => {
            assert_eq!(heard.iter().max(), Some(&Some(20)), "{heard:?}");
            let commits = usize::try_from(db.stats().commits).unwrap();
            assert_eq!(heard.len(), commits - 1, "one for each transaction");
        }
    }
}

#[tokio::test]
async fn a_closing_that_fails_harms_no_commit() {
    let db = table().await;
    let (closing, heard) = counting("SELECT 1 / 0 FROM nobody");
    for id in 0..3i64 {
        let mut batch = Batch::new();
        batch.run(sql("INSERT INTO t (id, name) VALUES ($1, 'x')").bind(id));
        batch.closing(closing.clone());
        db.commit(batch).await.unwrap();
    }
    let mut refused = Batch::new();
    refused.expect(1, "t", sql("UPDATE t SET name = 'b' WHERE id = 99"));
    refused.closing(closing);
    assert!(matches!(
        db.commit(refused).await,
        Err(Error::Conflict { tag: "t" })
    ));
    assert_eq!(names(&db).await.len(), 3);
    assert_eq!(*heard.lock().unwrap(), [None; 3]);
}

#[tokio::test]
async fn a_session_applies_steps_that_build_upon_each_other() {
    let db = table().await;
    let session = db.write_session().await.unwrap();
    let mut batch = Batch::new();
    batch.run(sql("CREATE TABLE later (id BIGINT PRIMARY KEY)"));
    batch.expect(1, "later", sql("INSERT INTO later (id) VALUES ($1)").bind(7));
    batch.expect(
        1,
        "t",
        sql("INSERT INTO t (id, name) SELECT id, 'seven' FROM later"),
    );
    let outcomes = session.apply(batch).await.unwrap();
    assert_eq!(outcomes.len(), 3);
    session.commit(|| {}).await.unwrap();
    assert_eq!(names(&db).await, ["seven"]);

    let session = db.write_session().await.unwrap();
    let mut batch = Batch::new();
    batch.run(sql("INSERT INTO t (id, name) VALUES (7, 'again')"));
    batch.run(sql("INSERT INTO nowhere (id) VALUES (1)"));
    let error = session.apply(batch).await.unwrap_err();
    assert!(
        matches!(error, Error::Constraint(_)),
        "the first one is told: {error}"
    );
    drop(session);
    assert_eq!(names(&db).await, ["seven"]);
}
