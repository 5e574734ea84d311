//! What a person may send as a message.

use althing_web::{Code, FieldProblem, Problem};

use crate::outputs::text::trimmed_length;

/// The longest message, in characters.
pub const MESSAGE_MAX: usize = 10_000;

/// The text of a message: something, and not too long. It is kept as it was typed.
#[derive(Clone, PartialEq, Eq)]
pub struct MessageText(String);

impl MessageText {
    pub fn parse(text: &str) -> Result<Self, Problem> {
        match trimmed_length(text) {
            0 => Err(refused("missing_required", "write something first")),
            length if length > MESSAGE_MAX => Err(Problem::new(
                Code::MessageTooLong,
                "a message has at most 10,000 characters; send it in parts",
            )),
            _ if text.contains('\0') => Err(refused(
                "bad_format",
                "contains a character that cannot be stored",
            )),
            _ => Ok(Self(text.to_owned())),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Its length only.
impl std::fmt::Debug for MessageText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MessageText({} bytes)", self.0.len())
    }
}

fn refused(code: &str, message: &str) -> Problem {
    Problem::validation(vec![FieldProblem::new("/content", code, message)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_and_texts_kept_as_typed() {
        assert_eq!(MessageText::parse(" née\n").unwrap().as_str(), " née\n");
        assert!(MessageText::parse(&"語".repeat(10_000)).is_ok());
        let refused = |text: &str| MessageText::parse(text).unwrap_err().code;
        assert_eq!(refused(&"語".repeat(10_001)), "message_too_long");
        assert_eq!(
            (refused(" \n"), refused("a\0")),
            ("validation_failed", "validation_failed")
        );
    }
}
