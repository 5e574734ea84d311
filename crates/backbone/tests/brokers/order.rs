//! What a consumer of Redis must not overtake, whoever was given it.

use std::time::Duration;

use althing_backbone::bus::{Inbox, MessageBus};
use althing_backbone::relay::Patterns;
use althing_testkit::Redis;

use crate::contract::{acknowledge, cents, orders, take};
use crate::places::{Broker, IDLE, LONG};

const STREAM: &str = "althing:events";

/// A stream with one order that was done; then three more, which nobody has.
async fn three_new(idle: Duration) -> (Redis, Box<dyn Inbox>) {
    let redis = Redis::start().await;
    let stream = redis.resting(idle);
    let mut inbox = stream.subscribe("g", "a", Patterns::all()).await.unwrap();
    let events = orders(4).await;
    stream.publish(events[0].clone()).await.unwrap();
    let first = take(&mut inbox, 1).await;
    acknowledge(&mut inbox, &first).await;
    for event in &events[1..] {
        stream.publish(event.clone()).await.unwrap();
    }
    (redis, inbox)
}

/// Redis gives the next messages to a consumer, who does nothing with them.
async fn given_to(redis: &Redis, consumer: &str, count: &str) {
    let read = [
        "XREADGROUP",
        "GROUP",
        "g",
        consumer,
        "COUNT",
        count,
        "STREAMS",
        STREAM,
        ">",
    ];
    redis.command(&read).await;
}

async fn the_rest(inbox: &mut Box<dyn Inbox>) -> Vec<i64> {
    take(inbox, 3).await.iter().map(cents).collect()
}

#[tokio::test]
async fn an_answer_that_never_came_is_asked_for_before_anything_new() {
    let (redis, mut inbox) = three_new(LONG).await;
    given_to(&redis, "a", "1").await;
    // It is there long before it would come as something abandoned.
    assert_eq!(the_rest(&mut inbox).await, [2, 3, 4]);
}

#[tokio::test]
async fn what_somebody_was_given_who_was_replaced_comes_first() {
    let (redis, mut inbox) = three_new(IDLE).await;
    given_to(&redis, "replaced", "1").await;
    assert_eq!(the_rest(&mut inbox).await, [2, 3, 4]);
}

#[tokio::test]
async fn of_two_that_died_the_later_one_may_have_had_the_older_message() {
    let (redis, mut inbox) = three_new(IDLE).await;
    given_to(&redis, "dies", "2").await;
    tokio::time::sleep(IDLE).await;
    redis
        .command(&["XCLAIM", STREAM, "g", "dies too", "0", "0-2"])
        .await;
    assert_eq!(the_rest(&mut inbox).await, [2, 3, 4]);
}
