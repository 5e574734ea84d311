//! The loop of one subscription: due retries, then new pages, then a rebuild's, then rest.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use althing_db::{Batch, Timestamp};
use futures::FutureExt;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceExt};

use super::parked::{Failure, Parked, ParkedEvent, Status, key_of, write_failure, write_queued};
use super::store::{self, FENCED};
use super::{Kind, Subscription};
use crate::core::Core;
use crate::envelope::Envelope;
use crate::extract::{Delivery, PageTransaction, WorkSlot};
use crate::faults::Faults;
use crate::handler::{HandlerError, HandlerResult};

/// How often a resting runner looks for what another process changed.
const LOOK_AROUND: Duration = Duration::from_secs(1);
/// A checkpoint that only passed over events of other types is written this rarely.
const PASSED_OVER: i64 = 1_000;

/// What others may know of and tell a runner.
#[derive(Debug)]
pub(crate) struct Shared {
    pub def: Arc<Subscription>,
    /// Everything up to here is handled or parked.
    pub position: watch::Sender<i64>,
    /// An operator changed something: look at once.
    pub wake: Notify,
}

/// Why a turn ended early.
pub(super) enum Stop {
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

/// What a turn did.
enum Turn {
    Worked,
    Rest(Option<Timestamp>),
}

pub(crate) struct Runner {
    pub(super) core: Core,
    pub(super) def: Arc<Subscription>,
    pub(super) shared: Arc<Shared>,
    pub(super) faults: Faults,
    pub(super) row: store::Row,
    /// Everything up to here is handled, parked or of no interest.
    pub(super) position: i64,
    pub(super) parked: Parked,
    owner: String,
}

impl Runner {
    pub async fn start(core: &Core, shared: Arc<Shared>, owner: &str, faults: Faults) -> crate::Result<Self> {
        let def = shared.def.clone();
        let row = store::acquire(&core.db, &def, owner, core.log.head(), core.clock.now()).await?;
        let parked = Parked::load(&core.db, &def.name).await?;
        shared.position.send_replace(row.position);
        let position = row.position;
        Ok(Self { core: core.clone(), def, shared, faults, row, position, parked, owner: owner.to_owned() })
    }

    pub async fn run(mut self, shutdown: CancellationToken) {
        let mut head = self.core.log.watch_head();
        loop {
            head.mark_unchanged();
            let rest = match self.turn().await {
                Ok(Turn::Worked) if !shutdown.is_cancelled() => continue,
                Ok(Turn::Worked) => return,
                Ok(Turn::Rest(until)) => self.nap(until),
                Err(Stop::Fenced) => {
                    tracing::warn!(subscription = %self.def.name, owner = %self.owner, "another owner has taken over; stopping");
                    return;
                }
                Err(Stop::Crash) => return,
                Err(Stop::Fault(error)) => {
                    tracing::error!(subscription = %self.def.name, error = format!("{:#}", anyhow::Error::from(error)), "subscription failed; trying again");
                    self.reload_after_fault().await;
                    LOOK_AROUND
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = head.changed() => {}
                () = self.shared.wake.notified() => self.look_around().await,
                () = tokio::time::sleep(rest) => self.look_around().await,
            }
        }
    }

    fn nap(&self, until: Option<Timestamp>) -> Duration {
        until.map_or(LOOK_AROUND, |due| due.since(self.core.clock.now()).min(LOOK_AROUND).max(Duration::from_millis(5)))
    }

    async fn turn(&mut self) -> Result<Turn, Stop> {
        if self.row.status != "running" {
            return Ok(Turn::Rest(None));
        }
        if let Some(event) = self.parked.due(self.core.clock.now()) {
            self.retry(event).await?;
            return Ok(Turn::Worked);
        }
        let rebuilding = self.rebuild_step().await?;
        // Code of a new version must not write into tables of the old one.
        let live = self.def.version == self.row.version;
        if live && self.core.log.head() > self.position && self.page().await? {
            return Ok(Turn::Worked);
        }
        if rebuilding {
            return Ok(Turn::Worked);
        }
        let timers = if self.def.kind == Kind::Process { self.fire_timers().await? } else { None };
        Ok(Turn::Rest(match (self.parked.next_due(), timers) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }))
    }

