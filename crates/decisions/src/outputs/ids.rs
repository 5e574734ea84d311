//! Gives the items of an output the ids that a form or a model left out.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::ComponentType;
use super::schema::parse_cell_key;

/// The lists of a component whose items carry an id, as paths of field names.
fn lists(component: ComponentType) -> &'static [&'static [&'static str]] {
    match component {
        ComponentType::IssueRaising => &[
            &["potential_decisions"],
            &["objectives"],
            &["uncertainties"],
            &["considerations"],
        ],
        ComponentType::ProblemFrame => &[
            &["focal_decision", "constraints"],
            &["decision_hierarchy", "already_made"],
            &["decision_hierarchy", "deferred"],
            &["parties"],
            &["linked_decisions"],
        ],
        ComponentType::Objectives => &[&["fundamental_objectives"], &["means_objectives"]],
        ComponentType::Alternatives => &[&["alternatives"], &["strategy_table", "decision_columns"]],
        ComponentType::Consequences => &[&["uncertainties"]],
        ComponentType::Tradeoffs | ComponentType::DecisionQuality => &[],
        ComponentType::Recommendation => &[
            &["key_considerations"],
            &["caveats"],
            &["remaining_uncertainties"],
        ],
        ComponentType::NotesNextSteps => &[
            &["notes"],
            &["open_questions"],
            &["revisit_triggers"],
            &["planned_actions"],
            &["further_analysis_paths"],
        ],
    }
}

/// Fills in the ids of list items that have none, and the ids inside a cell from its key. Nothing else changes.
pub fn fill_ids(component: ComponentType, output: &mut Value, mint: &mut dyn FnMut() -> Uuid) {
    for path in lists(component) {
        let list = path
            .iter()
            .try_fold(&mut *output, |value, field| value.get_mut(*field));
        for item in list.and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(item) = item.as_object_mut().filter(|item| is_absent(item, "id")) {
                put_first(item, "id", mint());
            }
        }
    }
    if component == ComponentType::Consequences {
        fill_cells(output);
    }
}

fn fill_cells(output: &mut Value) {
    let cells = output.pointer_mut("/table/cells").and_then(Value::as_object_mut);
    for (key, cell) in cells.into_iter().flatten() {
        let (Some((alternative, objective)), Some(cell)) = (parse_cell_key(key), cell.as_object_mut()) else {
            continue;
        };
        for (field, id) in [("objective_id", objective), ("alternative_id", alternative)] {
            if is_absent(cell, field) {
                put_first(cell, field, id);
            }
        }
    }
}

fn is_absent(object: &Map<String, Value>, field: &str) -> bool {
    object.get(field).is_none_or(Value::is_null)
}

fn put_first(object: &mut Map<String, Value>, field: &str, id: Uuid) {
    object.shift_remove(field);
    object.shift_insert(0, field.to_owned(), Value::String(id.to_string()));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_missing_is_filled() {
        let mut next = 0;
        let mut mint = || {
            next += 1;
            Uuid::from_u128(next)
        };
        let kept = Uuid::from_u128(77);
        let mut output =
            json!({"notes": [{"text": "a"}, {"id": kept, "text": "b"}, {"id": null, "text": "c"}]});
        fill_ids(ComponentType::NotesNextSteps, &mut output, &mut mint);
        assert_eq!(
            output,
            json!({"notes": [
                {"id": Uuid::from_u128(1), "text": "a"}, {"id": kept, "text": "b"}, {"id": Uuid::from_u128(2), "text": "c"}
            ]})
        );
    }

    #[test]
    fn a_cell_takes_its_ids_from_its_key() {
        let (a, o) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let mut output = json!({"table": {"cells": {format!("{a}:{o}"): {"rating": 1}}}});
        fill_ids(ComponentType::Consequences, &mut output, &mut || {
            unreachable!("no item needs a new id")
        });
        let cell = json!({"alternative_id": a, "objective_id": o, "rating": 1});
        assert_eq!(output["table"]["cells"][format!("{a}:{o}")], cell);
    }
}
