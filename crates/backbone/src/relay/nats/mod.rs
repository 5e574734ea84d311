//! NATS JetStream.
//!
//! A relay's stream (`ALTHING`) holds one message for each event, under
//! `althing.events.{type}`. Headers say where it belongs: `Althing-Mark`
//! (`lap-position`), `Althing-After` (the position of the message before) and
//! `Althing-Source` (the log). Each message carries the sequence after which it must
//! come, so that the server itself refuses what would come twice, late or after a
//! gap. Trimming leaves the last message that every group has acknowledged: it tells
//! where the stream ends.
//!
//! Several events that are published together directly are one message that holds
//! a batch of CloudEvents: servers before 2.12 have no other way to take all or
//! none. It comes again as a whole if only a part was acknowledged. A group is a durable pull consumer; its dead letters are in the stream
//! `ALTHING_DEAD` under `althing.dead.{group}`.
//!
//! The server acknowledges before its disk has the message, unless it is told
//! otherwise (`sync_interval: always`). The log is the record, so a relay sends
//! again what a server lost.

mod groups;
mod inbox;
mod link;
mod sending;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use link::Link;

use crate::bus::BusError;

const MARK: &str = "Althing-Mark";
const AFTER: &str = "Althing-After";
const SOURCE: &str = "Althing-Source";
const ERROR: &str = "Althing-Error";
const TYPE: &str = "Content-Type";
const ONE: &str = "application/cloudevents+json";
const BATCH: &str = "application/cloudevents-batch+json";

/// How long a message rests with a consumer that says nothing before another takes it.
const IDLE: Duration = Duration::from_secs(30);

/// A stream on a NATS server; cloning it is cheap.
#[derive(Clone)]
pub struct NatsJetStream {
    link: Arc<Link>,
    stream: Arc<str>,
    idle: Duration,
}

impl NatsJetStream {
    /// The stream `ALTHING` of a server: `nats://` or, with TLS, `tls://`, then
    /// `[user:password@ or token@]host[:port]`. Nothing is sent yet.
    pub fn connect(url: &str) -> Result<Self, BusError> {
        Self::open(url, None)
    }

    /// The same, trusting also the certificates in this PEM file.
    pub fn connect_with_ca(url: &str, ca: impl Into<PathBuf>) -> Result<Self, BusError> {
        Self::open(url, Some(ca.into()))
    }

    fn open(url: &str, ca: Option<PathBuf>) -> Result<Self, BusError> {
        Ok(Self {
            link: Arc::new(Link::new(url, ca)?),
            stream: "ALTHING".into(),
            idle: IDLE,
        })
    }

    /// Uses another stream; its subjects begin with its name in lower case.
    #[must_use]
    pub fn stream(mut self, name: &str) -> Self {
        self.stream = name.into();
        self
    }

    /// How long a message rests with a consumer that says nothing before another
    /// one takes it; half a minute unless said otherwise. A group that exists keeps
    /// the time it was made with.
    #[must_use]
    pub fn idle(mut self, time: Duration) -> Self {
        self.idle = time;
        self
    }

    fn subject(&self, event_type: &str) -> String {
        format!("{}.events.{event_type}", self.stream.to_lowercase())
    }

    fn dead_stream(&self) -> String {
        format!("{}_DEAD", self.stream)
    }

    fn dead_subject(&self, group: &str) -> String {
        format!("{}.dead.{}", self.stream.to_lowercase(), durable_name(group))
    }
}

/// Never the address: it may hold a password.
impl std::fmt::Debug for NatsJetStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NatsJetStream")
            .field("stream", &self.stream)
            .finish_non_exhaustive()
    }
}

/// Groups may be called anything, durable consumers may not.
fn durable_name(group: &str) -> String {
    group
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => char::from(byte).to_string(),
            other => format!("={other:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_of_groups_become_names_of_consumers_and_stay_apart() {
        assert_eq!(super::durable_name("owner-mail_2"), "owner-mail_2");
        assert_eq!(super::durable_name("a.b c"), "a=2Eb=20c");
        assert_ne!(super::durable_name("a.b"), super::durable_name("a b"));
    }
}
