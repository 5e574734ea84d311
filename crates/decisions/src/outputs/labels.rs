//! Who contributed what. Only the server says so.
//!
//! An item of a list, a cell and an element carry `added_by: "ai"` when they came from AI; without it they are the
//! user's. A single text from AI is named in `ai_fields` by its pointer, with item ids in the place of indices (see
//! `path`). Labels come into an output only through a draft ([`super::apply`]); from there on [`relabel`] carries them
//! from version to version:
//!
//! - an item with an id of its own keeps its label wherever it moves and however it is edited: the idea was the AI's;
//! - a cell, an element or a tradeoff entry, which is a place rather than an idea, keeps its label while its content
//!   stays the same: whoever judges anew makes it their own;
//! - a text named in `ai_fields` keeps its label while the text stays the same;
//! - whatever label a client sends is ignored.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::field_error::pointer_to;
use super::path::{self, key_of};
use super::wire::wire_enum;

wire_enum! {
    /// Who contributed an item.
    #[derive(Default)]
    AddedBy {
        #[default]
        User = "user",
        Ai = "ai",
    }
}

impl AddedBy {
    // The signature is what serde's `skip_serializing_if` calls.
    pub(crate) fn is_user(&self) -> bool {
        *self == Self::User
    }
}

pub(super) const ADDED_BY: &str = "added_by";
pub(super) const AI_FIELDS: &str = "ai_fields";

/// Takes the labels of `new` away and puts back those that `previous` justifies.
pub fn relabel(previous: Option<&Value>, new: &mut Value) {
    let (ideas, places) = previous.map(labelled).unwrap_or_default();
    visit_items(new, "", &mut |pointer, item| {
        item.shift_remove(ADDED_BY);
        let is_from_ai = match item.get("id").and_then(Value::as_str) {
            Some(id) => ideas.contains(id),
            None => places.get(pointer).is_some_and(|content| content == item),
        };
        if is_from_ai {
            label(item);
        }
    });
    let kept = previous
        .map(|previous| unchanged_fields(previous, new))
        .unwrap_or_default();
    set_ai_fields(new, kept);
}

/// The labelled items of an output: the ids of those that have one, the content of the others by their pointer.
fn labelled(output: &Value) -> (BTreeSet<String>, BTreeMap<String, Map<String, Value>>) {
    let (mut ideas, mut places) = (BTreeSet::new(), BTreeMap::new());
    let mut output = output.clone();
    visit_items(&mut output, "", &mut |pointer, item| {
        if item.shift_remove(ADDED_BY).as_ref().and_then(Value::as_str) == Some(AddedBy::Ai.as_str()) {
            match item.get("id").and_then(Value::as_str) {
                Some(id) => drop(ideas.insert(id.to_owned())),
                None => drop(places.insert(pointer.to_owned(), item.clone())),
            }
        }
    });
    (ideas, places)
}

fn unchanged_fields(previous: &Value, new: &Value) -> Vec<String> {
    let is_unchanged = |pointer: &String| {
        path::steps(pointer).is_some_and(|steps| {
            let before = path::resolve(previous, &steps);
            before.is_some() && before == path::resolve(new, &steps)
        })
    };
    ai_fields(previous).into_iter().filter(is_unchanged).collect()
}

/// The pointers in an output's `ai_fields`.
pub(super) fn ai_fields(output: &Value) -> Vec<String> {
    let names = output.get(AI_FIELDS).and_then(Value::as_array);
    names
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// Stores them; an empty list is left out.
pub(super) fn set_ai_fields(output: &mut Value, names: Vec<String>) {
    let Some(fields) = output.as_object_mut() else {
        return;
    };
    if names.is_empty() {
        fields.shift_remove(AI_FIELDS);
    } else {
        fields.insert(AI_FIELDS.to_owned(), Value::from(names));
    }
}

pub(super) fn label(item: &mut Map<String, Value>) {
    item.insert(ADDED_BY.to_owned(), Value::from(AddedBy::Ai.as_str()));
}

/// Visits every object that may carry a label, with its stable pointer.
pub(super) fn visit_items(
    value: &mut Value,
    pointer: &str,
    visit: &mut dyn FnMut(&str, &mut Map<String, Value>),
) {
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                let place = pointer_to(pointer, name);
                match inner {
                    Value::Object(cells) if name == "cells" => visit_cells(cells, &place, visit),
                    inner => visit_items(inner, &place, visit),
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                let place = match key_of(item) {
                    Some(key) => pointer_to(pointer, key),
                    None => format!("{pointer}/{index}"),
                };
                if let Some(fields) = item.as_object_mut() {
                    visit(&place, fields);
                }
                visit_items(item, &place, visit);
            }
        }
        _ => {}
    }
}

fn visit_cells(
    cells: &mut Map<String, Value>,
    pointer: &str,
    visit: &mut dyn FnMut(&str, &mut Map<String, Value>),
) {
    for (key, cell) in cells {
        if let Some(cell) = cell.as_object_mut() {
            visit(&pointer_to(pointer, key), cell);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_client_cannot_invent_or_remove_labels() {
        let previous = json!({
            "potential_decisions": [{"id": "a", "description": "x", "added_by": "ai"}, {"id": "b", "description": "y"}],
            "objectives": []
        });
        let mut new = json!({
            "potential_decisions": [{"id": "b", "description": "y", "added_by": "ai"}],
            "objectives": [{"id": "a", "description": "edited"}, {"id": "c", "description": "z", "added_by": "ai"}],
            "ai_fields": ["/focal_decision_id"]
        });
        relabel(Some(&previous), &mut new);
        assert_eq!(
            new,
            json!({
                "potential_decisions": [{"id": "b", "description": "y"}],
                "objectives": [{"id": "a", "description": "edited", "added_by": "ai"}, {"id": "c", "description": "z"}]
            })
        );
    }

    #[test]
    fn a_cell_that_is_judged_anew_is_the_users() {
        let cells = |first: i32, second: i32| {
            json!({"table": {"cells": {
                "a:o": {"rating": first, "added_by": "ai"}, "b:o": {"rating": second, "added_by": "ai"}
            }}})
        };
        let mut new = cells(1, 2);
        relabel(Some(&cells(1, 1)), &mut new);
        assert_eq!(
            new["table"]["cells"],
            json!({"a:o": {"rating": 1, "added_by": "ai"}, "b:o": {"rating": 2}})
        );
    }

    #[test]
    fn a_text_from_ai_is_named_until_it_changes() {
        let previous = json!({
            "synthesis": "s",
            "caveats": [{"id": "c", "text": "t"}],
            "ai_fields": ["/synthesis", "/caveats/c/text"]
        });
        let mut new =
            json!({"synthesis": "mine", "caveats": [{"id": "b", "text": "u"}, {"id": "c", "text": "t"}]});
        relabel(Some(&previous), &mut new);
        assert_eq!(new["ai_fields"], json!(["/caveats/c/text"]));
    }
}
