//! A question of the guide, and which ones are still open.

use super::state::GuideState;

/// One question, in the order of its component's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Names the question in the state; unique within a component.
    pub key: String,
    /// What the user reads; Markdown.
    pub text: String,
    pub kind: Kind,
    /// Whether output or draft answer it already.
    pub is_answered: bool,
}

/// How a question may be left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Completion needs an answer.
    Required,
    /// `none` is an answer, and any answer is enough.
    Optional,
    /// `none` is an answer; without it the question comes again until all of it is answered.
    OptionalUntilAnswered,
}

impl Question {
    pub fn required(key: impl Into<String>, text: impl Into<String>, is_answered: bool) -> Self {
        Self {
            key: key.into(),
            text: text.into(),
            kind: Kind::Required,
            is_answered,
        }
    }

    pub fn optional(key: impl Into<String>, text: impl Into<String>, is_answered: bool) -> Self {
        Self {
            key: key.into(),
            text: text.into(),
            kind: Kind::Optional,
            is_answered,
        }
    }

    pub fn until_answered(key: impl Into<String>, text: impl Into<String>, is_answered: bool) -> Self {
        Self {
            key: key.into(),
            text: text.into(),
            kind: Kind::OptionalUntilAnswered,
            is_answered,
        }
    }

    pub fn is_open(&self, state: &GuideState) -> bool {
        let is_passed = self.kind != Kind::Required && state.passed.contains(&self.key);
        !self.is_answered && !is_passed
    }
}
