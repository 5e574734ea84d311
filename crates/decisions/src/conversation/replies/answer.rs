//! How a reply ends, for sockets and for HTTP.

use althing_web::{Code, Problem};
use serde::Serialize;

use crate::conversation::ai::AiError;
use crate::conversation::commands::{Extracted, Stored};
use crate::conversation::phase::{ConversationState, Phase};
use crate::conversation::port::Draft;
use crate::conversation::store::Message;
use crate::conversation::turn::Outcome;
use crate::error::Error;
use crate::outputs::wire_enum;

/// A message with everything that came of it.
#[derive(Clone, Debug)]
pub struct Answered {
    pub message: Message,
    pub reply: Option<Message>,
    pub draft: Option<Draft>,
    pub state: ConversationState,
    pub phase_before: Phase,
    pub phase: Phase,
    pub extracted: Option<Extracted>,
    pub usage: Usage,
}

impl Answered {
    pub(super) fn of(message: Message, stored: Stored, usage: Usage) -> Self {
        Self {
            message,
            reply: stored.reply,
            draft: stored.draft,
            state: stored.conversation.state,
            phase_before: stored.phase_before,
            phase: stored.conversation.phase,
            extracted: stored.extracted,
            usage,
        }
    }
}

/// What a reply took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub prompt_tokens: u32,
    pub completion_tokens: u32,
}

impl Usage {
    pub(super) fn of(outcome: &Outcome) -> Self {
        match &outcome.reply {
            Some(reply) => Self {
                prompt_tokens: outcome.prompt_tokens,
                completion_tokens: reply.tokens,
            },
            None => Self::default(),
        }
    }
}

wire_enum! {
    /// The error codes of the stream.
    FailureKind {
        RateLimited = "rate_limited",
        ContextTooLong = "context_too_long",
        ContentFiltered = "content_filtered",
        ProviderError = "provider_error",
        Cancelled = "cancelled",
        Timeout = "timeout",
        InternalError = "internal_error",
    }
}

/// Why there is no finished reply. The user's message is stored all the same.
#[derive(Clone, Debug)]
pub struct Failure {
    pub kind: FailureKind,
    /// A sentence for people.
    pub text: String,
    /// What was said until it broke off.
    pub partial: Option<String>,
    /// Whether sending the message again may help.
    pub is_recoverable: bool,
    /// What HTTP answers, where the rules have said it.
    problem: Option<Box<Problem>>,
}

impl Failure {
    pub fn of(kind: FailureKind) -> Self {
        let (text, is_recoverable) = match kind {
            FailureKind::RateLimited => (
                "the model takes no more requests at the moment; try again in a minute",
                true,
            ),
            FailureKind::ContextTooLong => ("this is too much for the model at once", false),
            FailureKind::ContentFiltered => ("the provider of the model refused to answer this", false),
            FailureKind::ProviderError => ("the model did not answer; your message is kept", true),
            FailureKind::Cancelled => ("you stopped the reply; your message is kept", true),
            FailureKind::Timeout => ("the reply took too long; your message is kept", true),
            FailureKind::InternalError => (
                "something went wrong on this server; your message is kept if it was accepted",
                true,
            ),
        };
        Self {
            kind,
            text: text.to_owned(),
            partial: None,
            is_recoverable,
            problem: None,
        }
    }

    pub fn internal() -> Self {
        Self::of(FailureKind::InternalError)
    }

    /// The rules said no.
    pub fn refused(problem: Problem) -> Self {
        let kind = match problem.code {
            "message_too_long" => FailureKind::ContextTooLong,
            "rate_limited" => FailureKind::RateLimited,
            _ => FailureKind::InternalError,
        };
        let is_conflict = problem.code == "concurrency_conflict";
        let is_recoverable =
            problem.status.is_server_error() || kind == FailureKind::RateLimited || is_conflict;
        let text = problem.detail.clone();
        Self {
            kind,
            text,
            partial: None,
            is_recoverable,
            problem: Some(Box::new(problem)),
        }
    }

    /// The answer over HTTP.
    pub fn into_problem(self) -> Problem {
        if let Some(problem) = self.problem {
            return *problem;
        }
        let code = match self.kind {
            FailureKind::RateLimited => Code::RateLimited,
            FailureKind::ContextTooLong => Code::AiContextTooLong,
            FailureKind::ContentFiltered => Code::AiContentFiltered,
            FailureKind::ProviderError | FailureKind::Cancelled | FailureKind::Timeout => Code::AiUnavailable,
            FailureKind::InternalError => Code::InternalError,
        };
        Problem::new(code, self.text)
    }
}

impl From<AiError> for FailureKind {
    fn from(error: AiError) -> Self {
        match error {
            AiError::RateLimited { .. } => Self::RateLimited,
            AiError::ContextTooLong => Self::ContextTooLong,
            AiError::ContentFiltered => Self::ContentFiltered,
            AiError::Timeout => Self::Timeout,
            AiError::Unavailable | AiError::Unreadable => Self::ProviderError,
        }
    }
}

/// Faults are logged here, once; refusals carry their own words.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::refused(Problem::from(error))
    }
}

/// Phases as the stream tells of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Transition {
    pub from: Phase,
    pub to: Phase,
}

impl Answered {
    /// The phases, if the message led to another one.
    pub fn transition(&self) -> Option<Transition> {
        (self.phase_before != self.phase).then_some(Transition {
            from: self.phase_before,
            to: self.phase,
        })
    }
}
