//! Where the data lies: the file in the data folder, or a PostgreSQL database.

use std::fmt;
use std::path::PathBuf;

use url::Url;

/// Which database the program works with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Store {
    /// A SQLite file.
    File(PathBuf),
    /// A PostgreSQL database.
    Postgres(PostgresUrl),
}

impl Store {
    /// `postgres://…`, else the path of a file.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.trim() {
            "" => Err("must be postgres://… or the path of a file".into()),
            text if text.contains("://") => PostgresUrl::parse(text).map(Self::Postgres),
            path => Ok(Self::File(PathBuf::from(path))),
        }
    }

    /// What opens it; holds the password, so it is never shown.
    pub fn address(&self) -> String {
        match self {
            Store::File(path) => path.to_string_lossy().into_owned(),
            Store::Postgres(url) => url.0.to_string(),
        }
    }

    /// sqlite or postgres.
    pub fn kind(&self) -> &'static str {
        match self {
            Store::File(_) => "sqlite",
            Store::Postgres(_) => "postgres",
        }
    }

    /// Where it is, without anything that opens it.
    pub fn place(&self) -> String {
        match self {
            Store::File(path) => path.display().to_string(),
            Store::Postgres(url) => url.place(),
        }
    }
}

/// `sqlite file /srv/althing/althing.db`, `postgres db.example.org:5432/althing`.
impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Store::File(path) => write!(f, "sqlite file {}", path.display()),
            Store::Postgres(url) => write!(f, "postgres {}", url.place()),
        }
    }
}

/// The address of a database with user and password, which it never shows.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl(Url);

impl PostgresUrl {
    /// `postgres://user:password@host:port/database`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).ok().filter(|url| {
            matches!(url.scheme(), "postgres" | "postgresql")
                && url.host_str().is_some_and(|host| !host.is_empty())
                && url.path().len() > 1
        });
        url.map(Self)
            .ok_or_else(|| "must be postgres://user:password@host:port/database".into())
    }

    fn place(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        let port = self.0.port().unwrap_or(5432);
        format!("{host}:{port}{}", self.0.path())
    }

    /// The setting as it may be shown: without user, password and options.
    pub(super) fn shown(&self) -> String {
        format!("{}://(hidden)@{}", self.0.scheme(), self.place())
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_shows_it_keeps_the_password_to_itself() {
        let url = "postgresql://ada:s3cret@db.example.org/althing?sslmode=require&password=other";
        let store = Store::Postgres(PostgresUrl::parse(url).unwrap());
        assert_eq!(store.to_string(), "postgres db.example.org:5432/althing");
        assert_eq!(
            format!("{store:?}"),
            "Postgres(postgresql://(hidden)@db.example.org:5432/althing)"
        );
        assert_eq!(store.address(), url);
    }

    #[test]
    fn what_is_no_address_of_a_database_is_refused_without_being_repeated() {
        for wrong in [
            "s3cret",
            "mysql://ada:s3cret@host/db",
            "postgres://ada:s3cret@host",
            "postgres://ada:s3cret@host:port/db",
            "postgres:///s3cret",
        ] {
            let said = PostgresUrl::parse(wrong).unwrap_err();
            assert_eq!(
                said, "must be postgres://user:password@host:port/database",
                "{wrong}"
            );
        }
    }
}
