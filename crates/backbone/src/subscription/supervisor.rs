//! One for each process: decides which subscriptions run here, starts and ends their
//! runners, and gives signs of life.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use althing_db::{Batch, Statement, Value, sql};
use tokio::sync::Notify;
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::owner::{Leases, Owner};
use super::runner::{Ended, Runner};
use super::shared::Shared;
use super::spreading::{Held, LiveProcess, plan};
use super::store;
use crate::Result;
use crate::core::Core;

/// Signs of life in the length of a lease.
const BEATS: u32 = 4;
/// Looks at what the other processes do in the length of a lease, within bounds.
const LOOKS: u32 = 20;
const SHORTEST_LOOK: Duration = Duration::from_millis(20);
const LONGEST_LOOK: Duration = Duration::from_millis(250);
/// A process that has been silent for so many leases is forgotten.
const FORGOTTEN: i64 = 20;

pub(crate) struct Supervisor {
    core: Core,
    subscriptions: Arc<HashMap<Arc<str>, Arc<Shared>>>,
    owner: Owner,
    /// Woken when the position of a subscription must be learned from the database.
    observer: Arc<Notify>,
    shutdown: CancellationToken,
    tasks: JoinSet<Ended>,
    names: HashMap<Id, Arc<str>>,
    /// What runs here; cancelled means that it is about to be released.
    running: HashMap<Arc<str>, CancellationToken>,
    /// What crashed here and is not touched again, because a test asked for it or
    /// because of a mistake of this library.
    lost: HashSet<Arc<str>>,
    last_beat: Option<Instant>,
}

impl Supervisor {
    /// Makes what is new and starts whatever this process may run. If one cannot
    /// start, none is left running.
    pub async fn start(
        core: &Core,
        subscriptions: Arc<HashMap<Arc<str>, Arc<Shared>>>,
        owner: Owner,
        observer: Arc<Notify>,
        shutdown: CancellationToken,
    ) -> Result<Self> {
        let mut supervisor = Self {
            core: core.clone(),
            subscriptions,
            owner,
            observer,
            shutdown,
            tasks: JoinSet::new(),
            names: HashMap::new(),
            running: HashMap::new(),
            lost: HashSet::new(),
            last_beat: None,
        };
        for shared in supervisor.subscriptions.values() {
            store::create(&core.db, &shared.def, core.log.head(), core.clock.now()).await?;
        }
        let started = match supervisor.owner.leases {
            Leases::Exclusive => supervisor.take_all().await,
            Leases::Shared(_) => supervisor.round().await,
        };
        if let Err(error) = started {
            supervisor.shutdown.cancel();
            supervisor.run().await;
            return Err(error);
        }
        Ok(supervisor)
    }

    async fn take_all(&mut self) -> Result<()> {
        let mut runners = Vec::new();
        for shared in self.subscriptions.values() {
            runners.push(Runner::start(&self.core, shared.clone(), &self.owner).await?);
        }
        for runner in runners {
            self.spawn(runner);
        }
        Ok(())
    }

    fn spawn(&mut self, runner: Runner) {
        let (name, leave) = (runner.name(), self.shutdown.child_token());
        self.running.insert(name.clone(), leave.clone());
        let task = self.tasks.spawn(runner.run(leave));
        self.names.insert(task.id(), name);
    }

    /// Until the shutdown; then every runner ends its turn and releases what it has.
    pub async fn run(mut self) {
        let trouble = self.owner.trouble.clone();
        let looks = match self.owner.leases {
            Leases::Exclusive => None,
            Leases::Shared(length) => Some((length / LOOKS).clamp(SHORTEST_LOOK, LONGEST_LOOK)),
        };
        while !self.shutdown.is_cancelled() {
            tokio::select! {
                () = trouble.killed() => return self.die().await,
                () = self.shutdown.cancelled() => {}
                Some(ended) = self.tasks.join_next_with_id() => self.ended(ended),
                () = tokio::time::sleep(looks.unwrap_or_default()), if looks.is_some() => {
                    if !trouble.is_suspended() && let Err(error) = self.round().await {
                        let error = format!("{:#}", anyhow::Error::from(error));
                        tracing::error!(error, "could not agree with the other processes on who runs what; trying again");
                    }
                }
            }
        }
        loop {
            tokio::select! {
                () = trouble.killed() => return self.die().await,
                ended = self.tasks.join_next_with_id() => match ended {
                    Some(ended) => self.ended(ended),
                    None => break,
                },
            }
        }
        if self.last_beat.is_some()
            && let Err(error) = self
                .commit(sql("DELETE FROM live_process WHERE id = $1").bind(self.owner.id))
                .await
        {
            tracing::warn!(%error, "could not say goodbye to the other processes");
        }
    }

    /// As a test asked: nothing is released.
    async fn die(&mut self) {
        self.tasks.shutdown().await;
        for name in self.running.keys() {
            self.subscriptions[name].set_here(false);
        }
        self.owner.trouble.died();
    }

    fn ended(&mut self, ended: std::result::Result<(Id, Ended), JoinError>) {
        let (task, how) = match &ended {
            Ok((task, how)) => (*task, *how),
            Err(error) => {
                // A mistake of this library: the panics of handlers are caught.
                tracing::error!(%error, "a subscription's task ended badly");
                (error.id(), Ended::Crashed)
            }
        };
        let Some(name) = self.names.remove(&task) else {
            return;
        };
        self.running.remove(&name);
        if let Some(shared) = self.subscriptions.get(&name) {
            shared.set_here(false);
        }
        if how == Ended::Crashed {
            self.lost.insert(name);
        }
        self.observer.notify_one();
    }

