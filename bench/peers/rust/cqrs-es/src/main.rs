//! cqrs-es with postgres-es and sqlite-es.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use clap::Parser;
use cqrs_es::event_sink::EventSink;
use cqrs_es::persist::{
    GenericQuery, PersistedEventRepository, PersistedEventStore, QueryReplay, ViewRepository,
};
use cqrs_es::{Aggregate, CqrsFramework, DomainEvent, EventEnvelope, Query, View};
use postgres_es::{PostgresEventRepository, PostgresViewRepository, default_postgress_pool};
use serde::{Deserialize, Serialize};
use sqlite_es::{SqliteEventRepository, SqliteViewRepository};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use workload::{Arguments, LINES, Line, Report, Work};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum OrderEvent {
    LineAdded(Line),
}

impl DomainEvent for OrderEvent {
    fn event_type(&self) -> String {
        "LineAdded".into()
    }

    fn event_version(&self) -> String {
        "1.0".into()
    }
}

#[derive(Debug)]
struct Refusal(anyhow::Error);

impl Display for Refusal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

impl std::error::Error for Refusal {}

struct AddLines {
    first: u32,
    count: u32,
    limit: u32,
}

#[derive(Default, Serialize, Deserialize)]
struct Order(workload::Order);

impl Aggregate for Order {
    const TYPE: &'static str = "order";
    type Command = AddLines;
    type Event = OrderEvent;
    type Error = Refusal;
    type Services = ();

    async fn handle(&mut self, command: AddLines, _: &(), sink: &EventSink<Self>) -> Result<(), Refusal> {
        for number in command.first..command.first + command.count {
            let line = Line::new(number);
            self.0.decide(&line, command.limit).map_err(Refusal)?;
            sink.write(OrderEvent::LineAdded(line), self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: OrderEvent) {
        let OrderEvent::LineAdded(line) = event;
        self.0.apply(&line);
    }
}

/// The projection: a row for each order, as the library stores views.
#[derive(Debug, Default, Serialize, Deserialize)]
struct OrderView(workload::Order);

impl View<Order> for OrderView {
    fn update(&mut self, event: &EventEnvelope<Order>) {
        let OrderEvent::LineAdded(line) = &event.payload;
        self.0.apply(line);
    }
}

/// Counts what a replay shows it.
#[derive(Clone, Default)]
struct Counter(Arc<AtomicUsize>);

#[async_trait]
impl Query<Order> for Counter {
    async fn dispatch(&self, _: &str, events: &[EventEnvelope<Order>]) {
        self.0.fetch_add(events.len(), Ordering::Relaxed);
    }
}

const POSTGRES: &str = "
    CREATE TABLE events (aggregate_type text NOT NULL, aggregate_id text NOT NULL,
      sequence bigint CHECK (sequence >= 0) NOT NULL, event_type text NOT NULL, event_version text NOT NULL,
      payload json NOT NULL, metadata json NOT NULL, PRIMARY KEY (aggregate_type, aggregate_id, sequence));
    CREATE TABLE orders (view_id text NOT NULL, version bigint CHECK (version >= 0) NOT NULL, payload json NOT NULL,
      PRIMARY KEY (view_id));";

const SQLITE: &str = "
    CREATE TABLE events (aggregate_type text NOT NULL, aggregate_id text NOT NULL,
      sequence integer CHECK (sequence >= 0) NOT NULL, event_type text NOT NULL, event_version text NOT NULL,
      payload text NOT NULL, metadata text NOT NULL, PRIMARY KEY (aggregate_type, aggregate_id, sequence)) STRICT;
    CREATE TABLE orders (view_id text NOT NULL, version integer CHECK (version >= 0) NOT NULL, payload text NOT NULL,
      PRIMARY KEY (view_id)) STRICT;";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let report = match arguments.is_postgres() {
        true => {
            let pool = default_postgress_pool(&arguments.store).await;
            sqlx::raw_sql(POSTGRES).execute(&pool).await?;
            let views = PostgresViewRepository::<OrderView, Order>::new("orders", pool.clone());
            let repository = || PostgresEventRepository::new(pool.clone());
            run(&arguments, "defaults: pool 10", views, repository).await?
        }
        false => {
            // Its default_sqlite_pool, but synchronous=FULL for NORMAL: a commit is to be on the disk.
            let options = SqliteConnectOptions::from_str(&format!("sqlite://{}", arguments.store))?
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true);
            let pool = SqlitePoolOptions::new()
                .max_connections(10)
                .connect_with(options)
                .await?;
            sqlx::raw_sql(SQLITE).execute(&pool).await?;
            let views = SqliteViewRepository::<OrderView, Order>::new("orders", pool.clone());
            let repository = || SqliteEventRepository::new(pool.clone());
            let settings = "WAL, pool 10; synchronous=FULL for its NORMAL";
            run(&arguments, settings, views, repository).await?
        }
    };
    report.print()
}

async fn run<R, V>(
    arguments: &Arguments,
    settings: &str,
    views: V,
    repository: impl Fn() -> R,
) -> anyhow::Result<Report>
where
    R: PersistedEventRepository + Send + Sync + 'static,
    V: ViewRepository<OrderView, Order> + 'static,
{
    let mut framework = CqrsFramework::new(PersistedEventStore::new_event_store(repository()), vec![], ());
    if arguments.work == Work::Projection {
        let mut query = GenericQuery::<V, OrderView, Order>::new(Arc::new(views));
        query.use_error_handler(Box::new(|error| panic!("the view: {error}")));
        framework = framework.append_query(Box::new(query));
    }
    let framework = Arc::new(framework);
    if arguments.work != Work::Replay {
        return workload::callers(arguments, settings, move |order, number| {
            let framework = framework.clone();
            async move {
                let command = AddLines {
                    first: number,
                    count: 1,
                    limit: LINES,
                };
                // The views are written before this answers.
                Ok(framework.execute(&order.to_string(), command).await?)
            }
        })
        .await;
    }
    for _ in 0..arguments.events / 100 {
        let command = AddLines {
            first: 0,
            count: 100,
            limit: 100,
        };
        framework
            .execute(&uuid::Uuid::new_v4().to_string(), command)
            .await?;
    }
    workload::replays(arguments, settings, || async {
        let counter = Counter::default();
        let mut replay = QueryReplay::new(repository(), counter.clone());
        replay.use_error_handler(Box::new(|error| panic!("the replay: {error}")));
        replay.replay_all().await?;
        Ok(counter.0.load(Ordering::Relaxed))
    })
    .await
}
