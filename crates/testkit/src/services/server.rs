//! What the servers have in common: a keeper, a port, and a way to see that they answer.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::keeper::Keeper;
use super::port;

/// How long a start may take: after a crash PostgreSQL first flushes every file of its
/// folder, and a disk may be slow. One that has ended is noticed at once.
const PATIENCE: Duration = Duration::from_secs(180);

/// Whether the server of this very folder answers on a port. Another process may have
/// taken the port in between, so that an answer alone says nothing.
pub(super) type Answers = Arc<dyn Fn(u16) -> bool + Send + Sync>;

/// A server on a port.
pub(super) struct Server {
    keeper: Keeper,
    port: u16,
    answers: Answers,
}

impl Server {
    /// Starts what `command` says (a line of shell for a port) on a free port.
    pub(super) async fn start(keeper: Keeper, command: impl Fn(u16) -> String, answers: Answers) -> Self {
        let mut server = Self {
            keeper,
            port: 0,
            answers,
        };
        let deadline = Instant::now() + PATIENCE;
        loop {
            server.port = port::free();
            let script = format!("exec {}\n", command(server.port));
            std::fs::write(server.folder().join("start"), script).expect("the keeper's folder is there");
            if server.try_start().await {
                return server;
            }
            assert!(
                Instant::now() < deadline,
                "the server does not start:\n{}",
                server.log()
            );
        }
    }

    /// Starts it again on the same folder and port.
    pub(super) async fn start_again(&self) {
        let deadline = Instant::now() + PATIENCE;
        // It may find its port or its folder still held by what has just died.
        while !self.try_start().await {
            assert!(
                Instant::now() < deadline,
                "the server does not start again:\n{}",
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Whether it has started and answers; false if it has ended before.
    async fn try_start(&self) -> bool {
        self.keeper.start().await;
        let deadline = Instant::now() + PATIENCE;
        while self.keeper.is_running() {
            if self.answers().await {
                return true;
            }
            assert!(
                Instant::now() < deadline,
                "the server does not answer:\n{}",
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        false
    }

    async fn answers(&self) -> bool {
        let (answers, port) = (Arc::clone(&self.answers), self.port);
        tokio::task::spawn_blocking(move || answers(port))
            .await
            .unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
    }

    /// Sends the signal that ends it in order, and waits until it is gone.
    pub(super) async fn stop(&self, signal: &str) {
        assert!(self.keeper.is_running(), "it does not run");
        self.keeper.signal(signal);
        self.keeper.ended().await;
    }

    /// SIGKILL for it and its children, and waits until it is gone.
    pub(super) async fn kill(&self) {
        assert!(self.keeper.is_running(), "it does not run:\n{}", self.log());
        self.keeper.crash();
        self.keeper.ended().await;
    }

    /// SIGSTOP: connections stay open, nobody answers.
    pub(super) fn pause(&self) {
        self.keeper.signal("STOP");
    }

    /// SIGCONT.
    pub(super) fn resume(&self) {
        self.keeper.signal("CONT");
    }

    /// Where it listens on the loopback address.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Its folder.
    pub(super) fn folder(&self) -> &Path {
        self.keeper.folder()
    }

    /// What it has logged.
    pub(super) fn log(&self) -> String {
        self.keeper.log()
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::sync::{Arc, Mutex};

    use super::{Keeper, Server};
    use crate::services::nats::greets_as;
    use crate::services::program::find;

    #[tokio::test]
    async fn a_port_that_is_taken_in_between_is_left_to_whom_it_belongs() {
        let taken: Mutex<Vec<TcpListener>> = Mutex::default();
        let command = |port: u16| {
            let mut taken = taken.lock().unwrap();
            // Twice somebody is quicker, after the port was found free.
            if taken.len() < 2 {
                taken.push(TcpListener::bind(("127.0.0.1", port)).unwrap());
            }
            let program = find("nats-server", "nats-server").display().to_string();
            format!("{program} --addr 127.0.0.1 --port {port} --name the-one-of-this-test")
        };
        let answers = Arc::new(|port| greets_as("the-one-of-this-test", port));
        let server = Server::start(Keeper::new("race"), command, answers).await;
        let taken = taken.lock().unwrap();
        let ports: Vec<u16> = taken.iter().map(|one| one.local_addr().unwrap().port()).collect();
        assert!(ports.len() == 2 && !ports.contains(&server.port()));
        assert!(greets_as("the-one-of-this-test", server.port()));
    }
}
