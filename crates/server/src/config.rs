//! The configuration: flag, environment, file, default, in this order.
//!
//! Every setting is one line in [`keys`]; it has one name, which is its name in
//! `althing.toml` too, and one environment variable made from it (`log.format` is
//! `ALTHING_LOG_FORMAT`). A name that is not in the list is refused with the
//! nearest one that is. This is the only place that reads the environment.

mod events;
mod file;
mod keys;
mod limits;
mod mail;
mod parse;
mod store;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use althing_identity::Registration;
use althing_web::{MailSettings, RateNumbers, SmtpAddress};
use anyhow::{Result, bail};
use serde::Serialize;

pub use events::{Delivery, Events, INLINE, Transport};
pub use keys::{KEYS, Key, keys};
pub use limits::Limits;
pub use store::{PostgresUrl, Store};

/// The file in the data folder.
pub const FILE: &str = "althing.toml";
/// Where the data lies unless somebody says otherwise.
pub const DEFAULT_DATA: &str = "althing-data";

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// What the program was told, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// The data folder.
    pub data: PathBuf,
    /// Where the server listens.
    pub listen: String,
    /// The address under which people reach it, if it is another.
    pub public_url: Option<String>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Other sites that may send requests with a session.
    pub allowed_origins: Vec<String>,
    /// Where the data lies.
    pub store: Store,
    /// Threads that serve requests.
    pub worker_threads: usize,
    /// How log lines are written.
    pub log_format: LogFormat,
    /// Which log lines are written.
    pub log_level: String,
    /// What the first setup must carry.
    pub setup_token: Option<String>,
    /// Who may make an account for themselves.
    pub registration: Registration,
    /// How long a deleted workspace can still be restored.
    pub purge_after: Duration,
    /// Who replies in conversations.
    pub ai_chat_adapter: String,
    /// Who turns what people type into drafts.
    pub ai_extraction_adapter: String,
    /// How many events a subscription may lie behind before readiness turns red.
    pub max_lag_events: u32,
    /// How long an event may wait for a subscription before readiness turns red.
    pub max_lag_seconds: u32,
    /// What a caller of the metrics must send; without it there are none.
    pub metrics_token: Option<String>,
    /// Where mails go, if there is a mail server.
    pub mail: Option<MailSettings>,
    /// Where archived events are.
    pub archive: PathBuf,
    /// How much may be asked.
    pub limits: Limits,
    /// How events are delivered, and where they are copied to.
    pub events: Events,
    /// Each setting with where it came from.
    pub settings: Vec<Setting>,
}

/// A setting's value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// Its value; secrets are not shown.
    pub value: String,
    /// flag, environment, file or default.
    pub source: &'static str,
}

/// What the command line said.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--data`.
    pub data: Option<PathBuf>,
    /// `--listen`.
    pub listen: Option<String>,
}

impl Config {
    /// Reads flags, this process's environment and the folder's file.
    pub fn load(flags: &Flags) -> Result<Self> {
        let environment: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| name.starts_with("ALTHING_"))
            .collect();
        Self::resolve(flags, &environment)
    }

    /// The same with a given environment.
    pub fn resolve(flags: &Flags, environment: &BTreeMap<String, String>) -> Result<Self> {
        refuse_unknown(
            environment
                .keys()
                .filter(|name| *name != "ALTHING_DATA")
                .map(String::as_str),
            Key::environment_variable,
        )?;
        let data = flags
            .data
            .clone()
            .or_else(|| environment.get("ALTHING_DATA").map(PathBuf::from))
            .unwrap_or_else(|| PathBuf::from(DEFAULT_DATA));
        let file = file::read(&data.join(FILE))?;
        refuse_unknown(file.keys().map(String::as_str), |key| key.name.to_owned())?;
        let values = Values {
            flags,
            environment,
            file: &file,
        };
        values.config(data)
    }

    /// Where a setting was given, unless it has its default.
    pub fn fixed_by(&self, name: &str) -> Option<&'static str> {
        let setting = self.settings.iter().find(|setting| setting.name == name)?;
        (setting.source != "default").then_some(setting.source)
    }

    /// The address under which people reach the server, as far as the configuration says.
    pub fn address(&self) -> String {
        match &self.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => {
                let port = self.listen.rsplit(':').next().unwrap_or_default();
                match self.listen.starts_with("0.0.0.0:") || self.listen.starts_with("[::]:") {
                    true => format!("http://localhost:{port}"),
                    false => format!("http://{}", self.listen),
                }
            }
        }
    }
}

