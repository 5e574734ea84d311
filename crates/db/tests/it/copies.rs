//! Copies of a database.

use althing_db::{Batch, Db, Error, sql};

#[tokio::test]
async fn a_copy_holds_what_was_committed_and_lives_on_its_own() {
    let db = Db::temporary().await.unwrap();
    let mut batch = Batch::new();
    batch.run(sql("CREATE TABLE t (id BIGINT PRIMARY KEY)"));
    batch.run(sql("INSERT INTO t (id) VALUES (1)"));
    db.commit(batch).await.unwrap();
    let copy = db.temporary_copy().await.unwrap();
    let mut batch = Batch::new();
    batch.run(sql("INSERT INTO t (id) VALUES (2)"));
    copy.commit(batch).await.unwrap();
    assert_eq!(
        sql("SELECT id FROM t ORDER BY id")
            .all::<i64>(&copy)
            .await
            .unwrap(),
        [1, 2]
    );
    assert_eq!(
        sql("SELECT id FROM t ORDER BY id").all::<i64>(&db).await.unwrap(),
        [1]
    );
    if let Some(existing) = copy.path() {
        let refused = db.copy_to(existing).await;
        assert!(
            matches!(refused, Err(Error::Sqlite(_))),
            "never over an existing file"
        );
    }
}
