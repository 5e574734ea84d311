//! Read-only connections, handed out one at a time.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::store::{bind, open_reader};
use crate::stats::Counters;
use crate::{Error, FromRow, Result, Row, Statement};

pub(super) struct Pool {
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

impl Pool {
    pub fn open(path: &Path, size: usize) -> Result<Self> {
        let idle = (0..size).map(|_| open_reader(path)).collect::<Result<Vec<_>>>()?;
        Ok(Self {
            idle: Mutex::new(idle),
            permits: Arc::new(Semaphore::new(size)),
        })
    }

    pub async fn permit(&self) -> Result<OwnedSemaphorePermit> {
        self.permits
            .clone()
            .acquire_owned()
            .await
            .map_err(|_| Error::Closed)
    }

    pub async fn with<T>(
        &self,
        counters: &Counters,
        read: impl FnOnce(&Reader<'_>) -> Result<T>,
    ) -> Result<T> {
        let _permit = self.permits.acquire().await.map_err(|_| Error::Closed)?;
        self.run(counters, read)
    }

    /// The caller holds a permit, so there is an idle connection.
    pub fn run<T>(&self, counters: &Counters, read: impl FnOnce(&Reader<'_>) -> Result<T>) -> Result<T> {
        let connection = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop()
            .ok_or(Error::Closed)?;
        let lent = Lent {
            pool: self,
            connection: Some(connection),
        };
        read(&Reader {
            connection: lent.connection.as_ref().ok_or(Error::Closed)?,
            counters,
        })
    }
}

/// Gives the connection back, also when the reading code panics.
struct Lent<'a> {
    pool: &'a Pool,
    connection: Option<Connection>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.pool
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(connection);
        }
    }
}

/// One connection for the length of a closure.
pub(super) struct Reader<'a> {
    connection: &'a Connection,
    counters: &'a Counters,
}

impl Reader<'_> {
    pub fn all<T: FromRow>(&self, statement: &Statement) -> Result<Vec<T>> {
        self.counters.reads.fetch_add(1, Ordering::Relaxed);
        let mut prepared = self.connection.prepare_cached(statement.text())?;
        bind(&mut prepared, statement)?;
        let mut rows = prepared.raw_query();
        let mut found = Vec::new();
        while let Some(inner) = rows.next()? {
            found.push(T::from_row(&Row::sqlite(inner))?);
        }
        Ok(found)
    }
}
