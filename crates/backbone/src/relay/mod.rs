//! Brokers: events out to Redis Streams or NATS JetStream, and in again elsewhere.
//!
//! **Outward** a [`Relay`] is a subscription like any other: a name, a checkpoint,
//! an owner. It sends the log in the order of positions through a [`Transport`] and
//! moves its checkpoint once the broker has acknowledged. The log is the record and
//! the broker only a copy of its newest part: while the broker is down events wait
//! in the log, commands do not notice, and everything follows in order once it is
//! back. When the broker lost what it had (a failover, a restart without
//! persistence) the relay notices, because the stream no longer ends where it was
//! left, and sends again what some group may not have read. An operator can ask for
//! the same with [`crate::Operator::republish`].
//!
//! **Inward** a [`Consumer`] feeds the same typed handlers from a consumer group,
//! in another process with its own database. The effect and the note that this
//! event was handled are one transaction; the broker is told afterwards. A message
//! that comes again is recognised by its event id, however late.
//!
//! **Layout.** One relay owns one stream, which holds every event of its log in
//! order; two logs never share one. Groups choose by type or topic on their side.
//! One stream keeps one order, one place to trim by and one end to compare with;
//! what does not fit into one stream belongs into relays with patterns of their own.
//!
//! **Trimming.** Only what every group has acknowledged is removed, by position.
//! While there is no group nothing is removed; a group that nobody reads any more
//! must be destroyed by its operator.
//!
//! **What is not promised:** that a broker holds an event once (a crash between
//! sending and the checkpoint may send it again; consumers recognise it), or that
//! what it acknowledged is on its disk.

mod consumer;
#[cfg(any(feature = "redis", feature = "nats"))]
mod cryptography;
mod definition;
mod inbound;
mod inbox;
mod message;
#[cfg(feature = "nats")]
mod nats;
mod operating;
#[cfg(feature = "redis")]
mod redis;
mod runner;
mod state;
mod stepping;
mod tenure;
mod transport;

pub(crate) use definition::RelayShared;
pub(crate) use runner::RelayRunner;
pub(crate) use state::MIGRATIONS;

pub use consumer::{Consumer, ConsumerBuilder, Reload};
pub use definition::Relay;
pub use message::{Message, Patterns, Unreadable};
#[cfg(feature = "nats")]
pub use nats::NatsJetStream;
#[cfg(feature = "redis")]
pub use redis::RedisStreams;
pub use transport::{Mark, Sending, Transport};
