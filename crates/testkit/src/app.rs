//! The real binary, on a free port, with a data folder of its own.

mod command_line;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;

use crate::client::Client;
use crate::services::TestDatabase;

pub use command_line::CommandOutput;

/// The password of everybody in tests.
pub const PASSWORD: &str = "correct horse battery";

/// How long a start may take, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// The setting that says which database the server uses, if not a file in its folder.
const DATABASE_URL: &str = "ALTHING_DATABASE_URL";

/// What tests ask within a minute from one address is more than people do. Those that are
/// about limits set their own.
const ROOMY: [(&str, &str); 10] = [
    ("ALTHING_LIMITS_REQUESTS_PER_MINUTE", "1000000,1000000,1000000"),
    (
        "ALTHING_LIMITS_SESSION_OPERATIONS_PER_HOUR",
        "1000000,1000000,1000000",
    ),
    ("ALTHING_LIMITS_MESSAGES_PER_MINUTE", "1000000,1000000,1000000"),
    (
        "ALTHING_LIMITS_AI_COMPLETIONS_PER_MINUTE",
        "1000000,1000000,1000000",
    ),
    ("ALTHING_LIMITS_EXPORTS_PER_HOUR", "1000000,1000000,1000000"),
    ("ALTHING_LIMITS_LIVE_CONNECTIONS", "10000,10000,10000"),
    ("ALTHING_LIMITS_INSTANCE_REQUESTS_PER_MINUTE", "1000000"),
    ("ALTHING_LIMITS_ADDRESS_REQUESTS_PER_MINUTE", "1000000"),
    ("ALTHING_LIMITS_KEY_REQUESTS_PER_MINUTE", "1000000"),
    ("ALTHING_LIMITS_SIGN_IN_ATTEMPTS_PER_HOUR", "1000000"),
];

/// A running server.
///
/// Under `cargo xtask with postgres` it has a fresh database on that server, unless
/// its settings name one themselves; otherwise a file in its folder.
pub struct TestApp {
    binary: PathBuf,
    folder: TempDir,
    settings: Vec<(String, String)>,
    /// Dropped with the last process that uses it.
    database: Option<Arc<TestDatabase>>,
    port: u16,
    child: Option<Child>,
    owner: Client,
}

impl TestApp {
    /// Starts the server and sets it up; the owner is signed in.
    pub async fn start(binary: impl AsRef<Path>) -> Self {
        Self::start_set_up_with(binary, &[]).await
    }

    /// The same with settings, as environment variables (`ALTHING_…`).
    pub async fn start_set_up_with(binary: impl AsRef<Path>, settings: &[(&str, &str)]) -> Self {
        let mut app = Self::start_with(binary, settings).await;
        app.owner = app.set_up().await;
        app
    }

    /// Starts a server that nobody has set up; its owner is nobody.
    pub async fn start_empty(binary: impl AsRef<Path>) -> Self {
        Self::start_with(binary, &[]).await
    }

    /// The same with settings, as environment variables (`ALTHING_…`).
    pub async fn start_with(binary: impl AsRef<Path>, settings: &[(&str, &str)]) -> Self {
        let database = match settings.iter().any(|(name, _)| *name == DATABASE_URL) {
            true => None,
            false => TestDatabase::from_environment().await.map(Arc::new),
        };
        let settings = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let mut app = Self::new(binary.as_ref().to_owned(), settings, database);
        app.launch().await;
        app.owner = app.anonymous();
        app
    }

    fn new(binary: PathBuf, settings: Vec<(String, String)>, database: Option<Arc<TestDatabase>>) -> Self {
        Self {
            binary,
            folder: tempfile::tempdir().expect("a temporary folder"),
            settings,
            database,
            port: 0,
            child: None,
            owner: Client::new("http://127.0.0.1:0"),
        }
    }

    /// Starts a further process on the same database, with the same settings but a
    /// port, a data folder and a log of its own. Sessions hold on both: its owner is
    /// who this one's owner is. A database in a file is not for several processes.
    pub async fn another_process(&self) -> Self {
        assert!(
            self.database_url().is_some(),
            "a second process needs a PostgreSQL database: run under `cargo xtask with postgres`, \
             or start the first one with {DATABASE_URL}"
        );
        let mut app = Self::new(self.binary.clone(), self.settings.clone(), self.database.clone());
        app.launch().await;
        app.owner = self.owner.at(&app.url());
        app
    }

    /// Where its database is, for a look past the server: an address or a file.
    pub fn database(&self) -> String {
        match self.database_url() {
            Some(url) => url.to_owned(),
            None => self.data().join("althing.db").display().to_string(),
        }
    }

