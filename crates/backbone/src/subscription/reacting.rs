//! Reactions and processes: one event, one commit, with whatever the handler recorded.

use std::sync::{Arc, PoisonError};

use althing_db::Batch;

use super::parked::{self, ParkedEvent};
use super::runner::{Runner, Stop};
use super::store::{self, FENCED};
use crate::envelope::Envelope;
use crate::extract::WorkSlot;
use crate::handler::{HandlerError, HandlerResult};
use crate::unit_of_work::Prepared;

/// How often a handler decides again when somebody else changed the same state.
const DECISIONS: u32 = 4;

/// How an attempt ended.
enum Attempt {
    Done,
    Failed(HandlerError),
}

impl Runner {
    /// The first attempt at a new event.
    pub(super) async fn react(&mut self, envelope: &Arc<Envelope>) -> Result<(), Stop> {
        let ending = || {
            let mut ending = Batch::new();
            self.add_checkpoint(&mut ending, envelope.position);
            ending
        };
        match self.attempt(envelope, 1, ending).await? {
            Attempt::Done => {
                self.moved_to(envelope.position, true);
                Ok(())
            }
            Attempt::Failed(error) => self.park(envelope, 1, &error, true).await,
        }
    }

    /// Another attempt at a parked event.
    pub(super) async fn retry(&mut self, event: ParkedEvent) -> Result<(), Stop> {
        let Some(envelope) = self.core.log.at(event.position).await? else {
            let error = HandlerError::permanent(anyhow::anyhow!("its event is no longer in the log"));
            return Err(Stop::Fault(crate::Error::NotSeen {
                subscription: format!("{} ({error})", self.def.name),
                position: event.position,
            }));
        };
        if self.def.kind == super::Kind::Projection {
            return self.project_again(&event, &envelope).await;
        }
        let attempt = event.attempts + 1;
        let result = self
            .attempt(&envelope, attempt, || {
                let mut ending = Batch::new();
                parked::delete(&mut ending, &self.def.name, event.position);
                ending.expect(1, FENCED, store::fence(&self.def.name, self.row.epoch));
                ending
            })
            .await?;
        match result {
            Attempt::Done => {
                self.parked.remove(event.position);
                Ok(())
            }
            Attempt::Failed(error) => self.park(&envelope, attempt, &error, false).await,
        }
    }

    async fn attempt(
        &self,
        envelope: &Arc<Envelope>,
        attempt: u32,
        ending: impl Fn() -> Batch,
    ) -> Result<Attempt, Stop> {
        let mut decision = 1;
        loop {
            self.faults.point("before handler").map_err(|_| Stop::Crash)?;
            let work = WorkSlot::default();
            if let Err(error) = self.call(envelope, attempt, None, work.clone()).await {
                return Ok(Attempt::Failed(error));
            }
            self.faults.point("after handler").map_err(|_| Stop::Crash)?;
            self.faults.point("before commit").map_err(|_| Stop::Crash)?;
            let result = self.finish(work, ending()).await;
            self.faults.point("after commit").map_err(|_| Stop::Crash)?;
            match result {
                Ok(()) => return Ok(Attempt::Done),
                Err(althing_db::Error::Conflict { tag }) if tag == FENCED => return Err(Stop::Fenced),
                Err(error) if is_repeat(&error) => {
                    // What this handler would record is already there: an earlier
                    // run was committed under another checkpoint.
                    self.core.db.commit(ending()).await?;
                    return Ok(Attempt::Done);
                }
                Err(althing_db::Error::Conflict { .. } | althing_db::Error::Constraint(_)) if decision < DECISIONS => {
                    decision += 1;
                }
                Err(error @ (althing_db::Error::Conflict { .. } | althing_db::Error::Constraint(_))) => {
                    return Ok(Attempt::Failed(HandlerError::transient(error)));
                }
                Err(error) => return Err(Stop::Fault(error.into())),
            }
        }
    }

    /// Commits what the handler recorded together with the ending.
    async fn finish(&self, work: WorkSlot, ending: Batch) -> althing_db::Result<()> {
        let uow = work.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut prepared = match uow {
            None => Prepared { batch: Batch::new(), events: Vec::new(), first_event: 0 },
            Some(uow) => match uow.prepare().await {
                Ok(prepared) => prepared,
                Err(crate::Error::Database(error)) => return Err(error),
                Err(_) => return Err(althing_db::Error::Conflict { tag: "prepare" }),
            },
        };
        prepared.batch.append(ending);
        self.core.log.commit(prepared).await.map(|_| ())
    }

    /// Delivers an event to its handler once more, outside the checkpoint, as a
    /// transport with at-least-once delivery would. For the test kit.
    pub(crate) async fn deliver_again(&mut self, envelope: &Arc<Envelope>) -> HandlerResult {
        let fence = || {
            let mut ending = Batch::new();
            ending.expect(1, FENCED, store::fence(&self.def.name, self.row.epoch));
            ending
        };
        if self.def.kind == super::Kind::Projection {
            let page = self.new_page(self.row.generation);
            self.call(envelope, 1, Some(page.clone()), Default::default()).await?;
            return Ok(page.commit(fence()).await?);
        }
        match self.attempt(envelope, 1, fence).await {
            Ok(Attempt::Done) => Ok(()),
            Ok(Attempt::Failed(error)) => Err(error),
            Err(Stop::Fault(error)) => Err(error.into()),
            Err(Stop::Fenced | Stop::Crash) => Err(HandlerError::transient(anyhow::anyhow!("the runner was stopped"))),
        }
    }
}

/// The unique index on event ids refused an id that was derived from this cause.
fn is_repeat(error: &althing_db::Error) -> bool {
    matches!(error, althing_db::Error::Constraint(text) if text.contains("event_log.id"))
}