/// The texts before they are parsed.
struct Values<'a> {
    flags: &'a Flags,
    environment: &'a BTreeMap<String, String>,
    file: &'a BTreeMap<String, String>,
}

impl Values<'_> {
    fn config(&self, data: PathBuf) -> Result<Config> {
        let postgres = self.read("database.url", parse::optional(PostgresUrl::parse))?;
        Ok(Config {
            archive: data.join(self.read("archive.dir", parse::folder)?),
            store: postgres.map_or_else(|| Store::File(database(&data)), Store::Postgres),
            data,
            listen: self.read("listen", parse::listen)?,
            public_url: self.read("public_url", parse::optional(parse::url))?,
            trusted_proxies: self.read("trusted_proxies", parse::list(parse::address))?,
            allowed_origins: self.read("allowed_origins", parse::list(parse::url))?,
            worker_threads: self.read("worker_threads", parse::threads)?,
            log_format: self.read("log.format", parse::log_format)?,
            log_level: self.read("log.level", parse::log_level)?,
            setup_token: self.read("setup.token", parse::optional(parse::secret))?,
            registration: self.read("registration.mode", parse::registration)?,
            purge_after: self.read("workspace.purge_days", parse::up_to_a_year)?,
            ai_chat_adapter: self.read("ai.chat.adapter", parse::adapter)?,
            ai_extraction_adapter: self.read("ai.extraction.adapter", parse::adapter)?,
            max_lag_events: self.read("health.max_lag_events", parse::count)?,
            max_lag_seconds: self.read("health.max_lag_seconds", parse::count)?,
            metrics_token: self.read("metrics.token", parse::optional(parse::secret))?,
            mail: mail::Given {
                server: self.read("mail.smtp_url", parse::optional(SmtpAddress::parse))?,
                from: self.read("mail.from", parse::optional(parse::any))?,
                ca_file: self.read("mail.ca_file", parse::optional(parse::path))?,
            }
            .settings()?,
            limits: Limits {
                default_tier: self.read("membership.default_tier", limits::tier)?,
                numbers: self.rate_numbers()?,
            },
            events: Events {
                enabled: self.read("events.enabled", parse::yes_or_no)?,
                delivery: self.read("events.delivery", parse::delivery)?,
                transport: self.read("events.transport", parse::transport)?,
                redis_url: self.read(
                    "events.redis_url",
                    parse::optional(parse::broker(&["redis://", "rediss://"])),
                )?,
                nats_url: self.read(
                    "events.nats_url",
                    parse::optional(parse::broker(&["nats://", "tls://"])),
                )?,
                ca_file: self.read("events.ca_file", parse::optional(parse::path))?,
                lease: self.read("events.lease_seconds", parse::lease)?,
                keep_effects: self.read("events.keep_effects_days", parse::days)?,
            },
            settings: KEYS.iter().map(|key| self.setting(key)).collect(),
        })
    }

    fn rate_numbers(&self) -> Result<RateNumbers> {
        Ok(RateNumbers {
            requests: self.read("limits.requests_per_minute", limits::per_tier)?,
            session_operations: self.read("limits.session_operations_per_hour", limits::per_tier)?,
            messages: self.read("limits.messages_per_minute", limits::per_tier)?,
            ai_completions: self.read("limits.ai_completions_per_minute", limits::per_tier)?,
            exports: self.read("limits.exports_per_hour", limits::per_tier)?,
            live_connections: self.read("limits.live_connections", limits::per_tier)?,
            instance: self.read("limits.instance_requests_per_minute", parse::count)?,
            address: self.read("limits.address_requests_per_minute", parse::count)?,
            key: self.read("limits.key_requests_per_minute", parse::count)?,
            attempts: self.read("limits.sign_in_attempts_per_hour", parse::count)?,
        })
    }

    fn find(&self, key: &Key) -> (String, &'static str) {
        if let Some(flag) = self.flags.listen.as_ref().filter(|_| key.name == "listen") {
            return (flag.clone(), "flag");
        }
        if let Some(value) = self.environment.get(&key.environment_variable()) {
            return (value.clone(), "environment");
        }
        match self.file.get(key.name) {
            Some(value) => (value.clone(), "file"),
            None => (key.default.to_owned(), "default"),
        }
    }

    fn read<T>(&self, name: &'static str, parse: impl Fn(&str) -> Result<T, String>) -> Result<T> {
        let key = keys::find(name);
        let (text, source) = self.find(key);
        parse(text.trim()).map_err(|wish| {
            let place = match source {
                "environment" => key.environment_variable(),
                "file" => format!("{} in {FILE}", key.name),
                _ => key.name.to_owned(),
            };
            anyhow::anyhow!("{place} {wish}")
        })
    }

    fn setting(&self, key: &Key) -> Setting {
        let (value, source) = self.find(key);
        Setting {
            name: key.name,
            value: shown(key, value),
            source,
        }
    }
}

