//! The embedded store: one writer thread with group commit, a few readers.

mod reader;
mod session;
mod store;
mod throw_away;
mod writer;

pub(crate) use session::SqliteSession;
pub(crate) use store::SqliteStore;
