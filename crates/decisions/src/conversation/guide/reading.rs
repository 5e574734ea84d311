//! One message being read: what was understood, what becomes a draft item, what is asked back.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::context::GuideContext;
use super::fields;
use super::state::GuideState;
use crate::outputs::text::cut_chars;
use crate::outputs::{AddedBy, DraftItem, DraftOp, apply};

/// How much of an item its one-line summary shows.
const SUMMARY_CHARACTERS: usize = 160;

/// A line that was not understood, and what the guide wants to know about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unclear {
    pub line: String,
    pub question: String,
}

pub struct Reading<'a> {
    pub context: &'a GuideContext<'a>,
    pub state: GuideState,
    pub items: Vec<DraftItem>,
    pub understood: Vec<String>,
    pub unclear: Vec<Unclear>,
    content: Value,
    applied: usize,
    new_id: &'a mut dyn FnMut() -> Uuid,
}

impl<'a> Reading<'a> {
    pub fn new(
        context: &'a GuideContext<'a>,
        state: &GuideState,
        new_id: &'a mut dyn FnMut() -> Uuid,
    ) -> Self {
        let content = if context.content.is_object() {
            context.content.clone()
        } else {
            json!({})
        };
        Self {
            context,
            state: state.clone(),
            items: Vec::new(),
            understood: Vec::new(),
            unclear: Vec::new(),
            content,
            applied: 0,
            new_id,
        }
    }

    /// Output, draft and everything understood so far.
    pub fn content(&mut self) -> &Value {
        let pending = &self.items[self.applied..];
        if !pending.iter().all(|item| append(&mut self.content, item)) {
            // Applying copies the content; lines that only lengthen a list are spared that.
            self.content = apply(self.context.content, &self.items)
                .expect("the guide addresses only what the content holds");
        }
        self.applied = self.items.len();
        &self.content
    }

    /// A new entry of a list whose entries have an id; returns the id.
    pub fn add(&mut self, list: &str, value: Value, label: &str, text: &str) -> Uuid {
        let id = (self.new_id)();
        let mut entry = Map::from_iter([("id".to_owned(), json!(id))]);
        entry.extend(value.as_object().cloned().unwrap_or_default());
        self.push(
            DraftOp::Add,
            format!("{list}/-"),
            Value::Object(entry),
            label,
            text,
        );
        id
    }

    /// A new entry of a list whose entries are known by another field.
    pub fn add_plain(&mut self, list: &str, value: Value, label: &str, text: &str) {
        self.push(DraftOp::Add, format!("{list}/-"), value, label, text);
    }

    pub fn set(&mut self, path: impl Into<String>, value: Value, label: &str, text: &str) {
        self.push(DraftOp::Set, path.into(), value, label, text);
    }

    pub fn remove(&mut self, path: impl Into<String>, label: &str, text: &str) {
        self.push(DraftOp::Remove, path.into(), Value::Null, label, text);
    }

    /// What follows from the user's words without having been typed, such as the zeros of the status quo.
    /// It goes into the draft like anything else but is not listed as understood.
    pub fn derive(&mut self, path: impl Into<String>, value: Value, label: &str, text: &str) {
        self.push(DraftOp::Set, path.into(), value, label, text);
        self.understood.pop();
    }

    /// A line the output says already.
    pub fn already(&mut self, label: &str, text: &str) {
        self.understood.push(format!(
            "{label}: {} (already there)",
            cut_chars(text, SUMMARY_CHARACTERS)
        ));
    }

    /// Shows a line back as a question.
    pub fn ask(&mut self, line: &str, question: impl Into<String>) {
        self.unclear.push(Unclear {
            line: line.to_owned(),
            question: question.into(),
        });
    }

    /// Whether a list has an entry whose field holds the same text.
    pub fn has_text(&mut self, list: &str, field: &str, text: &str) -> bool {
        let text = text.trim();
        let says = |entry: &Value| {
            entry
                .get(field)
                .and_then(Value::as_str)
                .is_some_and(|known| known.trim() == text)
        };
        fields::list(self.content(), list).iter().any(says)
    }

    fn push(&mut self, op: DraftOp, path: String, value: Value, label: &str, text: &str) {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let shown = cut_chars(&text, SUMMARY_CHARACTERS);
        let summary = if shown.is_empty() {
            label.to_owned()
        } else {
            format!("{label}: {shown}")
        };
        self.understood.push(summary.clone());
        let id = (self.new_id)();
        self.items.push(DraftItem {
            id,
            op,
            path,
            value,
            added_by: AddedBy::User,
            summary,
        });
    }
}

/// Adds an item to a list of the content that lies on a path of plain fields; `false` for any other change.
fn append(content: &mut Value, item: &DraftItem) -> bool {
    let Some(list) = item.path.strip_suffix("/-").filter(|_| item.op == DraftOp::Add) else {
        return false;
    };
    let Some(entries) = content.pointer_mut(list).and_then(Value::as_array_mut) else {
        return false;
    };
    entries.push(item.value.clone());
    true
}
