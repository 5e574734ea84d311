//! Redis Streams.
//!
//! A relay's stream holds one entry for each event, whose id is `lap-position` and
//! so rises with the log: Redis itself refuses what would come twice or too late,
//! and the ids of entries that are gone tell which events they were. Its fields:
//! `event` (the CloudEvent), `type`, and `after` (the position of the entry before).
//! `{stream}:source` names the log it belongs to, `{stream}:dead:{group}` is a
//! group's stream of dead letters. A stream that is published to directly counts
//! its entries itself.

mod groups;
mod inbox;
mod link;
mod sending;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use link::Link;

use crate::bus::BusError;

/// How long a message rests with a consumer that says nothing before another takes it.
const IDLE: Duration = Duration::from_secs(30);

/// A stream on a Redis server; cloning it is cheap.
#[derive(Clone)]
pub struct RedisStreams {
    link: Arc<Link>,
    stream: Arc<str>,
    source: Arc<str>,
    idle: Duration,
}

impl RedisStreams {
    /// The stream `althing:events` of a server: `redis://` or, with TLS, `rediss://`,
    /// then `[user][:password@]host[:port][/database]`. Nothing is sent yet.
    pub fn connect(url: &str) -> Result<Self, BusError> {
        Ok(Self {
            link: Arc::new(Link::new(url, None)?),
            stream: "althing:events".into(),
            source: "bus".into(),
            idle: IDLE,
        })
    }

    /// The same, trusting only the certificates in this PEM file instead of the system's.
    pub fn connect_with_ca(url: &str, ca: impl Into<PathBuf>) -> Result<Self, BusError> {
        Ok(Self {
            link: Arc::new(Link::new(url, Some(ca.into()))?),
            ..Self::connect(url)?
        })
    }

    /// Uses another stream.
    #[must_use]
    pub fn stream(mut self, name: &str) -> Self {
        self.stream = name.into();
        self
    }

    /// How long a message rests with a consumer that says nothing before another
    /// one takes it; half a minute unless said otherwise.
    #[must_use]
    pub fn idle(mut self, time: Duration) -> Self {
        self.idle = time;
        self
    }

    fn source_key(&self) -> String {
        format!("{}:source", self.stream)
    }

    fn dead_key(&self, group: &str) -> String {
        format!("{}:dead:{group}", self.stream)
    }
}

/// Never the address: it may hold a password.
impl std::fmt::Debug for RedisStreams {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisStreams")
            .field("stream", &self.stream)
            .finish_non_exhaustive()
    }
}
