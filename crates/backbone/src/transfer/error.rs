//! Why a whole instance could not be copied.

/// Why nothing, or not everything, was copied. Texts name tables, never contents.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransferError {
    /// A process is running on one of the two databases.
    #[error("{process} is at work on one of the two databases; stop it first")]
    AtWork {
        /// Its name.
        process: String,
    },
    /// The target holds something already.
    #[error("the target is not empty: there are rows in {table}; take an empty database")]
    NotEmpty {
        /// Where the rows are.
        table: String,
    },
    /// One of the two was prepared by another version of the program.
    #[error("only one of the two databases has migration {number} of {context}")]
    OtherTables {
        /// Whose migration.
        context: String,
        /// Which one.
        number: i64,
    },
    /// A projection is between two versions of its tables.
    #[error(
        "{subscription} is being rebuilt; start the program on the source and wait until it has caught up"
    )]
    Rebuilding {
        /// The projection.
        subscription: String,
    },
    /// A table of the source has no counterpart.
    #[error("the target has no table {table} with the same columns; nothing in this program makes it")]
    NoSuchTable {
        /// The table.
        table: String,
    },
    /// Something is missing in the copy.
    #[error("{table} has {found} rows in the target and {expected} in the source")]
    Incomplete {
        /// The table.
        table: String,
        /// Rows in the source.
        expected: i64,
        /// Rows in the target.
        found: i64,
    },
    /// Positions of the copied log are not contiguous.
    #[error("the log has {events} events between position {first} and {last}")]
    Gap {
        /// The lowest position.
        first: i64,
        /// The highest.
        last: i64,
        /// How many events there are.
        events: i64,
    },
    /// The log of the source could not be read.
    #[error("the log could not be read")]
    Log(#[from] crate::Error),
    /// One of the databases failed.
    #[error("the database failed")]
    Database(#[from] althing_db::Error),
}
