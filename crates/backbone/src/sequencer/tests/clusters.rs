//! Dump and restore, crash, and promotion of a replica.

use super::*;
use crate::Error;

#[tokio::test]
async fn positions_survive_a_restore_into_another_cluster_and_cursors_from_before_are_told() {
    let (old, new) = tokio::join!(
        Postgres::options().without_fsync().start(),
        Postgres::options().without_fsync().start()
    );
    let url = old.database().await;
    let db = Db::postgres(&url).await.unwrap();
    let backbone = open(&db).await;
    // Transaction ids of the old cluster run far ahead of the new one's.
    for number in 1..=30 {
        count(&backbone, new_id(), number).await;
    }
    let cursor = backbone.log().cursor(30);
    // Committed, but not numbered when the dump is taken.
    let late = db.write_session().await.unwrap();
    write(&backbone, &late, new_id(), 31).await;
    late.commit(|| {}).await.unwrap();
    let dump = old.dump(&url).await;
    let restored_url = new.database().await;
    new.restore(&restored_url, &dump).await;
    let restored_db = Db::postgres(&restored_url).await.unwrap();
    let restored = open(&restored_db).await;
    assert_eq!(log_of(&restored).await, (1..=31).collect::<Vec<_>>());
    assert_eq!(restored.log().instance(), backbone.log().instance());
    let refused = restored.feed(Some(cursor), vec![]).err();
    assert!(matches!(
        refused,
        Some(Error::CursorEpoch { found: 1, current: 2 })
    ));
    for number in 32..=40 {
        count(&restored, new_id(), number).await;
    }
    assert_eq!(log_of(&restored).await, (1..=40).collect::<Vec<_>>());
    let again = open(&restored_db).await;
    assert_eq!(again.log().epoch(), 2, "found once");
}

#[tokio::test]
async fn a_promoted_replica_goes_on_counting_and_old_cursors_are_told() {
    let primary = Postgres::options().without_fsync().start().await;
    let url = primary.database().await;
    let db = Db::postgres(&url).await.unwrap();
    let backbone = open(&db).await;
    for number in 1..=10 {
        count(&backbone, new_id(), number).await;
    }
    let cursor = backbone.log().cursor(10);
    let replica = primary.replica().await;
    replica.catch_up_with(&primary).await;
    primary.kill().await;
    replica.promote().await;
    let name = url.rsplit('/').next().unwrap();
    let (server, _) = replica
        .url()
        .rsplit_once('/')
        .map(|(server, name)| (server.to_owned(), name.to_owned()))
        .unwrap();
    let promoted = open(&Db::postgres(&format!("{server}/{name}")).await.unwrap()).await;
    for number in 11..=15 {
        count(&promoted, new_id(), number).await;
    }
    assert_eq!(log_of(&promoted).await, (1..=15).collect::<Vec<_>>());
    let refused = promoted.feed(Some(cursor), vec![]).err();
    assert!(matches!(refused, Some(Error::CursorEpoch { .. })));
}

#[tokio::test]
async fn a_crash_of_the_server_loses_nothing_that_was_acknowledged() {
    let server = Postgres::start().await;
    let url = server.database().await;
    let backbone = start(&Db::postgres(&url).await.unwrap(), "one").await;
    let mut acknowledged = Vec::new();
    for round in 0..3 {
        for number in 0..20 {
            let number = round * 20 + number;
            count(&backbone, new_id(), number).await;
            acknowledged.push(number);
        }
        server.kill().await;
        server.start_again().await;
    }
    eventually("all are numbered", || async { backbone.log().head() == 60 }).await;
    let mut found = log_of(&backbone).await;
    found.sort_unstable();
    assert_eq!(found, acknowledged);
    backbone.stop().await;
}