    /// A sign of life if it is time for one, and a look at who runs what.
    async fn round(&mut self) -> Result<()> {
        let Leases::Shared(length) = self.owner.leases else {
            return Ok(());
        };
        if self.last_beat.is_none_or(|last| last.elapsed() >= length / BEATS) {
            self.beat().await?;
        }
        let (processes, mut held) = (self.processes().await?, self.held().await?);
        held.retain(|each| {
            let name = each.name.as_str();
            let leaving = self
                .running
                .get(name)
                .is_some_and(CancellationToken::is_cancelled);
            self.subscriptions.contains_key(name) && !leaving && !self.lost.contains(name)
        });
        for each in &mut held {
            match (
                each.by == Some(self.owner.id),
                self.running.contains_key(each.name.as_str()),
            ) {
                // Left over from a start that failed half way: it may be tried again.
                (true, false) => each.by = None,
                // Somebody has replaced it: it should find out.
                (false, true) => self.subscriptions[each.name.as_str()].wake.notify_one(),
                _ => {}
            }
        }
        let plan = plan(self.owner.id, &processes, &held);
        for name in &plan.release {
            if let Some(leave) = self.running.get(name.as_str()) {
                tracing::info!(subscription = name, owner = %self.owner.name, "released for another process");
                leave.cancel();
            }
        }
        for name in &plan.acquire {
            // One that was replaced a moment ago has to end first.
            if !self.running.contains_key(name.as_str()) {
                self.take(name).await?;
            }
        }
        Ok(())
    }

    async fn take(&mut self, name: &str) -> Result<()> {
        let shared = self.subscriptions[name].clone();
        let now = self.core.clock.now();
        if let Some(row) = store::acquire(&self.core.db, &shared.def, &self.owner, now).await? {
            tracing::info!(subscription = name, owner = %self.owner.name, epoch = row.epoch, "runs here now");
            let runner = Runner::of(&self.core, shared, &self.owner, row).await?;
            self.spawn(runner);
        }
        Ok(())
    }

    async fn beat(&mut self) -> Result<()> {
        let began = Instant::now();
        let (clock, length) = (
            self.core.db.clock_micros(),
            self.owner.leases.micros().unwrap_or(0),
        );
        let runs: BTreeMap<&str, i64> = self
            .subscriptions
            .iter()
            .map(|(name, shared)| (&**name, shared.def.version))
            .collect();
        let runs = serde_json::to_string(&runs).map_err(|_| crate::Error::Encode("subscriptions"))?;
        let mut batch = Batch::new();
        batch.run(
            sql(format!(
                "INSERT INTO live_process (id, name, runs, alive_until) VALUES ($1, $2, $3, {clock} + $4) \
                 ON CONFLICT (id) DO UPDATE SET alive_until = excluded.alive_until"
            ))
            .bind(self.owner.id)
            .bind(self.owner.name.clone())
            .bind(runs)
            .bind(length),
        );
        batch.run(
            sql(format!(
                "DELETE FROM live_process WHERE alive_until < {clock} - $1"
            ))
            .bind(length.saturating_mul(FORGOTTEN)),
        );
        if !self.running.is_empty() {
            batch.run(self.renewal(clock));
        }
        self.core.db.commit(batch).await?;
        self.last_beat = Some(began);
        Ok(())
    }

    fn renewal(&self, clock: &str) -> Statement {
        let mut values: Vec<Value> = vec![self.owner.id.into()];
        values.extend(self.running.keys().map(|name| Value::from(name.clone())));
        let names: Vec<String> = (2..=values.len()).map(|number| format!("${number}")).collect();
        let text = format!(
            "UPDATE subscription SET lease_until = {clock} + lease_length WHERE owner_id = $1 AND name IN ({})",
            names.join(", ")
        );
        values.into_iter().fold(sql(text), Statement::bind)
    }

    async fn processes(&self) -> Result<Vec<LiveProcess>> {
        let clock = self.core.db.clock_micros();
        let rows: Vec<(Uuid, String)> = sql(format!(
            "SELECT id, runs FROM live_process WHERE alive_until >= {clock}"
        ))
        .all(&self.core.db)
        .await?;
        // What cannot be read was written by a process that agrees on other things.
        let read = |(id, runs): (Uuid, String)| {
            Some(LiveProcess {
                id,
                runs: serde_json::from_str(&runs).ok()?,
            })
        };
        Ok(rows.into_iter().filter_map(read).collect())
    }

    async fn held(&self) -> Result<Vec<Held>> {
        let clock = self.core.db.clock_micros();
        let rows: Vec<(String, Option<Uuid>)> = sql(format!(
            "SELECT name, CASE WHEN lease_until >= {clock} THEN owner_id END FROM subscription"
        ))
        .all(&self.core.db)
        .await?;
        Ok(rows.into_iter().map(|(name, by)| Held { name, by }).collect())
    }

    async fn commit(&self, statement: Statement) -> Result<()> {
        let mut batch = Batch::new();
        batch.run(statement);
        self.core.db.commit(batch).await?;
        Ok(())
    }
}
