//! Appending at 1, 4 and 16 writers, on the backbone's own tables, beside three
//! other ways to get an order that readers can follow: a global advisory lock, a
//! counter's row, and a NOTIFY in each append. Each of those is one statement that
//! commits by itself, on a connection for each writer.

use std::time::{Duration, Instant};

use althing_backbone::{Backbone, Db, Ids};
use althing_testkit::Postgres;
use tokio_postgres::{Client, Statement};

use super::raw;
use crate::child::{Child, Role};
use crate::commands::TIME;
use crate::figure::{self, Effort};
use crate::tick::{NOTE, emit};

const WRITERS: [usize; 3] = [1, 4, 16];
const MOST: usize = 16;

/// How a writer sees to the order.
#[derive(Clone, Copy)]
struct Strategy {
    name: &'static str,
    /// Before the event is inserted; answers one row.
    first: &'static str,
    /// Where the event's id comes from.
    id: &'static str,
    /// What the insertion answers.
    answer: &'static str,
}

const OTHERS: [Strategy; 3] = [
    Strategy {
        name: "global advisory lock",
        first: "SELECT pg_advisory_xact_lock(1)",
        id: "nextval('event_entry_id')",
        answer: "id",
    },
    Strategy {
        name: "counter row",
        first: "UPDATE counter SET last = last + 1 RETURNING last",
        id: "first.last",
        answer: "id",
    },
    Strategy {
        name: "NOTIFY in each append",
        first: "SELECT 1",
        id: "nextval('event_entry_id')",
        answer: "pg_notify('floor', id::TEXT)",
    },
];

/// The same insertion without any order: what the tables themselves cost.
const NONE: Strategy = Strategy {
    name: "no order at all",
    first: "SELECT 1",
    id: "nextval('event_entry_id')",
    answer: "id",
};

impl Strategy {
    fn statement(&self) -> String {
        let Self {
            first, id, answer, ..
        } = self;
        format!(
            "WITH first AS MATERIALIZED ({first}), \
             one AS (INSERT INTO event_identity (event_id) VALUES ($1)), \
             head AS (INSERT INTO aggregate_sequence AS s (aggregate_type, aggregate_id, last) SELECT 'Tick', $1, 1 FROM first \
             ON CONFLICT (aggregate_type, aggregate_id) DO UPDATE SET last = s.last + 1 RETURNING last) \
             INSERT INTO event_entry (id, event_id, event_type, event_version, aggregate_type, aggregate_id, aggregate_seq, \
             correlation_id, metadata, data, occurred_at, inserted_at) \
             SELECT {id}, $1, 'bench.ticked', 1, 'Tick', $1, head.last, $1, '{{}}', $2, $3, $3 FROM first, head RETURNING {answer}"
        )
    }
}

/// Writers of one strategy, in a database of their own.
struct Writers {
    connections: Vec<(Client, Statement)>,
    ids: Ids,
    /// Somebody listens, as is the purpose.
    _listener: Child,
}

impl Writers {
    async fn start(postgres: &Postgres, strategy: Strategy) -> anyhow::Result<Self> {
        let url = postgres.database().await;
        // Makes the tables.
        Backbone::builder(Db::postgres(&url).await?)
            .without_running()
            .start()
            .await?
            .stop()
            .await;
        raw::connect(&url)
            .await?
            .batch_execute("CREATE TABLE counter (last BIGINT NOT NULL); INSERT INTO counter VALUES (0)")
            .await?;
        let mut connections = Vec::new();
        for _ in 0..MOST {
            let client = raw::connect(&url).await?;
            let statement = client.prepare(&strategy.statement()).await?;
            connections.push((client, statement));
        }
        Ok(Self {
            connections,
            ids: Ids::random(),
            _listener: Child::start(Role::SilentListener, &url).await?,
        })
    }

    async fn slice(&self, writers: usize, length: Duration) -> anyhow::Result<u64> {
        let until = Instant::now() + length;
        let writers = self.connections[..writers]
            .iter()
            .map(async |(client, statement)| {
                let mut done = 0u64;
                while Instant::now() < until {
                    let id = self.ids.next().to_string();
                    let data = format!(r#"{{"tick_id":"{id}","note":"{NOTE}"}}"#);
                    client.query(statement, &[&id, &data, &TIME]).await?;
                    done += 1;
                }
                anyhow::Ok(done)
            });
        Ok(futures::future::try_join_all(writers).await?.into_iter().sum())
    }
}

pub async fn run(postgres: &Postgres, effort: Effort) -> anyhow::Result<()> {
    let url = postgres.database().await;
    let backbone = Backbone::builder(Db::postgres(&url).await?).start().await?;
    let follower = Child::start(Role::Follower, &url).await?;
    let mut others = Vec::new();
    for strategy in OTHERS.into_iter().chain([NONE]) {
        others.push((strategy, Writers::start(postgres, strategy).await?));
    }
    for writers in WRITERS {
        let (mut ours, mut theirs) = (0, vec![0; others.len()]);
        for _ in 0..effort.slices() {
            ours += emit(&backbone, writers, effort.slice()).await?;
            for ((_, other), total) in others.iter().zip(&mut theirs) {
                *total += other.slice(writers, effort.slice()).await?;
            }
        }
        let seconds = effort.slice().as_secs_f64() * effort.slices() as f64;
        for ((strategy, _), total) in others.iter().zip(theirs) {
            figure::told(
                &format!("appends by {writers} writers: backbone / {}", strategy.name),
                ours as f64 / total as f64,
                &format!(
                    "{:.0} against {:.0} events/s",
                    ours as f64 / seconds,
                    total as f64 / seconds
                ),
            );
        }
    }
    follower.end().await?;
    backbone.stop().await;
    Ok(())
}
