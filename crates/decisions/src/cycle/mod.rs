//! Cycles: one walk through the nine components, its outputs and its branches.

mod cycle;
pub mod commands;
pub mod http;
pub mod port;
pub(crate) mod store;
pub mod views;
mod walk;

pub use cycle::{Component, Cycle, CycleStatus};
pub use store::{load, persist};
pub use walk::{Change, Labels, Source, Walk};
