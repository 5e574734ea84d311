//! Reading fields of an output that may still be incomplete.

use serde_json::Value;
use uuid::Uuid;

/// The entries of a list; a missing list has none.
pub fn list<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    value
        .pointer(pointer)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// A text that says something: trimmed, and never empty.
pub fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    let text = value.pointer(pointer)?.as_str()?.trim();
    (!text.is_empty()).then_some(text)
}

/// The id in a field of an entry.
pub fn id(value: &Value, field: &str) -> Option<Uuid> {
    Uuid::parse_str(value.get(field)?.as_str()?).ok()
}

/// Where the entry with this id stands in a list.
pub fn place_of(entries: &[Value], field: &str, wanted: Uuid) -> Option<usize> {
    entries.iter().position(|entry| id(entry, field) == Some(wanted))
}
