//! The bus in memory: in order, all or nothing, one failing handler alone.

use std::sync::Arc;
use std::time::Duration;

use althing_backbone::bus::*;
use althing_backbone::kit::TestKit;
use althing_backbone::*;

use crate::shop::*;
use crate::support::*;

struct Listener {
    name: &'static str,
    seen: Noted<(&'static str, i64)>,
    then: fn(&Envelope) -> HandlerResult,
}

impl EventHandler for Listener {
    fn name(&self) -> &str {
        self.name
    }
    fn handle<'a>(&'a self, event: &'a Envelope) -> Handled<'a> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            self.seen.push((self.name, event.position));
            (self.then)(event)
        })
    }
}

/// Publishes a receipt while an order is being published.
struct Nested {
    bus: Arc<InMemoryEventBus>,
    receipt: Envelope,
}

impl EventHandler for Nested {
    fn name(&self) -> &str {
        "nested"
    }
    fn handle<'a>(&'a self, _: &'a Envelope) -> Handled<'a> {
        Box::pin(async move { Ok(self.bus.publish(self.receipt.clone()).await?) })
    }
}

/// Three orders of one key and a receipt, as they would be recorded.
async fn events() -> Vec<Envelope> {
    let kit = TestKit::new(Vec::new).await;
    let order_id = kit.ids().next();
    kit.given([1, 2, 3].map(|cents| OrderPlaced { order_id, cents }))
        .await;
    kit.given([ReceiptWritten {
        receipt_id: order_id,
        order_id,
    }])
    .await;
    kit.log().await
}

fn listen(
    bus: &InMemoryEventBus,
    pattern: &str,
    name: &'static str,
    seen: &Noted<(&'static str, i64)>,
    then: fn(&Envelope) -> HandlerResult,
) {
    bus.subscribe(
        pattern,
        Arc::new(Listener {
            name,
            seen: seen.clone(),
            then,
        }),
    );
}

#[tokio::test]
async fn every_handler_has_run_in_order_before_publish_returns() {
    let (bus, seen, events) = (InMemoryEventBus::new(), Noted::default(), events().await);
    listen(&bus, "*", "all", &seen, |_| Ok(()));
    listen(&bus, "shop.*", "shop", &seen, |_| Ok(()));
    listen(&bus, "shop.receipt_written", "receipts", &seen, |_| Ok(()));
    bus.publish(events[3].clone()).await.unwrap();
    assert_eq!(seen.all(), [("all", 1), ("shop", 1), ("receipts", 1)]);
    bus.publish_all(events[..2].to_vec()).await.unwrap();
    assert_eq!(
        seen.all()[3..],
        [("all", 2), ("shop", 2), ("all", 3), ("shop", 3)]
    );
    let placed = bus.events_of_type("shop.order_placed");
    assert_eq!(
        placed
            .iter()
            .map(|event| (event.position, event.aggregate_seq))
            .collect::<Vec<_>>(),
        [(2, 1), (3, 2)]
    );
    bus.clear();
    assert!(bus.published_events().is_empty());
    bus.publish(events[0].clone()).await.unwrap();
    assert_eq!(seen.len(), 9, "handlers stay");
}

#[tokio::test]
async fn all_are_published_or_none() {
    let (bus, seen, mut events) = (InMemoryEventBus::new(), Noted::default(), events().await);
    listen(&bus, "*", "all", &seen, |_| Ok(()));
    let twice = vec![events[0].clone(), events[1].clone(), events[0].clone()];
    let id = events[0].event_id;
    assert!(matches!(bus.publish_all(twice).await, Err(PublishError::Repeated(found)) if found == id));
    events[1].data = "{not json".into();
    assert!(matches!(
        bus.publish_all(events).await,
        Err(PublishError::NotJson(_))
    ));
    assert!(bus.published_events().is_empty());
    assert_eq!(seen.len(), 0);
}

#[tokio::test]
async fn a_failing_or_panicking_handler_does_not_disturb_the_others() {
    let (bus, seen, events) = (InMemoryEventBus::new(), Noted::default(), events().await);
    listen(&bus, "*", "fails", &seen, |_| {
        Err(HandlerError::permanent(anyhow::anyhow!("no")))
    });
    listen(&bus, "*", "panics", &seen, |_| {
        std::panic::resume_unwind(Box::new("boo"))
    });
    listen(&bus, "*", "works", &seen, |_| Ok(()));
    bus.publish(events[0].clone()).await.unwrap();
    assert_eq!(seen.all(), [("fails", 1), ("panics", 1), ("works", 1)]);
    let failures = [
        ("fails".to_owned(), "no".to_owned()),
        ("panics".into(), "the handler panicked".into()),
    ];
    assert_eq!(bus.failures(), failures);
}

#[tokio::test]
async fn handlers_may_publish_and_no_lock_is_held_while_they_wait() {
    let (bus, seen, events) = (
        Arc::new(InMemoryEventBus::new()),
        Noted::default(),
        events().await,
    );
    bus.subscribe(
        "shop.order_placed",
        Arc::new(Nested {
            bus: bus.clone(),
            receipt: events[3].clone(),
        }),
    );
    listen(&bus, "*", "all", &seen, |_| Ok(()));
    tokio::time::timeout(Duration::from_secs(5), bus.publish(events[0].clone()))
        .await
        .expect("no deadlock")
        .unwrap();
    assert_eq!(
        seen.all(),
        [("all", 2), ("all", 1)],
        "the inner one is delivered before the outer one goes on"
    );
    assert_eq!(bus.published_events().len(), 2);

    // While one publisher's handler waits, another publisher gets through.
    let door = Door::shut();
    struct Waits(Door);
    impl EventHandler for Waits {
        fn name(&self) -> &str {
            "waits"
        }
        fn handle<'a>(&'a self, event: &'a Envelope) -> Handled<'a> {
            Box::pin(async move {
                if event.position == 1 {
                    self.0.pass().await;
                }
                Ok(())
            })
        }
    }
    let bus = Arc::new(InMemoryEventBus::new());
    bus.subscribe("*", Arc::new(Waits(door.clone())));
    let first = tokio::spawn({
        let (bus, event) = (bus.clone(), events[0].clone());
        async move { bus.publish(event).await }
    });
    eventually("the first is inside", || async {
        bus.published_events().len() == 1
    })
    .await;
    bus.publish(events[1].clone()).await.unwrap();
    door.open();
    first.await.unwrap().unwrap();
}
