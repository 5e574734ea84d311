//! A throw-away NATS server with JetStream.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use super::keeper::Keeper;
use super::program::{find, quoted, quoted_path};
use super::server::Server;

/// A running NATS server; gone with this value.
///
/// Streams lie on disk: they are there again after [`Nats::stop`] or [`Nats::kill`]
/// and [`Nats::start_again`].
pub struct Nats {
    server: Server,
}

impl Nats {
    /// Starts one with an empty JetStream store.
    pub async fn start() -> Self {
        let keeper = Keeper::new("nats");
        let program = find("nats-server", "nats-server");
        let store = keeper.folder().join("store");
        // Its name tells it from another server that took the port first.
        let name = keeper.folder().display().to_string().replace(['/', ' '], "-");
        let command = {
            let name = name.clone();
            move |port: u16| {
                format!(
                    "{} --addr 127.0.0.1 --port {port} --name {} --jetstream --store_dir {}",
                    quoted_path(&program),
                    quoted(&name),
                    quoted_path(&store)
                )
            }
        };
        let server = Server::start(keeper, command, Arc::new(move |port| greets_as(&name, port))).await;
        Self { server }
    }

    /// `nats://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.server.port())
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        self.server.log()
    }

    /// Stops it in order.
    pub async fn stop(&self) {
        self.server.stop("TERM").await;
    }

    /// `kill -9`.
    pub async fn kill(&self) {
        self.server.kill().await;
    }

    /// Starts it again on the same store and port.
    pub async fn start_again(&self) {
        self.server.start_again().await;
    }

    /// SIGSTOP: connections stay open, but nobody answers.
    pub fn pause(&self) {
        self.server.pause();
    }

    /// Ends [`Nats::pause`].
    pub fn resume(&self) {
        self.server.resume();
    }
}

/// A NATS server speaks first: `INFO {…"server_name":"…"…}`.
pub(super) fn greets_as(name: &str, port: u16) -> bool {
    let limit = Duration::from_secs(2);
    let greeting = || -> std::io::Result<String> {
        let stream = TcpStream::connect_timeout(&SocketAddr::from(([127, 0, 0, 1], port)), limit)?;
        stream.set_read_timeout(Some(limit))?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line)?;
        Ok(line)
    };
    greeting().is_ok_and(|line| line.contains(name))
}
