//! The test kit, for this library's users too: given, when, then; and what can go
//! wrong between a commit and its subscribers, rehearsed on copies of the database.
//!
//! [`TestKit`] holds a throw-away database and a clock that is moved by hand.
//! Nothing runs until it is told to: [`TestKit::given`] and [`TestKit::when`] only
//! fill the log, [`TestKit::settle`] lets every subscription handle it. In between,
//! a subscription can be rehearsed: its backlog is handled on copies of the
//! database, once as usual and again under trouble, and the end states are compared.
//!
//! ```
//! # use althing_backbone::*;
//! # use serde::{Deserialize, Serialize};
//! # /// A cup was filled.
//! # #[derive(Clone, DomainEvent, Serialize, Deserialize, JsonSchema)]
//! # #[event(type = "doc.cup_filled", version = 1, context = "doc", aggregate = "Cup")]
//! # struct CupFilled { #[event(aggregate_id)] cup_id: Uuid, millilitres: i64 }
//! async fn level(Event(cup): Event<CupFilled>, tx: Tx) -> HandlerResult {
//!     let upsert = "INSERT INTO {level} (cup, ml) VALUES ($1, $2) ON CONFLICT (cup) DO UPDATE SET ml = excluded.ml";
//!     tx.execute(sql(upsert).bind(cup.cup_id).bind(cup.millilitres)).await;
//!     Ok(())
//! }
//!
//! fn subscriptions() -> Vec<Subscription> {
//!     let table = "CREATE TABLE {level} (cup TEXT PRIMARY KEY, ml BIGINT NOT NULL);";
//!     vec![projection("level").table("level", table).on(level).into()]
//! }
//!
//! # async fn demo() {
//! let kit = kit::TestKit::new(subscriptions).await;
//! let cup_id = kit.ids().next();
//! kit.given([CupFilled { cup_id, millilitres: 100 }, CupFilled { cup_id, millilitres: 200 }]).await;
//! kit.deliver_twice("level").await.assert_same_state();
//! kit.crash_at_every_point("level").await.assert_nothing_lost_or_doubled();
//! kit.settle().await;
//! assert_eq!(sql("SELECT ml FROM level").one::<i64>(kit.db()).await.unwrap(), 200);
//! # }
//! # tokio::runtime::Runtime::new().unwrap().block_on(demo());
//! ```
//!
//! [`Rehearsal`] does the same for a whole program: it takes a backbone whose log
//! is populated and handles the log anew on copies, subscription by subscription.
//!
//! The kit panics with an explanation wherever a test would have to.

mod comparison;
mod processes;
mod rehearsal;
mod rest;
mod state;
mod test_kit;
mod trouble;
mod when;

pub use comparison::Comparison;
pub use processes::{kill, resume, suspend};
pub use rehearsal::Rehearsal;
pub use state::{Ignored, StateDump};
pub use test_kit::TestKit;
pub use when::When;

use std::fmt::Display;
use std::sync::Arc;

use crate::subscription::Subscription;

/// Makes the subscriptions anew for each start.
pub(crate) type Make = Arc<dyn Fn() -> Vec<Subscription> + Send + Sync>;

/// What a test cannot go on without.
pub(crate) fn must<T, E: Display>(what: &str, result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("the test kit could not {what}: {error}"),
    }
}
