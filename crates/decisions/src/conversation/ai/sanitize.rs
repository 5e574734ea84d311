//! What a model writes is cleaned before it is stored or shown.

use serde_json::Value;

use crate::outputs::text::{FREE_TEXT_MAX, cut_chars};
use crate::outputs::{AddedBy, DraftItem};

/// The longest reply, in characters.
const REPLY_MAX: usize = 100_000;

/// Fields that are the user's alone: a model proposes none of them.
const USERS_ONLY: &[&str] = &[
    "weight",
    "tolerance",
    "rank",
    "standout_option",
    "decision_affirmation",
    "cleared",
    "score",
    "overall_score",
];

/// A reply without control characters but newline and tab, cut at its limit.
pub fn clean_reply(text: &str) -> String {
    cut_chars(&without_controls(text), REPLY_MAX).to_owned()
}

/// A model's items: labelled as its own, texts without markup and cut at their limit, and nothing in them that only
/// the user decides.
pub fn clean_items(items: Vec<DraftItem>) -> Vec<DraftItem> {
    let is_the_users = |path: &str| path.split('/').any(|step| USERS_ONLY.contains(&step));
    items
        .into_iter()
        .filter(|item| !is_the_users(&item.path))
        .map(|item| DraftItem {
            added_by: AddedBy::Ai,
            value: clean_value(item.value),
            summary: clean_text(&item.summary),
            ..item
        })
        .collect()
}

fn clean_value(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(clean_text(&text)),
        Value::Array(items) => items.into_iter().map(clean_value).collect(),
        Value::Object(fields) => {
            let allowed = fields
                .into_iter()
                .filter(|(name, _)| !USERS_ONLY.contains(&name.as_str()));
            Value::Object(allowed.map(|(name, inner)| (name, clean_value(inner))).collect())
        }
        other => other,
    }
}

fn clean_text(text: &str) -> String {
    cut_chars(&without_tags(&without_controls(text)), FREE_TEXT_MAX).to_owned()
}

fn without_controls(text: &str) -> String {
    text.chars()
        .filter(|one| !one.is_control() || matches!(one, '\n' | '\t'))
        .collect()
}

/// Drops `<tag …>` and `</tag>`; a `<` that begins no tag stays.
fn without_tags(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let (before, tag) = rest.split_at(start);
        kept.push_str(before);
        let begins = tag[1..].starts_with(|one: char| one.is_ascii_alphabetic() || matches!(one, '/' | '!'));
        match tag.find('>').filter(|_| begins) {
            Some(end) => rest = &tag[end + 1..],
            None => {
                kept.push('<');
                rest = &tag[1..];
            }
        }
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outputs::DraftOp;
    use serde_json::json;
    use uuid::Uuid;

    #[test]
    fn replies_lose_controls_and_end_at_the_limit() {
        assert_eq!(clean_reply("a\u{1b}[31mb\n\tc\u{0}"), "a[31mb\n\tc");
        assert_eq!(clean_reply(&"語".repeat(100_001)).chars().count(), 100_000);
    }

    #[test]
    fn items_lose_markup_and_what_only_the_user_decides() {
        let item = |path: &str, value: Value| DraftItem {
            id: Uuid::from_u128(1),
            op: DraftOp::Add,
            path: path.to_owned(),
            value,
            added_by: AddedBy::User,
            summary: String::new(),
        };
        let cleaned = clean_items(vec![
            item(
                "/fundamental_objectives/-",
                json!({"name": "<b>Cost</b> < 5 <script>", "weight": "0.5"}),
            ),
            item("/standout_option", json!({"alternative_id": "x"})),
        ]);
        assert_eq!(cleaned.len(), 1);
        assert_eq!(
            (&cleaned[0].value, cleaned[0].added_by),
            (&json!({"name": "Cost < 5 "}), AddedBy::Ai)
        );
    }
}
