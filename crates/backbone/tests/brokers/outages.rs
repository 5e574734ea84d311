//! The broker stops in the middle; commands do not notice.

use std::time::{Duration, Instant};

use althing_backbone::*;
use althing_testkit::{Nats, Redis};

use crate::consumers::{has_turnover, receiver, relayed, sender};
use crate::places::Broker;
use crate::shop::*;
use crate::support::*;

on_both! {
    a_broker_that_stops_in_mid_load_holds_nobody_up_and_misses_nothing
    a_relay_goes_on_where_it_was_after_a_restart_without_its_broker
    a_replaced_relay_stops
    where_processes_share_a_relay_and_a_consumer_go_on_when_their_owner_is_gone
}

/// Commands that each waited for a broker a little would need more for hundreds.
const PATIENCE: Duration = Duration::from_secs(60);
/// A process that is merely slow must not lose what it runs.
const LEASE: Duration = Duration::from_secs(4);

/// What came, in order: aggregate, number within it, position.
type Seen = Noted<(Uuid, i64, i64)>;

fn watch(seen: &Seen) -> Subscription {
    let (placed, paid) = (seen.clone(), seen.clone());
    reaction("watch")
        .on(move |_: Event<OrderPlaced>, meta: Meta| {
            placed.push((meta.aggregate_id, meta.aggregate_seq, meta.position));
            async { Ok(()) }
        })
        .on(move |_: Event<OrderPaid>, meta: Meta| {
            paid.push((meta.aggregate_id, meta.aggregate_seq, meta.position));
            async { Ok(()) }
        })
        .into()
}

/// Each event once, those of an aggregate in order, none missing.
fn assert_complete(seen: &Seen, events: i64) {
    let all = seen.all();
    let mut positions: Vec<i64> = all.iter().map(|(.., position)| *position).collect();
    positions.sort_unstable();
    assert_eq!(positions, (1..=events).collect::<Vec<_>>());
    let mut last = std::collections::HashMap::new();
    for (aggregate, number, _) in all {
        let before = last.insert(aggregate, number).unwrap_or(0);
        assert_eq!(number, before + 1, "of {aggregate}");
    }
}

async fn shop_on(backbone: &Backbone, orders: usize) {
    for id in (0..orders).map(|_| backbone.ids().next()) {
        place(backbone, id, 1).await;
        backbone.execute(Context::anonymous(id), &Pay(id)).await.unwrap();
    }
}

async fn a_broker_that_stops_in_mid_load_holds_nobody_up_and_misses_nothing<B: Broker>(broker: &B) {
    let from = sender(&Db::temporary().await.unwrap(), broker).await;
    let (to, seen) = (receiver().await, Seen::default());
    let consumer = Consumer::of(broker.stream(), watch(&seen))
        .start(&to)
        .await
        .unwrap();
    let load = tokio::spawn({
        let from = from.clone();
        async move { shop_on(&from, 600).await }
    });
    eventually("some have come", || async { seen.len() > 50 }).await;
    broker.stop().await;
    eventually("operators see why nothing moves", || async {
        status(&from, "relay").await.last_error.is_some()
    })
    .await;
    // The broker stays away until all are done: whoever waited for it would wait for ever.
    tokio::time::timeout(PATIENCE, load)
        .await
        .expect("commands go on")
        .unwrap();
    eventually("the log has all", || async { from.log().head() == 1200 }).await;
    assert!(status(&from, "relay").await.lag > 0);
    assert_eq!(status(&from, "relay").await.status, "running");
    broker.start_again().await;
    relayed(&from).await;
    eventually("all have come", || async { seen.len() >= 1200 }).await;
    assert_complete(&seen, 1200);
    eventually("the complaint is taken back", || async {
        status(&from, "relay").await.last_error.is_none()
    })
    .await;
    consumer.stop().await;
    assert_eq!(seen.len(), 1200);
}

async fn a_relay_goes_on_where_it_was_after_a_restart_without_its_broker<B: Broker>(broker: &B) {
    let db = Db::temporary().await.unwrap();
    let (to, seen) = (receiver().await, Seen::default());
    let consumer = Consumer::of(broker.stream(), watch(&seen))
        .start(&to)
        .await
        .unwrap();
    let from = sender(&db, broker).await;
    shop_on(&from, 40).await;
    relayed(&from).await;
    broker.stop().await;
    shop_on(&from, 10).await;
    let begun = Instant::now();
    from.stop().await;
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "took {:?}",
        begun.elapsed()
    );
    // The program starts although the broker is not there.
    let from = sender(&db, broker).await;
    shop_on(&from, 10).await;
    from.stop().await;
    broker.start_again().await;
    let from = sender(&db, broker).await;
    relayed(&from).await;
    eventually("all have come", || async { seen.len() >= 120 }).await;
    assert_complete(&seen, 120);
    consumer.stop().await;
}

async fn a_replaced_relay_stops<B: Broker>(broker: &B) {
    let db = Db::temporary().await.unwrap();
    let old = sender(&db, broker).await;
    place_many(&old, 5).await;
    relayed(&old).await;
    let new = sender(&db, broker).await;
    place_many(&new, 5).await;
    relayed(&new).await;
    place_many(&old, 5).await;
    eventually("the new one has sent them too", || async {
        status(&new, "relay").await.position == 15
    })
    .await;
    assert_eq!(broker.len().await, 15);
}

async fn where_processes_share_a_relay_and_a_consumer_go_on_when_their_owner_is_gone<B: Broker>(broker: &B) {
    let (db, office) = (Db::temporary().await.unwrap(), Db::temporary().await.unwrap());
    let process = async |db: &Db| {
        let builder = Backbone::builder(db.clone()).leases(Leases::Shared(LEASE));
        builder.relay(broker.stream()).start().await.unwrap()
    };
    let clerk = async |db: &Db| {
        let builder = Backbone::builder(db.clone()).leases(Leases::Shared(LEASE));
        builder.start().await.unwrap()
    };
    let (first, second) = (process(&db).await, process(&db).await);
    let (one, two) = (clerk(&office).await, clerk(&office).await);
    let early = Consumer::of(broker.stream(), turnover())
        .start(&one)
        .await
        .unwrap();
    let late = Consumer::of(broker.stream(), turnover())
        .start(&two)
        .await
        .unwrap();
    place_many(&second, 20).await;
    has_turnover(&two, 20).await;
    // Longer than the leases: their owners give signs of life.
    tokio::time::sleep(LEASE * 2).await;
    let epoch = status(&second, "relay").await.epoch;
    assert_eq!((epoch, status(&two, "turnover").await.epoch), (1, 1));
    first.stop().await;
    early.stop().await;
    place_many(&second, 20).await;
    has_turnover(&two, 40).await;
    assert!(status(&second, "relay").await.epoch > epoch);
    late.stop().await;
}
