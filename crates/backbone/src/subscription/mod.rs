//! Subscriptions: named consumers of the log with a checkpoint of their own.

mod dealing;
mod hand;
pub(crate) mod inline;
mod lanes;
mod observer;
mod owner;
mod parked;
mod parking;
mod progress;
mod projecting;
mod reacting;
mod rebuilding;
mod runner;
mod shared;
mod spreading;
mod store;
mod supervisor;
mod timing;

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use tower::{Layer, Service};

pub(crate) use observer::Observer;
pub use observer::Seen;
pub use owner::Leases;
pub(crate) use owner::Owner;
pub(crate) use runner::Runner;
pub(crate) use shared::Shared;
pub(crate) use store::{
    FENCED, Row, acquire, checkpoint, create, create_generation, fence, read, release, rewind,
    show_generation,
};
pub(crate) use supervisor::Supervisor;

use crate::event::DomainEvent;
use crate::extract::{Delivery, States, kind};
use crate::faults::Faults;
use crate::handler::{AllowedIn, HandlerError, HandlerFn, HandlerService, service_of};
use crate::process::{Process, Timers};

/// How many events of a reaction are under way at once, unless it says otherwise.
const REACTION_LANES: usize = 4;

/// What a subscription is, as a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Rows to read.
    Projection,
    /// Effects outside, commands.
    Reaction,
    /// A state machine per key, with timers.
    Process,
    /// Sends the log to a broker.
    Relay,
    /// Is fed by a broker.
    Consumer,
}

impl Kind {
    /// The word operators see.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Projection => "projection",
            Kind::Reaction => "reaction",
            Kind::Process => "process",
            Kind::Relay => "relay",
            Kind::Consumer => "consumer",
        }
    }
}

/// When a failed event is tried again.
#[derive(Clone, Debug)]
pub struct Retry {
    pub(crate) delays: Vec<Duration>,
}

impl Retry {
    /// 0.2, 1, 5, 30 and 120 seconds, each ±20 %; then a dead letter.
    pub fn exponential() -> Self {
        Self {
            delays: [200, 1_000, 5_000, 30_000, 120_000]
                .map(Duration::from_millis)
                .to_vec(),
        }
    }

    /// These delays; then a dead letter.
    pub fn after(delays: impl Into<Vec<Duration>>) -> Self {
        Self {
            delays: delays.into(),
        }
    }

    /// A dead letter at the first failure.
    pub fn never() -> Self {
        Self { delays: Vec::new() }
    }
}

/// Everything the runner needs to know.
pub struct Subscription {
    pub(crate) name: Arc<str>,
    pub(crate) kind: Kind,
    pub(crate) version: i64,
    pub(crate) from_beginning: bool,
    pub(crate) handlers: HashMap<&'static str, HandlerService>,
    pub(crate) tables: Vec<Table>,
    pub(crate) retry: Retry,
    pub(crate) page: usize,
    /// How many events may be under way at once.
    pub(crate) lanes: usize,
    pub(crate) most_parked_keys: usize,
    pub(crate) states: Arc<States>,
    pub(crate) timers: Option<Timers>,
    pub(crate) faults: Faults,
}

impl Subscription {
    /// One without handlers: what is stored of a relay.
    pub(crate) fn bare(name: &Arc<str>, kind: Kind, from_beginning: bool) -> Self {
        Self {
            name: name.clone(),
            kind,
            version: 1,
            from_beginning,
            handlers: HashMap::new(),
            tables: Vec::new(),
            retry: Retry::never(),
            page: 500,
            lanes: 1,
            most_parked_keys: 100,
            states: Arc::default(),
            timers: None,
            faults: Faults::default(),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which event types it listens to.
    pub fn event_types(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.handlers.keys().copied()
    }

    /// Which version of its code this is.
    pub(crate) fn version(&self) -> i64 {
        self.version
    }

    /// Whether it fills tables of its own.
    pub(crate) fn has_tables(&self) -> bool {
        !self.tables.is_empty()
    }

    pub(crate) fn table_names(&self, generation: i64) -> crate::extract::TableNames {
        let names = self.tables.iter().map(|table| table.name).collect();
        crate::extract::TableNames { names, generation }
    }
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.kind.as_str(), self.name)
    }
}

/// A table of a projection. Readers use `name`; handlers write `{name}`.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// The name readers use.
    pub name: &'static str,
    /// `CREATE TABLE {name} (…)` and its indexes, statements ended by `;` and a new line.
    pub definition: &'static str,
}

/// Builds a subscription of kind `K`.
#[must_use]
pub struct SubscriptionBuilder<K> {
    inner: Subscription,
    states: States,
    marker: PhantomData<K>,
}

