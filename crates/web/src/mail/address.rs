//! Where the mail server is, and how one speaks to it.

use std::fmt;

use percent_encoding::percent_decode_str;
use url::Url;

/// Who may listen on the way to the mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// Nobody, from the first byte on.
    Tls,
    /// Nobody, once both have greeted; a server that cannot is not spoken to.
    Starttls,
    /// Anybody: for a server on the same machine.
    None,
}

/// `smtp://user:password@host:port` or `smtps://…`; it never shows user and password.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpAddress {
    host: String,
    port: u16,
    encryption: Encryption,
    credentials: Option<(String, String)>,
}

const WANTED: &str = "must be smtp://user:password@host:port or smtps://user:password@host:port";

impl SmtpAddress {
    /// Reads it. `smtps` is TLS from the start (port 465), `smtp` begins it with
    /// STARTTLS (port 587); `?tls=none` goes without (port 25).
    pub fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|_| WANTED.to_owned())?;
        let encryption = match (url.scheme(), url.query()) {
            ("smtps", None) => Encryption::Tls,
            ("smtp", None) => Encryption::Starttls,
            ("smtp", Some("tls=none")) => Encryption::None,
            ("smtp" | "smtps", Some(_)) => return Err("takes only tls=none after smtp://…?".into()),
            _ => return Err(WANTED.into()),
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(WANTED)?;
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(WANTED.into());
        }
        Ok(Self {
            host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
            port: url.port().unwrap_or(match encryption {
                Encryption::Tls => 465,
                Encryption::Starttls => 587,
                Encryption::None => 25,
            }),
            encryption,
            credentials: credentials(&url)?,
        })
    }

    /// The server's name or address.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `host:port`.
    pub fn place(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// Who may listen.
    pub fn encryption(&self) -> Encryption {
        self.encryption
    }

    /// User and password, if the server wants them.
    pub fn credentials(&self) -> Option<(&str, &str)> {
        self.credentials
            .as_ref()
            .map(|(user, password)| (user.as_str(), password.as_str()))
    }
}

/// Both or none; special characters are percent-encoded.
fn credentials(url: &Url) -> Result<Option<(String, String)>, String> {
    let decoded = |text: &str| {
        percent_decode_str(text)
            .decode_utf8()
            .map(String::from)
            .map_err(|_| WANTED.to_owned())
    };
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        (user, Some(password)) if !user.is_empty() => Ok(Some((decoded(user)?, decoded(password)?))),
        _ => Err("must have both user and password, or neither".into()),
    }
}

impl fmt::Debug for SmtpAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:?})", self.place(), self.encryption)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, Encryption, Option<(String, String)>) {
        let address = SmtpAddress::parse(text).unwrap_or_else(|wish| panic!("{text} {wish}"));
        let credentials = address
            .credentials()
            .map(|(user, password)| (user.to_owned(), password.to_owned()));
        (address.place(), address.encryption(), credentials)
    }

    #[test]
    fn schemes_say_how_one_speaks_and_where() {
        let ada = Some(("ada@example.org".to_owned(), "p@ss:word".to_owned()));
        assert_eq!(
            read("smtp://ada%40example.org:p%40ss%3Aword@mail.example.org"),
            ("mail.example.org:587".into(), Encryption::Starttls, ada)
        );
        assert_eq!(
            read("smtps://mail.example.org"),
            ("mail.example.org:465".into(), Encryption::Tls, None)
        );
        assert_eq!(
            read("smtp://127.0.0.1:2525/?tls=none"),
            ("127.0.0.1:2525".into(), Encryption::None, None)
        );
        assert_eq!(read("smtp://localhost?tls=none").0, "localhost:25");
    }

    #[test]
    fn what_is_no_address_is_refused_without_being_repeated() {
        for wrong in [
            "mail.example.org",
            "http://mail.example.org",
            "smtp://",
            "smtp://mail.example.org/inbox",
            "smtp://mail.example.org?tls=maybe",
            "smtps://mail.example.org?tls=none",
            "smtp://s3cret@mail.example.org",
            "smtp://:s3cret@mail.example.org",
            "smtp://ada:%ff@mail.example.org",
        ] {
            let wish = SmtpAddress::parse(wrong).unwrap_err();
            assert!(
                !wish.contains("s3cret") && !wish.contains("example"),
                "{wrong}: {wish}"
            );
        }
    }

    #[test]
    fn it_never_shows_the_password() {
        let address = SmtpAddress::parse("smtp://ada:s3cret@mail.example.org").unwrap();
        assert_eq!(format!("{address:?}"), "mail.example.org:587 (Starttls)");
    }
}
