//! obix: an outbox on PostgreSQL. The order is a row of the service's own; its event is
//! published in the same transaction.

use clap::Parser;
use futures::StreamExt;
use obix::out::Outbox;
use obix::prelude::es_entity::AtomicOperation;
use obix::{EventSequence, MailboxConfig};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;
use workload::{Arguments, LINES, Line, Order, Work};

#[derive(Debug, Serialize, Deserialize)]
struct LineAdded {
    order_id: Uuid,
    #[serde(flatten)]
    line: Line,
}

/// The crate's own migration, and the table of the service.
const SETUP: &str = include_str!("setup.sql");
const ORDERS: &str =
    "CREATE TABLE orders (id UUID PRIMARY KEY, lines BIGINT NOT NULL, cents BIGINT NOT NULL)";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let pool = PgPoolOptions::new()
        .max_connections(10)
        .connect(&arguments.store)
        .await?;
    sqlx::raw_sql(SETUP).execute(&pool).await?;
    sqlx::raw_sql(ORDERS).execute(&pool).await?;
    let outbox = Outbox::<LineAdded>::init(&pool, MailboxConfig::builder().build())
        .await
        .map_err(|error| anyhow::anyhow!("{error:?}"))?;
    let settings = "defaults: pool 10";
    let report = match arguments.work {
        Work::Commands => {
            let outbox = outbox.clone();
            workload::callers(&arguments, settings, move |order, number| {
                let outbox = outbox.clone();
                async move { add_lines(&outbox, order, number, 1, LINES).await }
            })
            .await?
        }
        Work::Replay => {
            for _ in 0..arguments.events / 100 {
                add_lines(&outbox, Uuid::new_v4(), 0, 100, 100).await?;
            }
            workload::replays(&arguments, settings, || replay(&outbox, &pool, arguments.events)).await?
        }
        Work::Projection => {
            anyhow::bail!("obix brings no projections: its subscribers are jobs of another crate")
        }
    };
    report.print()
}

async fn add_lines(
    outbox: &Outbox<LineAdded>,
    id: Uuid,
    first: u32,
    count: u32,
    limit: u32,
) -> anyhow::Result<()> {
    let mut op = outbox.begin_op().await?;
    let known: Option<(i64, i64)> =
        sqlx::query_as("SELECT lines, cents FROM orders WHERE id = $1 FOR UPDATE")
            .bind(id)
            .fetch_optional(op.as_executor())
            .await?;
    let mut order = known.map_or_else(Order::default, |(lines, cents)| Order {
        lines: lines as u32,
        cents,
    });
    let mut events = Vec::new();
    for number in first..first + count {
        let line = Line::new(number);
        order.decide(&line, limit)?;
        order.apply(&line);
        events.push(LineAdded { order_id: id, line });
    }
    let upsert =
        "INSERT INTO orders VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET lines = $2, cents = $3";
    sqlx::query(upsert)
        .bind(id)
        .bind(i64::from(order.lines))
        .bind(order.cents)
        .execute(op.as_executor())
        .await?;
    outbox.publish_all_persisted(&mut op, events).await?;
    op.commit().await?;
    Ok(())
}

/// A listener from the beginning, on an outbox of its own: nothing is in its memory yet.
async fn replay(_: &Outbox<LineAdded>, pool: &PgPool, events: usize) -> anyhow::Result<usize> {
    let outbox = Outbox::<LineAdded>::init(pool, MailboxConfig::builder().build())
        .await
        .map_err(|error| anyhow::anyhow!("{error:?}"))?;
    let mut listener = outbox.listen_persisted(EventSequence::BEGIN);
    let (mut seen, mut pieces) = (0, 0u64);
    while seen < events {
        let event = listener
            .next()
            .await
            .ok_or_else(|| anyhow::anyhow!("the listener ended"))?;
        if let Some(line) = &event.payload {
            pieces += u64::from(line.line.quantity);
        }
        seen += 1;
    }
    std::hint::black_box(pieces);
    Ok(seen)
}
