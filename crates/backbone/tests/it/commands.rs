//! Commands: decided again on conflicts, grouped into few commits, answered with receipts.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use althing_backbone::kit::TestKit;
use althing_backbone::*;

use crate::shop::*;
use crate::support::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_commands_at_once_on_one_aggregate_are_decided_one_after_the_other() {
    struct Add<'a>(Uuid, &'a AtomicUsize, &'a tokio::sync::Barrier);
    impl Command for Add<'_> {
        type Output = i64;
        type Error = Error;
        async fn run(&self, uow: &mut UnitOfWork) -> Result<i64> {
            let mut order: Order = uow.load(self.0).await?.unwrap();
            if self.1.fetch_add(1, Ordering::SeqCst) < 2 {
                // Both have loaded the same version before either goes on.
                self.2.wait().await;
            }
            order.cents += 1;
            uow.save(&order)?;
            uow.record(&OrderPlaced {
                order_id: self.0,
                cents: order.cents,
            })?;
            Ok(order.cents)
        }
    }
    let backbone = start(&Db::temporary().await.unwrap(), &clock(), vec![]).await;
    let id = backbone.ids().next();
    place(&backbone, id, 10).await;
    let (decisions, barrier) = (AtomicUsize::new(0), tokio::sync::Barrier::new(2));
    let add = Add(id, &decisions, &barrier);
    let context = || Context::anonymous(backbone.ids().next());
    let (a, b) = tokio::join!(
        backbone.execute(context(), &add),
        backbone.execute(context(), &add)
    );
    let (a, b) = (a.unwrap(), b.unwrap());
    for receipt in [a.receipt, b.receipt] {
        numbered(&backbone, receipt).await;
    }
    let mut answers = [a.value, b.value];
    answers.sort_unstable();
    assert_eq!(answers, [11, 12]);
    assert_eq!(decisions.load(Ordering::SeqCst), 3);
    let recorded = backbone.event_store().by_aggregate("Order", id).await.unwrap();
    let cents: Vec<i64> = recorded
        .iter()
        .map(|event| event.decode::<OrderPlaced>().unwrap().cents)
        .collect();
    assert_eq!(cents, [10, 11, 12]);
}

#[tokio::test]
async fn a_lasting_violation_of_a_unique_index_is_a_fault_and_not_a_conflict() {
    struct Clumsy;
    impl Command for Clumsy {
        type Output = ();
        type Error = Error;
        async fn run(&self, uow: &mut UnitOfWork) -> Result<()> {
            for _ in 0..2 {
                uow.execute(sql(
                    "INSERT INTO aggregate (kind, id, version, body) VALUES ('k', 'x', 1, '{}')",
                ));
            }
            Ok(())
        }
    }
    let kit = TestKit::new(Vec::new).await;
    let error = kit.when(&Clumsy).await.then_refused();
    assert!(!error.is_conflict());
    assert!(matches!(error, Error::Database(_)), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_commands_share_few_commits() {
    let backbone = start(&Db::temporary().await.unwrap(), &clock(), vec![]).await;
    let before = backbone.db().stats();
    let callers = (0..64).map(|_| {
        let backbone = backbone.clone();
        tokio::spawn(async move { place_many(&backbone, 16).await })
    });
    futures::future::join_all(callers).await;
    let after = backbone.db().stats();
    let (commits, batches) = (after.commits - before.commits, after.batches - before.batches);
    eventually("all have their positions", || async {
        backbone.log().head() == 1024
    })
    .await;
    match backbone.db().store() {
        Store::Sqlite => assert_eq!(batches, 1024),
        // Ticks of the sequencer come on top.
        Store::Postgres => assert!(batches >= 1024, "{batches}"),
    }
    assert!(commits * 4 <= batches, "{commits} commits for {batches} commands");
}

#[tokio::test]
async fn a_receipt_lets_a_caller_read_what_it_wrote() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let backbone = start(&db, &clock, vec![orders().into(), receipts().into()]).await;
    for _ in 0..20 {
        let id = backbone.ids().next();
        let receipt = place(&backbone, id, 3).await;
        backbone.seen_by("orders", receipt).within(SECONDS).await.unwrap();
        let cents = sql("SELECT cents FROM orders WHERE id = $1")
            .bind(id)
            .one::<i64>(&db)
            .await
            .unwrap();
        assert_eq!(cents, 3);
    }
    let nobody = backbone.seen_by("nobody", Receipt::at(1)).within(SECONDS).await;
    assert!(matches!(nobody, Err(Error::NoSubscription(name)) if name == "nobody"));
    let never = backbone
        .seen_by("orders", Receipt::at(99))
        .within(Duration::from_millis(5))
        .await;
    assert!(matches!(never, Err(Error::NotSeen { position: 99, .. })));
    let nothing = backbone
        .seen_by("orders", Receipt::at(0))
        .within(Duration::ZERO)
        .await;
    assert!(nothing.is_ok(), "a command without events is seen at once");
}

#[tokio::test]
async fn a_parked_event_has_not_been_seen_until_it_was_handled() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let order_id = Ids::random().next();
    let broken = Broken::these([order_id]);
    let handler = {
        let broken = broken.clone();
        move |Event(order): Event<OrderPlaced>| {
            let broken = broken.clone();
            async move { broken.check(order.order_id) }
        }
    };
    let backbone = start(&db, &clock, vec![reaction("r").on(handler).into()]).await;
    let receipt = place(&backbone, order_id, 1).await;
    backbone.settled(SECONDS).await.unwrap();
    assert!(
        backbone
            .seen_by("r", receipt)
            .within(Duration::from_millis(20))
            .await
            .is_err()
    );
    broken.mend(order_id);
    let seen = backbone.seen_by("r", receipt);
    clock.advance(Duration::from_secs(1));
    backbone.wake();
    seen.within(SECONDS).await.unwrap();
}

