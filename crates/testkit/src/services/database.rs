//! Databases of a PostgreSQL server, made and dropped by psql.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use super::program::{clean, find, run, run_now};

/// The variable with which `cargo xtask with postgres` says where the tests' server is.
const VARIABLE: &str = "ALTHING_TEST_DATABASE";

/// psql for one statement or several; prints rows without any decoration.
pub(super) fn psql(url: &str, sql: &str) -> Command {
    let mut command = clean(find("psql", "postgresql-client"));
    command
        .args([
            "--no-psqlrc",
            "--quiet",
            "--no-align",
            "--tuples-only",
            "--no-password",
        ])
        .args(["--set", "ON_ERROR_STOP=1", "--dbname", url, "--command", sql]);
    command
}

/// The same server's address with another database.
pub(super) fn address(server: &str, database: &str) -> String {
    let (place, options) = server.split_once('?').unwrap_or((server, ""));
    let start = place.find("://").map_or(0, |found| found + 3);
    let place = place[start..]
        .find('/')
        .map_or(place, |slash| &place[..start + slash]);
    let mark = if options.is_empty() { "" } else { "?" };
    format!("{place}/{database}{mark}{options}")
}

/// Makes an empty database; its address.
pub(super) async fn create(server: &str) -> String {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    let name = format!("app_{}_{number}", std::process::id());
    // From template0, to which nobody ever connects: so several can be made at once.
    run(psql(
        server,
        &format!("CREATE DATABASE {name} TEMPLATE template0"),
    ))
    .await;
    address(server, &name)
}

/// A database on the server that `cargo xtask with postgres` has started; dropped with this value.
pub(crate) struct TestDatabase {
    server: String,
    url: String,
}

impl TestDatabase {
    /// A fresh one; none if the tests run on SQLite.
    pub(crate) async fn from_environment() -> Option<Self> {
        let server = std::env::var_os(VARIABLE)?;
        let server = server
            .into_string()
            .unwrap_or_else(|value| panic!("{VARIABLE} is no address: {value:?}"));
        let url = create(&server).await;
        Some(Self { server, url })
    }

    /// Its address.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // A test that fails already may have lost its server too; its own words come first.
        if !std::thread::panicking() {
            let name = self.url.rsplit('/').next().unwrap_or_default();
            let name = name.split('?').next().unwrap_or_default();
            run_now(psql(&self.server, &format!("DROP DATABASE {name} WITH (FORCE)")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn another_database_of_the_same_server() {
        assert_eq!(
            address("postgres://postgres@127.0.0.1:20001/postgres", "app_1"),
            "postgres://postgres@127.0.0.1:20001/app_1"
        );
        assert_eq!(
            address("postgres://u@h:1?sslmode=require", "app_1"),
            "postgres://u@h:1/app_1?sslmode=require"
        );
    }
}
