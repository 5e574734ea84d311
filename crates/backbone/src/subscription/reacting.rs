//! Reactions and processes: one event, one commit, with whatever the handler recorded.

use std::sync::Arc;

use althing_db::{Batch, Error as DbError};

use super::parked::{self, ParkedEvent, key_of};
use super::runner::{Runner, Stop};
use super::store::FENCED;
use crate::core::is_repeat;
use crate::envelope::Envelope;
use crate::extract::{WorkSlot, take_work};
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
    /// Each event in a commit of its own, in order.
    pub(super) async fn react_page(&mut self, events: Vec<Arc<Envelope>>, last: i64) -> Result<(), Stop> {
        for event in events {
            if self.parked.holds(&key_of(&event)) {
                self.queue(&event).await?;
            } else {
                self.react(&event).await?;
            }
            if self.should_look_up() {
                return Ok(());
            }
        }
        self.pass_over(last).await
    }

    /// The first attempt at a new event.
    async fn react(&mut self, envelope: &Arc<Envelope>) -> Result<(), Stop> {
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
            return self.bury(event).await;
        };
        if self.def.kind == super::Kind::Projection {
            return self.project_again(&event, &envelope).await;
        }
        let attempt = event.attempts + 1;
        let ending = || {
            let mut ending = Batch::new();
            parked::delete(&mut ending, &self.def.name, event.position);
            self.add_fence(&mut ending);
            ending
        };
        match self.attempt(&envelope, attempt, ending).await? {
            Attempt::Done => {
                self.remove_parked(&event);
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
            self.def.faults.point("before handler")?;
            let mut prepared = match self.run_handler(envelope, attempt).await {
                Ok(prepared) => prepared,
                Err(error) => return Ok(Attempt::Failed(error)),
            };
            self.def.faults.point("after handler")?;
            prepared.batch.append(ending());
            self.def.faults.point("before commit")?;
            let result = self.core.log.commit(prepared).await;
            self.def.faults.point("after commit")?;
            match result {
                Ok(_) => return Ok(Attempt::Done),
                Err(DbError::Conflict { tag }) if tag == FENCED => return Err(Stop::Fenced),
                Err(error) if is_repeat(&error) => {
                    // What this handler would record is there: it ran before, and was
                    // committed under another checkpoint.
                    self.commit(ending()).await?;
                    return Ok(Attempt::Done);
                }
                Err(DbError::Conflict { .. } | DbError::Constraint(_)) if decision < DECISIONS => {
                    decision += 1
                }
                Err(error) if error.is_conflict() || error.is_fault_of_statement() => {
                    return Ok(Attempt::Failed(HandlerError::transient(error)));
                }
                Err(error) => return Err(Stop::Fault(error.into())),
            }
        }
    }

    /// What the handler wants to be committed.
    async fn run_handler(&self, envelope: &Arc<Envelope>, attempt: u32) -> HandlerResult<Prepared> {
        let work = WorkSlot::default();
        self.call(envelope, attempt, None, work.clone()).await?;
        match take_work(&work)? {
            Some(uow) => Ok(uow.prepare().await?),
            None => Ok(Prepared {
                batch: Batch::new(),
                events: Vec::new(),
                first_event: 0,
            }),
        }
    }

    /// Delivers an event to its handler once more, outside the checkpoint, as a
    /// transport with at-least-once delivery would. For the test kit.
    pub(crate) async fn deliver_again(&mut self, envelope: &Arc<Envelope>) -> HandlerResult {
        let fence = || {
            let mut ending = Batch::new();
            self.add_fence(&mut ending);
            ending
        };
        if self.def.kind == super::Kind::Projection {
            let page = self.new_page(self.row.generation);
            self.call(envelope, 1, Some(page.clone()), Default::default())
                .await?;
            return Ok(page.commit(fence()).await?);
        }
        match self.attempt(envelope, 1, fence).await {
            Ok(Attempt::Done) => Ok(()),
            Ok(Attempt::Failed(error)) => Err(error),
            Err(Stop::Fault(error)) => Err(error.into()),
            Err(Stop::Fenced | Stop::Crash) => {
                Err(HandlerError::transient(anyhow::anyhow!("the runner was stopped")))
            }
        }
    }
}
