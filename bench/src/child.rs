//! Another process on the same database: this program once more, with a role.

use std::io::Write;
use std::process::Stdio;

use althing_backbone::{Backbone, Db, Event, HandlerResult, reaction};
use anyhow::{Context, ensure};
use clap::ValueEnum;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{ChildStdout, Command};
use tokio_postgres::{AsyncMessage, NoTls};

use crate::tick::Ticked;

/// What the other process does. It ends with its standard input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Follows the log live.
    Follower,
    /// Handles each event, and says so.
    Handler,
    /// Listens to bare notifications, and says so.
    Listener,
    /// Listens to bare notifications.
    SilentListener,
}

/// A process in a role.
pub struct Child {
    process: tokio::process::Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Child {
    /// Starts one and waits until it listens.
    pub async fn start(role: Role, url: &str) -> anyhow::Result<Self> {
        let role = role.to_possible_value().context("every role has a name")?;
        let mut process = Command::new(std::env::current_exe()?)
            .args(["--role", role.get_name(), "--url", url])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let stdout = process.stdout.take().context("a pipe was asked for")?;
        let lines = BufReader::new(stdout).lines();
        let mut child = Self { process, lines };
        child.said().await?;
        Ok(child)
    }

    /// Waits until it says the next thing.
    pub async fn said(&mut self) -> anyhow::Result<()> {
        let line = self.lines.next_line().await?;
        line.map(drop).context("the other process has ended")
    }

    /// Lets it end.
    pub async fn end(mut self) -> anyhow::Result<()> {
        drop(self.process.stdin.take());
        let status = self.process.wait().await?;
        ensure!(status.success(), "the other process failed: {status}");
        Ok(())
    }
}

fn say() -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(b".\n")?;
    Ok(out.flush()?)
}

async fn handled(_: Event<Ticked>) -> HandlerResult {
    say()?;
    Ok(())
}

/// Plays a role until the standard input ends.
pub async fn play(role: Role, url: &str) -> anyhow::Result<()> {
    let end = tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
    let play = async {
        match role {
            Role::Follower => follow(url).await,
            Role::Handler => handle(url).await,
            Role::Listener => listen(url, say).await,
            Role::SilentListener => listen(url, || Ok(())).await,
        }
    };
    tokio::select! {
        ended = end => Ok(ended?.map(drop)?),
        done = play => done,
    }
}

async fn follow(url: &str) -> anyhow::Result<()> {
    let backbone = Backbone::builder(Db::postgres(url).await?).start().await?;
    let mut feed = backbone.feed(None, Vec::new())?;
    say()?;
    loop {
        feed.next().await?;
    }
}

async fn handle(url: &str) -> anyhow::Result<()> {
    let _backbone = Backbone::builder(Db::postgres(url).await?)
        .subscribe(reaction("arrivals").on(handled))
        .start()
        .await?;
    say()?;
    std::future::pending().await
}

async fn listen(url: &str, heard: impl Fn() -> anyhow::Result<()>) -> anyhow::Result<()> {
    let (client, mut connection) = tokio_postgres::connect(url, NoTls).await?;
    let (sender, mut inbox) = tokio::sync::mpsc::unbounded_channel();
    let driven = tokio::spawn(async move {
        while let Some(message) = std::future::poll_fn(|context| connection.poll_message(context)).await {
            if let AsyncMessage::Notification(_) = message? {
                sender.send(())?;
            }
        }
        anyhow::Ok(())
    });
    client.batch_execute("LISTEN floor").await?;
    say()?;
    while inbox.recv().await.is_some() {
        heard()?;
    }
    driven.await?
}
