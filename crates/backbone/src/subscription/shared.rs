//! What the rest of a process may know of a subscription, and tell its runner.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};

use super::Subscription;

#[derive(Debug)]
pub(crate) struct Shared {
    pub def: Arc<Subscription>,
    /// Everything up to here is handled or parked.
    pub position: watch::Sender<i64>,
    /// An operator changed something: look at once.
    pub wake: Notify,
    /// Whether it runs in this process; otherwise the observer says how far it is.
    here: AtomicBool,
    /// Positions up to `position` that are parked nevertheless. While it runs
    /// elsewhere: those at and above the lowest that is wanted.
    parked: Mutex<HashSet<i64>>,
    /// Positions that somebody waits for, and how many do.
    wanted: Mutex<BTreeMap<i64, usize>>,
    looks_begun: AtomicU64,
    looks_done: AtomicU64,
}

impl Shared {
    pub fn new(def: Subscription) -> Self {
        Self {
            def: Arc::new(def),
            position: watch::Sender::default(),
            wake: Notify::default(),
            here: AtomicBool::new(false),
            parked: Mutex::default(),
            wanted: Mutex::default(),
            looks_begun: AtomicU64::new(0),
            looks_done: AtomicU64::new(0),
        }
    }

    pub fn is_here(&self) -> bool {
        self.here.load(Ordering::SeqCst)
    }

    /// A runner begins here, or has ended.
    pub fn set_here(&self, here: bool) {
        self.here.store(here, Ordering::SeqCst);
    }

    pub(super) fn parked(&self) -> MutexGuard<'_, HashSet<i64>> {
        self.parked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wanted(&self) -> MutexGuard<'_, BTreeMap<i64, usize>> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that somebody waits for this position.
    pub(super) fn want(&self, position: i64) -> Want<'_> {
        *self.wanted().entry(position).or_default() += 1;
        let look = self.looks_begun.load(Ordering::SeqCst) + 1;
        Want {
            shared: self,
            position,
            look,
        }
    }

    pub(super) fn lowest_wanted(&self) -> Option<i64> {
        self.wanted().keys().next().copied()
    }

    /// The number of the look that begins now.
    pub(super) fn begin_look(&self) -> u64 {
        self.looks_begun.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// What the database said; of no interest if it runs here by now.
    pub(super) fn observed(&self, look: u64, position: i64, parked: HashSet<i64>) {
        if self.is_here() {
            return;
        }
        *self.parked() = parked;
        self.looks_done.store(look, Ordering::SeqCst);
        self.position.send_replace(position);
    }
}

/// Somebody waits for a position; ends when dropped.
pub(super) struct Want<'a> {
    shared: &'a Shared,
    position: i64,
    /// The first look that answers this wait, should it run elsewhere.
    look: u64,
}

impl Want<'_> {
    /// Whether the event, which the checkpoint has passed, is handled and not parked.
    pub fn is_seen(&self) -> bool {
        let known = self.shared.is_here() || self.shared.looks_done.load(Ordering::SeqCst) >= self.look;
        known && !self.shared.parked().contains(&self.position)
    }
}

impl Drop for Want<'_> {
    fn drop(&mut self) {
        let mut wanted = self.shared.wanted();
        if let Some(count) = wanted.get_mut(&self.position) {
            *count -= 1;
            if *count == 0 {
                wanted.remove(&self.position);
            }
        }
    }
}
