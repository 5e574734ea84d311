//! A throw-away PostgreSQL server.

mod cluster;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::certificate::Certificate;
use super::database;
use super::keeper::Keeper;
use super::program::{quoted, run};
use super::server::Server;
use cluster::Cluster;

/// How long a replica may take to catch up, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a PostgreSQL server is to be started.
#[derive(Clone, Debug, Default)]
pub struct PostgresOptions {
    without_fsync: bool,
    tls: bool,
    settings: Vec<(String, String)>,
}

impl PostgresOptions {
    /// Does not wait for the disk: quicker, and as safe against the death of the
    /// server, though not of the machine.
    #[must_use]
    pub fn without_fsync(mut self) -> Self {
        self.without_fsync = true;
        self
    }

    /// Speaks TLS with those who ask (`?sslmode=require`), with a certificate of
    /// [`Postgres::ca_file`].
    #[must_use]
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// Any line of postgresql.conf, such as `max_connections`, `20`.
    #[must_use]
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Makes an empty cluster and starts it.
    pub async fn start(self) -> Postgres {
        let keeper = Keeper::new("postgres");
        let cluster = Cluster::new(keeper.folder()).await;
        cluster.initialize().await;
        self.launch(keeper, cluster).await
    }

    async fn launch(self, keeper: Keeper, cluster: Cluster) -> Postgres {
        let mut settings = cluster::settings(self.without_fsync);
        let mut authority = None;
        if self.tls {
            let certificate = Certificate::make(keeper.folder()).await;
            cluster.own(keeper.folder()).await;
            settings.extend(cluster::tls_settings(&certificate));
            authority = Some(certificate.authority);
        }
        settings.extend(self.settings.iter().cloned());
        let words: Vec<String> = settings
            .iter()
            .map(|(name, value)| format!("-c {}", quoted(format!("{name}={value}"))))
            .collect();
        let program = cluster.shell("postgres");
        let data = quoted(cluster.data_text());
        let command = move |port: u16| format!("{program} -D {data} -p {port} {}", words.join(" "));
        let server = Server::start(keeper, command, Arc::new(is_ours(cluster.data_text()))).await;
        Postgres {
            server,
            cluster,
            options: self,
            authority,
            dumps: AtomicU32::new(0),
        }
    }
}

/// Whether the server on a port is the one of this folder, and answers.
fn is_ours(data: String) -> impl Fn(u16) -> bool {
    move |port| {
        let output = database::psql(&url_of(port), "SHOW data_directory").output();
        output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim() == data)
    }
}

fn url_of(port: u16) -> String {
    format!("postgres://postgres@127.0.0.1:{port}/postgres")
}

/// A running PostgreSQL server with a cluster of its own; gone with this value.
pub struct Postgres {
    server: Server,
    cluster: Cluster,
    options: PostgresOptions,
    authority: Option<PathBuf>,
    dumps: AtomicU32,
}

impl Postgres {
    /// Starts one on an empty cluster. It waits for the disk, allows 400 connections
    /// and ten prepared transactions, and trusts everybody on the loopback address.
    pub async fn start() -> Self {
        Self::options().start().await
    }

    /// Says how it is to be started.
    pub fn options() -> PostgresOptions {
        PostgresOptions::default()
    }

    /// `postgres://postgres@127.0.0.1:PORT/postgres`
    pub fn url(&self) -> String {
        url_of(self.server.port())
    }

    /// Makes a fresh database; its address.
    pub async fn database(&self) -> String {
        database::create(&self.url()).await
    }

    /// Runs SQL in the database `postgres`: a line for each row, fields divided by `|`.
    pub async fn psql(&self, sql: &str) -> String {
        Self::psql_at(&self.url(), sql).await
    }

    /// The same in any database of any server.
    pub async fn psql_at(url: &str, sql: &str) -> String {
        run(database::psql(url, sql)).await
    }

    /// The authority whose certificates are to be believed, as PEM.
    pub fn ca_file(&self) -> PathBuf {
        self.authority.clone().expect("it was started with tls()")
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        self.server.log()
    }

    /// The fast shutdown: open transactions are rolled back, connections closed.
    pub async fn stop(&self) {
        self.server.stop("INT").await;
    }

    /// `kill -9` for it and for the processes of its connections.
    pub async fn kill(&self) {
        self.server.kill().await;
    }

    /// Starts it again on the same folder and port.
    pub async fn start_again(&self) {
        self.server.start_again().await;
    }

    /// A second server that follows this one by streaming and answers questions. It
    /// is asynchronous unless this server's `synchronous_standby_names` says
    /// otherwise; it calls itself `walreceiver`.
    pub async fn replica(&self) -> Self {
        let keeper = Keeper::new("postgres");
        let cluster = Cluster::new(keeper.folder()).await;
        cluster.copy_from(self.server.port()).await;
        self.options.clone().launch(keeper, cluster).await
    }

    /// Waits until this replica shows everything that is committed in `primary` now.
    pub async fn catch_up_with(&self, primary: &Self) {
        let wanted = primary.psql("SELECT pg_current_wal_lsn()").await;
        let question = format!("SELECT pg_last_wal_replay_lsn() >= '{wanted}'");
        let deadline = Instant::now() + PATIENCE;
        while self.psql(&question).await != "t" {
            assert!(
                Instant::now() < deadline,
                "the replica lies behind:\n{}",
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Makes this replica a server that can be written to.
    pub async fn promote(&self) {
        assert_eq!(
            self.psql("SELECT pg_promote()").await,
            "t",
            "the replica was promoted"
        );
    }

    /// Writes a dump of the database at `url`, as operators do (`pg_dump`); the file
    /// lives as long as this server's folder.
    pub async fn dump(&self, url: &str) -> PathBuf {
        let number = self.dumps.fetch_add(1, Ordering::Relaxed);
        let file = self.server.folder().join(format!("{number}.dump"));
        let mut command = self.client("pg_dump");
        command
            .args(["--format=custom", "--no-password", "--dbname", url, "--file"])
            .arg(&file);
        run(command).await;
        file
    }

    /// Restores a dump into the empty database at `url`, as operators do (`pg_restore`).
    pub async fn restore(&self, url: &str, file: &Path) {
        let mut command = self.client("pg_restore");
        command
            .args(["--exit-on-error", "--no-password", "--dbname", url])
            .arg(file);
        run(command).await;
    }

    fn client(&self, program: &str) -> Command {
        super::program::clean(self.cluster.program(program))
    }
}
