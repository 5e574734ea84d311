//! The binary `althing`, and the only crate that knows every context.
//!
//! `main` reads the command line and the configuration ([`config`]); `serve`
//! opens the data folder, lets [`composition`] list and mount the contexts, and
//! puts the [`edge`] around them:
//!
//! ```text
//! request ─► counting ─► security headers ─► compression ─► request id ─► panics ─► time limit
//!         ─► address ─► other sites ─► size ─► who (cookie, CSRF), how often ─► repeated POSTs ─► a context's route
//! ```
//!
//! Everything outside `/api` is the embedded web app ([`pages`]), the health routes
//! and [`metrics`]. [`operations`] is the operator's door to the backbone; the command
//! line ([`commands`]) does the same beside a running server or on a folder at rest.
//!
//! Nothing here decides anything about the product. To add a context: one line in
//! [`composition::modules`].

pub mod commands;
pub mod composition;
pub mod config;
pub mod edge;
pub mod folder;
pub mod health;
pub mod instance;
pub mod logging;
pub mod metrics;
pub mod openapi;
pub mod operations;
pub mod pages;
pub mod rate_limits;
pub mod reference;
pub mod serve;

pub mod upkeep;

/// The README's example is compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
