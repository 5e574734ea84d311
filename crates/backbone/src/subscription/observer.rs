//! How far a subscription is that runs in another process. The database is asked
//! only while somebody waits, once for all who wait.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use althing_db::sql;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::shared::Shared;
use crate::command::Receipt;
use crate::core::Core;
use crate::log::Log;
use crate::{Error, Result};

/// How often the database is asked while somebody waits.
const EVERY: Duration = Duration::from_millis(100);
/// How many events are looked at to see whether they are of no interest.
const AHEAD: usize = 500;

pub(crate) struct Observer {
    core: Core,
    subscriptions: Arc<HashMap<Arc<str>, Arc<Shared>>>,
    wake: Arc<Notify>,
    shutdown: CancellationToken,
}

impl Observer {
    pub fn new(
        core: &Core,
        subscriptions: Arc<HashMap<Arc<str>, Arc<Shared>>>,
        shutdown: CancellationToken,
    ) -> Self {
        Self {
            core: core.clone(),
            subscriptions,
            wake: Arc::default(),
            shutdown,
        }
    }

    /// Notified whenever somebody begins to wait, and when a subscription leaves.
    pub fn wake(&self) -> Arc<Notify> {
        self.wake.clone()
    }

    pub async fn run(self) {
        while !self.shutdown.is_cancelled() {
            let awaited = self.awaited();
            if awaited.is_empty() {
                tokio::select! {
                    () = self.shutdown.cancelled() => {}
                    () = self.wake.notified() => {}
                }
                continue;
            }
            if let Err(error) = self.look(&awaited).await {
                let error = format!("{:#}", anyhow::Error::from(error));
                tracing::warn!(error, "could not see how far other processes are");
            }
            tokio::select! {
                () = self.shutdown.cancelled() => {}
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// Subscriptions that run elsewhere and that somebody here waits for.
    fn awaited(&self) -> Vec<Arc<Shared>> {
        let awaited = |shared: &&Arc<Shared>| !shared.is_here() && shared.position.receiver_count() > 0;
        self.subscriptions.values().filter(awaited).cloned().collect()
    }

    async fn look(&self, awaited: &[Arc<Shared>]) -> Result<()> {
        // Before the question: whoever begins to wait after this needs another answer.
        let looks: Vec<u64> = awaited.iter().map(|shared| shared.begin_look()).collect();
        let lowest = awaited.iter().filter_map(|shared| shared.lowest_wanted()).min();
        let rows: Vec<(String, i64, bool)> = sql("SELECT name, position, FALSE FROM subscription UNION ALL \
             SELECT subscription, position, TRUE FROM parked_event WHERE position >= $1")
        .bind(lowest.unwrap_or(i64::MAX))
        .all(&self.core.db)
        .await?;
        let mut positions: HashMap<&str, i64> = HashMap::new();
        let mut parked: HashMap<&str, HashSet<i64>> = HashMap::new();
        for (name, position, is_parked) in &rows {
            if *is_parked {
                parked.entry(name).or_default().insert(*position);
            } else {
                positions.insert(name, *position);
            }
        }
        for (shared, look) in awaited.iter().zip(looks) {
            let name = shared.def.name();
            let Some(stored) = positions.get(name) else {
                continue;
            };
            let position = self.beyond(shared, *stored).await?;
            shared.observed(look, position, parked.remove(name).unwrap_or_default());
        }
        Ok(())
    }

    /// The owner writes down only rarely that it passed over events of no interest.
    async fn beyond(&self, shared: &Shared, stored: i64) -> Result<i64> {
        if stored >= self.core.log.head() {
            return Ok(stored);
        }
        let page = self.core.log.page(stored, AHEAD).await?;
        let passed = page
            .iter()
            .take_while(|event| !shared.def.handlers.contains_key(&*event.event_type))
            .last();
        Ok(passed.map_or(stored, |event| event.position))
    }
}

/// See [`crate::Backbone::seen_by`].
#[must_use]
pub struct Seen<'a> {
    subscription: &'a str,
    shared: Option<Arc<Shared>>,
    log: &'a Log,
    observer: &'a Notify,
    receipt: Receipt,
}

impl<'a> Seen<'a> {
    pub(crate) fn new(
        subscription: &'a str,
        shared: Option<Arc<Shared>>,
        log: &'a Log,
        observer: &'a Notify,
        receipt: Receipt,
    ) -> Self {
        Self {
            subscription,
            shared,
            log,
            observer,
            receipt,
        }
    }

    /// Waits at most this long; [`Error::NotSeen`] if that was not enough. An event
    /// that is parked has not been seen yet.
    pub async fn within(self, limit: Duration) -> Result<()> {
        let Some(shared) = &self.shared else {
            return Err(Error::NoSubscription(self.subscription.to_owned()));
        };
        let deadline = Instant::now() + limit;
        let not_seen = |position| Error::NotSeen {
            subscription: self.subscription.to_owned(),
            position,
        };
        let numbered = self.log.resolve_receipt(self.receipt);
        let wanted = match timeout_at(deadline, numbered).await {
            Ok(position) => position?,
            Err(_) => return Err(not_seen(0)),
        };
        let want = shared.want(wanted);
        let mut position = shared.position.subscribe();
        self.observer.notify_one();
        let reached = position.wait_for(|position| *position >= wanted && want.is_seen());
        match timeout_at(deadline, reached).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err(not_seen(wanted)),
        }
    }
}
