//! Pointers into an output that survive reordering: an item of a list is named by its id instead of its index.
//!
//! Such a pointer reads like a JSON pointer, `/alternatives/0192…/description`. A step into a list may be an index or
//! the key of an item: its `id`, or what identifies an item that has none (its alternative, objective or name).

use serde_json::Value;

use super::field_error::pointer_to;

/// Reads the steps of a pointer; `None` if it does not begin with a slash.
pub fn steps(pointer: &str) -> Option<Vec<String>> {
    if pointer.is_empty() {
        return Some(Vec::new());
    }
    let rest = pointer.strip_prefix('/')?;
    Some(
        rest.split('/')
            .map(|step| step.replace("~1", "/").replace("~0", "~"))
            .collect(),
    )
}

/// What identifies an item among the others of its list.
pub fn key_of(item: &Value) -> Option<&str> {
    ["id", "alternative_id", "objective_id", "name"]
        .iter()
        .find_map(|field| item.get(field)?.as_str())
}

/// The index of an item in a list, by key or by number.
pub fn index_in(items: &[Value], step: &str) -> Option<usize> {
    items
        .iter()
        .position(|item| key_of(item) == Some(step))
        .or_else(|| {
            let index = step.parse().ok()?;
            (index < items.len()).then_some(index)
        })
}

fn child<'v>(value: &'v Value, step: &str) -> Option<&'v Value> {
    match value {
        Value::Object(fields) => fields.get(step),
        Value::Array(items) => index_in(items, step).map(|index| &items[index]),
        _ => None,
    }
}

/// What stands at the end of the steps.
pub fn resolve<'v>(value: &'v Value, steps: &[String]) -> Option<&'v Value> {
    steps.iter().try_fold(value, |value, step| child(value, step))
}

/// The same for writing.
pub fn resolve_mut<'v>(value: &'v mut Value, steps: &[String]) -> Option<&'v mut Value> {
    steps.iter().try_fold(value, |value, step| match value {
        Value::Object(fields) => fields.get_mut(step),
        Value::Array(items) => index_in(items, step).map(|index| &mut items[index]),
        _ => None,
    })
}

/// The pointer with keys in the place of indices, as far as items have keys.
pub fn stable_pointer(value: &Value, steps: &[String]) -> String {
    let mut pointer = String::new();
    let mut place = Some(value);
    for step in steps {
        let next = place.and_then(|value| child(value, step));
        let in_list = place.is_some_and(Value::is_array);
        let key = next.filter(|_| in_list).and_then(key_of).unwrap_or(step);
        pointer = pointer_to(&pointer, key);
        place = next;
    }
    pointer
}
