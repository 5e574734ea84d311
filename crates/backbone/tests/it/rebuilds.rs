//! Rebuilds: beside the old tables, through crashes, with parked events, and when they fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use althing_backbone::kit::TestKit;
use althing_backbone::*;

use crate::shop::*;
use crate::support::*;

/// Keeps cents times the version; fails for what is broken.
fn kept_in(version: i64, broken: &Broken) -> SubscriptionBuilder<kind::Projection> {
    let broken = broken.clone();
    projection("k")
        .version(version)
        .page(3)
        .table("kept", "CREATE TABLE {kept} (cents BIGINT NOT NULL);")
        .on(move |Event(order): Event<OrderPlaced>, tx: Tx| {
            let broken = broken.clone();
            async move {
                broken.check(order.order_id)?;
                tx.execute(sql("INSERT INTO {kept} VALUES ($1)").bind(order.cents * version))
                    .await;
                Ok(())
            }
        })
}

async fn kept(db: &Db) -> Vec<i64> {
    sql("SELECT cents FROM kept ORDER BY cents")
        .all(db)
        .await
        .unwrap()
}

async fn rebuilt(backbone: &Backbone, generation: i64) {
    backbone.wake();
    let now = sql("SELECT generation FROM subscription WHERE name = 'k'");
    eventually("the rebuild is over", || async {
        now.clone().one::<i64>(backbone.db()).await.unwrap() == generation
    })
    .await;
}

#[tokio::test]
async fn what_is_parked_during_a_rebuild_is_in_the_new_tables_once_it_succeeds() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let ids = Ids::random();
    let bad = ids.next();
    let (broken, door, at_the_door) = (Broken::these([bad]), Door::shut(), Noted::<i64>::default());
    let handler = {
        let (broken, door, at_the_door) = (broken.clone(), door.clone(), at_the_door.clone());
        move |Event(order): Event<OrderPlaced>, tx: Tx| {
            let (broken, door, at_the_door) = (broken.clone(), door.clone(), at_the_door.clone());
            async move {
                broken.check(order.order_id)?;
                tx.execute(sql("INSERT INTO {kept} VALUES ($1)").bind(order.cents))
                    .await;
                if order.cents == 5 {
                    at_the_door.push(5);
                    if at_the_door.len() == 2 {
                        door.pass().await;
                    }
                }
                Ok(())
            }
        }
    };
    let table = "CREATE TABLE {kept} (cents BIGINT NOT NULL);";
    let backbone = start(
        &db,
        &clock,
        vec![projection("k").page(3).table("kept", table).on(handler).into()],
    )
    .await;
    for (order_id, cents) in [
        (ids.next(), 1),
        (bad, 2),
        (ids.next(), 3),
        (bad, 4),
        (ids.next(), 5),
    ] {
        record(&backbone, OrderPlaced { order_id, cents }).await;
    }
    backbone.settled(SECONDS).await.unwrap();
    assert_eq!(kept(&db).await, [1, 3, 5]);
    backbone.operator("ada").rebuild("k").await.unwrap();
    backbone.wake();
    eventually("the rebuild is at the last event", || async {
        at_the_door.len() == 2
    })
    .await;
    // The parked events' places are passed; now their retry falls due and would succeed.
    broken.mend(bad);
    clock.advance(Duration::from_secs(1));
    door.open();
    rebuilt(&backbone, 2).await;
    retried(&backbone).await;
    assert_eq!(kept(&db).await, [1, 2, 3, 4, 5]);
    assert_eq!(status(&backbone, "k").await.parked_keys, 0);
}

#[tokio::test]
async fn events_that_arrive_during_a_rebuild_are_in_the_new_tables_too() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let backbone = start(&db, &clock, vec![kept_in(1, &Broken::default()).into()]).await;
    place_many(&backbone, 50).await;
    backbone.operator("ada").rebuild("k").await.unwrap();
    backbone.wake();
    place_many(&backbone, 50).await;
    rebuilt(&backbone, 2).await;
    place_many(&backbone, 10).await;
    backbone.settled(SECONDS).await.unwrap();
    assert_eq!(kept(&db).await.len(), 110);
    let tables = sql("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'kept%'")
        .on_postgres("SELECT tablename FROM pg_tables WHERE tablename LIKE 'kept%'");
    assert_eq!(tables.all::<String>(&db).await.unwrap(), ["kept__g2"]);
}

#[tokio::test]
async fn a_rebuild_that_meets_a_failing_event_ends_and_readers_keep_the_old_tables() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let broken = Broken::default();
    let backbone = start(&db, &clock, vec![kept_in(1, &broken).into()]).await;
    let ids = place_many(&backbone, 8).await;
    backbone.settled(SECONDS).await.unwrap();
    let now_bad = Broken::these([ids[4]]);
    backbone.stop().await;
    let backbone = start(&db, &clock, vec![kept_in(1, &now_bad).into()]).await;
    backbone.operator("ada").rebuild("k").await.unwrap();
    backbone.wake();
    eventually("it was broken off", || async {
        status(&backbone, "k").await.last_error.is_some()
    })
    .await;
    let after = status(&backbone, "k").await;
    assert_eq!(
        after.last_error.as_deref(),
        Some("rebuild stopped at position 5: broken for the test")
    );
    assert_eq!(after.status, "running");
    place_many(&backbone, 1).await;
    backbone.settled(SECONDS).await.unwrap();
    assert_eq!(kept(&db).await.len(), 9);
}

