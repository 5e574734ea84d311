//! Delivery before the answer, and none at all.

use std::time::{Duration, Instant};

use althing_backbone::*;

use crate::shop::*;
use crate::support::*;

#[tokio::test]
async fn a_command_answers_after_its_process_has_handled_it() {
    let backbone = Backbone::builder(Db::temporary().await.unwrap())
        .subscribe(turnover())
        .subscribe(receipts())
        .inline(SECONDS)
        .start()
        .await
        .unwrap();
    for orders in 1..=20 {
        place_many(&backbone, 1).await;
        assert_eq!(turnover_of(backbone.db()).await.0, orders);
    }
}

#[tokio::test]
async fn it_waits_no_longer_than_it_may_and_not_for_itself() {
    let (door, again) = (Door::shut(), Noted::<()>::default());
    // It issues a command of its own, which must not wait for this very handler.
    async fn orders_more(
        Event(order): Event<OrderPlaced>,
        State(handle): State<tokio::sync::watch::Receiver<Option<Backbone>>>,
        State(again): State<Noted<()>>,
    ) -> HandlerResult {
        if order.cents == 1 {
            let backbone = handle
                .borrow()
                .clone()
                .expect("it was given before the first order");
            place(&backbone, backbone.ids().next(), 2).await;
            again.push(());
        }
        Ok(())
    }
    let (give, handle) = tokio::sync::watch::channel(None);
    let slow = {
        let door = door.clone();
        reaction("slow").on(move |_: Event<OrderPaid>| {
            let door = door.clone();
            async move {
                door.pass().await;
                Ok(())
            }
        })
    };
    let limit = Duration::from_millis(1500);
    let backbone = Backbone::builder(Db::temporary().await.unwrap())
        .subscribe(
            reaction("more")
                .state(handle)
                .state(again.clone())
                .on(orders_more),
        )
        .subscribe(slow)
        .inline(limit)
        .start()
        .await
        .unwrap();
    give.send_replace(Some(backbone.clone()));
    let order_id = backbone.ids().next();
    let begun = Instant::now();
    place(&backbone, order_id, 1).await;
    assert_eq!(again.len(), 1);
    assert!(begun.elapsed() < limit, "took {:?}", begun.elapsed());

    let begun = Instant::now();
    backbone
        .execute(Context::anonymous(order_id), &Pay(order_id))
        .await
        .unwrap();
    assert!(begun.elapsed() >= limit && begun.elapsed() < limit * 4);
    door.open();
    backbone.settled(SECONDS).await.unwrap();
    give.send_replace(None);
}

#[tokio::test]
async fn what_is_not_run_waits_from_the_very_first_event() {
    let db = Db::temporary().await.unwrap();
    let build = || {
        Backbone::builder(db.clone())
            .subscribe(turnover())
            .subscribe(receipts())
    };
    let idle = build().without_running().start().await.unwrap();
    let ids = place_many(&idle, 5).await;
    idle.execute(Context::anonymous(ids[0]), &Pay(ids[0]))
        .await
        .unwrap();
    assert!(idle.settled(Duration::from_millis(300)).await.is_err());
    for name in ["turnover", "receipts"] {
        let status = status(&idle, name).await;
        assert_eq!((status.position, status.owner), (0, None));
    }
    idle.stop().await;
    // The reaction is new, and yet nothing is lost: it began when it was first known.
    let running = build().start().await.unwrap();
    running.settled(SECONDS).await.unwrap();
    assert_eq!(turnover_of(&db).await, (5, 5));
    let receipts = running
        .event_store()
        .by_type("shop.receipt_written", 0, 10)
        .await
        .unwrap();
    assert_eq!(receipts.len(), 1);
}
