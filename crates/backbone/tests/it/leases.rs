//! Several processes on one store: who runs what, for how long, and what a process may
//! still do that does not know that it was replaced.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use althing_backbone::kit::{kill, resume, suspend};
use althing_backbone::*;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::shop::*;
use crate::support::*;

/// Short enough to wait for, long enough for a busy machine to renew it.
const SHORT: Duration = Duration::from_millis(800);
/// Nobody waits for this one.
const LONG: Duration = Duration::from_secs(600);

async fn process_called(
    name: &str,
    db: &Db,
    clock: &Clock,
    lease: Duration,
    subscriptions: Vec<Subscription>,
) -> Backbone {
    Backbone::builder(db.clone())
        .clock(clock.clone())
        .owner(name)
        .leases(Leases::Shared(lease))
        .subscribe_all(subscriptions)
        .start()
        .await
        .unwrap()
}

/// What each process runs.
async fn owners(backbone: &Backbone) -> BTreeMap<String, Vec<String>> {
    let mut owners: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for status in backbone.operator("test").subscriptions().await.unwrap() {
        if let Some(owner) = status.owner {
            owners.entry(owner).or_default().push(status.name);
        }
    }
    owners
}

async fn shares(backbone: &Backbone, names: &[&str]) -> Vec<usize> {
    let owners = owners(backbone).await;
    names
        .iter()
        .map(|name| owners.get(*name).map_or(0, Vec::len))
        .collect()
}

async fn changes_of_owner(db: &Db) -> i64 {
    sql("SELECT CAST(sum(epoch) AS BIGINT) FROM subscription")
        .one(db)
        .await
        .unwrap()
}

/// Waits until the process has given this many further signs of life.
async fn signs_of_life(db: &Db, name: &str, count: usize) {
    let read = || async {
        sql("SELECT alive_until FROM live_process WHERE name = $1")
            .bind(name)
            .one::<i64>(db)
            .await
            .unwrap()
    };
    for _ in 0..count {
        let before = read().await;
        eventually("there is a sign of life", || async { read().await > before }).await;
    }
}

const SIX: [&str; 6] = ["one", "two", "three", "four", "five", "six"];

fn six(seen: &Noted<(&'static str, i64)>) -> Vec<Subscription> {
    SIX.map(|name| {
        let seen = seen.clone();
        reaction(name)
            .on(move |_: Event<OrderPlaced>, meta: Meta| {
                seen.push((name, meta.position));
                async { Ok(()) }
            })
            .into()
    })
    .into()
}

#[tokio::test]
async fn subscriptions_are_spread_over_the_live_processes_and_stay_where_they_are() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let seen = Noted::default();
    let a = process_called("a", &db, &clock, LONG, six(&seen)).await;
    assert_eq!(
        shares(&a, &["a", "b"]).await,
        [6, 0],
        "the only one has them at once"
    );
    let begun = Instant::now();
    let b = process_called("b", &db, &clock, LONG, six(&seen)).await;
    eventually("each has its share", || async {
        shares(&a, &["a", "b"]).await == [3, 3]
    })
    .await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    let c = process_called("c", &db, &clock, LONG, six(&seen)).await;
    eventually("each has its share", || async {
        shares(&a, &["a", "b", "c"]).await == [2, 2, 2]
    })
    .await;
    let changes = changes_of_owner(&db).await;
    assert_eq!(changes, 6 + 3 + 2, "nothing moves that need not");

    // Whoever writes, each handles what it has, once.
    for writer in [&a, &b, &c] {
        place_many(writer, 5).await;
    }
    eventually("all is handled", || async { seen.len() == 6 * 15 }).await;
    for each in [&a, &b, &c] {
        each.settled(SECONDS).await.unwrap();
    }
    let mut handled = seen.all();
    handled.sort_unstable();
    handled.dedup();
    assert_eq!((handled.len(), seen.len()), (90, 90));
    assert_eq!(changes_of_owner(&db).await, changes, "nothing flaps");
}

#[tokio::test]
async fn an_orderly_end_leaves_everything_to_the_others_at_once() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let seen = Noted::default();
    let a = process_called("a", &db, &clock, LONG, six(&seen)).await;
    let b = process_called("b", &db, &clock, LONG, six(&seen)).await;
    eventually("each has its share", || async {
        shares(&a, &["a", "b"]).await == [3, 3]
    })
    .await;
    a.stop().await;
    assert_eq!(shares(&b, &["a"]).await, [0], "released when it has stopped");
    eventually("the other has all", || async { shares(&b, &["b"]).await == [6] }).await;
    place_many(&b, 1).await;
    eventually("all is handled", || async { seen.len() == 6 }).await;
}

