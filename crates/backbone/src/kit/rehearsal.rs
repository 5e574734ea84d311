//! One subscription's work, done again and again on copies of a database: once as
//! usual, then under trouble.

use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use althing_db::{Batch, Clock, Db, Ids, sql};
use uuid::Uuid;

use super::comparison::Comparison;
use super::rest::rest;
use super::state::{Ignored, StateDump};
use super::trouble::Trouble;
use super::{Make, must};
use crate::backbone::Backbone;
use crate::envelope::Envelope;
use crate::faults::Faults;
use crate::log::Selection;
use crate::registry::EventRegistry;
use crate::subscription::{Leases, Runner, Shared, Subscription, rewind};

/// Up to this many events each get a run of their own; more are taken by key.
const EACH: usize = 64;
/// And at most this many runs in which the subscription crashes.
const CRASHES: usize = 250;

/// Longer than any retry waits.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// Handles a log on copies of its database, with one subscription in trouble, and
/// compares what comes out.
pub struct Rehearsal {
    original: Db,
    clock: Clock,
    ids: Ids,
    registry: EventRegistry,
    make: Make,
    ignored: Ignored,
    scope: Scope,
}

/// What is handled on the copies.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// Whatever waits, by all subscriptions.
    Backlog,
    /// The whole log anew, by the subscription in question alone: it is set back to
    /// where it began, and its tables (if it is a projection) are emptied.
    WholeLog,
}

/// What the undisturbed run left.
struct Usual {
    state: StateDump,
    /// The events that concern the subscription, in order.
    events: Vec<Arc<Envelope>>,
}

/// Selections of the log that the kit needs.
pub(super) struct Log;

impl Log {
    pub fn whole() -> Selection {
        Selection {
            limit: i32::MAX as usize,
            ..Selection::default()
        }
    }

    pub fn of_request(correlation: Uuid) -> Selection {
        Selection {
            correlation: Some(correlation),
            ..Self::whole()
        }
    }
}

impl Rehearsal {
    /// Of a backbone whose log is populated: it is left alone; a copy of its
    /// database, taken once it has settled, is handled anew.
    pub async fn of(
        backbone: &Backbone,
        make: impl Fn() -> Vec<Subscription> + Send + Sync + 'static,
    ) -> Self {
        must(
            "wait for the subscriptions",
            backbone.settled(Duration::from_secs(60)).await,
        );
        let original = must("copy the database", backbone.db().temporary_copy().await);
        let mut rehearsal = Self::of_backlog(backbone, Arc::new(make));
        rehearsal.original = original;
        rehearsal.clock = Clock::manual(backbone.clock().now());
        rehearsal.scope = Scope::WholeLog;
        rehearsal
    }

    pub(super) fn of_backlog(backbone: &Backbone, make: Make) -> Self {
        Self {
            original: backbone.db().clone(),
            clock: backbone.clock().clone(),
            ids: backbone.ids().clone(),
            registry: backbone.registry().clone(),
            make,
            ignored: Ignored::default(),
            scope: Scope::Backlog,
        }
    }

    /// Leaves a column out of the comparison: `column` of every table,
    /// `table.column`, or `table.*`. `updated_at` and the like are left out anyway.
    pub fn ignoring(mut self, column: &str) -> Self {
        self.ignored.add(column);
        self
    }

    /// Subscriptions that something in the log concerns.
    pub async fn subscriptions(&self) -> Vec<String> {
        let mut names = Vec::new();
        let log = self.log_of(&self.original).await;
        for subscription in (self.make)() {
            if !self
                .events_for(&self.original, subscription.name(), &log)
                .await
                .is_empty()
            {
                names.push(subscription.name().to_owned());
            }
        }
        names
    }

    /// Every event of the log is offered once more to the handler, in a new
    /// transaction outside the checkpoint. Nothing may change: the handler itself
    /// must not mind, for a transport may do this to it.
    pub async fn deliver_twice(&self, subscription: &str) -> Comparison {
        let usual = self.usual(subscription).await;
        let mut comparison = Comparison::begin(subscription);
        if usual.events.is_empty() {
            return comparison;
        }
        let copy = self.copy().await;
        if self.scope == Scope::Backlog {
            self.run(&copy, self.subscriptions_of(subscription), None).await;
        }
        for (event, error) in self.deliver_again(&copy, subscription, &usual.events).await {
            comparison.fail(&format!("event {event} delivered again"), &error);
        }
        if self.scope == Scope::Backlog {
            self.run(&copy, self.subscriptions_of(subscription), None).await;
        }
        comparison.add(
            "every event delivered twice",
            &usual.state,
            &self.state_of(&copy).await,
        );
        comparison
    }

