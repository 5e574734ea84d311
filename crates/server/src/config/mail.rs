//! Everything under `mail.`.

use std::path::PathBuf;

use althing_web::{MailSettings, SmtpAddress};
use anyhow::{Context, Result};

/// The settings as they were given; made into one value that is checked, or none.
pub(super) struct Given {
    pub server: Option<SmtpAddress>,
    pub from: Option<String>,
    pub ca_file: Option<PathBuf>,
}

impl Given {
    /// Mail is on where there is a server.
    pub(super) fn settings(self) -> Result<Option<MailSettings>> {
        let Some(server) = self.server else {
            return Ok(None);
        };
        let from = self.from.context("mail.smtp_url needs mail.from")?;
        let authorities = self
            .ca_file
            .map(|file| {
                std::fs::read(&file).with_context(|| format!("mail.ca_file: cannot read {}", file.display()))
            })
            .transpose()?;
        let settings =
            MailSettings::new(server, &from, authorities.as_deref()).map_err(anyhow::Error::msg)?;
        Ok(Some(settings))
    }
}
