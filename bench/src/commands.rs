//! Durable commands of 64 callers: the product against a bare group-commit writer
//! that runs the same statements without loading, deciding or validating anything.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use althing_backbone::Db;
use rusqlite::Connection;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::figure::{self, Effort};
use crate::product::{CALLERS, Product, Subscriptions};
use crate::scratch::Scratch;

pub async fn run(effort: Effort) -> anyhow::Result<()> {
    let disk = Scratch::on_disk("commands")?;
    compare("disk", &disk, effort).await?;
    if let Some(memory) = Scratch::in_memory("commands")? {
        compare("tmpfs", &memory, effort).await?;
    }
    Ok(())
}

async fn compare(place: &str, scratch: &Scratch, effort: Effort) -> anyhow::Result<()> {
    let product = Product::start(
        Db::open(scratch.file("product.db")).await?,
        Subscriptions::Running,
    )
    .await?;
    let alone = Product::start(Db::open(scratch.file("alone.db")).await?, Subscriptions::Absent).await?;
    let bare = Bare::start(&scratch.file("bare.db"))?;
    let (mut product_total, mut bare_total, mut alone_total, mut caught_up) = (0, 0, 0, 0.0);
    let before = product.backbone.db().stats();
    for _ in 0..effort.slices() {
        bare_total += bare.slice(effort.slice()).await;
        product_total += product.slice(effort.slice()).await?;
        caught_up += product.rest().await?.as_secs_f64();
        alone_total += alone.slice(effort.slice()).await?;
    }
    let commits = product.backbone.db().stats().commits - before.commits;
    let seconds = effort.slice().as_secs_f64() * effort.slices() as f64;
    let detail = format!(
        "{:.0} against {:.0} commands/s; its subscriptions needed {:.1} s more for {seconds:.0} s of commands",
        product_total as f64 / seconds,
        bare_total as f64 / seconds,
        caught_up
    );
    figure::at_least(
        &format!("commands of 64 callers on {place}: product / bare group-commit writer"),
        product_total as f64 / bare_total as f64,
        0.6,
        &detail,
    );
    let per_thousand = commits as f64 * 1_000.0 / product_total as f64;
    figure::at_most(
        &format!("commits for 1,000 commands on {place}"),
        per_thousand,
        60.0,
        &format!("{commits} commits, {product_total} commands, subscriptions included"),
    );
    figure::told(
        &format!("the same on {place} without subscriptions"),
        alone_total as f64 / bare_total as f64,
        &format!("{:.0} commands/s", alone_total as f64 / seconds),
    );
    product.backbone.stop().await;
    alone.backbone.stop().await;
    Ok(())
}

/// One thread, one transaction for all that waits, a savepoint for each command.
struct Bare {
    jobs: mpsc::Sender<(u64, oneshot::Sender<()>)>,
    counter: Arc<AtomicU64>,
}

const SCHEMA: &str = "
    PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE event_log (position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, event_type TEXT NOT NULL,
      event_version BIGINT NOT NULL, aggregate_type TEXT NOT NULL, aggregate_id TEXT NOT NULL, aggregate_seq BIGINT NOT NULL,
      workspace_id TEXT, actor_id TEXT, correlation_id TEXT NOT NULL, causation_id TEXT, trace TEXT, metadata TEXT NOT NULL,
      data TEXT NOT NULL, occurred_at TEXT NOT NULL, inserted_at TEXT NOT NULL, UNIQUE (aggregate_type, aggregate_id, aggregate_seq));
    CREATE INDEX by_type ON event_log (event_type, position);
    CREATE INDEX by_actor ON event_log (actor_id) WHERE actor_id IS NOT NULL;
    CREATE INDEX by_time ON event_log (occurred_at);
    CREATE INDEX by_correlation ON event_log (correlation_id);
    CREATE TABLE aggregate (kind TEXT, id TEXT, version BIGINT, body TEXT, PRIMARY KEY (kind, id));
    CREATE TABLE history (session_id TEXT, number BIGINT, title TEXT, actor_id TEXT, at TEXT, PRIMARY KEY (session_id, number));
    CREATE TABLE session (id TEXT PRIMARY KEY, owner_id TEXT, title TEXT, updated_at TEXT);
    CREATE INDEX session_by_owner ON session (owner_id, updated_at);
";

