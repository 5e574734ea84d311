//! A process (saga) with a timeout: an order that nobody pays in time is cancelled.
//!
//! `cargo run -p althing-backbone --example saga_with_timeout`, or with `-- postgres://…`.
//! State, timers and what is recorded are one commit, so the timer fires once, also
//! if the program is killed and started again, or runs in several processes.

use std::time::Duration;

use althing_backbone::*;
use serde::{Deserialize, Serialize};

/// A real shop would wait for days.
const PATIENCE: Duration = Duration::from_secs(1);

/// An order was placed.
#[derive(DomainEvent, Serialize, Deserialize, JsonSchema)]
#[event(type = "order.placed", version = 1, context = "orders", aggregate = "Order")]
struct Placed {
    #[event(aggregate_id)]
    order_id: Uuid,
    what: String,
}

/// An order was paid.
#[derive(DomainEvent, Serialize, Deserialize, JsonSchema)]
#[event(type = "order.paid", version = 1, context = "orders", aggregate = "Order")]
struct Paid {
    #[event(aggregate_id)]
    order_id: Uuid,
}

/// An order was cancelled because nobody paid.
#[derive(DomainEvent, Serialize, Deserialize, JsonSchema)]
#[event(
    type = "order.cancelled",
    version = 1,
    context = "orders",
    aggregate = "Order"
)]
struct Cancelled {
    #[event(aggregate_id)]
    order_id: Uuid,
    what: String,
}

/// What the process remembers of one order.
#[derive(Default, Serialize, Deserialize, Process)]
#[process(name = "payment", key = Uuid)]
struct Payment {
    what: String,
}

impl On<Placed> for Payment {
    fn key(event: &Placed) -> Uuid {
        event.order_id
    }

    async fn on(&mut self, event: Placed, cx: &mut ProcessContext) -> HandlerResult {
        self.what = event.what;
        cx.set_timer("unpaid", cx.now().plus(PATIENCE), serde_json::Value::Null);
        Ok(())
    }
}

impl On<Paid> for Payment {
    fn key(event: &Paid) -> Uuid {
        event.order_id
    }

    /// Its state and its timer are removed.
    async fn on(&mut self, _: Paid, cx: &mut ProcessContext) -> HandlerResult {
        cx.finish();
        Ok(())
    }
}

impl OnTimer for Payment {
    async fn on_timer(&mut self, timer: &Timer, cx: &mut ProcessContext) -> HandlerResult {
        let (order_id, what) = (timer.key(), self.what.clone());
        cx.record(&Cancelled { order_id, what })?;
        cx.finish();
        Ok(())
    }
}

/// Records any event; a real program would decide something here.
struct Record<E>(E);

impl<E: DomainEvent> Command for Record<E> {
    type Output = ();
    type Error = Error;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<()> {
        uow.record(&self.0).map(|_| ())
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let db = match std::env::args().nth(1) {
        Some(address) => Db::at(&address).await?,
        None => Db::temporary().await?,
    };
    let payment = process::<Payment>().on::<Placed>().on::<Paid>().with_timers();
    let shop = Backbone::builder(db).subscribe(payment).start().await?;
    let mut feed = shop.feed(None, vec!["events:orders".into()])?;
    let (bread, wine) = (shop.ids().next(), shop.ids().next());
    for (order_id, what) in [(bread, "bread"), (wine, "wine")] {
        let placed = Placed {
            order_id,
            what: what.into(),
        };
        shop.execute(Context::anonymous(order_id), &Record(placed))
            .await?;
    }
    shop.execute(Context::anonymous(bread), &Record(Paid { order_id: bread }))
        .await?;
    println!("bread and wine are ordered, bread is paid");
    loop {
        let event = tokio::time::timeout(Duration::from_secs(20), feed.next()).await??;
        println!("#{} {}", event.position, event.event_type);
        if event.event_type == *Cancelled::TYPE {
            println!("{} is cancelled, nobody paid", event.decode::<Cancelled>()?.what);
            break;
        }
    }
    let waiting: i64 = sql("SELECT COUNT(*) FROM timer").one(shop.db()).await?;
    println!("{waiting} timers left");
    shop.stop().await;
    Ok(())
}
