//! Draft items: proposed changes to an output, and what the output looks like with them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::AddedBy;
use super::labels::{self, ADDED_BY, AI_FIELDS, ai_fields, set_ai_fields};
use super::path;
use super::schema::parse_id;
use super::wire::wire_enum;

wire_enum! {
    /// What a draft item does.
    DraftOp {
        /// Appends to the list named by a path that ends in `/-`.
        Add = "add",
        /// Puts a value in its place and makes the objects on the way to it.
        Set = "set",
        Remove = "remove",
    }
}

/// One proposed change. A step of the path into a list is an index or, better, the id of the item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DraftItem {
    pub id: Uuid,
    pub op: DraftOp,
    pub path: String,
    #[serde(default)]
    pub value: Value,
    #[serde(default)]
    pub added_by: AddedBy,
    /// One line for people.
    #[serde(default)]
    pub summary: String,
}

/// Why a draft item cannot be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    #[error("the path of a draft item is not a pointer into the output")]
    BadPath { item: Uuid },
    #[error("a draft item changes something that is not there")]
    NotFound { item: Uuid },
}

/// The output with the items applied in order, labelled by who contributed them. The output itself may be `null`.
///
/// Labels inside the items' values are ignored; an item's own `added_by` counts. The overall score of decision quality
/// is left to the validator, which computes it anew.
///
/// # Errors
/// An item whose path leads nowhere; then nothing is applied.
pub fn apply(output: &Value, items: &[DraftItem]) -> Result<Value, DraftError> {
    let mut result = match output {
        Value::Null => Value::Object(Map::new()),
        other => other.clone(),
    };
    for item in items {
        apply_item(&mut result, item)?;
    }
    if let Some(fields) = result.as_object_mut() {
        fields.shift_remove("overall_score");
    }
    let mut names = ai_fields(&result);
    names.retain(|name| path::steps(name).is_some_and(|steps| path::resolve(&result, &steps).is_some()));
    set_ai_fields(&mut result, names);
    Ok(result)
}

fn apply_item(output: &mut Value, item: &DraftItem) -> Result<(), DraftError> {
    let bad_path = DraftError::BadPath { item: item.id };
    let steps = path::steps(&item.path)
        .filter(|steps| !steps.is_empty())
        .ok_or(bad_path)?;
    match item.op {
        DraftOp::Add => add(output, &steps, item),
        DraftOp::Set => set(output, &steps, item),
        DraftOp::Remove => remove(output, &steps).ok_or(DraftError::NotFound { item: item.id }),
    }
}

fn add(output: &mut Value, steps: &[String], item: &DraftItem) -> Result<(), DraftError> {
    let bad_path = DraftError::BadPath { item: item.id };
    let [list_steps @ .., end] = steps else {
        return Err(bad_path);
    };
    if end != "-" {
        return Err(bad_path);
    }
    let list = make(output, list_steps).ok_or(DraftError::NotFound { item: item.id })?;
    if list.is_null() {
        *list = Value::Array(Vec::new());
    }
    let items = list.as_array_mut().ok_or(bad_path)?;
    let mut value = unlabelled(&item.value);
    let is_from_ai = item.added_by == AddedBy::Ai;
    if let Some(fields) = value.as_object_mut().filter(|_| is_from_ai) {
        labels::label(fields);
    }
    let is_text = value.is_string() && value.as_str().and_then(parse_id).is_none();
    items.push(value);
    if is_from_ai && is_text {
        name_field(output, list_steps);
    }
    Ok(())
}

fn set(output: &mut Value, steps: &[String], item: &DraftItem) -> Result<(), DraftError> {
    let is_new_cell = cell_steps(steps).is_some_and(|cell| path::resolve(output, cell).is_none());
    let target = make(output, steps).ok_or(DraftError::NotFound { item: item.id })?;
    let mut value = unlabelled(&item.value);
    let keeps_label =
        target.get(ADDED_BY).is_some() && target.get("id").is_some() && target.get("id") == value.get("id");
    if let Some(fields) = value.as_object_mut().filter(|_| keeps_label) {
        labels::label(fields);
    }
    if item.added_by == AddedBy::Ai {
        labels::visit_items(&mut value, "", &mut |_, fields| labels::label(fields));
    }
    *target = value;
    forget_fields(output, steps);
    if item.added_by == AddedBy::Ai {
        label_place(output, steps, is_new_cell);
    }
    Ok(())
}

