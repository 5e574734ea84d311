//! The connection to a server, and the streams there.

use std::path::PathBuf;
use std::time::Duration;

use async_nats::connection::State;
use async_nats::jetstream::{self, Context, stream};
use async_nats::{Client, ConnectOptions, ServerAddr};
use tokio::sync::Mutex;

use crate::bus::BusError;
use crate::relay::cryptography;

/// How long a connection or an answer may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// The way to a server.
pub(super) struct Link {
    address: ServerAddr,
    ca: Option<PathBuf>,
    client: Mutex<Option<Client>>,
}

impl Link {
    pub fn new(url: &str, ca: Option<PathBuf>) -> Result<Self, BusError> {
        // The cause is kept away: it may quote the address, which may hold a password.
        let address: ServerAddr = url
            .parse()
            .map_err(|_| BusError::Address("it must be nats://… or tls://…".into()))?;
        if address.tls_required() || ca.is_some() {
            cryptography::provide();
        }
        Ok(Self {
            address,
            ca,
            client: Mutex::default(),
        })
    }

    /// JetStream, over a connection that stands. A broken one is not waited for:
    /// what would be buffered now might arrive after what is sent later.
    pub async fn jetstream(&self) -> Result<Context, BusError> {
        let mut slot = self.client.lock().await;
        let client = match slot.take() {
            Some(client) if client.connection_state() == State::Connected => client,
            _ => self.connect().await?,
        };
        *slot = Some(client.clone());
        let mut context = jetstream::new(client);
        context.set_timeout(PATIENCE);
        Ok(context)
    }

    /// Whatever is under way on the connection is given up with it.
    pub async fn forget(&self) {
        *self.client.lock().await = None;
    }

    async fn connect(&self) -> Result<Client, BusError> {
        let mut options = ConnectOptions::new()
            .connection_timeout(PATIENCE)
            .request_timeout(Some(PATIENCE))
            .max_reconnects(1)
            // Without this the program's standard error would tell of each attempt.
            .event_callback(|event| async move { tracing::debug!(%event, "nats") });
        if let (Some(token), None) = (self.address.username(), self.address.password()) {
            options = options.token(token.to_owned());
        }
        if let Some(ca) = &self.ca {
            options = options.add_root_certificates(ca.clone());
        }
        options
            .connect(self.address.clone())
            .await
            .map_err(BusError::unreachable)
    }

    /// The stream of that name, made if it is not there.
    pub async fn stream(&self, name: &str, subjects: &str) -> Result<stream::Stream, BusError> {
        let config = stream::Config {
            name: name.to_owned(),
            subjects: vec![subjects.to_owned()],
            retention: stream::RetentionPolicy::Limits,
            storage: stream::StorageType::File,
            ..stream::Config::default()
        };
        let made = self.jetstream().await?.get_or_create_stream(config).await;
        made.map_err(BusError::unreachable)
    }
}