/// A projection: in-database effects in its own tables; replayable from the beginning.
pub fn projection(name: &'static str) -> SubscriptionBuilder<kind::Projection> {
    SubscriptionBuilder::new(name, Kind::Projection, true)
}

/// A reaction: reaches outside or issues commands. A new one starts from now.
pub fn reaction(name: &'static str) -> SubscriptionBuilder<kind::Reaction> {
    SubscriptionBuilder::new(name, Kind::Reaction, false)
}

impl<K: 'static> SubscriptionBuilder<K> {
    fn new(name: &'static str, kind: Kind, from_beginning: bool) -> Self {
        let inner = Subscription {
            name: name.into(),
            kind,
            version: 1,
            from_beginning,
            handlers: HashMap::new(),
            tables: Vec::new(),
            retry: Retry::exponential(),
            page: 500,
            lanes: if kind == Kind::Reaction { REACTION_LANES } else { 1 },
            most_parked_keys: 100,
            states: Arc::default(),
            timers: None,
            faults: Faults::default(),
        };
        Self {
            inner,
            states: States::default(),
            marker: PhantomData,
        }
    }

    /// Adds a handler for the event of its first argument.
    pub fn on<F, Arguments>(mut self, handler: F) -> Self
    where
        F: HandlerFn<Arguments>,
        Arguments: AllowedIn<K> + 'static,
    {
        let event_type = <F::Event as DomainEvent>::TYPE;
        let replaced = self
            .inner
            .handlers
            .insert(event_type, service_of::<K, F, Arguments>(handler));
        assert!(
            replaced.is_none(),
            "{} has two handlers for {event_type}",
            self.inner.name
        );
        self
    }

    /// Listens to the event and does nothing: says that it was thought of.
    pub fn ignore<E: DomainEvent>(mut self) -> Self {
        let nothing = crate::handler::service_from(|_| Box::pin(async { Ok(()) }));
        self.inner.handlers.insert(E::TYPE, nothing);
        self
    }

    /// When to try again.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.inner.retry = retry;
        self
    }

    /// How many events share a transaction.
    pub fn page(mut self, events: usize) -> Self {
        self.inner.page = events.max(1);
        self
    }

    /// More parked keys than this stop the subscription: then the fault is the handler.
    pub fn most_parked_keys(mut self, keys: usize) -> Self {
        self.inner.most_parked_keys = keys;
        self
    }

    /// Wraps every handler added so far, for example in a [`crate::Timeout`].
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<HandlerService>,
        L::Service: Service<Delivery, Response = (), Error = HandlerError> + Clone + Send + Sync + 'static,
        <L::Service as Service<Delivery>>::Future: Send + 'static,
    {
        self.inner.handlers = std::mem::take(&mut self.inner.handlers)
            .into_iter()
            .map(|(event_type, handler)| (event_type, HandlerService::new(layer.layer(handler))))
            .collect();
        self
    }
}

impl SubscriptionBuilder<kind::Projection> {
    /// A new version is built from position 0 beside the old one and swapped in
    /// when it has caught up.
    pub fn version(mut self, version: i64) -> Self {
        self.inner.version = version;
        self
    }

    /// Adds a table of its own.
    pub fn table(mut self, name: &'static str, definition: &'static str) -> Self {
        self.inner.tables.push(Table { name, definition });
        self
    }
}

impl SubscriptionBuilder<kind::Reaction> {
    /// Gives the handlers a value, which they take as [`crate::State`].
    pub fn state<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        self.states.insert(value);
        self
    }

    /// How many events may be under way at once, each of another key; 4 unless set.
    /// Within a key the order of the log is kept, however many lanes there are. With
    /// one lane it is kept between all keys, except that a key that failed waits.
    pub fn lanes(mut self, lanes: usize) -> Self {
        self.inner.lanes = lanes.max(1);
        self
    }

    /// Lets a new reaction begin with the first event instead of with the next one.
    pub fn from_beginning(mut self) -> Self {
        self.inner.from_beginning = true;
        self
    }
}

impl<K> From<SubscriptionBuilder<K>> for Subscription {
    fn from(builder: SubscriptionBuilder<K>) -> Self {
        Subscription {
            states: Arc::new(builder.states),
            ..builder.inner
        }
    }
}

pub(crate) fn process_subscription<P: Process>(
    handlers: HashMap<&'static str, HandlerService>,
    timers: Timers,
    retry: Retry,
    lanes: usize,
) -> Subscription {
    Subscription {
        name: P::NAME.into(),
        kind: Kind::Process,
        version: 1,
        from_beginning: false,
        handlers,
        tables: Vec::new(),
        retry,
        page: 500,
        lanes,
        most_parked_keys: 100,
        states: Arc::default(),
        timers: Some(timers),
        faults: Faults::default(),
    }
}
