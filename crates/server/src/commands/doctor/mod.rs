//! `althing doctor`: one line for everything that could be wrong, each with its remedy.
//!
//! It reads only, beside a running server or on a folder at rest. Faults end it with
//! exit code 1; a warning is something that works and should be looked at.

mod database;
mod folder;
mod subscriptions;

use althing_web::Mailer;
use anyhow::{Result, bail};
use serde::Serialize;

use super::print_line;
use crate::config::Config;

/// How something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Standing {
    Ok,
    Warning,
    Fault,
}

/// What was looked at, how it stands, and what to do.
#[derive(Debug, Serialize)]
struct Finding {
    name: &'static str,
    standing: Standing,
    said: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

impl Finding {
    fn ok(name: &'static str, said: impl Into<String>) -> Self {
        Self {
            name,
            standing: Standing::Ok,
            said: said.into(),
            remedy: None,
        }
    }

    fn warning(name: &'static str, said: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            standing: Standing::Warning,
            remedy: Some(remedy.into()),
            ..Self::ok(name, said)
        }
    }

    fn fault(name: &'static str, said: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            standing: Standing::Fault,
            remedy: Some(remedy.into()),
            ..Self::ok(name, said)
        }
    }

    fn line(&self) -> String {
        let word = match self.standing {
            Standing::Ok => "ok",
            Standing::Warning => "warning",
            Standing::Fault => "FAULT",
        };
        let remedy = self
            .remedy
            .as_ref()
            .map(|remedy| format!(" → {remedy}"))
            .unwrap_or_default();
        format!("{word:<8} {:<14} {}{remedy}", self.name, self.said)
    }
}

pub(super) async fn run(config: &Config, json: bool) -> Result<()> {
    let mut findings = vec![address(config)];
    findings.extend(folder::look(config));
    findings.extend(database::look(config).await);
    findings.push(mail(config).await);
    for finding in &findings {
        let line = if json {
            serde_json::to_string(finding)?
        } else {
            finding.line()
        };
        print_line(&line)?;
    }
    let faults = findings
        .iter()
        .filter(|finding| finding.standing == Standing::Fault)
        .count();
    match faults {
        0 => Ok(()),
        1 => bail!("there is a fault"),
        more => bail!("there are {more} faults"),
    }
}

/// Where links lead, and whether what travels there can be read on the way.
fn address(config: &Config) -> Finding {
    const NAME: &str = "configuration";
    let listens_here = ["127.", "[::1]", "localhost:"]
        .iter()
        .any(|here| config.listen.starts_with(here));
    match &config.public_url {
        Some(url) if url.starts_with("https://") => Finding::ok(NAME, format!("people reach it at {url}")),
        Some(url) => Finding::warning(
            NAME,
            format!("people reach it at {url}, where everybody on the way can read along"),
            "serve it by https and set public_url to that address",
        ),
        None if listens_here => {
            Finding::ok(NAME, format!("it listens on {}, for this machine", config.listen))
        }
        None => Finding::warning(
            NAME,
            format!(
                "it listens on {} for other machines, and links in mails lead to that address",
                config.listen
            ),
            "set public_url to the address that people use",
        ),
    }
}

async fn mail(config: &Config) -> Finding {
    const NAME: &str = "mail";
    let mailer = Mailer::new(config.mail.clone(), &config.address());
    let Some((server, from)) = mailer.facts() else {
        return Finding::ok(NAME, "there is no mail server; links are copied by hand");
    };
    match mailer.greet().await {
        Ok(()) => Finding::ok(NAME, format!("{server} takes mails from {from}")),
        Err(error) => Finding::fault(
            NAME,
            format!("{server} takes no mails: {}", error.said()),
            "check mail.smtp_url, mail.ca_file and the server's own log",
        ),
    }
}
