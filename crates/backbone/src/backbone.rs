//! Putting it together: a store, subscriptions, and the handle that everybody holds.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use althing_db::{Clock, Db, Ids, Migration, Migrations};
use tokio::sync::{Mutex, Notify};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::command::{Command, Committed, Receipt};
use crate::context::Context;
use crate::core::Core;
use crate::envelope::Cursor;
use crate::feed::Feed;
use crate::log::Log;
use crate::operate::Operator;
use crate::registry::{EventRegistry, RegistryError};
use crate::relay::{self, Relay, RelayRunner, RelayShared};
use crate::subscription::{Leases, Observer, Owner, Seen, Shared, Subscription, Supervisor, create, inline};
use crate::{Error, Result};

const MIGRATIONS: Migrations = Migrations {
    context: "backbone",
    steps: &[
        Migration {
            number: 1,
            name: "start",
            text: include_str!("migrations/0001_start.sql"),
            postgres: Some(include_str!("migrations/0001_start.postgres.sql")),
        },
        Migration {
            number: 2,
            name: "processes",
            text: include_str!("migrations/0002_processes.sql"),
            postgres: None,
        },
        Migration {
            number: 3,
            name: "archive",
            text: include_str!("migrations/0003_archive.sql"),
            postgres: Some(include_str!("migrations/0003_archive.postgres.sql")),
        },
    ],
};

/// How often the log is looked at for what another process wrote.
const POLL: Duration = Duration::from_secs(1);

/// The event backbone: commands in, subscriptions out. Cloning it is cheap.
#[derive(Clone)]
pub struct Backbone {
    core: Core,
    subscriptions: Arc<HashMap<Arc<str>, Arc<Shared>>>,
    relays: Arc<[Arc<RelayShared>]>,
    inline: Option<Duration>,
    owner: Owner,
    /// Woken by whoever begins to wait for a position.
    observer: Arc<Notify>,
    running: Arc<Running>,
}

struct Running {
    shutdown: CancellationToken,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// Collects subscriptions before the start.
#[must_use]
pub struct Builder {
    db: Db,
    clock: Clock,
    ids: Ids,
    owner: String,
    leases: Option<Leases>,
    archive: Option<PathBuf>,
    registry: Option<EventRegistry>,
    subscriptions: Vec<Subscription>,
    relays: Vec<Relay>,
    inline: Option<Duration>,
    runs: bool,
}

impl Backbone {
    /// Begins with a store.
    pub fn builder(db: Db) -> Builder {
        Builder {
            db,
            clock: Clock::system(),
            ids: Ids::random(),
            owner: format!("process {}", std::process::id()),
            leases: None,
            archive: None,
            registry: None,
            subscriptions: Vec::new(),
            relays: Vec::new(),
            inline: None,
            runs: true,
        }
    }

    /// Runs a command and commits what it changed. On a conflict it is decided
    /// again, up to three times more.
    pub async fn execute<C: Command>(
        &self,
        context: Context,
        command: &C,
    ) -> std::result::Result<Committed<C::Output>, C::Error> {
        let done = self.core.execute(context, command).await?;
        if let Some(limit) = self.inline {
            inline::wait(&self.core.log, &self.subscriptions, done.receipt, limit).await;
        }
        Ok(done)
    }

    /// Begins to wait until a subscription has handled a commit.
    pub fn seen_by<'a>(&'a self, subscription: &'a str, receipt: Receipt) -> Seen<'a> {
        let shared = self.subscriptions.get(subscription);
        Seen::new(
            subscription,
            shared.cloned(),
            &self.core.log,
            &self.observer,
            receipt,
        )
    }

    /// Stands for everything that was committed until now, by whomever.
    pub async fn up_to_now(&self) -> Result<Receipt> {
        self.core.log.poll().await?;
        Ok(Receipt::at(self.core.log.head()))
    }

    /// The highest position of a commit, 0 if it recorded no event. On PostgreSQL it
    /// may have to wait a moment for it.
    pub async fn position_of_receipt(&self, receipt: Receipt) -> Result<i64> {
        self.core.log.resolve_receipt(receipt).await
    }

