//! Retries, parked keys, dead letters: what happens to events that cannot be handled.

use std::time::Duration;

use althing_backbone::*;

use crate::shop::*;
use crate::support::*;

/// A projection that keeps what it handled, in order, and fails for what is broken.
pub fn keeper(broken: &Broken) -> SubscriptionBuilder<kind::Projection> {
    let broken = broken.clone();
    projection("keeper")
        .table(
            "kept",
            "CREATE TABLE {kept} (n INTEGER PRIMARY KEY, order_id TEXT NOT NULL, cents BIGINT NOT NULL);",
        )
        .on(move |Event(order): Event<OrderPlaced>, tx: Tx| {
            let broken = broken.clone();
            async move {
                tx.execute(
                    sql("INSERT INTO {kept} (order_id, cents) VALUES ($1, $2)")
                        .bind(order.order_id)
                        .bind(order.cents),
                )
                .await;
                broken.check(order.order_id)
            }
        })
}

pub async fn kept(db: &Db) -> Vec<i64> {
    sql("SELECT cents FROM kept ORDER BY n").all(db).await.unwrap()
}

#[tokio::test]
async fn a_failed_event_is_tried_again_at_growing_distances_and_then_given_to_an_operator() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let order_id = Ids::random().next();
    let broken = Broken::these([order_id]);
    let backbone = start(&db, &clock, vec![keeper(&broken).into()]).await;
    place(&backbone, order_id, 1).await;
    backbone.settled(SECONDS).await.unwrap();
    for (attempt, milliseconds) in [200u64, 1_000, 5_000, 30_000, 120_000].into_iter().enumerate() {
        let (attempts, due): (i64, Timestamp) = sql("SELECT attempts, due_at FROM parked_event")
            .one(&db)
            .await
            .unwrap();
        assert_eq!(attempts, attempt as i64 + 1);
        let distance = due.since(clock.now()).as_millis() as u64;
        assert!(
            distance >= milliseconds * 8 / 10 && distance <= milliseconds * 12 / 10,
            "{distance} ms"
        );
        clock.advance(Duration::from_millis(distance) - Duration::from_millis(1));
        retried(&backbone).await;
        let unchanged: i64 = sql("SELECT attempts FROM parked_event").one(&db).await.unwrap();
        assert_eq!(unchanged, attempts, "not before it is due");
        clock.advance(Duration::from_millis(2));
        retried(&backbone).await;
    }
    let letters = backbone
        .operator("ada")
        .dead_letters(Some("keeper"))
        .await
        .unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(
        (letters[0].attempts, letters[0].error.as_str()),
        (6, "broken for the test")
    );
    assert_eq!(letters[0].key, format!("Order/{order_id}"));
    assert!(letters[0].first_failed_at < letters[0].last_failed_at);
    assert!(kept(&db).await.is_empty());
}

#[tokio::test]
async fn a_redelivered_or_skipped_dead_letter_lets_its_key_go_on_in_order() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let ids = Ids::random();
    let (mended, hopeless, fine) = (ids.next(), ids.next(), ids.next());
    let broken = Broken::these([mended, hopeless]);
    let backbone = start(&db, &clock, vec![keeper(&broken).retry(Retry::never()).into()]).await;
    for (order_id, cents) in [
        (mended, 1),
        (hopeless, 2),
        (fine, 3),
        (mended, 4),
        (hopeless, 5),
        (mended, 6),
        (fine, 7),
    ] {
        record(&backbone, OrderPlaced { order_id, cents }).await;
    }
    backbone.settled(SECONDS).await.unwrap();
    assert_eq!(kept(&db).await, [3, 7]);
    let operator = backbone.operator("ada");
    let letters = operator.dead_letters(None).await.unwrap();
    assert_eq!(
        letters
            .iter()
            .map(|letter| letter.id.as_str())
            .collect::<Vec<_>>(),
        ["keeper:1", "keeper:2"]
    );

    broken.mend(mended);
    operator.redeliver("keeper:1").await.unwrap();
    retried(&backbone).await;
    assert_eq!(kept(&db).await, [3, 7, 1, 4, 6]);

    broken.mend(hopeless);
    operator.skip("keeper:2", "a test order").await.unwrap();
    retried(&backbone).await;
    assert_eq!(kept(&db).await, [3, 7, 1, 4, 6, 5]);
    assert!(matches!(
        operator.skip("keeper:2", "again").await,
        Err(Error::NoDeadLetter)
    ));
    assert!(matches!(
        operator.redeliver("nonsense").await,
        Err(Error::NoDeadLetter)
    ));

    let acts = sql("SELECT act, position, actor, reason FROM operator_act ORDER BY id");
    let acts: Vec<(String, i64, String, Option<String>)> = acts.all(&db).await.unwrap();
    assert_eq!(acts[0], ("redeliver".into(), 1, "ada".into(), None));
    assert_eq!(
        acts[1],
        ("skip".into(), 2, "ada".into(), Some("a test order".into()))
    );
    // Skipped is skipped: a rebuild passes over it too.
    operator.rebuild("keeper").await.unwrap();
    backbone.wake();
    eventually("it is rebuilt", || async {
        kept(&db).await == [1, 3, 4, 5, 6, 7]
    })
    .await;
}

