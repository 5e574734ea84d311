//! The server: commits share transactions and travel in one flight, readers have a
//! pool of their own.

mod address;
mod commit;
mod connection;
mod failure;
mod listener;
mod lookups;
mod merging;
mod pipeline;
mod session;
mod store;
mod throw_away;
mod tls;
mod under_way;
mod values;

pub use listener::Listener;
pub(crate) use session::PostgresSession;
pub(crate) use store::PostgresStore;
pub(crate) use values::value;