    /// Waits until every subscription has handled or parked everything in the log,
    /// also what they recorded themselves meanwhile.
    pub async fn settled(&self, within: Duration) -> Result<()> {
        let deadline = tokio::time::Instant::now() + within;
        self.core.log.poll().await?;
        loop {
            let head = self.core.log.head();
            for (name, shared) in &*self.subscriptions {
                let mut position = self.watch(shared);
                let reached = position.wait_for(|position| *position >= head);
                if !matches!(tokio::time::timeout_at(deadline, reached).await, Ok(Ok(_))) {
                    return Err(Error::NotSeen {
                        subscription: name.to_string(),
                        position: head,
                    });
                }
            }
            // What they recorded is committed, but may have no position yet.
            self.core.log.poll().await?;
            if self.core.log.head() == head {
                return Ok(());
            }
        }
    }

    /// Follows the log; from now, or from a cursor. No patterns means every event.
    pub fn feed(&self, after: Option<Cursor>, patterns: Vec<String>) -> Result<Feed> {
        Feed::open(&self.core.log, &self.core.registry, after, patterns)
    }

    /// The log.
    pub fn log(&self) -> &Log {
        &self.core.log
    }

    /// The store.
    pub fn db(&self) -> &Db {
        &self.core.db
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.core.clock
    }

    /// The source of ids.
    pub fn ids(&self) -> &Ids {
        &self.core.ids
    }

    /// The catalogue.
    pub fn registry(&self) -> &EventRegistry {
        &self.core.registry
    }

    /// Which subscriptions listen to an event type, by name.
    pub fn consumers_of(&self, event_type: &str) -> Vec<String> {
        let mut names: Vec<String> = self
            .subscriptions
            .values()
            .filter(|shared| shared.def.handlers.contains_key(event_type))
            .map(|shared| shared.def.name.to_string())
            .collect();
        names.sort();
        names
    }

    /// Names of all subscriptions of this program.
    pub fn subscriptions(&self) -> Vec<&Subscription> {
        let mut all: Vec<&Subscription> = self.subscriptions.values().map(|shared| &*shared.def).collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// Names of all relays of this program.
    pub fn relays(&self) -> impl Iterator<Item = &str> {
        self.relays.iter().map(|relay| &*relay.def.name)
    }

    /// The operator's hands; `actor` is written beside each act.
    pub fn operator(&self, actor: &str) -> Operator {
        Operator::new(&self.core, actor)
    }

    /// Lets the runners of this process look at once at what an operator changed.
    pub fn wake(&self) {
        for shared in self.subscriptions.values() {
            shared.wake.notify_one();
        }
        for relay in &*self.relays {
            relay.wake.notify_one();
        }
    }

    /// How far a subscription or relay of this program is, whichever process runs it.
    pub fn position_of(&self, subscription: &str) -> Result<tokio::sync::watch::Receiver<i64>> {
        let relay = || self.relays.iter().find(|relay| *relay.def.name == *subscription);
        self.subscriptions
            .get(subscription)
            .map(|shared| self.watch(shared))
            .or_else(|| Some(relay()?.position.subscribe()))
            .ok_or_else(|| Error::NoSubscription(subscription.to_owned()))
    }

    fn watch(&self, shared: &Shared) -> tokio::sync::watch::Receiver<i64> {
        let receiver = shared.position.subscribe();
        self.observer.notify_one();
        receiver
    }

    /// Deletes the person's key: their personal fields become unreadable, in the
    /// log and everywhere it was copied to.
    pub async fn erase_subject(&self, subject: crate::Uuid) -> Result<()> {
        Ok(crate::personal::erase(&self.core.db, subject).await?)
    }

    /// Reads an event with its personal fields opened.
    pub async fn open_event<E: crate::DomainEvent>(&self, envelope: &crate::Envelope) -> Result<E> {
        Ok(crate::extract::open(&self.core, envelope).await?)
    }

    /// Stops all subscriptions and waits until each has ended its turn.
    pub async fn stop(&self) {
        self.running.shutdown.cancel();
        for task in std::mem::take(&mut *self.running.tasks.lock().await) {
            if let Err(error) = task.await {
                tracing::error!(%error, "a subscription's task ended badly");
            }
        }
        if let Some(sequencer) = self.core.log.sequencer() {
            sequencer.run(false);
        }
    }

    pub(crate) fn owner(&self) -> &Owner {
        &self.owner
    }

    pub(crate) fn core(&self) -> &Core {
        &self.core
    }
}

impl Builder {
    /// Uses another clock.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Uses other ids.
    pub fn ids(mut self, ids: Ids) -> Self {
        self.ids = ids;
        self
    }

