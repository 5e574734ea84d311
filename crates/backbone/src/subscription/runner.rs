//! The runner of a subscription. A projection's loop is here: due retries, a rebuild's
//! page, a new page, then rest. Reactions and processes work in [`super::lanes`].

use std::sync::Arc;
use std::time::{Duration, Instant};

use althing_db::{Batch, Timestamp};
use futures::FutureExt;
use tokio_util::sync::CancellationToken;

use super::hand::call;
use super::lanes::Lanes;
use super::parked::Parked;
use super::shared::Shared;
use super::store::{self, FENCED};
use super::{Kind, Owner, Subscription};
use crate::core::Core;
use crate::envelope::Envelope;
use crate::extract::{PageTransaction, WorkSlot};
use crate::faults::CrashHere;
use crate::handler::HandlerResult;

/// How often a runner looks for what operators or other processes changed, and
/// writes down how far it has passed over events of no interest.
pub(super) const LOOK_AROUND: Duration = Duration::from_secs(1);
/// A checkpoint that only passed over events of no interest is written this rarely.
pub(super) const PASSED_OVER: i64 = 1_000;

/// How a runner ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Orderly; the subscription is free for others.
    Left,
    /// Another owner has taken over.
    Fenced,
    /// As a test asked.
    Crashed,
}

/// Why a turn ended early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Another owner has taken over.
    Fenced,
    /// A test asked for a crash here.
    Crash,
    /// The database failed; try again in a moment.
    Fault(crate::Error),
}

impl From<althing_db::Error> for Stop {
    fn from(error: althing_db::Error) -> Self {
        match error {
            althing_db::Error::Conflict { tag } if tag == FENCED => Stop::Fenced,
            other => Stop::Fault(other.into()),
        }
    }
}

impl From<crate::Error> for Stop {
    fn from(error: crate::Error) -> Self {
        Stop::Fault(error)
    }
}

impl From<CrashHere> for Stop {
    fn from(_: CrashHere) -> Self {
        Stop::Crash
    }
}

/// What a turn did.
enum Turn {
    Worked,
    Rest(Option<Timestamp>),
}

pub(crate) struct Runner {
    pub(super) core: Core,
    pub(super) def: Arc<Subscription>,
    pub(super) shared: Arc<Shared>,
    pub(super) row: store::Row,
    /// Everything up to here is handled, parked or of no interest. What is stored
    /// may lie behind by events of no interest.
    pub(super) position: i64,
    pub(super) parked: Parked,
    /// What was finished above the checkpoint when it was acquired.
    pub(super) finished: Vec<i64>,
    pub(super) owner: Owner,
    pub(super) looked: Instant,
    /// After a fault nothing in memory is believed until it was read again.
    doubtful: bool,
}

impl Runner {
    /// Takes the subscription over from whoever had it.
    pub async fn start(core: &Core, shared: Arc<Shared>, owner: &Owner) -> crate::Result<Self> {
        let (def, now) = (shared.def.clone(), core.clock.now());
        store::create(&core.db, &def, core.log.head(), now).await?;
        let row = store::acquire(&core.db, &def, owner, now).await?;
        let row = row.ok_or_else(|| crate::Error::NoSubscription(def.name.to_string()))?;
        Self::of(core, shared, owner, row).await
    }

    /// Goes on with what was acquired.
    pub async fn of(core: &Core, shared: Arc<Shared>, owner: &Owner, row: store::Row) -> crate::Result<Self> {
        let def = shared.def.clone();
        let parked = Parked::load(&core.db, &def.name).await?;
        let finished = store::finished(&core.db, &def.name).await?;
        let position = row.position;
        let mut runner = Self {
            core: core.clone(),
            def,
            shared,
            row,
            position,
            parked: Parked::default(),
            finished,
            owner: owner.clone(),
            looked: Instant::now(),
            doubtful: false,
        };
        runner.replace_parked(parked);
        runner.shared.position.send_replace(position);
        runner.shared.set_here(true);
        Ok(runner)
    }

    pub fn name(&self) -> Arc<str> {
        self.def.name.clone()
    }

