//! Why an adapter did not answer.

use std::time::Duration;

/// What adapters report. No text contains what people or models wrote.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AiError {
    #[error("the provider takes no more requests at the moment")]
    RateLimited { retry_after: Option<Duration> },
    #[error("the conversation does not fit into the model's context")]
    ContextTooLong,
    #[error("the provider refused the content")]
    ContentFiltered,
    #[error("the model cannot be reached")]
    Unavailable,
    #[error("the model took too long")]
    Timeout,
    #[error("the answer of the model could not be read")]
    Unreadable,
}