    /// How this process is called where operators see owners.
    pub fn owner(mut self, owner: impl Into<String>) -> Self {
        self.owner = owner.into();
        self
    }

    /// How processes agree on who runs which subscription; the default follows the
    /// store.
    pub fn leases(mut self, leases: Leases) -> Self {
        self.leases = Some(leases);
        self
    }

    /// Where archived events are read from, and written to unless an operator says
    /// otherwise. Without it, whoever needs them gets an error.
    pub fn archive(mut self, folder: impl Into<PathBuf>) -> Self {
        self.archive = Some(folder.into());
        self
    }

    /// Uses a registry of chosen events instead of every linked one.
    pub fn registry(mut self, registry: EventRegistry) -> Self {
        self.registry = Some(registry);
        self
    }

    /// Adds a subscription.
    pub fn subscribe(mut self, subscription: impl Into<Subscription>) -> Self {
        self.subscriptions.push(subscription.into());
        self
    }

    /// Adds several.
    pub fn subscribe_all(mut self, subscriptions: impl IntoIterator<Item = Subscription>) -> Self {
        self.subscriptions.extend(subscriptions);
        self
    }

    /// Adds a relay: the log is copied to a broker.
    pub fn relay(mut self, relay: impl Into<Relay>) -> Self {
        self.relays.push(relay.into());
        self
    }

    /// Lets each command's answer wait until the subscriptions that run in this
    /// process have passed its events, at most this long. What they record
    /// themselves is not waited for, nor is a relay.
    pub fn inline(mut self, at_most: Duration) -> Self {
        self.inline = Some(at_most);
        self
    }

    /// Knows its subscriptions and relays but runs none of them: events are recorded
    /// and wait. A subscription that is new begins here, not when it is run.
    pub fn without_running(mut self) -> Self {
        self.runs = false;
        self
    }

    /// Prepares the tables and checks the catalogue, but starts no subscription:
    /// for command-line tools beside a running server.
    pub async fn open(self) -> Result<Backbone> {
        Ok(self.prepare().await?.0)
    }

    /// Prepares everything and starts all subscriptions, or those that fall to this
    /// process.
    pub async fn start(self) -> Result<Backbone> {
        let runs = self.runs;
        let (backbone, shutdown) = self.prepare().await?;
        if !runs {
            for shared in backbone.subscriptions.values() {
                let core = &backbone.core;
                create(&core.db, &shared.def, core.log.head(), core.clock.now()).await?;
            }
        }
        let supervisor = Supervisor::start(
            &backbone.core,
            if runs {
                backbone.subscriptions.clone()
            } else {
                Arc::default()
            },
            backbone.owner.clone(),
            backbone.observer.clone(),
            shutdown.clone(),
        )
        .await?;
        let mut relays = Vec::new();
        for relay in backbone.relays.iter().filter(|_| runs) {
            match RelayRunner::start(&backbone.core, relay.clone(), &backbone.owner).await {
                Ok(runner) => relays.push(runner),
                Err(error) => {
                    // All or none: if one cannot start, nothing may be left running.
                    shutdown.cancel();
                    supervisor.run().await;
                    return Err(error);
                }
            }
        }
        let mut tasks = backbone.running.tasks.lock().await;
        tasks.extend(
            relays
                .into_iter()
                .map(|relay| tokio::spawn(relay.run(shutdown.clone()))),
        );
        tasks.push(tokio::spawn(supervisor.run()));
        tasks.push(tokio::spawn(poll(backbone.core.log.clone(), shutdown.clone())));
        if let Some(sequencer) = backbone.core.log.sequencer() {
            sequencer.run(true);
            let (log, numbered) = (backbone.core.log.clone(), sequencer.numbered());
            let leading = crate::sequencer::lead(
                sequencer.clone(),
                backbone.owner.name.to_string(),
                shutdown.clone(),
            );
            tasks.push(tokio::spawn(leading));
            tasks.push(tokio::spawn(follow(log, numbered, shutdown)));
        }
        drop(tasks);
        Ok(backbone)
    }

