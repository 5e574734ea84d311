//! What commands and readers of the backbone may be told.

use crate::event::DecodeError;
use crate::registry::RegistryError;

/// An error of the backbone. No text contains payloads.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Somebody else changed the same state; loading and deciding again did not
    /// help within the allowed number of tries.
    #[error("somebody else changed this at the same moment")]
    Conflict,
    /// An append expected another sequence number.
    #[error("the aggregate is at sequence {actual}, not at {expected}")]
    WrongSequence {
        /// What the caller expected.
        expected: i64,
        /// What is true.
        actual: i64,
    },
    /// The database failed.
    #[error("the database failed")]
    Database(#[source] althing_db::Error),
    /// A stored event or aggregate could not be read.
    #[error("stored data could not be read")]
    Decode(#[from] DecodeError),
    /// An aggregate's stored body does not fit its Rust type any more.
    #[error("a stored {kind} could not be read (line {line}, column {column})")]
    Aggregate {
        /// The aggregate's kind.
        kind: &'static str,
        /// Where in the JSON.
        line: usize,
        /// Where in the JSON.
        column: usize,
    },
    /// A value could not be written as JSON.
    #[error("{0} could not be written as JSON")]
    Encode(&'static str),
    /// The catalogue and the subscriptions do not fit together.
    #[error("the catalogue is inconsistent")]
    Registry(#[from] RegistryError),
    /// The cursor belongs to the log before a restore.
    #[error("the cursor is from epoch {found}, the log is in epoch {current}")]
    CursorEpoch {
        /// The client's.
        found: i64,
        /// The log's.
        current: i64,
    },
    /// A parked event is not in the log any more.
    #[error("event {position} is no longer in the log")]
    EventMissing {
        /// Where it stood.
        position: i64,
    },
    /// Events of several aggregates cannot be appended under one expected sequence.
    #[error("the events belong to more than one {aggregate_type}")]
    SeveralAggregates {
        /// The kind of aggregate.
        aggregate_type: &'static str,
    },
    /// There is no subscription of that name.
    #[error("there is no subscription called {0}")]
    NoSubscription(String),
    /// There is no relay of that name.
    #[error("there is no relay called {0}")]
    NoRelay(String),
    /// A broker did not do what it was asked.
    #[error("a broker is in the way")]
    Broker(#[from] crate::bus::BusError),
    /// A subscription that is fed by a broker cannot be rebuilt in its place.
    #[error(
        "{subscription} is fed by a broker and was built by version {built}: give version {wanted} a new name"
    )]
    FedByBroker {
        /// The subscription.
        subscription: String,
        /// The version its tables belong to.
        built: i64,
        /// The version of the code.
        wanted: i64,
    },
    /// There is no such dead letter.
    #[error("there is no such dead letter")]
    NoDeadLetter,
    /// The operation is for projections only.
    #[error("only a projection can be rebuilt; {0} is not one")]
    NotAProjection(String),
    /// An archive could not be written or read.
    #[error(transparent)]
    Archive(#[from] crate::archive::ArchiveError),
    /// The subscription did not get there in time.
    #[error("{subscription} has not passed position {position} in time")]
    NotSeen {
        /// The subscription.
        subscription: String,
        /// The receipt's position.
        position: i64,
    },
}

impl Error {
    /// Whether loading and deciding again may succeed.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Error::Conflict)
    }
}

impl From<althing_db::Error> for Error {
    fn from(error: althing_db::Error) -> Self {
        if error.is_conflict() {
            Error::Conflict
        } else {
            Error::Database(error)
        }
    }
}

/// What functions of the backbone answer.
pub type Result<T, E = Error> = std::result::Result<T, E>;
