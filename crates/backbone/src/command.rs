//! Commands: load, decide, record; the backbone commits and, on a conflict, asks again.

use std::future::Future;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The highest position of the commit; 0 if it recorded no event.
    pub position: i64,
}

/// The answer of a committed command.
#[derive(Clone, Debug)]
pub struct Committed<T> {
    /// What the command answered.
    pub value: T,
    /// Where it stands in the log.
    pub receipt: Receipt,
}