#[tokio::test]
async fn what_a_dead_process_had_is_taken_over_when_its_lease_has_run_out_and_not_before() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let seen = Noted::default();
    let a = process_called("a", &db, &clock, SHORT, six(&seen)).await;
    let b = process_called("b", &db, &clock, SHORT, six(&seen)).await;
    eventually("each has its share", || async {
        shares(&a, &["a", "b"]).await == [3, 3]
    })
    .await;
    signs_of_life(&db, "a", 6).await;
    let before = changes_of_owner(&db).await;
    kill(&a).await;
    // All by the database's clock, and read before anything that may take its time.
    let left: Vec<(String, i64)> = sql("SELECT name, lease_until FROM subscription WHERE owner = 'a'")
        .all(&db)
        .await
        .unwrap();
    assert_eq!(left.len(), 3);
    place_many(&b, 4).await;
    eventually("all is taken over", || async { shares(&b, &["b"]).await == [6] }).await;
    for (name, until) in left {
        let taken = "SELECT lease_until - lease_length FROM subscription WHERE name = $1";
        let taken: i64 = sql(taken).bind(name).one(&db).await.unwrap();
        assert!(taken >= until, "taken over {} µs early", until - taken);
    }
    eventually("all is handled", || async { seen.len() == 24 }).await;
    assert_eq!(changes_of_owner(&db).await, before + 3);
}

/// Waits at a door, then writes a receipt.
fn waiting_at(door: &Door, entered: &Noted<()>) -> Subscription {
    let (door, entered) = (door.clone(), entered.clone());
    reaction("receipts")
        .from_beginning()
        .on(move |Event(order): Event<OrderPaid>, mut uow: Uow, fx: Effects| {
            let (door, entered) = (door.clone(), entered.clone());
            async move {
                entered.push(());
                door.pass().await;
                fx.once("letter", |_| async { Ok(()) }).await?;
                let receipt_id = uow.new_id();
                uow.record(&ReceiptWritten {
                    receipt_id,
                    order_id: order.order_id,
                })?;
                Ok(())
            }
        })
        .into()
}

async fn receipts_written(backbone: &Backbone) -> usize {
    let store = backbone.event_store();
    store.by_type("shop.receipt_written", 0, 100).await.unwrap().len()
}

#[tokio::test]
async fn an_owner_that_was_paused_past_its_lease_writes_nothing_and_may_be_one_again() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let (door, entered) = (Door::shut(), Noted::default());
    let old = process_called("old", &db, &clock, SHORT, vec![waiting_at(&door, &entered)]).await;
    let order_id = old.ids().next();
    record(&old, OrderPaid { order_id, cents: 1 }).await;
    eventually("the old owner is inside", || async { entered.len() == 1 }).await;
    suspend(&old);

    let open = Door::shut();
    open.open();
    let new = process_called(
        "new",
        &db,
        &clock,
        SHORT,
        vec![waiting_at(&open, &Noted::default())],
    )
    .await;
    eventually("the new owner has done it", || async {
        receipts_written(&new).await == 1
    })
    .await;
    let rows = || async {
        let text = "SELECT (SELECT count(*) FROM event_log), (SELECT count(*) FROM effect), \
                    (SELECT count(*) FROM parked_event), (SELECT max(epoch) FROM subscription)";
        sql(text).one::<(i64, i64, i64, i64)>(&db).await.unwrap()
    };
    let before = rows().await;
    door.open();
    // Its call outside begins with a write, which is refused; that ends it.
    eventually("the old owner has found out", || async {
        status(&old, "receipts").await.owner.as_deref() == Some("new")
    })
    .await;
    signs_of_life(&db, "new", 4).await;
    assert_eq!(rows().await, before);

    // When it goes on, and the other is gone, it is an owner as any other.
    resume(&old);
    kill(&new).await;
    record(&old, OrderPaid { order_id, cents: 2 }).await;
    eventually("the old owner has done it", || async {
        receipts_written(&old).await == 2
    })
    .await;
    assert_eq!(status(&old, "receipts").await.owner.as_deref(), Some("old"));
}

#[tokio::test]
async fn a_receipt_is_honoured_by_processes_that_do_not_run_the_subscription() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let broken = Broken::default();
    let subscriptions = || vec![turnover().into(), crate::failures::keeper(&broken).into()];
    let owner = process_called("owner", &db, &clock, LONG, subscriptions()).await;
    let other = Backbone::builder(db.clone())
        .clock(clock.clone())
        .subscribe_all(subscriptions())
        .open()
        .await
        .unwrap();
    for _ in 0..3 {
        let receipt = place(&other, other.ids().next(), 5).await;
        other.seen_by("turnover", receipt).within(SECONDS).await.unwrap();
        assert!(turnover_of(&db).await.0 >= receipt.position().unwrap());
    }
    // An event of no interest to anybody is seen as well, long before its owner writes that down.
    let receipt = record(
        &other,
        ReceiptWritten {
            receipt_id: other.ids().next(),
            order_id: other.ids().next(),
        },
    )
    .await;
    other.seen_by("turnover", receipt).within(SECONDS).await.unwrap();
    other.settled(SECONDS).await.unwrap();
    assert_eq!(*other.position_of("turnover").unwrap().borrow(), 4);

    // A parked event is not seen, wherever one waits.
    let bad = other.ids().next();
    broken.break_it(bad);
    let parked = place(&other, bad, 7).await;
    other.settled(SECONDS).await.unwrap();
    let soon = Duration::from_millis(300);
    assert!(other.seen_by("keeper", parked).within(soon).await.is_err());
    assert!(
        other.seen_by("keeper", receipt).within(SECONDS).await.is_ok(),
        "an earlier one is"
    );
    broken.mend(bad);
    clock.advance(Duration::from_secs(5));
    owner.wake();
    other.seen_by("keeper", parked).within(SECONDS).await.unwrap();
}