    /// Takes the next page; `false` if there was none.
    async fn page(&mut self) -> Result<bool, Stop> {
        let page = self.core.log.page(self.position, self.def.page).await?;
        let Some(last) = page.last().map(|event| event.position) else { return Ok(false) };
        let (mine, parked): (Vec<_>, Vec<_>) = page
            .into_iter()
            .filter(|event| self.def.handlers.contains_key(&*event.event_type))
            .partition(|event| self.parked.is_empty() || !self.parked.holds(&key_of(event)));
        if !parked.is_empty() {
            // Order within a page matters only by key, and whole keys are parked.
            return self.page_with_parked(mine, parked, last).await.map(|()| true);
        }
        if mine.is_empty() {
            self.pass_over(last).await?;
            return Ok(true);
        }
        self.handle_page(mine, last).await?;
        Ok(true)
    }

    /// Queues events of parked keys behind them, then handles the rest.
    async fn page_with_parked(
        &mut self,
        mine: Vec<Arc<Envelope>>,
        parked: Vec<Arc<Envelope>>,
        last: i64,
    ) -> Result<(), Stop> {
        // One event at a time keeps positions and checkpoint in step.
        let mut all: Vec<(Arc<Envelope>, bool)> = mine.into_iter().map(|event| (event, false)).collect();
        all.extend(parked.into_iter().map(|event| (event, true)));
        all.sort_by_key(|(event, _)| event.position);
        for (event, _) in all {
            if self.parked.holds(&key_of(&event)) {
                self.queue(&event).await?;
            } else {
                self.handle_page(vec![event.clone()], event.position).await?;
            }
        }
        self.pass_over(last).await
    }

    async fn queue(&mut self, event: &Envelope) -> Result<(), Stop> {
        let mut batch = Batch::new();
        batch.run(write_queued(&self.def.name, event));
        self.add_checkpoint(&mut batch, event.position);
        self.core.db.commit(batch).await?;
        self.parked.add(ParkedEvent {
            position: event.position,
            key: key_of(event),
            status: Status::Queued,
            attempts: 0,
            due_at: None,
        });
        self.moved_to(event.position, true);
        Ok(())
    }

    async fn handle_page(&mut self, events: Vec<Arc<Envelope>>, last: i64) -> Result<(), Stop> {
        match self.def.kind {
            Kind::Projection => self.project_page(events, last).await,
            Kind::Reaction | Kind::Process => {
                for event in events {
                    // An earlier failure in this page may have parked the key.
                    if self.parked.holds(&key_of(&event)) {
                        self.queue(&event).await?;
                    } else {
                        self.react(&event).await?;
                    }
                }
                self.pass_over(last).await
            }
        }
    }

    /// Events of no interest need no durable checkpoint: after a crash they are
    /// passed over again.
    pub(super) async fn pass_over(&mut self, last: i64) -> Result<(), Stop> {
        if last - self.row.position >= PASSED_OVER {
            let mut batch = Batch::new();
            self.add_checkpoint(&mut batch, last);
            self.core.db.commit(batch).await?;
            self.moved_to(last, true);
        } else {
            self.moved_to(last, false);
        }
        Ok(())
    }

    pub(super) fn add_checkpoint(&self, batch: &mut Batch, to: i64) {
        let now = self.core.clock.now();
        batch.expect(1, FENCED, store::checkpoint(&self.def.name, self.row.epoch, self.row.position, to, now));
    }

    pub(super) fn moved_to(&mut self, position: i64, stored: bool) {
        self.position = position;
        if stored {
            self.row.position = position;
        }
        self.shared.position.send_replace(position);
    }

