//! What operators see and do with running subscriptions.

use std::time::Duration;

use althing_backbone::*;

use crate::shop::*;
use crate::support::*;

#[tokio::test]
async fn a_paused_subscription_rests_until_it_is_resumed_and_others_go_on() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let backbone = start(&db, &clock, vec![turnover().into(), orders().into()]).await;
    let operator = backbone.operator("ada");
    operator.pause("turnover").await.unwrap();
    backbone.wake();
    tokio::time::sleep(Duration::from_millis(20)).await;
    let receipt = place(&backbone, backbone.ids().next(), 5).await;
    backbone.seen_by("orders", receipt).within(SECONDS).await.unwrap();
    assert!(
        backbone
            .seen_by("turnover", receipt)
            .within(Duration::from_millis(30))
            .await
            .is_err()
    );
    let paused = status(&backbone, "turnover").await;
    assert_eq!(
        (paused.status.as_str(), paused.position, paused.head, paused.lag),
        ("paused", 0, 1, 1)
    );
    assert_eq!(turnover_of(&db).await, (0, 0));
    operator.resume("turnover").await.unwrap();
    backbone.wake();
    backbone
        .seen_by("turnover", receipt)
        .within(SECONDS)
        .await
        .unwrap();
    assert_eq!(turnover_of(&db).await, (1, 5));
    assert!(matches!(
        operator.pause("nobody").await,
        Err(Error::NoSubscription(_))
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_subscription_notices_that_it_was_paused() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    async fn slow(_: Event<OrderPlaced>) -> HandlerResult {
        tokio::time::sleep(Duration::from_millis(1)).await;
        Ok(())
    }
    let backbone = start(
        &db,
        &clock,
        vec![reaction("slow").from_beginning().page(10).on(slow).into()],
    )
    .await;
    let order_id = backbone.ids().next();
    let many: Vec<OrderPlaced> = (0..5000).map(|cents| OrderPlaced { order_id, cents }).collect();
    backbone
        .event_store()
        .append(Context::anonymous(order_id), &many, None)
        .await
        .unwrap();
    backbone.operator("ada").pause("slow").await.unwrap();
    backbone.wake();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let resting = status(&backbone, "slow").await.position;
    assert!(resting < 2000, "{resting}");
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(status(&backbone, "slow").await.position, resting);
}

#[tokio::test]
async fn the_stored_position_does_not_fall_behind_events_of_no_interest() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let backbone = start(&db, &clock, vec![receipts().into(), turnover().into()]).await;
    place_many(&backbone, 10).await;
    backbone.settled(SECONDS).await.unwrap();
    // It is written down within a second or so without any further event.
    eventually("the lag is gone", || async {
        status(&backbone, "receipts").await.lag == 0
    })
    .await;
    place_many(&backbone, 1).await;
    backbone.settled(SECONDS).await.unwrap();
    backbone.stop().await;
    let stopped = status(&backbone, "receipts").await;
    assert_eq!(
        (stopped.position, stopped.owner),
        (11, None),
        "an orderly end writes it down at once"
    );
    let commits = db.stats().batches;
    let again = start(&db, &clock, vec![receipts().into(), turnover().into()]).await;
    let started = db.stats().batches - commits;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    if db.store() == Store::Sqlite {
        let idle = db.stats().batches - commits;
        assert_eq!(
            idle, started,
            "an idle backbone writes nothing; only leases are renewed elsewhere"
        );
    }
    again.stop().await;
}

