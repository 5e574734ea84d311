//! The tools with which a component states the rules that its shape cannot express.
//!
//! Rules look at the JSON and not at the loaded type, so that they also find what is wrong next to a field that has
//! the wrong type; whatever they cannot read they leave to the shape.

use std::collections::BTreeSet;

use serde_json::Value;
use uuid::Uuid;

use super::References;
use super::field_error::{FieldError, FieldErrorCode as Code};
use super::schema::{Mode, id_in, parse_id};

/// Collects what the rules of a component refuse.
pub struct Rules<'a> {
    pub references: &'a References,
    mode: Mode,
    errors: Vec<FieldError>,
}

impl<'a> Rules<'a> {
    pub fn new(mode: Mode, references: &'a References) -> Self {
        Self {
            references,
            mode,
            errors: Vec::new(),
        }
    }

    pub fn into_errors(self) -> Vec<FieldError> {
        self.errors
    }

    pub fn is_strict(&self) -> bool {
        self.mode == Mode::Strict
    }

    pub fn refuse(&mut self, pointer: impl Into<String>, code: Code, message: impl Into<String>) {
        self.errors.push(FieldError::new(pointer, code, message));
    }

    /// A single reference must be among the known ids.
    pub fn known(
        &mut self,
        object: &Value,
        pointer: &str,
        field: &str,
        known: &BTreeSet<Uuid>,
        message: &str,
    ) {
        if id_in(object, field).is_some_and(|id| !known.contains(&id)) {
            self.refuse(format!("{pointer}/{field}"), Code::UnknownReference, message);
        }
    }

    /// Every reference of a list must be among the known ids.
    pub fn all_known(
        &mut self,
        object: &Value,
        pointer: &str,
        field: &str,
        known: &BTreeSet<Uuid>,
        message: &str,
    ) {
        for (place, item) in items(object, pointer, field) {
            if item
                .as_str()
                .and_then(parse_id)
                .is_some_and(|id| !known.contains(&id))
            {
                self.refuse(place, Code::UnknownReference, message);
            }
        }
    }

    /// No id stands twice in a list of ids.
    pub fn unique_ids(&mut self, object: &Value, pointer: &str, field: &str) {
        let read = |item: &Value| item.as_str().and_then(parse_id);
        self.unique(items(object, pointer, field), read, "this id is listed twice");
    }

    /// No text stands twice in a list of texts.
    pub fn unique_texts(&mut self, object: &Value, pointer: &str, field: &str, message: &str) {
        let read = |item: &Value| item.as_str().map(|text| text.trim().to_owned());
        self.unique(items(object, pointer, field), read, message);
    }

    /// No two entries of a list have the same text in a field that identifies them.
    pub fn unique_by(&mut self, object: &Value, pointer: &str, field: &str, key: &str, message: &str) {
        let read = |item: &Value| item.get(key).and_then(Value::as_str).map(str::to_lowercase);
        self.unique(items(object, pointer, field), read, message);
    }

    /// No two entries of a list have the same name, ignoring case; empty names are not compared.
    pub fn unique_names(&mut self, object: &Value, field: &str, message: &str) {
        let read = |item: &Value| {
            let name = item.get("name").and_then(Value::as_str)?.trim().to_lowercase();
            (!name.is_empty()).then_some(name)
        };
        let places = items(object, "", field).map(|(place, item)| (format!("{place}/name"), item));
        let mut seen = BTreeSet::new();
        for (place, item) in places {
            if read(item).is_some_and(|name| !seen.insert(name)) {
                self.refuse(place, Code::Duplicate, message);
            }
        }
    }

    fn unique<'v, K: Ord>(
        &mut self,
        items: impl Iterator<Item = (String, &'v Value)>,
        read: impl Fn(&Value) -> Option<K>,
        message: &str,
    ) {
        let mut seen = BTreeSet::new();
        for (place, item) in items {
            if read(item).is_some_and(|key| !seen.insert(key)) {
                self.refuse(place, Code::Duplicate, message);
            }
        }
    }
}

/// The entries of a list in an object, each with its pointer; nothing if there is no list.
pub fn items<'v>(
    object: &'v Value,
    pointer: &str,
    field: &str,
) -> impl Iterator<Item = (String, &'v Value)> + use<'v> {
    let list = format!("{pointer}/{field}");
    let entries = object
        .get(field)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    entries
        .iter()
        .enumerate()
        .map(move |(index, item)| (format!("{list}/{index}"), item))
}

/// The ids of the entries of a list.
pub fn ids(object: &Value, field: &str) -> BTreeSet<Uuid> {
    items(object, "", field)
        .filter_map(|(_, item)| id_in(item, "id"))
        .collect()
}

/// The ids in a list of ids.
pub fn id_set(object: &Value, field: &str) -> BTreeSet<Uuid> {
    items(object, "", field)
        .filter_map(|(_, item)| item.as_str().and_then(parse_id))
        .collect()
}
