//! Rebuilding a projection: a new generation of its tables grows beside the one
//! that is read, and is swapped in by one transaction.

use althing_db::{Batch, sql};

use super::Kind;
use super::runner::{Runner, Stop};
use super::store::{self, FENCED};
use crate::handler::HandlerError;

impl Runner {
    /// One page of a rebuild; `true` if there was something to do.
    pub(super) async fn rebuild_step(&mut self) -> Result<bool, Stop> {
        if self.def.kind != Kind::Projection || !self.row.rebuild_wanted {
            return Ok(false);
        }
        let (Some(generation), Some(position)) = (self.row.rebuild_generation, self.row.rebuild_position) else {
            self.begin_rebuild().await?;
            return Ok(true);
        };
        // A new version grows to the head; the same version to where readers are.
        let target = if self.is_frozen() { self.core.log.head() } else { self.position };
        if position >= target {
            self.swap(generation, position.max(self.position)).await?;
            return Ok(true);
        }
        self.rebuild_page(generation, position, target).await?;
        Ok(true)
    }

    fn is_frozen(&self) -> bool {
        self.def.version != self.row.version
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
            sql("UPDATE subscription SET rebuild_generation = $1, rebuild_position = 0 WHERE name = $2 AND epoch = $3")
                .bind(generation)
                .bind(self.def.name.clone())
                .bind(self.row.epoch),
        );
        self.core.db.commit(batch).await?;
        self.row.rebuild_generation = Some(generation);
        self.row.rebuild_position = Some(0);
        tracing::info!(subscription = %self.def.name, generation, "rebuild begins");
        Ok(())
    }

    async fn rebuild_page(&mut self, generation: i64, position: i64, target: i64) -> Result<(), Stop> {
        let skipped: Vec<i64> = sql("SELECT position FROM operator_act WHERE subscription = $1 AND act = 'skip'")
            .bind(self.def.name.clone())
            .all(&self.core.db)
            .await?;
        let mut events = self.core.log.page(position, self.def.page).await?;
        events.retain(|event| event.position <= target);
        let last = events.last().map_or(target, |event| event.position);
        let page = self.new_page(generation);
        for event in &events {
            // What is parked goes on waiting and will be applied to the new tables; a
            // new version of the code tries it afresh.
            let waits = !self.is_frozen() && self.parked.holds_position(event.position);
            if skipped.contains(&event.position) || waits {
                continue;
            }
            if let Err(error) = self.call(event, 1, Some(page.clone()), Default::default()).await {
                return self.break_off(event.position, &error).await;
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
                .bind(position),
        );
        self.faults.point("before rebuild commit").map_err(|_| Stop::Crash)?;
        page.commit(ending).await?;
        self.faults.point("after rebuild commit").map_err(|_| Stop::Crash)?;
        self.row.rebuild_position = Some(last);
        Ok(())
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
                 rebuild_generation = NULL, rebuild_position = NULL, last_error = NULL WHERE name = $4 AND epoch = $5")
            .bind(generation)
            .bind(position)
            .bind(self.def.version)
            .bind(self.def.name.clone())
            .bind(self.row.epoch),
        );
        if self.is_frozen() {
            batch.run(sql("DELETE FROM parked_event WHERE subscription = $1").bind(self.def.name.clone()));
        }
        self.faults.point("before swap").map_err(|_| Stop::Crash)?;
        self.core.db.commit(batch).await?;
        self.faults.point("after swap").map_err(|_| Stop::Crash)?;
        if self.is_frozen() {
            self.parked = Default::default();
        }
        self.row.generation = generation;
        self.row.version = self.def.version;
        self.row.rebuild_wanted = false;
        self.row.rebuild_generation = None;
        self.row.rebuild_position = None;
        self.moved_to(position, true);
        tracing::info!(subscription = %self.def.name, generation, position, "rebuild is live");
        Ok(())
    }

    /// A rebuild that meets an event it cannot handle ends; readers keep the old one.
    async fn break_off(&mut self, position: i64, error: &HandlerError) -> Result<(), Stop> {
        let text = format!("rebuild stopped at position {position}: {error}");
        tracing::error!(subscription = %self.def.name, position, %error, "rebuild stopped; readers keep the old tables");
        let mut batch = Batch::new();
        if let Some(generation) = self.row.rebuild_generation {
            store::drop_generation(&mut batch, &self.def, generation);
        }
        batch.expect(
            1,
            FENCED,
            sql("UPDATE subscription SET rebuild_wanted = FALSE, rebuild_generation = NULL, rebuild_position = NULL, \
                 last_error = $1 WHERE name = $2 AND epoch = $3")
            .bind(text)
            .bind(self.def.name.clone())
            .bind(self.row.epoch),
        );
        self.core.db.commit(batch).await?;
        self.row.rebuild_wanted = false;
        self.row.rebuild_generation = None;
        self.row.rebuild_position = None;
        Ok(())
    }
}
