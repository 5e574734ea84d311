//! The one place that knows how a database is reached.
//!
//! Everything above speaks one SQL text with `$1` placeholders and these words:
//!
//! - [`sql`] makes a [`Statement`]; `bind` adds its parameters; `all`, `one`,
//!   `optional` run it on anything that can be asked (a [`Db`], a [`WriteSession`]).
//! - A **commit is a value**: a [`Batch`] holds statements and what each must
//!   achieve. [`Db::commit`] runs it wholly or not at all. Since the batch holds
//!   no code of the caller, many batches can share one wait for the disk. The wait
//!   in progress is the batching window; there is no timer.
//! - A [`WriteSession`] is the interactive form: a transaction that can read what
//!   it wrote.
//! - [`Timestamp`] is UTC with exactly six fractional digits, in Rust and in
//!   the database.
//! - [`Migrations`] go forward only; each context has its own line of them.
//!
//! **SQLite** runs in WAL mode with `synchronous=FULL`: an acknowledged commit is on
//! disk. One writer thread gives each waiting batch its own savepoint and commits
//! them together. Readers have their own connections and never wait for the writer.
//! Point queries run on the calling task (they take microseconds); scans that may be
//! long belong in [`Db::scan`], which moves them to a blocking thread.
//!
//! **PostgreSQL** (15 or newer) gets a batch in one flight: all statements are sent
//! before the first answer is awaited. Waiting batches share a transaction; while
//! one waits for the disk, the next is executed on another connection. Where one
//! text cannot serve both databases, the other stands beside it
//! ([`Statement::on_postgres`]).
//!
//! ```
//! # async fn demo() -> Result<(), althing_db::Error> {
//! use althing_db::{Db, sql, Batch};
//! let db = Db::temporary().await?;
//! let mut batch = Batch::new();
//! batch.run(sql("CREATE TABLE fruit (name TEXT PRIMARY KEY, kilos BIGINT NOT NULL)"));
//! batch.run(sql("INSERT INTO fruit (name, kilos) VALUES ($1, $2)").bind("apple").bind(3));
//! db.commit(batch).await?;
//! let kilos: i64 = sql("SELECT kilos FROM fruit WHERE name = $1").bind("apple").one(&db).await?;
//! assert_eq!(kilos, 3);
//! # Ok(()) }
//! # tokio::runtime::Runtime::new().unwrap().block_on(demo()).unwrap();
//! ```

#![warn(missing_docs)]

mod batch;
mod clock;
mod db;
mod error;
mod migrate;
mod postgres;
mod row;
mod sqlite;
mod statement;
mod stats;
mod timestamp;
mod value;

pub use batch::{Batch, Closing, Outcome};
pub use clock::{Clock, Ids};
pub use db::{Db, Durability, Store, TEST_DATABASE, WriteSession};
pub use error::Error;
pub use migrate::{Migration, Migrations};
pub use postgres::Listener;
pub use row::{FromRow, FromValue, Row, ValueRef};
pub use statement::{Query, Statement, definition, sql};
pub use stats::Stats;
pub use timestamp::Timestamp;
pub use value::Value;

/// What every function of this crate answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The example of the README is compiled and run with the other ones.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