/// Of the address of a database everybody who configures it may see where it is.
fn shown(key: &Key, value: String) -> String {
    if !key.secret || value.is_empty() {
        return value;
    }
    match PostgresUrl::parse(value.trim()) {
        Ok(url) if key.name == "database.url" => url.shown(),
        _ => "(hidden)".into(),
    }
}

fn refuse_unknown<'a>(given: impl Iterator<Item = &'a str>, name_of: impl Fn(&Key) -> String) -> Result<()> {
    let known: Vec<String> = KEYS.iter().map(name_of).collect();
    for name in given {
        if known.iter().any(|known| known == name) {
            continue;
        }
        let nearest = known
            .iter()
            .min_by_key(|known| strsim::damerau_levenshtein(known, name));
        match nearest {
            Some(nearest) => bail!("there is no setting called {name}; did you mean {nearest}?"),
            None => bail!("there is no setting called {name}"),
        }
    }
    Ok(())
}

/// The database's file in a data folder.
pub fn database(data: &Path) -> PathBuf {
    data.join("althing.db")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(file: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), file).unwrap();
        folder
    }

    fn load(file: &str, environment: &[(&str, &str)], listen: Option<&str>) -> Result<Config> {
        let folder = folder(file);
        let flags = Flags {
            data: Some(folder.path().to_owned()),
            listen: listen.map(str::to_owned),
        };
        let environment = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Config::resolve(&flags, &environment)
    }

    fn refused(file: &str, environment: &[(&str, &str)]) -> String {
        format!("{:#}", load(file, environment, None).unwrap_err())
    }

    #[test]
    fn flag_beats_environment_beats_file_beats_default() {
        let file = "listen = '127.0.0.1:1'\n[log]\nformat = 'json'";
        let listen = |environment: &[(&str, &str)], flag| load(file, environment, flag).unwrap().listen;
        assert_eq!(
            listen(&[("ALTHING_LISTEN", "127.0.0.1:2")], Some("127.0.0.1:3")),
            "127.0.0.1:3"
        );
        assert_eq!(listen(&[("ALTHING_LISTEN", "127.0.0.1:2")], None), "127.0.0.1:2");
        assert_eq!(listen(&[], None), "127.0.0.1:1");
        assert_eq!(load("", &[], None).unwrap().listen, "127.0.0.1:8080");
        assert_eq!(load(file, &[], None).unwrap().log_format, LogFormat::Json);
    }

    #[test]
    fn unknown_settings_are_refused_with_the_nearest_name() {
        assert_eq!(
            refused("lisen = 'x'", &[]),
            "there is no setting called lisen; did you mean listen?"
        );
        assert_eq!(
            refused("[log]\nformt = 'json'", &[]),
            "there is no setting called log.formt; did you mean log.format?"
        );
        let unknown = refused("", &[("ALTHING_PUBLIC_URI", "x")]);
        assert_eq!(
            unknown,
            "there is no setting called ALTHING_PUBLIC_URI; did you mean ALTHING_PUBLIC_URL?"
        );
    }

    #[test]
    fn wrong_values_name_their_place_and_never_a_secret() {
        assert_eq!(
            refused("worker_threads = 0", &[]),
            "worker_threads in althing.toml must be a whole number from 1 to 64"
        );
        let text = refused("", &[("ALTHING_LOG_FORMAT", "xml")]);
        assert_eq!(text, "ALTHING_LOG_FORMAT must be text or json");
        assert_eq!(
            refused("setup.token = 'short'", &[]),
            "setup.token in althing.toml must have at least 16 characters"
        );
        for wrong in ["0", "301", "5s", "-1"] {
            assert_eq!(
                refused("", &[("ALTHING_EVENTS_LEASE_SECONDS", wrong)]),
                "ALTHING_EVENTS_LEASE_SECONDS must be a whole number from 1 to 300"
            );
        }
        let lease = |file| load(file, &[], None).unwrap().events.lease.as_secs();
        assert_eq!(
            ["", "events.lease_seconds = 1", "events.lease_seconds = 300"].map(lease),
            [5, 1, 300]
        );
        let config = load("setup.token = 'a-very-long-secret'", &[], None).unwrap();
        let shown = config
            .settings
            .iter()
            .find(|setting| setting.name == "setup.token")
            .unwrap();
        assert_eq!((shown.value.as_str(), shown.source), ("(hidden)", "file"));
    }

    #[test]
    fn the_address_of_the_database_is_shown_without_what_opens_it() {
        let folder_alone = load("", &[], None).unwrap();
        assert_eq!(
            folder_alone.store,
            Store::File(folder_alone.data.join("althing.db"))
        );
        let url = "postgres://ada:s3cret-password@db.example.org/althing";
        let config = load("", &[("ALTHING_DATABASE_URL", url)], None).unwrap();
        assert_eq!(config.store.address(), url);
        let shown = config
            .settings
            .iter()
            .find(|setting| setting.name == "database.url")
            .unwrap();
        assert_eq!(shown.value, "postgres://(hidden)@db.example.org:5432/althing");
        assert!(!format!("{config:?}").contains("s3cret"), "{config:?}");
        assert_eq!(
            refused("database.url = 'ada:s3cret-password'", &[]),
            "database.url in althing.toml must be postgres://user:password@host:port/database"
        );
    }

    #[test]
    fn mail_needs_a_server_and_a_sender_and_shows_neither_user_nor_password() {
        assert!(load("", &[], None).unwrap().mail.is_none());
        let url = ("ALTHING_MAIL_SMTP_URL", "smtp://ada:s3cret@mail.example.org");
        let from = ("ALTHING_MAIL_FROM", "Althing <althing@example.org>");
        let config = load("", &[url, from], None).unwrap();
        assert!(config.mail.is_some());
        assert!(!format!("{config:?}").contains("s3cret"), "{config:?}");
        assert_eq!(refused("", &[url]), "mail.smtp_url needs mail.from");
        assert_eq!(
            refused("mail.smtp_url = 'mail:s3cret'", &[]),
            "mail.smtp_url in althing.toml must be smtp://user:password@host:port or smtps://user:password@host:port"
        );
        let missing = refused("mail.ca_file = '/nowhere/ca.pem'", &[url, from]);
        assert!(
            missing.starts_with("mail.ca_file: cannot read /nowhere/ca.pem"),
            "{missing}"
        );
        let folder = folder("nothing");
        let file = folder.path().join(FILE).display().to_string();
        assert_eq!(
            refused("", &[url, from, ("ALTHING_MAIL_CA_FILE", &file)]),
            "mail.ca_file must hold certificates in PEM"
        );
    }

    #[test]
    fn lists_may_be_lists_or_texts_with_commas() {
        let config = load("trusted_proxies = ['10.0.0.1', '::1']", &[], None).unwrap();
        assert_eq!(config.trusted_proxies.len(), 2);
        let config = load(
            "",
            &[("ALTHING_ALLOWED_ORIGINS", "https://a.example/, https://b.example")],
            None,
        )
        .unwrap();
        assert_eq!(config.allowed_origins, ["https://a.example", "https://b.example"]);
    }

    #[test]
    fn a_file_that_is_not_toml_is_refused_with_its_line() {
        assert!(
            refused("listen = \n", &[]).contains("line 1"),
            "{}",
            refused("listen = \n", &[])
        );
    }
}
