//! Cycles: one walk through the nine components, its outputs and its branches.

pub mod commands;
#[expect(
    clippy::module_inception,
    reason = "the room is named after its aggregate, and so is the aggregate's file"
)]
mod cycle;
pub mod http;
mod journal;
pub mod port;
pub(crate) mod store;
pub mod views;
mod walk;

pub use cycle::{Component, Cycle, CycleStatus};
pub use journal::{Change, Labels, Source};
pub use store::{load, persist};
pub use walk::Walk;
