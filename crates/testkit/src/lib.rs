//! What tests need of the world outside: the real binary on a throw-away folder.
//!
//! [`TestApp`] starts `althing serve` on a free port with an empty data folder and
//! sets it up, so that `app.owner()` is signed in. [`Client`] keeps the session's
//! cookie and CSRF token; [`Socket`] is a live channel with that cookie. The
//! server can be stopped, killed and started again on the same folder; further
//! people come through the command line, as they do in life.
//!
//! [`Postgres`], [`Redis`], [`Nats`], [`Smtp`] and [`Oidc`] are throw-away servers of a test's
//! own; most can be stopped, killed and started again too. `cargo xtask with postgres -- …` runs
//! a command beside one PostgreSQL server, on which each [`TestApp`] has a database.
//!
//! ```no_run
//! # async fn test() {
//! use althing_testkit::TestApp;
//! use serde_json::json;
//! let app = TestApp::start("target/debug/althing").await;
//! let made = app.owner().post("/api/sessions", json!({ "title": "Where to live" })).await;
//! assert_eq!(made.status, 201);
//! let bob = app.user("Bob").await;
//! assert_eq!(bob.get(&format!("/api/sessions/{}", made.data()["id"].as_str().unwrap())).await.status, 404);
//! # }
//! ```
//!
//! Everything here panics when the world is not as expected: it is only used by tests.

mod app;
mod cargo;
mod client;
mod services;
mod socket;

pub use app::{CommandOutput, PASSWORD, TestApp};
pub use cargo::forget_package;
pub use client::{Client, Reply};
pub use services::{
    Nats, Oidc, OidcPerson, Postgres, PostgresOptions, Redis, RedisOptions, Smtp, SmtpOptions, TakenMail,
};
pub use socket::Socket;
