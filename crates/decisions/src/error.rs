//! What the commands of this context say no to, and how that reaches the caller.

use althing_web::{Code, Denial, FieldProblem, NotFound, Problem};

use crate::outputs::FieldError;

/// What the rules say no to; each a sentence a person can act upon.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("this decision is archived and can only be read")]
    SessionArchived,
    #[error("this workspace is archived and takes no new decisions")]
    WorkspaceArchived,
    #[error("this cycle is archived and can only be read")]
    CycleArchived,
    #[error("this cycle is completed; branch it to go on from here")]
    CycleCompleted,
    #[error("this step has already been started")]
    AlreadyStarted,
    #[error("start {0} first")]
    PreviousRequired(&'static str),
    #[error("this step can only be changed while it is in progress or needs revision")]
    Locked,
    #[error("{0} refers to what would be removed and is complete; mark it for revision first")]
    ReferredTo(&'static str),
    #[error("a step that is {from} cannot become {to}")]
    InvalidTransition { from: &'static str, to: &'static str },
    #[error("complete {0} before you complete the cycle")]
    NotReadyToComplete(&'static str),
    #[error("a proposal is waiting: confirm it or dismiss it first")]
    ConfirmationPending,
    #[error("somebody saved version {current} meanwhile; look at it before you save yours")]
    VersionConflict { current: i64 },
    #[error("a branch can only begin at a step that has been started")]
    BranchPointNotStarted,
    #[error("an outcome can be recorded once the cycle is completed")]
    CycleNotCompleted,
    #[error("this conversation has ended with its step; mark the step for revision to go on")]
    ConversationComplete,
    #[error("there is no reply to ask for again")]
    NoMessagesToRegenerate,
    #[error("the last message is not a reply")]
    LastMessageNotAssistant,
    #[error("this suggestion has been answered")]
    AlreadyResolved,
    #[error("start this step before you use its tools")]
    ComponentNotStarted,
}

impl Refusal {
    /// The stable code the caller gets.
    pub fn code(&self) -> Code {
        match self {
            Self::SessionArchived => Code::SessionArchived,
            Self::WorkspaceArchived => Code::WorkspaceArchived,
            Self::CycleArchived => Code::CycleArchived,
            Self::CycleCompleted => Code::CycleCompleted,
            Self::AlreadyStarted => Code::ComponentAlreadyStarted,
            Self::PreviousRequired(_) => Code::PreviousComponentRequired,
            Self::Locked | Self::ReferredTo(_) => Code::ComponentLocked,
            Self::InvalidTransition { .. }
            | Self::NotReadyToComplete(_)
            | Self::BranchPointNotStarted
            | Self::CycleNotCompleted
            | Self::AlreadyResolved => Code::InvalidStateTransition,
            Self::ComponentNotStarted => Code::PreviousComponentRequired,
            Self::ConfirmationPending => Code::ConfirmationPending,
            Self::VersionConflict { .. } => Code::ConcurrencyConflict,
            Self::ConversationComplete => Code::ConversationComplete,
            Self::NoMessagesToRegenerate => Code::NoMessagesToRegenerate,
            Self::LastMessageNotAssistant => Code::LastMessageNotAssistant,
        }
    }
}

/// What a command of this context may answer instead of its result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It does not exist, or not for this caller.
    #[error("not found")]
    NotFound(Code),
    /// The caller may see it, but not do this with it.
    #[error("not allowed")]
    Forbidden,
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A membership does not include it, or not any more.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// An output that does not pass its validator.
    #[error("the output is not valid")]
    InvalidOutput(Vec<FieldError>),
    /// Fields of the request.
    #[error("the request is not valid")]
    InvalidFields(Vec<FieldProblem>),
    /// The backbone or the database.
    #[error(transparent)]
    Backbone(#[from] althing_backbone::Error),
}

impl From<althing_backbone::DbError> for Error {
    fn from(error: althing_backbone::DbError) -> Self {
        Self::Backbone(error.into())
    }
}

impl Error {
    /// The answer; what does not exist for the caller is the thing that they asked for.
    pub fn hiding<T: NotFound>(self) -> Problem {
        match self {
            Error::NotFound(_) => Problem::not_found::<T>(),
            other => other.into(),
        }
    }
}

/// The only place where refusals become answers.
impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound(code) => Problem::new(code, "there is nothing here that you can see"),
            Error::Forbidden => Problem::new(
                Code::Forbidden,
                "you may see this decision, but not do this with it",
            ),
            Error::Denied(denial) => denial.into(),
            Error::Refused(refusal) => Problem::new(refusal.code(), refusal.to_string()),
            Error::InvalidOutput(errors) => Problem::new(
                Code::InvalidComponentOutput,
                "some fields need attention before this can be saved",
            )
            .with_errors(
                errors
                    .into_iter()
                    .map(|error| field_problem("/output", error))
                    .collect(),
            ),
            Error::InvalidFields(errors) => Problem::validation(errors),
            Error::Backbone(error) => error.into(),
        }
    }
}

/// A validator's error as a field of the request.
pub fn field_problem(prefix: &str, error: FieldError) -> FieldProblem {
    FieldProblem {
        field: format!("{prefix}{}", error.pointer),
        message: error.message,
        code: error.code.as_str().to_owned(),
        index: None,
    }
}

/// What commands and views of this context answer.
pub type Result<T, E = Error> = std::result::Result<T, E>;
