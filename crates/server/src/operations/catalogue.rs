//! Every event as people read about it.

use althing_backbone::{EventDescriptor, EventRegistry};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// An event type in its newest version.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Described {
    /// Its name.
    pub event_type: &'static str,
    /// Its newest version.
    pub version: u32,
    /// Who publishes it.
    pub context: &'static str,
    /// What it belongs to.
    pub aggregate: &'static str,
    /// One sentence.
    pub description: &'static str,
    /// Its payload.
    pub fields: Vec<Field>,
    /// Which subscriptions listen.
    pub consumers: Vec<String>,
}

/// A field of a payload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type, in words of JSON Schema.
    pub r#type: String,
    /// Whether it is always there.
    pub required: bool,
    /// Whether it is stored encrypted under the person's key.
    pub personal: bool,
}

/// The whole catalogue, by name.
pub fn describe(registry: &EventRegistry, consumers_of: impl Fn(&str) -> Vec<String>) -> Vec<Described> {
    registry
        .events()
        .map(|event| Described {
            event_type: event.event_type,
            version: event.version,
            context: event.context,
            aggregate: event.aggregate,
            description: event.description,
            fields: fields(event),
            consumers: consumers_of(event.event_type),
        })
        .collect()
}

fn fields(event: &EventDescriptor) -> Vec<Field> {
    let schema = event.schema();
    let required: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties
        .map(|(name, property)| Field {
            r#type: type_of(property),
            required: required.contains(&name.as_str()),
            personal: event.personal.contains(&name.as_str()),
            name: name.clone(),
        })
        .collect()
}

/// `uuid`, `string`, `integer or null`, `list of string`, `password | link | oidc`.
fn type_of(schema: &Value) -> String {
    if let Some(choices) = schema["enum"].as_array() {
        return join(
            choices
                .iter()
                .map(|choice| choice.as_str().unwrap_or("null").to_owned()),
        );
    }
    if let Some(word) = schema["const"].as_str() {
        return word.to_owned();
    }
    if let Some(either) = schema["oneOf"].as_array().or(schema["anyOf"].as_array()) {
        return join(either.iter().map(type_of));
    }
    match &schema["type"] {
        Value::Array(types) => join(
            types
                .iter()
                .map(|one| single(one.as_str().unwrap_or("any"), schema)),
        ),
        Value::String(one) => single(one, schema),
        _ => "any".into(),
    }
}

fn single(name: &str, schema: &Value) -> String {
    match (name, schema["format"].as_str()) {
        ("string", Some(format)) => format.to_owned(),
        ("array", _) => format!("list of {}", type_of(&schema["items"])),
        _ => name.to_owned(),
    }
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(" | ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_backbone::EventDescriptor;
    use althing_events::identity::UserLoggedIn;

    #[test]
    fn fields_are_described_in_words() {
        let field = |name: &str, kind: &str, required, personal| Field {
            name: name.into(),
            r#type: kind.into(),
            required,
            personal,
        };
        assert_eq!(
            fields(&EventDescriptor::of::<UserLoggedIn>()),
            [
                field("user_id", "uuid", true, false),
                field("method", "password | link | oidc", true, false),
                field("session_id", "uuid", true, false),
                field("ip_hash", "string | null", false, true),
                field("user_agent", "string | null", false, true),
            ]
        );
    }
}
