//! The broker loses what it had.

use std::time::Duration;

use althing_backbone::bus::MessageBus;
use althing_backbone::*;
use althing_testkit::{Nats, Redis};

use crate::consumers::{has_turnover, receiver, relayed, sender};
use crate::places::{Broker, Raw};
use crate::shop::*;
use crate::support::*;

on_both! {
    what_the_broker_forgot_is_sent_again_by_itself
    trimming_never_takes_what_a_group_has_not_acknowledged
    what_was_removed_unread_is_reloaded_from_the_log
    two_logs_never_share_a_stream
    a_restored_log_begins_a_new_lap
}

/// Reads what is missing from the sender's log.
fn reload(from: &Backbone) -> impl Fn(std::ops::RangeInclusive<i64>) -> Reloaded + Send + Sync + 'static {
    let log = from.log().clone();
    move |range| {
        let log = log.clone();
        Box::pin(async move { Ok(log.select(&Selection::between(range)).await?) })
    }
}
type Reloaded = std::pin::Pin<Box<dyn Future<Output = HandlerResult<Vec<Envelope>>> + Send>>;

async fn what_the_broker_forgot_is_sent_again_by_itself<B: Broker>(broker: &B) {
    let from = sender(&Db::temporary().await.unwrap(), broker).await;
    let (to, late) = (receiver().await, receiver().await);
    place_many(&from, 20).await;
    relayed(&from).await;
    let consumer = Consumer::of(broker.stream(), turnover())
        .start(&to)
        .await
        .unwrap();
    // A second group has joined and read nothing yet.
    broker
        .stream()
        .subscribe("late", "a", relay::Patterns::all())
        .await
        .unwrap();
    has_turnover(&to, 20).await;
    broker.lose_all().await;
    // Without a single new event the relay notices, and the groups begin again.
    eventually("they are there again", || async {
        broker.len_or_none().await == Some(20)
    })
    .await;
    let other = Consumer::of(broker.stream(), turnover())
        .group("late")
        .start(&late)
        .await
        .unwrap();
    has_turnover(&late, 20).await;
    place_many(&from, 1).await;
    has_turnover(&to, 21).await;
    has_turnover(&late, 21).await;
    let acts: Vec<String> = sql("SELECT reason FROM operator_act WHERE act = 'republish'")
        .all(from.db())
        .await
        .unwrap();
    assert!(!acts.is_empty(), "it is written down");
    consumer.stop().await;
    other.stop().await;
}

async fn trimming_never_takes_what_a_group_has_not_acknowledged<B: Broker>(broker: &B) {
    let from = sender(&Db::temporary().await.unwrap(), broker).await;
    let (to, late) = (receiver().await, receiver().await);
    broker
        .stream()
        .subscribe("slow", "a", relay::Patterns::all())
        .await
        .unwrap();
    let fast = Consumer::of(broker.stream(), turnover())
        .start(&to)
        .await
        .unwrap();
    place_many(&from, 60).await;
    relayed(&from).await;
    has_turnover(&to, 60).await;
    // It tries ten times a second.
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(broker.len().await, 60);
    let slow = Consumer::of(broker.stream(), turnover())
        .group("slow")
        .start(&late)
        .await
        .unwrap();
    has_turnover(&late, 60).await;
    eventually("everything but the last is trimmed", || async {
        broker.len().await <= 1
    })
    .await;
    place_many(&from, 5).await;
    has_turnover(&to, 65).await;
    has_turnover(&late, 65).await;
    fast.stop().await;
    slow.stop().await;
}