    pub async fn run(self, shutdown: CancellationToken) -> Ended {
        match self.def.kind {
            Kind::Projection => self.project(shutdown).await,
            // Relays and consumers have runners of their own and do not come here.
            Kind::Reaction | Kind::Process | Kind::Relay | Kind::Consumer => {
                Lanes::of(self, shutdown).run().await
            }
        }
    }

    async fn project(mut self, shutdown: CancellationToken) -> Ended {
        let mut head = self.core.log.watch_head();
        loop {
            head.mark_unchanged();
            let rest = match self.turn().await {
                Ok(Turn::Worked) => None,
                Ok(Turn::Rest(until)) => Some(self.nap(until)),
                Err(stop) => match self.survive(stop) {
                    Ok(rest) => Some(rest),
                    Err(ended) => return ended,
                },
            };
            let woken = match rest {
                None => {
                    tokio::task::yield_now().await;
                    self.shared.wake.notified().now_or_never().is_some()
                }
                Some(rest) => tokio::select! {
                    () = shutdown.cancelled() => false,
                    _ = head.changed() => false,
                    () = self.shared.wake.notified() => true,
                    () = tokio::time::sleep(rest) => false,
                },
            };
            if shutdown.is_cancelled() {
                self.leave().await;
                return Ended::Left;
            }
            if (woken || self.looked.elapsed() >= LOOK_AROUND)
                && let Err(stop) = self.look_around().await
                && let Err(ended) = self.survive(stop)
            {
                return ended;
            }
        }
    }

    /// How long to wait before going on, if this is not the end.
    pub(super) fn survive(&mut self, stop: Stop) -> Result<Duration, Ended> {
        match stop {
            Stop::Fenced => {
                tracing::warn!(subscription = %self.def.name, owner = %self.owner.name, "another owner has taken over; stopping");
                Err(Ended::Fenced)
            }
            Stop::Crash => Err(Ended::Crashed),
            Stop::Fault(error) => {
                let error = format!("{:#}", anyhow::Error::from(error));
                tracing::error!(subscription = %self.def.name, error, "subscription failed; trying again");
                self.doubtful = true;
                Ok(LOOK_AROUND)
            }
        }
    }

    pub(super) fn nap(&self, until: Option<Timestamp>) -> Duration {
        until.map_or(LOOK_AROUND, |due| {
            due.since(self.core.clock.now())
                .min(LOOK_AROUND)
                .max(Duration::from_millis(5))
        })
    }

    pub(super) fn is_running(&self) -> bool {
        self.row.status == "running"
    }

    /// Whether the code is of another version than the tables that are read.
    pub(super) fn is_frozen(&self) -> bool {
        self.def.kind == Kind::Projection && self.def.version != self.row.version
    }

    /// While a rebuild is under way, parked events wait: one that was handled now
    /// would be missing from the new tables, where its place was passed already.
    fn may_retry(&self) -> bool {
        !self.is_frozen() && !self.row.rebuild_wanted
    }

    /// A bit of everything that there is to do, so that a long drain of one kind
    /// does not hold back the others.
    async fn turn(&mut self) -> Result<Turn, Stop> {
        if self.doubtful {
            self.look_around().await?;
            self.position = self.row.position;
            self.doubtful = false;
        }
        if !self.is_running() {
            return Ok(Turn::Rest(None));
        }
        let mut worked = false;
        if self.may_retry()
            && let Some(event) = self.parked.due(self.core.clock.now(), |_| false)
        {
            match self.core.log.at(event.position).await? {
                Some(envelope) => self.project_again(&event, &envelope).await?,
                None => self.bury(&event).await?,
            }
            worked = true;
        }
        worked |= self.rebuild_step().await?;
        // Code of a new version must not write into tables of the old one.
        if self.is_running() && !self.is_frozen() && self.core.log.head() > self.position {
            worked |= self.page().await?;
        }
        if worked {
            return Ok(Turn::Worked);
        }
        let retry = self.parked.next_due(|_| false);
        Ok(Turn::Rest(retry.filter(|_| self.may_retry())))
    }

