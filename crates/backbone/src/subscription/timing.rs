//! Timers of processes: each fires once, by compare-and-delete with the state.

use std::time::Duration;

use althing_db::Timestamp;

use super::runner::{Runner, Stop};
use super::store::{self, FENCED};
use crate::handler::HandlerError;
use crate::process::Timers;

/// How long a failed timer waits before it is tried again.
const POSTPONED: Duration = Duration::from_secs(30);

impl Runner {
    /// Fires what is due; answers when the next one is.
    pub(super) async fn fire_timers(&mut self) -> Result<Option<Timestamp>, Stop> {
        let Some(timers) = self.def.timers.clone() else { return Ok(None) };
        loop {
            let Some(timer) = Timers::next(&self.core, &self.def.name).await? else { return Ok(None) };
            if timer.due_at > self.core.clock.now() {
                return Ok(Some(timer.due_at));
            }
            let result = match timers.fire(&self.core, timer.clone()).await {
                Ok(Some(mut uow)) => {
                    uow.expect(1, FENCED, store::fence(&self.def.name, self.row.epoch));
                    self.commit_timer(uow).await
                }
                Ok(None) => return Ok(None),
                Err(error) => Err(error),
            };
            match result {
                Ok(()) => {}
                Err(error) if error.is_conflict() && self.still_owner().await? => {}
                Err(error) if error.is_conflict() => return Err(Stop::Fenced),
                Err(error) => {
                    tracing::warn!(subscription = %self.def.name, timer = timer.name, %error, "timer failed");
                    let until = self.core.clock.now().plus(POSTPONED);
                    Timers::postpone(&self.core, &self.def.name, &timer, until).await?;
                    return Ok(Some(until));
                }
            }
        }
    }

    async fn commit_timer(&self, uow: crate::unit_of_work::UnitOfWork) -> Result<(), HandlerError> {
        self.faults.point("before timer commit").map_err(|_| HandlerError::transient(anyhow::anyhow!("crash")))?;
        let prepared = uow.prepare().await?;
        self.core.log.commit(prepared).await?;
        Ok(())
    }

    async fn still_owner(&self) -> Result<bool, Stop> {
        Ok(store::read(&self.core.db, &self.def.name).await?.is_some_and(|row| row.epoch == self.row.epoch))
    }
}
