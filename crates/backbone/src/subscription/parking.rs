//! What becomes of events that cannot be handled now: they are tried again, wait
//! behind an earlier one of their key, or become dead letters.

use std::time::Duration;

use althing_db::{Batch, Statement};

use super::Subscription;
use super::parked::{Failure, Parked, ParkedEvent, Status, key_of, write_dead, write_failure};
use super::runner::{Runner, Stop};
use super::store::{self, FENCED};
use crate::core::Core;
use crate::envelope::Envelope;
use crate::figures;
use crate::handler::HandlerError;

/// What becomes of a failed attempt: the next one is planned, or the event is given to
/// the operator.
pub(super) fn failed(
    core: &Core,
    def: &Subscription,
    envelope: &Envelope,
    attempts: u32,
    error: &HandlerError,
) -> (Statement, ParkedEvent) {
    let now = core.clock.now();
    let delay = if error.is_permanent() {
        None
    } else {
        def.retry.delays.get(attempts as usize - 1)
    };
    let due_at = delay.map(|delay| now.plus(jittered(*delay)));
    let status = if due_at.is_some() {
        Status::Retry
    } else {
        Status::Dead
    };
    let text = error.to_string();
    tracing::warn!(
        subscription = %def.name, position = envelope.position, event_type = %envelope.event_type,
        attempts, dead = status == Status::Dead, error = %text, "event failed"
    );
    let failure = Failure {
        envelope,
        status,
        attempts,
        due_at,
        error: &text,
        now,
    };
    let event = ParkedEvent {
        position: envelope.position,
        key: key_of(envelope),
        status,
        attempts,
        due_at,
    };
    (write_failure(&def.name, &failure), event)
}

/// A parked event that is gone from the log can only be skipped by an operator.
pub(super) fn missing(core: &Core, def: &Subscription, event: &ParkedEvent) -> (Statement, ParkedEvent) {
    let position = event.position;
    let error = crate::Error::EventMissing { position };
    tracing::error!(subscription = %def.name, position, %error, "a parked event cannot be tried");
    let event = ParkedEvent {
        status: Status::Dead,
        due_at: None,
        ..event.clone()
    };
    (
        write_dead(&def.name, position, &error.to_string(), core.clock.now()),
        event,
    )
}

impl Runner {
    /// An attempt of a projection failed.
    pub(super) async fn park(
        &mut self,
        envelope: &Envelope,
        attempts: u32,
        error: &HandlerError,
        is_new: bool,
    ) -> Result<(), Stop> {
        let (statement, event) = failed(&self.core, &self.def, envelope, attempts, error);
        let mut batch = Batch::new();
        batch.run(statement);
        if is_new {
            self.add_checkpoint(&mut batch, envelope.position);
        } else {
            self.add_fence(&mut batch);
        }
        self.commit(batch).await?;
        if event.status == Status::Dead {
            figures::buried(&self.def.name, envelope);
        }
        self.add_parked(event);
        if is_new {
            self.moved_to(envelope.position, true);
        }
        if self.too_many_are_parked() {
            self.stop_for_too_many().await?;
        }
        Ok(())
    }

    /// A parked event of a projection is gone.
    pub(super) async fn bury(&mut self, event: &ParkedEvent) -> Result<(), Stop> {
        let (statement, event) = missing(&self.core, &self.def, event);
        let mut batch = Batch::new();
        batch.run(statement);
        self.add_fence(&mut batch);
        self.commit(batch).await?;
        self.add_parked(event);
        Ok(())
    }

    pub(super) fn too_many_are_parked(&self) -> bool {
        self.parked.keys() > self.def.most_parked_keys && self.is_running()
    }

    pub(super) async fn stop_for_too_many(&mut self) -> Result<(), Stop> {
        let text = format!(
            "{} keys are parked: the handler itself seems to be at fault",
            self.parked.keys()
        );
        tracing::error!(subscription = %self.def.name, keys = self.parked.keys(), "too many parked keys; stopped");
        let mut batch = Batch::new();
        batch.expect(1, FENCED, store::stop(&self.def.name, self.row.epoch, &text));
        self.commit(batch).await?;
        self.row.status = "stopped".into();
        Ok(())
    }

    pub(super) fn add_queued(&mut self, event: &Envelope) {
        self.add_parked(ParkedEvent {
            position: event.position,
            key: key_of(event),
            status: Status::Queued,
            attempts: 0,
            due_at: None,
        });
    }

    pub(super) fn add_parked(&mut self, event: ParkedEvent) {
        self.shared.parked().insert(event.position);
        self.parked.add(event);
    }

    /// The event waits no longer; whoever waits for it is told.
    pub(super) fn remove_parked(&mut self, event: &ParkedEvent) {
        self.shared.parked().remove(&event.position);
        self.parked.remove(event);
        self.shared.position.send_modify(|_| {});
    }

    pub(super) fn replace_parked(&mut self, parked: Parked) {
        *self.shared.parked() = parked.positions().collect();
        self.parked = parked;
        self.shared.position.send_modify(|_| {});
    }
}

fn jittered(delay: Duration) -> Duration {
    let factor: f64 = rand::random_range(0.8..1.2);
    delay.mul_f64(factor)
}
