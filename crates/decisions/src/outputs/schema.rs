//! The shape of an output as data: types, ranges and which fields must be there.
//!
//! Each component declares its shape beside its type. Both validators walk the same shape; they differ only in
//! whether presence and minimum lengths count.

use std::str::FromStr;

use chrono::NaiveDate;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::exact_number::{ExactNumber, parse_quantity};
use super::field_error::{FieldError, FieldErrorCode as Code, pointer_to};
use super::text::{FREE_TEXT_MAX, NOT_STORABLE, is_storable, trimmed_length};

/// What a value may look like.
pub enum Shape {
    Text {
        min: usize,
        max: usize,
    },
    Id,
    Bool,
    Integer {
        min: i64,
        max: i64,
    },
    /// An exact number, not negative, with an optional upper bound.
    NotNegative {
        max: Option<u32>,
    },
    /// Any exact number.
    Exact,
    /// A measured value written as a decimal string.
    Quantity,
    Date,
    OneOf(&'static [&'static str]),
    List {
        of: &'static Shape,
        min: usize,
        max: usize,
    },
    Object(&'static [Field]),
    /// Rating cells under `"<alternative>:<objective>"`.
    Cells(&'static Shape),
    /// Text under the id of what it belongs to.
    TextById,
}

/// One field of an object.
pub struct Field {
    pub name: &'static str,
    pub shape: Shape,
    pub presence: Presence,
}

/// When a field must be there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// In every stored output: identities.
    Always,
    AtCompletion,
    Optional,
}

/// How much a validator asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Types, upper bounds, ranges: what drafts and updates must satisfy.
    Partial,
    /// Presence and minimum lengths as well: what completing a component asks for.
    Strict,
}

/// Any length up to the limit of free text.
pub const TEXT: Shape = Shape::Text {
    min: 0,
    max: FREE_TEXT_MAX,
};
/// At least one character at completion.
pub const SOME_TEXT: Shape = Shape::Text {
    min: 1,
    max: FREE_TEXT_MAX,
};
/// Plain texts without an id, such as the assumptions of an alternative.
pub const TEXT_LIST: Shape = Shape::List {
    of: &SOME_TEXT,
    min: 0,
    max: usize::MAX,
};
/// References.
pub const ID_LIST: Shape = Shape::List {
    of: &Shape::Id,
    min: 0,
    max: usize::MAX,
};
/// Who contributed an item.
pub const ADDED_BY: Field = optional("added_by", Shape::OneOf(super::AddedBy::NAMES));
/// The single texts that came from AI.
pub const AI_FIELDS: Field = optional("ai_fields", TEXT_LIST);
/// The identity of an item.
pub const ID: Field = Field {
    name: "id",
    shape: Shape::Id,
    presence: Presence::Always,
};

pub const fn required(name: &'static str, shape: Shape) -> Field {
    Field {
        name,
        shape,
        presence: Presence::AtCompletion,
    }
}

pub const fn optional(name: &'static str, shape: Shape) -> Field {
    Field {
        name,
        shape,
        presence: Presence::Optional,
    }
}

/// A reference without which an entry means nothing, in both modes.
pub const fn identity(name: &'static str) -> Field {
    Field {
        name,
        shape: Shape::Id,
        presence: Presence::Always,
    }
}

/// A list that may be empty.
pub const fn list_of(shape: &'static Shape) -> Shape {
    Shape::List {
        of: shape,
        min: 0,
        max: usize::MAX,
    }
}

/// Walks a value along its shape and adds every error found.
pub fn check(shape: &Shape, value: &Value, pointer: &str, mode: Mode, errors: &mut Vec<FieldError>) {
    match shape {
        Shape::Text { min, max } => check_text(value, *min, *max, pointer, mode, errors),
        Shape::List { of, min, max } => check_list(of, (*min, *max), value, pointer, mode, errors),
        Shape::Object(fields) => check_object(fields, value, pointer, mode, errors),
        Shape::Cells(cell) => check_cells(cell, value, pointer, mode, errors),
        Shape::TextById => check_text_by_id(value, pointer, mode, errors),
        // Not typed in yet.
        Shape::Quantity if mode == Mode::Partial && value == "" => {}
        _ => {
            if let Some((code, message)) = scalar_error(shape, value) {
                errors.push(FieldError::new(pointer, code, message));
            }
        }
    }
}

