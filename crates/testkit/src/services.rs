//! Throw-away servers: PostgreSQL, Redis, NATS, mail, as Debian packages them, and an OpenID
//! provider that comes with the web app's packages.
//!
//! Each lies in a folder of its own and listens on a free port of the loopback
//! address. None outlives the test process, however that ends: a keeper (a small
//! shell) waits at a pipe from the process, and cleans up when the pipe closes.
//! A server that is not installed fails the test with the command that installs it.

mod certificate;
mod database;
mod keeper;
mod nats;
mod oidc;
mod port;
mod postgres;
mod program;
mod redis;
mod server;
mod smtp;

pub(crate) use database::TestDatabase;
pub use nats::Nats;
pub use oidc::{Oidc, OidcPerson};
pub use postgres::{Postgres, PostgresOptions};
pub use redis::{Redis, RedisOptions};
pub use smtp::{Smtp, SmtpOptions, TakenMail};
