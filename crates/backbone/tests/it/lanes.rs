//! Lanes: events of different keys at the same time, of one key in their order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use althing_backbone::kit::{TestKit, kill, suspend};
use althing_backbone::*;
use proptest::prelude::*;

use crate::shop::*;
use crate::support::*;

/// Places one order of a cent for each of these, in one commit.
async fn place_all(backbone: &Backbone, orders: impl IntoIterator<Item = Uuid>) {
    struct All(Vec<Uuid>);
    impl Command for All {
        type Output = ();
        type Error = Error;
        async fn run(&self, uow: &mut UnitOfWork) -> Result<()> {
            for order_id in &self.0 {
                uow.record(&OrderPlaced {
                    order_id: *order_id,
                    cents: 1,
                })?;
            }
            Ok(())
        }
    }
    let context = Context::anonymous(backbone.ids().next());
    let all = All(orders.into_iter().collect());
    backbone.execute(context, &all).await.unwrap();
}

fn some_ids(count: usize) -> Vec<Uuid> {
    let ids = Ids::random();
    (0..count).map(|_| ids.next()).collect()
}

/// Notes each delivery; deliveries of some keys wait at a door first.
fn with_slow_keys(
    slow: &[Uuid],
    door: &Door,
    entered: &Noted<i64>,
    handled: &Noted<i64>,
) -> SubscriptionBuilder<kind::Reaction> {
    let slow: Arc<BTreeSet<Uuid>> = Arc::new(slow.iter().copied().collect());
    let (door, entered, handled) = (door.clone(), entered.clone(), handled.clone());
    reaction("slow").from_beginning().on(
        move |Event(order): Event<OrderPlaced>, meta: Meta, mut uow: Uow| {
            let (slow, door) = (slow.clone(), door.clone());
            let (entered, handled) = (entered.clone(), handled.clone());
            async move {
                entered.push(meta.position);
                if slow.contains(&order.order_id) {
                    door.pass().await;
                }
                let receipt_id = uow.new_id();
                uow.record(&ReceiptWritten {
                    receipt_id,
                    order_id: order.order_id,
                })?;
                handled.push(meta.position);
                Ok(())
            }
        },
    )
}

async fn kept_rows(db: &Db) -> Vec<i64> {
    sql("SELECT position FROM finished_event ORDER BY position")
        .all(db)
        .await
        .unwrap()
}

#[tokio::test]
async fn events_of_different_keys_are_under_way_at_once_but_never_more_than_there_are_lanes() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let (together, most) = (
        Arc::new(tokio::sync::Barrier::new(3)),
        Arc::new(Mutex::new((0, 0))),
    );
    let meeting = {
        let (together, most) = (together.clone(), most.clone());
        reaction("meeting").lanes(3).on(move |_: Event<OrderPlaced>| {
            let (together, most) = (together.clone(), most.clone());
            async move {
                {
                    let mut most = most.lock().unwrap();
                    most.0 += 1;
                    most.1 = most.1.max(most.0);
                }
                // Nobody gets through unless three are here.
                together.wait().await;
                most.lock().unwrap().0 -= 1;
                Ok(())
            }
        })
    };
    let backbone = start(&db, &clock, vec![meeting.into()]).await;
    place_all(&backbone, some_ids(12)).await;
    backbone.settled(SECONDS).await.unwrap();
    assert_eq!(*most.lock().unwrap(), (0, 3));
    assert_eq!(status(&backbone, "meeting").await.lanes, 3);
}

#[tokio::test]
async fn the_checkpoint_is_below_the_oldest_unfinished_and_nothing_above_it_runs_again_after_a_crash() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let (door, entered, handled) = (Door::shut(), Noted::default(), Noted::default());
    let orders = some_ids(30);
    let slow = [orders[4]];
    let first = start(
        &db,
        &clock,
        vec![with_slow_keys(&slow, &door, &entered, &handled).into()],
    )
    .await;
    place_all(&first, orders.clone()).await;
    eventually("all others are handled", || async { handled.len() == 29 }).await;
    eventually("they are kept", || async {
        status(&first, "slow").await.finished_ahead + status(&first, "slow").await.position == 29
    })
    .await;
    let seen = status(&first, "slow").await;
    assert!(seen.position <= 4 && seen.finished_ahead >= 25, "{seen:?}");
    eventually("the position is the low-water mark", || async {
        *first.position_of("slow").unwrap().borrow() == 4
    })
    .await;
    let early = first.log().at(4).await.unwrap().unwrap();
    assert_eq!(early.aggregate_id, orders[3]);
    let soon = Duration::from_millis(30);
    assert!(
        first
            .seen_by("slow", Receipt::at(4))
            .within(SECONDS)
            .await
            .is_ok()
    );
    assert!(first.seen_by("slow", Receipt::at(9)).within(soon).await.is_err());
    kill(&first).await;

    let (entered_again, handled_again) = (Noted::default(), Noted::default());
    let second = start(
        &db,
        &clock,
        vec![with_slow_keys(&slow, &door, &entered_again, &handled_again).into()],
    )
    .await;
    door.open();
    second.settled(SECONDS).await.unwrap();
    assert_eq!((entered_again.all(), handled_again.all()), (vec![5], vec![5]));
    let written = second
        .event_store()
        .by_type("shop.receipt_written", 0, 100)
        .await
        .unwrap();
    assert_eq!(written.len(), 30);
    eventually("nothing is kept any more", || async {
        kept_rows(&db).await.is_empty()
    })
    .await;
    second.stop().await;
    let end = status(&second, "slow").await;
    assert_eq!(
        (end.position, end.oldest_unfinished, end.finished_ahead),
        (60, None, 0)
    );
}

