//! What can go wrong between us and the database.

/// An error of the database layer. Its text never contains parameters.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A statement that had to change a certain number of rows changed another
    /// number: somebody else was faster. The tag says which expectation failed.
    #[error("the database holds a newer state ({tag})")]
    Conflict {
        /// The name given to [`crate::Batch::expect`].
        tag: &'static str,
    },
    /// A unique index or another constraint said no.
    #[error("a constraint of the database was violated ({0})")]
    Constraint(String),
    /// A query for exactly one row found none.
    #[error("no row where one was expected")]
    NoRow,
    /// A column held something that the Rust type cannot hold.
    #[error("column {column} cannot be read as {wanted}")]
    Column {
        /// Index of the column, from 0.
        column: usize,
        /// The Rust type that was asked for.
        wanted: &'static str,
    },
    /// The data folder was written by a newer version of the program.
    #[error(
        "the database is newer than this program: {context} is at migration {found}, this program knows {known}"
    )]
    TooNew {
        /// Whose migrations.
        context: &'static str,
        /// The number found in the database.
        found: i64,
        /// The highest number this program knows.
        known: i64,
    },
    /// A migration that was applied has since been edited.
    #[error("migration {number} of {context} differs from the one that was applied")]
    MigrationChanged {
        /// Whose migrations.
        context: &'static str,
        /// Its number.
        number: i64,
    },
    /// The writer thread is gone; the process is shutting down.
    #[error("the database is closed")]
    Closed,
    /// A write session was held too long without a statement and was rolled back.
    #[error("the write session was idle for too long and was rolled back")]
    SessionExpired,
    /// An earlier statement of the same transaction failed, so it can only be undone.
    #[error("an earlier statement of this transaction failed")]
    Aborted,
    /// The commit itself failed. On SQLite nothing of it was written; if the
    /// connection to PostgreSQL broke in that moment, it may have been.
    #[error("the commit failed: {0}")]
    CommitFailed(String),
    /// Code of the caller panicked while it read a row; its session was undone.
    #[error("reading a row panicked")]
    Panicked,
    /// Anything that SQLite itself reports.
    #[error("sqlite failed")]
    Sqlite(#[source] rusqlite::Error),
    /// Anything else that PostgreSQL itself reports. Its own text is left out where
    /// it could quote a value.
    #[error("postgres refused: {about} (SQLSTATE {code})")]
    Postgres {
        /// The five letters of the standard.
        code: String,
        /// What kind of thing it was, and its name.
        about: String,
    },
    /// The connection to PostgreSQL could not be made or was lost.
    #[error("no connection to postgres: {0}")]
    Connection(String),
    /// The address of a database that cannot be used.
    #[error("the database's address cannot be used: {0}")]
    Address(String),
    /// Opening or preparing the database's file failed.
    #[error("the database file cannot be used")]
    File(#[source] std::io::Error),
}

impl Error {
    /// Whether trying the same command again with fresh state may succeed.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Error::Conflict { .. })
    }

    /// Whether the statement or its parameters are to blame, so that running it
    /// again as it is fails again. Otherwise the surroundings are (a full disk, a
    /// busy file), and the same statement may succeed later.
    pub fn is_fault_of_statement(&self) -> bool {
        use rusqlite::ErrorCode;
        match self {
            Error::Constraint(_) | Error::Column { .. } | Error::NoRow | Error::Aborted | Error::Panicked => {
                true
            }
            Error::Sqlite(rusqlite::Error::SqliteFailure(cause, _)) => matches!(
                cause.code,
                ErrorCode::Unknown
                    | ErrorCode::TypeMismatch
                    | ErrorCode::TooBig
                    | ErrorCode::ApiMisuse
                    | ErrorCode::ParameterOutOfRange
                    | ErrorCode::AuthorizationForStatementDenied
            ),
            Error::Sqlite(_) => true,
            // Data, constraints, syntax and rights; and what the statement itself raised.
            Error::Postgres { code, .. } => ["0A", "21", "22", "23", "42", "44", "P0"]
                .iter()
                .any(|class| code.starts_with(class)),
            _ => false,
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match &error {
            rusqlite::Error::SqliteFailure(cause, text)
                if cause.code == rusqlite::ErrorCode::ConstraintViolation =>
            {
                Error::Constraint(text.clone().unwrap_or_else(|| cause.to_string()))
            }
            rusqlite::Error::QueryReturnedNoRows => Error::NoRow,
            _ => Error::Sqlite(error),
        }
    }
}
