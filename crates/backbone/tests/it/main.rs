//! The promises of the backbone, held against SQLite.

#![expect(
    clippy::unwrap_used,
    reason = "tests may; the lint only knows test functions, not what they call"
)]

mod archive;
mod bus;
mod catalogue;
mod commands;
mod compile_fail;
mod examples;
mod failures;
mod feeds;
mod inline;
mod kit;
mod lanes;
mod leases;
mod memory;
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
mod transfers;
mod under_fire;
