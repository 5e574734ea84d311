//! What the server says, in our words: never with a value in it.

use tokio_postgres::error::DbError;

use crate::Error;

/// The conflict of transactions that got in each other's way: trying again may help.
pub(super) const SERIALIZATION: &str = "serialization";

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        if let Some(said) = error.as_db_error() {
            return said_by_server(said);
        }
        let text = error.to_string();
        // These are about the statement and its parameters, not about the connection.
        let own = ["error serializing", "error deserializing", "expected "];
        if own.iter().any(|start| text.starts_with(start)) {
            let about = std::error::Error::source(&error).map_or(text, ToString::to_string);
            return Error::Postgres {
                code: "22000".into(),
                about,
            };
        }
        Error::Connection(text)
    }
}

fn said_by_server(said: &DbError) -> Error {
    let code = said.code().code();
    match code {
        // Somebody else was faster, or two waited for each other: decide again.
        "40001" | "40P01" => return Error::Conflict { tag: SERIALIZATION },
        "25P02" => return Error::Aborted,
        "25P03" => return Error::SessionExpired,
        _ => {}
    }
    match &code[..2] {
        "23" => {
            let table = said.table().unwrap_or("?");
            Error::Constraint(match said.constraint().or(said.column()) {
                Some(name) => format!("{table}.{name}"),
                None => table.to_owned(),
            })
        }
        "08" | "53" | "57" | "58" => Error::Connection(format!("{} (SQLSTATE {code})", said.message())),
        // Messages about data quote it.
        "22" => Error::Postgres {
            code: code.to_owned(),
            about: "a value cannot be used".into(),
        },
        _ => Error::Postgres {
            code: code.to_owned(),
            about: said.message().to_owned(),
        },
    }
}

impl From<deadpool_postgres::PoolError> for Error {
    fn from(error: deadpool_postgres::PoolError) -> Self {
        use deadpool_postgres::PoolError;
        match error {
            PoolError::Backend(error) => error.into(),
            PoolError::Closed => Error::Closed,
            other => Error::Connection(other.to_string()),
        }
    }
}