#[tokio::test]
async fn an_append_with_a_wrong_expectation_is_told_the_true_sequence() {
    let backbone = start(&Db::temporary().await.unwrap(), &clock(), vec![]).await;
    let order_id = backbone.ids().next();
    let store = backbone.event_store();
    let context = || Context::anonymous(order_id);
    let event = |cents| OrderPlaced { order_id, cents };
    let receipt = store
        .append(context(), &[event(1), event(2)], Some(0))
        .await
        .unwrap();
    assert_eq!(receipt.position(), Some(2));
    let late = store.append(context(), &[event(3)], Some(1)).await;
    assert!(matches!(
        late,
        Err(Error::WrongSequence {
            expected: 1,
            actual: 2
        })
    ));
    store.append(context(), &[event(3)], Some(2)).await.unwrap();
    store.append(context(), &[event(4)], None).await.unwrap();
    let stored = store.by_aggregate("Order", order_id).await.unwrap();
    assert_eq!(
        stored.iter().map(|event| event.aggregate_seq).collect::<Vec<_>>(),
        [1, 2, 3, 4]
    );
    let other = OrderPlaced {
        order_id: backbone.ids().next(),
        cents: 9,
    };
    let mixed = store.append(context(), &[event(5), other], Some(4)).await;
    assert!(matches!(
        mixed,
        Err(Error::SeveralAggregates {
            aggregate_type: "Order"
        })
    ));
    assert_eq!(store.by_type("shop.order_placed", 2, 10).await.unwrap().len(), 2);
    assert_eq!(store.by_position(3, 10).await.unwrap()[0].position, 4);
}

#[tokio::test]
async fn cause_and_correlation_advance_by_themselves() {
    let kit = TestKit::new(|| vec![receipts().into()]).await;
    let actor = kit.ids().next();
    kit.acting_as(
        Context::of_actor(actor, actor)
            .in_workspace(Some(actor))
            .with("request_id", "r-1"),
    );
    let order_id = kit.ids().next();
    kit.when(&Place { order_id, cents: 1 })
        .await
        .then_recorded(["shop.order_placed"]);
    let paid = kit.when(&Pay(order_id)).await;
    let cause = paid.recorded()[0].clone();
    paid.then_recorded(["shop.order_paid"]);
    kit.settle().await;
    let receipt = kit.log().await.pop().unwrap();
    assert!(receipt.is::<ReceiptWritten>());
    assert_eq!(receipt.causation_id, Some(cause.event_id));
    assert_eq!(receipt.correlation_id, cause.correlation_id);
    assert_eq!(
        (receipt.actor_id, receipt.workspace_id),
        (Some(actor), Some(actor))
    );
    let metadata: serde_json::Value = serde_json::from_str(&receipt.metadata).unwrap();
    assert_eq!(
        metadata,
        serde_json::json!({"request_id": "r-1", "handler": "receipts"})
    );
    assert_eq!(cause.causation_id, None);
}

