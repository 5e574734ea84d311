//! One test for each promise of the backbone, in their order.

use std::collections::HashMap;
use std::time::Duration;

use althing_backbone::kit::TestKit;
use althing_backbone::*;

use crate::shop::*;
use crate::support::*;

async fn shop_kit() -> TestKit {
    TestKit::new(|| vec![turnover().into(), orders().into(), receipts().into()]).await
}

#[tokio::test]
async fn an_event_exists_if_and_only_if_its_state_change_was_committed() {
    struct Doomed(Uuid);
    impl Command for Doomed {
        type Output = ();
        type Error = Error;
        async fn run(&self, uow: &mut UnitOfWork) -> Result<()> {
            uow.save(&Order {
                id: self.0,
                cents: 1,
                paid: false,
            })?;
            uow.record(&OrderPlaced {
                order_id: self.0,
                cents: 1,
            })?;
            uow.expect(
                1,
                "nothing there",
                sql("UPDATE aggregate SET version = 9 WHERE kind = 'nothing'"),
            );
            Ok(())
        }
    }
    let kit = shop_kit().await;
    let id = kit.ids().next();
    assert!(kit.when(&Doomed(id)).await.then_refused().is_conflict());
    assert_eq!(read_aggregate::<Order>(kit.db(), id).await.unwrap(), None);
    assert!(kit.log().await.is_empty());

    assert!(matches!(
        kit.when(&Pay(id)).await.then_refused(),
        Refusal::NoSuchOrder
    ));
    kit.when(&Place {
        order_id: id,
        cents: 250,
    })
    .await
    .then_recorded(["shop.order_placed"]);
    assert_eq!(kit.when(&Pay(id)).await.then_recorded(["shop.order_paid"]), 250);
    assert!(matches!(
        kit.when(&Pay(id)).await.then_refused(),
        Refusal::AlreadyPaid
    ));
    let order: Order = read_aggregate(kit.db(), id).await.unwrap().unwrap();
    assert!(order.paid);
    assert_eq!(
        kit.log()
            .await
            .iter()
            .map(|event| event.position)
            .collect::<Vec<_>>(),
        [1, 2]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn positions_are_contiguous_and_no_reader_skips_one() {
    struct Unlucky(Uuid);
    impl Command for Unlucky {
        type Output = ();
        type Error = Error;
        async fn run(&self, uow: &mut UnitOfWork) -> Result<()> {
            uow.record(&OrderPlaced {
                order_id: self.0,
                cents: 1,
            })?;
            uow.execute(sql(
                "INSERT INTO aggregate (kind, id, version, body) VALUES ('taken', 'x', 1, '{}')",
            ));
            Ok(())
        }
    }
    let db = Db::temporary().await.unwrap();
    let backbone = start(&db, &clock(), vec![]).await;
    let mut feed = backbone.feed(None, vec![]).unwrap();
    let reader = tokio::spawn(async move {
        let mut seen = Vec::new();
        while seen.len() < 401 {
            seen.push(feed.next().await.unwrap().position);
        }
        seen
    });
    let writers = (0..8).map(|_| {
        let backbone = backbone.clone();
        tokio::spawn(async move {
            let mut committed = 0;
            for _ in 0..50 {
                place(&backbone, backbone.ids().next(), 1).await;
                // The first of these ever is committed; all later ones are rolled back.
                let unlucky = Unlucky(backbone.ids().next());
                let context = Context::anonymous(backbone.ids().next());
                committed += usize::from(backbone.execute(context, &unlucky).await.is_ok());
            }
            committed
        })
    });
    let lucky: usize = futures::future::join_all(writers)
        .await
        .into_iter()
        .map(|writer| writer.unwrap())
        .sum();
    assert_eq!(lucky, 1);
    let seen = tokio::time::timeout(SECONDS, reader).await.unwrap().unwrap();
    assert_eq!(seen, (1..=401).collect::<Vec<i64>>());
    let stored: Vec<i64> = sql("SELECT position FROM event_log ORDER BY position")
        .all(&db)
        .await
        .unwrap();
    assert_eq!(stored, seen);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_of_an_aggregate_have_consecutive_numbers_and_rising_positions() {
    let db = Db::temporary().await.unwrap();
    let backbone = start(&db, &clock(), vec![]).await;
    let ids: Vec<Uuid> = (0..3).map(|_| backbone.ids().next()).collect();
    let writers = (0..6).map(|writer| {
        let (backbone, ids) = (backbone.clone(), ids.clone());
        tokio::spawn(async move {
            for turn in 0..40 {
                let order_id = ids[(writer + turn) % 3];
                record(&backbone, OrderPlaced { order_id, cents: 1 }).await;
            }
        })
    });
    futures::future::join_all(writers).await;
    let mut numbers: HashMap<Uuid, i64> = HashMap::new();
    let log = backbone.log().select(&Selection::default()).await.unwrap();
    assert_eq!(log.len(), 240);
    for event in log {
        let last = numbers.entry(event.aggregate_id).or_default();
        *last += 1;
        assert_eq!(event.aggregate_seq, *last);
    }
}

#[tokio::test]
async fn effects_in_the_database_happen_exactly_once_through_crashes_at_every_point() {
    let kit = shop_kit().await;
    for cents in [100, 200, 300] {
        let order_id = kit.ids().next();
        kit.when(&Place { order_id, cents })
            .await
            .then_recorded(["shop.order_placed"]);
        kit.when(&Pay(order_id)).await.then_recorded(["shop.order_paid"]);
    }
    for subscription in ["turnover", "orders", "receipts"] {
        let comparison = kit.crash_at_every_point(subscription).await;
        comparison.assert_nothing_lost_or_doubled();
        assert!(
            comparison.rounds() >= 4,
            "{subscription} has {} points",
            comparison.rounds()
        );
    }
    kit.settle().await;
    assert_eq!(turnover_of(kit.db()).await, (3, 600));
    let receipts = kit
        .log()
        .await
        .into_iter()
        .filter(|event| event.is::<ReceiptWritten>())
        .count();
    assert_eq!(receipts, 3);
}

#[tokio::test]
async fn effects_outside_happen_at_least_once_under_a_stable_key_and_in_order() {
    let calls: Noted<(String, i64)> = Noted::default();
    async fn mail(
        Event(order): Event<OrderPaid>,
        fx: Effects,
        State(calls): State<Noted<(String, i64)>>,
    ) -> HandlerResult {
        let attempt = fx.attempt();
        let answer: i64 = fx
            .once("mail", |key| async {
                calls.push((key, order.cents));
                if attempt == 1 && order.cents == 1 {
                    return Err(HandlerError::transient(anyhow::anyhow!(
                        "the mail server hung up"
                    )));
                }
                Ok(order.cents * 10)
            })
            .await?;
        assert_eq!(answer, order.cents * 10);
        if attempt <= 2 && order.cents == 1 {
            return Err(HandlerError::transient(anyhow::anyhow!("after the call")));
        }
        Ok(())
    }
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let backbone = start(
        &db,
        &clock,
        vec![reaction("mail").state(calls.clone()).on(mail).into()],
    )
    .await;
    let order_id = backbone.ids().next();
    let first = record(&backbone, OrderPaid { order_id, cents: 1 }).await;
    let second = record(&backbone, OrderPaid { order_id, cents: 2 }).await;
    backbone.settled(SECONDS).await.unwrap();
    for _ in 0..2 {
        clock.advance(Duration::from_secs(2));
        retried(&backbone).await;
    }
    backbone.seen_by("mail", second).within(SECONDS).await.unwrap();
    let calls = calls.all();
    // Called again after the failed call; not again after the failure behind it.
    assert_eq!(
        calls.iter().map(|(_, cents)| *cents).collect::<Vec<_>>(),
        [1, 1, 2]
    );
    assert_eq!(calls[0].0, calls[1].0);
    let first = backbone.position_of_receipt(first).await.unwrap();
    let event_id = backbone.log().at(first).await.unwrap().unwrap().event_id;
    assert_eq!(calls[0].0, format!("mail/{event_id}/mail"));
    assert_ne!(calls[1].0, calls[2].0);
}

#[tokio::test]
async fn a_failing_event_holds_back_only_its_own_key_and_an_operator_sees_it() {
    let seen: Noted<(Uuid, i64)> = Noted::default();
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let ids = Ids::random();
    let (bad, good) = (ids.next(), ids.next());
    let broken = Broken::these([bad]);
    let handler = {
        let (seen, broken) = (seen.clone(), broken.clone());
        move |Event(order): Event<OrderPlaced>, tx: Tx| {
            let (seen, broken) = (seen.clone(), broken.clone());
            async move {
                broken.check(order.order_id)?;
                tx.execute(sql("INSERT INTO {t} (cents) VALUES ($1)").bind(order.cents))
                    .await;
                seen.push((order.order_id, order.cents));
                Ok(())
            }
        }
    };
    let table = "CREATE TABLE {t} (n INTEGER PRIMARY KEY, cents BIGINT NOT NULL);";
    let backbone = start(
        &db,
        &clock,
        vec![projection("p").table("t", table).on(handler).into()],
    )
    .await;
    let events = [(bad, 1), (good, 2), (bad, 3), (good, 4), (bad, 5)];
    for (order_id, cents) in events {
        record(&backbone, OrderPlaced { order_id, cents }).await;
    }
    backbone.settled(SECONDS).await.unwrap();
    let handled = || async {
        sql("SELECT cents FROM t ORDER BY n")
            .all::<i64>(&db)
            .await
            .unwrap()
    };
    assert_eq!(handled().await, [2, 4]);
    let status = status(&backbone, "p").await;
    assert_eq!(
        (status.parked_keys, status.retries_due, status.dead_letters),
        (1, 1, 0)
    );
    assert_eq!(status.last_error.as_deref(), Some("broken for the test"));
    broken.mend(bad);
    clock.advance(Duration::from_secs(1));
    retried(&backbone).await;
    assert_eq!(handled().await, [2, 4, 1, 3, 5]);
}

#[tokio::test]
async fn an_owner_that_was_cut_off_cannot_change_anything() {
    let (door, calls) = (Door::shut(), Noted::<&'static str>::default());
    let subscription = |me: &'static str, door: Option<Door>, calls: Noted<&'static str>| {
        reaction("receipts").from_beginning().on(
            move |Event(order): Event<OrderPaid>, mut uow: Uow, fx: Effects| {
                let (door, calls) = (door.clone(), calls.clone());
                async move {
                    if let Some(door) = door {
                        door.pass().await;
                    }
                    fx.once("call", |_| async move {
                        calls.push(me);
                        Ok(())
                    })
                    .await?;
                    let receipt_id = uow.new_id();
                    uow.record(&ReceiptWritten {
                        receipt_id,
                        order_id: order.order_id,
                    })?;
                    Ok(())
                }
            },
        )
    };
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let old = start(
        &db,
        &clock,
        vec![subscription("old", Some(door.clone()), calls.clone()).into()],
    )
    .await;
    let order_id = old.ids().next();
    let receipt = record(&old, OrderPaid { order_id, cents: 1 }).await;
    // The old owner is inside its handler when the new one takes over.
    tokio::time::sleep(Duration::from_millis(20)).await;
    let new = start(&db, &clock, vec![subscription("new", None, calls.clone()).into()]).await;
    new.seen_by("receipts", receipt).within(SECONDS).await.unwrap();
    door.open();
    old.stop().await;
    new.settled(SECONDS).await.unwrap();
    assert_eq!(calls.all(), ["new"]);
    let written = new
        .event_store()
        .by_type("shop.receipt_written", 0, 10)
        .await
        .unwrap();
    assert_eq!(written.len(), 1);
    assert_eq!(status(&new, "receipts").await.dead_letters, 0);
}

#[tokio::test]
async fn a_rebuild_never_reaches_outside_and_readers_keep_the_old_tables_meanwhile() {
    let mails: Noted<i64> = Noted::default();
    let door = Door::shut();
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let slow = {
        let door = door.clone();
        move |version: i64| {
            let door = door.clone();
            projection("sum")
                .version(version)
                .table("sum", "CREATE TABLE {sum} (cents BIGINT NOT NULL);")
                .on(move |Event(order): Event<OrderPlaced>, tx: Tx| {
                    let door = door.clone();
                    async move {
                        if version == 2 {
                            door.pass().await;
                        }
                        tx.execute(sql("INSERT INTO {sum} VALUES ($1)").bind(order.cents * version))
                            .await;
                        Ok(())
                    }
                })
        }
    };
    let mailer = {
        let mails = mails.clone();
        move || {
            let mails = mails.clone();
            reaction("mailer").on(move |Event(order): Event<OrderPlaced>| {
                let mails = mails.clone();
                async move {
                    mails.push(order.cents);
                    Ok(())
                }
            })
        }
    };
    let backbone = start(&db, &clock, vec![slow(1).into(), mailer().into()]).await;
    for cents in [1, 2, 3] {
        record(
            &backbone,
            OrderPlaced {
                order_id: backbone.ids().next(),
                cents,
            },
        )
        .await;
    }
    backbone.settled(SECONDS).await.unwrap();
    backbone.stop().await;

    let newer = start(&db, &clock, vec![slow(2).into(), mailer().into()]).await;
    let shown = || async {
        sql("SELECT cents FROM sum ORDER BY cents")
            .all::<i64>(&db)
            .await
            .unwrap()
    };
    eventually("the rebuild has begun", || async {
        status(&newer, "sum").await.status == "rebuilding"
    })
    .await;
    assert_eq!(shown().await, [1, 2, 3]);
    door.open();
    eventually("the new version is live", || async {
        status(&newer, "sum").await.version == 2
    })
    .await;
    assert_eq!(shown().await, [2, 4, 6]);
    newer.operator("test").rebuild("sum").await.unwrap();
    newer.wake();
    eventually("the rebuild is over", || async {
        status(&newer, "sum").await.status == "running"
            && sql("SELECT generation FROM subscription WHERE name = 'sum'")
                .one::<i64>(&db)
                .await
                .unwrap()
                == 3
    })
    .await;
    assert_eq!(shown().await, [2, 4, 6]);
    assert_eq!(mails.all(), [1, 2, 3]);
}

// Promise 9 is in `catalogue`, promise 10 in `personal`.

#[tokio::test]
async fn positions_survive_a_copy_of_the_database_and_cursors_from_before_are_told() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let backbone = start(&db, &clock, vec![turnover().into()]).await;
    place_many(&backbone, 5).await;
    backbone.settled(SECONDS).await.unwrap();
    let cursor = backbone.log().cursor(3);
    backbone.stop().await;

    let copy = db.temporary_copy().await.unwrap();
    let restored = start(&copy, &clock, vec![turnover().into()]).await;
    assert_eq!(restored.log().head(), 5);
    assert_eq!(restored.log().instance(), backbone.log().instance());
    assert!(restored.feed(Some(cursor), vec![]).is_ok());
    assert_eq!(restored.log().raise_epoch().await.unwrap(), 2);
    let refused = restored.feed(Some(cursor), vec![]).err();
    assert!(matches!(
        refused,
        Some(Error::CursorEpoch { found: 1, current: 2 })
    ));
    let receipt = place(&restored, restored.ids().next(), 7).await;
    assert_eq!(restored.position_of_receipt(receipt).await.unwrap(), 6);
    restored
        .seen_by("turnover", receipt)
        .within(SECONDS)
        .await
        .unwrap();
    assert_eq!(turnover_of(restored.db()).await, (6, 12));
}

#[tokio::test]
async fn the_same_holds_on_a_file_with_full_durability() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(folder.path().join("shop.db")).await.unwrap();
    let kit = TestKit::on(db, || vec![turnover().into(), orders().into(), receipts().into()]).await;
    let order_id = kit.ids().next();
    kit.when(&Place { order_id, cents: 100 })
        .await
        .then_recorded(["shop.order_placed"]);
    kit.when(&Pay(order_id)).await.then_recorded(["shop.order_paid"]);
    for subscription in ["orders", "receipts"] {
        kit.crash_at_every_point(subscription)
            .await
            .assert_nothing_lost_or_doubled();
        kit.deliver_twice(subscription).await.assert_same_state();
        kit.deliver_late(subscription).await.assert_same_state();
        kit.panic_in_handler(subscription).await.assert_same_state();
    }
    kit.settle().await;
    assert_eq!(turnover_of(kit.db()).await, (1, 100));
}
