//! The file, its connections, and how they are opened.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use tokio::sync::oneshot;

use super::reader::Pool;
use super::session::SqliteSession;
use super::throw_away::ThrowAway;
use super::writer::{Job, Writer};
use crate::stats::Counters;
use crate::{Batch, Durability, Error, FromRow, Outcome, Result, Statement};

/// One file.
pub(crate) struct SqliteStore {
    readers: Arc<Pool>,
    writer: Writer,
    counters: Arc<Counters>,
    path: PathBuf,
    // Dropped last: removes the folder of a throw-away database.
    _folder: Option<ThrowAway>,
}

/// How long a connection waits for another process that is writing.
const BUSY: Duration = Duration::from_secs(10);
const READERS: usize = 6;

impl SqliteStore {
    pub fn open(path: &Path, durability: Durability) -> Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(Error::File)?;
        }
        Self::build(path.to_owned(), durability, None)
    }

    pub fn temporary() -> Result<Self> {
        let folder = ThrowAway::new().map_err(Error::File)?;
        Self::build(folder.0.join("throw-away.db"), Durability::Off, Some(folder))
    }

    fn build(path: PathBuf, durability: Durability, folder: Option<ThrowAway>) -> Result<Self> {
        let counters = Arc::new(Counters::default());
        let connection = Connection::open(&path)?;
        connection.busy_timeout(BUSY)?;
        let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
        debug_assert_eq!(mode, "wal");
        let synchronous = match durability {
            Durability::Full => "FULL",
            Durability::Off => "OFF",
        };
        connection.execute_batch(&format!(
            "PRAGMA synchronous = {synchronous}; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8000;"
        ))?;
        connection.set_prepared_statement_cache_capacity(256);
        let writer = Writer::start(connection, counters.clone())?;
        let readers = Arc::new(Pool::open(&path, READERS)?);
        Ok(Self {
            readers,
            writer,
            counters,
            path,
            _folder: folder,
        })
    }

    pub async fn commit(&self, batch: Batch) -> Result<Vec<Outcome>> {
        let (reply, answer) = oneshot::channel();
        self.writer.send(Job::Batch { batch, reply })?;
        answer.await.map_err(|_| Error::Closed)?
    }

    pub fn write_session(&self) -> Result<SqliteSession> {
        SqliteSession::open(&self.writer)
    }

    pub async fn fetch<T: FromRow>(&self, statement: &Statement) -> Result<Vec<T>> {
        self.readers
            .with(&self.counters, |reader| reader.all(statement))
            .await
    }

    /// The same on a blocking thread.
    pub async fn scan<T: FromRow + Send + 'static>(&self, statement: Statement) -> Result<Vec<T>> {
        let readers = self.readers.clone();
        let counters = self.counters.clone();
        let permit = readers.permit().await?;
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            readers.run(&counters, |reader| reader.all(&statement))
        })
        .await
        .map_err(|_| Error::Closed)?
    }

    pub async fn copy_to(&self, path: &Path) -> Result<()> {
        let (from, to) = (self.path.clone(), path.to_owned());
        let copy = move || {
            let connection = Connection::open_with_flags(&from, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            connection.busy_timeout(BUSY)?;
            connection.execute("VACUUM INTO ?1", [to.to_string_lossy()])?;
            Ok(())
        };
        tokio::task::spawn_blocking(copy)
            .await
            .map_err(|_| Error::Closed)?
    }

    pub async fn temporary_copy(&self) -> Result<Self> {
        let folder = ThrowAway::new().map_err(Error::File)?;
        let path = folder.0.join("throw-away.db");
        self.copy_to(&path).await?;
        Self::build(path, Durability::Off, Some(folder))
    }

    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

pub(super) fn open_reader(path: &Path) -> Result<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection
        .execute_batch("PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -2000;")?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

/// Binds the statement's parameters to the placeholders that carry their number.
pub(super) fn bind(prepared: &mut rusqlite::CachedStatement<'_>, statement: &Statement) -> Result<()> {
    for index in 1..=prepared.parameter_count() {
        let number = prepared
            .parameter_name(index)
            .and_then(|name| name.get(1..))
            .and_then(|digits| digits.parse::<usize>().ok())
            .unwrap_or(index);
        let value = statement.parameters.get(number - 1).ok_or(Error::Sqlite(
            rusqlite::Error::InvalidParameterCount(statement.parameters.len(), number),
        ))?;
        prepared.raw_bind_parameter(index, value)?;
    }
    Ok(())
}