#[tokio::test]
async fn however_many_wait_for_another_process_the_database_is_asked_once_for_all() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let owner = process_called("owner", &db, &clock, LONG, vec![turnover().into()]).await;
    owner.operator("test").pause("turnover").await.unwrap();
    owner.wake();
    let other = Backbone::builder(db.clone())
        .subscribe(turnover())
        .open()
        .await
        .unwrap();
    let receipt = place(&other, other.ids().next(), 5).await;
    let before = db.stats().reads;
    let waiting = (0..100).map(|_| {
        other
            .seen_by("turnover", receipt)
            .within(Duration::from_millis(500))
    });
    let seen = futures::future::join_all(waiting).await;
    assert!(seen.iter().all(Result::is_err), "it is paused");
    let asked = db.stats().reads - before;
    assert!(asked <= 40, "{asked} statements, with those of the owner");
}

/// Notes that a time has come.
#[derive(Default, Serialize, Deserialize, Process)]
#[process(name = "alarms", key = Uuid)]
struct Alarms;

impl On<OrderPlaced> for Alarms {
    fn key(event: &OrderPlaced) -> Uuid {
        event.order_id
    }
    async fn on(&mut self, _: OrderPlaced, cx: &mut ProcessContext) -> HandlerResult {
        let due = cx.now().plus(Duration::from_secs(60));
        cx.set_timer("ring", due, json!(null));
        Ok(())
    }
}

impl OnTimer for Alarms {
    async fn on_timer(&mut self, timer: &Timer, cx: &mut ProcessContext) -> HandlerResult {
        let receipt_id = cx.new_id();
        cx.record(&ReceiptWritten {
            receipt_id,
            order_id: timer.key(),
        })?;
        Ok(())
    }
}

#[tokio::test]
async fn a_timer_fires_once_however_many_processes_there_are_and_whoever_dies() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let alarms = || vec![process::<Alarms>().on::<OrderPlaced>().with_timers().into()];
    let a = process_called("a", &db, &clock, SHORT, alarms()).await;
    let b = process_called("b", &db, &clock, SHORT, alarms()).await;
    place_many(&b, 60).await;
    a.settled(SECONDS).await.unwrap();
    clock.advance(Duration::from_secs(60));
    a.wake();
    eventually("some have fired", || async { receipts_written(&b).await > 5 }).await;
    suspend(&a);
    kill(&a).await;
    eventually("all have fired", || async { receipts_written(&b).await == 60 }).await;
    let timers: i64 = sql("SELECT count(*) FROM timer").one(&db).await.unwrap();
    assert_eq!(timers, 0);
    let fired = b
        .event_store()
        .by_type("shop.receipt_written", 0, 1000)
        .await
        .unwrap();
    let mut orders: Vec<Uuid> = fired
        .iter()
        .map(|event| event.decode::<ReceiptWritten>().unwrap().order_id)
        .collect();
    orders.sort_unstable();
    orders.dedup();
    assert_eq!((orders.len(), fired.len()), (60, 60));
}

#[tokio::test]
async fn newer_code_takes_a_projection_over_and_older_code_never_sets_it_back() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let old = process_called("old", &db, &clock, LONG, vec![turnover().into()]).await;
    place_many(&old, 2).await;
    old.settled(SECONDS).await.unwrap();
    let new = process_called("new", &db, &clock, LONG, vec![turnover().version(2).into()]).await;
    eventually("the new version is live", || async {
        status(&new, "turnover").await.version == 2
    })
    .await;
    assert_eq!(owners(&old).await["new"], ["turnover"]);
    place_many(&old, 1).await;
    eventually("the new version goes on", || async {
        turnover_of(&db).await == (3, 3)
    })
    .await;
    // A roll-back: with the newer code gone, the older is the newest.
    new.stop().await;
    eventually("the old version is live again", || async {
        status(&old, "turnover").await.version == 1
    })
    .await;
    assert_eq!(turnover_of(&db).await, (3, 3));
}
