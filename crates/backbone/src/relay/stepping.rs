//! Keeping a stream in step with its log: where does it end, and what may go?

use std::time::Instant;

use althing_db::{Batch, sql};

use super::runner::{RelayRunner, Stop};

impl RelayRunner {
    /// Compares the ends and trims: also while there is nothing to send, so that a
    /// loss is noticed that nobody would run into.
    pub(super) async fn tend(&mut self) -> Result<(), Stop> {
        if !self.in_step {
            self.look_around().await?;
        }
        self.compare().await?;
        self.in_step = true;
        let trimmed = self.def.transport.trim(self.state.lap).await?;
        if let Some(acknowledged) = trimmed.acknowledged {
            // Written with the next checkpoint; until then it is only too low.
            self.state.acknowledged = acknowledged;
        }
        self.tended = Instant::now();
        self.all_is_well().await
    }

    /// Asks where the stream ends, and goes back if it lost something.
    async fn compare(&mut self) -> Result<(), Stop> {
        let found = self.def.transport.newest(&self.source).await?;
        self.core.log.poll().await?;
        self.end = found;
        match (found, self.state.mark()) {
            (None, None) => Ok(()),
            (Some(found), Some(mine)) if found == mine => Ok(()),
            // The relay stopped after it sent a page and before its checkpoint.
            (Some(found), Some(mine))
                if found.lap == mine.lap
                    && found.position > mine.position
                    && found.position <= self.core.log.head() =>
            {
                self.state.sent = Some(found.position);
                Ok(())
            }
            (Some(found), Some(mine)) if found.lap == mine.lap && found.position < mine.position => {
                self.go_back(found.position, Some(found.position)).await
            }
            (None, Some(_)) => self.go_back(self.state.acknowledged, None).await,
            (Some(found), Some(mine)) if found.lap < mine.lap => {
                self.go_back(self.state.acknowledged, None).await
            }
            // A new lap, or a stream that is ahead of a restored database: what is
            // sent from here comes behind everything that is there.
            (Some(found), _) => {
                if found.lap >= self.state.lap {
                    self.state.next_lap(found.lap);
                }
                Ok(())
            }
        }
    }

    /// The stream lost its end: everything after `position` is sent once more.
    async fn go_back(&mut self, position: i64, sent: Option<i64>) -> Result<(), Stop> {
        let position = position.min(self.position);
        tracing::warn!(
            relay = %self.def.name, was_at = self.position, position,
            "the broker lost events; sending them again"
        );
        self.state.sent = sent;
        let mut batch = Batch::new();
        let reason = format!("the stream had lost its end; again from position {position}");
        batch.run(
            sql("INSERT INTO operator_act (id, subscription, act, actor, reason, done_at) VALUES ($1, $2, 'republish', 'relay', $3, $4)")
                .bind(self.core.ids.next())
                .bind(self.def.name.clone())
                .bind(reason)
                .bind(self.core.clock.now()),
        );
        self.commit_at(batch, position).await
    }
}
