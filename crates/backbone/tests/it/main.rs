//! The promises of the backbone, held against SQLite.

#![expect(
    clippy::unwrap_used,
    reason = "tests may; the lint only knows test functions, not what they call"
)]

mod bus;
mod catalogue;
mod commands;
mod compile_fail;
mod failures;
mod feeds;
mod kit;
mod mistakes;
mod models;
mod operators;
mod owners;
mod personal;
mod processes;
mod promises;
mod rebuilds;
mod shop;
mod support;
mod under_fire;
