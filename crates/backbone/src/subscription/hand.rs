//! What one lane has in hand: it calls the handler of an event and commits what comes
//! of it, whatever the other lanes do.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use althing_db::Batch;
use futures::FutureExt;
use tower::{Service, ServiceExt};

use super::Subscription;
use super::progress::{Ending, Progress};
use super::runner::Stop;
use super::store::{self, FENCED};
use crate::core::Core;
use crate::envelope::Envelope;
use crate::extract::{Delivery, PageTransaction, WorkSlot};
use crate::figures;
use crate::handler::{HandlerError, HandlerResult};

#[derive(Clone)]
pub(super) struct Hand {
    pub core: Core,
    pub def: Arc<Subscription>,
    pub epoch: i64,
    pub progress: Arc<Progress>,
}

impl Hand {
    /// What the commit must say of the checkpoint. Whatever it says, it happens only
    /// if we still own the subscription. Always the last of a batch, so that the row
    /// of the subscription is locked as briefly as can be.
    pub fn add_ending(&self, batch: &mut Batch, ending: &Ending) {
        let name = &self.def.name;
        for position in &ending.keeps {
            let keep = store::finish(name, self.epoch, *position);
            batch.expect(1, FENCED, keep);
        }
        let Some((from, to)) = ending.moves else {
            if ending.keeps.is_empty() {
                self.add_fence(batch);
            }
            return;
        };
        if ending.forgets {
            batch.run(store::forget_finished(name, to));
        }
        let now = self.core.clock.now();
        let checkpoint = store::checkpoint(&self.core.db, name, self.epoch, from, to, now);
        batch.expect(1, FENCED, checkpoint);
    }

    pub fn add_fence(&self, batch: &mut Batch) {
        batch.expect(1, FENCED, store::fence(&self.def.name, self.epoch));
    }

    pub async fn commit(&self, batch: Batch) -> Result<(), Stop> {
        self.def.faults.point("before commit")?;
        self.core.db.commit(batch).await?;
        self.def.faults.point("after commit")?;
        Ok(())
    }

    /// Commits something that finishes these events.
    pub async fn finish(&self, mut batch: Batch, done: &[i64]) -> Result<Ending, Stop> {
        let ending = self.progress.ending(done);
        self.add_ending(&mut batch, &ending);
        self.commit(batch).await?;
        Ok(ending)
    }
}

/// Calls the handler; a panic is a failure of this event, not of the process.
pub(super) async fn call(
    core: &Core,
    def: &Subscription,
    epoch: i64,
    envelope: &Arc<Envelope>,
    attempt: u32,
    page: Option<Arc<PageTransaction>>,
    work: WorkSlot,
) -> HandlerResult {
    let Some(handler) = def.handlers.get(&*envelope.event_type) else {
        return Ok(());
    };
    let delivery = Delivery {
        envelope: envelope.clone(),
        core: core.clone(),
        subscription: def.name.clone(),
        attempt,
        epoch,
        page,
        work,
        states: def.states.clone(),
    };
    let mut handler = handler.clone();
    let call = async move { handler.ready().await?.call(delivery).await };
    let begun = Instant::now();
    let result = AssertUnwindSafe(call)
        .catch_unwind()
        .await
        .unwrap_or_else(|panic| {
            let text = panic
                .downcast_ref::<&str>()
                .map(ToString::to_string)
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_default();
            // The panic's own text may quote data, so only its length is kept.
            Err(HandlerError::transient(anyhow::anyhow!(
                "the handler panicked ({} characters of message withheld)",
                text.len()
            )))
        });
    figures::handled(&def.name, envelope, begun.elapsed(), result.is_ok());
    result
}
