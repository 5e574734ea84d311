//! Commits of the leading process, which number themselves.

use super::*;

async fn leads(backbone: &Backbone) {
    eventually("it leads", || async {
        backbone
            .log()
            .sequencer()
            .is_some_and(|here| here.closing().is_some())
    })
    .await;
}

/// Whether the newest event has a position now, without waiting for one.
async fn is_numbered(db: &Db) -> bool {
    let unnumbered = "SELECT count(*) FROM event_entry e WHERE NOT EXISTS (SELECT 1 FROM event_position p WHERE p.entry_id = e.id)";
    one::<i64>(db, sql(unnumbered)).await == 0
}

#[tokio::test]
async fn a_commit_of_the_leader_has_its_position_when_it_is_durable() {
    let db = database().await;
    let backbone = start(&db, "one").await;
    leads(&backbone).await;
    let mut at_once = 0;
    for number in 1..=20 {
        count(&backbone, new_id(), number).await;
        at_once += i32::from(is_numbered(&db).await);
    }
    // Once a second a tick is under way, and a commit does not wait for it.
    assert!(at_once >= 15, "{at_once} of 20 were numbered by their commit");
    assert_eq!(log_of(&backbone).await, (1..=20).collect::<Vec<_>>());
    backbone.stop().await;
}

#[tokio::test]
async fn a_commit_waits_for_nobody_who_gives_positions() {
    let db = database().await;
    let backbone = start(&db, "one").await;
    leads(&backbone).await;
    count(&backbone, new_id(), 1).await;
    let held = db.write_session().await.unwrap();
    one::<i64>(&held, sql("SELECT one FROM sequencer FOR UPDATE")).await;
    for number in 2..=9 {
        let done = tokio::time::timeout(Duration::from_secs(20), count(&backbone, new_id(), number));
        done.await.expect("the commit does not wait");
    }
    assert!(!is_numbered(&db).await);
    drop(held);
    eventually("they are numbered afterwards", || async {
        backbone.log().head() == 9
    })
    .await;
    let mut numbers = log_of(&backbone).await;
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=9).collect::<Vec<_>>());
    backbone.stop().await;
}

#[tokio::test]
async fn a_commit_numbers_what_others_committed_before_it() {
    let db = database().await;
    let backbone = start(&db, "one").await;
    leads(&backbone).await;
    let (counter, held) = (new_id(), db.write_session().await.unwrap());
    write(&backbone, &held, counter, 1).await;
    // Without a word to anybody.
    held.commit(|| {}).await.unwrap();
    count(&backbone, counter, 2).await;
    eventually("both are numbered", || async { backbone.log().head() == 2 }).await;
    assert_eq!(log_of(&backbone).await, [1, 2]);
    backbone.stop().await;
}

#[tokio::test]
async fn a_deposed_leaders_commits_are_left_to_the_next() {
    let db = database().await;
    let backbone = start(&db, "old").await;
    leads(&backbone).await;
    let mut batch = althing_db::Batch::new();
    let later = "UPDATE sequencer SET owner = 'new', epoch = epoch + 1, lease_until = $1";
    batch.run(sql(later).bind(i64::MAX));
    db.commit(batch).await.unwrap();
    for number in 1..=3 {
        count(&backbone, new_id(), number).await;
    }
    assert!(!is_numbered(&db).await);
    let mut batch = althing_db::Batch::new();
    batch.run(sql("UPDATE sequencer SET lease_until = 0"));
    db.commit(batch).await.unwrap();
    eventually("somebody leads again", || async { backbone.log().head() == 3 }).await;
    assert_eq!(log_of(&backbone).await, [1, 2, 3]);
    backbone.stop().await;
}