/// Labels what AI has set: the item if the place is one, else the field by its name, unless it belongs to AI already.
fn label_place(output: &mut Value, steps: &[String], is_new_cell: bool) {
    let [parent @ .., _] = steps else { return };
    let in_list = path::resolve(output, parent).is_some_and(Value::is_array);
    let item_steps = if in_list {
        Some(steps)
    } else {
        cell_steps(steps).filter(|cell| is_new_cell || *cell == steps)
    };
    let item = item_steps
        .and_then(|steps| path::resolve_mut(output, steps))
        .and_then(Value::as_object_mut);
    if let Some(fields) = item {
        labels::label(fields);
        return;
    }
    let has_label = |value: &Value| value.get(ADDED_BY).and_then(Value::as_str) == Some(AddedBy::Ai.as_str());
    let within_ai_item =
        (1..steps.len()).any(|depth| path::resolve(output, &steps[..depth]).is_some_and(has_label));
    if !within_ai_item && path::resolve(output, steps).is_some_and(holds_own_content) {
        name_field(output, steps);
    }
}

/// Whether a value says something that no label of an item inside it covers.
fn holds_own_content(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) => items
            .iter()
            .any(|item| item.as_str().is_some_and(|text| parse_id(text).is_none())),
        Value::Object(fields) => fields
            .iter()
            .any(|(name, inner)| name != "cells" && holds_own_content(inner)),
        _ => true,
    }
}

fn remove(output: &mut Value, steps: &[String]) -> Option<()> {
    let [parent @ .., last] = steps else { return None };
    match path::resolve_mut(output, parent)? {
        Value::Object(fields) => fields.shift_remove(last).map(drop),
        Value::Array(items) => {
            let index = path::index_in(items, last)?;
            items.remove(index);
            Some(())
        }
        _ => None,
    }
}

/// The place at the end of the steps; objects and fields on the way are made, items of lists are not.
fn make<'v>(output: &'v mut Value, steps: &[String]) -> Option<&'v mut Value> {
    steps.iter().try_fold(output, |value, step| {
        if value.is_null() {
            *value = Value::Object(Map::new());
        }
        match value {
            Value::Object(fields) => Some(fields.entry(step.clone()).or_insert(Value::Null)),
            Value::Array(items) => path::index_in(items, step).map(|index| &mut items[index]),
            _ => None,
        }
    })
}

/// The steps to the cell that a path leads to or into.
fn cell_steps(steps: &[String]) -> Option<&[String]> {
    match steps {
        [table, cells, _, ..] if table == "table" && cells == "cells" => Some(&steps[..3]),
        _ => None,
    }
}

fn unlabelled(value: &Value) -> Value {
    let mut value = value.clone();
    labels::visit_items(&mut value, "", &mut |_, fields| {
        drop(fields.shift_remove(ADDED_BY))
    });
    if let Some(fields) = value.as_object_mut() {
        fields.shift_remove(ADDED_BY);
        fields.shift_remove(AI_FIELDS);
    }
    value
}

fn name_field(output: &mut Value, steps: &[String]) {
    let name = path::stable_pointer(output, steps);
    let mut names = ai_fields(output);
    if !names.contains(&name) {
        names.push(name);
    }
    set_ai_fields(output, names);
}

