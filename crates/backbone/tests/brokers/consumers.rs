//! Handlers that are fed from a broker, in a process with its own database.

use std::time::Duration;

use althing_backbone::bus::MessageBus;
use althing_backbone::*;
use althing_testkit::{Nats, Redis};

use crate::places::{Broker, IDLE};
use crate::shop::*;
use crate::support::*;

on_both! {
    a_projection_and_a_reaction_are_fed_from_a_stream
    a_message_that_comes_twice_has_one_effect
    a_dead_consumer_is_replaced_and_nothing_is_done_twice
    a_second_consumer_on_the_same_database_takes_over
    poison_becomes_a_dead_letter_and_holds_back_only_its_key
    what_is_not_an_event_is_buried_as_it_is
    a_new_version_needs_a_new_name
}

/// A backbone that sends its log to the broker.
pub async fn sender<B: Broker>(db: &Db, broker: &B) -> Backbone {
    Backbone::builder(db.clone())
        .relay(
            Relay::to(broker.stream())
                .longest_pause(Duration::from_millis(200))
                .trim_every(Duration::from_millis(100)),
        )
        .start()
        .await
        .unwrap()
}

/// A process of its own, without subscriptions.
pub async fn receiver() -> Backbone {
    Backbone::builder(Db::temporary().await.unwrap())
        .start()
        .await
        .unwrap()
}

/// Waits until everything that is committed is sent. A position may be given before
/// this process has heard of it, so that the head it knows is not asked.
pub async fn relayed(backbone: &Backbone) {
    eventually("everything is numbered", || async {
        let sequencer = backbone.log().sequencer_status().await.unwrap();
        sequencer.is_none_or(|status| status.unnumbered == 0)
    })
    .await;
    let now = backbone.up_to_now().await.unwrap();
    let head = backbone.position_of_receipt(now).await.unwrap();
    let mut position = backbone.position_of("relay").unwrap();
    let reached = position.wait_for(|position| *position >= head);
    tokio::time::timeout(SECONDS, reached).await.unwrap().unwrap();
}

pub async fn has_turnover(receiver: &Backbone, orders: i64) {
    eventually(&format!("{orders} orders are there"), || async {
        sql("SELECT orders FROM turnover")
            .one::<i64>(receiver.db())
            .await
            .unwrap()
            >= orders
    })
    .await;
    assert_eq!(turnover_of(receiver.db()).await.0, orders);
}

async fn a_projection_and_a_reaction_are_fed_from_a_stream<B: Broker>(broker: &B) {
    let from = sender(&Db::temporary().await.unwrap(), broker).await;
    let to = receiver().await;
    let rows = Consumer::of(broker.stream(), orders())
        .group("rows")
        .start(&to)
        .await
        .unwrap();
    let writes = Consumer::of(broker.stream(), receipts().retry(Retry::never()))
        .pattern("shop.order_paid")
        .start(&to)
        .await
        .unwrap();
    let ids = place_many(&from, 20).await;
    for id in &ids[..5] {
        let context = Context::anonymous(*id);
        from.execute(context, &Pay(*id)).await.unwrap();
    }
    let paid = sql("SELECT count(*) FROM orders WHERE paid AND seq = 2");
    eventually("five are paid", || async {
        paid.clone().one::<i64>(to.db()).await.unwrap() == 5
    })
    .await;
    // The reaction recorded events in this process's own log, caused by the others'.
    eventually("five receipts are recorded", || async { to.log().head() == 5 }).await;
    let receipts = to
        .event_store()
        .by_type("shop.receipt_written", 0, 10)
        .await
        .unwrap();
    let payments = from
        .event_store()
        .by_type("shop.order_paid", 0, 10)
        .await
        .unwrap();
    for (receipt, payment) in receipts.iter().zip(&payments) {
        assert_eq!(receipt.causation_id, Some(payment.event_id));
        assert_eq!(receipt.correlation_id, payment.correlation_id);
    }
    assert_eq!(status(&to, "orders").await.kind, "consumer");
    assert_eq!(status(&to, "orders").await.lag, 0);
    assert_eq!(status(&from, "relay").await.kind, "relay");
    rows.stop().await;
    writes.stop().await;
    from.stop().await;
}

