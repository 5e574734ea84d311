//! A whole instance moves to another store and back, and nothing is another than before.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use althing_backbone::transfer::{self, TransferError};
use althing_backbone::*;
use serde::{Deserialize, Serialize};

use crate::personal::MemberJoined;
use crate::shop::*;
use crate::support::*;

/// Reminds of an order that was not paid.
#[derive(Default, Serialize, Deserialize, Process)]
#[process(name = "reminders", key = Uuid)]
struct Reminder {
    cents: i64,
}

impl On<OrderPlaced> for Reminder {
    fn key(event: &OrderPlaced) -> Uuid {
        event.order_id
    }
    async fn on(&mut self, event: OrderPlaced, cx: &mut ProcessContext) -> HandlerResult {
        self.cents = event.cents;
        let due = cx.now().plus(Duration::from_secs(86_400));
        cx.set_timer("remind", due, serde_json::json!({ "cents": event.cents }));
        Ok(())
    }
}

impl OnTimer for Reminder {
    async fn on_timer(&mut self, _: &Timer, cx: &mut ProcessContext) -> HandlerResult {
        cx.finish();
        Ok(())
    }
}

/// Cannot bear expensive orders.
fn moody() -> SubscriptionBuilder<kind::Reaction> {
    async fn placed(Event(order): Event<OrderPlaced>) -> HandlerResult {
        match order.cents {
            3 => Err(HandlerError::permanent(anyhow::anyhow!("too much"))),
            _ => Ok(()),
        }
    }
    reaction("moody").on(placed)
}

fn subscriptions() -> Vec<Subscription> {
    vec![
        turnover().into(),
        orders().into(),
        receipts().into(),
        moody().into(),
        process::<Reminder>().on::<OrderPlaced>().with_timers().into(),
    ]
}

struct Join(Uuid);

impl Command for Join {
    type Output = ();
    type Error = Error;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<()> {
        uow.record(&MemberJoined {
            member_id: self.0,
            email: "ada@example.org".into(),
            nickname: None,
            plan: "gold".into(),
        })
        .map(|_| ())
    }
}

/// Something of everything: a rebuilt projection, a dead letter, timers, sealed fields.
async fn populate(db: &Db, archive: &Path) {
    let backbone = start(db, &clock(), subscriptions()).await;
    place_many(&backbone, 700).await;
    for cents in 1..=3 {
        let order_id = backbone.ids().next();
        place(&backbone, order_id, cents).await;
        let context = Context::anonymous(order_id);
        backbone.execute(context, &Pay(order_id)).await.unwrap();
    }
    let member = backbone.ids().next();
    backbone
        .execute(Context::of_actor(member, member), &Join(member))
        .await
        .unwrap();
    backbone.settled(SECONDS).await.unwrap();
    backbone.operator("ada").rebuild("turnover").await.unwrap();
    backbone.wake();
    eventually("the rebuild is live", || async {
        let rebuilt: i64 =
            sql("SELECT COUNT(*) FROM subscription WHERE name = 'turnover' AND generation = 2")
                .one(db)
                .await
                .unwrap();
        rebuilt == 1
    })
    .await;
    backbone.settled(SECONDS).await.unwrap();
    backbone.log().raise_epoch().await.unwrap();
    let mut batch = Batch::new();
    batch.run(sql("UPDATE log_state SET segment_length = 100"));
    db.commit(batch).await.unwrap();
    let archived = backbone
        .operator("ada")
        .archive(Before::Position(450), Some(archive))
        .await;
    assert_eq!(archived.unwrap().archived_until, 400);
    backbone.stop().await;
}

async fn at_rest(db: &Db) -> Backbone {
    let builder = Backbone::builder(db.clone()).clock(clock());
    builder.subscribe_all(subscriptions()).open().await.unwrap()
}

