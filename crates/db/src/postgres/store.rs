//! One database on a server.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use deadpool_postgres::Pool;

use super::address::Address;
use super::commit::{self, Committer};
use super::connection::{self, Purpose};
use super::listener::Listener;
use super::lookups::{Found, Lookups};
use super::pipeline;
use super::session::PostgresSession;
use super::throw_away::ThrowAway;
use crate::stats::Counters;
use crate::{Batch, Error, FromRow, Outcome, Result, Statement};

/// Connections for groups of commits: one executes while others wait for the disk.
const COMMITTERS: usize = 4;
/// Connections for reading along the log, and for lookups.
const SCANNERS: usize = 4;
/// Connections for everything else.
const OTHERS: usize = 12;
/// What changed nothing yet is asked again when an old connection turns out to be
/// lost; there may be several of them in the pool.
const READ_ATTEMPTS: usize = OTHERS + 1;
/// The oldest server that is known to keep the promises.
const OLDEST: i32 = 150_000;

pub(crate) struct PostgresStore {
    address: Address,
    pool: Pool,
    committers: Pool,
    scanners: Pool,
    notices: Pool,
    committer: Committer,
    lookups: Lookups,
    counters: Arc<Counters>,
    // Dropped last: drops a throw-away database.
    _throw_away: Option<ThrowAway>,
}

impl PostgresStore {
    pub async fn connect(url: &str) -> Result<Self> {
        Self::build(Address::parse(url)?, None).await
    }

    pub async fn temporary(server: &str) -> Result<Self> {
        let (throw_away, address) = ThrowAway::create(&Address::parse(server)?, None).await?;
        Self::build(address, Some(throw_away)).await
    }

    pub async fn temporary_copy(&self) -> Result<Self> {
        // Idle connections would be in the way.
        self.pool.retain(|_, _| false);
        self.committers.retain(|_, _| false);
        self.scanners.retain(|_, _| false);
        self.notices.retain(|_, _| false);
        let (throw_away, address) = ThrowAway::create(&self.address, Some(self.address.database())).await?;
        Self::build(address, Some(throw_away)).await
    }

    async fn build(address: Address, throw_away: Option<ThrowAway>) -> Result<Self> {
        let pool = connection::pool(&address, OTHERS, Purpose::Anything)?;
        let committers = connection::pool(&address, COMMITTERS, Purpose::Commits)?;
        let scanners = connection::pool(&address, SCANNERS, Purpose::Scans)?;
        let notices = connection::pool(&address, 1, Purpose::Notices)?;
        let client = pool.get().await?;
        let version: i32 = client
            .query_one("SELECT current_setting('server_version_num')::int", &[])
            .await?
            .get(0);
        if version < OLDEST {
            return Err(Error::Address(format!(
                "the server is PostgreSQL {}; version 15 or newer is needed",
                version / 10_000
            )));
        }
        drop(client);
        let counters = Arc::new(Counters::default());
        let committer = Committer::start(committers.clone(), counters.clone());
        let lookups = Lookups::start(scanners.clone(), counters.clone());
        Ok(Self {
            address,
            pool,
            committers,
            scanners,
            notices,
            committer,
            lookups,
            counters,
            _throw_away: throw_away,
        })
    }

    pub async fn commit(&self, batch: Batch) -> Result<Vec<Outcome>> {
        self.committer.commit(batch).await
    }

    pub async fn commit_alone(&self, batch: Batch) -> Result<Vec<Outcome>> {
        let client = self.pool.get().await?;
        commit::commit_alone(&self.pool, client, &batch, || {}, &self.counters).await
    }

    pub async fn write_session(&self) -> Result<PostgresSession> {
        let mut attempt = 1;
        loop {
            let client = self.pool.get().await?;
            match PostgresSession::open(client, self.counters.clone()).await {
                Err(Error::Connection(_)) if attempt < READ_ATTEMPTS => attempt += 1,
                other => return other,
            }
        }
    }

    pub async fn fetch<T: FromRow>(&self, statement: &Statement) -> Result<Vec<T>> {
        self.read(&self.pool, statement).await
    }

    pub async fn scan<T: FromRow>(&self, statement: &Statement) -> Result<Vec<T>> {
        self.read(&self.scanners, statement).await
    }

    pub async fn lookup<T: FromRow>(&self, statement: &Statement) -> Result<Option<T>> {
        match self.lookups.find(statement).await? {
            Found::Row(row) => row
                .map(|row| T::from_row(&crate::Row::postgres(&row)))
                .transpose(),
            Found::AskAlone => Ok(self.fetch(statement).await?.into_iter().next()),
        }
    }

    async fn read<T: FromRow>(&self, pool: &Pool, statement: &Statement) -> Result<Vec<T>> {
        self.counters.reads.fetch_add(1, Ordering::Relaxed);
        let mut attempt = 1;
        loop {
            let client = pool.get().await?;
            match pipeline::fetch(&client, statement).await {
                // The server was restarted: an old connection shows it when it is used.
                Err(Error::Connection(_)) if attempt < READ_ATTEMPTS => attempt += 1,
                other => return other,
            }
        }
    }

    pub fn listen(&self, channel: &'static str) -> Listener {
        Listener::start(self.address.clone(), channel)
    }

    pub async fn notify(&self, channel: &'static str, text: &str) -> Result<()> {
        let client = self.notices.get().await?;
        let notify = pipeline::prepare(&client, "SELECT pg_notify($1, $2)").await?;
        client.execute(&notify, &[&channel, &text]).await?;
        Ok(())
    }

    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    pub fn url(&self) -> &str {
        &self.address.url
    }

    pub fn description(&self) -> String {
        self.address.description()
    }
}