#[tokio::test]
async fn a_slow_key_holds_up_no_other_until_the_window_is_full() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let (door, entered, handled) = (Door::shut(), Noted::default(), Noted::default());
    let orders = some_ids(201);
    let slow = with_slow_keys(&orders[..1], &door, &entered, &handled);
    let backbone = start(&db, &clock, vec![slow.page(10).lanes(2).into()]).await;
    place_all(&backbone, orders[..1].iter().copied()).await;
    // More events of the slow key wait behind it and hold nobody up either.
    place_all(&backbone, orders[..1].iter().copied()).await;
    place_all(&backbone, orders[1..36].iter().copied()).await;
    eventually("others go on, pages ahead", || async { handled.len() == 35 }).await;
    place_all(&backbone, orders[36..].iter().copied()).await;
    // Four pages of ten may lie above the slow event, and the page that was begun.
    eventually("the window is full", || async {
        kept_rows(&db).await.len() >= 38
    })
    .await;
    backbone.operator("test").pause("slow").await.unwrap();
    backbone.wake();
    eventually("it has come to rest", || async {
        entered.len() == handled.len() + 1
    })
    .await;
    assert!(handled.len() <= 50, "{} were handled", handled.len());
    backbone.operator("test").resume("slow").await.unwrap();
    door.open();
    backbone.wake();
    backbone.settled(SECONDS).await.unwrap();
    assert_eq!(handled.len(), 202);
    let mut once = handled.all();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), 202);
}

#[tokio::test]
async fn a_poison_key_leaves_all_other_keys_their_pace() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let (door, attempts, handled) = (Door::shut(), Noted::<()>::default(), Noted::<Uuid>::default());
    let orders = some_ids(1000);
    let poison = orders[3];
    let handler = {
        let (door, attempts, handled) = (door.clone(), attempts.clone(), handled.clone());
        reaction("r")
            .from_beginning()
            .lanes(4)
            .retry(Retry::after([Duration::ZERO; 3]))
            .on(move |Event(order): Event<OrderPlaced>, fx: Effects| {
                let (door, attempts, handled) = (door.clone(), attempts.clone(), handled.clone());
                async move {
                    if order.order_id == poison {
                        attempts.push(());
                        if fx.attempt() == 2 {
                            // Trying it again takes for ever.
                            door.pass().await;
                        }
                        return Err(HandlerError::transient(anyhow::anyhow!("poison")));
                    }
                    handled.push(order.order_id);
                    Ok(())
                }
            })
    };
    let backbone = start(&db, &clock, vec![handler.into()]).await;
    // The poison key is hot: every tenth event is of it.
    let before = db.stats().batches;
    for chunk in orders.chunks(10) {
        place_all(&backbone, chunk.iter().copied().chain([poison])).await;
    }
    eventually("all others are handled", || async { handled.len() == 999 }).await;
    assert_eq!(attempts.len(), 2, "it is still being tried again");
    backbone.settled(SECONDS).await.unwrap();
    let commits = db.stats().batches - before - 100;
    // One for each of the others; what waits behind the poison is queued as it arrives,
    // and the checkpoint is moved now and then.
    assert!(commits <= 999 + 300, "{commits} commits");
    let waiting = status(&backbone, "r").await;
    assert_eq!((waiting.parked_keys, waiting.position), (1, 1100));
    door.open();
    backbone.wake();
    eventually("it is a dead letter", || async {
        status(&backbone, "r").await.dead_letters == 1
    })
    .await;
    assert_eq!(attempts.len(), 4);
}

