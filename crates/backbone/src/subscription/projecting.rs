//! Projections: a page's effects and the checkpoint in one transaction.

use std::sync::Arc;

use althing_db::{Batch, Error as DbError};

use super::parked::{self, ParkedEvent, key_of};
use super::runner::{Runner, Stop};
use super::store::FENCED;
use crate::envelope::Envelope;
use crate::extract::PageTransaction;
use crate::handler::HandlerError;

impl Runner {
    /// Handles the events and moves the checkpoint to `last`. If the page cannot be
    /// committed, it is undone and run again one by one to find the event at fault.
    pub(super) async fn project_page(&mut self, events: Vec<Arc<Envelope>>, last: i64) -> Result<(), Stop> {
        let Some(error) = self.try_page(&events, last).await? else {
            return Ok(());
        };
        if let [event] = events.as_slice() {
            self.park(event, 1, &error, true).await?;
        } else {
            for event in events {
                let position = event.position;
                Box::pin(self.project_page(vec![event], position)).await?;
                if !self.is_running() {
                    return Ok(());
                }
            }
        }
        if self.is_running() {
            self.pass_over(last).await
        } else {
            Ok(())
        }
    }

    /// One transaction for all: handled events, queued ones of parked keys, and the
    /// checkpoint. Answers why it could not be; then nothing of it was written.
    async fn try_page(&mut self, events: &[Arc<Envelope>], last: i64) -> Result<Option<HandlerError>, Stop> {
        let (held, free): (Vec<_>, Vec<_>) =
            events.iter().partition(|event| self.parked.holds(&key_of(event)));
        let page = self.new_page(self.row.generation, free.iter().copied().cloned().collect());
        for event in free {
            self.def.faults.point("before handler")?;
            if let Err(error) = self.call(event, 1, Some(page.clone()), Default::default()).await {
                page.give_up().await;
                return Ok(Some(error));
            }
            self.def.faults.point("after handler")?;
        }
        if held.is_empty() && !page.wrote().await {
            page.give_up().await;
            return self.pass_over(last).await.map(|()| None);
        }
        let mut ending = Batch::new();
        for event in &held {
            ending.run(parked::write_queued(&self.def.name, event));
        }
        self.add_checkpoint(&mut ending, last);
        if let Some(error) = self.commit_page(&page, ending).await? {
            return Ok(Some(error));
        }
        for event in held {
            self.add_queued(event);
        }
        self.moved_to(last, true);
        Ok(None)
    }

    /// Commits a page; answers the error if a statement of its handlers is to blame.
    pub(super) async fn commit_page(
        &self,
        page: &PageTransaction,
        ending: Batch,
    ) -> Result<Option<HandlerError>, Stop> {
        self.def.faults.point("before commit")?;
        let result = page.commit(ending).await;
        self.def.faults.point("after commit")?;
        match result {
            Ok(()) => Ok(None),
            Err(DbError::Conflict { tag }) if tag == FENCED => Err(Stop::Fenced),
            Err(error) if error.is_conflict() || error.is_fault_of_statement() => {
                Ok(Some(HandlerError::transient(error)))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Another attempt at a parked event of a projection.
    pub(super) async fn project_again(
        &mut self,
        event: &ParkedEvent,
        envelope: &Arc<Envelope>,
    ) -> Result<(), Stop> {
        let attempt = event.attempts + 1;
        self.def.faults.point("before handler")?;
        let page = self.new_page(self.row.generation, vec![envelope.clone()]);
        let failure = match self
            .call(envelope, attempt, Some(page.clone()), Default::default())
            .await
        {
            Ok(()) => {
                let mut ending = Batch::new();
                parked::delete(&mut ending, &self.def.name, event.position);
                self.add_fence(&mut ending);
                self.commit_page(&page, ending).await?
            }
            Err(error) => {
                page.give_up().await;
                Some(error)
            }
        };
        match failure {
            None => {
                self.remove_parked(event);
                Ok(())
            }
            Some(error) => self.park(envelope, attempt, &error, false).await,
        }
    }

    pub(super) fn new_page(&self, generation: i64, events: Vec<Arc<Envelope>>) -> Arc<PageTransaction> {
        PageTransaction::new(self.core.db.clone(), self.def.table_names(generation), events)
    }
}