#[tokio::test]
async fn too_many_parked_keys_stop_the_subscription_at_once() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    for kind in [Kind::Projection, Kind::Reaction] {
        let broken = move |_: Event<OrderPlaced>| async {
            Err(HandlerError::permanent(anyhow::anyhow!("the handler is wrong")))
        };
        let (name, subscription): (_, Subscription) = match kind {
            Kind::Projection => ("p", projection("p").most_parked_keys(3).on(broken).into()),
            _ => (
                "r",
                reaction("r")
                    .most_parked_keys(3)
                    .from_beginning()
                    .on(broken)
                    .into(),
            ),
        };
        let backbone = start(&db, &clock, vec![subscription]).await;
        place_many(&backbone, 20).await;
        eventually("it has stopped", || async {
            status(&backbone, name).await.status == "stopped"
        })
        .await;
        let stopped = status(&backbone, name).await;
        assert_eq!((stopped.parked_keys, stopped.position), (4, 4));
        assert_eq!(
            stopped.last_error.as_deref(),
            Some("4 keys are parked: the handler itself seems to be at fault")
        );
        backbone.stop().await;
    }
}

#[tokio::test]
async fn a_stopped_subscription_goes_on_where_it_was_when_it_is_resumed() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let ids = Ids::random();
    let bad: Vec<Uuid> = (0..4).map(|_| ids.next()).collect();
    let broken = Broken::these(bad.clone());
    let backbone = start(
        &db,
        &clock,
        vec![keeper(&broken).retry(Retry::never()).most_parked_keys(3).into()],
    )
    .await;
    for (cents, order_id) in bad.iter().enumerate() {
        record(
            &backbone,
            OrderPlaced {
                order_id: *order_id,
                cents: cents as i64,
            },
        )
        .await;
    }
    record(
        &backbone,
        OrderPlaced {
            order_id: ids.next(),
            cents: 10,
        },
    )
    .await;
    eventually("it has stopped", || async {
        status(&backbone, "keeper").await.status == "stopped"
    })
    .await;
    assert!(kept(&db).await.is_empty());
    bad.iter().for_each(|id| broken.mend(*id));
    let operator = backbone.operator("ada");
    for letter in operator.dead_letters(None).await.unwrap() {
        operator.redeliver(&letter.id).await.unwrap();
    }
    operator.resume("keeper").await.unwrap();
    backbone.wake();
    eventually("it has caught up", || async { kept(&db).await.len() == 5 }).await;
    assert_eq!(status(&backbone, "keeper").await.last_error, None);
}

#[tokio::test]
async fn a_parked_event_that_is_gone_from_the_log_becomes_a_dead_letter() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let backbone = start(&db, &clock, vec![keeper(&Broken::default()).into()]).await;
    let mut batch = Batch::new();
    batch.run(sql("INSERT INTO parked_event (subscription, position, event_id, event_type, event_key, status, attempts) \
                   VALUES ('keeper', 77, 'x', 'shop.order_placed', 'Order/gone', 'queued', 0)"));
    batch.run(sql("UPDATE subscription SET acts = acts + 1"));
    db.commit(batch).await.unwrap();
    backbone.wake();
    eventually("it is a dead letter", || async {
        status(&backbone, "keeper").await.dead_letters == 1
    })
    .await;
    let last_error = status(&backbone, "keeper").await.last_error;
    assert_eq!(last_error.as_deref(), Some("event 77 is no longer in the log"));
    place_many(&backbone, 1).await;
    backbone.settled(SECONDS).await.unwrap();
    assert_eq!(kept(&db).await, [1], "others go on");
}

#[tokio::test]
async fn a_hot_parked_key_does_not_slow_the_others_to_one_commit_each() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let bad = Ids::random().next();
    let writing = start(&db, &clock, vec![keeper(&Broken::default()).into()]).await;
    writing.stop().await;
    for turn in 0..100 {
        let order_id = if turn % 2 == 0 { bad } else { writing.ids().next() };
        record(
            &writing,
            OrderPlaced {
                order_id,
                cents: turn,
            },
        )
        .await;
    }
    let broken = Broken::these([bad]);
    let backbone = start(
        &db,
        &clock,
        vec![keeper(&broken).retry(Retry::never()).page(200).into()],
    )
    .await;
    backbone.settled(SECONDS).await.unwrap();
    let before = db.stats().batches;
    for turn in 0..40 {
        let order_id = if turn % 2 == 0 { bad } else { writing.ids().next() };
        record(
            &writing,
            OrderPlaced {
                order_id,
                cents: turn,
            },
        )
        .await;
    }
    // Written by another handle: found by the poll, as one page.
    eventually("it is handled", || async {
        status(&backbone, "keeper").await.position == 140
    })
    .await;
    assert_eq!(kept(&db).await.len(), 70);
    let own = db.stats().batches - before;
    // On PostgreSQL the reader is told of each, so that its pages are small.
    let theirs = if db.store() == Store::Sqlite { 40 } else { 160 };
    assert!(own <= theirs + 5, "{own} commits for one page and 40 commands");
}
