//! How events are delivered, and where they are copied to.

use std::path::PathBuf;
use std::time::Duration;

use althing_backbone::{NatsJetStream, RedisStreams, Relay};
use anyhow::{Context, Result};

/// How long the answer to a command waits, at most, with inline delivery.
pub const INLINE: Duration = Duration::from_secs(2);

/// When subscriptions get events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Soon after the answer.
    Background,
    /// Before the answer.
    Inline,
}

/// What carries events to other programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Nothing but the log.
    Log,
    /// Redis Streams.
    Redis,
    /// NATS JetStream.
    Nats,
}

impl Transport {
    /// The word of the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Transport::Log => "log",
            Transport::Redis => "redis",
            Transport::Nats => "nats",
        }
    }
}

/// Everything under `events.`.
#[derive(Clone)]
pub struct Events {
    /// Whether this process runs subscriptions and relays.
    pub enabled: bool,
    /// When subscriptions get events.
    pub delivery: Delivery,
    /// What carries events to other programs.
    pub transport: Transport,
    /// The Redis server; may hold a password.
    pub redis_url: Option<String>,
    /// The NATS server; may hold a password.
    pub nats_url: Option<String>,
    /// Whom to believe, if not the system's authorities.
    pub ca_file: Option<PathBuf>,
    /// How long a process that gives no sign of life keeps what it runs, where several
    /// may be at work.
    pub lease: Duration,
    /// How long results of outside calls are kept.
    pub keep_effects: Duration,
}

impl Events {
    /// The relay to the broker, if there is one. Each transport has a checkpoint of
    /// its own: one that is taken up again goes on where it was.
    pub fn relay(&self) -> Result<Option<Relay>> {
        let address = |url: &Option<String>, name: &str| {
            url.clone()
                .with_context(|| format!("events.transport = {} needs {name}", self.transport.as_str()))
        };
        let relay = match (self.transport, &self.ca_file) {
            (Transport::Log, _) => return Ok(None),
            (Transport::Redis, ca) => {
                let url = address(&self.redis_url, "events.redis_url")?;
                let stream = match ca {
                    None => RedisStreams::connect(&url),
                    Some(ca) => RedisStreams::connect_with_ca(&url, ca),
                };
                Relay::to(stream.context("events.redis_url")?).name("relay-redis")
            }
            (Transport::Nats, ca) => {
                let url = address(&self.nats_url, "events.nats_url")?;
                let stream = match ca {
                    None => NatsJetStream::connect(&url),
                    Some(ca) => NatsJetStream::connect_with_ca(&url, ca),
                };
                Relay::to(stream.context("events.nats_url")?).name("relay-nats")
            }
        };
        Ok(Some(relay))
    }
}

/// Never the addresses: they may hold passwords.
impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Events")
            .field("enabled", &self.enabled)
            .field("delivery", &self.delivery)
            .field("transport", &self.transport)
            .finish_non_exhaustive()
    }
}
