//! Cycles: one walk through the nine components, its outputs and its branches.

mod cycle;
pub mod commands;
pub mod http;
mod journal;
pub mod port;
pub(crate) mod store;
pub mod views;
mod walk;

pub use cycle::{Component, Cycle, CycleStatus};
pub use store::{load, persist};
pub use journal::{Change, Labels, Source};
pub use walk::Walk;
