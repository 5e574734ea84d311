//! Reactions and processes: one event, one commit, with whatever the handler recorded.

use std::sync::Arc;

use althing_db::{Batch, Error as DbError, Statement};

use super::hand::{Hand, call};
use super::parked::{self, ParkedEvent, Status};
use super::parking;
use super::progress::Ending;
use super::runner::{Runner, Stop};
use super::store::FENCED;
use crate::core::is_repeat;
use crate::envelope::Envelope;
use crate::extract::{WorkSlot, take_work};
use crate::figures;
use crate::handler::{HandlerError, HandlerResult};
use crate::unit_of_work::Prepared;

/// How often a handler decides again when somebody else changed the same state. Other
/// lanes may do so again and again; each time one of them gets on.
const DECISIONS: u32 = 16;
/// And when the database refuses what it wrote, which another one may be the cause of.
const REFUSALS: u32 = 4;

/// What shall be committed with the effect of an event.
#[derive(Clone, Copy)]
enum Turn {
    /// It is finished for the first time.
    First(i64),
    /// It was parked and is no longer.
    Again(i64),
    /// It is handled once more than it need be.
    Extra,
}

/// How an attempt ended.
enum Attempt {
    Done(Ending),
    Failed(HandlerError),
}

impl Hand {
    /// The first attempt at a new event; if it failed, how it is parked.
    pub async fn react(&self, envelope: &Arc<Envelope>) -> Result<(Option<ParkedEvent>, Ending), Stop> {
        let position = envelope.position;
        match self.attempt(envelope, 1, Turn::First(position)).await? {
            Attempt::Done(ending) => Ok((None, ending)),
            Attempt::Failed(error) => {
                let (statement, event) = parking::failed(&self.core, &self.def, envelope, 1, &error);
                let mut batch = Batch::new();
                batch.run(statement);
                let ending = self.finish(batch, &[position]).await?;
                self.count_dead(envelope, &event);
                Ok((Some(event), ending))
            }
        }
    }

    /// Another attempt at a parked event; if it failed again, how it is parked now.
    pub async fn react_again(&self, event: &ParkedEvent) -> Result<Option<ParkedEvent>, Stop> {
        let Some(envelope) = self.core.log.at(event.position).await? else {
            let (statement, event) = parking::missing(&self.core, &self.def, event);
            self.park_again(statement).await?;
            return Ok(Some(event));
        };
        let (attempt, turn) = (event.attempts + 1, Turn::Again(event.position));
        match self.attempt(&envelope, attempt, turn).await? {
            Attempt::Done(_) => Ok(None),
            Attempt::Failed(error) => {
                let (statement, event) = parking::failed(&self.core, &self.def, &envelope, attempt, &error);
                self.park_again(statement).await?;
                self.count_dead(&envelope, &event);
                Ok(Some(event))
            }
        }
    }

    async fn park_again(&self, statement: Statement) -> Result<(), Stop> {
        let mut batch = Batch::new();
        batch.run(statement);
        self.add_fence(&mut batch);
        self.commit(batch).await
    }

    fn count_dead(&self, envelope: &Envelope, event: &ParkedEvent) {
        if event.status == Status::Dead {
            figures::buried(&self.def.name, envelope);
        }
    }

    async fn attempt(&self, envelope: &Arc<Envelope>, attempt: u32, turn: Turn) -> Result<Attempt, Stop> {
        let mut decision = 1;
        loop {
            self.def.faults.point("before handler")?;
            let mut prepared = match self.run_handler(envelope, attempt).await {
                Ok(prepared) => prepared,
                Err(error) => return Ok(Attempt::Failed(error)),
            };
            self.def.faults.point("after handler")?;
            let ending = self.ending(turn);
            prepared.batch.append(self.last_words(turn, &ending));
            self.def.faults.point("before commit")?;
            let result = self.core.log.commit(prepared).await;
            self.def.faults.point("after commit")?;
            let error = match result {
                Ok(_) => return Ok(Attempt::Done(ending)),
                Err(DbError::Conflict { tag }) if tag == FENCED => return Err(Stop::Fenced),
                Err(error) if is_repeat(&error) => {
                    // What this handler would record is there: it ran before, and was
                    // committed under another checkpoint.
                    figures::repeated(&self.def.name, envelope);
                    self.commit(self.last_words(turn, &ending)).await?;
                    return Ok(Attempt::Done(ending));
                }
                Err(error) => error,
            };
            self.progress.refused(&ending);
            let again = match &error {
                DbError::Conflict { .. } => decision < DECISIONS,
                DbError::Constraint(_) => decision < REFUSALS,
                _ => false,
            };
            if !again {
                return if error.is_conflict() || error.is_fault_of_statement() {
                    Ok(Attempt::Failed(HandlerError::transient(error)))
                } else {
                    Err(Stop::Fault(error.into()))
                };
            }
            decision += 1;
            tokio::task::yield_now().await;
        }
    }

    fn ending(&self, turn: Turn) -> Ending {
        match turn {
            Turn::First(position) => self.progress.ending(&[position]),
            Turn::Again(_) | Turn::Extra => Ending::default(),
        }
    }

    fn last_words(&self, turn: Turn, ending: &Ending) -> Batch {
        let mut batch = Batch::new();
        if let Turn::Again(position) = turn {
            parked::delete(&mut batch, &self.def.name, position);
        }
        self.add_ending(&mut batch, ending);
        batch
    }

    /// What the handler wants to be committed.
    async fn run_handler(&self, envelope: &Arc<Envelope>, attempt: u32) -> HandlerResult<Prepared> {
        let work = WorkSlot::default();
        let (core, def) = (&self.core, &self.def);
        call(core, def, self.epoch, envelope, attempt, None, work.clone()).await?;
        match take_work(&work)? {
            Some(uow) => Ok(uow.prepare().await?),
            None => Ok(Prepared {
                batch: Batch::new(),
                events: Vec::new(),
                first_event: 0,
            }),
        }
    }
}

impl Runner {
    /// Delivers an event to its handler once more, outside the checkpoint, as a
    /// transport with at-least-once delivery would. For the test kit.
    pub(crate) async fn deliver_again(&mut self, envelope: &Arc<Envelope>) -> HandlerResult {
        if self.def.kind == super::Kind::Projection {
            let page = self.new_page(self.row.generation, vec![envelope.clone()]);
            self.call(envelope, 1, Some(page.clone()), Default::default())
                .await?;
            let mut ending = Batch::new();
            self.add_fence(&mut ending);
            return Ok(page.commit(ending).await?);
        }
        match self.hand().attempt(envelope, 1, Turn::Extra).await {
            Ok(Attempt::Done(_)) => Ok(()),
            Ok(Attempt::Failed(error)) => Err(error),
            Err(Stop::Fault(error)) => Err(error.into()),
            Err(Stop::Fenced | Stop::Crash) => {
                Err(HandlerError::transient(anyhow::anyhow!("the runner was stopped")))
            }
        }
    }
}
