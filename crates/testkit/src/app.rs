//! The real binary, on a free port, with a data folder of its own.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::Client;

/// The password of everybody in tests.
pub const PASSWORD: &str = "correct horse battery";

/// How long a start may take, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server.
pub struct TestApp {
    binary: PathBuf,
    folder: TempDir,
    settings: Vec<(String, String)>,
    port: u16,
    child: Option<Child>,
    owner: Client,
}

/// What a command of the command line answered.
#[derive(Debug)]
pub struct CommandOutput {
    /// Whether it ended well.
    pub ok: bool,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl CommandOutput {
    /// Standard output as one JSON value for each line.
    pub fn lines(&self) -> Vec<Value> {
        self.stdout
            .lines()
            .map(|line| serde_json::from_str(line).expect("a JSON object on each line"))
            .collect()
    }
}

impl TestApp {
    /// Starts the server and sets it up; the owner is signed in.
    pub async fn start(binary: impl AsRef<Path>) -> Self {
        let mut app = Self::start_empty(binary).await;
        app.owner = app.set_up().await;
        app
    }

    /// Starts a server that nobody has set up; its owner is nobody.
    pub async fn start_empty(binary: impl AsRef<Path>) -> Self {
        Self::start_with(binary, &[]).await
    }

    /// The same with settings, as environment variables (`ALTHING_…`).
    pub async fn start_with(binary: impl AsRef<Path>, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let settings = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let owner = Client::new("http://127.0.0.1:0");
        let mut app = Self {
            binary: binary.as_ref().to_owned(),
            folder,
            settings,
            port: 0,
            child: None,
            owner,
        };
        app.launch().await;
        app.owner = app.anonymous();
        app
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

    /// Runs the command line on this server's folder.
    pub async fn command(&self, arguments: &[&str]) -> CommandOutput {
        self.command_with(arguments, "").await
    }

    /// The same with something on standard input.
    pub async fn command_with(&self, arguments: &[&str], input: &str) -> CommandOutput {
        let mut command = self.base_command();
        command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let input = input.to_owned();
        let output = tokio::task::spawn_blocking(move || {
            let mut child = command.spawn().expect("the binary starts");
            let mut stdin = child.stdin.take().expect("standard input is a pipe");
            // A command that does not read it has closed it already.
            drop(stdin.write_all(input.as_bytes()));
            drop(stdin);
            child.wait_with_output().expect("the command ends")
        })
        .await
        .expect("the command's thread ends");
        CommandOutput {
            ok: output.status.success(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// `kill -9`: nothing is said, nothing is finished.
    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("the server runs");
        child.kill().expect("the server can be killed");
        child.wait().expect("the server ends");
    }

    /// SIGTERM, and waits until the server has ended.
    pub async fn stop(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("the server runs");
        let told = Command::new("kill")
            .args(["-TERM", &child.id().to_string()])
            .status()
            .expect("kill exists");
        assert!(told.success());
        tokio::task::spawn_blocking(move || child.wait().expect("the server ends"))
            .await
            .expect("the thread ends")
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
