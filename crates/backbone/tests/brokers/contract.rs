//! One contract for every bus.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use althing_backbone::bus::*;
use althing_backbone::relay::Patterns;
use althing_backbone::*;
use althing_testkit::{Nats, Redis};

use crate::places::{IDLE, Place, memory, on};
use crate::shop::*;
use crate::support::*;

const WAIT: Duration = Duration::from_secs(60);
const NOTHING: Duration = Duration::from_millis(50);

macro_rules! contract {
    ($($name:ident)+) => {
        mod in_memory { $( #[tokio::test] async fn $name() { super::$name(&super::memory().await).await; } )+ }
        mod on_redis { $( #[tokio::test] async fn $name() { super::$name(&super::on::<super::Redis>().await).await; } )+ }
        mod on_nats { $( #[tokio::test] async fn $name() { super::$name(&super::on::<super::Nats>().await).await; } )+ }
    };
}
contract! {
    each_group_gets_everything_in_order
    consumers_of_a_group_share
    groups_choose_by_type_and_by_topic
    all_are_published_or_none
    what_is_published_together_stands_together
    what_a_dead_consumer_held_comes_to_the_next_one_and_before_what_is_new
    what_a_consumer_leaves_behind_is_free_at_once
    what_is_kept_is_not_taken_for_abandoned
    what_is_buried_is_a_dead_letter_and_comes_no_more
    trimming_removes_only_what_every_group_has_acknowledged
}

/// Orders of one cent, two, three …, as they would be recorded.
pub async fn orders(count: i64) -> Vec<Arc<Envelope>> {
    let kit = kit::TestKit::new(Vec::new).await;
    let order_id = kit.ids().next();
    kit.given(
        (1..=count)
            .map(|cents| OrderPlaced { order_id, cents })
            .collect::<Vec<_>>(),
    )
    .await;
    kit.log().await.into_iter().map(Arc::new).collect()
}

/// One by one: what is published together may come again together, if only a part
/// of it was acknowledged.
async fn publish_singly(place: &Place, events: &[Arc<Envelope>]) {
    for event in events {
        place.bus.publish(event.clone()).await.unwrap();
    }
}

async fn join(place: &Place, group: &str, consumer: &str) -> Box<dyn Inbox> {
    joined(&place.bus, group, consumer).await
}

async fn joined(bus: &Arc<dyn MessageBus>, group: &str, consumer: &str) -> Box<dyn Inbox> {
    bus.subscribe(group, consumer, Patterns::all()).await.unwrap()
}

pub fn cents(received: &Received) -> i64 {
    received
        .message
        .as_ref()
        .unwrap()
        .envelope
        .decode::<OrderPlaced>()
        .unwrap()
        .cents
}

/// Takes exactly this many.
pub async fn take(inbox: &mut Box<dyn Inbox>, count: usize) -> Vec<Received> {
    let begun = Instant::now();
    let mut taken = Vec::new();
    while taken.len() < count {
        assert!(begun.elapsed() < WAIT, "got {} of {count}", taken.len());
        let fetched = inbox.fetch(count - taken.len(), NOTHING).await.unwrap();
        assert!(fetched.lost.is_empty());
        taken.extend(fetched.messages);
    }
    taken
}

async fn take_cents(inbox: &mut Box<dyn Inbox>, count: usize) -> Vec<i64> {
    let taken = take(inbox, count).await;
    acknowledge(inbox, &taken).await;
    taken.iter().map(cents).collect()
}

pub async fn acknowledge(inbox: &mut Box<dyn Inbox>, done: &[Received]) {
    let ids: Vec<_> = done.iter().map(|received| received.id.clone()).collect();
    inbox.acknowledge(&ids).await.unwrap();
}

async fn is_empty(inbox: &mut Box<dyn Inbox>) -> bool {
    inbox.fetch(10, NOTHING).await.unwrap().messages.is_empty()
}

async fn each_group_gets_everything_in_order(place: &Place) {
    let events = orders(7).await;
    let mut early = join(place, "early", "a").await;
    publish_singly(place, &events[..3]).await;
    place.bus.publish_all(&events[3..]).await.unwrap();
    let mut late = join(place, "late", "a").await;
    assert_eq!(take_cents(&mut early, 7).await, [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(take_cents(&mut late, 7).await, [1, 2, 3, 4, 5, 6, 7]);
    assert!(is_empty(&mut early).await && is_empty(&mut late).await);
    // What comes out is what went in.
    let mut again = join(place, "again", "a").await;
    let first = take(&mut again, 1).await.remove(0).message.unwrap();
    assert_eq!(first.envelope.event_id, events[0].event_id);
    assert_eq!(first.envelope.data, events[0].data);
    assert_eq!(first.envelope.occurred_at, events[0].occurred_at);
}

async fn consumers_of_a_group_share(place: &Place) {
    let (mut one, mut two) = (join(place, "g", "one").await, join(place, "g", "two").await);
    let mut seen = Vec::new();
    for round in orders(6).await.chunks(2) {
        publish_singly(place, round).await;
        seen.extend(take_cents(&mut one, 1).await);
        seen.extend(take_cents(&mut two, 1).await);
    }
    assert_eq!(seen, [1, 2, 3, 4, 5, 6]);
    assert!(is_empty(&mut one).await && is_empty(&mut two).await);
}

async fn groups_choose_by_type_and_by_topic(place: &Place) {
    let kit = kit::TestKit::new(Vec::new).await;
    let order_id = kit.ids().next();
    kit.given([OrderPlaced { order_id, cents: 1 }]).await;
    kit.given([OrderPaid { order_id, cents: 1 }]).await;
    kit.given([ReceiptWritten {
        receipt_id: order_id,
        order_id,
    }])
    .await;
    let events: Vec<_> = kit.log().await.into_iter().map(Arc::new).collect();
    place.bus.publish_all(&events).await.unwrap();
    let wishes: [(Patterns, &[&str]); 5] = [
        ("shop.order_paid".into(), &["shop.order_paid"]),
        (
            "shop.*".into(),
            &["shop.order_placed", "shop.order_paid", "shop.receipt_written"],
        ),
        ("events:shop:receipt".into(), &["shop.receipt_written"]),
        (
            format!("events:order:{order_id}").as_str().into(),
            &["shop.order_placed", "shop.order_paid"],
        ),
        (
            Patterns::from("shop.order_placed").or("events:*:receipt"),
            &["shop.order_placed", "shop.receipt_written"],
        ),
    ];
    for (number, (patterns, wanted)) in wishes.into_iter().enumerate() {
        let group = format!("group {number}");
        let mut inbox = place.bus.subscribe(&group, "a", patterns).await.unwrap();
        let taken = take(&mut inbox, wanted.len()).await;
        let types: Vec<_> = taken
            .iter()
            .map(|received| received.message.as_ref().unwrap().envelope.event_type.clone())
            .collect();
        assert_eq!(types, wanted);
        acknowledge(&mut inbox, &taken).await;
        assert!(is_empty(&mut inbox).await);
    }
    // What nobody of the groups wanted is not in the way either.
    place.bus.trim().await.unwrap();
    let mut new = join(place, "new", "a").await;
    assert!(
        take_at_most_one(&mut new).await,
        "everything but the last was acknowledged by all"
    );
}

/// A stream may keep its very last message to know where it ends.
async fn take_at_most_one(inbox: &mut Box<dyn Inbox>) -> bool {
    inbox.fetch(10, NOTHING).await.unwrap().messages.len() <= 1
}

async fn all_are_published_or_none(place: &Place) {
    let mut events = orders(3).await;
    let mut inbox = join(place, "g", "a").await;
    Arc::make_mut(&mut events[1]).data = "{not json".into();
    place.bus.publish_all(&events).await.unwrap_err();
    assert!(is_empty(&mut inbox).await);
}

async fn what_is_published_together_stands_together(place: &Place) {
    let events = orders(40).await;
    let publishing = events.chunks(10).map(|part| place.bus.publish_all(part));
    for published in futures::future::join_all(publishing).await {
        published.unwrap();
    }
    let mut inbox = join(place, "g", "a").await;
    let all = take_cents(&mut inbox, 40).await;
    for part in all.chunks(10) {
        let expected: Vec<i64> = (part[0]..part[0] + 10).collect();
        assert_eq!(part, expected, "in {all:?}");
    }
}

async fn what_a_dead_consumer_held_comes_to_the_next_one_and_before_what_is_new(place: &Place) {
    let events = orders(5).await;
    publish_singly(place, &events[..3]).await;
    place.stop_the_clock();
    let mut dies = join(place, "g", "dies").await;
    let held = take(&mut dies, 3).await;
    assert!(held.iter().all(|received| received.deliveries == 1));
    acknowledge(&mut dies, &held[..1]).await;
    drop(dies);
    publish_singly(place, &events[3..]).await;
    let mut next = join(place, "g", "next").await;
    assert!(is_empty(&mut next).await, "they are not idle for long enough");
    let taken = take(&mut next, 4).await;
    assert_eq!(taken.iter().map(cents).collect::<Vec<_>>(), [2, 3, 4, 5]);
    let deliveries: Vec<_> = taken.iter().map(|received| received.deliveries).collect();
    assert_eq!(deliveries[..2], [2, 2]);
    acknowledge(&mut next, &taken).await;
    tokio::time::sleep(IDLE * 2).await;
    assert!(is_empty(&mut next).await);
}

async fn what_a_consumer_leaves_behind_is_free_at_once(place: &Place) {
    publish_singly(place, &orders(3).await).await;
    place.stop_the_clock();
    let mut leaves = joined(&place.patient, "g", "leaves").await;
    let held = take(&mut leaves, 2).await;
    acknowledge(&mut leaves, &held[..1]).await;
    let idle = leaves.idle();
    leaves.leave().await.unwrap();
    let begun = Instant::now();
    let mut next = joined(&place.patient, "g", "next").await;
    assert_eq!(take_cents(&mut next, 2).await, [2, 3]);
    assert!(begun.elapsed() < idle, "took {:?}", begun.elapsed());
}

async fn what_is_kept_is_not_taken_for_abandoned(place: &Place) {
    place.bus.publish_all(&orders(2).await).await.unwrap();
    place.stop_the_clock();
    let mut tries = ["g", "h", "i", "j", "k"].into_iter();
    while !kept_in_time(
        place,
        tries.next().expect("a try without a long stall of the machine"),
    )
    .await
    {}
}

/// Whether the messages were kept often enough for anything to be proved: a machine that
/// stalls for longer than messages rest abandons them in truth.
async fn kept_in_time(place: &Place, group: &str) -> bool {
    let (mut slow, mut other) = (
        join(place, group, "slow").await,
        join(place, group, "other").await,
    );
    let idle = slow.idle();
    let mut kept = Instant::now();
    let held = take(&mut slow, 2).await;
    let ids: Vec<_> = held.iter().map(|received| received.id.clone()).collect();
    for _ in 0..8 {
        tokio::time::sleep(idle / 4).await;
        let before = Instant::now();
        slow.keep(&ids, false).await.unwrap();
        if kept.elapsed() >= idle {
            return false;
        }
        kept = before;
        let taken = !is_empty(&mut other).await;
        if kept.elapsed() >= idle {
            return false;
        }
        assert!(!taken);
    }
    acknowledge(&mut slow, &held).await;
    tokio::time::sleep(idle * 2).await;
    assert!(is_empty(&mut other).await);
    true
}

async fn what_is_buried_is_a_dead_letter_and_comes_no_more(place: &Place) {
    let events = orders(3).await;
    place.bus.publish_all(&events).await.unwrap();
    place.stop_the_clock();
    let mut inbox = join(place, "g", "a").await;
    let taken = take(&mut inbox, 3).await;
    inbox.bury(&taken[1].id, "it is poison").await.unwrap();
    acknowledge(&mut inbox, &[taken[0].clone(), taken[2].clone()]).await;
    tokio::time::sleep(IDLE * 2).await;
    assert!(is_empty(&mut inbox).await);
    let dead = place.bus.dead_letters("g").await.unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].error, "it is poison");
    let body = String::from_utf8(dead[0].body.clone()).unwrap();
    assert!(body.contains(r#""cents":2"#), "{body}");
    assert!(place.bus.dead_letters("other").await.unwrap().is_empty());
}

async fn trimming_removes_only_what_every_group_has_acknowledged(place: &Place) {
    publish_singly(place, &orders(10).await).await;
    assert_eq!(
        place.bus.trim().await.unwrap(),
        Trimmed::default(),
        "nobody reads yet"
    );
    let (mut fast, mut slow) = (join(place, "fast", "a").await, join(place, "slow", "a").await);
    take_cents(&mut fast, 10).await;
    let held = take(&mut slow, 7).await;
    acknowledge(&mut slow, &held[..4]).await;
    acknowledge(&mut slow, &held[5..]).await;
    // A bus may keep the last one that everybody has.
    eventually("they are trimmed", || async {
        place.bus.trim().await.unwrap().removed >= 3
    })
    .await;
    assert_eq!(place.bus.trim().await.unwrap().removed, 0);
    let mut new = join(place, "new", "a").await;
    let first = take_cents(&mut new, 1).await[0];
    assert!(first == 4 || first == 5, "{first}");
    let rest: Vec<i64> = (first + 1..=10).collect();
    assert_eq!(take_cents(&mut new, rest.len()).await, rest);
    acknowledge(&mut slow, &held[4..5]).await;
    assert_eq!(take_cents(&mut slow, 3).await, [8, 9, 10]);
}
