//! Timers of processes: each fires once, by compare-and-delete with the state.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use althing_db::{Batch, Error as DbError, sql};
use futures::FutureExt;

use super::hand::Hand;
use super::runner::Stop;
use super::store::FENCED;
use crate::core::is_repeat;
use crate::handler::{HandlerError, HandlerResult};
use crate::process::{Timer, Timers};
use crate::unit_of_work::{Prepared, UnitOfWork};

/// How long a failed timer waits before it is tried again.
const POSTPONED: Duration = Duration::from_secs(30);
/// How often a timer is decided again at once when somebody else changed the same state.
const DECISIONS: u32 = 4;

impl Hand {
    /// Fires a timer that is due. Somebody else may have moved or cancelled it
    /// meanwhile; then it is left alone.
    pub(super) async fn fire(&self, timers: &Timers, timer: &Timer) -> Result<(), Stop> {
        for _ in 0..DECISIONS {
            let prepared = match self.decide_timer(timers, timer).await {
                Ok(Some(prepared)) => prepared,
                Ok(None) => return Ok(()),
                Err(error) => return self.postpone(timer, &error).await,
            };
            self.def.faults.point("before timer commit")?;
            let result = self.core.log.commit(prepared).await;
            self.def.faults.point("after timer commit")?;
            match result {
                Ok(_) => return Ok(()),
                Err(DbError::Conflict { tag }) if tag == FENCED => return Err(Stop::Fenced),
                Err(error) if is_repeat(&error) => {
                    // It fired before, and was set again by an event that was delivered again.
                    let mut batch = Batch::new();
                    batch.run(Timers::remove(&self.def.name, timer));
                    self.add_fence(&mut batch);
                    return self.commit(batch).await;
                }
                Err(error) if error.is_conflict() => {
                    if !Timers::is_set(&self.core, &self.def.name, timer).await? {
                        return Ok(());
                    }
                }
                Err(error) if error.is_fault_of_statement() => {
                    return self.postpone(timer, &HandlerError::transient(error)).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.postpone(timer, &HandlerError::transient(crate::Error::Conflict))
            .await
    }

    async fn decide_timer(&self, timers: &Timers, timer: &Timer) -> HandlerResult<Option<Prepared>> {
        let fired = AssertUnwindSafe(timers.fire(&self.core, &self.def.states, timer.clone()))
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
    async fn postpone(&self, timer: &Timer, error: &HandlerError) -> Result<(), Stop> {
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
                .bind(self.epoch),
        );
        self.commit(batch).await
    }
}
