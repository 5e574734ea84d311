//! Effects of events that came in: handler, note and fence in one transaction.

use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use althing_db::{Batch, Error as DbError};
use futures::FutureExt;
use tower::{Service, ServiceExt};

use super::inbox;
use super::tenure::Tenure;
use crate::core::{Core, is_repeat};
use crate::extract::{Delivery, PageTransaction, WorkSlot, take_work};
use crate::figures;
use crate::handler::{HandlerError, HandlerResult};
use crate::relay::Message;
use crate::subscription::{FENCED, Kind, Owner, Row, Subscription, fence, read};
use crate::unit_of_work::Prepared;

/// How often a handler decides again when somebody else changed the same state.
const DECISIONS: u32 = 4;

/// Why nothing could be done now.
pub(super) enum Stop {
    /// Another owner has taken over.
    Fenced,
    /// The database failed.
    Database(crate::Error),
}

impl From<crate::Error> for Stop {
    fn from(error: crate::Error) -> Self {
        Stop::Database(error)
    }
}

impl From<DbError> for Stop {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Conflict { tag } if tag == FENCED => Stop::Fenced,
            other => Stop::Database(other.into()),
        }
    }
}

/// A subscription whose events come from elsewhere.
pub(super) struct Inbound {
    pub core: Core,
    pub def: Arc<Subscription>,
    pub row: Row,
    tenure: Tenure,
}

impl Inbound {
    /// Makes row and tables if they are new, and takes the subscription over, or gets
    /// ready to when it is free. The flag says which.
    pub async fn start(core: &Core, def: Subscription, owner: &Owner) -> crate::Result<(Self, bool)> {
        let bare = Subscription {
            tables: def.tables.clone(),
            version: def.version,
            ..Subscription::bare(&def.name, Kind::Consumer, true)
        };
        let tenure = Tenure::prepare(core, bare, owner, 0).await?;
        let row = read(&core.db, &def.name).await?;
        let row = row.ok_or_else(|| crate::Error::NoSubscription(def.name.to_string()))?;
        if def.kind == Kind::Projection && row.version != def.version {
            return Err(crate::Error::FedByBroker {
                subscription: def.name.to_string(),
                built: row.version,
                wanted: def.version,
            });
        }
        let mut inbound = Self {
            core: core.clone(),
            def: Arc::new(def),
            row,
            tenure,
        };
        let is_mine = inbound.take().await?;
        Ok((inbound, is_mine))
    }

    /// Takes the subscription, unless somebody else has a lease on it.
    pub async fn take(&mut self) -> crate::Result<bool> {
        let taken = self.tenure.take().await?;
        let is_mine = taken.is_some();
        if let Some(row) = taken {
            self.row = row;
        }
        Ok(is_mine)
    }

    pub fn tenure(&self) -> &Tenure {
        &self.tenure
    }

    /// Which of the messages were handled before.
    pub async fn known(&self, messages: &[&Message]) -> Result<HashSet<uuid::Uuid>, Stop> {
        let ids: Vec<_> = messages.iter().map(|message| message.envelope.event_id).collect();
        Ok(inbox::known(&self.core.db, &self.def.name, &ids).await?)
    }

    /// What was removed from the stream and not reloaded yet.
    pub async fn losses(&self) -> Result<Vec<RangeInclusive<i64>>, Stop> {
        Ok(inbox::losses(&self.core.db, &self.def.name).await?)
    }

    /// Writes down what is missing, and what is missing no more.
    pub async fn note_losses(
        &self,
        new: &[RangeInclusive<i64>],
        made_good: Option<&RangeInclusive<i64>>,
    ) -> Result<(), Stop> {
        let mut batch = Batch::new();
        batch.expect(1, FENCED, fence(&self.def.name, self.row.epoch));
        for range in new {
            batch.run(inbox::lost(&self.def.name, range));
        }
        if let Some(range) = made_good {
            batch.run(inbox::made_good(&self.def.name, range));
        }
        self.core.db.commit(batch).await?;
        Ok(())
    }