#[tokio::test]
async fn a_new_projection_begins_at_the_beginning_and_a_new_reaction_now() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let first = start(&db, &clock, vec![]).await;
    place_many(&first, 3).await;
    first.stop().await;
    let seen: Noted<(&'static str, i64)> = Noted::default();
    let listener = |name: &'static str, seen: Noted<(&'static str, i64)>| {
        reaction(name).on(move |_: Event<OrderPlaced>, meta: Meta| {
            seen.push((name, meta.position));
            async { Ok(()) }
        })
    };
    let subscriptions = vec![
        turnover().into(),
        listener("from now", seen.clone()).into(),
        listener("from the beginning", seen.clone())
            .from_beginning()
            .into(),
    ];
    let second = start(&db, &clock, subscriptions).await;
    place_many(&second, 1).await;
    second.settled(SECONDS).await.unwrap();
    assert_eq!(turnover_of(&db).await, (4, 4));
    let mut all = seen.all();
    all.sort_unstable();
    assert_eq!(all[..1], [("from now", 4)]);
    assert_eq!(
        all[1..].iter().map(|(_, position)| *position).collect::<Vec<_>>(),
        [1, 2, 3, 4]
    );
}

#[tokio::test]
async fn the_last_event_of_a_page_of_no_interest_counts_as_seen() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let backbone = start(&db, &clock, vec![receipts().into()]).await;
    let receipt = place(&backbone, backbone.ids().next(), 1).await;
    backbone
        .seen_by("receipts", receipt)
        .within(SECONDS)
        .await
        .unwrap();
}

#[tokio::test]
async fn lag_is_told_in_events_and_in_seconds() {
    async fn wait(_: Event<OrderPlaced>, State(door): State<Door>) -> HandlerResult {
        door.pass().await;
        Ok(())
    }
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let door = Door::shut();
    let slow = reaction("slow").from_beginning().state(door.clone()).on(wait);
    let backbone = start(&db, &clock, vec![slow.into()]).await;
    let at_rest = status(&backbone, "slow").await;
    assert_eq!((at_rest.lag, at_rest.lag_seconds), (0, 0.0));
    place(&backbone, backbone.ids().next(), 5).await;
    clock.advance(Duration::from_secs(90));
    place(&backbone, backbone.ids().next(), 5).await;
    clock.advance(Duration::from_secs(5));
    let late = status(&backbone, "slow").await;
    assert_eq!((late.lag, late.lag_seconds), (2, 95.0));
    door.open();
    backbone.settled(SECONDS).await.unwrap();
    let done = status(&backbone, "slow").await;
    assert_eq!((done.lag, done.lag_seconds), (0, 0.0));
}

#[tokio::test]
async fn results_of_old_calls_are_forgotten_unless_somebody_may_ask_again() {
    async fn mail(
        Event(order): Event<OrderPlaced>,
        fx: Effects,
        State(broken): State<Broken>,
    ) -> HandlerResult {
        fx.once("mail", |_| async { Ok(()) }).await?;
        broken.check(order.order_id)
    }
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let (first, parked, last) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
    let broken = Broken::these([parked]);
    let mailer = reaction("mailer")
        .from_beginning()
        .retry(Retry::never())
        .state(broken.clone())
        .on(mail);
    let backbone = start(&db, &clock, vec![mailer.into()]).await;
    let operator = backbone.operator("ada");
    place(&backbone, first, 1).await;
    place(&backbone, parked, 1).await;
    backbone.settled(SECONDS).await.unwrap();
    clock.advance(Duration::from_secs(60));
    place(&backbone, last, 1).await;
    backbone.settled(SECONDS).await.unwrap();
    let kept = async || -> i64 { sql("SELECT count(*) FROM effect").one(&db).await.unwrap() };
    assert_eq!(kept().await, 3);

    let a_day_ago = clock.now().minus(Duration::from_secs(24 * 3600));
    assert_eq!(operator.forget_effects(a_day_ago).await.unwrap(), 0);
    let half_a_minute_ago = clock.now().minus(Duration::from_secs(30));
    assert_eq!(
        operator.forget_effects(half_a_minute_ago).await.unwrap(),
        1,
        "the last one is too young, and the dead letter may be delivered again"
    );
    broken.mend(parked);
    operator.redeliver("mailer:2").await.unwrap();
    retried(&backbone).await;
    assert_eq!(operator.forget_effects(half_a_minute_ago).await.unwrap(), 1);
    assert_eq!(kept().await, 1);
}
