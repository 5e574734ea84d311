//! What a validator says about one place in an output.

use super::wire::wire_enum;

wire_enum! {
    /// The stable name of what is wrong.
    FieldErrorCode {
        MissingRequired = "missing_required",
        WrongType = "wrong_type",
        /// A list with too few entries or a text with too few characters.
        TooShort = "too_short",
        TooLong = "too_long",
        OutOfRange = "out_of_range",
        BadFormat = "bad_format",
        UnknownField = "unknown_field",
        Duplicate = "duplicate",
        /// An id that names nothing in this cycle or in this output.
        UnknownReference = "unknown_reference",
        /// Two fields that exclude or contradict one another.
        Inconsistent = "inconsistent",
        /// A rating other than 0 for the status quo.
        StatusQuoNotZero = "status_quo_not_zero",
        /// A value only the server computes, and computes differently.
        NotComputed = "not_computed",
    }
}

/// One error at one place. The message never repeats what was written there.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct FieldError {
    /// JSON pointer into the output; empty for the output as a whole.
    pub pointer: String,
    pub code: FieldErrorCode,
    /// A sentence a person can act upon.
    pub message: String,
}

impl FieldError {
    pub fn new(pointer: impl Into<String>, code: FieldErrorCode, message: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            code,
            message: message.into(),
        }
    }
}

/// A JSON pointer one step deeper; the step is escaped.
pub fn pointer_to(parent: &str, step: &str) -> String {
    if step.contains(['~', '/']) {
        format!("{parent}/{}", step.replace('~', "~0").replace('/', "~1"))
    } else {
        format!("{parent}/{step}")
    }
}
