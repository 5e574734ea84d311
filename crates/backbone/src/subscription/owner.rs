//! Who runs a subscription, and for how long others must believe it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use althing_db::{Db, Ids, Store};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How processes agree on who runs which subscription.
///
/// Either way the epoch in the subscription's row rises with each change of owner
/// and every write carries it, so that a replaced owner can change nothing. Leases
/// only decide who may become the owner, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leases {
    /// A process that starts takes every subscription over at once. For a store
    /// that one process serves, as SQLite's.
    Exclusive,
    /// Subscriptions are spread over all live processes. An owner that gives no sign
    /// of life for this long, by the database's clock, may be replaced.
    Shared(Duration),
}

impl Leases {
    /// How long a lease lasts unless something else is said.
    pub const DEFAULT: Duration = Duration::from_secs(5);

    /// Leases where several processes may be at work, otherwise none.
    pub(crate) fn fit_for(db: &Db) -> Self {
        match db.store() {
            Store::Sqlite => Self::Exclusive,
            Store::Postgres => Self::Shared(Self::DEFAULT),
        }
    }

    /// In microseconds; `None` without leases.
    pub(super) fn micros(self) -> Option<i64> {
        match self {
            Leases::Exclusive => None,
            Leases::Shared(length) => Some(i64::try_from(length.as_micros()).unwrap_or(i64::MAX / 4)),
        }
    }
}

/// This process as an owner. Each start is another one, whatever its name.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    pub id: Uuid,
    pub name: Arc<str>,
    pub leases: Leases,
    pub trouble: Trouble,
}

impl Owner {
    pub fn new(name: &str, leases: Leases) -> Self {
        Self {
            id: Ids::random().next(),
            name: name.into(),
            leases,
            trouble: Trouble::default(),
        }
    }
}

/// What a test may do to a whole process.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trouble {
    suspended: Arc<AtomicBool>,
    killed: CancellationToken,
    dead: CancellationToken,
}

impl Trouble {
    /// As SIGSTOP does: no sign of life, no look at what others did. A handler that
    /// is under way goes on when the test lets it.
    pub fn suspend(&self, on: bool) {
        self.suspended.store(on, Ordering::SeqCst);
    }

    pub fn is_suspended(&self) -> bool {
        self.suspended.load(Ordering::SeqCst)
    }

    /// As SIGKILL does: everything ends where it is, nothing is released. Answers once
    /// nothing runs any more.
    pub async fn kill(&self) {
        self.killed.cancel();
        self.dead.cancelled().await;
    }

    pub(super) async fn killed(&self) {
        self.killed.cancelled().await;
    }

    pub(super) fn died(&self) {
        self.dead.cancel();
    }
}
