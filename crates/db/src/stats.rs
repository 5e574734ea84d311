//! What the database was asked to do, counted.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters since the database was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Commits (one fsync each).
    pub commits: u64,
    /// Batches and write sessions that were committed in them.
    pub batches: u64,
    /// Statements run by writers.
    pub statements: u64,
    /// Statements run by readers.
    pub reads: u64,
}

#[derive(Default)]
pub(crate) struct Counters {
    pub commits: AtomicU64,
    pub batches: AtomicU64,
    pub statements: AtomicU64,
    pub reads: AtomicU64,
}

impl Counters {
    pub fn read(&self) -> Stats {
        Stats {
            commits: self.commits.load(Ordering::Relaxed),
            batches: self.batches.load(Ordering::Relaxed),
            statements: self.statements.load(Ordering::Relaxed),
            reads: self.reads.load(Ordering::Relaxed),
        }
    }
}
