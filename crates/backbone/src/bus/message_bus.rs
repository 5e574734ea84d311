//! What brokers have in common.

use std::fmt;
use std::future::Future;
use std::ops::RangeInclusive;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::envelope::Envelope;
use crate::relay::{Message, Patterns, Unreadable};

/// A future that can be kept behind `dyn`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a broker did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BusError {
    /// It cannot be reached, or went away in the middle.
    #[error("the broker cannot be reached")]
    Unreachable(#[source] Cause),
    /// It answered with an error.
    #[error("the broker refused")]
    Refused(#[source] Cause),
    /// The address, or a file that it needs, is wrong.
    #[error("the broker's address cannot be used: {0}")]
    Address(String),
    /// Two logs cannot share a stream: positions would mean two things.
    #[error("the stream {stream} belongs to {found}")]
    OtherSource {
        /// The stream.
        stream: String,
        /// Whose it is.
        found: String,
    },
    /// The stream does not end where the sender believes; nothing was written.
    #[error("the stream {stream} does not end where it was left")]
    Moved {
        /// The stream.
        stream: String,
    },
    /// The same event id was published before.
    #[error("event {0} was published before")]
    Repeated(Uuid),
    /// An event cannot be written as a message.
    #[error("an event cannot be sent")]
    Unsendable(#[from] Unreadable),
}

impl BusError {
    #[cfg(any(feature = "redis", feature = "nats"))]
    pub(crate) fn unreachable(cause: impl Into<Cause>) -> Self {
        Self::Unreachable(cause.into())
    }

    pub(crate) fn refused(cause: impl Into<Cause>) -> Self {
        Self::Refused(cause.into())
    }
}

/// How the broker itself calls a message.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(pub(crate) String);

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A message in the hands of one consumer, until it is acknowledged or buried.
#[derive(Clone, Debug)]
pub struct Received {
    /// How the broker calls it.
    pub id: MessageId,
    /// How often it was handed out, this time included.
    pub deliveries: u32,
    /// The event, or why it is none.
    pub message: Result<Message, Unreadable>,
}

/// What a look into the stream gave.
#[derive(Clone, Debug, Default)]
pub struct Fetched {
    /// Messages, oldest first.
    pub messages: Vec<Received>,
    /// Positions of events that were removed from the stream before this group had
    /// acknowledged or even seen them: a loss, to be reloaded from the log. A new
    /// group is told so of what was trimmed before it began.
    pub lost: Vec<RangeInclusive<i64>>,
}

/// A message that was given up.
#[derive(Clone, Debug)]
pub struct Buried {
    /// How the broker called it.
    pub id: MessageId,
    /// Why.
    pub error: String,
    /// The message as it was, byte for byte.
    pub body: Vec<u8>,
}

/// What a trimming did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trimmed {
    /// How many messages were removed.
    pub removed: u64,
    /// Everything up to this position of the newest lap has been acknowledged by
    /// every group; `None` while there is no group, or none has got that far.
    pub acknowledged: Option<i64>,
}

/// One consumer of a group: takes messages, and says what became of them.
pub trait Inbox: Send + Sync {
    /// Takes up to `most` messages that nobody of the group has; waits up to `wait`
    /// for one. Messages of a consumer that died come first, once they have been
    /// idle long enough, and new ones only after them: order is kept.
    fn fetch(&mut self, most: usize, wait: Duration) -> BoxFuture<'_, Result<Fetched, BusError>>;

    /// These are done.
    fn acknowledge<'a>(&'a mut self, ids: &'a [MessageId]) -> BoxFuture<'a, Result<(), BusError>>;

    /// These are still being worked on and must not be given to another consumer.
    /// With `failed`, an attempt at them failed: it counts as a delivery where the
    /// broker counts them.
    fn keep<'a>(&'a mut self, ids: &'a [MessageId], failed: bool) -> BoxFuture<'a, Result<(), BusError>>;

    /// Gives a message up: it goes to the group's dead letters, and only then is done.
    fn bury<'a>(&'a mut self, id: &'a MessageId, error: &'a str) -> BoxFuture<'a, Result<(), BusError>>;

    /// How long a message may rest with this consumer before another one takes it.
    fn idle(&self) -> Duration;

    /// Leaves the group. What is not acknowledged is free for the next consumer at once.
    fn leave(self: Box<Self>) -> BoxFuture<'static, Result<(), BusError>>;
}

/// A stream of messages that groups read, each at its own pace.
pub trait MessageBus: Send + Sync + 'static {
    /// Publishes all of them, in order and next to one another, or none.
    fn publish_all<'a>(&'a self, events: &'a [Arc<Envelope>]) -> BoxFuture<'a, Result<(), BusError>>;

    /// Publishes one event.
    fn publish(&self, event: Arc<Envelope>) -> BoxFuture<'_, Result<(), BusError>> {
        Box::pin(async move { self.publish_all(&[event]).await })
    }

    /// Joins a group as `consumer`; the group begins with the oldest message there is.
    fn subscribe<'a>(
        &'a self,
        group: &'a str,
        consumer: &'a str,
        patterns: Patterns,
    ) -> BoxFuture<'a, Result<Box<dyn Inbox>, BusError>>;

    /// Removes what every group has acknowledged, and nothing else. Without any
    /// group nothing is removed.
    fn trim(&self) -> BoxFuture<'_, Result<Trimmed, BusError>>;

    /// What the group gave up, oldest first.
    fn dead_letters<'a>(&'a self, group: &'a str) -> BoxFuture<'a, Result<Vec<Buried>, BusError>>;
}
