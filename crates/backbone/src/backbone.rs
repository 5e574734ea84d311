//! Putting it together: a store, subscriptions, and the handle that everybody holds.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use althing_db::{Clock, Db, Ids, Migration, Migrations};
use tokio::sync::Mutex;
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
use crate::subscription::{Runner, Shared, Subscription};
use crate::{Error, Result};

const MIGRATIONS: Migrations = Migrations {
    context: "backbone",
    steps: &[Migration {
        number: 1,
        name: "start",
        text: include_str!("migrations/0001_start.sql"),
    }],
};

/// How often the log is looked at for what another process wrote.
const POLL: Duration = Duration::from_secs(1);

/// The event backbone: commands in, subscriptions out. Cloning it is cheap.
#[derive(Clone)]
pub struct Backbone {
    core: Core,
    subscriptions: Arc<HashMap<Arc<str>, Arc<Shared>>>,
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
    registry: Option<EventRegistry>,
    subscriptions: Vec<Subscription>,
}

impl Backbone {
    /// Begins with a store.
    pub fn builder(db: Db) -> Builder {
        Builder {
            db,
            clock: Clock::system(),
            ids: Ids::random(),
            owner: format!("process {}", std::process::id()),
            registry: None,
            subscriptions: Vec::new(),
        }
    }

    /// Runs a command and commits what it changed. On a conflict it is decided
    /// again, up to three times more.
    pub async fn execute<C: Command>(
        &self,
        context: Context,
        command: &C,
    ) -> std::result::Result<Committed<C::Output>, C::Error> {
        self.core.execute(context, command).await
    }

    /// Begins to wait until a subscription has handled a commit.
    pub fn seen_by<'a>(&'a self, subscription: &'a str, receipt: Receipt) -> Seen<'a> {
        Seen {
            backbone: self,
            subscription,
            receipt,
        }
    }

    /// Waits until every subscription has handled or parked everything in the log,
    /// also what they recorded themselves meanwhile.
    pub async fn settled(&self, within: Duration) -> Result<()> {
        let deadline = tokio::time::Instant::now() + within;
        loop {
            self.core.log.poll().await?;
            let head = self.core.log.head();
            for (name, shared) in &*self.subscriptions {
                let mut position = shared.position.subscribe();
                let reached = position.wait_for(|position| *position >= head);
                if !matches!(tokio::time::timeout_at(deadline, reached).await, Ok(Ok(_))) {
                    return Err(Error::NotSeen {
                        subscription: name.to_string(),
                        position: head,
                    });
                }
            }
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

    /// The operator's hands; `actor` is written beside each act.
    pub fn operator(&self, actor: &str) -> Operator {
        Operator::new(&self.core, actor)
    }

    /// Lets the runners of this process look at once at what an operator changed.
    pub fn wake(&self) {
        for shared in self.subscriptions.values() {
            shared.wake.notify_one();
        }
    }

    /// How far a subscription of this process is.
    pub fn position_of(&self, subscription: &str) -> Result<tokio::sync::watch::Receiver<i64>> {
        self.subscriptions
            .get(subscription)
            .map(|shared| shared.position.subscribe())
            .ok_or_else(|| Error::NoSubscription(subscription.to_owned()))
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
    }

    pub(crate) fn core(&self) -> &Core {
        &self.core
    }
}

/// See [`Backbone::seen_by`].
#[must_use]
pub struct Seen<'a> {
    backbone: &'a Backbone,
    subscription: &'a str,
    receipt: Receipt,
}

impl Seen<'_> {
    /// Waits at most this long; [`Error::NotSeen`] if that was not enough. An event
    /// that is parked has not been seen yet.
    pub async fn within(self, limit: Duration) -> Result<()> {
        let Some(shared) = self.backbone.subscriptions.get(self.subscription) else {
            return Err(Error::NoSubscription(self.subscription.to_owned()));
        };
        let wanted = self.receipt.position;
        let mut position = shared.position.subscribe();
        let reached = position.wait_for(|position| *position >= wanted && !shared.is_parked(wanted));
        match tokio::time::timeout(limit, reached).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err(Error::NotSeen {
                subscription: self.subscription.to_owned(),
                position: wanted,
            }),
        }
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

    /// Prepares the tables and checks the catalogue, but starts no subscription:
    /// for command-line tools beside a running server.
    pub async fn open(self) -> Result<Backbone> {
        let (core, subscriptions) = self.prepare().await?;
        let running = Running {
            shutdown: CancellationToken::new(),
            tasks: Mutex::default(),
        };
        Ok(Backbone {
            core,
            subscriptions: Arc::new(subscriptions),
            running: Arc::new(running),
        })
    }

    /// Prepares everything and starts all subscriptions.
    pub async fn start(self) -> Result<Backbone> {
        let owner = self.owner.clone();
        let (core, subscriptions) = self.prepare().await?;
        // All or none: if one cannot start, no other may be left running.
        let mut runners = Vec::new();
        for shared in subscriptions.values() {
            runners.push(Runner::start(&core, shared.clone(), &owner).await?);
        }
        let shutdown = CancellationToken::new();
        let mut tasks: Vec<_> = runners
            .into_iter()
            .map(|runner| tokio::spawn(runner.run(shutdown.clone())))
            .collect();
        tasks.push(tokio::spawn(poll(core.log.clone(), shutdown.clone())));
        let running = Running {
            shutdown,
            tasks: Mutex::new(tasks),
        };
        Ok(Backbone {
            core,
            subscriptions: Arc::new(subscriptions),
            running: Arc::new(running),
        })
    }

    async fn prepare(self) -> Result<(Core, HashMap<Arc<str>, Arc<Shared>>)> {
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
        MIGRATIONS.apply(&self.db, self.clock.now()).await?;
        let log = Log::open(self.db.clone(), self.ids.next()).await?;
        let core = Core {
            db: self.db,
            clock: self.clock,
            ids: self.ids,
            log,
            registry: Arc::new(registry),
        };
        Ok((core, subscriptions))
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
