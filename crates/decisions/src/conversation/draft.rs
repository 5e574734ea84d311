//! Draft items against the output they would change: joining, checking, and what is still missing.

use althing_backbone::Uuid;
use serde_json::{Value, json};

use crate::cycle::port::Surroundings;
use crate::outputs::{
    ComponentType, DraftError, DraftItem, DraftOp, FieldError, FieldErrorCode, Output, Outputs, References,
    apply, fill_ids, readiness, relabel, validate_partial,
};

/// The items of a draft with new ones behind them. Setting a place again takes the place of setting it before, as long
/// as nothing in between builds upon it; what is removed while it is still proposed was never proposed.
pub fn joined(items: Vec<DraftItem>, new: Vec<DraftItem>) -> Vec<DraftItem> {
    new.into_iter().fold(items, join)
}

fn join(mut items: Vec<DraftItem>, new: DraftItem) -> Vec<DraftItem> {
    if new.op == DraftOp::Set
        && let Some(place) = items
            .iter()
            .position(|one| one.op == DraftOp::Set && one.path == new.path)
        && !items[place + 1..]
            .iter()
            .any(|later| touches(&later.path, &new.path))
    {
        items[place] = DraftItem {
            id: items[place].id,
            ..new
        };
        return items;
    }
    if new.op == DraftOp::Remove
        && let Some(place) = items
            .iter()
            .position(|one| added_path(one).as_deref() == Some(new.path.as_str()))
    {
        let mut index = 0;
        items.retain(|one| {
            let is_kept = index < place || (index > place && !touches(&one.path, &new.path));
            index += 1;
            is_kept
        });
        return items;
    }
    items.push(new);
    items
}

/// Whether a path is a place or lies within it.
fn touches(path: &str, place: &str) -> bool {
    path == place || path.strip_prefix(place).is_some_and(|rest| rest.starts_with('/'))
}

/// The path of the item that an `add` makes.
fn added_path(item: &DraftItem) -> Option<String> {
    let list = item.path.strip_suffix("/-").filter(|_| item.op == DraftOp::Add)?;
    Some(format!("{list}/{}", item.value.get("id")?.as_str()?))
}

/// The output with its draft; without a draft that fits, the output alone.
pub fn content(output: Option<&Value>, items: &[DraftItem]) -> Value {
    let output = output.cloned().unwrap_or_else(|| json!({}));
    apply(&output, items).unwrap_or(output)
}

/// The output with the items applied, if the command that replaces outputs would accept it.
pub fn check(
    around: &Surroundings,
    items: &[DraftItem],
    mint: &mut dyn FnMut() -> Uuid,
) -> Result<Output, Vec<FieldError>> {
    let component = around.component.component_type;
    let output = around.output.clone().unwrap_or(Value::Null);
    let applied = apply(&output, items).map_err(|error| vec![misfit(items, error)])?;
    let mut value = applied.clone();
    fill_ids(component, &mut value, mint);
    relabel(Some(&applied), &mut value);
    validate_partial(component, &value, &References::of(&around.outputs))
}

/// An item that leads nowhere, by its place among the items.
pub fn misfit(items: &[DraftItem], error: DraftError) -> FieldError {
    let (DraftError::BadPath { item } | DraftError::NotFound { item }) = error;
    let place = items.iter().position(|one| one.id == item).unwrap_or_default();
    FieldError::new(
        format!("/items/{place}"),
        FieldErrorCode::UnknownReference,
        "what this changes is not there",
    )
}

/// Whether everything that completing requires is there.
pub fn is_complete(around: &Surroundings, content: Output) -> bool {
    let component = around.component.component_type;
    let is_outdated =
        component == ComponentType::Tradeoffs && around.cycle.is_based_on_older_input(component);
    let is_changed = around.output.as_ref() != Some(&content.to_value());
    let mut outputs: Outputs = around.outputs.clone();
    let value = content.to_value();
    outputs.insert(content);
    readiness(component, &value, &References::of(&outputs)).is_ok() && (is_changed || !is_outdated)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outputs::AddedBy;

    fn item(id: u128, op: DraftOp, path: &str, value: Value) -> DraftItem {
        let summary = String::new();
        DraftItem {
            id: Uuid::from_u128(id),
            op,
            path: path.to_owned(),
            value,
            added_by: AddedBy::User,
            summary,
        }
    }

    #[test]
    fn setting_again_replaces_and_removing_what_is_proposed_takes_it_back() {
        let draft = vec![
            item(1, DraftOp::Set, "/synthesis", json!("a")),
            item(2, DraftOp::Add, "/caveats/-", json!({"id": "x", "text": "t"})),
            item(3, DraftOp::Set, "/caveats/x/text", json!("u")),
        ];
        let new = vec![
            item(4, DraftOp::Set, "/synthesis", json!("b")),
            item(5, DraftOp::Remove, "/caveats/x", Value::Null),
            item(6, DraftOp::Remove, "/caveats/y", Value::Null),
        ];
        let all = joined(draft, new);
        let ids: Vec<u128> = all.iter().map(|one| one.id.as_u128()).collect();
        assert_eq!(ids, [1, 6]);
        assert_eq!(all[0].value, "b");
    }

    #[test]
    fn a_place_that_was_built_upon_is_set_behind_it() {
        let draft = vec![
            item(1, DraftOp::Set, "/focal_decision", json!({"statement": "a"})),
            item(2, DraftOp::Set, "/focal_decision/statement", json!("b")),
        ];
        let all = joined(draft, vec![item(3, DraftOp::Set, "/focal_decision", json!({}))]);
        assert_eq!(all.len(), 3);
    }
}
