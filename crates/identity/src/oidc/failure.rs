//! Why a sign-in with a provider did not come about.

use althing_backbone::{DbError, Error};
use althing_web::{Code, Problem};

use crate::commands::Failure;

/// A sign-in that did not come about. The words are what the page of the web app tells.
#[derive(Debug, thiserror::Error)]
pub(super) enum SsoError {
    /// Something between the browser, this instance and the provider went wrong.
    #[error("{}", .0.sentence())]
    Failed(Failed),
    /// Everything is right but this person may not come in this way.
    #[error("{}", .0.sentence())]
    NotAllowed(NotAllowed),
    /// Something broke here.
    #[error("something went wrong on this server")]
    Fault(#[source] anyhow::Error),
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failed {
    /// The attempt is unknown, too old, was used, or began in another browser.
    Expired,
    /// No provider has that name.
    UnknownProvider,
    /// The provider did not answer, or not as OpenID Connect says; the text is for operators.
    Unreachable(String),
    /// The provider refused with this code of OAuth.
    Refused(String),
    /// What the provider answered cannot be believed; the text is for operators.
    NotBelieved(String),
    /// The provider tells no address.
    NoAddress,
    /// Too many attempts from one network address.
    TooMany,
}

/// Why somebody may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotAllowed {
    /// The provider may not make accounts, and there is none.
    NoAccount,
    /// The provider has not verified the address.
    Unverified,
    /// The account may not be used.
    Closed,
    /// Another account signs in with this one.
    Taken,
    /// The browser was signed in as somebody else when the link came back.
    SomebodyElse,
}

impl Failed {
    /// The word in the page's address; a refusal's is the provider's own.
    pub fn word(&self) -> &str {
        match self {
            Failed::Expired => "expired",
            Failed::UnknownProvider => "unknown_provider",
            Failed::Unreachable(_) => "unreachable",
            Failed::Refused(code) => code,
            Failed::NotBelieved(_) => "not_believed",
            Failed::NoAddress => "no_address",
            Failed::TooMany => "too_many",
        }
    }

    fn sentence(&self) -> String {
        match self {
            Failed::Expired => "the sign-in took too long or began in another browser".to_owned(),
            Failed::UnknownProvider => "there is no such sign-in provider".to_owned(),
            Failed::Unreachable(why) => format!("the sign-in provider does not answer as it should: {why}"),
            Failed::Refused(code) => format!("the sign-in provider refused: {code}"),
            Failed::NotBelieved(why) => {
                format!("the sign-in provider's answer cannot be believed: {why}")
            }
            Failed::NoAddress => "the sign-in provider tells no e-mail address".to_owned(),
            Failed::TooMany => "too many attempts to sign in".to_owned(),
        }
    }
}

impl NotAllowed {
    /// The word in the page's address.
    pub fn word(self) -> &'static str {
        match self {
            NotAllowed::NoAccount => "no_account",
            NotAllowed::Unverified => "unverified",
            NotAllowed::Closed => "closed",
            NotAllowed::Taken => "taken",
            NotAllowed::SomebodyElse => "somebody_else",
        }
    }

    fn sentence(self) -> &'static str {
        match self {
            NotAllowed::NoAccount => "nobody here has this account, and the provider may not make one",
            NotAllowed::Unverified => "the sign-in provider has not verified the e-mail address",
            NotAllowed::Closed => "this account may not be used",
            NotAllowed::Taken => "another account signs in with this one",
            NotAllowed::SomebodyElse => "somebody else is signed in by now",
        }
    }
}

impl SsoError {
    pub fn unreachable(error: impl std::fmt::Display) -> Self {
        Self::Failed(Failed::Unreachable(error.to_string()))
    }

    pub fn not_believed(error: impl std::fmt::Display) -> Self {
        Self::Failed(Failed::NotBelieved(error.to_string()))
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::Failed(_) => Code::SsoFailed,
            Self::NotAllowed(_) => Code::SsoNotAllowed,
            Self::Fault(_) => Code::InternalError,
        }
    }

    /// The word that says more than the code.
    pub fn word(&self) -> &str {
        match self {
            Self::Failed(failed) => failed.word(),
            Self::NotAllowed(not_allowed) => not_allowed.word(),
            Self::Fault(_) => "fault",
        }
    }
}

impl From<Failed> for SsoError {
    fn from(failed: Failed) -> Self {
        Self::Failed(failed)
    }
}

impl From<NotAllowed> for SsoError {
    fn from(not_allowed: NotAllowed) -> Self {
        Self::NotAllowed(not_allowed)
    }
}

impl From<anyhow::Error> for SsoError {
    fn from(error: anyhow::Error) -> Self {
        Self::Fault(error)
    }
}

impl From<Failure> for SsoError {
    fn from(failure: Failure) -> Self {
        Self::Fault(failure.into())
    }
}

impl From<Error> for SsoError {
    fn from(error: Error) -> Self {
        Self::Fault(error.into())
    }
}

impl From<DbError> for SsoError {
    fn from(error: DbError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<SsoError> for Problem {
    fn from(error: SsoError) -> Self {
        match error {
            SsoError::Fault(error) => Problem::fault(error),
            error => Problem::new(error.code(), error.to_string()),
        }
    }
}
