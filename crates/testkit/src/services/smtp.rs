//! A throw-away mail server that delivers nothing and keeps everything.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::certificate::Certificate;
use super::keeper::Keeper;
use super::program::{missing, quoted, quoted_path};
use super::server::Server;

const SCRIPT: &str = include_str!("smtp.py");
/// Debian's own, whose packages the script needs.
const PYTHON: &str = "/usr/bin/python3";
const PACKAGE: &str = "/usr/lib/python3/dist-packages/aiosmtpd";

/// How long a mail may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a mail server is to be started.
#[derive(Clone, Debug, Default)]
pub struct SmtpOptions {
    credentials: Option<(String, String)>,
    tls: Option<&'static str>,
}

impl SmtpOptions {
    /// Takes mails only from this user.
    #[must_use]
    pub fn credentials(mut self, user: &str, password: &str) -> Self {
        self.credentials = Some((user.to_owned(), password.to_owned()));
        self
    }

    /// Speaks TLS from the start, with a certificate of [`Smtp::ca_file`].
    #[must_use]
    pub fn tls(mut self) -> Self {
        self.tls = Some("tls");
        self
    }

    /// Wants TLS to be begun with STARTTLS, with a certificate of [`Smtp::ca_file`].
    #[must_use]
    pub fn starttls(mut self) -> Self {
        self.tls = Some("starttls");
        self
    }

    /// Starts it.
    pub async fn start(self) -> Smtp {
        assert!(
            Path::new(PYTHON).is_file() && Path::new(PACKAGE).is_dir(),
            "{}",
            missing("aiosmtpd", "python3-aiosmtpd")
        );
        let keeper = Keeper::new("smtp");
        let authority = match self.tls {
            Some(_) => Some(Certificate::make(keeper.folder()).await.authority),
            None => None,
        };
        let script = keeper.folder().join("sink.py");
        std::fs::write(&script, SCRIPT).expect("the keeper's folder is there");
        let folder = keeper.folder().to_owned();
        let options = self.clone();
        let command = move |port: u16| {
            let told = json!({ "port": port, "tls": options.tls, "credentials": options.credentials });
            format!(
                "sh -c 'cd \"$0\" && exec {PYTHON} \"$1\" \"$2\"' {} {} {}",
                quoted_path(&folder),
                quoted_path(&script),
                quoted(told.to_string())
            )
        };
        let listening = keeper.folder().join("listening");
        let answers = Arc::new(move |port: u16| {
            let listens_here = std::fs::read_to_string(&listening).is_ok_and(|text| text == port.to_string());
            listens_here && std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        Smtp {
            server: Server::start(keeper, command, answers).await,
            options: self,
            authority,
        }
    }
}

/// A mail that was taken.
#[derive(Clone, Debug)]
pub struct TakenMail {
    /// The address it comes from, as the envelope says.
    pub from: String,
    /// The addresses it goes to, as the envelope says.
    pub to: Vec<String>,
    /// Whether it came over TLS.
    pub encrypted: bool,
    /// Who had signed in.
    pub user: Option<String>,
    /// Headers and body, word for word.
    pub text: String,
}

impl TakenMail {
    /// A header's value, unfolded; an empty text if there is none.
    pub fn header(&self, name: &str) -> String {
        let head = self.text.split("\r\n\r\n").next().unwrap_or_default();
        let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        unfolded
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
            .map(|value| value.trim().to_owned())
            .unwrap_or_default()
    }

    /// The text without the line ends that quoted-printable adds.
    pub fn readable(&self) -> String {
        self.text.replace("=\r\n", "").replace("=3D", "=")
    }
}

/// A running mail server; gone with this value.
pub struct Smtp {
    server: Server,
    options: SmtpOptions,
    authority: Option<PathBuf>,
}

impl Smtp {
    /// Starts one that takes everything from anybody, without TLS.
    pub async fn start() -> Self {
        Self::options().start().await
    }

    /// Says how it is to be started.
    pub fn options() -> SmtpOptions {
        SmtpOptions::default()
    }

    /// The address as `mail.smtp_url` takes it; user and password are to be plain letters.
    pub fn url(&self) -> String {
        let (scheme, query) = match self.options.tls {
            None => ("smtp", "?tls=none"),
            Some("starttls") => ("smtp", ""),
            Some(_) => ("smtps", ""),
        };
        let credentials = self.options.credentials.as_ref();
        let credentials = credentials
            .map(|(user, password)| format!("{user}:{password}@"))
            .unwrap_or_default();
        format!("{scheme}://{credentials}127.0.0.1:{}{query}", self.server.port())
    }

    /// The authority whose certificates are to be believed, as PEM.
    pub fn ca_file(&self) -> PathBuf {
        self.authority.clone().expect("it was started with TLS")
    }

    /// From now on every recipient is answered with this line, such as `550 unknown`.
    pub fn refuse(&self, line: &str) {
        let place = self.server.folder().join("refusal");
        let new = self.server.folder().join("refusal.new");
        std::fs::write(&new, line).expect("the folder is there");
        std::fs::rename(new, place).expect("the folder is there");
    }

    /// Ends [`Smtp::refuse`].
    pub fn accept(&self) {
        std::fs::remove_file(self.server.folder().join("refusal")).expect("it refuses");
    }

    /// Every mail so far, in the order in which they came.
    pub fn mails(&self) -> Vec<TakenMail> {
        let files = std::fs::read_dir(self.server.folder()).expect("the folder is there");
        let mut files: Vec<PathBuf> = files
            .map(|file| file.expect("a readable folder").path())
            .filter(|file| file.extension().is_some_and(|extension| extension == "json"))
            .collect();
        files.sort();
        files.iter().map(|file| read(file)).collect()
    }

    /// Waits until there are this many mails; fails the test if they do not come.
    pub async fn wait_for(&self, count: usize) -> Vec<TakenMail> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mails = self.mails();
            if mails.len() >= count {
                return mails;
            }
            assert!(
                Instant::now() < deadline,
                "{} of {count} mails came:\n{}",
                mails.len(),
                self.server.log()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Stops it: from now on nobody answers.
    pub async fn stop(&self) {
        self.server.stop("TERM").await;
    }

    /// Starts it again on the same port; the mails are still there.
    pub async fn start_again(&self) {
        self.server.start_again().await;
    }
}

fn read(file: &Path) -> TakenMail {
    let text = std::fs::read_to_string(file).expect("a readable file");
    let mail: Value = serde_json::from_str(&text).expect("the sink writes JSON");
    let word = |value: &Value| value.as_str().expect("a text").to_owned();
    TakenMail {
        from: word(&mail["from"]),
        to: mail["to"].as_array().expect("a list").iter().map(word).collect(),
        encrypted: mail["encrypted"] == true,
        user: mail["user"].as_str().map(str::to_owned),
        text: word(&mail["text"]),
    }
}
