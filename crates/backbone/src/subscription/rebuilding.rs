//! Rebuilding a projection: a new generation of its tables grows beside the one
//! that is read, and is swapped in by one transaction.

use std::collections::HashSet;
use std::sync::Arc;

use althing_db::{Batch, sql};

use super::Kind;
use super::runner::{Runner, Stop};
use super::store::{self, FENCED};
use crate::envelope::Envelope;
use crate::handler::HandlerError;

impl Runner {
    /// One page of a rebuild; `true` if there was something to do.
    pub(super) async fn rebuild_step(&mut self) -> Result<bool, Stop> {
        if self.def.kind != Kind::Projection || !self.row.rebuild_wanted {
            return Ok(false);
        }
        let (Some(generation), Some(position)) = (self.row.rebuild_generation, self.row.rebuild_position)
        else {
            self.begin_rebuild().await?;
            return Ok(true);
        };
        if self.row.rebuild_version != Some(self.def.version) {
            // Half of it was built by other code.
            self.begin_rebuild().await?;
            return Ok(true);
        }
        // A new version grows to the head; the same version to where readers are.
        let target = if self.is_frozen() {
            self.core.log.head()
        } else {
            self.position
        };
        if position >= target {
            self.swap(generation, position.max(self.position)).await?;
            return Ok(true);
        }
        self.rebuild_page(generation, position, target).await?;
        Ok(true)
    }

    async fn begin_rebuild(&mut self) -> Result<(), Stop> {
        let generation = self.row.generation + 1;
        let mut batch = Batch::new();
        // A rebuild that was broken off may have left its tables.
        store::drop_generation(&mut batch, &self.def, generation);
        store::create_generation(&mut batch, &self.def, generation);
        batch.expect(
            1,
            FENCED,
            sql(
                "UPDATE subscription SET rebuild_generation = $1, rebuild_version = $2, rebuild_position = 0 \
                 WHERE name = $3 AND epoch = $4",
            )
            .bind(generation)
            .bind(self.def.version)
            .bind(self.def.name.clone())
            .bind(self.row.epoch),
        );
        self.commit(batch).await?;
        self.row.rebuild_generation = Some(generation);
        self.row.rebuild_version = Some(self.def.version);
        self.row.rebuild_position = Some(0);
        tracing::info!(subscription = %self.def.name, generation, "rebuild begins");
        Ok(())
    }

    async fn rebuild_page(&mut self, generation: i64, position: i64, target: i64) -> Result<(), Stop> {
        let mut events = match self.core.log.page(position, self.def.page).await {
            Ok(events) => events,
            // Without its archive the beginning of the log cannot be read.
            Err(crate::Error::Archive(error)) => {
                let error = HandlerError::permanent(error);
                return self.break_off(position + 1, &error).await;
            }
            Err(error) => return Err(error.into()),
        };
        events.retain(|event| event.position <= target);
        let last = events.last().map_or(target, |event| event.position);
        let passed = self.passed_over().await?;
        events.retain(|event| {
            self.def.handlers.contains_key(&*event.event_type) && !passed.contains(&event.position)
        });
        let Some(error) = self.rebuild_events(generation, position, &events, last).await? else {
            return Ok(());
        };
        if let [event] = events.as_slice() {
            return self.break_off(event.position, &error).await;
        }
        // One by one, to find the event at fault.
        let mut from = position;
        for event in &events {
            let single = std::slice::from_ref(event);
            if let Some(error) = self
                .rebuild_events(generation, from, single, event.position)
                .await?
            {
                return self.break_off(event.position, &error).await;
            }
            from = event.position;
        }
        Ok(())
    }

    /// Positions that a rebuild leaves out: what an operator skipped, and what is
    /// parked. The latter goes on waiting and will be applied to the new tables;
    /// code of a new version tries it afresh.
    async fn passed_over(&self) -> Result<HashSet<i64>, Stop> {
        let skipped: Vec<i64> =
            sql("SELECT position FROM operator_act WHERE subscription = $1 AND act = 'skip'")
                .bind(self.def.name.clone())
                .all(&self.core.db)
                .await?;
        let mut passed: HashSet<i64> = skipped.into_iter().collect();
        if !self.is_frozen() {
            passed.extend(self.parked.positions());
        }
        Ok(passed)
    }