fn scalar_error(shape: &Shape, value: &Value) -> Option<(Code, String)> {
    let wrong = |message: &str| Some((Code::WrongType, message.to_owned()));
    match shape {
        Shape::Bool => {
            if value.is_boolean() {
                None
            } else {
                wrong("must be true or false")
            }
        }
        Shape::Integer { min, max } => integer_error(value, *min, *max),
        Shape::NotNegative { max } => not_negative_error(value, *max),
        Shape::Exact => match ExactNumber::from_value(value) {
            Some(_) => None,
            None if value.is_number() => Some((Code::OutOfRange, "has too many digits".to_owned())),
            None => wrong("must be a number"),
        },
        _ => {
            let Some(text) = value.as_str() else {
                return wrong("must be a text");
            };
            text_form_error(shape, text).map(|message| (Code::BadFormat, message))
        }
    }
}

fn integer_error(value: &Value, min: i64, max: i64) -> Option<(Code, String)> {
    let in_range = match value {
        Value::Number(number) if number.is_f64() => {
            return Some((Code::WrongType, "must be a whole number".to_owned()));
        }
        Value::Number(number) => number
            .as_i64()
            .is_some_and(|integer| (min..=max).contains(&integer)),
        _ => return Some((Code::WrongType, "must be a whole number".to_owned())),
    };
    (!in_range).then(|| {
        (
            Code::OutOfRange,
            format!("must be a whole number from {min} to {max}"),
        )
    })
}

fn not_negative_error(value: &Value, max: Option<u32>) -> Option<(Code, String)> {
    let Some(number) = ExactNumber::from_value(value) else {
        return scalar_error(&Shape::Exact, value);
    };
    let decimal = number.decimal();
    let too_small = decimal < 0.into();
    match max {
        Some(max) if too_small || decimal > max.into() => {
            Some((Code::OutOfRange, format!("must be a number from 0 to {max}")))
        }
        None if too_small => Some((Code::OutOfRange, "must not be negative".to_owned())),
        _ => None,
    }
}

fn text_form_error(shape: &Shape, text: &str) -> Option<String> {
    match shape {
        Shape::Id => parse_id(text)
            .is_none()
            .then(|| "must be an id in the form of a UUID".to_owned()),
        Shape::Quantity => parse_quantity(text)
            .is_none()
            .then(|| "must be a decimal number with up to 15 digits before and 6 after the point".to_owned()),
        Shape::Date => {
            let is_date = NaiveDate::from_str(text).is_ok_and(|date| date.to_string() == text);
            (!is_date).then(|| "must be a date in the form 2030-12-31".to_owned())
        }
        Shape::OneOf(names) => {
            (!names.contains(&text)).then(|| format!("must be one of: {}", names.join(", ")))
        }
        _ => None,
    }
}

fn check_text(
    value: &Value,
    min: usize,
    max: usize,
    pointer: &str,
    mode: Mode,
    errors: &mut Vec<FieldError>,
) {
    let Some(text) = value.as_str() else {
        errors.push(FieldError::new(pointer, Code::WrongType, "must be a text"));
        return;
    };
    let length = trimmed_length(text);
    if !is_storable(text) {
        errors.push(FieldError::new(pointer, Code::BadFormat, NOT_STORABLE));
    } else if length > max {
        errors.push(FieldError::new(
            pointer,
            Code::TooLong,
            format!("must have at most {max} characters"),
        ));
    } else if mode == Mode::Strict && length < min {
        let message = match min {
            1 => "must not be empty".to_owned(),
            _ => format!("must have at least {min} characters"),
        };
        errors.push(FieldError::new(pointer, Code::TooShort, message));
    }
}