pub const BODY: &str = r#"{"id":"0190a000-0000-7000-8000-000000000001","owner_id":"0190a000-0000-7000-8000-000000000001","title":"Where to live 1 123456789","status":"active","created_at":"2026-11-21T09:30:00.123456Z"}"#;
pub const TIME: &str = "2026-11-21T09:30:00.123456Z";

impl Bare {
    fn start(path: &std::path::Path) -> anyhow::Result<Self> {
        let connection = Connection::open(path)?;
        connection.execute_batch(SCHEMA)?;
        connection.set_prepared_statement_cache_capacity(64);
        let actor = Uuid::from_u128(7).to_string();
        for caller in 0..CALLERS as u64 {
            let id = Uuid::from_u128(u128::from(caller)).to_string();
            connection.execute("INSERT INTO aggregate VALUES ('Session', ?1, 1, ?2)", (&id, BODY))?;
            connection.execute(
                "INSERT INTO session VALUES (?1, ?2, 'x', ?3)",
                (&id, &actor, TIME),
            )?;
        }
        let (jobs, inbox) = mpsc::channel::<(u64, oneshot::Sender<()>)>();
        std::thread::spawn(move || {
            let mut written = 0u64;
            while let Ok(first) = inbox.recv() {
                connection
                    .execute_batch("BEGIN IMMEDIATE")
                    .expect("a bare database of our own begins");
                let mut waiting = Vec::new();
                let mut next = Some(first);
                while let Some((caller, reply)) = next {
                    written += 1;
                    write(&connection, caller, written, &actor)
                        .expect("a bare database of our own takes rows");
                    waiting.push(reply);
                    next = inbox.try_recv().ok();
                }
                connection
                    .execute_batch("COMMIT")
                    .expect("a bare database of our own commits");
                for reply in waiting {
                    // A caller whose slice is over no longer waits.
                    reply.send(()).ok();
                }
            }
        });
        Ok(Self {
            jobs,
            counter: Arc::default(),
        })
    }

    async fn slice(&self, length: Duration) -> u64 {
        let until = Instant::now() + length;
        let before = self.counter.load(Ordering::Relaxed);
        let callers = (0..CALLERS as u64).map(|caller| {
            let (jobs, counter) = (self.jobs.clone(), self.counter.clone());
            tokio::spawn(async move {
                while Instant::now() < until {
                    let (reply, answer) = oneshot::channel();
                    if jobs.send((caller, reply)).is_err() || answer.await.is_err() {
                        return;
                    }
                    counter.fetch_add(1, Ordering::Relaxed);
                }
            })
        });
        futures::future::join_all(callers).await;
        self.counter.load(Ordering::Relaxed) - before
    }
}

/// The rows that one rename of the product writes.
fn write(connection: &Connection, caller: u64, number: u64, actor: &str) -> rusqlite::Result<()> {
    let id = Uuid::from_u128(u128::from(caller)).to_string();
    let event = Uuid::from_u128((1 << 100) + u128::from(number)).to_string();
    connection.prepare_cached("SAVEPOINT command")?.execute([])?;
    connection
        .prepare_cached(
            "UPDATE aggregate SET version = version + 1, body = ?1 WHERE kind = 'Session' AND id = ?2",
        )?
        .execute((BODY, &id))?;
    connection
        .prepare_cached(
            "INSERT INTO event_log (id, event_type, event_version, aggregate_type, aggregate_id, aggregate_seq, actor_id, \
             correlation_id, metadata, data, occurred_at, inserted_at) VALUES (?1, 'session.renamed', 1, 'Session', ?2, \
             (SELECT coalesce(max(aggregate_seq), 0) + 1 FROM event_log WHERE aggregate_type = 'Session' AND aggregate_id = ?2), \
             ?3, ?4, '{}', ?5, ?6, ?6)",
        )?
        .execute((&event, &id, actor, &event, BODY, TIME))?;
    connection
        .prepare_cached("INSERT INTO history VALUES (?1, ?2, 'x', ?3, ?4)")?
        .execute((&id, number.cast_signed(), actor, TIME))?;
    connection
        .prepare_cached("UPDATE session SET title = ?1, updated_at = ?2 WHERE id = ?3")?
        .execute(("Where to live", TIME, &id))?;
    connection.prepare_cached("RELEASE command")?.execute([])?;
    Ok(())
}