    /// Calls the handler; a panic is a failure of this event, not of the process.
    pub(super) async fn call(
        &self,
        envelope: &Arc<Envelope>,
        attempt: u32,
        page: Option<Arc<PageTransaction>>,
        work: WorkSlot,
    ) -> HandlerResult {
        let Some(handler) = self.def.handlers.get(&*envelope.event_type) else { return Ok(()) };
        let delivery = Delivery {
            envelope: envelope.clone(),
            core: self.core.clone(),
            subscription: self.def.name.clone(),
            attempt,
            page,
            work,
            states: self.def.states.clone(),
        };
        let mut handler = handler.clone();
        let call = async move { handler.ready().await?.call(delivery).await };
        AssertUnwindSafe(call).catch_unwind().await.unwrap_or_else(|panic| {
            let text = panic
                .downcast_ref::<&str>()
                .map(ToString::to_string)
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_default();
            // The panic's own text may quote data, so only its length is kept.
            Err(HandlerError::transient(anyhow::anyhow!("the handler panicked ({} characters of message withheld)", text.len())))
        })
    }

    /// An attempt failed: plan the next one or give the event to the operator.
    pub(super) async fn park(
        &mut self,
        envelope: &Envelope,
        attempts: u32,
        error: &HandlerError,
        is_new: bool,
    ) -> Result<(), Stop> {
        let now = self.core.clock.now();
        let delay = if error.is_permanent() { None } else { self.def.retry.delays.get(attempts as usize - 1) };
        let due_at = delay.map(|delay| now.plus(jittered(*delay)));
        let status = if due_at.is_some() { Status::Retry } else { Status::Dead };
        let text = error.to_string();
        tracing::warn!(
            subscription = %self.def.name, position = envelope.position, event_type = %envelope.event_type,
            attempts, dead = status == Status::Dead, error = %text, "event failed"
        );
        let mut batch = Batch::new();
        batch.run(write_failure(
            &self.def.name,
            &Failure { envelope, status, attempts, due_at, error: &text, now },
        ));
        if is_new {
            self.add_checkpoint(&mut batch, envelope.position);
        } else {
            batch.expect(1, FENCED, store::fence(&self.def.name, self.row.epoch));
        }
        self.core.db.commit(batch).await?;
        self.parked.add(ParkedEvent { position: envelope.position, key: key_of(envelope), status, attempts, due_at });
        if is_new {
            self.moved_to(envelope.position, true);
        }
        if self.parked.keys() > self.def.most_parked_keys {
            self.stop_for_too_many().await?;
        }
        Ok(())
    }

    async fn stop_for_too_many(&mut self) -> Result<(), Stop> {
        let text = format!("{} keys are parked: the handler itself seems to be at fault", self.parked.keys());
        tracing::error!(subscription = %self.def.name, keys = self.parked.keys(), "too many parked keys; stopped");
        store::set_status(&self.core.db, &self.def.name, self.row.epoch, "stopped", Some(&text)).await?;
        self.row.status = "stopped".into();
        Ok(())
    }

    /// Reads what operators (here or in another process) changed.
    async fn look_around(&mut self) {
        let looked = async {
            let row = store::read(&self.core.db, &self.def.name).await?;
            let parked = Parked::load(&self.core.db, &self.def.name).await?;
            Ok::<_, crate::Error>((row, parked))
        };
        match looked.await {
            Ok((Some(row), parked)) => {
                if row.epoch == self.row.epoch {
                    self.row = row;
                }
                self.parked = parked;
            }
            Ok((None, _)) => tracing::error!(subscription = %self.def.name, "its row has disappeared"),
            Err(error) => tracing::error!(subscription = %self.def.name, %error, "could not look around"),
        }
    }

    async fn reload_after_fault(&mut self) {
        self.look_around().await;
        self.position = self.row.position;
    }
}

fn jittered(delay: Duration) -> Duration {
    let factor: f64 = rand::random_range(0.8..1.2);
    delay.mul_f64(factor)
}
