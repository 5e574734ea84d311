//! Mail, for whoever has something to say to people outside the pages.
//!
//! The [`Mailer`] lies in the [`crate::AppState`], and reactions take it as their
//! state. Without a mail server it is off: then nothing is mailed, whoever asks is
//! told so, and all else works.
//!
//! What a server says when it refuses a mail often repeats the address. The texts of
//! [`MailError`] therefore leave it out; [`MailError::said`] is for the operator who
//! asked.

mod address;
mod error;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

pub use address::{Encryption, SmtpAddress};
pub use error::MailError;

/// How long the server may take over each of its answers.
const PATIENCE: Duration = Duration::from_secs(20);

/// A mail to one person.
#[derive(Clone)]
pub struct Mail {
    /// What tells it from all others, the same at every attempt: servers and
    /// mailboxes recognise by it what comes twice. Letters, digits, `.`, `-` and `/`.
    pub id: String,
    /// The address.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// What it says.
    pub text: String,
    /// The same as HTML.
    pub html: String,
    /// Where a mailbox unsubscribes with one click (RFC 8058).
    pub unsubscribe: Option<String>,
}

/// Where mails go, and from whom. Made by [`MailSettings::new`], which checks it all.
#[derive(Clone)]
pub struct MailSettings {
    server: SmtpAddress,
    from: Mailbox,
    tls: Option<TlsParameters>,
}

impl MailSettings {
    /// `from` is an address, with or without a name before it; `authorities` are
    /// certificates (PEM) that are believed beside the usual ones. The error is a
    /// sentence about one of them, and repeats none.
    pub fn new(server: SmtpAddress, from: &str, authorities: Option<&[u8]>) -> Result<Self, String> {
        let from = from
            .parse()
            .map_err(|_| "mail.from must be an address, such as Althing <althing@example.org>".to_owned())?;
        let tls = match server.encryption() {
            Encryption::None => None,
            Encryption::Starttls | Encryption::Tls => Some(tls_with(&server, authorities)?),
        };
        Ok(Self { server, from, tls })
    }
}

fn tls_with(server: &SmtpAddress, authorities: Option<&[u8]>) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(server.host().to_owned());
    if let Some(pem) = authorities {
        let refused = || "mail.ca_file must hold certificates in PEM".to_owned();
        // A file without any would be taken, and nobody believed.
        let mark = b"-----BEGIN CERTIFICATE-----";
        if !pem.windows(mark.len()).any(|part| part == mark) {
            return Err(refused());
        }
        let certificate = Certificate::from_pem(pem).map_err(|_| refused())?;
        builder = builder.add_root_certificate(certificate);
    }
    builder
        .build()
        .map_err(|_| "mail.ca_file must hold certificates that can be used".to_owned())
}

/// Never the password.
impl std::fmt::Debug for MailSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailSettings")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

/// Sends mails, or says that it cannot. Cloning it is cheap.
#[derive(Clone)]
pub struct Mailer {
    server: Option<Arc<Server>>,
    /// The address under which people reach the instance, without a slash at its end.
    site: Arc<str>,
}

struct Server {
    settings: MailSettings,
    /// Made with the first mail: it holds connections, which need a runtime.
    transport: OnceLock<AsyncSmtpTransport<Tokio1Executor>>,
}

impl Mailer {
    /// Mails go through this server, if there is one. `site` is where their links lead.
    pub fn new(settings: Option<MailSettings>, site: &str) -> Self {
        let server = settings.map(|settings| {
            Arc::new(Server {
                settings,
                transport: OnceLock::new(),
            })
        });
        Self {
            server,
            site: site.trim_end_matches('/').into(),
        }
    }

    /// There is no mail server.
    pub fn off() -> Self {
        Self::new(None, "http://localhost")
    }

    /// Whether there is a mail server.
    pub fn is_on(&self) -> bool {
        self.server.is_some()
    }

    /// Host and port of the server, and from whom mails come; for operators.
    pub fn facts(&self) -> Option<(String, String)> {
        let settings = &self.server.as_ref()?.settings;
        Some((settings.server.place(), settings.from.to_string()))
    }

