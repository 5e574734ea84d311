//! One handle for both databases.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::postgres::{Listener, PostgresSession, PostgresStore};
use crate::sqlite::{SqliteSession, SqliteStore};
use crate::stats::Stats;
use crate::{Batch, Error, FromRow, Outcome, Query, Result, Statement};

/// How much a commit waits for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// `synchronous=FULL`: an acknowledged commit survives a loss of power.
    Full,
    /// `synchronous=OFF`: for throw-away databases in tests.
    Off,
}

/// Which of the two databases it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// A file, in this process.
    Sqlite,
    /// A server, version 15 or newer.
    Postgres,
}

impl Store {
    /// The word for logs and operators.
    pub fn as_str(self) -> &'static str {
        match self {
            Store::Sqlite => "sqlite",
            Store::Postgres => "postgres",
        }
    }
}

/// Names the server on which [`Db::temporary`] makes its databases.
pub const TEST_DATABASE: &str = "ALTHING_TEST_DATABASE";

/// A handle to the database; cloning it is cheap.
#[derive(Clone)]
pub struct Db {
    inner: Inner,
}

#[derive(Clone)]
enum Inner {
    Sqlite(Arc<SqliteStore>),
    Postgres(Arc<PostgresStore>),
}

impl Db {
    /// Opens or creates the SQLite file at `path` with full durability.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(path, Durability::Full).await
    }

    /// Opens or creates the SQLite file at `path`.
    pub async fn open_with(path: impl AsRef<Path>, durability: Durability) -> Result<Self> {
        Ok(SqliteStore::open(path.as_ref(), durability)?.into())
    }

    /// Connects to a PostgreSQL database, which must exist.
    ///
    /// `postgres://user:password@host:port/database`, with `sslmode=disable`,
    /// `prefer` (the default: encrypted if the server can), `require` (encrypted) or
    /// `verify-full` (encrypted, and the server's certificate is checked against
    /// `sslrootcert=FILE`, or the well-known authorities).
    pub async fn postgres(url: &str) -> Result<Self> {
        Ok(PostgresStore::connect(url).await?.into())
    }

    /// Either: `postgres://…` or `postgresql://…`, else the path of a file.
    pub async fn at(address: &str) -> Result<Self> {
        if is_postgres(address) {
            Self::postgres(address).await
        } else {
            Self::open(address).await
        }
    }

    /// A throw-away database of its own, removed when the last handle goes: a file
    /// that does not wait for the disk. If the environment names a PostgreSQL server
    /// (`ALTHING_TEST_DATABASE=postgres://…`), it is made there instead, so that the
    /// same tests run on both.
    pub async fn temporary() -> Result<Self> {
        #[expect(clippy::disallowed_methods, reason = "the one switch of a test run")]
        match std::env::var(TEST_DATABASE) {
            Ok(server) => Ok(PostgresStore::temporary(&server).await?.into()),
            Err(_) => Ok(SqliteStore::temporary()?.into()),
        }
    }

    /// A throw-away database that begins as a copy of this one. Nobody may be writing
    /// to this one meanwhile; on PostgreSQL other connections to it are cut.
    pub async fn temporary_copy(&self) -> Result<Self> {
        Ok(match &self.inner {
            Inner::Sqlite(store) => store.temporary_copy().await?.into(),
            Inner::Postgres(store) => store.temporary_copy().await?.into(),
        })
    }

    /// Commits the batch; when this returns `Ok`, it is on disk. One outcome for
    /// each statement, in order. The batch is committed even if the caller stops
    /// waiting.
    pub async fn commit(&self, batch: Batch) -> Result<Vec<Outcome>> {
        match &self.inner {
            Inner::Sqlite(_) => self.commit_alone(batch).await,
            Inner::Postgres(store) => store.commit(batch).await,
        }
    }

    /// Like [`Db::commit`], in a transaction that no other batch shares, on its own
    /// connection. Only on PostgreSQL is there a difference.
    pub async fn commit_alone(&self, mut batch: Batch) -> Result<Vec<Outcome>> {
        let closing = batch.closing.take();
        let result = match &self.inner {
            Inner::Sqlite(store) => store.commit(batch).await,
            Inner::Postgres(store) => store.commit_alone(batch).await,
        };
        if let (Ok(_), Some(closing)) = (&result, closing) {
            closing.tell(None);
        }
        result
    }

    /// Opens an interactive transaction. On SQLite it borrows the writer until it is
    /// committed or dropped: everybody else's commits wait for it, so keep it short
    /// and await nothing outside.
    pub async fn write_session(&self) -> Result<WriteSession> {
        let inner = match &self.inner {
            Inner::Sqlite(store) => Session::Sqlite(store.write_session()?),
            Inner::Postgres(store) => Session::Postgres(Box::new(store.write_session().await?)),
        };
        Ok(WriteSession { inner })
    }

    /// Like a query, for one that may read much by a key, in its order: on SQLite it
    /// does not hold up the calling task's thread, on PostgreSQL it is planned once.
    pub async fn scan<T: FromRow + Send + 'static>(&self, statement: Statement) -> Result<Vec<T>> {
        match &self.inner {
            Inner::Sqlite(store) => store.scan(statement).await,
            Inner::Postgres(store) => store.scan(&statement).await,
        }
    }

    /// Finds at most one row by its key. On PostgreSQL, lookups that wait at the same
    /// time are one statement: the one that was given [for many](Statement::for_many),
    /// whose rows end with the place of what was wanted, from 1 (`WITH ORDINALITY`).
    pub async fn lookup<T: FromRow + Send + 'static>(&self, statement: Statement) -> Result<Option<T>> {
        match &self.inner {
            Inner::Postgres(store) if statement.text_for_many().is_some() => store.lookup(&statement).await,
            _ => statement.optional(self).await,
        }
    }

    /// Writes a complete copy of the committed state to `path`, which must not
    /// exist yet. Commits go on meanwhile; the copy holds one moment between them.
    /// Of SQLite only: PostgreSQL has tools of its own.
    pub async fn copy_to(&self, path: impl AsRef<Path>) -> Result<()> {
        match &self.inner {
            Inner::Sqlite(store) => store.copy_to(path.as_ref()).await,
            Inner::Postgres(_) => Err(Error::Address(
                "a PostgreSQL database is copied with pg_dump".into(),
            )),
        }
    }

    /// Counters since opening.
    pub fn stats(&self) -> Stats {
        match &self.inner {
            Inner::Sqlite(store) => store.counters().read(),
            Inner::Postgres(store) => store.counters().read(),
        }
    }

    /// Which of the two it is.
    pub fn store(&self) -> Store {
        match &self.inner {
            Inner::Sqlite(_) => Store::Sqlite,
            Inner::Postgres(_) => Store::Postgres,
        }
    }

    /// What [`Db::at`] opens again. It may contain a password: for logs take
    /// [`Db::description`].
    pub fn address(&self) -> String {
        match &self.inner {
            Inner::Sqlite(store) => store.path().to_string_lossy().into_owned(),
            Inner::Postgres(store) => store.url().to_owned(),
        }
    }

    /// For people: the file, or the server and database, without secrets.
    pub fn description(&self) -> String {
        match &self.inner {
            Inner::Sqlite(store) => format!("sqlite {}", store.path().display()),
            Inner::Postgres(store) => store.description(),
        }
    }

    /// Where the file is, if it is one.
    pub fn path(&self) -> Option<PathBuf> {
        match &self.inner {
            Inner::Sqlite(store) => Some(store.path().to_owned()),
            Inner::Postgres(_) => None,
        }
    }

    /// An SQL expression for the database's own clock: microseconds since 1970, BIGINT.
    pub fn clock_micros(&self) -> &'static str {
        match self.store() {
            Store::Sqlite => "CAST(unixepoch('subsec') * 1000000 AS BIGINT)",
            Store::Postgres => "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)",
        }
    }

    /// Hears what [`Db::notify`] tells, from every process; `None` on SQLite, where
    /// there is nobody else. It reconnects by itself; what was said meanwhile is
    /// lost, so it only ever is a reason to look.
    pub fn listen(&self, channel: &'static str) -> Option<Listener> {
        match &self.inner {
            Inner::Sqlite(_) => None,
            Inner::Postgres(store) => Some(store.listen(channel)),
        }
    }

    /// Wakes whoever listens, in every process. Does nothing on SQLite.
    pub async fn notify(&self, channel: &'static str, text: &str) -> Result<()> {
        match &self.inner {
            Inner::Sqlite(_) => Ok(()),
            Inner::Postgres(store) => store.notify(channel, text).await,
        }
    }
}

