//! Processes: a state per key, timers that fire once.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use althing_backbone::kit::TestKit;
use althing_backbone::*;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::shop::*;
use crate::support::*;

/// A customer was reminded to pay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "shop.reminder_sent",
    version = 1,
    context = "shop",
    aggregate = "Reminder"
)]
pub struct ReminderSent {
    #[event(aggregate_id)]
    pub order_id: Uuid,
    pub number: i64,
    pub note: String,
}

/// Reminds every hour until an order is paid, three times at most.
#[derive(Default, Serialize, Deserialize, Process)]
#[process(name = "reminders", key = Uuid)]
struct Reminders {
    sent: i64,
}

const HOUR: Duration = Duration::from_secs(3600);

impl On<OrderPlaced> for Reminders {
    fn key(event: &OrderPlaced) -> Uuid {
        event.order_id
    }
    async fn on(&mut self, event: OrderPlaced, cx: &mut ProcessContext) -> HandlerResult {
        let due = cx.now().plus(HOUR);
        cx.set_timer("remind", due, json!({"cents": event.cents}));
        Ok(())
    }
}

impl On<OrderPaid> for Reminders {
    fn key(event: &OrderPaid) -> Uuid {
        event.order_id
    }
    async fn on(&mut self, _: OrderPaid, cx: &mut ProcessContext) -> HandlerResult {
        cx.finish();
        Ok(())
    }
}

impl OnTimer for Reminders {
    async fn on_timer(&mut self, timer: &Timer, cx: &mut ProcessContext) -> HandlerResult {
        if timer.payload["cents"] == 13 {
            std::panic::resume_unwind(Box::new("unlucky"));
        }
        self.sent += 1;
        let order_id = timer.key();
        cx.record(&ReminderSent {
            order_id,
            number: self.sent,
            note: timer.payload["cents"].to_string(),
        })?;
        if self.sent == 3 {
            cx.finish();
        } else {
            let due = timer.due_at.plus(HOUR);
            cx.set_timer("remind", due, timer.payload.clone());
        }
        Ok(())
    }
}

async fn kit() -> TestKit {
    TestKit::new(|| {
        vec![
            process::<Reminders>()
                .on::<OrderPlaced>()
                .on::<OrderPaid>()
                .with_timers()
                .into(),
        ]
    })
    .await
}

async fn reminders(kit: &TestKit) -> Vec<(i64, i64)> {
    let sent = kit
        .log()
        .await
        .into_iter()
        .filter(|event| event.is::<ReminderSent>());
    sent.map(|event| {
        (
            event.decode::<ReminderSent>().unwrap().number,
            event.aggregate_seq,
        )
    })
    .collect()
}