async fn a_message_that_comes_twice_has_one_effect<B: Broker>(broker: &B) {
    let from = sender(&Db::temporary().await.unwrap(), broker).await;
    let to = receiver().await;
    // Nothing is trimmed that this one has not seen.
    broker
        .stream()
        .subscribe("other", "a", relay::Patterns::all())
        .await
        .unwrap();
    place_many(&from, 30).await;
    let consumer = Consumer::of(broker.stream(), turnover())
        .start(&to)
        .await
        .unwrap();
    has_turnover(&to, 30).await;
    relayed(&from).await;
    // The operator has everything sent once more, behind what is there.
    from.operator("test").republish("relay", 0).await.unwrap();
    from.wake();
    eventually("they are sent again", || async { broker.len().await == 60 }).await;
    relayed(&from).await;
    place_many(&from, 1).await;
    has_turnover(&to, 31).await;
    relayed(&from).await;
    consumer.stop().await;
    // They are there twice.
    assert_eq!(broker.len().await, 61);
    let other = receiver().await;
    let consumer = Consumer::of(broker.stream(), turnover())
        .group("other")
        .start(&other)
        .await
        .unwrap();
    has_turnover(&other, 31).await;
    consumer.stop().await;
    let acts: Vec<String> = sql("SELECT act FROM operator_act").all(from.db()).await.unwrap();
    assert_eq!(acts, ["republish"]);
}

async fn a_dead_consumer_is_replaced_and_nothing_is_done_twice<B: Broker>(broker: &B) {
    let from = sender(&Db::temporary().await.unwrap(), broker).await;
    place_many(&from, 50).await;
    relayed(&from).await;
    let to = receiver().await;
    // Somebody takes messages and dies with them in hand.
    let all = relay::Patterns::all();
    let mut dies = broker.stream().subscribe("turnover", "dies", all).await.unwrap();
    assert_eq!(dies.fetch(20, SECONDS).await.unwrap().messages.len(), 20);
    drop(dies);
    let seen: Noted<i64> = Noted::default();
    let watch = {
        let seen = seen.clone();
        reaction("turnover").on(move |_: Event<OrderPlaced>, meta: Meta| {
            seen.push(meta.position);
            async { Ok(()) }
        })
    };
    let consumer = Consumer::of(broker.stream(), watch).start(&to).await.unwrap();
    eventually("all are handled", || async { seen.len() >= 50 }).await;
    assert_eq!(seen.all(), (1..=50).collect::<Vec<_>>(), "in order, each once");
    consumer.stop().await;
}

async fn a_second_consumer_on_the_same_database_takes_over<B: Broker>(broker: &B) {
    let from = sender(&Db::temporary().await.unwrap(), broker).await;
    // As on a store that one process serves.
    let builder = Backbone::builder(Db::temporary().await.unwrap()).leases(Leases::Exclusive);
    let to = builder.start().await.unwrap();
    let old = Consumer::of(broker.stream(), turnover())
        .start(&to)
        .await
        .unwrap();
    place_many(&from, 10).await;
    has_turnover(&to, 10).await;
    let new = Consumer::of(broker.stream(), turnover())
        .start(&to)
        .await
        .unwrap();
    place_many(&from, 10).await;
    has_turnover(&to, 20).await;
    eventually("the old one has stopped", || async { !old.is_running() }).await;
    assert!(new.is_running());
    new.stop().await;
}

