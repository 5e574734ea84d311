//! The interactive form of a commit: statements one by one, reading what was written.

use std::sync::mpsc;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::writer::{self, Ending, Job, Operation, Writer};
use crate::batch::{Step, Wish};
use crate::{Batch, Error, FromRow, Outcome, Result, Row, Statement};

/// A borrowed writer. Dropping it undoes everything it wrote.
pub(crate) struct SqliteSession {
    operations: mpsc::Sender<Operation>,
}

impl SqliteSession {
    pub(super) fn open(writer: &Writer) -> Result<Self> {
        let (operations, inbox) = mpsc::channel();
        writer.send(Job::Session { inbox })?;
        Ok(Self { operations })
    }

    async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        let operation = Operation::Run(Box::new(move |connection| {
            let work = std::panic::AssertUnwindSafe(|| work(connection));
            let answer = std::panic::catch_unwind(work).unwrap_or(Err(Error::Panicked));
            // A caller that stopped waiting will drop the session too.
            let _ = reply.send(answer);
        }));
        self.operations
            .send(operation)
            .map_err(|_| Error::SessionExpired)?;
        answer.await.map_err(|_| Error::SessionExpired)?
    }

    pub async fn execute(&self, statement: Statement) -> Result<usize> {
        let step = Step {
            statement,
            wish: Wish::Any,
        };
        Ok(self
            .ask(move |connection| writer::run_step(connection, &step))
            .await?
            .affected)
    }

    pub async fn apply(&self, batch: Batch) -> Result<Vec<Outcome>> {
        self.ask(move |connection| {
            batch
                .steps
                .iter()
                .map(|step| writer::run_step(connection, step))
                .collect()
        })
        .await
    }

    pub async fn commit(self, after: impl FnOnce() + Send + 'static) -> Result<()> {
        let (reply, answer) = oneshot::channel();
        let ending = Operation::End(Ending {
            after: Box::new(after),
            reply,
        });
        self.operations.send(ending).map_err(|_| Error::SessionExpired)?;
        answer.await.map_err(|_| Error::SessionExpired)?
    }

    pub async fn fetch<T: FromRow + Send + 'static>(&self, statement: Statement) -> Result<Vec<T>> {
        self.ask(move |connection| {
            let mut prepared = connection.prepare_cached(statement.text())?;
            super::store::bind(&mut prepared, &statement)?;
            let mut rows = prepared.raw_query();
            let mut found = Vec::new();
            while let Some(inner) = rows.next()? {
                found.push(T::from_row(&Row::sqlite(inner))?);
            }
            Ok(found)
        })
        .await
    }
}
