//! Another program, which follows the events through Redis with a database of its own, and may be killed as well.

use std::collections::HashMap;
use std::future::pending;
use std::time::{Duration, Instant};

use althing_backbone::{
    Backbone, Consumer, Db, DomainEvent, Event, HandlerResult, Leases, Meta, RedisStreams, Subscription, Tx,
    projection, sql,
};
use althing_events::decisions::*;
use althing_events::identity::*;
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

/// Its lease, and how long what a dead one was given rests with it.
const SILENCE: Duration = Duration::from_secs(1);
/// How long it may take to catch up at the end.
const PATIENCE: Duration = Duration::from_secs(60);

/// A line for each effect: one that happens twice is there twice.
const ARRIVED: &str = "CREATE TABLE {arrived} (
  place BIGINT GENERATED ALWAYS AS IDENTITY,
  position BIGINT NOT NULL,
  event_id TEXT NOT NULL,
  aggregate TEXT NOT NULL,
  aggregate_seq BIGINT NOT NULL
)";

async fn write_down<E: DomainEvent>(_: Event<E>, meta: Meta, tx: Tx) -> HandlerResult {
    let line =
        sql("INSERT INTO {arrived} (position, event_id, aggregate, aggregate_seq) VALUES ($1, $2, $3, $4)")
            .bind(meta.position)
            .bind(meta.event_id.to_string())
            .bind(format!("{}/{}", meta.aggregate_type, meta.aggregate_id))
            .bind(meta.aggregate_seq);
    tx.execute(line).await;
    Ok(())
}

/// Everything that happens here; what is not in the list counts as lost.
fn arrivals() -> Subscription {
    projection("arrivals")
        .table("arrived", ARRIVED)
        .on(write_down::<UserRegistered>)
        .on(write_down::<UserConfirmed>)
        .on(write_down::<UserLoggedIn>)
        .on(write_down::<SessionCreated>)
        .on(write_down::<SessionRenamed>)
        .on(write_down::<CycleCreated>)
        .on(write_down::<CycleBranched>)
        .on(write_down::<CycleCompleted>)
        .on(write_down::<ComponentStarted>)
        .on(write_down::<ComponentOutputUpdated>)
        .on(write_down::<ComponentCompleted>)
        .on(write_down::<ComponentMarkedForRevision>)
        .on(write_down::<ConversationStarted>)
        .on(write_down::<MessageSent>)
        .on(write_down::<ConversationDataExtracted>)
        .on(write_down::<ConversationCompleted>)
        .on(write_down::<PughScoresComputed>)
        .on(write_down::<TradeoffsAnalyzed>)
        .on(write_down::<DqScoresComputed>)
        .into()
}

/// The program; it runs in threads of its own, so that it can end in the middle of anything.
pub struct Follower {
    database: String,
    redis: String,
    threads: Option<Runtime>,
}

impl Follower {
    pub async fn start(database: String, redis: String) -> Self {
        let mut follower = Self {
            database,
            redis,
            threads: None,
        };
        follower.launch().await;
        follower
    }

    async fn launch(&mut self) {
        let threads = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (database, redis) = (self.database.clone(), self.redis.clone());
        let (ready, is_ready) = oneshot::channel();
        threads.spawn(async move {
            let builder = Backbone::builder(Db::at(&database).await.unwrap());
            let backbone = builder.leases(Leases::Shared(SILENCE)).start().await.unwrap();
            let stream = RedisStreams::connect(&redis).unwrap().idle(SILENCE);
            let _consumer = Consumer::of(stream, arrivals()).start(&backbone).await.unwrap();
            ready.send(()).unwrap();
            pending::<()>().await;
        });
        is_ready.await.expect("the follower starts");
        self.threads = Some(threads);
    }

    /// Ends wherever it is, releases nothing, and starts again.
    pub async fn crash(&mut self) {
        self.threads.take().expect("it runs").shutdown_background();
        self.launch().await;
    }

    /// Each event of the log had its effect once, those of an aggregate in order.
    pub async fn check(&self, log: &[Value]) {
        let db = Db::at(&self.database).await.unwrap();
        let begun = Instant::now();
        let count = sql("SELECT count(*) FROM arrived");
        while count.clone().one::<i64>(&db).await.unwrap() < i64::try_from(log.len()).unwrap()
            && begun.elapsed() < PATIENCE
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let arrived: Vec<(i64, String, String, i64)> =
            sql("SELECT position, event_id, aggregate, aggregate_seq FROM arrived ORDER BY place")
                .all(&db)
                .await
                .unwrap();
        let mut last: HashMap<&str, i64> = HashMap::new();
        for (position, event_id, aggregate, number) in &arrived {
            let before = last.insert(aggregate, *number).unwrap_or(0);
            let of_aggregate = || -> Vec<_> { arrived.iter().filter(|one| one.2 == *aggregate).collect() };
            assert_eq!(
                *number,
                before + 1,
                "{event_id}, at {position}, is lost, doubled or out of order: {:?}",
                of_aggregate()
            );
        }
        let mut ids: Vec<(i64, &str)> = arrived
            .iter()
            .map(|(position, event_id, ..)| (*position, event_id.as_str()))
            .collect();
        ids.sort_unstable();
        let wanted: Vec<(i64, &str)> = log
            .iter()
            .map(|event| {
                (
                    event["position"].as_i64().unwrap(),
                    event["event_id"].as_str().unwrap(),
                )
            })
            .collect();
        assert_eq!(ids.len(), wanted.len(), "effects for events");
        assert!(ids == wanted, "each event has one effect");
        println!(
            "{} events arrived through Redis, each once and in order",
            ids.len()
        );
    }
}

/// A runtime may not be waited for in asynchronous code.
impl Drop for Follower {
    fn drop(&mut self) {
        if let Some(threads) = self.threads.take() {
            threads.shutdown_background();
        }
    }
}