    async fn deliver_again(
        &self,
        copy: &Db,
        subscription: &str,
        events: &[Arc<Envelope>],
    ) -> Vec<(i64, String)> {
        let backbone = must("open the backbone", self.builder(copy).open().await);
        let shared = Arc::new(Shared::new(self.one(subscription)));
        let mut runner = must(
            "start the subscription",
            Runner::start(backbone.core(), shared, backbone.owner()).await,
        );
        let mut failures = Vec::new();
        for event in events {
            if let Err(error) = runner.deliver_again(event).await {
                failures.push((event.position, error.to_string()));
            }
        }
        failures
    }

    /// Each event in turn is held back by parking, with what follows it in its key,
    /// until everything else was handled. The end must be the same.
    pub async fn deliver_late(&self, subscription: &str) -> Comparison {
        self.in_trouble(subscription, "delivered late", Trouble::hold_back)
            .await
    }

    /// The handler panics once at each event in turn. Nothing else may suffer, and
    /// the end must be the same.
    pub async fn panic_in_handler(&self, subscription: &str) -> Comparison {
        self.in_trouble(subscription, "met a panic", Trouble::panic).await
    }

    async fn in_trouble(
        &self,
        subscription: &str,
        what: &str,
        trouble: impl Fn(HashSet<Uuid>) -> Trouble,
    ) -> Comparison {
        let usual = self.usual(subscription).await;
        let mut comparison = Comparison::begin(subscription);
        for (name, events) in rounds(&usual.events) {
            let copy = self.fresh_copy(subscription).await;
            let trouble = trouble(events);
            let mut subscriptions = self.subscriptions_of(subscription);
            subscriptions
                .iter_mut()
                .filter(|each| each.name() == subscription)
                .for_each(|each| trouble.cause(each));
            let running = must(
                "start",
                self.builder(&copy).subscribe_all(subscriptions).start().await,
            );
            rest(&running, None).await;
            let round = format!("{name} {what}");
            if !trouble.has_struck(&running, subscription).await {
                comparison.fail(&round, "the trouble did not reach the handler");
            }
            trouble.end(&running, subscription).await;
            rest(&running, None).await;
            self.let_retries_fall_due(&running).await;
            running.stop().await;
            comparison.add(&round, &usual.state, &self.state_of(&copy).await);
        }
        comparison
    }

    /// What was tried in vain for want of something that was held back is tried again in its time. The clock of a
    /// kit is moved by its owner alone.
    async fn let_retries_fall_due(&self, running: &Backbone) {
        let waiting = "SELECT count(*) FROM parked_event WHERE status = 'retry'";
        while self.scope == Scope::WholeLog
            && must("look at retries", sql(waiting).one::<i64>(running.db()).await) > 0
        {
            // Each of them becomes a dead letter in the end, so this ends too.
            running.clock().advance(LONGEST_WAIT);
            rest(running, None).await;
        }
    }

    /// The subscription is stopped as by a power cut at each point where it could
    /// be, one after the other, and started again. Nothing may be lost or doubled.
    pub async fn crash_at_every_point(&self, subscription: &str) -> Comparison {
        let usual = self.usual(subscription).await;
        let mut comparison = Comparison::begin(subscription);
        if usual.events.is_empty() {
            return comparison;
        }
        let points = self.crash(subscription, usize::MAX).await.1;
        let step = points.div_ceil(CRASHES).max(1);
        for point in (0..points).step_by(step) {
            let (copy, _) = self.crash(subscription, point).await;
            self.run(&copy, self.subscriptions_of(subscription), None).await;
            comparison.add(
                &format!("crash at point {point}"),
                &usual.state,
                &self.state_of(&copy).await,
            );
        }
        comparison
    }

    /// Answers the database after the crash, and how many points were passed.
    async fn crash(&self, subscription: &str, point: usize) -> (Db, usize) {
        let copy = self.fresh_copy(subscription).await;
        let faults = Faults::crash_at(point);
        let mut subscriptions = self.subscriptions_of(subscription);
        for each in subscriptions
            .iter_mut()
            .filter(|each| each.name() == subscription)
        {
            each.faults = faults.clone();
        }
        self.run(&copy, subscriptions, Some(&faults)).await;
        (copy, faults.passed())
    }

