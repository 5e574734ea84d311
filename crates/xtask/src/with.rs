//! Runs a command beside throw-away servers.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitCode, ExitStatus};

use althing_testkit::{Nats, Postgres, Redis, forget_package};
use anyhow::Context;
use clap::{Args, ValueEnum};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

/// What to start, and what to run beside it.
#[derive(Args)]
pub struct Arguments {
    /// The servers to start.
    #[arg(required = true)]
    services: Vec<Service>,
    /// PostgreSQL waits for the disk, as it does in earnest: for measuring.
    #[arg(long)]
    durable: bool,
    /// The command, after `--`.
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Service {
    /// PostgreSQL, as ALTHING_TEST_DATABASE.
    Postgres,
    /// Redis, as ALTHING_TEST_REDIS.
    Redis,
    /// NATS with JetStream, as ALTHING_TEST_NATS.
    Nats,
}

/// Starts the servers, runs the command, stops them; the command's exit code.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(run_beside(arguments))
}

async fn run_beside(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    // Taken before anything is started, so that a signal never ends this without an end.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let started = tokio::select! {
        servers = Servers::start(&arguments.services, arguments.durable) => Some(servers),
        _ = interrupt.recv() => None,
        _ = terminate.recv() => None,
        _ = hangup.recv() => None,
    };
    let Some(servers) = started else {
        return Ok(ExitCode::from(130));
    };
    let (program, rest) = arguments.command.split_first().context("a command after --")?;
    let mut command = Command::new(program);
    command.args(rest).envs(servers.variables());
    forget_package(command.as_std_mut());
    let mut child = command
        .spawn()
        .with_context(|| format!("{} does not start", program.display()))?;
    let status = loop {
        tokio::select! {
            status = child.wait() => break status?,
            // A terminal has told the command too: it ends itself, then we do.
            _ = interrupt.recv() => {}
            _ = terminate.recv() => forward("TERM", &child).await?,
            _ = hangup.recv() => forward("HUP", &child).await?,
        }
    };
    drop(servers);
    Ok(code_of(status))
}

async fn forward(signal: &str, child: &Child) -> anyhow::Result<()> {
    if let Some(process) = child.id() {
        // It may have ended in this very moment.
        let mut kill = Command::new("kill");
        kill.args([format!("-{signal}"), process.to_string()]);
        kill.status().await.context("kill does not start")?;
    }
    Ok(())
}

/// The command's code, or what a shell says of a command that a signal has ended.
fn code_of(status: ExitStatus) -> ExitCode {
    let code = status.code().or(status.signal().map(|signal| 128 + signal));
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

/// The servers that run.
#[derive(Default)]
struct Servers {
    postgres: Option<Postgres>,
    redis: Option<Redis>,
    nats: Option<Nats>,
}

impl Servers {
    async fn start(wanted: &[Service], durable: bool) -> Self {
        let mut servers = Self::default();
        if wanted.contains(&Service::Postgres) {
            let options = match durable {
                true => Postgres::options(),
                // Many suites use it at once, each for a moment: what is lost with the machine is no loss.
                false => Postgres::options().without_fsync(),
            };
            servers.postgres = Some(options.start().await);
        }
        if wanted.contains(&Service::Redis) {
            servers.redis = Some(Redis::start().await);
        }
        if wanted.contains(&Service::Nats) {
            servers.nats = Some(Nats::start().await);
        }
        servers
    }

    fn variables(&self) -> impl Iterator<Item = (&'static str, String)> {
        [
            ("ALTHING_TEST_DATABASE", self.postgres.as_ref().map(Postgres::url)),
            ("ALTHING_TEST_REDIS", self.redis.as_ref().map(Redis::url)),
            ("ALTHING_TEST_NATS", self.nats.as_ref().map(Nats::url)),
        ]
        .into_iter()
        .filter_map(|(name, url)| Some((name, url?)))
    }
}