    /// Applies events to the new generation and moves its checkpoint, in one
    /// transaction. Answers why it could not be; then nothing was written.
    async fn rebuild_events(
        &mut self,
        generation: i64,
        from: i64,
        events: &[Arc<Envelope>],
        last: i64,
    ) -> Result<Option<HandlerError>, Stop> {
        let page = self.new_page(generation, events.to_vec());
        for event in events {
            if let Err(error) = self.call(event, 1, Some(page.clone()), Default::default()).await {
                page.give_up().await;
                return Ok(Some(error));
            }
        }
        let mut ending = Batch::new();
        ending.expect(
            1,
            FENCED,
            sql("UPDATE subscription SET rebuild_position = $1 WHERE name = $2 AND epoch = $3 AND rebuild_position = $4")
                .bind(last)
                .bind(self.def.name.clone())
                .bind(self.row.epoch)
                .bind(from),
        );
        let failure = self.commit_page(&page, ending).await?;
        if failure.is_none() {
            self.row.rebuild_position = Some(last);
        }
        Ok(failure)
    }

    /// Readers switch to the new generation, all tables at once.
    async fn swap(&mut self, generation: i64, position: i64) -> Result<(), Stop> {
        let mut batch = Batch::new();
        store::show_generation(&mut batch, &self.def, generation);
        store::drop_generation(&mut batch, &self.def, self.row.generation);
        batch.expect(
            1,
            FENCED,
            sql("UPDATE subscription SET generation = $1, position = $2, version = $3, rebuild_wanted = FALSE, \
                 rebuild_version = NULL, rebuild_generation = NULL, rebuild_position = NULL, last_error = NULL \
                 WHERE name = $4 AND epoch = $5")
            .bind(generation)
            .bind(position)
            .bind(self.def.version)
            .bind(self.def.name.clone())
            .bind(self.row.epoch),
        );
        if self.is_frozen() {
            // The new code has handled them all.
            batch.run(sql("DELETE FROM parked_event WHERE subscription = $1").bind(self.def.name.clone()));
        }
        self.commit(batch).await?;
        if self.is_frozen() {
            self.replace_parked(Default::default());
        }
        self.row.generation = generation;
        self.row.version = self.def.version;
        self.row.rebuild_wanted = false;
        self.forget_rebuild();
        self.moved_to(position, true);
        tracing::info!(subscription = %self.def.name, generation, position, "rebuild is live");
        Ok(())
    }

    /// A rebuild that meets an event it cannot handle ends; readers keep the old
    /// tables. A new version cannot go on without it and stops: resumed or started
    /// again, it begins anew.
    async fn break_off(&mut self, position: i64, error: &HandlerError) -> Result<(), Stop> {
        let text = format!("rebuild stopped at position {position}: {error}");
        tracing::error!(subscription = %self.def.name, position, %error, "rebuild stopped; readers keep the old tables");
        let frozen = self.is_frozen();
        let mut batch = Batch::new();
        if let Some(generation) = self.row.rebuild_generation {
            store::drop_generation(&mut batch, &self.def, generation);
        }
        batch.expect(
            1,
            FENCED,
            sql("UPDATE subscription SET rebuild_wanted = $1, rebuild_version = NULL, rebuild_generation = NULL, \
                 rebuild_position = NULL, status = $2, last_error = $3 WHERE name = $4 AND epoch = $5")
            .bind(frozen)
            .bind(if frozen { "stopped" } else { "running" })
            .bind(text)
            .bind(self.def.name.clone())
            .bind(self.row.epoch),
        );
        self.commit(batch).await?;
        self.row.rebuild_wanted = frozen;
        if frozen {
            self.row.status = "stopped".into();
        }
        self.forget_rebuild();
        Ok(())
    }

    fn forget_rebuild(&mut self) {
        self.row.rebuild_version = None;
        self.row.rebuild_generation = None;
        self.row.rebuild_position = None;
    }
}