/// Every row of every table of a file, but for what belongs to the file alone.
async fn rows(db: &Db) -> BTreeMap<String, Vec<String>> {
    let tables: Vec<String> = sql("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        .all(db)
        .await
        .unwrap();
    let mut all = BTreeMap::new();
    for table in tables {
        let columns: Vec<String> = sql("SELECT name FROM pragma_table_info($1) ORDER BY name")
            .bind(&table)
            .all(db)
            .await
            .unwrap();
        let of_the_owner = [
            "owner",
            "owner_id",
            "lease_until",
            "lease_length",
            "applied_at",
            "segment_length",
        ];
        let kept: Vec<String> = columns
            .iter()
            .filter(|column| !of_the_owner.contains(&column.as_str()))
            .map(|column| format!("typeof(\"{column}\") || ' ' || quote(\"{column}\")"))
            .collect();
        let mut rows: Vec<String> = sql(format!("SELECT {} FROM \"{table}\"", kept.join(" || ', ' || ")))
            .all(db)
            .await
            .unwrap();
        rows.sort();
        all.insert(table, rows);
    }
    all.remove("live_process");
    all
}

#[tokio::test]
async fn an_instance_comes_back_from_the_other_store_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("archive");
    let home = Db::open(folder.path().join("home.db")).await.unwrap();
    let away = Db::temporary().await.unwrap();
    let back = Db::open(folder.path().join("back.db")).await.unwrap();
    populate(&home, &archive).await;
    let before = rows(&home).await;
    for (table, least) in [
        ("event_log", 310),
        ("archived_sequence", 400),
        ("timer", 703),
        ("process_state", 703),
        ("parked_event", 1),
        ("subject_key", 1),
        ("operator_act", 1),
        ("orders__g1", 703),
        ("turnover__g2", 1),
    ] {
        assert!(before[table].len() >= least, "{table}: {}", before[table].len());
    }

    let there = transfer::copy(&at_rest(&home).await, &at_rest(&away).await)
        .await
        .unwrap();
    assert_eq!(there.events, before["event_log"].len() as i64);
    let here = transfer::copy(&at_rest(&away).await, &at_rest(&back).await)
        .await
        .unwrap();
    assert_eq!(
        (here.events, here.rows, here.tables),
        (there.events, there.rows, there.tables)
    );
    let after = rows(&back).await;
    assert_eq!(
        before.keys().collect::<Vec<_>>(),
        after.keys().collect::<Vec<_>>()
    );
    for (table, rows) in &before {
        assert_eq!(rows, &after[table], "{table}");
    }

    // Life goes on where it was, on both.
    for db in [&away, &back] {
        let builder = Backbone::builder(db.clone()).clock(clock()).archive(&archive);
        let builder = builder.leases(Leases::Exclusive).subscribe_all(subscriptions());
        let backbone = builder.start().await.unwrap();
        let head = there.events + 400;
        assert_eq!((backbone.log().head(), backbone.log().epoch()), (head, 2));
        let whole = backbone.event_store().by_position(0, 10_000).await.unwrap();
        assert_eq!(whole.len() as i64, head);
        let archived = whole[0].aggregate_id;
        backbone
            .execute(Context::anonymous(archived), &Pay(archived))
            .await
            .unwrap();
        let order_id = backbone.ids().next();
        let receipt = place(&backbone, order_id, 7).await;
        assert!(receipt.position() > Some(head));
        let paid = backbone
            .execute(Context::anonymous(order_id), &Pay(order_id))
            .await;
        backbone
            .seen_by("orders", paid.unwrap().receipt)
            .within(SECONDS)
            .await
            .unwrap();
        backbone.settled(SECONDS).await.unwrap();
        assert_eq!(turnover_of(db).await.0, 704);
        let of = async |kind: &str, id| {
            let aggregate = Some((kind.to_owned(), id));
            let selection = Selection {
                aggregate,
                ..Selection::default()
            };
            backbone.log().select(&selection).await.unwrap()
        };
        let order = of("Order", order_id).await;
        let sequence: Vec<i64> = order.iter().map(|event| event.aggregate_seq).collect();
        assert_eq!(sequence, [1, 2]);
        let order = of("Order", archived).await;
        assert_eq!(order.last().map(|event| event.aggregate_seq), Some(2));
        let older: Uuid = sql("SELECT aggregate_id FROM event_log WHERE event_type = 'club.member_joined'")
            .one(db)
            .await
            .unwrap();
        let joined: MemberJoined = backbone.open_event(&of("Member", older).await[0]).await.unwrap();
        assert_eq!(joined.email, "ada@example.org");
        backbone
            .execute(Context::anonymous(older), &Join(older))
            .await
            .unwrap();
        backbone.settled(SECONDS).await.unwrap();
        backbone.stop().await;
    }
}

#[tokio::test]
async fn what_is_not_empty_or_at_work_or_half_rebuilt_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let home = Db::open(folder.path().join("home.db")).await.unwrap();
    let away = Db::temporary().await.unwrap();
    for db in [&home, &away] {
        let backbone = start(db, &clock(), subscriptions()).await;
        place_many(&backbone, 2).await;
        backbone.settled(SECONDS).await.unwrap();
        backbone.stop().await;
    }
    let refused = transfer::copy(&at_rest(&home).await, &at_rest(&away).await).await;
    assert!(
        matches!(refused, Err(TransferError::NotEmpty { .. })),
        "{refused:?}"
    );

    let empty = Db::temporary().await.unwrap();
    at_rest(&home)
        .await
        .operator("ada")
        .rebuild("turnover")
        .await
        .unwrap();
    let refused = transfer::copy(&at_rest(&home).await, &at_rest(&empty).await).await;
    assert!(
        matches!(&refused, Err(TransferError::Rebuilding { subscription }) if subscription == "turnover"),
        "{refused:?}"
    );

    let shared = Backbone::builder(away.clone()).leases(Leases::Shared(SECONDS));
    let running = shared.subscribe_all(subscriptions()).start().await.unwrap();
    let refused = transfer::copy(&at_rest(&away).await, &at_rest(&empty).await).await;
    assert!(
        matches!(refused, Err(TransferError::AtWork { .. })),
        "{refused:?}"
    );
    running.stop().await;

    let mut batch = Batch::new();
    batch.run(sql("CREATE TABLE stranger (x BIGINT)"));
    away.commit(batch).await.unwrap();
    let refused = transfer::copy(&at_rest(&away).await, &at_rest(&empty).await).await;
    assert!(
        matches!(&refused, Err(TransferError::NoSuchTable { table }) if table == "stranger"),
        "{refused:?}"
    );
}
