//! What becomes of events that cannot be handled now: they are tried again, wait
//! behind an earlier one of their key, or become dead letters.

use std::time::Duration;

use althing_db::Batch;

use super::parked::{Failure, Parked, ParkedEvent, Status, key_of, write_dead, write_failure, write_queued};
use super::runner::{Runner, Stop};
use super::store::{self, FENCED};
use crate::envelope::Envelope;
use crate::handler::HandlerError;

impl Runner {
    /// An attempt failed: plan the next one or give the event to the operator.
    pub(super) async fn park(
        &mut self,
        envelope: &Envelope,
        attempts: u32,
        error: &HandlerError,
        is_new: bool,
    ) -> Result<(), Stop> {
        let now = self.core.clock.now();
        let delay = if error.is_permanent() {
            None
        } else {
            self.def.retry.delays.get(attempts as usize - 1)
        };
        let due_at = delay.map(|delay| now.plus(jittered(*delay)));
        let status = if due_at.is_some() {
            Status::Retry
        } else {
            Status::Dead
        };
        let text = error.to_string();
        tracing::warn!(
            subscription = %self.def.name, position = envelope.position, event_type = %envelope.event_type,
            attempts, dead = status == Status::Dead, error = %text, "event failed"
        );
        let mut batch = Batch::new();
        batch.run(write_failure(
            &self.def.name,
            &Failure {
                envelope,
                status,
                attempts,
                due_at,
                error: &text,
                now,
            },
        ));
        if is_new {
            self.add_checkpoint(&mut batch, envelope.position);
        } else {
            self.add_fence(&mut batch);
        }
        self.commit(batch).await?;
        self.add_parked(ParkedEvent {
            position: envelope.position,
            key: key_of(envelope),
            status,
            attempts,
            due_at,
        });
        if is_new {
            self.moved_to(envelope.position, true);
        }
        if self.parked.keys() > self.def.most_parked_keys {
            self.stop_for_too_many().await?;
        }
        Ok(())
    }

    /// A parked event that is gone from the log can only be skipped by an operator.
    pub(super) async fn bury(&mut self, event: ParkedEvent) -> Result<(), Stop> {
        let error = crate::Error::EventMissing {
            position: event.position,
        };
        tracing::error!(subscription = %self.def.name, position = event.position, %error, "a parked event cannot be tried");
        let mut batch = Batch::new();
        batch.run(write_dead(
            &self.def.name,
            event.position,
            &error.to_string(),
            self.core.clock.now(),
        ));
        self.add_fence(&mut batch);
        self.commit(batch).await?;
        self.add_parked(ParkedEvent {
            status: Status::Dead,
            due_at: None,
            ..event
        });
        Ok(())
    }

    async fn stop_for_too_many(&mut self) -> Result<(), Stop> {
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

    /// Lets an event wait behind an earlier one of its key.
    pub(super) async fn queue(&mut self, event: &Envelope) -> Result<(), Stop> {
        let mut batch = Batch::new();
        batch.run(write_queued(&self.def.name, event));
        self.add_checkpoint(&mut batch, event.position);
        self.commit(batch).await?;
        self.add_queued(event);
        self.moved_to(event.position, true);
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

    fn add_parked(&mut self, event: ParkedEvent) {
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