    /// Handles a page in one transaction, if this is a projection. The inner error
    /// says that it could not be, and nothing of it happened.
    pub async fn project(&self, page: &[(&Message, u32)]) -> Result<HandlerResult, Stop> {
        let transaction = PageTransaction::new(
            self.core.db.clone(),
            self.def.table_names(self.row.generation),
            page.iter().map(|(message, _)| message.envelope.clone()).collect(),
        );
        for (message, attempt) in page {
            let called = self
                .call(message, *attempt, Some(transaction.clone()), WorkSlot::default())
                .await;
            if let Err(error) = called {
                transaction.give_up().await;
                return Ok(Err(error));
            }
        }
        let mut ending = Batch::new();
        for (message, _) in page {
            self.note(&mut ending, message);
        }
        match transaction.commit(ending).await {
            Ok(()) => Ok(Ok(())),
            Err(DbError::Conflict { tag }) if tag == FENCED => Err(Stop::Fenced),
            Err(error) if error.is_conflict() || error.is_fault_of_statement() => {
                Ok(Err(HandlerError::transient(error)))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Handles one event with whatever its handler records.
    pub async fn react(&self, message: &Message, attempt: u32) -> Result<HandlerResult, Stop> {
        let mut decision = 1;
        loop {
            let work = WorkSlot::default();
            let prepared = match self.call(message, attempt, None, work.clone()).await {
                Err(error) => return Ok(Err(error)),
                Ok(()) => match take_work(&work) {
                    Err(error) => return Ok(Err(error)),
                    Ok(None) => Prepared {
                        batch: Batch::new(),
                        events: Vec::new(),
                        first_event: 0,
                    },
                    Ok(Some(uow)) => match uow.prepare().await {
                        Err(error) => return Ok(Err(error.into())),
                        Ok(prepared) => prepared,
                    },
                },
            };
            let mut prepared = prepared;
            self.note(&mut prepared.batch, message);
            match self.core.log.commit(prepared).await {
                Ok(_) => return Ok(Ok(())),
                Err(DbError::Conflict { tag }) if tag == FENCED => return Err(Stop::Fenced),
                Err(error) if is_repeat(&error) => {
                    // What it would record is there: only the note was missing.
                    let mut batch = Batch::new();
                    self.note(&mut batch, message);
                    self.core.db.commit(batch).await?;
                    return Ok(Ok(()));
                }
                Err(DbError::Conflict { .. } | DbError::Constraint(_)) if decision < DECISIONS => {
                    decision += 1;
                }
                Err(error) if error.is_conflict() || error.is_fault_of_statement() => {
                    return Ok(Err(HandlerError::transient(error)));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Reads what an operator or another owner changed.
    pub async fn look_around(&mut self) -> Result<(), Stop> {
        let row = read(&self.core.db, &self.def.name).await?;
        self.row = row
            .filter(|row| row.epoch == self.row.epoch)
            .ok_or(Stop::Fenced)?;
        Ok(())
    }

    /// Shows operators what is wrong, or that nothing is any more.
    pub async fn complain(&self, text: Option<&str>) -> Result<(), Stop> {
        let mut batch = Batch::new();
        batch.expect(
            1,
            FENCED,
            althing_db::sql("UPDATE subscription SET last_error = $1 WHERE name = $2 AND epoch = $3")
                .bind(text)
                .bind(self.def.name.clone())
                .bind(self.row.epoch),
        );
        self.core.db.commit(batch).await?;
        Ok(())
    }

    /// Says that nobody runs it any more.
    pub async fn leave(&self) {
        self.tenure.release(self.row.epoch).await;
    }

    fn note(&self, batch: &mut Batch, message: &Message) {
        batch.run(inbox::handled(&self.def.name, message));
        let now = self.core.clock.now();
        inbox::seen(
            batch,
            &self.def.name,
            self.row.epoch,
            message.envelope.position,
            now,
        );
    }

    /// Calls the handler; a panic is a failure of this event, not of the process.
    async fn call(
        &self,
        message: &Message,
        attempt: u32,
        page: Option<Arc<PageTransaction>>,
        work: WorkSlot,
    ) -> HandlerResult {
        let Some(handler) = self.def.handlers.get(&*message.envelope.event_type) else {
            return Ok(());
        };
        let delivery = Delivery {
            envelope: message.envelope.clone(),
            core: self.core.clone(),
            subscription: self.def.name.clone(),
            attempt,
            epoch: self.row.epoch,
            page,
            work,
            states: self.def.states.clone(),
        };
        let mut handler = handler.clone();
        let begun = Instant::now();
        let result = AssertUnwindSafe(async move { handler.ready().await?.call(delivery).await })
            .catch_unwind()
            .await
            // The panic's own text may quote data.
            .unwrap_or_else(|_| Err(HandlerError::transient(anyhow::anyhow!("the handler panicked"))));
        figures::handled(&self.def.name, &message.envelope, begun.elapsed(), result.is_ok());
        result
    }
}