    /// The whole address of a page or route of this instance, for a mail.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.site)
    }

    /// Hands a mail to the server and waits until it has taken it.
    pub async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let Some(server) = &self.server else {
            return Err(MailError::Off);
        };
        let message = self.message(&server.settings, mail)?;
        let sent = server.transport().send(message).await.map_err(MailError::from);
        let result = match &sent {
            Ok(_) => "sent",
            Err(error) if error.is_permanent() => "refused",
            Err(_) => "failed",
        };
        metrics::counter!("mails_total", "result" => result).increment(1);
        sent.map(|_| ())
    }

    /// Speaks with the server as if there were something to send: address, encryption,
    /// user and password.
    pub async fn greet(&self) -> Result<(), MailError> {
        let Some(server) = &self.server else {
            return Err(MailError::Off);
        };
        let answered = server.transport().test_connection().await?;
        answered.then_some(()).ok_or(MailError::Temporary {
            code: None,
            said: "it does not answer".into(),
        })
    }

    fn message(&self, settings: &MailSettings, mail: &Mail) -> Result<Message, MailError> {
        let to: Mailbox = mail.to.parse().map_err(|_| MailError::NoAddress)?;
        let mut message = Message::builder()
            .from(settings.from.clone())
            .to(to)
            .subject(mail.subject.as_str())
            .message_id(Some(format!("<{}@{}>", mail.id, settings.from.email.domain())))
            .raw_header(header("Auto-Submitted", "auto-generated"));
        if let Some(unsubscribe) = &mail.unsubscribe {
            message = message
                .raw_header(header("List-Unsubscribe", &format!("<{unsubscribe}>")))
                .raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
        }
        let body = MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone());
        message.multipart(body).map_err(|_| MailError::NoAddress)
    }
}

/// Says only whether it is on.
impl std::fmt::Debug for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mailer").field("is_on", &self.is_on()).finish()
    }
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

impl Server {
    fn transport(&self) -> &AsyncSmtpTransport<Tokio1Executor> {
        self.transport.get_or_init(|| {
            let MailSettings { server, tls, .. } = &self.settings;
            let tls = match (server.encryption(), tls) {
                (Encryption::Tls, Some(tls)) => Tls::Wrapper(tls.clone()),
                (Encryption::Starttls, Some(tls)) => Tls::Required(tls.clone()),
                (Encryption::None, _) | (_, None) => Tls::None,
            };
            let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server.host())
                .port(server.port())
                .tls(tls)
                .timeout(Some(PATIENCE));
            if let Some((user, password)) = server.credentials() {
                builder = builder.credentials(Credentials::new(user.to_owned(), password.to_owned()));
            }
            builder.build()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(from: &str) -> Result<MailSettings, String> {
        let server = SmtpAddress::parse("smtp://ada:s3cret@mail.example.org").unwrap();
        MailSettings::new(server, from, None)
    }

    fn mail(to: &str) -> Mail {
        Mail {
            id: "notification-mail/1".into(),
            to: to.into(),
            subject: "Grüße aus „Berge“".into(),
            text: "Hello".into(),
            html: "<p>Hello</p>".into(),
            unsubscribe: Some("https://althing.example.org/api/unsubscribe?token=abc".into()),
        }
    }

    fn written(mailer: &Mailer, mail: &Mail) -> Result<String, MailError> {
        let settings = &mailer.server.as_ref().expect("it is on").settings;
        let message = mailer.message(settings, mail)?;
        Ok(String::from_utf8(message.formatted()).expect("a mail is text"))
    }

    #[tokio::test]
    async fn without_a_server_mail_is_off_and_says_so() {
        let mailer = Mailer::off();
        assert!(!mailer.is_on());
        assert_eq!(mailer.facts(), None);
        assert_eq!(mailer.send(&mail("bob@example.org")).await, Err(MailError::Off));
    }

    #[test]
    fn a_mail_can_be_recognised_and_unsubscribed_from() {
        let settings = settings("Althing <althing@example.org>").unwrap();
        let mailer = Mailer::new(Some(settings), "https://althing.example.org/");
        let text = written(&mailer, &mail("bob@example.org")).unwrap();
        for line in [
            "Message-ID: <notification-mail/1@example.org>",
            "List-Unsubscribe: <https://althing.example.org/api/unsubscribe?token=abc>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
            "Auto-Submitted: auto-generated",
            "To: bob@example.org",
        ] {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
        assert_eq!(mailer.link("/account"), "https://althing.example.org/account");
        assert_eq!(
            mailer.facts(),
            Some((
                "mail.example.org:587".into(),
                "Althing <althing@example.org>".into()
            ))
        );
        assert!(
            !format!(
                "{mailer:?} {settings:?}",
                settings = mailer.server.as_ref().unwrap().settings
            )
            .contains("s3cret")
        );
    }

    #[test]
    fn what_is_no_address_is_refused_without_being_repeated() {
        let mailer = Mailer::new(Some(settings("althing@example.org").unwrap()), "http://localhost");
        assert_eq!(written(&mailer, &mail("nobody")), Err(MailError::NoAddress));
        let refused = settings("nobody at all").unwrap_err();
        assert_eq!(
            refused,
            "mail.from must be an address, such as Althing <althing@example.org>"
        );
    }
}