    /// Takes the next page; `false` if there was none.
    async fn page(&mut self) -> Result<bool, Stop> {
        let page = self.core.log.page(self.position, self.def.page).await?;
        let Some(last) = page.last().map(|event| event.position) else {
            return Ok(false);
        };
        let mine: Vec<_> = page
            .into_iter()
            .filter(|event| self.def.handlers.contains_key(&*event.event_type))
            .collect();
        if mine.is_empty() {
            self.pass_over(last).await?;
        } else {
            self.project_page(mine, last).await?;
        }
        Ok(true)
    }

    /// Events of no interest need no durable checkpoint: after a crash they are
    /// passed over again.
    pub(super) async fn pass_over(&mut self, last: i64) -> Result<(), Stop> {
        if last - self.row.position >= PASSED_OVER {
            return self.store_position(last).await;
        }
        self.moved_to(last, false);
        Ok(())
    }

    async fn store_position(&mut self, position: i64) -> Result<(), Stop> {
        let mut batch = Batch::new();
        self.add_checkpoint(&mut batch, position);
        self.core.db.commit(batch).await?;
        self.moved_to(position, true);
        Ok(())
    }

    pub(super) fn add_checkpoint(&self, batch: &mut Batch, to: i64) {
        let now = self.core.clock.now();
        batch.expect(
            1,
            FENCED,
            store::checkpoint(
                &self.core.db,
                &self.def.name,
                self.row.epoch,
                self.row.position,
                to,
                now,
            ),
        );
    }

    pub(super) fn add_fence(&self, batch: &mut Batch) {
        batch.expect(1, FENCED, store::fence(&self.def.name, self.row.epoch));
    }

    pub(super) async fn commit(&self, batch: Batch) -> Result<(), Stop> {
        self.def.faults.point("before commit")?;
        self.core.db.commit(batch).await?;
        self.def.faults.point("after commit")?;
        Ok(())
    }

    pub(super) fn moved_to(&mut self, position: i64, stored: bool) {
        self.position = position;
        if stored {
            self.row.position = position;
        }
        self.shared.position.send_replace(position);
    }

    pub(super) async fn call(
        &self,
        envelope: &Arc<Envelope>,
        attempt: u32,
        page: Option<Arc<PageTransaction>>,
        work: WorkSlot,
    ) -> HandlerResult {
        call(
            &self.core,
            &self.def,
            self.row.epoch,
            envelope,
            attempt,
            page,
            work,
        )
        .await
    }

    /// Reads what operators or another process changed, and writes down how far
    /// events of no interest were passed over.
    async fn look_around(&mut self) -> Result<(), Stop> {
        self.look().await?;
        if self.position > self.row.position && self.is_running() && !self.doubtful {
            self.store_position(self.position).await?;
        }
        Ok(())
    }

    /// Reads what operators or another process changed.
    pub(super) async fn look(&mut self) -> Result<(), Stop> {
        self.looked = Instant::now();
        if self.owner.trouble.is_suspended() {
            return Ok(());
        }
        // In this order: an act in between is seen by the next look.
        let row = store::read(&self.core.db, &self.def.name).await?;
        let Some(row) = row.filter(|row| row.epoch == self.row.epoch) else {
            return Err(Stop::Fenced);
        };
        if row.acts != self.row.acts || self.doubtful {
            let parked = Parked::load(&self.core.db, &self.def.name).await?;
            self.replace_parked(parked);
        }
        self.row = row;
        Ok(())
    }

    /// An orderly end: what was passed over is written down, the owner is gone.
    async fn leave(&mut self) {
        let mut batch = Batch::new();
        if self.position > self.row.position && !self.doubtful {
            self.add_checkpoint(&mut batch, self.position);
        }
        batch.expect(1, FENCED, store::release(&self.def.name, self.row.epoch));
        match self.core.db.commit(batch).await {
            Ok(_) => {}
            Err(error) if error.is_conflict() => {}
            Err(error) => {
                tracing::warn!(subscription = %self.def.name, %error, "could not write the last checkpoint")
            }
        }
    }
}
