//! Everything at once: writers that stall, roll back and are cut off, transactions
//! held elsewhere, two leaders that replace each other, and readers with a cursor.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use super::*;

/// A short form by default; `ALTHING_STRESS_SECONDS` makes it as long as one likes.
fn seconds() -> u64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "the length of a stress run is set from outside"
    )]
    let given = std::env::var("ALTHING_STRESS_SECONDS").ok();
    given.and_then(|text| text.parse().ok()).unwrap_or(8)
}

/// Commits, or lets go, after a while; answers the numbers that were committed.
async fn writer(
    backbone: Backbone,
    db: Db,
    next: Arc<AtomicI64>,
    stop: Arc<AtomicBool>,
    shared: Vec<Uuid>,
) -> Vec<i64> {
    let mut committed = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let counter = shared[rand::random_range(0..shared.len())];
        match rand::random_range(0..10) {
            0..6 => {
                count(&backbone, counter, number).await;
                committed.push(number);
            }
            6..9 => {
                let session = db.write_session().await.expect("begin");
                write(&backbone, &session, counter, number).await;
                tokio::time::sleep(Duration::from_millis(rand::random_range(0..60))).await;
                if rand::random_bool(0.5) {
                    session.commit(|| {}).await.expect("commit");
                    committed.push(number);
                }
            }
            _ => {
                let session = db.write_session().await.expect("begin");
                let pid: i64 = one(&session, sql("SELECT pg_backend_pid()::BIGINT")).await;
                write(&backbone, &session, counter, number).await;
                one::<bool>(
                    &db,
                    sql("SELECT pg_terminate_backend($1::BIGINT::INTEGER)").bind(pid),
                )
                .await;
                assert!(session.commit(|| {}).await.is_err());
            }
        }
    }
    committed
}

/// Reads by cursor, as every subscription does; answers what it saw, in order.
async fn reader(backbone: Backbone, stop: Arc<AtomicBool>) -> Vec<(i64, i64)> {
    let (mut seen, mut after) = (Vec::new(), 0);
    let mut head = backbone.log().watch_head();
    loop {
        let ending = stop.load(Ordering::Relaxed);
        let page = backbone.log().page(after, 100).await.expect("read");
        for event in &page {
            seen.push((event.position, number_of(event)));
            after = event.position;
        }
        if page.is_empty() {
            if ending && after == backbone.log().head() {
                return seen;
            }
            drop(tokio::time::timeout(Duration::from_millis(50), head.changed()).await);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_stress_nothing_is_missed_doubled_or_inverted() {
    let (db, elsewhere) = (database().await, database().await);
    let other_db = Db::postgres(&db.address()).await.unwrap();
    let (one_process, other_process) = (start(&db, "one").await, start(&other_db, "other").await);
    let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let next = Arc::new(AtomicI64::new(1));
    let shared: Vec<Uuid> = (0..12).map(|_| new_id()).collect();
    let writers: Vec<_> = (0..8)
        .map(|place| {
            let (backbone, db) = if place % 2 == 0 {
                (&one_process, &db)
            } else {
                (&other_process, &other_db)
            };
            tokio::spawn(writer(
                backbone.clone(),
                db.clone(),
                next.clone(),
                stop.clone(),
                shared.clone(),
            ))
        })
        .collect();
    let readers: Vec<_> = [&one_process, &other_process]
        .map(|backbone| tokio::spawn(reader(backbone.clone(), done.clone())))
        .into();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(seconds());
    let mut turn = 0;
    while tokio::time::Instant::now() < deadline {
        let held = elsewhere.write_session().await.unwrap();
        run(&held, "CREATE TEMPORARY TABLE held (x BIGINT)").await;
        tokio::time::sleep(Duration::from_millis(400)).await;
        drop(held);
        turn += 1;
        if turn % 3 == 0 {
            // Whoever leads is deposed; the other, or the same one anew, leads next.
            let mut batch = althing_db::Batch::new();
            batch.run(sql(
                "UPDATE sequencer SET owner = NULL, epoch = epoch + 1, lease_until = 0",
            ));
            db.commit(batch).await.unwrap();
        }
    }
    stop.store(true, Ordering::Relaxed);
    let mut committed = Vec::new();
    for writer in writers {
        committed.extend(writer.await.unwrap());
    }
    committed.sort_unstable();
    let mut logged = log_of(&one_process).await;
    let in_order = logged.clone();
    logged.sort_unstable();
    assert_eq!(
        logged, committed,
        "what was acknowledged is in the log, once, and nothing else"
    );
    for process in [&one_process, &other_process] {
        eventually("everybody knows the head", || async {
            process.log().head() as usize == committed.len()
        })
        .await;
    }
    done.store(true, Ordering::Relaxed);
    for reader in readers {
        let seen = reader.await.unwrap();
        let wanted: Vec<(i64, i64)> = in_order
            .iter()
            .enumerate()
            .map(|(place, number)| (place as i64 + 1, *number))
            .collect();
        assert_eq!(
            seen, wanted,
            "a reader with a cursor misses nothing and sees nothing twice"
        );
    }
    println!(
        "{} events, {} turns: 0 missed, 0 doubled, 0 inverted",
        committed.len(),
        turn
    );
    one_process.stop().await;
    other_process.stop().await;
}