/// A place that is set anew no longer holds what AI wrote there.
fn forget_fields(output: &mut Value, steps: &[String]) {
    let name = path::stable_pointer(output, steps);
    let within = format!("{name}/");
    let mut names = ai_fields(output);
    names.retain(|other| *other != name && !other.starts_with(&within));
    set_ai_fields(output, names);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn item(op: DraftOp, path: &str, value: Value, added_by: AddedBy) -> DraftItem {
        DraftItem {
            id: Uuid::from_u128(9),
            op,
            path: path.to_owned(),
            value,
            added_by,
            summary: String::new(),
        }
    }

    #[test]
    fn an_item_from_ai_is_labelled_and_an_invented_label_is_not_believed() {
        let draft = [
            item(
                DraftOp::Add,
                "/caveats/-",
                json!({"id": "a", "text": "x"}),
                AddedBy::Ai,
            ),
            item(
                DraftOp::Add,
                "/caveats/-",
                json!({"id": "b", "text": "y", "added_by": "ai"}),
                AddedBy::User,
            ),
            item(DraftOp::Set, "/synthesis", json!("s"), AddedBy::Ai),
        ];
        assert_eq!(
            apply(&Value::Null, &draft),
            Ok(json!({
                "caveats": [{"id": "a", "text": "x", "added_by": "ai"}, {"id": "b", "text": "y"}],
                "synthesis": "s",
                "ai_fields": ["/synthesis"]
            }))
        );
    }

    #[test]
    fn items_are_found_by_id_and_by_index() {
        let output = json!({"caveats": [{"id": "a", "text": "x"}, {"id": "b", "text": "y"}]});
        let draft = [
            item(DraftOp::Remove, "/caveats/a", Value::Null, AddedBy::User),
            item(DraftOp::Set, "/caveats/b/text", json!("z"), AddedBy::Ai),
            item(DraftOp::Set, "/caveats/0/text", json!("mine"), AddedBy::User),
        ];
        assert_eq!(
            apply(&output, &draft[..2]).unwrap()["ai_fields"],
            json!(["/caveats/b/text"])
        );
        assert_eq!(
            apply(&output, &draft),
            Ok(json!({"caveats": [{"id": "b", "text": "mine"}]}))
        );
    }

    #[test]
    fn a_new_cell_from_ai_is_labelled_as_a_whole_and_a_known_one_by_field() {
        let output = json!({"table": {"cells": {"a:o": {"rating": 1}}}});
        let draft = [
            item(
                DraftOp::Set,
                "/table/cells/a:o/rationale",
                json!("why"),
                AddedBy::Ai,
            ),
            item(DraftOp::Set, "/table/cells/b:o/rating", json!(2), AddedBy::Ai),
        ];
        assert_eq!(
            apply(&output, &draft),
            Ok(json!({
                "table": {"cells": {
                    "a:o": {"rating": 1, "rationale": "why"}, "b:o": {"rating": 2, "added_by": "ai"}
                }},
                "ai_fields": ["/table/cells/a:o/rationale"]
            }))
        );
    }

    #[test]
    fn an_object_from_ai_labels_the_items_inside_and_names_its_texts() {
        let value = json!({"statement": "s", "constraints": [{"id": "c", "description": "d"}]});
        let result = apply(
            &json!({}),
            &[item(DraftOp::Set, "/focal_decision", value, AddedBy::Ai)],
        )
        .unwrap();
        assert_eq!(result["focal_decision"]["constraints"][0]["added_by"], "ai");
        assert_eq!(result["ai_fields"], json!(["/focal_decision"]));
    }

    #[test]
    fn a_path_that_leads_nowhere_is_refused() {
        let output = json!({"caveats": []});
        let refused = |op, path| apply(&output, &[item(op, path, json!(1), AddedBy::User)]).unwrap_err();
        let id = Uuid::from_u128(9);
        assert_eq!(
            refused(DraftOp::Remove, "/caveats/a"),
            DraftError::NotFound { item: id }
        );
        assert_eq!(
            refused(DraftOp::Set, "/caveats/a/text"),
            DraftError::NotFound { item: id }
        );
        assert_eq!(refused(DraftOp::Set, "caveats"), DraftError::BadPath { item: id });
        assert_eq!(
            refused(DraftOp::Add, "/caveats"),
            DraftError::BadPath { item: id }
        );
    }
}