#[tokio::test]
async fn a_command_that_a_handler_issues_again_after_a_crash_is_done_once() {
    let kit = TestKit::new(Vec::new).await;
    let order_id = kit.ids().next();
    kit.given([OrderPaid { order_id, cents: 1 }]).await;
    let cause = kit.log().await.remove(0);
    let other = kit.ids().next();
    struct Write(Uuid);
    impl Command for Write {
        type Output = ();
        type Error = Error;
        async fn run(&self, uow: &mut UnitOfWork) -> Result<()> {
            uow.record(&ReceiptWritten {
                receipt_id: self.0,
                order_id: self.0,
            })
            .map(|_| ())
        }
    }
    let backbone = kit.backbone();
    let issue = |id| async move {
        let context = Context::caused_by(&kit_cause(backbone).await, "handler");
        let issued = backbone.execute(context, &Write(id)).await.unwrap();
        numbered(backbone, issued.receipt).await
    };
    let first = issue(order_id).await;
    assert_eq!(
        issue(order_id).await,
        first,
        "the repeat answers the receipt of the first"
    );
    assert_ne!(issue(other).await, first, "another aggregate is another command");
    let written = backbone
        .event_store()
        .by_type("shop.receipt_written", 0, 10)
        .await
        .unwrap();
    assert_eq!(written.len(), 2);
    assert!(
        written
            .iter()
            .all(|event| event.causation_id == Some(cause.event_id))
    );
}

async fn kit_cause(backbone: &Backbone) -> Envelope {
    (*backbone.log().at(1).await.unwrap().unwrap()).clone()
}

#[tokio::test]
async fn events_can_neither_be_changed_nor_deleted() {
    let kit = TestKit::new(Vec::new).await;
    let order_id = kit.ids().next();
    kit.given([OrderPaid { order_id, cents: 1 }]).await;
    for text in ["UPDATE event_log SET data = '{}'", "DELETE FROM event_log"] {
        let mut batch = Batch::new();
        batch.run(sql(text).on_postgres(text.replace("event_log", "event_entry")));
        let error = kit.db().commit(batch).await.unwrap_err();
        assert!(error.to_string().contains("events are written once"), "{error}");
    }
    assert_eq!(
        kit.log().await[0].decode::<OrderPaid>().unwrap(),
        OrderPaid { order_id, cents: 1 }
    );
}

#[tokio::test]
async fn the_debug_form_of_an_envelope_hides_the_payload() {
    let kit = TestKit::new(Vec::new).await;
    kit.acting_as(Context::anonymous(kit.ids().next()).with("secret_note", "hush"));
    kit.given([OrderPaid {
        order_id: kit.ids().next(),
        cents: 987_654,
    }])
    .await;
    let text = format!("{:?}", kit.log().await[0]);
    assert!(
        text.contains("shop.order_paid") && text.contains("position: 1"),
        "{text}"
    );
    assert!(!text.contains("987654") && !text.contains("hush"), "{text}");
}

#[tokio::test]
async fn an_aggregate_that_moves_takes_its_workspace_along() {
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Note(Uuid, Option<Uuid>);
    impl Aggregate for Note {
        const KIND: &'static str = "note";
        fn id(&self) -> Uuid {
            self.0
        }
        fn workspace_id(&self) -> Option<Uuid> {
            self.1
        }
    }
    struct Put(Uuid, Option<Uuid>);
    impl Command for Put {
        type Output = ();
        type Error = Error;
        async fn run(&self, uow: &mut UnitOfWork) -> Result<()> {
            uow.load::<Note>(self.0).await?;
            uow.save(&Note(self.0, self.1))
        }
    }
    let kit = TestKit::new(Vec::new).await;
    let (id, workspace) = (kit.ids().next(), kit.ids().next());
    for place in [None, Some(workspace)] {
        kit.when(&Put(id, place)).await.then_recorded([]);
    }
    let stored = sql("SELECT workspace_id, version FROM aggregate WHERE id = $1").bind(id);
    assert_eq!(
        stored.one::<(Option<Uuid>, i64)>(kit.db()).await.unwrap(),
        (Some(workspace), 2)
    );
}
