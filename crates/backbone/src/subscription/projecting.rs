//! Projections: a page's effects and the checkpoint in one transaction.

use std::sync::Arc;

use althing_db::Batch;

use super::parked::{self, ParkedEvent};
use super::runner::{Runner, Stop};
use super::store::{self, FENCED};
use crate::envelope::Envelope;
use crate::extract::PageTransaction;
use crate::handler::HandlerError;

impl Runner {
    /// Handles the events and moves the checkpoint to `last`. If one fails, the
    /// page is undone and run again one by one to find it.
    pub(super) async fn project_page(&mut self, events: Vec<Arc<Envelope>>, last: i64) -> Result<(), Stop> {
        let page = self.new_page(self.row.generation);
        let mut failed = None;
        for event in &events {
            self.faults.point("before handler").map_err(|_| Stop::Crash)?;
            if let Err(error) = self.call(event, 1, Some(page.clone()), Default::default()).await {
                failed = Some(error);
                break;
            }
            self.faults.point("after handler").map_err(|_| Stop::Crash)?;
        }
        let Some(error) = failed else { return self.finish_page(&page, last).await };
        drop(page);
        if let [event] = events.as_slice() {
            self.park(event, 1, &error, true).await?;
            return self.pass_over(last).await;
        }
        for event in events {
            if self.parked.holds(&parked::key_of(&event)) {
                self.queue_behind(&event).await?;
            } else {
                Box::pin(self.project_page(vec![event.clone()], event.position)).await?;
            }
        }
        self.pass_over(last).await
    }

    async fn queue_behind(&mut self, event: &Envelope) -> Result<(), Stop> {
        let mut batch = Batch::new();
        batch.run(parked::write_queued(&self.def.name, event));
        self.add_checkpoint(&mut batch, event.position);
        self.core.db.commit(batch).await?;
        self.parked.add(ParkedEvent {
            position: event.position,
            key: parked::key_of(event),
            status: parked::Status::Queued,
            attempts: 0,
            due_at: None,
        });
        self.moved_to(event.position, true);
        Ok(())
    }

    async fn finish_page(&mut self, page: &PageTransaction, last: i64) -> Result<(), Stop> {
        if !page.wrote().await {
            return self.pass_over(last).await;
        }
        let mut ending = Batch::new();
        self.add_checkpoint(&mut ending, last);
        self.faults.point("before commit").map_err(|_| Stop::Crash)?;
        page.commit(ending).await?;
        self.faults.point("after commit").map_err(|_| Stop::Crash)?;
        self.moved_to(last, true);
        Ok(())
    }

    /// Another attempt at a parked event of a projection.
    pub(super) async fn project_again(&mut self, event: &ParkedEvent, envelope: &Arc<Envelope>) -> Result<(), Stop> {
        let page = self.new_page(self.row.generation);
        let attempt = event.attempts + 1;
        let result = self.call(envelope, attempt, Some(page.clone()), Default::default()).await;
        let result = match result {
            Ok(()) => {
                let mut ending = Batch::new();
                parked::delete(&mut ending, &self.def.name, event.position);
                ending.expect(1, FENCED, store::fence(&self.def.name, self.row.epoch));
                match page.commit(ending).await {
                    Err(althing_db::Error::Constraint(text)) => {
                        Err(HandlerError::transient(althing_db::Error::Constraint(text)))
                    }
                    other => Ok(other?),
                }
            }
            Err(error) => Err(error),
        };
        match result {
            Ok(()) => self.parked.remove(event.position),
            Err(error) => self.park(envelope, attempt, &error, false).await?,
        }
        Ok(())
    }

    pub(super) fn new_page(&self, generation: i64) -> Arc<PageTransaction> {
        PageTransaction::new(self.core.db.clone(), self.def.table_names(generation))
    }
}