#[tokio::test]
async fn operators_are_obeyed_while_lanes_are_busy() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let (door, entered, handled) = (Door::shut(), Noted::<i64>::default(), Noted::<i64>::default());
    let orders = some_ids(3);
    let broken = Broken::these([orders[1]]);
    let (slow, failing) = (orders[0], broken.clone());
    let handler = {
        let (door, entered, handled) = (door.clone(), entered.clone(), handled.clone());
        reaction("r").from_beginning().retry(Retry::never()).on(
            move |Event(order): Event<OrderPlaced>, meta: Meta| {
                let (door, failing) = (door.clone(), failing.clone());
                let (entered, handled) = (entered.clone(), handled.clone());
                async move {
                    entered.push(meta.position);
                    if order.order_id == slow {
                        door.pass().await;
                    }
                    failing.check(order.order_id)?;
                    handled.push(meta.position);
                    Ok(())
                }
            },
        )
    };
    let backbone = start(&db, &clock, vec![handler.into()]).await;
    let operator = backbone.operator("ada");
    place_all(&backbone, [orders[0], orders[1], orders[1], orders[1]]).await;
    eventually("one is slow and one is dead", || async {
        status(&backbone, "r").await.dead_letters == 1 && entered.len() == 2
    })
    .await;
    operator.skip("r:2", "a test order").await.unwrap();
    backbone.wake();
    eventually("the next of its key is tried", || async {
        entered.all() == [1, 2, 3]
    })
    .await;
    broken.mend(orders[1]);
    eventually("it is dead too", || async {
        status(&backbone, "r").await.dead_letters == 1
    })
    .await;
    operator.redeliver("r:3").await.unwrap();
    backbone.wake();
    eventually("its key goes on", || async { handled.all() == [3, 4] }).await;

    operator.pause("r").await.unwrap();
    backbone.wake();
    eventually("it has seen that", || async {
        let acts: i64 = sql("SELECT acts FROM subscription").one(&db).await.unwrap();
        acts == 3
    })
    .await;
    signs_that_it_looked(&backbone).await;
    place_all(&backbone, [orders[2]]).await;
    door.open();
    eventually("what was under way is finished", || async { handled.len() == 3 }).await;
    backbone.wake();
    eventually("and written down", || async {
        status(&backbone, "r").await.position == 4
    })
    .await;
    assert_eq!(entered.len(), 5, "nothing new is begun");
    operator.resume("r").await.unwrap();
    backbone.wake();
    backbone.settled(SECONDS).await.unwrap();
    assert_eq!(handled.all(), [3, 4, 1, 5]);
}

/// Waits until the runner has read its row twice more.
async fn signs_that_it_looked(backbone: &Backbone) {
    for _ in 0..2 {
        let before = backbone.db().stats().reads;
        backbone.wake();
        eventually("it has looked", || async { backbone.db().stats().reads > before }).await;
    }
}

#[tokio::test]
async fn an_orderly_end_waits_for_every_lane_and_writes_down_what_they_did() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let (door, entered, handled) = (Door::shut(), Noted::default(), Noted::default());
    let orders = some_ids(6);
    let slow = with_slow_keys(&orders[..3], &door, &entered, &handled);
    let backbone = start(&db, &clock, vec![slow.lanes(4).into()]).await;
    place_all(&backbone, orders).await;
    eventually("three wait and three are done", || async {
        (entered.len(), handled.len()) == (6, 3)
    })
    .await;
    let stopping = tokio::spawn({
        let backbone = backbone.clone();
        async move { backbone.stop().await }
    });
    tokio::task::yield_now().await;
    assert!(!stopping.is_finished());
    door.open();
    stopping.await.unwrap();
    let stopped = status(&backbone, "slow").await;
    assert_eq!((stopped.owner, stopped.finished_ahead), (None, 0));
    assert!(stopped.position >= 6 && handled.len() == 6);
}

#[tokio::test]
async fn no_lane_of_an_owner_that_was_replaced_writes_anything() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let (door, entered, handled) = (Door::shut(), Noted::default(), Noted::default());
    let orders = some_ids(4);
    let old = with_slow_keys(&orders, &door, &entered, &handled);
    let old = start(&db, &clock, vec![old.into()]).await;
    place_all(&old, orders).await;
    eventually("all four are under way", || async { entered.len() == 4 }).await;
    suspend(&old);
    let again: Noted<i64> = Noted::default();
    let new = with_slow_keys(&[], &door, &Noted::default(), &again);
    let new = start(&db, &clock, vec![new.into()]).await;
    new.settled(SECONDS).await.unwrap();
    let rows = || async {
        let text = "SELECT (SELECT count(*) FROM event_log), (SELECT count(*) FROM parked_event), \
                    (SELECT count(*) FROM finished_event), (SELECT position FROM subscription)";
        sql(text).one::<(i64, i64, i64, i64)>(&db).await.unwrap()
    };
    new.stop().await;
    let before = rows().await;
    assert_eq!((before.0, again.len()), (8, 4));
    door.open();
    old.stop().await;
    assert!(handled.len() >= 1, "at least one lane came as far as its commit");
    assert_eq!(rows().await, before);
}

