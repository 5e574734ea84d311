//! What every part of the backbone shares.

use std::sync::Arc;

use althing_db::{Clock, Db, Ids, sql};
use uuid::Uuid;

use crate::command::{Command, Committed, Receipt};
use crate::context::Context;
use crate::figures::{self, Decided};
use crate::log::Log;
use crate::registry::EventRegistry;
use crate::unit_of_work::UnitOfWork;
use crate::{Error, Result};

/// How often a command is decided again after a conflict.
const DECISIONS: usize = 4;

#[derive(Clone)]
pub(crate) struct Core {
    pub db: Db,
    pub clock: Clock,
    pub ids: Ids,
    pub log: Log,
    pub registry: Arc<EventRegistry>,
}

impl Core {
    pub async fn execute<C: Command>(
        &self,
        context: Context,
        command: &C,
    ) -> Result<Committed<C::Output>, C::Error> {
        let mut decisions = 1;
        loop {
            match self.decide(context.clone(), command).await? {
                Err(error) if is_race(&error) && decisions < DECISIONS => tokio::task::yield_now().await,
                other => return Ok(other?),
            }
            decisions += 1;
        }
    }

    /// The outer result is the command's own, the inner one the commit's.
    async fn decide<C: Command>(
        &self,
        context: Context,
        command: &C,
    ) -> Result<Result<Committed<C::Output>>, C::Error> {
        let mut uow = UnitOfWork::begin(self, context);
        let value = command
            .run(&mut uow)
            .await
            .inspect_err(|_| figures::decided(Decided::Refused))?;
        let committed = self.commit(uow).await;
        figures::decided(match &committed {
            Ok(_) => Decided::Committed,
            Err(error) if is_race(error) => Decided::Raced,
            Err(_) => Decided::Failed,
        });
        Ok(committed.map(|receipt| Committed { value, receipt }))
    }

    async fn commit(&self, uow: UnitOfWork) -> Result<Receipt> {
        if uow.is_empty() {
            return Ok(Receipt::of_nothing());
        }
        let derived = uow.context().derive_from.is_some();
        let prepared = uow.prepare().await?;
        let newest = prepared.events.last().map(|event| event.event_id);
        match (self.log.commit(prepared).await, newest) {
            (Err(error), Some(newest)) if derived && is_repeat(&error) => self.repeated(newest, error).await,
            (other, _) => Ok(other?),
        }
    }

    /// A handler issued the same command before, and it was committed then.
    async fn repeated(&self, event_id: Uuid, error: althing_db::Error) -> Result<Receipt> {
        let position: Option<i64> = sql("SELECT position FROM event_log WHERE id = $1")
            .bind(event_id)
            .optional(&self.db)
            .await?;
        match position {
            Some(position) => Ok(Receipt::at(position)),
            // Committed, as the refusal says, but not numbered yet.
            None if self.log.sequencer().is_some() => Ok(Receipt::of_event(event_id)),
            None => Err(error.into()),
        }
    }
}

/// A failed version check, or a unique index that another commit filled first.
fn is_race(error: &Error) -> bool {
    error.is_conflict() || matches!(error, Error::Database(althing_db::Error::Constraint(_)))
}

/// The unique index on event ids refused an id that was derived from its cause:
/// what is being committed was committed before.
pub(crate) fn is_repeat(error: &althing_db::Error) -> bool {
    matches!(error, althing_db::Error::Constraint(text)
        if text.contains("event_log.id") || text.starts_with("event_identity."))
}