    async fn prepare(self) -> Result<(Backbone, CancellationToken)> {
        let registry = self.registry.map_or_else(EventRegistry::collect, Ok)?;
        let mut subscriptions = HashMap::new();
        for def in self.subscriptions {
            check(&registry, &def)?;
            let name = def.name.clone();
            if subscriptions
                .insert(name.clone(), Arc::new(Shared::new(def)))
                .is_some()
            {
                return Err(RegistryError::DuplicateSubscription(name.to_string()).into());
            }
        }
        let relays = named_apart(self.relays, &subscriptions)?;
        MIGRATIONS.apply(&self.db, self.clock.now()).await?;
        relay::MIGRATIONS.apply(&self.db, self.clock.now()).await?;
        let log = Log::open(self.db.clone(), self.ids.next(), self.archive).await?;
        let core = Core {
            db: self.db,
            clock: self.clock,
            ids: self.ids,
            log,
            registry: Arc::new(registry),
        };
        let leases = self.leases.unwrap_or_else(|| Leases::fit_for(&core.db));
        let (subscriptions, shutdown) = (Arc::new(subscriptions), CancellationToken::new());
        let observer = Observer::new(&core, subscriptions.clone(), shutdown.clone());
        let backbone = Backbone {
            owner: Owner::new(&self.owner, leases),
            core,
            subscriptions,
            relays,
            inline: self.inline,
            observer: observer.wake(),
            running: Arc::new(Running {
                tasks: Mutex::new(vec![tokio::spawn(observer.run())]),
                shutdown: shutdown.clone(),
            }),
        };
        Ok((backbone, shutdown))
    }
}

fn check(registry: &EventRegistry, def: &Subscription) -> Result<()> {
    for event_type in def.event_types() {
        if registry.get(event_type).is_none() {
            return Err(RegistryError::UnknownType {
                subscription: def.name.to_string(),
                event_type: event_type.to_owned(),
            }
            .into());
        }
    }
    Ok(())
}

/// A relay's checkpoint lies beside those of the subscriptions.
fn named_apart(
    relays: Vec<Relay>,
    subscriptions: &HashMap<Arc<str>, Arc<Shared>>,
) -> Result<Arc<[Arc<RelayShared>]>> {
    let mut names: HashSet<Arc<str>> = subscriptions.keys().cloned().collect();
    for relay in &relays {
        if !names.insert(relay.name.clone()) {
            return Err(RegistryError::DuplicateSubscription(relay.name.to_string()).into());
        }
    }
    Ok(relays
        .into_iter()
        .map(|relay| Arc::new(RelayShared::new(relay)))
        .collect())
}

async fn poll(log: Log, shutdown: CancellationToken) {
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(POLL) => {}
        }
        if let Err(error) = log.poll().await {
            tracing::error!(%error, "could not look for new events");
        }
    }
}

/// Reads what was numbered, as soon as it is known.
async fn follow(log: Log, mut numbered: tokio::sync::watch::Receiver<i64>, shutdown: CancellationToken) {
    loop {
        numbered.mark_unchanged();
        if let Err(error) = log.follow().await {
            tracing::error!(%error, "could not read new events; trying again");
            tokio::time::sleep(POLL).await;
            numbered.mark_changed();
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            changed = numbered.changed() => if changed.is_err() { return },
        }
    }
}
