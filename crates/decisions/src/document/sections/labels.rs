//! Which texts came from AI.

use uuid::Uuid;

use super::super::blocks::Text;
use crate::outputs::AddedBy;

/// The texts an output names as coming from AI, by pointer.
#[derive(Clone, Copy)]
pub struct Labels<'a>(pub &'a [String]);

impl Labels<'_> {
    /// A single text; it is named itself, or something around it is.
    pub fn text(self, pointer: &str, text: &str) -> Text {
        Text::labelled(text, self.covers(pointer))
    }

    /// The text that stands for an item of a list; the item carries a label, or something in it is named.
    pub fn item(self, list: &str, id: Uuid, added_by: AddedBy, text: &str) -> Text {
        let pointer = format!("{list}/{id}");
        let within = format!("{pointer}/");
        let is_named = self.covers(&pointer) || self.0.iter().any(|name| name.starts_with(&within));
        Text::labelled(text, added_by == AddedBy::Ai || is_named)
    }

    /// A text within an object whose parts may be named one by one.
    pub fn part(self, object: &str, text: &str) -> Text {
        let within = format!("{object}/");
        let is_named = self.covers(object) || self.0.iter().any(|name| name.starts_with(&within));
        Text::labelled(text, is_named)
    }

    fn covers(self, pointer: &str) -> bool {
        self.0.iter().any(|name| {
            pointer == name
                || pointer
                    .strip_prefix(name.as_str())
                    .is_some_and(|rest| rest.starts_with('/'))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_covers_what_lies_within() {
        let names = vec![
            "/focal_decision".to_owned(),
            format!("/caveats/{}/text", Uuid::nil()),
        ];
        let labels = Labels(&names);
        assert!(labels.text("/focal_decision/statement", "x").by_ai);
        assert!(!labels.text("/focal_decisions", "x").by_ai);
        assert!(labels.item("/caveats", Uuid::nil(), AddedBy::User, "x").by_ai);
        assert!(!labels.item("/caveats", Uuid::max(), AddedBy::User, "x").by_ai);
        assert!(labels.item("/caveats", Uuid::max(), AddedBy::Ai, "x").by_ai);
        assert!(
            Labels(&["/decision_maker/role".to_owned()])
                .part("/decision_maker", "x")
                .by_ai
        );
    }
}
