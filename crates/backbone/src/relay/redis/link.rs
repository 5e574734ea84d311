//! One connection, opened when it is needed and dropped when it broke.

use std::path::PathBuf;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue, Pipeline, RedisError, TlsCertificates};
use tokio::sync::Mutex;

use crate::bus::BusError;
use crate::relay::cryptography;

/// How long a connection may take, and an answer beyond what the command waits for.
const PATIENCE: Duration = Duration::from_secs(5);

/// The way to a server.
pub(super) struct Link {
    client: Client,
    patience: Duration,
    connection: Mutex<Option<MultiplexedConnection>>,
}

impl Link {
    pub fn new(url: &str, ca: Option<PathBuf>) -> Result<Self, BusError> {
        if url.starts_with("rediss:") {
            cryptography::provide();
        }
        // The cause is kept away: it may quote the address, which may hold a password.
        let client = match ca {
            None => Client::open(url).map_err(|_| wrong("it must be redis://… or rediss://…")),
            Some(path) => {
                let pem = std::fs::read(&path)
                    .map_err(|error| wrong(&format!("{} cannot be read: {error}", path.display())))?;
                let certificates = TlsCertificates {
                    client_tls: None,
                    root_cert: Some(pem),
                };
                Client::build_with_tls(url, certificates)
                    .map_err(|_| wrong("a file of certificates needs rediss://… and must be PEM"))
            }
        }?;
        Ok(Self {
            client,
            patience: PATIENCE,
            connection: Mutex::default(),
        })
    }

    /// Another connection to the same server, for commands that wait this long.
    pub fn waiting(&self, wait: Duration) -> Self {
        Self {
            client: self.client.clone(),
            patience: PATIENCE + wait,
            connection: Mutex::default(),
        }
    }

    /// Sends one command, once: after an error it is not known whether it happened,
    /// so only the caller can say whether to repeat it.
    pub async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, BusError> {
        let mut connection = self.open().await?;
        let answer = command.query_async(&mut connection).await;
        self.checked(answer).await
    }

    /// Sends commands together, as one transaction if the pipeline is one.
    pub async fn ask_all<T: FromRedisValue>(&self, pipeline: &Pipeline) -> Result<T, BusError> {
        let mut connection = self.open().await?;
        let answer = pipeline.query_async(&mut connection).await;
        self.checked(answer).await
    }

    async fn checked<T>(&self, answer: Result<T, RedisError>) -> Result<T, BusError> {
        if let Err(error) = &answer
            && (error.is_unrecoverable_error() || error.is_timeout())
        {
            *self.connection.lock().await = None;
        }
        answer.map_err(translated)
    }

    async fn open(&self) -> Result<MultiplexedConnection, BusError> {
        let mut slot = self.connection.lock().await;
        if let Some(connection) = &*slot {
            return Ok(connection.clone());
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(self.patience));
        let connection = self
            .client
            .get_multiplexed_async_connection_with_config(&config)
            .await
            .map_err(translated)?;
        Ok(slot.insert(connection).clone())
    }
}

fn wrong(text: &str) -> BusError {
    BusError::Address(text.to_owned())
}

/// Whether the server said no, or could not be asked.
fn translated(error: RedisError) -> BusError {
    if error.is_io_error() || error.is_timeout() || error.is_unrecoverable_error() {
        BusError::unreachable(error)
    } else {
        BusError::refused(error)
    }
}

/// Whether the server answered with this error code.
pub(super) fn is_code(error: &BusError, code: &str) -> bool {
    let BusError::Refused(cause) = error else {
        return false;
    };
    cause
        .downcast_ref::<RedisError>()
        .is_some_and(|error| error.code() == Some(code))
}
