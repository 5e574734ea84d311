//! The test kit itself: it must notice handlers that do not keep the promises.

use althing_backbone::kit::{Rehearsal, TestKit};
use althing_backbone::*;

use crate::shop::*;
use crate::support::*;

async fn two_orders(kit: &TestKit) {
    for cents in [1, 2] {
        let order_id = kit.ids().next();
        kit.when(&Place { order_id, cents })
            .await
            .then_recorded(["shop.order_placed"]);
        kit.when(&Pay(order_id)).await.then_recorded(["shop.order_paid"]);
    }
}

#[tokio::test]
async fn good_handlers_pass() {
    let kit = TestKit::new(|| vec![orders().into(), receipts().into()]).await;
    two_orders(&kit).await;
    for subscription in ["orders", "receipts"] {
        kit.deliver_twice(subscription).await.assert_same_state();
        kit.deliver_late(subscription).await.assert_same_state();
        kit.panic_in_handler(subscription).await.assert_same_state();
        kit.crash_at_every_point(subscription)
            .await
            .assert_nothing_lost_or_doubled();
    }
    kit.settle().await;
    assert_eq!(kit.log().await.len(), 6);
}

#[tokio::test]
async fn a_handler_that_adds_minds_being_called_twice() {
    let kit = TestKit::new(|| vec![turnover().into()]).await;
    two_orders(&kit).await;
    let comparison = kit.deliver_twice("turnover").await;
    assert_eq!(comparison.differences().len(), 2);
    let text = comparison.differences().join("\n");
    assert!(
        text.contains(r#"turnover misses {"orders":2,"cents":3}"#),
        "{text}"
    );
    assert!(
        text.contains(r#"turnover has besides {"orders":4,"cents":6}"#),
        "{text}"
    );
}

#[tokio::test]
async fn a_handler_that_depends_on_the_order_of_keys_minds_late_delivery() {
    async fn last(Event(order): Event<OrderPlaced>, tx: Tx) -> HandlerResult {
        tx.execute(sql("UPDATE {last} SET cents = $1").bind(order.cents))
            .await;
        Ok(())
    }
    let table = "CREATE TABLE {last} (cents BIGINT);\nINSERT INTO {last} VALUES (0);";
    let kit = TestKit::new(move || vec![projection("last").table("last", table).on(last).into()]).await;
    two_orders(&kit).await;
    let comparison = kit.deliver_late("last").await;
    assert_eq!(comparison.rounds(), 2);
    assert!(!comparison.differences().is_empty());
    kit.crash_at_every_point("last")
        .await
        .assert_nothing_lost_or_doubled();
}

#[tokio::test]
async fn a_handler_with_an_effect_beside_its_transaction_doubles_it_in_a_crash() {
    async fn beside(Event(order): Event<OrderPlaced>, Reads(db): Reads) -> HandlerResult {
        let mut batch = Batch::new();
        batch.run(sql("INSERT INTO beside VALUES ($1)").bind(order.cents));
        db.commit(batch).await?;
        Ok(())
    }
    let db = Db::temporary().await.unwrap();
    let mut batch = Batch::new();
    batch.run(sql("CREATE TABLE beside (cents BIGINT)"));
    db.commit(batch).await.unwrap();
    let kit = TestKit::on(db, || vec![reaction("beside").on(beside).into()]).await;
    two_orders(&kit).await;
    let comparison = kit.crash_at_every_point("beside").await;
    let doubled = comparison
        .differences()
        .iter()
        .filter(|text| text.contains("beside has besides"))
        .count();
    assert!(
        doubled > 0 && doubled < comparison.rounds(),
        "{:?}",
        comparison.differences()
    );
}

#[tokio::test]
#[should_panic(expected = "nothing waits for orders")]
async fn a_rehearsal_of_nothing_is_no_proof() {
    let kit = TestKit::new(|| vec![orders().into()]).await;
    two_orders(&kit).await;
    kit.settle().await;
    kit.deliver_twice("orders").await.assert_same_state();
}

#[tokio::test]
#[should_panic(expected = "other events were recorded")]
async fn then_recorded_is_exact() {
    let kit = TestKit::new(Vec::new).await;
    let order_id = kit.ids().next();
    kit.when(&Place { order_id, cents: 1 })
        .await
        .then_recorded(["shop.order_paid"]);
}

#[tokio::test]
async fn a_whole_populated_program_can_be_rehearsed_subscription_by_subscription() {
    fn all() -> Vec<Subscription> {
        vec![
            turnover().into(),
            orders().into(),
            receipts().into(),
            reaction("deaf")
                .on(|_: Event<crate::catalogue::ParcelSent>| async { Ok(()) })
                .into(),
        ]
    }
    let backbone = start(&Db::temporary().await.unwrap(), &clock(), all()).await;
    for _ in 0..30 {
        let id = backbone.ids().next();
        place(&backbone, id, 1).await;
        backbone.execute(Context::anonymous(id), &Pay(id)).await.unwrap();
    }
    let rehearsal = Rehearsal::of(&backbone, all).await;
    assert_eq!(
        rehearsal.subscriptions().await,
        ["turnover", "orders", "receipts"]
    );
    for subscription in ["turnover", "orders", "receipts"] {
        rehearsal.deliver_late(subscription).await.assert_same_state();
    }
    for subscription in ["orders", "receipts"] {
        rehearsal.deliver_twice(subscription).await.assert_same_state();
    }
    assert!(!rehearsal.deliver_twice("turnover").await.differences().is_empty());
    let lenient = rehearsal.ignoring("turnover.*");
    lenient.deliver_twice("turnover").await.assert_same_state();
    // The program itself was left alone.
    assert_eq!(turnover_of(backbone.db()).await, (30, 30));
    assert_eq!(backbone.log().head(), 90);
}

#[tokio::test]
async fn a_rehearsal_notices_tables_that_the_log_does_not_account_for() {
    let backbone = start(&Db::temporary().await.unwrap(), &clock(), vec![turnover().into()]).await;
    place_many(&backbone, 2).await;
    backbone.settled(SECONDS).await.unwrap();
    let mut tampered = Batch::new();
    tampered.run(sql("UPDATE turnover__g1 SET cents = 99"));
    backbone.db().commit(tampered).await.unwrap();
    let rehearsal = Rehearsal::of(&backbone, || vec![turnover().into()]).await;
    assert!(!rehearsal.deliver_late("turnover").await.differences().is_empty());
}