fn check_list(
    of: &Shape,
    (min, max): (usize, usize),
    value: &Value,
    pointer: &str,
    mode: Mode,
    errors: &mut Vec<FieldError>,
) {
    let Some(items) = value.as_array() else {
        errors.push(FieldError::new(pointer, Code::WrongType, "must be a list"));
        return;
    };
    if items.len() > max {
        errors.push(FieldError::new(
            pointer,
            Code::TooLong,
            format!("must have at most {max} entries"),
        ));
    } else if mode == Mode::Strict && items.len() < min {
        errors.push(FieldError::new(pointer, Code::TooShort, too_few(min)));
    }
    for (index, item) in items.iter().enumerate() {
        check(of, item, &format!("{pointer}/{index}"), mode, errors);
    }
}

fn too_few(min: usize) -> String {
    match min {
        1 => "must have at least one entry".to_owned(),
        _ => format!("must have at least {min} entries"),
    }
}

fn check_object(fields: &[Field], value: &Value, pointer: &str, mode: Mode, errors: &mut Vec<FieldError>) {
    let Some(object) = as_object(value, pointer, errors) else {
        return;
    };
    for field in fields {
        let place = pointer_to(pointer, field.name);
        match object.get(field.name).filter(|value| !value.is_null()) {
            Some(value) => check(&field.shape, value, &place, mode, errors),
            None if is_missing(field.presence, mode) => {
                errors.push(FieldError::new(place, Code::MissingRequired, "is required"));
            }
            None => {}
        }
    }
    for key in object
        .keys()
        .filter(|key| fields.iter().all(|field| field.name != key.as_str()))
    {
        errors.push(FieldError::new(
            pointer_to(pointer, key),
            Code::UnknownField,
            "is not a field of this output",
        ));
    }
}

fn is_missing(presence: Presence, mode: Mode) -> bool {
    presence == Presence::Always || (presence == Presence::AtCompletion && mode == Mode::Strict)
}

fn as_object<'a>(
    value: &'a Value,
    pointer: &str,
    errors: &mut Vec<FieldError>,
) -> Option<&'a Map<String, Value>> {
    let object = value.as_object();
    if object.is_none() {
        errors.push(FieldError::new(pointer, Code::WrongType, "must be an object"));
    }
    object
}

fn check_cells(cell: &Shape, value: &Value, pointer: &str, mode: Mode, errors: &mut Vec<FieldError>) {
    let Some(cells) = as_object(value, pointer, errors) else {
        return;
    };
    for (key, content) in cells {
        let place = pointer_to(pointer, key);
        match parse_cell_key(key) {
            None => {
                let message =
                    "the key of a cell must be the alternative's id, a colon and the objective's id";
                errors.push(FieldError::new(place.clone(), Code::BadFormat, message));
            }
            Some(ids) if !agrees(content, ids) => {
                let message = "the key of a cell must agree with the ids inside";
                errors.push(FieldError::new(place.clone(), Code::Inconsistent, message));
            }
            Some(_) => {}
        }
        check(cell, content, &place, mode, errors);
    }
}

fn agrees(cell: &Value, (alternative, objective): (Uuid, Uuid)) -> bool {
    let same = |field: &str, expected| id_in(cell, field).is_none_or(|id| id == expected);
    same("alternative_id", alternative) && same("objective_id", objective)
}

fn check_text_by_id(value: &Value, pointer: &str, mode: Mode, errors: &mut Vec<FieldError>) {
    let Some(texts) = as_object(value, pointer, errors) else {
        return;
    };
    for (key, text) in texts {
        let place = pointer_to(pointer, key);
        if parse_id(key).is_none() {
            errors.push(FieldError::new(
                place.clone(),
                Code::BadFormat,
                "the key must be an id",
            ));
        }
        check(&SOME_TEXT, text, &place, mode, errors);
    }
}

/// Reads an id in its hyphenated form.
pub fn parse_id(text: &str) -> Option<Uuid> {
    (text.len() == 36).then(|| Uuid::parse_str(text).ok()).flatten()
}

/// The id in a field of an object, if there is a readable one.
pub fn id_in(value: &Value, field: &str) -> Option<Uuid> {
    value.get(field).and_then(Value::as_str).and_then(parse_id)
}

/// Reads `"<alternative>:<objective>"`.
pub fn parse_cell_key(key: &str) -> Option<(Uuid, Uuid)> {
    let (alternative, objective) = key.split_once(':')?;
    Some((parse_id(alternative)?, parse_id(objective)?))
}
