//! Copies a shop's log to Redis Streams and feeds a projection from there, as it
//! would be in another process with a database of its own.
//!
//! ```sh
//! cargo run --example relay_to_redis -- redis://127.0.0.1:6379/
//! ```
//!
//! Stop Redis while it runs: orders go on. Start it again: everything follows.

use std::time::Duration;

use althing_backbone::*;
use serde::{Deserialize, Serialize};

/// Somebody ordered something.
#[derive(Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "demo.order_placed",
    version = 1,
    context = "demo",
    aggregate = "Order"
)]
struct OrderPlaced {
    #[event(aggregate_id)]
    order_id: Uuid,
    cents: i64,
}

struct PlaceOrder {
    order_id: Uuid,
    cents: i64,
}

impl Command for PlaceOrder {
    type Output = ();
    type Error = Error;
    async fn run(&self, uow: &mut UnitOfWork) -> Result<()> {
        uow.record(&OrderPlaced {
            order_id: self.order_id,
            cents: self.cents,
        })?;
        Ok(())
    }
}

async fn add_up(Event(order): Event<OrderPlaced>, tx: Tx) -> HandlerResult {
    let add = "UPDATE {turnover} SET orders = orders + 1, cents = cents + $1";
    tx.execute(sql(add).bind(order.cents)).await;
    Ok(())
}

fn turnover() -> Subscription {
    let table = "CREATE TABLE {turnover} (orders BIGINT NOT NULL, cents BIGINT NOT NULL);\nINSERT INTO {turnover} VALUES (0, 0);";
    projection("turnover").table("turnover", table).on(add_up).into()
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let url = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "redis://127.0.0.1/".into());
    let redis = RedisStreams::connect(&url)?.stream("demo:events");

    // Here orders are placed, and a relay copies the log.
    let shop = Backbone::builder(Db::temporary().await?)
        .relay(redis.clone())
        .start()
        .await?;
    // There, with another database, a projection is fed from the stream. What the
    // broker lost it reads from the shop's log.
    let office = Backbone::builder(Db::temporary().await?).start().await?;
    let log = shop.log().clone();
    let consumer = Consumer::of(redis, turnover())
        .group("office")
        .pattern("events:demo:*")
        .reload(move |range| {
            let log = log.clone();
            async move { Ok(log.select(&Selection::between(range)).await?) }
        })
        .start(&office)
        .await?;

    for cents in 1..=1_000 {
        let order_id = shop.ids().next();
        let context = Context::anonymous(order_id);
        shop.execute(context, &PlaceOrder { order_id, cents }).await?;
    }
    loop {
        let (orders, cents): (i64, i64) = sql("SELECT orders, cents FROM turnover").one(office.db()).await?;
        println!("the office knows of {orders} orders, {cents} cents");
        if orders == 1_000 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    consumer.stop().await;
    shop.stop().await;
    Ok(())
}