async fn instances(kit: &TestKit) -> (i64, i64) {
    sql("SELECT (SELECT count(*) FROM process_state), (SELECT count(*) FROM timer)")
        .one(kit.db())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_timer_fires_once_when_it_is_due_and_may_set_itself_again() {
    let kit = kit().await;
    let order_id = kit.ids().next();
    kit.given([OrderPlaced { order_id, cents: 5 }]).await;
    kit.settle().await;
    assert_eq!(instances(&kit).await, (1, 1));
    kit.advance(HOUR - Duration::from_micros(1));
    kit.settle().await;
    assert!(reminders(&kit).await.is_empty(), "not before it is due");
    for number in 1..=3 {
        kit.advance(HOUR);
        kit.settle().await;
        assert_eq!(reminders(&kit).await.len(), number);
    }
    kit.advance(HOUR * 5);
    kit.settle().await;
    assert_eq!(reminders(&kit).await, [(1, 1), (2, 2), (3, 3)]);
    assert_eq!(
        instances(&kit).await,
        (0, 0),
        "a finished instance leaves nothing"
    );
    let log = kit.log().await;
    assert_eq!(log[1].causation_id, Some(log[0].event_id));
    assert_eq!(log[3].correlation_id, log[0].correlation_id);
}

#[tokio::test]
async fn a_finished_instance_has_no_timers_left() {
    let kit = kit().await;
    let order_id = kit.ids().next();
    kit.given([OrderPlaced { order_id, cents: 5 }]).await;
    kit.settle().await;
    kit.given([OrderPaid { order_id, cents: 5 }]).await;
    kit.settle().await;
    kit.advance(HOUR * 5);
    kit.settle().await;
    assert!(reminders(&kit).await.is_empty());
    assert_eq!(instances(&kit).await, (0, 0));
}

#[tokio::test]
async fn a_process_survives_crashes_repetition_and_delay() {
    let kit = kit().await;
    for cents in [1, 2] {
        let order_id = kit.ids().next();
        kit.given([OrderPlaced { order_id, cents }]).await;
    }
    let paid = kit.ids().next();
    kit.given([OrderPlaced {
        order_id: paid,
        cents: 3,
    }])
    .await;
    kit.given([OrderPaid {
        order_id: paid,
        cents: 3,
    }])
    .await;
    kit.crash_at_every_point("reminders")
        .await
        .assert_nothing_lost_or_doubled();
    kit.deliver_twice("reminders").await.assert_same_state();
    kit.deliver_late("reminders").await.assert_same_state();
    kit.panic_in_handler("reminders").await.assert_same_state();
    kit.settle().await;
    // What is due now is a backlog too: the timers fire once through every crash.
    kit.advance(HOUR);
    kit.given([OrderPlaced {
        order_id: kit.ids().next(),
        cents: 9,
    }])
    .await;
    let comparison = kit.crash_at_every_point("reminders").await;
    comparison.assert_nothing_lost_or_doubled();
    assert!(comparison.rounds() >= 8, "{} points", comparison.rounds());
    kit.settle().await;
    assert_eq!(reminders(&kit).await, [(1, 1), (1, 1)]);
}

#[tokio::test]
async fn a_timer_that_panics_waits_is_seen_and_holds_nobody_back() {
    let kit = kit().await;
    let (unlucky, other) = (kit.ids().next(), kit.ids().next());
    kit.given([
        OrderPlaced {
            order_id: unlucky,
            cents: 13,
        },
        OrderPlaced {
            order_id: other,
            cents: 2,
        },
    ])
    .await;
    kit.settle().await;
    kit.advance(HOUR);
    kit.settle().await;
    assert_eq!(reminders(&kit).await, [(1, 1)]);
    let status = kit.operator().subscriptions().await.unwrap().remove(0);
    assert_eq!(
        status.last_error.as_deref(),
        Some("timer remind failed: the timer's handler panicked")
    );
    let due = sql("SELECT due_at FROM timer WHERE key = $1")
        .bind(unlucky)
        .one::<Timestamp>(kit.db())
        .await
        .unwrap();
    assert_eq!(due, kit.clock().now().plus(Duration::from_secs(30)));
}

/// Closes an auction when its time is up; each bid moves the end.
#[derive(Default, Serialize, Deserialize, Process)]
#[process(name = "auction", key = Uuid)]
struct Auction;

impl On<OrderPlaced> for Auction {
    fn key(event: &OrderPlaced) -> Uuid {
        event.order_id
    }
    async fn on(&mut self, event: OrderPlaced, cx: &mut ProcessContext) -> HandlerResult {
        let due = cx.now().plus(HOUR);
        cx.set_timer("close", due, json!(event.cents));
        Ok(())
    }
}

impl On<OrderPaid> for Auction {
    fn key(event: &OrderPaid) -> Uuid {
        event.order_id
    }
    async fn on(&mut self, _: OrderPaid, cx: &mut ProcessContext) -> HandlerResult {
        cx.cancel_timer("close");
        Ok(())
    }
}

impl OnTimer for Auction {
    async fn on_timer(&mut self, timer: &Timer, cx: &mut ProcessContext) -> HandlerResult {
        cx.record(&ReminderSent {
            order_id: timer.key(),
            number: 1,
            note: timer.payload.to_string(),
        })?;
        Ok(())
    }
}

#[tokio::test]
async fn a_moved_timer_fires_at_its_new_time_and_a_cancelled_one_never() {
    let kit = TestKit::new(|| {
        vec![
            process::<Auction>()
                .on::<OrderPlaced>()
                .on::<OrderPaid>()
                .with_timers()
                .into(),
        ]
    })
    .await;
    let (moved, cancelled) = (kit.ids().next(), kit.ids().next());
    kit.given([
        OrderPlaced {
            order_id: moved,
            cents: 1,
        },
        OrderPlaced {
            order_id: cancelled,
            cents: 1,
        },
    ])
    .await;
    kit.settle().await;
    kit.advance(HOUR / 2);
    kit.given([OrderPlaced {
        order_id: moved,
        cents: 2,
    }])
    .await;
    kit.given([OrderPaid {
        order_id: cancelled,
        cents: 1,
    }])
    .await;
    kit.settle().await;
    kit.advance(HOUR / 2);
    kit.settle().await;
    assert!(reminders(&kit).await.is_empty(), "the old time has passed");
    kit.advance(HOUR / 2);
    kit.settle().await;
    let closed = kit.log().await.pop().unwrap().decode::<ReminderSent>().unwrap();
    assert_eq!(
        closed,
        ReminderSent {
            order_id: moved,
            number: 1,
            note: "2".into()
        }
    );
    assert_eq!(reminders(&kit).await.len(), 1);
}

#[tokio::test]
async fn a_running_process_fires_by_itself_when_the_time_comes() {
    let db = Db::temporary().await.unwrap();
    let subscription = || {
        process::<Auction>()
            .on::<OrderPlaced>()
            .on::<OrderPaid>()
            .with_timers()
    };
    let clock = clock();
    let backbone = start(&db, &clock, vec![subscription().into()]).await;
    place_many(&backbone, 3).await;
    backbone.settled(SECONDS).await.unwrap();
    clock.advance(HOUR);
    eventually("all three fired", || async { backbone.log().head() == 6 }).await;
}

/// What the outside was told.
#[derive(Clone, Default)]
struct Bell(Arc<Mutex<Vec<&'static str>>>);

impl Bell {
    fn ring(&self, tone: &'static str) {
        self.0.lock().unwrap().push(tone);
    }
}

/// Rings when an order comes, and once more when nobody paid.
#[derive(Default, Serialize, Deserialize, Process)]
#[process(name = "bell", key = Uuid)]
struct Ringing {}

impl On<OrderPlaced> for Ringing {
    fn key(event: &OrderPlaced) -> Uuid {
        event.order_id
    }
    async fn on(&mut self, _: OrderPlaced, cx: &mut ProcessContext) -> HandlerResult {
        cx.state::<Bell>()?.ring("placed");
        cx.set_timer("unpaid", cx.now().plus(HOUR), json!(null));
        Ok(())
    }
}

impl OnTimer for Ringing {
    async fn on_timer(&mut self, _: &Timer, cx: &mut ProcessContext) -> HandlerResult {
        cx.state::<Bell>()?.ring("unpaid");
        Ok(())
    }
}

fn ringing() -> ProcessBuilder<Ringing> {
    process::<Ringing>().on::<OrderPlaced>().with_timers()
}

#[tokio::test]
async fn events_and_timers_reach_what_was_given_to_the_process() {
    let bell = Bell::default();
    let given = bell.clone();
    let kit = TestKit::new(move || vec![ringing().state(given.clone()).into()]).await;
    let order_id = kit.ids().next();
    kit.given([OrderPlaced { order_id, cents: 1 }]).await;
    kit.settle().await;
    kit.advance(HOUR);
    kit.settle().await;
    assert_eq!(*bell.0.lock().unwrap(), ["placed", "unpaid"]);
}

#[tokio::test]
async fn a_process_that_was_not_given_what_it_asks_for_says_so() {
    let kit = TestKit::new(|| vec![ringing().into()]).await;
    let order_id = kit.ids().next();
    kit.given([OrderPlaced { order_id, cents: 1 }]).await;
    kit.settle().await;
    let letters = kit.operator().dead_letters(None).await.unwrap();
    assert!(
        letters[0].error.contains("bell asks for State<"),
        "{}",
        letters[0].error
    );
}

/// Notes whether the counting of orders had got as far as the order.
async fn ask(
    Event(placed): Event<OrderPlaced>,
    meta: Meta,
    reads: Reads,
    State(bell): State<Bell>,
) -> HandlerResult {
    bell.ring(match reads.has_passed("bell", meta.position).await? {
        true => "passed",
        false => "not yet",
    });
    assert!(
        !reads.has_passed("nobody", meta.position).await?,
        "{}",
        placed.order_id
    );
    Ok(())
}

#[tokio::test]
async fn a_reaction_can_see_how_far_another_subscription_is() {
    let bell = Bell::default();
    let given = bell.clone();
    let kit = TestKit::new(move || {
        let asking = reaction("asking").state(given.clone()).on(ask);
        vec![asking.into(), ringing().state(Bell::default()).into()]
    })
    .await;
    let order = |cents| OrderPlaced {
        order_id: kit.ids().next(),
        cents,
    };
    let operator = kit.operator();
    operator.pause("bell").await.unwrap();
    kit.given([order(1)]).await;
    kit.settle().await;
    operator.resume("bell").await.unwrap();
    operator.pause("asking").await.unwrap();
    kit.given([order(2)]).await;
    kit.settle().await;
    operator.resume("asking").await.unwrap();
    kit.settle().await;
    assert_eq!(*bell.0.lock().unwrap(), ["not yet", "passed"]);
}
