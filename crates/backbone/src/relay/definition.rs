//! A relay as a value, and what others may know of it while it runs.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};

use crate::relay::{Patterns, Transport};

/// A subscription that sends the log to a broker.
#[must_use]
pub struct Relay {
    pub(crate) name: Arc<str>,
    pub(crate) transport: Box<dyn Transport>,
    pub(crate) patterns: Patterns,
    pub(crate) from_beginning: bool,
    pub(crate) page: usize,
    pub(crate) longest_pause: Duration,
    pub(crate) trim_every: Duration,
}

impl Relay {
    /// A relay called `relay`, for every event from the beginning of the log.
    pub fn to(transport: impl Transport) -> Self {
        Self {
            name: "relay".into(),
            transport: Box::new(transport),
            patterns: Patterns::all(),
            from_beginning: true,
            page: 500,
            longest_pause: Duration::from_secs(10),
            trim_every: Duration::from_secs(5),
        }
    }

    /// Under which its checkpoint is kept. Two relays need two names and two streams.
    pub fn name(mut self, name: &str) -> Self {
        self.name = name.into();
        self
    }

    /// Sends only events of these types or topics.
    pub fn patterns(mut self, patterns: Patterns) -> Self {
        self.patterns = patterns;
        self
    }

    /// Lets a new relay begin with the next event instead of with the first.
    pub fn from_now(mut self) -> Self {
        self.from_beginning = false;
        self
    }

    /// How many events are read, sent and checkpointed at once.
    pub fn page(mut self, events: usize) -> Self {
        self.page = events.max(1);
        self
    }

    /// The longest pause between two attempts at a broker that is down; the first
    /// is a tenth of a second, each further one twice as long.
    pub fn longest_pause(mut self, pause: Duration) -> Self {
        self.longest_pause = pause;
        self
    }

    /// How often the stream is trimmed.
    pub fn trim_every(mut self, interval: Duration) -> Self {
        self.trim_every = interval;
        self
    }
}

impl<T: Transport> From<T> for Relay {
    fn from(transport: T) -> Self {
        Relay::to(transport)
    }
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "relay {} to {}", self.name, self.transport.kind())
    }
}

/// What others may know of and tell a relay.
#[derive(Debug)]
pub(crate) struct RelayShared {
    pub def: Arc<Relay>,
    /// Everything up to here is with the broker, or of no interest.
    pub position: watch::Sender<i64>,
    /// An operator changed something: look at once.
    pub wake: Notify,
}

impl RelayShared {
    pub fn new(def: Relay) -> Self {
        Self {
            def: Arc::new(def),
            position: watch::Sender::default(),
            wake: Notify::default(),
        }
    }
}
