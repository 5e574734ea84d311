//! Retention: old events move from the database into a folder of files, and are
//! read from there as if nothing had happened.
//!
//! An archive is a folder: compressed files of JSON lines in the order of their
//! positions, and `manifest.json`, which says which file holds what and what its
//! checksum is. `log_state.archived_until` says up to where the database relies on
//! it. Everything is made durable and read back before that mark moves, and the mark
//! moves in the transaction that takes the events away: a crash in between leaves
//! events in both places, never in neither.

mod act;
mod error;
mod limit;
mod manifest;
mod reader;
mod removal;
mod segment;

pub use act::Archived;
pub use error::ArchiveError;
pub use limit::Before;
pub use manifest::{Manifest, ManifestFile};

#[doc(hidden)]
pub use act::archive_and_crash_at;
pub(crate) use reader::Archives;
