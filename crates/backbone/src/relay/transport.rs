//! The outside end of a relay.

use std::fmt;

use crate::bus::{BoxFuture, BusError, Trimmed};
use crate::relay::Message;

/// Where a stream ends, in the relay's own count: positions rise within a lap. A
/// new lap begins when the log's epoch rises or an operator sends again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// The lap.
    pub lap: i64,
    /// The position of the last event.
    pub position: i64,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.lap, self.position)
    }
}

#[cfg(any(feature = "redis", feature = "nats"))]
impl Mark {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (lap, position) = text.split_once('-')?;
        Some(Self {
            lap: lap.parse().ok()?,
            position: position.parse().ok()?,
        })
    }
}

/// Events on their way out.
#[derive(Clone, Debug)]
pub struct Sending {
    /// Whose log it is.
    pub source: String,
    /// The lap they belong to.
    pub lap: i64,
    /// Where the stream must end now; `None` if it must be empty.
    pub after: Option<Mark>,
    /// In the order of their positions.
    pub events: Vec<Message>,
}

/// A stream that a relay can keep in step with its log.
pub trait Transport: Send + Sync + 'static {
    /// What operators read: `redis` or `nats`.
    fn kind(&self) -> &'static str;

    /// Where the stream ends; `None` if it holds nothing and never did.
    fn newest<'a>(&'a self, source: &'a str) -> BoxFuture<'a, Result<Option<Mark>, BusError>>;

    /// Appends the events behind `after`, in order, so that never one of them is in
    /// the stream without those before it. [`BusError::Moved`] if the stream ends
    /// elsewhere. Some of them may be there after any other error.
    fn append(&self, sending: Sending) -> BoxFuture<'_, Result<(), BusError>>;

    /// Removes what every group has acknowledged, and says how far that is in `lap`.
    fn trim(&self, lap: i64) -> BoxFuture<'_, Result<Trimmed, BusError>>;
}
