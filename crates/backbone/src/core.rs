//! What every part of the backbone shares.

use std::sync::Arc;

use althing_db::{Clock, Db, Ids};

use crate::command::{Command, Committed, Receipt};
use crate::context::Context;
use crate::log::Log;
use crate::personal::Vault;
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
    pub vault: Arc<Vault>,
    pub registry: Arc<EventRegistry>,
}

impl Core {
    pub async fn execute<C: Command>(&self, context: Context, command: &C) -> Result<Committed<C::Output>, C::Error> {
        for _ in 1..DECISIONS {
            match self.decide(context.clone(), command).await? {
                Err(error) if is_race(&error) => tokio::task::yield_now().await,
                other => return Ok(other?),
            }
        }
        Ok(self.decide(context, command).await?.map_err(|error| if is_race(&error) { Error::Conflict } else { error })?)
    }

    /// The outer result is the command's own, the inner one the commit's.
    async fn decide<C: Command>(
        &self,
        context: Context,
        command: &C,
    ) -> Result<Result<Committed<C::Output>>, C::Error> {
        let mut uow = UnitOfWork::begin(self, context);
        let value = command.run(&mut uow).await?;
        Ok(self.commit(uow).await.map(|receipt| Committed { value, receipt }))
    }

    pub async fn commit(&self, uow: UnitOfWork) -> Result<Receipt> {
        if uow.is_empty() {
            return Ok(Receipt { position: 0 });
        }
        let prepared = uow.prepare().await?;
        Ok(Receipt { position: self.log.commit(prepared).await? })
    }
}

/// A failed version check, or a unique index that another commit filled first.
fn is_race(error: &Error) -> bool {
    error.is_conflict() || matches!(error, Error::Database(althing_db::Error::Constraint(_)))
}