#[tokio::test]
async fn a_new_version_that_cannot_be_built_stops_and_is_tried_again_when_resumed() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let first = start(&db, &clock, vec![kept_in(1, &Broken::default()).into()]).await;
    let ids = place_many(&first, 5).await;
    first.settled(SECONDS).await.unwrap();
    first.stop().await;
    let broken = Broken::these([ids[3]]);
    let second = start(&db, &clock, vec![kept_in(2, &broken).into()]).await;
    eventually("it has stopped", || async {
        status(&second, "k").await.status == "stopped"
    })
    .await;
    assert_eq!(kept(&db).await, [1; 5]);
    broken.mend(ids[3]);
    second.operator("ada").resume("k").await.unwrap();
    rebuilt(&second, 2).await;
    assert_eq!(kept(&db).await, [2; 5]);
    assert_eq!(status(&second, "k").await.last_error, None);
}

#[tokio::test]
async fn half_built_tables_of_one_version_are_not_continued_by_another() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let first = start(&db, &clock, vec![kept_in(1, &Broken::default()).into()]).await;
    place_many(&first, 9).await;
    first.settled(SECONDS).await.unwrap();
    first.stop().await;
    // Version 2 gets through one page of three and is then stopped in the next.
    let door = Door::shut();
    let stuck = {
        let door = door.clone();
        move |Event(order): Event<OrderPlaced>, meta: Meta, tx: Tx| {
            let door = door.clone();
            async move {
                if meta.position > 3 {
                    door.pass().await;
                    return Err(HandlerError::transient(anyhow::anyhow!("too late")));
                }
                tx.execute(sql("INSERT INTO {kept} VALUES ($1)").bind(order.cents * 2))
                    .await;
                Ok(())
            }
        }
    };
    let table = "CREATE TABLE {kept} (cents BIGINT NOT NULL);";
    let second = projection("k").version(2).page(3).table("kept", table).on(stuck);
    let second = start(&db, &clock, vec![second.into()]).await;
    let built = sql("SELECT coalesce(rebuild_position, 0) FROM subscription WHERE name = 'k'");
    eventually("half is built", || async {
        built.clone().one::<i64>(&db).await.unwrap() == 3
    })
    .await;
    let third = start(&db, &clock, vec![kept_in(3, &Broken::default()).into()]).await;
    door.open();
    second.stop().await;
    rebuilt(&third, 2).await;
    third.settled(SECONDS).await.unwrap();
    assert_eq!(kept(&db).await, [3; 9]);
    assert_eq!(status(&third, "k").await.version, 3);
}

#[tokio::test]
async fn dead_letters_of_the_old_version_are_tried_afresh_by_the_new_one() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let bad = Ids::random().next();
    let first = start(
        &db,
        &clock,
        vec![kept_in(1, &Broken::these([bad])).retry(Retry::never()).into()],
    )
    .await;
    place(&first, bad, 1).await;
    place_many(&first, 2).await;
    first.settled(SECONDS).await.unwrap();
    assert_eq!(status(&first, "k").await.dead_letters, 1);
    first.stop().await;
    let second = start(&db, &clock, vec![kept_in(2, &Broken::default()).into()]).await;
    rebuilt(&second, 2).await;
    assert_eq!(kept(&db).await, [2; 3]);
    assert_eq!(status(&second, "k").await.dead_letters, 0);
    record(
        &second,
        OrderPlaced {
            order_id: bad,
            cents: 5,
        },
    )
    .await;
    second.settled(SECONDS).await.unwrap();
    assert_eq!(kept(&db).await, [2, 2, 2, 10]);
}

#[tokio::test]
async fn only_projections_can_be_rebuilt() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let backbone = start(&db, &clock, vec![receipts().into()]).await;
    let operator = backbone.operator("ada");
    assert!(matches!(
        operator.rebuild("receipts").await,
        Err(Error::NotAProjection(_))
    ));
    assert!(matches!(
        operator.rebuild("nobody").await,
        Err(Error::NoSubscription(_))
    ));
}

#[tokio::test]
async fn a_rebuild_survives_a_crash_at_every_point_of_the_same_and_of_a_new_version() {
    let version = Arc::new(AtomicI64::new(1));
    let make = {
        let version = version.clone();
        move || vec![kept_in(version.load(Ordering::SeqCst), &Broken::default()).into()]
    };
    let kit = TestKit::new(make).await;
    let order = |cents| OrderPlaced {
        order_id: kit.ids().next(),
        cents,
    };
    kit.given((1..=7).map(order)).await;
    kit.settle().await;
    kit.operator().rebuild("k").await.unwrap();
    kit.given((8..=10).map(order)).await;
    let same = kit.crash_at_every_point("k").await;
    same.assert_nothing_lost_or_doubled();
    assert!(same.rounds() >= 12, "{} points", same.rounds());
    kit.settle().await;
    assert_eq!(kept(kit.db()).await, (1..=10).collect::<Vec<i64>>());

    version.store(2, Ordering::SeqCst);
    kit.given((11..=13).map(order)).await;
    let newer = kit.crash_at_every_point("k").await;
    newer.assert_nothing_lost_or_doubled();
    assert!(newer.rounds() >= 12, "{} points", newer.rounds());
    kit.settle().await;
    assert_eq!(
        kept(kit.db()).await,
        (1..=13).map(|cents| cents * 2).collect::<Vec<i64>>()
    );
}
