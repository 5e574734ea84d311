//! A throw-away Redis server.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use super::certificate::Certificate;
use super::keeper::Keeper;
use super::program::{clean, find, quoted, quoted_path, run};
use super::server::Server;

/// How a Redis server is to be started.
#[derive(Clone, Debug, Default)]
pub struct RedisOptions {
    appendonly: bool,
    password: Option<String>,
    tls: bool,
    settings: Vec<(String, String)>,
}

impl RedisOptions {
    /// Everything is on disk before it is acknowledged, so that it is there again
    /// after a stop or kill. Without this, nothing is.
    #[must_use]
    pub fn appendonly(mut self) -> Self {
        self.appendonly = true;
        self
    }

    /// Asks for a password.
    #[must_use]
    pub fn password(mut self, password: &str) -> Self {
        self.password = Some(password.to_owned());
        self
    }

    /// Speaks TLS only, with a certificate of [`Redis::ca_file`].
    #[must_use]
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// Any line of redis.conf, such as `maxmemory`, `8mb`.
    #[must_use]
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts it.
    pub async fn start(self) -> Redis {
        let keeper = Keeper::new("redis");
        let certificate = match self.tls {
            true => Some(Certificate::make(keeper.folder()).await),
            false => None,
        };
        let program = find("redis-server", "redis-server");
        let arguments = self.arguments(&keeper, certificate.as_ref());
        let port_option = if self.tls { "--port 0 --tls-port" } else { "--port" };
        let command = move |port: u16| format!("{} {arguments} {port_option} {port}", quoted_path(&program));
        let access = Access {
            password: self.password,
            authority: certificate.map(|certificate| certificate.authority),
        };
        let folder = keeper.folder().display().to_string();
        let answers = {
            let access = access.clone();
            move |port| {
                let output = access.cli(port).args(["CONFIG", "GET", "dir"]).output();
                output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(&folder))
            }
        };
        let server = Server::start(keeper, command, Arc::new(answers)).await;
        Redis { server, access }
    }

    fn arguments(&self, keeper: &Keeper, certificate: Option<&Certificate>) -> String {
        let mut words = vec![
            format!(
                "--bind 127.0.0.1 --save '' --dir {}",
                quoted_path(keeper.folder())
            ),
            match self.appendonly {
                true => "--appendonly yes --appendfsync always".to_owned(),
                false => "--appendonly no".to_owned(),
            },
        ];
        if let Some(password) = &self.password {
            words.push(format!("--requirepass {}", quoted(password)));
        }
        if let Some(certificate) = certificate {
            words.push(format!(
                "--tls-auth-clients no --tls-ca-cert-file {} --tls-cert-file {} --tls-key-file {}",
                quoted_path(&certificate.authority),
                quoted_path(&certificate.certificate),
                quoted_path(&certificate.key)
            ));
        }
        for (name, value) in &self.settings {
            words.push(format!("{} {}", quoted(format!("--{name}")), quoted(value)));
        }
        words.join(" ")
    }
}

/// What a client needs beside the port.
#[derive(Clone)]
struct Access {
    password: Option<String>,
    authority: Option<PathBuf>,
}

impl Access {
    fn cli(&self, port: u16) -> Command {
        let mut command = clean(find("redis-cli", "redis-tools"));
        command.args(["-h", "127.0.0.1", "-p", &port.to_string()]);
        if let Some(password) = &self.password {
            command.env("REDISCLI_AUTH", password);
        }
        if let Some(authority) = &self.authority {
            command.arg("--tls").arg("--cacert").arg(authority);
        }
        command
    }
}

/// A running Redis server; gone with this value.
pub struct Redis {
    server: Server,
    access: Access,
}

impl Redis {
    /// Starts one that keeps nothing, without a password, without TLS.
    pub async fn start() -> Self {
        Self::options().start().await
    }

    /// Says how it is to be started.
    pub fn options() -> RedisOptions {
        RedisOptions::default()
    }

    /// `redis://127.0.0.1:PORT/`; `rediss` with TLS; with the password, if there is one.
    pub fn url(&self) -> String {
        let scheme = if self.access.authority.is_some() {
            "rediss"
        } else {
            "redis"
        };
        let password = self
            .access
            .password
            .as_ref()
            .map(|password| format!(":{}@", percent_encoded(password)))
            .unwrap_or_default();
        format!("{scheme}://{password}127.0.0.1:{}/", self.server.port())
    }

    /// The authority whose certificates are to be believed, as PEM.
    pub fn ca_file(&self) -> PathBuf {
        self.access.authority.clone().expect("it was started with tls()")
    }

    /// Runs a command through redis-cli; what it answered, as text.
    pub async fn command(&self, words: &[&str]) -> String {
        let mut command = self.access.cli(self.server.port());
        command.arg("-e").args(words);
        run(command).await
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

    /// Starts it again on the same folder and port.
    pub async fn start_again(&self) {
        self.server.start_again().await;
    }

    /// SIGSTOP: connections stay open, but nobody answers.
    pub fn pause(&self) {
        self.server.pause();
    }

    /// Ends [`Redis::pause`].
    pub fn resume(&self) {
        self.server.resume();
    }
}

/// A password as it stands in an address.
fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}