    async fn run(&self, copy: &Db, subscriptions: Vec<Subscription>, crash: Option<&Faults>) {
        let running = must(
            "start",
            self.builder(copy).subscribe_all(subscriptions).start().await,
        );
        rest(&running, crash).await;
        running.stop().await;
    }

    async fn usual(&self, subscription: &str) -> Usual {
        let copy = match self.scope {
            Scope::WholeLog => self.original.clone(),
            Scope::Backlog => {
                let copy = self.copy().await;
                self.run(&copy, (self.make)(), None).await;
                copy
            }
        };
        let log = self.log_of(&copy).await;
        Usual {
            state: self.state_of(&copy).await,
            events: self.events_for(&self.original, subscription, &log).await,
        }
    }

    /// Events that the subscription listens to and has not handled on `before`.
    async fn events_for(&self, before: &Db, subscription: &str, log: &[Arc<Envelope>]) -> Vec<Arc<Envelope>> {
        let column = if self.scope == Scope::Backlog {
            "position"
        } else {
            "start_position"
        };
        let from: Option<i64> = must(
            "read a checkpoint",
            sql(format!("SELECT {column} FROM subscription WHERE name = $1"))
                .bind(subscription)
                .optional(before)
                .await,
        );
        let Some(from) = from else {
            panic!("no subscription called {subscription} was ever started")
        };
        let wanted = self.one(subscription);
        let concerns = |event: &&Arc<Envelope>| {
            event.position > from && wanted.handlers.contains_key(&*event.event_type)
        };
        log.iter().filter(concerns).cloned().collect()
    }

    fn one(&self, subscription: &str) -> Subscription {
        let found = (self.make)().into_iter().find(|each| each.name() == subscription);
        found.unwrap_or_else(|| panic!("there is no subscription called {subscription}"))
    }

    fn subscriptions_of(&self, subscription: &str) -> Vec<Subscription> {
        match self.scope {
            Scope::Backlog => (self.make)(),
            Scope::WholeLog => vec![self.one(subscription)],
        }
    }

    async fn copy(&self) -> Db {
        must("copy the database", self.original.temporary_copy().await)
    }

    async fn fresh_copy(&self, subscription: &str) -> Db {
        let copy = self.copy().await;
        if self.scope == Scope::WholeLog {
            let mut batch = Batch::new();
            must(
                "set it back",
                rewind(&copy, &mut batch, &self.one(subscription)).await,
            );
            must("set it back", copy.commit(batch).await);
        }
        copy
    }

    fn builder(&self, db: &Db) -> crate::backbone::Builder {
        Backbone::builder(db.clone())
            .leases(Leases::Exclusive)
            .clock(self.clock_of_a_run())
            .ids(self.ids.clone())
            .registry(self.registry.clone())
            .owner("test kit")
            .leases(Leases::Exclusive)
    }

    /// A kit's own, or one that every run begins anew: what one of them waited for must
    /// not make it later for the next.
    fn clock_of_a_run(&self) -> Clock {
        match self.scope {
            Scope::Backlog => self.clock.clone(),
            Scope::WholeLog => Clock::manual(self.clock.now()),
        }
    }

    async fn log_of(&self, db: &Db) -> Vec<Arc<Envelope>> {
        let backbone = must("open the backbone", self.builder(db).open().await);
        let events = must("read the log", backbone.log().select(&Log::whole()).await);
        events.into_iter().map(Arc::new).collect()
    }

    async fn state_of(&self, db: &Db) -> StateDump {
        must("read the state", StateDump::of(db, &self.ignored).await)
    }
}

/// Which events are in trouble together: each alone, or, if there are many, the
/// first of each key (the rest of the key waits behind it).
fn rounds(events: &[Arc<Envelope>]) -> Vec<(String, HashSet<Uuid>)> {
    if events.len() <= EACH {
        return events
            .iter()
            .map(|event| {
                (
                    format!("event {} ({})", event.position, event.event_type),
                    HashSet::from([event.event_id]),
                )
            })
            .collect();
    }
    let mut firsts: HashMap<(&str, Uuid), Uuid> = HashMap::new();
    for event in events {
        firsts
            .entry((&event.aggregate_type, event.aggregate_id))
            .or_insert(event.event_id);
    }
    let mut groups: Vec<HashSet<Uuid>> = vec![HashSet::new(); EACH];
    for (key, first) in firsts {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        groups[(hasher.finish() % EACH as u64) as usize].insert(first);
    }
    groups.retain(|group| !group.is_empty());
    groups
        .into_iter()
        .enumerate()
        .map(|(number, group)| (format!("group {number} of keys"), group))
        .collect()
}