async fn what_was_removed_unread_is_reloaded_from_the_log<B: Broker>(broker: &B) {
    let from = sender(&Db::temporary().await.unwrap(), broker).await;
    place_many(&from, 40).await;
    relayed(&from).await;
    // One group has nothing yet; what it does not know of is removed.
    broker.lose_oldest(15).await;
    let to = receiver().await;
    let consumer = Consumer::of(broker.stream(), turnover())
        .pattern("shop.*")
        .reload(reload(&from))
        .start(&to)
        .await
        .unwrap();
    has_turnover(&to, 40).await;
    // And again, while it is away and somewhere in the middle.
    consumer.stop().await;
    place_many(&from, 10).await;
    relayed(&from).await;
    let len = broker.len().await;
    broker.lose_oldest(len - 3).await;
    let consumer = Consumer::of(broker.stream(), turnover())
        .reload(reload(&from))
        .start(&to)
        .await
        .unwrap();
    has_turnover(&to, 50).await;
    consumer.stop().await;
    // Without anywhere to reload from it is a loss that operators see.
    place_many(&from, 10).await;
    relayed(&from).await;
    let len = broker.len().await;
    broker.lose_oldest(len - 3).await;
    let consumer = Consumer::of(broker.stream(), turnover())
        .start(&to)
        .await
        .unwrap();
    has_turnover(&to, 53).await;
    let told = status(&to, "turnover").await.last_error.unwrap();
    assert!(told.ends_with("to 57 were lost"), "{told}");
    consumer.stop().await;
    // It is remembered until there is.
    let consumer = Consumer::of(broker.stream(), turnover())
        .reload(reload(&from))
        .start(&to)
        .await
        .unwrap();
    has_turnover(&to, 60).await;
    eventually("nothing is missing any more", || async {
        status(&to, "turnover").await.last_error.is_none()
    })
    .await;
    consumer.stop().await;
}

async fn two_logs_never_share_a_stream<B: Broker>(broker: &B) {
    let one = sender(&Db::temporary().await.unwrap(), broker).await;
    place_many(&one, 3).await;
    relayed(&one).await;
    let two = sender(&Db::temporary().await.unwrap(), broker).await;
    place_many(&two, 3).await;
    eventually("it is refused", || async {
        let error = status(&two, "relay").await.last_error;
        error.is_some_and(|error| error.contains(&one.log().instance().to_string()))
    })
    .await;
    assert_eq!(status(&two, "relay").await.position, 0);
    assert_eq!(broker.len().await, 3);
}

async fn a_restored_log_begins_a_new_lap<B: Broker>(broker: &B) {
    let db = Db::temporary().await.unwrap();
    let from = sender(&db, broker).await;
    let to = receiver().await;
    let consumer = Consumer::of(broker.stream(), turnover())
        .start(&to)
        .await
        .unwrap();
    place_many(&from, 10).await;
    relayed(&from).await;
    let copy = db.temporary_copy().await.unwrap();
    place_many(&from, 5).await;
    relayed(&from).await;
    has_turnover(&to, 15).await;
    from.stop().await;
    // The copy knows nothing of the last five, and gives their positions to others.
    let from = Backbone::builder(copy.clone()).start().await.unwrap();
    from.log().raise_epoch().await.unwrap();
    place_many(&from, 7).await;
    from.stop().await;
    let from = sender(&copy, broker).await;
    relayed(&from).await;
    has_turnover(&to, 22).await;
    consumer.stop().await;
}

/// A request that meets its consumer while that one is being deleted finds somebody who
/// listens, and no answer.
#[tokio::test]
async fn a_request_that_nobody_answers_is_given_up() {
    let nats = <Nats as Broker>::start().await;
    let mut inbox = nats
        .stream()
        .subscribe("g", "a", relay::Patterns::all())
        .await
        .unwrap();
    let wait = Duration::from_millis(1);
    assert!(inbox.fetch(1, wait).await.unwrap().messages.is_empty());
    let client = async_nats::connect(nats.url()).await.unwrap();
    nats.raw().await.delete_consumer("g").await.unwrap();
    let _silent = client
        .subscribe("$JS.API.CONSUMER.MSG.NEXT.ALTHING.g")
        .await
        .unwrap();
    client.flush().await.unwrap();
    let given_up = tokio::time::timeout(SECONDS, inbox.fetch(1, wait)).await;
    given_up.expect("it does not wait for ever").unwrap_err();
    // After that it begins anew.
    drop(client);
    assert!(inbox.fetch(1, wait).await.unwrap().messages.is_empty());
}
