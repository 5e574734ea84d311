//! Why a mail was not taken.

use lettre::transport::smtp::Error as SmtpError;

/// Why a mail was not taken. The texts hold nothing of what the server said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// There is no mail server.
    #[error("mail is off: there is no mail server")]
    Off,
    /// The address cannot be written to.
    #[error("the address is not one that can be written to")]
    NoAddress,
    /// The server could not be reached, or asks to come again: another attempt may help.
    #[error("the mail server did not take the mail now{}", of(*code))]
    Temporary {
        /// The reply's code, if there was a reply.
        code: Option<u16>,
        /// What was said, with whatever stood in it.
        said: String,
    },
    /// The server does not want this mail: another attempt cannot help.
    #[error("the mail server refused the mail for good{}", of(*code))]
    Permanent {
        /// The reply's code, if there was a reply.
        code: Option<u16>,
        /// What was said, with whatever stood in it.
        said: String,
    },
}

fn of(code: Option<u16>) -> String {
    code.map(|code| format!(" ({code})")).unwrap_or_default()
}

impl MailError {
    /// Whether another attempt cannot help.
    pub fn is_permanent(&self) -> bool {
        !matches!(self, Self::Temporary { .. })
    }

    /// What the server or the network said, for the operator who asked.
    pub fn said(&self) -> String {
        match self {
            Self::Temporary { said, .. } | Self::Permanent { said, .. } => said.clone(),
            other => other.to_string(),
        }
    }
}

impl From<SmtpError> for MailError {
    /// Refused for good is only what the server itself says so of: an operator may mend
    /// anything else (a password, a certificate, the network) while the mail waits.
    fn from(error: SmtpError) -> Self {
        let code = error.status().map(u16::from);
        let said = error.to_string();
        // 530 to 539 are about who sends, not about the mail.
        let about_us = matches!(code, Some(530..=539));
        if error.is_permanent() && !about_us {
            Self::Permanent { code, said }
        } else {
            Self::Temporary { code, said }
        }
    }
}