#[tokio::test]
async fn a_reaction_with_lanes_survives_crashes_repetition_delay_and_panics() {
    let kit = TestKit::new(|| vec![receipts().lanes(4).into()]).await;
    for cents in 1..=5 {
        let order_id = kit.ids().next();
        kit.given([OrderPaid { order_id, cents }, OrderPaid { order_id, cents }])
            .await;
    }
    let crashes = kit.crash_at_every_point("receipts").await;
    crashes.assert_nothing_lost_or_doubled();
    assert!(crashes.rounds() >= 30, "{} points", crashes.rounds());
    kit.deliver_twice("receipts").await.assert_same_state();
    kit.deliver_late("receipts").await.assert_same_state();
    kit.panic_in_handler("receipts").await.assert_same_state();
    kit.settle().await;
    assert_eq!(kit.log().await.len(), 20);
    assert!(kept_rows(kit.db()).await.is_empty(), "at rest nothing is kept");
}

/// What a trial saw: by key, and who is inside.
#[derive(Default)]
struct Seen {
    handled: BTreeMap<Uuid, Vec<i64>>,
    inside: BTreeSet<Uuid>,
    failures: BTreeMap<i64, u8>,
}

async fn run_trial(given: Vec<(u8, u8)>, lanes: usize, page: usize) {
    let seen: Arc<Mutex<Seen>> = Arc::default();
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let mut expected: BTreeMap<Uuid, Vec<i64>> = BTreeMap::new();
    for (event, (key, fails)) in given.iter().enumerate() {
        let key = Uuid::from_u128(u128::from(*key));
        expected.entry(key).or_default().push(event as i64);
        seen.lock().unwrap().failures.insert(event as i64, *fails);
    }
    let handler = {
        let seen = seen.clone();
        reaction("r")
            .from_beginning()
            .lanes(lanes)
            .page(page)
            .retry(Retry::after([Duration::ZERO; 3]))
            .on(move |Event(order): Event<OrderPlaced>, mut uow: Uow| {
                let seen = seen.clone();
                async move {
                    let fails = {
                        let mut seen = seen.lock().unwrap();
                        assert!(seen.inside.insert(order.order_id), "two of one key at once");
                        let left = seen.failures.get_mut(&order.cents).unwrap();
                        let fails = *left > 0;
                        *left = left.saturating_sub(1);
                        fails
                    };
                    for _ in 0..order.cents % 5 {
                        tokio::task::yield_now().await;
                    }
                    uow.record(&ReceiptWritten {
                        receipt_id: order.order_id,
                        order_id: order.order_id,
                    })?;
                    let mut seen = seen.lock().unwrap();
                    seen.inside.remove(&order.order_id);
                    if fails {
                        return Err(HandlerError::transient(anyhow::anyhow!("not yet")));
                    }
                    seen.handled.entry(order.order_id).or_default().push(order.cents);
                    Ok(())
                }
            })
    };
    let backbone = start(&db, &clock, vec![handler.into()]).await;
    for (event, (key, _)) in given.iter().enumerate() {
        let order_id = Uuid::from_u128(u128::from(*key));
        record(
            &backbone,
            OrderPlaced {
                order_id,
                cents: event as i64,
            },
        )
        .await;
    }
    backbone.settled(SECONDS).await.unwrap();
    retried(&backbone).await;
    let handled = seen.lock().unwrap().handled.clone();
    assert_eq!(handled, expected);
    let written = backbone
        .event_store()
        .by_type("shop.receipt_written", 0, 1000)
        .await
        .unwrap();
    assert_eq!(written.len(), given.len());
    backbone.stop().await;
    assert_eq!(status(&backbone, "r").await.parked_keys, 0);
    assert!(kept_rows(&db).await.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn each_key_keeps_its_order_and_each_event_has_one_effect_however_many_lanes_and_failures(
        given in prop::collection::vec((0u8..5, prop_oneof![4 => Just(0u8), 1 => 1u8..4]), 1..30),
        lanes in 1usize..7,
        page in 1usize..8,
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(run_trial(given, lanes, page));
    }
}
