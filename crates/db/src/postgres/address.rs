//! The address of a server: a URL with a few options of ours.

use std::path::PathBuf;
use std::time::Duration;

use tokio_postgres::Config;
use url::Url;

use super::tls::Encryption;
use crate::{Error, Result};

/// A transaction that is left open for this long is undone by the server.
const SESSION_PATIENCE: Duration = Duration::from_secs(10);
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);

/// Where a database is, and how the way there is protected.
#[derive(Clone)]
pub(super) struct Address {
    pub url: String,
    pub config: Config,
    pub encryption: Encryption,
}

impl Address {
    pub fn parse(text: &str) -> Result<Self> {
        let mut url = Url::parse(text).map_err(|error| Error::Address(error.to_string()))?;
        let (mut mode, mut authority) = ("prefer".to_owned(), None);
        let mut others = Vec::new();
        for (name, value) in url.query_pairs() {
            match &*name {
                "sslmode" => mode = value.into_owned(),
                "sslrootcert" => authority = Some(PathBuf::from(&*value)),
                _ => others.push((name.into_owned(), value.into_owned())),
            }
        }
        let encryption = Encryption::named(&mode, authority)?;
        url.set_query(None);
        if !others.is_empty() {
            url.query_pairs_mut().extend_pairs(others);
        }
        // The parser's own text may quote the URL, and with it the password.
        let mut config: Config = url.as_str().parse().map_err(|_| {
            Error::Address("it is not understood; write postgres://user:password@host:port/database".into())
        })?;
        config.ssl_mode(encryption.mode());
        config.connect_timeout(CONNECT_PATIENCE);
        config.keepalives_idle(Duration::from_secs(30));
        if config.get_application_name().is_none() {
            config.application_name("althing");
        }
        let patience = format!(
            "-c idle_in_transaction_session_timeout={}",
            SESSION_PATIENCE.as_millis()
        );
        let options = config
            .get_options()
            .map_or(patience.clone(), |given| format!("{patience} {given}"));
        config.options(&options);
        Ok(Self {
            url: text.to_owned(),
            config,
            encryption,
        })
    }

    /// The same server, another database.
    pub fn with_database(&self, name: &str) -> Result<Self> {
        let mut url = Url::parse(&self.url).map_err(|error| Error::Address(error.to_string()))?;
        url.set_path(name);
        Self::parse(url.as_str())
    }

    pub fn database(&self) -> &str {
        self.config.get_dbname().unwrap_or("postgres")
    }

    /// `postgres host:port/database`, for people.
    pub fn description(&self) -> String {
        use tokio_postgres::config::Host;
        let host = self
            .config
            .get_hosts()
            .first()
            .map_or_else(String::new, |host| match host {
                Host::Tcp(name) => name.clone(),
                Host::Unix(path) => path.display().to_string(),
            });
        let port = self.config.get_ports().first().copied().unwrap_or(5432);
        format!("postgres {host}:{port}/{}", self.database())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_has_no_password_and_an_error_quotes_none() {
        let address =
            Address::parse("postgres://ada:s3cret@db.example:6432/althing?sslmode=require").unwrap();
        assert_eq!(address.description(), "postgres db.example:6432/althing");
        for wrong in [
            "postgres://ada:s3cret@db.example:port/althing",
            "postgres://ada:s3cret@db.example/althing?sslmode=maybe",
            "postgres://ada:s3cret@db.example/althing?colour=s3cret",
        ] {
            let error = Address::parse(wrong).err().unwrap().to_string();
            assert!(!error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn another_database_of_the_same_server_keeps_the_options() {
        let address = Address::parse("postgresql://ada@db.example/one?sslmode=disable").unwrap();
        let other = address.with_database("two").unwrap();
        assert_eq!(other.database(), "two");
        assert_eq!(other.config.get_user(), Some("ada"));
        assert!(matches!(other.encryption, Encryption::Off));
    }
}
