//! An event backbone for Rust services: state and events in one commit, one
//! contiguous position for each event, effects in the database exactly once.
//!
//! **The journey of one event.** A [`Command`] loads an [`Aggregate`], decides,
//! and records a [`DomainEvent`] in its [`UnitOfWork`]. State and event are
//! committed together; the event gets the next position of the [`Log`] and a
//! number within its aggregate. Each subscription has a name and a checkpoint and
//! reads the log at its own pace:
//!
//! - a [`projection`] fills tables to read. Its effects and its checkpoint are one
//!   transaction; it can be rebuilt from position 0 while readers keep the old
//!   tables, and it cannot ask for anything that reaches outside;
//! - a [`reaction`] issues commands ([`Uow`], exactly once) or reaches outside
//!   ([`Effects`], at least once under a key that never changes);
//! - a [`process()`] is a state machine per key with timers (a saga);
//! - a [`Feed`] follows live, and resumes from a [`Cursor`] without a gap;
//! - a [`Relay`] copies the log to Redis Streams or NATS JetStream, and a
//!   [`Consumer`] feeds the same handlers from there, in another process.
//!
//! **When something fails.** The event is tried again with growing delays, then
//! becomes a dead letter of that subscription alone. Only its key waits; all other
//! keys keep their pace. An [`Operator`] redelivers, skips or rebuilds.
//!
//! **What is not promised:** exactly-once outside the database; a global order
//! equal to the wall clock; order across keys.
//!
//! ```
//! use althing_backbone::*;
//! use serde::{Deserialize, Serialize};
//!
//! /// Somebody ordered something.
//! #[derive(DomainEvent, Serialize, Deserialize, JsonSchema)]
//! #[event(type = "shop.order_placed", version = 1, context = "shop", aggregate = "Order")]
//! struct OrderPlaced { #[event(aggregate_id)] order_id: Uuid, cents: i64 }
//!
//! struct PlaceOrder { order_id: Uuid, cents: i64 }
//! impl Command for PlaceOrder {
//!     type Output = ();
//!     type Error = Error;
//!     async fn run(&self, uow: &mut UnitOfWork) -> Result<()> {
//!         uow.record(&OrderPlaced { order_id: self.order_id, cents: self.cents })?;
//!         Ok(())
//!     }
//! }
//!
//! async fn add_up(Event(order): Event<OrderPlaced>, tx: Tx) -> HandlerResult {
//!     tx.execute(sql("UPDATE {turnover} SET cents = cents + $1").bind(order.cents)).await;
//!     Ok(())
//! }
//!
//! # async fn demo() -> anyhow::Result<()> {
//! let backbone = Backbone::builder(Db::temporary().await?)
//!     .subscribe(projection("turnover")
//!         .table("turnover", "CREATE TABLE {turnover} (cents BIGINT NOT NULL);\nINSERT INTO {turnover} VALUES (0);")
//!         .on(add_up))
//!     .start().await?;
//! let order_id = backbone.ids().next();
//! let done = backbone.execute(Context::anonymous(order_id), &PlaceOrder { order_id, cents: 250 }).await?;
//! backbone.seen_by("turnover", done.receipt).within(std::time::Duration::from_secs(5)).await?;
//! assert_eq!(sql("SELECT cents FROM turnover").one::<i64>(backbone.db()).await?, 250);
//! # Ok(()) }
//! # tokio::runtime::Runtime::new().unwrap().block_on(demo()).unwrap();
//! ```

#![warn(missing_docs)]

#[cfg_attr(
    not(test),
    expect(
        unused_extern_crates,
        reason = "the derives name this crate from outside and, in its own tests, from inside"
    )
)]
extern crate self as althing_backbone;

mod aggregate;
mod archive;
mod backbone;
pub mod bus;
mod command;
mod context;
mod core;
mod envelope;
mod error;
mod event;
mod event_store;
mod extract;
mod faults;
mod feed;
pub mod figures;
mod handler;
pub mod kit;
mod log;
mod operate;
mod personal;
mod process;
mod registry;
pub mod relay;
mod sequencer;
mod subscription;
pub mod topics;
pub mod transfer;
mod unit_of_work;

pub use aggregate::Aggregate;
pub use althing_backbone_macros::{DomainEvent, Process};
pub use althing_db::{
    Batch, Clock, Db, Durability, Error as DbError, FromRow, Ids, Migration, Migrations, Query, Row,
    Statement, Store, Timestamp, Value, definition, sql,
};
#[doc(hidden)]
pub use archive::archive_and_crash_at;
pub use archive::{ArchiveError, Archived, Before, Manifest, ManifestFile};
pub use backbone::{Backbone, Builder};
pub use command::{Command, Committed, Receipt};
pub use context::Context;
pub use envelope::{Cursor, CursorFormat, Envelope};
pub use error::{Error, Result};
#[doc(hidden)]
pub use event::Registered;
pub use event::{DecodeError, DomainEvent, EventDescriptor};
pub use event_store::EventStore;
pub use extract::{BeforePage, Delivery, Effects, Event, Extract, Meta, Reads, State, Tx, Uow, kind};
pub use feed::Feed;
pub use handler::{AllowedIn, HandlerError, HandlerFn, HandlerResult, HandlerService, Timeout};
#[doc(hidden)]
pub use inventory;
pub use log::{Log, Selection};
pub use operate::{DeadLetter, Operator, SubscriptionStatus};
pub use personal::{ERASED, PersonalField};
pub use process::{On, OnTimer, Process, ProcessBuilder, ProcessContext, Timer, process};
pub use registry::{EventRegistry, RegistryError};
#[cfg(feature = "nats")]
pub use relay::NatsJetStream;
#[cfg(feature = "redis")]
pub use relay::RedisStreams;
pub use relay::{Consumer, Relay};
pub use schemars::JsonSchema;
pub use sequencer::SequencerStatus;
pub use subscription::{Kind, Leases, Retry, Seen, Subscription, SubscriptionBuilder, projection, reaction};
pub use unit_of_work::{UnitOfWork, read_aggregate, read_body};
pub use uuid::{Error as UuidError, Uuid};

/// The example of the README is compiled and run with the other ones.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// So are those of the guide.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/using-the-backbone.md")]
struct Guide;
