//! Given, when, then, on a throw-away database with a clock that is moved by hand.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use althing_db::{Clock, Db, Ids, Timestamp};

use super::rehearsal::{Log, Rehearsal};
use super::rest::rest;
use super::when::When;
use super::{Comparison, Make, must};
use crate::backbone::{Backbone, Builder};
use crate::command::Command;
use crate::context::Context;
use crate::envelope::Envelope;
use crate::event::DomainEvent;
use crate::operate::Operator;
use crate::registry::EventRegistry;
use crate::subscription::{Leases, Subscription};
use crate::unit_of_work::UnitOfWork;

/// 1 January 2026, where every kit's clock begins.
const BEGINNING: i64 = 1_767_225_600_000_000;

/// A throw-away database with subscriptions that run only when they are told to.
pub struct TestKit {
    backbone: Backbone,
    make: Make,
    context: Mutex<Context>,
}

impl TestKit {
    /// A kit with these subscriptions; the function is called for each start.
    pub async fn new(make: impl Fn() -> Vec<Subscription> + Send + Sync + 'static) -> Self {
        let db = must("open a database", Db::temporary().await);
        Self::on(db, make).await
    }

    /// A kit on a database that has been prepared, for example with migrations.
    pub async fn on(db: Db, make: impl Fn() -> Vec<Subscription> + Send + Sync + 'static) -> Self {
        let registry = must("collect the catalogue", EventRegistry::collect());
        let (make, ids): (Make, _) = (Arc::new(make), Ids::random());
        let clock = Clock::manual(Timestamp::from_micros(BEGINNING));
        let builder = |subscriptions| {
            Backbone::builder(db.clone())
                .leases(Leases::Exclusive)
                .clock(clock.clone())
                .ids(ids.clone())
                .registry(registry.clone())
                .leases(Leases::Exclusive)
                .subscribe_all(subscriptions)
        };
        // Every subscription gets its row, so that what is given now is news to all.
        let first = must("start the subscriptions", builder(make()).start().await);
        first.stop().await;
        let backbone = must("open the backbone", builder(Vec::new()).open().await);
        let context = Mutex::new(Context::anonymous(ids.next()));
        Self {
            backbone,
            make,
            context,
        }
    }

    /// The database.
    pub fn db(&self) -> &Db {
        self.backbone.db()
    }

    /// The clock, which stands still until [`TestKit::advance`].
    pub fn clock(&self) -> &Clock {
        self.backbone.clock()
    }

    /// The source of ids.
    pub fn ids(&self) -> &Ids {
        self.backbone.ids()
    }

    /// The backbone, without running subscriptions.
    pub fn backbone(&self) -> &Backbone {
        &self.backbone
    }

    /// An operator called "test".
    pub fn operator(&self) -> Operator {
        self.backbone.operator("test")
    }

    /// Moves the clock; timers and retries that fall due are dealt with when the
    /// kit settles.
    pub fn advance(&self, by: Duration) {
        self.clock().advance(by);
    }

    /// Who acts from now on; each command gets a correlation of its own.
    pub fn acting_as(&self, context: Context) {
        *self.context.lock().unwrap_or_else(PoisonError::into_inner) = context;
    }

    fn next_context(&self) -> Context {
        let context = self
            .context
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        Context {
            correlation: self.ids().next(),
            ..context
        }
    }

    /// Puts events into the log, as if commands had recorded them.
    pub async fn given<E: DomainEvent>(&self, events: impl IntoIterator<Item = E>) -> &Self {
        let events = events.into_iter().collect();
        must(
            "record events",
            self.backbone.execute(self.next_context(), &Given(events)).await,
        );
        self
    }

    /// Runs a command.
    pub async fn when<C: Command>(&self, command: &C) -> When<C::Output, C::Error> {
        let context = self.next_context();
        let correlation = context.correlation;
        let result = self.backbone.execute(context, command).await;
        let recorded = match &result {
            Ok(_) => must(
                "read the log",
                self.backbone.log().select(&Log::of_request(correlation)).await,
            ),
            Err(_) => Vec::new(),
        };
        When { result, recorded }
    }

    /// Lets every subscription run until nothing is left to do: the log is handled,
    /// what is due was tried, and what they recorded themselves was handled too.
    pub async fn settle(&self) {
        let running = must("start the subscriptions", self.builder().start().await);
        rest(&running, None).await;
        running.stop().await;
        must("read the head of the log", self.backbone.log().poll().await);
    }

    /// The whole log.
    pub async fn log(&self) -> Vec<Envelope> {
        must("read the log", self.backbone.log().select(&Log::whole()).await)
    }

    fn builder(&self) -> Builder {
        Backbone::builder(self.db().clone())
            .leases(Leases::Exclusive)
            .clock(self.clock().clone())
            .ids(self.ids().clone())
            .registry(self.backbone.registry().clone())
            .leases(Leases::Exclusive)
            .subscribe_all((self.make)())
    }

    /// A rehearsal of what waits to be handled.
    pub fn rehearsal(&self) -> Rehearsal {
        Rehearsal::of_backlog(&self.backbone, self.make.clone())
    }

    /// See [`Rehearsal::deliver_twice`].
    pub async fn deliver_twice(&self, subscription: &str) -> Comparison {
        self.rehearsal().deliver_twice(subscription).await
    }

    /// See [`Rehearsal::deliver_late`].
    pub async fn deliver_late(&self, subscription: &str) -> Comparison {
        self.rehearsal().deliver_late(subscription).await
    }

    /// See [`Rehearsal::panic_in_handler`].
    pub async fn panic_in_handler(&self, subscription: &str) -> Comparison {
        self.rehearsal().panic_in_handler(subscription).await
    }

    /// See [`Rehearsal::crash_at_every_point`].
    pub async fn crash_at_every_point(&self, subscription: &str) -> Comparison {
        self.rehearsal().crash_at_every_point(subscription).await
    }
}

struct Given<E>(Vec<E>);

impl<E: DomainEvent> Command for Given<E> {
    type Output = ();
    type Error = crate::Error;

    async fn run(&self, uow: &mut UnitOfWork) -> crate::Result<()> {
        self.0.iter().try_for_each(|event| uow.record(event).map(|_| ()))
    }
}
