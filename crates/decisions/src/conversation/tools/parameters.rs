//! The shape of parameters and results as data: one declaration gives the JSON schema and the check.

use std::str::FromStr;

use chrono::NaiveDate;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::outputs::text::{FREE_TEXT_MAX, NOT_STORABLE, is_storable, trimmed_length};
use crate::outputs::{FieldError, FieldErrorCode as Code, parse_quantity, pointer_to};

/// A named value.
#[derive(Debug)]
pub struct Parameter {
    pub name: &'static str,
    pub kind: Kind,
    pub is_required: bool,
    pub description: &'static str,
}

/// What a value may look like.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// At least one character after trimming.
    Text {
        max: usize,
    },
    Id,
    /// An id, or what people write instead of it.
    Reference,
    Bool,
    Integer {
        min: i64,
        max: i64,
    },
    OneOf(&'static [&'static str]),
    Date,
    List(&'static Kind),
    Object(&'static [Parameter]),
    /// A list of objects that the tool checks one by one, so that a wrong one does not spoil the others.
    Each(&'static [Parameter]),
    OrNull(&'static Kind),
    /// A tolerance per objective, as decimal strings.
    Tolerances,
    /// A number between 0 and 1, for results.
    Share,
    /// A computed structure, for results.
    Computed,
}

pub const TEXT: Kind = Kind::Text { max: FREE_TEXT_MAX };
pub const NAME: Kind = Kind::Text { max: 100 };
pub const TEXTS: Kind = Kind::List(&TEXT);
pub const REFERENCES: Kind = Kind::List(&Kind::Reference);
pub const COUNT: Kind = Kind::Integer {
    min: 0,
    max: 1_000_000,
};
pub const SCORE: Kind = Kind::Integer { min: 0, max: 100 };
pub const RATING: Kind = Kind::Integer { min: -2, max: 2 };

pub const fn required(name: &'static str, kind: Kind, description: &'static str) -> Parameter {
    Parameter {
        name,
        kind,
        is_required: true,
        description,
    }
}

pub const fn optional(name: &'static str, kind: Kind, description: &'static str) -> Parameter {
    Parameter {
        name,
        kind,
        is_required: false,
        description,
    }
}

/// A field of a result.
pub const fn field(name: &'static str, kind: Kind) -> Parameter {
    Parameter {
        name,
        kind,
        is_required: true,
        description: "",
    }
}

/// The JSON schema of an object with these members and no others.
pub fn object_schema(parameters: &[Parameter]) -> Value {
    let properties: Map<String, Value> = parameters
        .iter()
        .map(|parameter| {
            let mut schema = schema(parameter.kind);
            if !parameter.description.is_empty() {
                schema["description"] = json!(parameter.description);
            }
            (parameter.name.to_owned(), schema)
        })
        .collect();
    let required: Vec<&str> = parameters
        .iter()
        .filter(|one| one.is_required)
        .map(|one| one.name)
        .collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn schema(kind: Kind) -> Value {
    match kind {
        Kind::Text { max } => json!({ "type": "string", "minLength": 1, "maxLength": max }),
        Kind::Id => json!({ "type": "string", "format": "uuid" }),
        Kind::Reference => json!({ "type": "string", "minLength": 1, "maxLength": 200 }),
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Integer { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Kind::OneOf(names) => json!({ "type": "string", "enum": names }),
        Kind::Date => json!({ "type": "string", "format": "date" }),
        Kind::List(kind) => json!({ "type": "array", "items": schema(*kind) }),
        Kind::Object(parameters) => object_schema(parameters),
        Kind::Each(parameters) => {
            json!({ "type": "array", "minItems": 1, "items": object_schema(parameters) })
        }
        Kind::OrNull(kind) => json!({ "anyOf": [schema(*kind), { "type": "null" }] }),
        Kind::Tolerances => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Kind::Share => json!({ "type": "number", "minimum": 0, "maximum": 1 }),
        Kind::Computed => json!({}),
    }
}

/// Checks an object against its declaration; every error has its pointer.
pub fn check(parameters: &[Parameter], value: &Value, pointer: &str) -> Vec<FieldError> {
    let Some(object) = value.as_object() else {
        return vec![FieldError::new(pointer, Code::WrongType, "must be an object")];
    };
    let mut errors = Vec::new();
    for parameter in parameters {
        let place = pointer_to(pointer, parameter.name);
        let is_nullable = matches!(parameter.kind, Kind::OrNull(_));
        match object
            .get(parameter.name)
            .filter(|value| is_nullable || !value.is_null())
        {
            Some(value) => check_kind(parameter.kind, value, &place, &mut errors),
            None if parameter.is_required => {
                errors.push(FieldError::new(place, Code::MissingRequired, "is required"))
            }
            None => {}
        }
    }
    for name in object
        .keys()
        .filter(|name| parameters.iter().all(|one| one.name != name.as_str()))
    {
        errors.push(FieldError::new(
            pointer_to(pointer, name),
            Code::UnknownField,
            "is not a field of this tool",
        ));
    }
    errors
}

fn check_kind(kind: Kind, value: &Value, pointer: &str, errors: &mut Vec<FieldError>) {
    match kind {
        Kind::List(kind) => match value.as_array() {
            Some(items) => {
                for (index, item) in items.iter().enumerate() {
                    check_kind(*kind, item, &format!("{pointer}/{index}"), errors);
                }
            }
            None => errors.push(FieldError::new(pointer, Code::WrongType, "must be a list")),
        },
        Kind::Object(parameters) => errors.extend(check(parameters, value, pointer)),
        Kind::Each(_) => {
            if !value.is_array() {
                errors.push(FieldError::new(pointer, Code::WrongType, "must be a list"));
            }
        }
        Kind::OrNull(kind) => {
            if !value.is_null() {
                check_kind(*kind, value, pointer, errors);
            }
        }
        Kind::Tolerances => check_tolerances(value, pointer, errors),
        kind => errors
            .extend(scalar_error(kind, value).map(|(code, message)| FieldError::new(pointer, code, message))),
    }
}

fn check_tolerances(value: &Value, pointer: &str, errors: &mut Vec<FieldError>) {
    let Some(tolerances) = value.as_object() else {
        return errors.push(FieldError::new(pointer, Code::WrongType, "must be an object"));
    };
    for (objective, tolerance) in tolerances {
        let is_valid = tolerance
            .as_str()
            .and_then(parse_quantity)
            .is_some_and(|tolerance| tolerance >= 0.into());
        if !is_valid {
            let message = "must be a decimal number as text, not negative";
            errors.push(FieldError::new(
                pointer_to(pointer, objective),
                Code::BadFormat,
                message,
            ));
        }
    }
}

fn scalar_error(kind: Kind, value: &Value) -> Option<(Code, String)> {
    let wrong = |message: &str| Some((Code::WrongType, message.to_owned()));
    match kind {
        Kind::Bool => {
            if value.is_boolean() {
                None
            } else {
                wrong("must be true or false")
            }
        }
        Kind::Integer { min, max } => match value.as_i64() {
            Some(number) if (min..=max).contains(&number) => None,
            None if !value.is_number() || value.is_f64() => wrong("must be a whole number"),
            _ => Some((
                Code::OutOfRange,
                format!("must be a whole number from {min} to {max}"),
            )),
        },
        Kind::Share => {
            let is_share = value.as_f64().is_some_and(|share| (0.0..=1.0).contains(&share));
            if is_share {
                None
            } else {
                Some((Code::OutOfRange, "must be a number from 0 to 1".to_owned()))
            }
        }
        Kind::Computed => None,
        kind => match value.as_str() {
            Some(text) => text_error(kind, text),
            None => wrong("must be a text"),
        },
    }
}

fn text_error(kind: Kind, text: &str) -> Option<(Code, String)> {
    let length = trimmed_length(text);
    match kind {
        Kind::Text { .. } | Kind::Reference if !is_storable(text) => {
            Some((Code::BadFormat, NOT_STORABLE.to_owned()))
        }
        Kind::Text { max } if length > max => {
            Some((Code::TooLong, format!("must have at most {max} characters")))
        }
        Kind::Reference if length > 200 => {
            Some((Code::TooLong, "must have at most 200 characters".to_owned()))
        }
        Kind::Text { .. } | Kind::Reference => {
            (length == 0).then(|| (Code::TooShort, "must not be empty".to_owned()))
        }
        Kind::Id => {
            let is_id = text.len() == 36 && Uuid::parse_str(text).is_ok();
            (!is_id).then(|| (Code::BadFormat, "must be an id in the form of a UUID".to_owned()))
        }
        Kind::Date => {
            let is_date = text.len() == 10 && NaiveDate::from_str(text).is_ok();
            (!is_date).then(|| {
                (
                    Code::BadFormat,
                    "must be a date in the form 2030-12-31".to_owned(),
                )
            })
        }
        Kind::OneOf(names) => (!names.contains(&text))
            .then(|| (Code::BadFormat, format!("must be one of: {}", names.join(", ")))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARAMETERS: &[Parameter] = &[
        required("name", NAME, "what it is called"),
        optional("rating", RATING, ""),
        optional("ids", Kind::List(&Kind::Id), ""),
        optional("alt", Kind::OrNull(&Kind::Reference), ""),
        optional("due", Kind::Date, ""),
        optional("tolerances", Kind::Tolerances, ""),
    ];

    #[test]
    fn every_error_is_found_at_its_place() {
        let value = json!({ "name": "ä".repeat(101), "rating": 256, "ids": ["x"], "alt": null, "due": "soon", "tolerances": { "a": "-1" }, "weight": 1 });
        let errors = check(PARAMETERS, &value, "");
        let found: Vec<(&str, Code)> = errors
            .iter()
            .map(|error| (error.pointer.as_str(), error.code))
            .collect();
        assert_eq!(
            found,
            [
                ("/name", Code::TooLong),
                ("/rating", Code::OutOfRange),
                ("/ids/0", Code::BadFormat),
                ("/due", Code::BadFormat),
                ("/tolerances/a", Code::BadFormat),
                ("/weight", Code::UnknownField),
            ]
        );
        assert_eq!(
            check(PARAMETERS, &json!({ "name": " " }), "")[0].code,
            Code::TooShort
        );
        assert_eq!(
            check(PARAMETERS, &json!({ "name": "a", "rating": 1.5 }), "")[0].code,
            Code::WrongType
        );
        assert_eq!(check(PARAMETERS, &json!([]), "")[0].code, Code::WrongType);
        assert_eq!(
            check(
                PARAMETERS,
                &json!({ "name": "日本", "rating": -2, "alt": "B" }),
                ""
            ),
            []
        );
    }

    #[test]
    fn the_schema_says_what_the_check_asks_for() {
        let schema = object_schema(PARAMETERS);
        assert_eq!(schema["required"], json!(["name"]));
        assert_eq!(
            schema["properties"]["rating"],
            json!({ "type": "integer", "minimum": -2, "maximum": 2 })
        );
        assert_eq!(schema["properties"]["name"]["description"], "what it is called");
        assert_eq!(schema["additionalProperties"], false);
    }
}