/// Whether an address means a PostgreSQL server.
pub(crate) fn is_postgres(address: &str) -> bool {
    address.starts_with("postgres://") || address.starts_with("postgresql://")
}

impl Query for Db {
    async fn fetch<T: FromRow + Send + 'static>(&self, statement: Statement) -> Result<Vec<T>> {
        match &self.inner {
            Inner::Sqlite(store) => store.fetch(&statement).await,
            Inner::Postgres(store) => store.fetch(&statement).await,
        }
    }
}

impl From<SqliteStore> for Db {
    fn from(store: SqliteStore) -> Self {
        Self {
            inner: Inner::Sqlite(Arc::new(store)),
        }
    }
}

impl From<PostgresStore> for Db {
    fn from(store: PostgresStore) -> Self {
        Self {
            inner: Inner::Postgres(Arc::new(store)),
        }
    }
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Db({})", self.description())
    }
}

/// An open transaction that is answered statement by statement. Dropping it undoes
/// everything it wrote.
pub struct WriteSession {
    inner: Session,
}

enum Session {
    Sqlite(SqliteSession),
    Postgres(Box<PostgresSession>),
}

impl WriteSession {
    /// Runs one statement; answers how many rows it changed.
    pub async fn execute(&self, statement: Statement) -> Result<usize> {
        match &self.inner {
            Session::Sqlite(session) => session.execute(statement).await,
            Session::Postgres(session) => session.execute(statement).await,
        }
    }

    /// Runs every statement of the batch, as [`Db::commit`] would, without committing.
    pub async fn apply(&self, batch: Batch) -> Result<Vec<Outcome>> {
        match &self.inner {
            Session::Sqlite(session) => session.apply(batch).await,
            Session::Postgres(session) => session.apply(batch).await,
        }
    }

    /// Makes everything durable; on SQLite together with whatever else is waiting.
    /// `after` runs once it is, on SQLite in commit order.
    pub async fn commit(self, after: impl FnOnce() + Send + 'static) -> Result<()> {
        match self.inner {
            Session::Sqlite(session) => session.commit(after).await,
            Session::Postgres(session) => session.commit(after).await,
        }
    }
}

impl Query for WriteSession {
    async fn fetch<T: FromRow + Send + 'static>(&self, statement: Statement) -> Result<Vec<T>> {
        match &self.inner {
            Session::Sqlite(session) => session.fetch(statement).await,
            Session::Postgres(session) => session.fetch(&statement).await,
        }
    }
}
