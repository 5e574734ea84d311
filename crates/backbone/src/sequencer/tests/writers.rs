//! Writers that stall, change their mind, or are cut off.

use super::*;

#[tokio::test]
async fn a_stalled_writer_holds_up_nobody_and_is_not_skipped() {
    let db = database().await;
    let backbone = open(&db).await;
    let stalled = db.write_session().await.unwrap();
    write(&backbone, &stalled, new_id(), 1).await;
    for number in 2..=5 {
        count(&backbone, new_id(), number).await;
    }
    assert_eq!(log_of(&backbone).await, [2, 3, 4, 5], "others go on");
    stalled.commit(|| {}).await.unwrap();
    assert_eq!(log_of(&backbone).await, [2, 3, 4, 5, 1], "its lower id is found");
    count(&backbone, new_id(), 6).await;
    assert_eq!(log_of(&backbone).await, [2, 3, 4, 5, 1, 6]);
}

#[tokio::test]
async fn a_writer_that_rolls_back_leaves_no_gap() {
    let db = database().await;
    let backbone = open(&db).await;
    let doomed = db.write_session().await.unwrap();
    write(&backbone, &doomed, new_id(), 1).await;
    count(&backbone, new_id(), 2).await;
    drop(doomed);
    count(&backbone, new_id(), 3).await;
    assert_eq!(log_of(&backbone).await, [2, 3]);
}

#[tokio::test]
async fn a_writer_that_is_killed_in_its_transaction_leaves_nothing() {
    let db = database().await;
    let backbone = open(&db).await;
    let doomed = db.write_session().await.unwrap();
    write(&backbone, &doomed, new_id(), 1).await;
    let pid: i64 = one(&doomed, sql("SELECT pg_backend_pid()::BIGINT")).await;
    count(&backbone, new_id(), 2).await;
    let killed: bool = one(
        &db,
        sql("SELECT pg_terminate_backend($1::BIGINT::INTEGER)").bind(pid),
    )
    .await;
    assert!(killed);
    assert!(doomed.commit(|| {}).await.is_err());
    count(&backbone, new_id(), 3).await;
    assert_eq!(log_of(&backbone).await, [2, 3]);
}

#[tokio::test]
async fn a_transaction_held_open_in_another_database_does_not_matter() {
    let (db, other) = (database().await, database().await);
    let backbone = open(&db).await;
    let held = other.write_session().await.unwrap();
    run(&held, "CREATE TABLE held (x BIGINT)").await;
    for number in 1..=3 {
        count(&backbone, new_id(), number).await;
        assert_eq!(log_of(&backbone).await.len() as i64, number, "at once");
    }
    drop(held);
    assert_eq!(log_of(&backbone).await, [1, 2, 3]);
}

#[tokio::test]
async fn what_a_savepoint_undid_has_no_position_and_the_rest_has() {
    let db = database().await;
    let backbone = open(&db).await;
    let session = db.write_session().await.unwrap();
    write(&backbone, &session, new_id(), 1).await;
    run(&session, "SAVEPOINT a").await;
    write(&backbone, &session, new_id(), 2).await;
    run(&session, "ROLLBACK TO a").await;
    run(&session, "SAVEPOINT b").await;
    write(&backbone, &session, new_id(), 3).await;
    run(&session, "RELEASE b").await;
    count(&backbone, new_id(), 4).await;
    assert_eq!(log_of(&backbone).await, [4]);
    session.commit(|| {}).await.unwrap();
    assert_eq!(log_of(&backbone).await, [4, 1, 3]);
}

#[tokio::test]
async fn a_prepared_transaction_is_found_whenever_it_is_committed() {
    let db = database().await;
    let backbone = open(&db).await;
    let session = db.write_session().await.unwrap();
    write(&backbone, &session, new_id(), 1).await;
    let name = new_id();
    session
        .execute(sql(format!("PREPARE TRANSACTION '{name}'")))
        .await
        .unwrap();
    drop(session);
    for number in 2..=4 {
        count(&backbone, new_id(), number).await;
    }
    assert_eq!(log_of(&backbone).await, [2, 3, 4]);
    let address = db.address();
    Postgres::psql_at(&address, &format!("COMMIT PREPARED '{name}'")).await;
    assert_eq!(log_of(&backbone).await, [2, 3, 4, 1]);
}

#[tokio::test]
async fn writers_of_one_aggregate_keep_its_order_whoever_commits_when() {
    let db = database().await;
    let backbone = open(&db).await;
    let counter = new_id();
    let first = db.write_session().await.unwrap();
    write(&backbone, &first, counter, 1).await;
    // The second writer waits for the aggregate's row, and only then draws its id.
    let second = tokio::spawn({
        let (backbone, db) = (backbone.clone(), db.clone());
        async move {
            let second = db.write_session().await.unwrap();
            write(&backbone, &second, counter, 2).await;
            second.commit(|| {}).await.unwrap();
        }
    });
    let waiting = || async {
        one::<i64>(&db, sql("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")).await == 1
    };
    eventually("the second waits for the first", waiting).await;
    first.commit(|| {}).await.unwrap();
    second.await.unwrap();
    assert_eq!(log_of(&backbone).await, [1, 2]);
}
