//! Positions on PostgreSQL, where writers commit side by side.
//!
//! Writers put events into `event_entry` under an id that is drawn once the
//! aggregate's row is locked; nobody waits for anybody else. Ids alone cannot be a
//! cursor: a low one may be committed after a high one. So one **tick** at a time
//! compares the snapshot of the last tick with the present one: whatever has become
//! visible in between gets the next positions, in the order of its id. Nothing is
//! ever skipped by time: a transaction that stays open is simply not visible yet,
//! and holds up nobody.
//!
//! One process leads (a lease with an epoch, checked in the tick's own
//! transaction). Its own commits do what a tick does before they end, if nobody is at
//! it just then, and so have their positions at once; otherwise they wake the leader.
//! Commits of other processes wake it by one NOTIFY outside their transaction, a slow
//! look finds the rest. Each process follows: it reads what was numbered once, for all
//! its subscriptions and feeds.

mod leader;
pub(crate) mod partitions;
mod restored;
mod tick;

#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::Duration;

use althing_db::{Closing, Db};
use tokio::sync::{Notify, watch};

pub(crate) use leader::lead;
pub use tick::SequencerStatus;
pub(crate) use tick::UNNUMBERED;

use crate::Result;

/// Says that a process committed something.
pub(crate) const COMMITTED: &str = "althing_committed";
/// Says how far positions were given.
pub(crate) const NUMBERED: &str = "althing_numbered";

/// The sequencer as this process sees it; cloning it is cheap.
#[derive(Clone)]
pub(crate) struct Sequencer {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    /// Something of this process was committed and waits for its number.
    committed: Notify,
    /// A commit of this process numbered itself; the other processes do not know yet.
    numbered_here: Notify,
    /// The newest id that such a commit saw.
    newest_id: AtomicI64,
    /// What ends this process's commits while it leads.
    closing: RwLock<Option<Arc<Closing>>>,
    /// Up to where positions were given, as far as is known here.
    numbered: watch::Sender<i64>,
    /// Whether a task gives and follows positions; otherwise whoever commits does.
    is_running: AtomicBool,
    leads: AtomicBool,
    ahead: partitions::Ahead,
    /// Microseconds that the last tick took.
    tick_micros: AtomicI64,
}

impl Sequencer {
    pub fn new(db: Db) -> Self {
        Self {
            inner: Arc::new(Inner {
                db,
                committed: Notify::new(),
                numbered_here: Notify::new(),
                newest_id: AtomicI64::new(0),
                closing: RwLock::default(),
                numbered: watch::Sender::new(0),
                is_running: AtomicBool::new(false),
                leads: AtomicBool::new(false),
                ahead: partitions::Ahead::default(),
                tick_micros: AtomicI64::new(0),
            }),
        }
    }

    /// After a commit of this process.
    pub async fn committed(&self) -> Result<()> {
        if self.is_running() {
            self.inner.committed.notify_one();
            return Ok(());
        }
        self.number_now().await.map(|_| ())
    }

    /// What a commit of this process should end with, if it can number itself. Then
    /// nobody need be told of it.
    pub fn closing(&self) -> Option<Arc<Closing>> {
        let closing = self.inner.closing.read();
        closing.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// As the leader of this epoch, or no leader any more.
    fn close_commits(&self, leader: Option<tick::Leader<'_>>) {
        let closing = leader.map(|leader| {
            let inner = Arc::downgrade(&self.inner);
            let done = move |outcomes: Option<&[althing_db::Outcome]>| {
                if let Some(inner) = Weak::upgrade(&inner) {
                    Self { inner }.closed(outcomes);
                }
            };
            Arc::new(Closing::new(tick::closing(leader), done))
        });
        *self.inner.closing.write().unwrap_or_else(PoisonError::into_inner) = closing;
    }

    /// A commit of this process is durable.
    fn closed(&self, outcomes: Option<&[althing_db::Outcome]>) {
        let numbered = outcomes.and_then(<[_]>::last).and_then(tick::Ticked::of);
        match numbered {
            Some(ticked) => {
                self.learn(ticked.last);
                self.inner
                    .newest_id
                    .fetch_max(ticked.newest_id, Ordering::Relaxed);
                self.inner.numbered_here.notify_one();
            }
            None => self.inner.committed.notify_one(),
        }
    }

    /// Numbers what is committed, whoever leads; answers the newest position. It
    /// takes the same lock as the leader's tick, so the two cannot meet.
    pub async fn number_now(&self) -> Result<i64> {
        let last = match tick::is_due(&self.inner.db).await? {
            None => tick::last(&self.inner.db).await?,
            Some(_) => {
                let ticked = tick::tick(&self.inner.db, None).await?;
                self.make_room(ticked.newest_id).await;
                ticked.last
            }
        };
        self.learn(last);
        Ok(last)
    }

    /// Sees to it that there are partitions for the ids to come.
    pub async fn make_room(&self, newest_id: i64) {
        self.inner.ahead.ensure(&self.inner.db, newest_id).await;
    }

    /// Somebody said that positions up to here were given.
    pub fn learn(&self, last: i64) {
        self.inner.numbered.send_if_modified(|known| {
            let news = last > *known;
            *known = last.max(*known);
            news
        });
    }

    pub fn numbered(&self) -> watch::Receiver<i64> {
        self.inner.numbered.subscribe()
    }

    pub fn is_running(&self) -> bool {
        self.inner.is_running.load(Ordering::Acquire)
    }

    pub fn run(&self, yes: bool) {
        self.inner.is_running.store(yes, Ordering::Release);
    }

    /// What an operator sees.
    pub async fn status(&self) -> Result<SequencerStatus> {
        let mut status = tick::status(&self.inner.db).await?;
        status.leads = self.inner.leads.load(Ordering::Relaxed);
        let micros = self.inner.tick_micros.load(Ordering::Relaxed);
        status.tick = Duration::from_micros(micros.unsigned_abs());
        Ok(status)
    }
}
