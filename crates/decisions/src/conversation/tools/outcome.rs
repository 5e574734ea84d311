//! What a tool call comes to.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::working::WorkingChange;
use crate::outputs::{ComponentType, DraftItem, FieldError, FieldErrorCode, wire_enum};

wire_enum! {
    /// How a call ended; the log keeps it.
    ToolResult {
        Success = "success",
        ValidationError = "validation_error",
        NotFound = "not_found",
        Conflict = "conflict",
        InternalError = "internal_error",
    }
}

/// A finished call. Only a success has changes; whoever executes a model's call puts them into the draft.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolOutcome {
    pub result: ToolResult,
    /// The result data, or `{code, message, errors}`.
    pub data: Value,
    pub changes: Vec<OutputChange>,
    pub working: Vec<WorkingChange>,
}

/// Changes to the output of one component, to be applied in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutputChange {
    pub component: ComponentType,
    pub items: Vec<DraftItem>,
}

/// Why a call changes nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    pub result: ToolResult,
    /// Stable, in lower snake case.
    pub code: &'static str,
    pub message: String,
    pub errors: Vec<FieldError>,
}

impl Failure {
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ToolResult::NotFound, "not_found", message)
    }

    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(ToolResult::Conflict, code, message)
    }

    /// One parameter is wrong.
    pub fn invalid(pointer: &str, code: FieldErrorCode, message: &str) -> Self {
        Self::invalid_all(vec![FieldError::new(pointer, code, message)])
    }

    pub fn invalid_all(errors: Vec<FieldError>) -> Self {
        let failure = Self::new(
            ToolResult::ValidationError,
            "validation_failed",
            "some parameters are not valid",
        );
        Self { errors, ..failure }
    }

    /// The changed output would not be valid.
    pub fn invalid_output(errors: Vec<FieldError>) -> Self {
        let message = "the change would make the output invalid";
        let failure = Self::new(ToolResult::ValidationError, "invalid_component_output", message);
        Self { errors, ..failure }
    }

    fn new(result: ToolResult, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            result,
            code,
            message: message.into(),
            errors: Vec::new(),
        }
    }

    pub fn into_outcome(self) -> ToolOutcome {
        let mut data = json!({ "code": self.code, "message": self.message });
        if !self.errors.is_empty() {
            data["errors"] = json!(self.errors);
        }
        ToolOutcome {
            result: self.result,
            data,
            changes: Vec::new(),
            working: Vec::new(),
        }
    }
}
