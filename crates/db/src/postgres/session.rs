//! A transaction that is answered statement by statement.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use deadpool_postgres::Object;

use super::connection::{self, roll_back};
use super::pipeline;
use crate::batch::{Step, Wish};
use crate::stats::Counters;
use crate::{Batch, Error, FromRow, Outcome, Result, Statement};

/// An open transaction; dropping it undoes everything it wrote.
pub(crate) struct PostgresSession {
    client: Object,
    counters: Arc<Counters>,
    ended: bool,
}

impl PostgresSession {
    pub(super) async fn open(client: Object, counters: Arc<Counters>) -> Result<Self> {
        client.batch_execute(connection::BEGIN).await?;
        Ok(Self {
            client,
            counters,
            ended: false,
        })
    }

    pub async fn execute(&self, statement: Statement) -> Result<usize> {
        let step = Step {
            statement,
            wish: Wish::Any,
        };
        Ok(self.run(&step).await?.affected)
    }

    pub async fn apply(&self, batch: Batch) -> Result<Vec<Outcome>> {
        let steps = batch.steps.len() as u64;
        self.counters.statements.fetch_add(steps, Ordering::Relaxed);
        pipeline::go_on(&self.client, &batch.steps).await
    }

    async fn run(&self, step: &Step) -> Result<Outcome> {
        self.counters.statements.fetch_add(1, Ordering::Relaxed);
        pipeline::run_step(&self.client, step).await
    }

    pub async fn fetch<T: FromRow>(&self, statement: &Statement) -> Result<Vec<T>> {
        self.counters.statements.fetch_add(1, Ordering::Relaxed);
        pipeline::fetch(&self.client, statement).await
    }

    pub async fn commit(mut self, after: impl FnOnce() + Send + 'static) -> Result<()> {
        self.ended = true;
        commit(&self.client).await?;
        self.counters.commits.fetch_add(1, Ordering::Relaxed);
        self.counters.batches.fetch_add(1, Ordering::Relaxed);
        after();
        Ok(())
    }
}

/// A transaction in which a statement failed answers COMMIT with a rollback, and
/// without an error.
pub(super) async fn commit(client: &Object) -> Result<()> {
    use tokio_postgres::SimpleQueryMessage;
    let answer = client.simple_query("SELECT 1; COMMIT").await.map_err(|error| {
        roll_back(client);
        unknown(error.into())
    })?;
    debug_assert!(matches!(
        answer.last(),
        Some(SimpleQueryMessage::CommandComplete(_))
    ));
    Ok(())
}

/// A connection that broke while the commit was under way: nobody knows.
fn unknown(error: Error) -> Error {
    match error {
        Error::Connection(text) => Error::CommitFailed(text),
        other => other,
    }
}

impl Drop for PostgresSession {
    fn drop(&mut self) {
        if !self.ended {
            roll_back(&self.client);
        }
    }
}
