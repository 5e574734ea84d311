//! The embedded store: one writer thread with group commit, a few readers.

mod reader;
mod session;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use tokio::sync::oneshot;

pub use reader::Reader;
pub use session::WriteSession;

use crate::{Batch, Error, FromRow, Outcome, Query, Result, Statement};
use reader::Pool;
use writer::{Job, Writer};

/// How much a commit waits for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// `synchronous=FULL`: an acknowledged commit survives a loss of power.
    Full,
    /// `synchronous=OFF`: for throw-away databases in tests.
    Off,
}

/// Counters since the database was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Commits (one fsync each).
    pub commits: u64,
    /// Batches and write sessions that were committed in them.
    pub batches: u64,
    /// Statements run by the writer.
    pub statements: u64,
    /// Statements run by readers.
    pub reads: u64,
}

#[derive(Default)]
struct Counters {
    commits: AtomicU64,
    batches: AtomicU64,
    statements: AtomicU64,
    reads: AtomicU64,
}

/// A handle to the database; cloning it is cheap.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

struct Inner {
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

impl Db {
    /// Opens or creates the file at `path` with full durability.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(path, Durability::Full).await
    }

    /// Opens or creates the file at `path`.
    pub async fn open_with(path: impl AsRef<Path>, durability: Durability) -> Result<Self> {
        let path = path.as_ref().to_owned();
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(Error::File)?;
        }
        Self::build(path, durability, None)
    }

    /// A throw-away database of its own, removed when the last handle goes. It
    /// behaves like the real one but does not wait for the disk.
    pub async fn temporary() -> Result<Self> {
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
            inner: Arc::new(Inner {
                readers,
                writer,
                counters,
                path,
                _folder: folder,
            }),
        })
    }

    /// Commits the batch; when this returns `Ok`, it is on disk. One outcome for
    /// each statement, in order. The batch is committed even if the caller stops
    /// waiting.
    pub async fn commit(&self, batch: Batch) -> Result<Vec<Outcome>> {
        let (reply, answer) = oneshot::channel();
        self.inner.writer.send(Job::Batch { batch, reply })?;
        answer.await.map_err(|_| Error::Closed)?
    }

    /// Borrows the writer until the session is committed or dropped. Everybody
    /// else's commits wait for it, so keep it short and await nothing outside.
    pub async fn write_session(&self) -> Result<WriteSession> {
        WriteSession::open(&self.inner.writer)
    }

    /// Runs several reads that must see the same state, on the calling task.
    pub async fn snapshot<T>(&self, read: impl FnOnce(&Reader<'_>) -> Result<T>) -> Result<T> {
        self.inner
            .readers
            .with(&self.inner.counters, |reader| reader.in_one_snapshot(read))
            .await
    }

    /// Like [`Db::snapshot`] for reads that may take long: runs on a blocking thread.
    pub async fn scan<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Reader<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let readers = self.inner.readers.clone();
        let counters = self.inner.counters.clone();
        let permit = readers.permit().await?;
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            readers.run(&counters, |reader| reader.in_one_snapshot(read))
        })
        .await
        .map_err(|_| Error::Closed)?
    }

    /// Writes a complete copy of the committed state to `path`, which must not
    /// exist yet. Commits go on meanwhile; the copy holds one moment between them.
    pub async fn copy_to(&self, path: impl AsRef<Path>) -> Result<()> {
        let (from, to) = (self.inner.path.clone(), path.as_ref().to_owned());
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

    /// A throw-away database that begins as a copy of this one.
    pub async fn temporary_copy(&self) -> Result<Self> {
        let folder = ThrowAway::new().map_err(Error::File)?;
        let path = folder.0.join("throw-away.db");
        self.copy_to(&path).await?;
        Self::build(path, Durability::Off, Some(folder))
    }

    /// Counters since opening.
    pub fn stats(&self) -> Stats {
        let counters = &self.inner.counters;
        Stats {
            commits: counters.commits.load(Ordering::Relaxed),
            batches: counters.batches.load(Ordering::Relaxed),
            statements: counters.statements.load(Ordering::Relaxed),
            reads: counters.reads.load(Ordering::Relaxed),
        }
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }
}

impl Query for Db {
    async fn fetch<T: FromRow + Send + 'static>(&self, statement: Statement) -> Result<Vec<T>> {
        self.inner
            .readers
            .with(&self.inner.counters, |reader| reader.all(&statement))
            .await
    }
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Db").field("path", &self.inner.path).finish()
    }
}

fn open_reader(path: &Path) -> Result<Connection> {
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
fn bind(prepared: &mut rusqlite::CachedStatement<'_>, statement: &Statement) -> Result<()> {
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

/// A folder of its own under the system's temporary one.
struct ThrowAway(PathBuf);

impl ThrowAway {
    fn new() -> std::io::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let base = std::env::temp_dir();
        loop {
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            let folder = base.join(format!("althing-{}-{number}", std::process::id()));
            match std::fs::create_dir(&folder) {
                Ok(()) => return Ok(Self(folder)),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for ThrowAway {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::debug!(%error, "could not remove a throw-away database");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql;

    #[tokio::test]
    async fn a_copy_holds_what_was_committed_and_lives_on_its_own() {
        let db = Db::temporary().await.unwrap();
        let mut batch = Batch::new();
        batch.run(sql("CREATE TABLE t (id BIGINT PRIMARY KEY)"));
        batch.run(sql("INSERT INTO t (id) VALUES (1)"));
        db.commit(batch).await.unwrap();
        let copy = db.temporary_copy().await.unwrap();
        let mut batch = Batch::new();
        batch.run(sql("INSERT INTO t (id) VALUES (2)"));
        copy.commit(batch).await.unwrap();
        assert_eq!(
            sql("SELECT id FROM t ORDER BY id")
                .all::<i64>(&copy)
                .await
                .unwrap(),
            [1, 2]
        );
        assert_eq!(
            sql("SELECT id FROM t ORDER BY id").all::<i64>(&db).await.unwrap(),
            [1]
        );
        assert!(
            matches!(db.copy_to(copy.path()).await, Err(Error::Sqlite(_))),
            "never over an existing file"
        );
    }

    #[tokio::test]
    async fn readers_see_one_state_in_a_snapshot_and_cannot_write() {
        let db = Db::temporary().await.unwrap();
        let mut batch = Batch::new();
        batch.run(sql("CREATE TABLE t (id BIGINT PRIMARY KEY)"));
        db.commit(batch).await.unwrap();
        assert!(
            sql("INSERT INTO t (id) VALUES (9)")
                .all::<i64>(&db)
                .await
                .is_err()
        );
        let writer = db.clone();
        let (before, after) = db
            .scan(move |reader| {
                let count = sql("SELECT count(*) FROM t");
                let before: i64 = reader.one(&count)?;
                let mut batch = Batch::new();
                batch.run(sql("INSERT INTO t (id) VALUES (1)"));
                futures::executor::block_on(writer.commit(batch))?;
                Ok((before, reader.one::<i64>(&count)?))
            })
            .await
            .unwrap();
        assert_eq!((before, after), (0, 0));
        assert_eq!(sql("SELECT count(*) FROM t").one::<i64>(&db).await.unwrap(), 1);
    }
}
