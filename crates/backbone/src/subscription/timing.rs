//! Timers of processes: each fires once, by compare-and-delete with the state.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use althing_db::{Batch, Error as DbError, Timestamp, sql};
use futures::FutureExt;

use super::runner::{Runner, Stop};
use super::store::FENCED;
use crate::core::is_repeat;
use crate::handler::{HandlerError, HandlerResult};
use crate::process::{Timer, Timers};
use crate::unit_of_work::{Prepared, UnitOfWork};

/// How long a failed timer waits before it is tried again.
const POSTPONED: Duration = Duration::from_secs(30);
/// How often a timer is decided again at once when somebody else changed the same state.
const DECISIONS: u32 = 4;

/// What became of a look at the timers.
pub(super) enum Timed {
    /// One was due and is dealt with; there may be more.
    Fired,
    /// None is due; the next one will be then.
    Next(Option<Timestamp>),
}

impl Runner {
    /// Fires the timer that has been due the longest.
    pub(super) async fn fire_timer(&mut self) -> Result<Timed, Stop> {
        let Some(timers) = self.def.timers.clone().filter(|_| self.is_running()) else {
            return Ok(Timed::Next(None));
        };
        let Some(timer) = Timers::next(&self.core, &self.def.name).await? else {
            return Ok(Timed::Next(None));
        };
        if timer.due_at > self.core.clock.now() {
            return Ok(Timed::Next(Some(timer.due_at)));
        }
        for _ in 0..DECISIONS {
            let prepared = match self.decide_timer(&timers, &timer).await {
                Ok(Some(prepared)) => prepared,
                Ok(None) => return Ok(Timed::Next(None)),
                Err(error) => return self.postpone(&timer, &error).await,
            };
            self.def.faults.point("before timer commit")?;
            let result = self.core.log.commit(prepared).await;
            self.def.faults.point("after timer commit")?;
            match result {
                Ok(_) => return Ok(Timed::Fired),
                Err(DbError::Conflict { tag }) if tag == FENCED => return Err(Stop::Fenced),
                Err(error) if is_repeat(&error) => {
                    // It fired before, and was set again by an event that was delivered again.
                    let mut batch = Batch::new();
                    batch.run(Timers::remove(&self.def.name, &timer));
                    self.add_fence(&mut batch);
                    self.commit(batch).await?;
                    return Ok(Timed::Fired);
                }
                // The timer or the state was changed meanwhile: look again.
                Err(error) if error.is_conflict() => {}
                Err(error) if error.is_fault_of_statement() => {
                    return self.postpone(&timer, &HandlerError::transient(error)).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.postpone(&timer, &HandlerError::transient(crate::Error::Conflict))
            .await
    }

    async fn decide_timer(&self, timers: &Timers, timer: &Timer) -> HandlerResult<Option<Prepared>> {
        let fired = AssertUnwindSafe(timers.fire(&self.core, timer.clone()))
            .catch_unwind()
            .await;
        let work: Option<UnitOfWork> = fired.unwrap_or_else(|_| {
            Err(HandlerError::transient(anyhow::anyhow!(
                "the timer's handler panicked"
            )))
        })?;
        let Some(work) = work else { return Ok(None) };
        let mut prepared = work.prepare().await?;
        self.add_fence(&mut prepared.batch);
        Ok(Some(prepared))
    }

    /// It failed: once more a little later, and an operator can see why.
    async fn postpone(&mut self, timer: &Timer, error: &HandlerError) -> Result<Timed, Stop> {
        tracing::warn!(subscription = %self.def.name, timer = timer.name, %error, "timer failed");
        let mut batch = Batch::new();
        batch.run(Timers::move_to(
            &self.def.name,
            timer,
            self.core.clock.now().plus(POSTPONED),
        ));
        batch.expect(
            1,
            FENCED,
            sql("UPDATE subscription SET last_error = $1 WHERE name = $2 AND epoch = $3")
                .bind(format!("timer {} failed: {error}", timer.name))
                .bind(self.def.name.clone())
                .bind(self.row.epoch),
        );
        self.commit(batch).await?;
        Ok(Timed::Fired)
    }
}