    /// The address of its database; none if that is a file in its folder.
    pub fn database_url(&self) -> Option<&str> {
        let own = self.database.as_deref().map(TestDatabase::url);
        let given = self.settings.iter().find(|(name, _)| name == DATABASE_URL);
        own.or(given.map(|(_, value)| value.as_str()))
    }

    /// Sets the instance up as Ada Lovelace, `ada@example.org`.
    pub async fn set_up(&self) -> Client {
        let mut client = self.anonymous();
        let account = json!({
            "first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.org", "password": PASSWORD
        });
        let reply = client.post("/api/setup", account).await;
        assert_eq!(reply.status, 201, "setting up: {}", reply.body);
        client.adopt(&reply);
        client
    }

    /// Changes a setting (`ALTHING_…`), from the next start on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.settings.retain(|(known, _)| known != name);
        self.settings.push((name.to_owned(), value.to_owned()));
    }

    /// Where it listens, such as `http://127.0.0.1:40123`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Everything it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// The owner, signed in.
    pub fn owner(&self) -> &Client {
        &self.owner
    }

    /// Nobody.
    pub fn anonymous(&self) -> Client {
        Client::new(&self.url())
    }

    /// Makes an account through the command line and signs in with it. Their
    /// address is `{first name in lower case}@example.org`.
    pub async fn user(&self, first_name: &str) -> Client {
        let email = format!("{}@example.org", first_name.to_lowercase());
        let made = self
            .command_with(
                &[
                    "admin",
                    "create-user",
                    "--email",
                    &email,
                    "--first-name",
                    first_name,
                    "--last-name",
                    "Tester",
                    "--password-stdin",
                ],
                PASSWORD,
            )
            .await;
        assert!(made.ok, "{}", made.stderr);
        self.sign_in(&email).await
    }

    /// Signs in with the password that everybody has.
    pub async fn sign_in(&self, email: &str) -> Client {
        let mut client = self.anonymous();
        let reply = client
            .post("/api/auth/login", json!({ "email": email, "password": PASSWORD }))
            .await;
        assert_eq!(reply.status, 200, "signing in as {email}: {}", reply.body);
        client.adopt(&reply);
        client
    }

    /// `kill -9`: nothing is said, nothing is finished.
    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("the server runs");
        child.kill().expect("the server can be killed");
        child.wait().expect("the server ends");
    }

    /// SIGTERM, and waits until the server has ended.
    pub async fn stop(&mut self) -> ExitStatus {
        self.signal("TERM");
        let mut child = self.child.take().expect("the server runs");
        tokio::task::spawn_blocking(move || child.wait().expect("the server ends"))
            .await
            .expect("the thread ends")
    }

    /// SIGSTOP: it holds what it holds (connections, leases), but does nothing.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// SIGCONT: it goes on as if nothing had happened.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    /// Its process number.
    pub fn process(&self) -> u32 {
        self.child.as_ref().expect("the server runs").id()
    }

    fn signal(&self, name: &str) {
        let told = Command::new("kill")
            .args([format!("-{name}"), self.process().to_string()])
            .status()
            .expect("kill exists");
        assert!(told.success());
    }

    /// Starts it again on the same folder and port; sessions go on.
    pub async fn start_again(&mut self) {
        assert!(self.child.is_none(), "stop or kill it first");
        self.launch().await;
    }

    /// `kill -9` and start again.
    pub async fn crash(&mut self) {
        self.kill();
        self.launch().await;
    }

    fn base_command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("ALTHING_DATA", self.data());
        command.envs(
            self.database
                .as_deref()
                .map(|database| (DATABASE_URL, database.url())),
        );
        command.envs(ROOMY);
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    async fn launch(&mut self) {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder.path().join("log"))
            .expect("a file for the log");
        let listen = format!("127.0.0.1:{}", self.port);
        let mut command = self.base_command();
        command
            .args(["serve", "--listen", &listen])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log);
        let mut child = command.spawn().expect("the binary starts");
        let mut lines = BufReader::new(child.stdout.take().expect("standard output is a pipe"));
        let first = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            lines.read_line(&mut line).expect("the server's first line");
            line
        });
        let line = first.await.expect("the thread ends");
        self.child = Some(child);
        let port = line
            .split("http://127.0.0.1:")
            .nth(1)
            .and_then(|rest| rest.split(' ').next()?.parse().ok());
        self.port = port.unwrap_or_else(|| panic!("the server did not start: {line}\n{}", self.log()));
        self.wait_until_ready().await;
    }

    async fn wait_until_ready(&self) {
        let client = self.anonymous();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let reply = client.get("/health/ready").await;
            if reply.status == 200 {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "not ready: {}\n{}",
                reply.body,
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            drop(child.kill());
            drop(child.wait());
        }
        if std::thread::panicking() {
            eprintln!("--- the server's log ---\n{}", self.log());
        }
    }
}
