//! Althing's own side: `althing-backbone`.

use std::time::Duration;

use althing_backbone::*;
use clap::Parser;
use serde::{Deserialize, Serialize};
use workload::{Arguments, LINES, Line, Work};

/// A line was added to an order.
#[derive(DomainEvent, Serialize, Deserialize, JsonSchema)]
#[event(
    type = "peers.line_added",
    version = 1,
    context = "peers",
    aggregate = "Order"
)]
struct LineAdded {
    #[event(aggregate_id)]
    order_id: Uuid,
    sku: String,
    quantity: u32,
    cents: i64,
    note: String,
}

#[derive(Serialize, Deserialize)]
struct Order {
    id: Uuid,
    #[serde(flatten)]
    state: workload::Order,
}

impl Aggregate for Order {
    const KIND: &'static str = "order";
    fn id(&self) -> Uuid {
        self.id
    }
}

struct AddLines {
    order_id: Uuid,
    first: u32,
    count: u32,
    limit: u32,
}

impl Command for AddLines {
    type Output = ();
    type Error = anyhow::Error;

    async fn run(&self, uow: &mut UnitOfWork) -> anyhow::Result<()> {
        let new = Order {
            id: self.order_id,
            state: workload::Order::default(),
        };
        let mut order: Order = uow.load(self.order_id).await?.unwrap_or(new);
        for number in self.first..self.first + self.count {
            let line = Line::new(number);
            order.state.decide(&line, self.limit)?;
            order.state.apply(&line);
            let Line {
                sku,
                quantity,
                cents,
                note,
            } = line;
            uow.record(&LineAdded {
                order_id: self.order_id,
                sku,
                quantity,
                cents,
                note,
            })?;
        }
        uow.save(&order)?;
        Ok(())
    }
}

async fn add_up(Event(line): Event<LineAdded>, tx: Tx) -> HandlerResult {
    let upsert = "INSERT INTO {orders} VALUES ($1, 1, $2) ON CONFLICT (id) DO UPDATE SET \
        lines = {orders}.lines + 1, cents = {orders}.cents + excluded.cents";
    tx.execute(
        sql(upsert)
            .bind(line.order_id)
            .bind(line.cents * i64::from(line.quantity)),
    )
    .await;
    Ok(())
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let db = Db::at(&arguments.store).await?;
    let mut builder = Backbone::builder(db);
    if arguments.work == Work::Projection {
        let table =
            "CREATE TABLE {orders} (id TEXT PRIMARY KEY, lines BIGINT NOT NULL, cents BIGINT NOT NULL);";
        builder = builder.subscribe(projection("orders").table("orders", table).on(add_up));
    }
    let backbone = builder.start().await?;
    let settings = settings(&arguments);
    let report = match arguments.work {
        Work::Replay => {
            fill(&backbone, arguments.events).await?;
            workload::replays(&arguments, settings, || replay(&backbone)).await?
        }
        work => {
            let backbone = backbone.clone();
            workload::callers(&arguments, settings, move |order, number| {
                let backbone = backbone.clone();
                async move { add_line(&backbone, order, number, work).await }
            })
            .await?
        }
    };
    backbone.stop().await;
    report.print()
}

fn settings(arguments: &Arguments) -> &'static str {
    match arguments.is_postgres() {
        true => "defaults",
        false => "defaults: WAL, synchronous=FULL, group commit",
    }
}

async fn add_line(backbone: &Backbone, order_id: Uuid, number: u32, work: Work) -> anyhow::Result<()> {
    let command = AddLines {
        order_id,
        first: number,
        count: 1,
        limit: LINES,
    };
    let done = backbone
        .execute(Context::anonymous(backbone.ids().next()), &command)
        .await?;
    if work == Work::Projection {
        backbone
            .seen_by("orders", done.receipt)
            .within(Duration::from_secs(30))
            .await?;
    }
    Ok(())
}

async fn fill(backbone: &Backbone, events: usize) -> anyhow::Result<()> {
    for _ in 0..events / 100 {
        let command = AddLines {
            order_id: backbone.ids().next(),
            first: 0,
            count: 100,
            limit: 100,
        };
        backbone
            .execute(Context::anonymous(backbone.ids().next()), &command)
            .await?;
    }
    let now = backbone.up_to_now().await?;
    backbone.position_of_receipt(now).await?;
    Ok(())
}

async fn replay(backbone: &Backbone) -> anyhow::Result<usize> {
    let (mut position, mut seen, mut pieces) = (0, 0, 0u64);
    loop {
        let page = backbone.log().page(position, 1_000).await?;
        let Some(last) = page.last() else {
            std::hint::black_box(pieces);
            return Ok(seen);
        };
        position = last.position;
        for event in &page {
            let line = LineAdded::decode(event.event_version, &event.data)?;
            pieces += u64::from(line.quantity);
            seen += 1;
        }
    }
}