async fn poison_becomes_a_dead_letter_and_holds_back_only_its_key<B: Broker>(broker: &B) {
    let from = sender(&Db::temporary().await.unwrap(), broker).await;
    let to = receiver().await;
    let ids = place_many(&from, 3).await;
    for id in &ids {
        from.execute(Context::anonymous(*id), &Pay(*id)).await.unwrap();
    }
    // All of them are there before the first one is taken, so that they come together.
    eventually("all are numbered", || async { from.log().head() == 6 }).await;
    relayed(&from).await;
    let broken = Broken::these([ids[1]]);
    let tried: Noted<(Uuid, &'static str)> = Noted::default();
    let handler = || {
        let (placed, paid, broken) = (tried.clone(), tried.clone(), broken.clone());
        reaction("fragile")
            .on(move |Event(order): Event<OrderPlaced>| {
                placed.push((order.order_id, "placed"));
                let result = broken.check(order.order_id);
                async { result }
            })
            .on(move |Event(order): Event<OrderPaid>| {
                paid.push((order.order_id, "paid"));
                async { Ok(()) }
            })
            .retry(Retry::after([
                Duration::from_millis(150),
                Duration::from_millis(150),
            ]))
    };
    let consumer = Consumer::of(broker.stream(), handler()).start(&to).await.unwrap();
    eventually("it is buried", || async {
        broker.stream().dead_letters("fragile").await.unwrap().len() == 1
    })
    .await;
    eventually("its key went on", || async {
        tried.all().contains(&(ids[1], "paid"))
    })
    .await;
    let (first, poison, last) = (ids[0], ids[1], ids[2]);
    let of_poison: Vec<_> = tried.all().into_iter().filter(|(id, _)| *id == poison).collect();
    assert_eq!(
        of_poison,
        [
            (poison, "placed"),
            (poison, "placed"),
            (poison, "placed"),
            (poison, "paid")
        ],
        "three attempts, and the later event only after them"
    );
    let index = |what| tried.all().iter().position(|one| *one == what).unwrap();
    let second_attempt = tried
        .all()
        .iter()
        .enumerate()
        .filter(|(_, one)| **one == (poison, "placed"))
        .nth(1)
        .unwrap()
        .0;
    assert!(index((first, "paid")) < second_attempt && index((last, "paid")) < second_attempt);
    let dead = broker.stream().dead_letters("fragile").await.unwrap();
    assert_eq!(dead[0].error, "broken for the test");
    let letter = relay::Message::decode(&dead[0].body).unwrap();
    assert_eq!(letter.envelope.aggregate_id, poison);
    consumer.stop().await;
    // On a slow machine something may come again; it is known, and nothing is done about it.
    let consumer = Consumer::of(broker.stream(), handler()).start(&to).await.unwrap();
    tokio::time::sleep(IDLE * 2).await;
    consumer.stop().await;
    assert_eq!(tried.all().len(), 8, "{:?}", tried.all());
    assert_eq!(broker.stream().dead_letters("fragile").await.unwrap().len(), 1);
    // Nothing is left over for the next one.
    tokio::time::sleep(IDLE * 2).await;
    let all = relay::Patterns::all();
    let mut next = broker.stream().subscribe("fragile", "next", all).await.unwrap();
    assert!(
        next.fetch(10, Duration::from_millis(50))
            .await
            .unwrap()
            .messages
            .is_empty()
    );
}

async fn what_is_not_an_event_is_buried_as_it_is<B: Broker>(broker: &B) {
    let (db, to) = (Db::temporary().await.unwrap(), receiver().await);
    let from = sender(&db, broker).await;
    place_many(&from, 2).await;
    relayed(&from).await;
    from.stop().await;
    broker.put_garbage().await;
    let consumer = Consumer::of(broker.stream(), turnover())
        .start(&to)
        .await
        .unwrap();
    has_turnover(&to, 2).await;
    eventually("it is buried", || async {
        broker.stream().dead_letters("turnover").await.unwrap().len() == 1
    })
    .await;
    let dead = broker.stream().dead_letters("turnover").await.unwrap();
    assert_eq!(dead[0].body, b"garbage");
    assert!(dead[0].error.contains("line 1"), "{}", dead[0].error);
    consumer.stop().await;
}

async fn a_new_version_needs_a_new_name<B: Broker>(broker: &B) {
    let to = receiver().await;
    let first = Consumer::of(broker.stream(), turnover())
        .start(&to)
        .await
        .unwrap();
    first.stop().await;
    let refused = Consumer::of(broker.stream(), turnover().version(2))
        .start(&to)
        .await
        .err()
        .unwrap();
    assert!(matches!(
        refused,
        Error::FedByBroker {
            built: 1,
            wanted: 2,
            ..
        }
    ));
}

#[tokio::test]
async fn a_consumer_is_of_another_log_and_holds_back_no_archive() {
    let folder = tempfile::tempdir().unwrap();
    let builder = Backbone::builder(Db::temporary().await.unwrap());
    let to = builder.archive(folder.path()).start().await.unwrap();
    let bus = bus::InMemoryMessageBus::default();
    let consumer = Consumer::of(bus, turnover()).start(&to).await.unwrap();
    place_many(&to, 10).await;
    eventually("all are numbered", || async { to.log().head() == 10 }).await;
    assert_eq!(status(&to, "turnover").await.position, 0);
    let done = to
        .operator("test")
        .archive(Before::Position(6), None)
        .await
        .unwrap();
    assert_eq!(done.allowed_until, 5);
    consumer.stop().await;
}
