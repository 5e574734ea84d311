//! Commands: load, decide, record; the backbone commits and, on a conflict, asks again.

use std::future::Future;

use uuid::Uuid;

use crate::unit_of_work::UnitOfWork;

/// Something a caller wants done. `run` may be called several times: when
/// somebody else changed the same state meanwhile, it loads and decides again.
/// It must therefore reach nothing outside.
pub trait Command: Send + Sync {
    /// What the caller gets.
    type Output: Send;
    /// Refusals of the rules, and faults.
    type Error: From<crate::Error> + Send;

    /// Loads, decides and records.
    fn run(&self, uow: &mut UnitOfWork) -> impl Future<Output = Result<Self::Output, Self::Error>> + Send;
}

/// Proof of a commit; with it one can wait until a subscription has seen it.
///
/// On SQLite it knows its position at once. On PostgreSQL positions are given with
/// the commit or just after it, so it knows its newest event, and
/// [`crate::Backbone::position_of_receipt`] waits for the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt(Proof);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Proof {
    Nothing,
    Position(i64),
    Event(Uuid),
}

impl Receipt {
    /// Of a commit whose highest position is known.
    pub fn at(position: i64) -> Self {
        match position {
            0 => Self::of_nothing(),
            _ => Self(Proof::Position(position)),
        }
    }

    /// Of a commit that recorded no event: everybody has seen it.
    pub fn of_nothing() -> Self {
        Self(Proof::Nothing)
    }

    pub(crate) fn of_event(newest: Uuid) -> Self {
        Self(Proof::Event(newest))
    }

    /// The highest position of the commit, if it is known already; 0 if it recorded
    /// no event.
    pub fn position(&self) -> Option<i64> {
        match self.0 {
            Proof::Nothing => Some(0),
            Proof::Position(position) => Some(position),
            Proof::Event(_) => None,
        }
    }

    pub(crate) fn event(&self) -> Option<Uuid> {
        match self.0 {
            Proof::Event(event) => Some(event),
            Proof::Nothing | Proof::Position(_) => None,
        }
    }
}

/// The answer of a committed command.
#[derive(Clone, Debug)]
pub struct Committed<T> {
    /// What the command answered.
    pub value: T,
    /// Where it stands in the log.
    pub receipt: Receipt,
}
