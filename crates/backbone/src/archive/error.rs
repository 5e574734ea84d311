//! What can be wrong with an archive. Every text names the file or the folder.

use std::io;
use std::path::{Path, PathBuf};

/// Why an archive could not be written or read. Nothing was lost.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The event is in an archive, and nobody said where that is.
    #[error("event {position} was archived, but no archive folder is configured")]
    NotConfigured {
        /// The first position that was asked for.
        position: i64,
    },
    /// The folder is not there, or lacks what was archived.
    #[error("event {position} was archived, but {folder} does not hold it")]
    NotThere {
        /// The first position that was asked for.
        position: i64,
        /// Where it should be.
        folder: PathBuf,
    },
    /// The folder belongs to another installation.
    #[error("{0} is the archive of another installation")]
    Foreign(PathBuf),
    /// What is in the folder does not join on to what is in the database.
    #[error("the archive in {folder} ends at {ends_at}, but events up to {archived_until} were archived")]
    DoesNotJoin {
        /// The folder.
        folder: PathBuf,
        /// Its last position.
        ends_at: i64,
        /// Up to where the database relies on it.
        archived_until: i64,
    },
    /// A file differs from what was written.
    #[error("{file} is damaged: {fault}")]
    Damaged {
        /// The file.
        file: PathBuf,
        /// In which way.
        fault: &'static str,
    },
    /// The disk failed, or the file is missing.
    #[error("{file} cannot be used")]
    File {
        /// The file or folder.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Somebody else is archiving into the same folder.
    #[error("another process is archiving into {0}")]
    Busy(PathBuf),
    /// The database has a gap, which is a fault; nothing is archived over it.
    #[error("event {0} is missing in the database")]
    Gap(i64),
    /// An event cannot be written as a line of JSON.
    #[error("event {0} cannot be written as a line of JSON")]
    NotALine(i64),
    /// A transaction of somebody else stays open.
    #[error(
        "a transaction that stays open keeps the events from being removed; they are archived and still in the database"
    )]
    HeldUp,
}

impl ArchiveError {
    pub(super) fn file(file: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::File {
            file: file.to_owned(),
            source,
        }
    }

    pub(super) fn damaged(file: &Path, fault: &'static str) -> Self {
        Self::Damaged {
            file: file.to_owned(),
            fault,
        }
    }
}
