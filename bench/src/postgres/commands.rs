//! Durable commands of 64 callers: the product against a service that writes the
//! same rows by plain transactions of four round trips on 32 connections.

use std::sync::Arc;
use std::time::{Duration, Instant};

use althing_backbone::{Db, Ids};
use althing_testkit::Postgres;
use anyhow::Context;
use tokio::sync::{Mutex, mpsc};
use tokio_postgres::{Client, Statement};
use uuid::Uuid;

use super::raw;
use crate::commands::{BODY, TIME};
use crate::figure::{self, Effort};
use crate::product::{CALLERS, Product, Subscriptions};

const CONNECTIONS: usize = 32;

pub async fn run(postgres: &Postgres, effort: Effort) -> anyhow::Result<()> {
    let product = Product::start(
        Db::postgres(&postgres.database().await).await?,
        Subscriptions::Running,
    )
    .await?;
    let alone = Product::start(
        Db::postgres(&postgres.database().await).await?,
        Subscriptions::Absent,
    )
    .await?;
    let plain = Plain::start(&postgres.database().await).await?;
    let (mut product_total, mut alone_total, mut plain_total, mut caught_up) = (0, 0, 0, 0.0);
    let before = product.backbone.db().stats();
    for _ in 0..effort.slices() {
        plain_total += plain.slice(effort.slice()).await?;
        product_total += product.slice(effort.slice()).await?;
        caught_up += product.rest().await?.as_secs_f64();
        alone_total += alone.slice(effort.slice()).await?;
    }
    let commits = product.backbone.db().stats().commits - before.commits;
    let seconds = effort.slice().as_secs_f64() * effort.slices() as f64;
    figure::at_least(
        "commands of 64 callers on PostgreSQL: product / four-round-trip transactions on 32 connections",
        product_total as f64 / plain_total as f64,
        1.5,
        &format!(
            "{:.0} against {:.0} commands/s, {commits} commits for {product_total} commands; \
             its subscriptions needed {caught_up:.1} s more for {seconds:.0} s of commands",
            product_total as f64 / seconds,
            plain_total as f64 / seconds
        ),
    );
    figure::told(
        "the same without subscriptions",
        alone_total as f64 / plain_total as f64,
        &format!("{:.0} commands/s", alone_total as f64 / seconds),
    );
    product.backbone.stop().await;
    alone.backbone.stop().await;
    Ok(())
}

/// Reads the aggregate, writes it with its event, its history and its view.
struct Plain {
    idle: Arc<Mutex<mpsc::Receiver<Connection>>>,
    back: mpsc::Sender<Connection>,
    ids: Ids,
}

struct Connection {
    client: Client,
    load: Statement,
    write: Statement,
}

const SCHEMA: &str = "
    CREATE TABLE event_log (position BIGSERIAL PRIMARY KEY, id TEXT NOT NULL UNIQUE, event_type TEXT NOT NULL,
      event_version BIGINT NOT NULL, aggregate_type TEXT NOT NULL, aggregate_id TEXT NOT NULL, aggregate_seq BIGINT NOT NULL,
      workspace_id TEXT, actor_id TEXT, correlation_id TEXT NOT NULL, causation_id TEXT, trace TEXT, metadata TEXT NOT NULL,
      data TEXT NOT NULL, occurred_at TEXT NOT NULL, inserted_at TEXT NOT NULL, UNIQUE (aggregate_type, aggregate_id, aggregate_seq));
    CREATE INDEX by_type ON event_log (event_type, position);
    CREATE INDEX by_actor ON event_log (actor_id) WHERE actor_id IS NOT NULL;
    CREATE INDEX by_time ON event_log USING brin (occurred_at);
    CREATE INDEX by_correlation ON event_log (correlation_id);
    CREATE TABLE aggregate (kind TEXT, id TEXT, version BIGINT, body TEXT, PRIMARY KEY (kind, id));
    CREATE TABLE history (session_id TEXT, number BIGINT, title TEXT, actor_id TEXT, at TEXT, PRIMARY KEY (session_id, number));
    CREATE TABLE session (id TEXT PRIMARY KEY, owner_id TEXT, title TEXT, updated_at TEXT);
    CREATE INDEX session_by_owner ON session (owner_id, updated_at);
";
const LOAD: &str = "SELECT version, body FROM aggregate WHERE kind = 'Session' AND id = $1 FOR UPDATE";
const WRITE: &str = "
    WITH a AS (UPDATE aggregate SET version = version + 1, body = $3 WHERE kind = 'Session' AND id = $1 AND version = $2),
      h AS (INSERT INTO history VALUES ($1, $2, 'x', $4, $5)),
      s AS (UPDATE session SET title = 'Where to live', updated_at = $5 WHERE id = $1)
    INSERT INTO event_log (id, event_type, event_version, aggregate_type, aggregate_id, aggregate_seq, actor_id,
      correlation_id, metadata, data, occurred_at, inserted_at)
    VALUES ($6, 'session.renamed', 1, 'Session', $1, $2, $4, $6, '{}', $3, $5, $5)";

impl Plain {
    async fn start(url: &str) -> anyhow::Result<Self> {
        let client = raw::connect(url).await?;
        client.batch_execute(SCHEMA).await?;
        let owner = Uuid::from_u128(7).to_string();
        for caller in 0..CALLERS as u128 {
            let id = Uuid::from_u128(caller).to_string();
            client
                .execute(
                    "INSERT INTO aggregate VALUES ('Session', $1, 1, $2)",
                    &[&id, &BODY],
                )
                .await?;
            client
                .execute(
                    "INSERT INTO session VALUES ($1, $2, 'x', $3)",
                    &[&id, &owner, &TIME],
                )
                .await?;
        }
        let (back, idle) = mpsc::channel(CONNECTIONS);
        for _ in 0..CONNECTIONS {
            let client = raw::connect(url).await?;
            let (load, write) = (client.prepare(LOAD).await?, client.prepare(WRITE).await?);
            back.send(Connection { client, load, write }).await?;
        }
        Ok(Self {
            idle: Arc::new(Mutex::new(idle)),
            back,
            ids: Ids::random(),
        })
    }

    async fn slice(&self, length: Duration) -> anyhow::Result<u64> {
        let until = Instant::now() + length;
        let callers = (0..CALLERS as u128).map(|caller| {
            let (idle, back, ids) = (self.idle.clone(), self.back.clone(), self.ids.clone());
            async move {
                let id = Uuid::from_u128(caller).to_string();
                let mut done = 0u64;
                while Instant::now() < until {
                    let connection = idle.lock().await.recv().await.context("connections are kept")?;
                    rename(&connection, &id, &ids).await?;
                    back.send(connection).await?;
                    done += 1;
                }
                anyhow::Ok(done)
            }
        });
        figure::total_of(callers).await
    }
}

async fn rename(connection: &Connection, id: &str, ids: &Ids) -> anyhow::Result<()> {
    let Connection { client, load, write } = connection;
    client.batch_execute("BEGIN").await?;
    let version: i64 = client.query_one(load, &[&id]).await?.get(0);
    let actor = Uuid::from_u128(7).to_string();
    let event = ids.next().to_string();
    client
        .execute(write, &[&id, &version, &BODY, &actor, &TIME, &event])
        .await?;
    client.batch_execute("COMMIT").await?;
    Ok(())
}
