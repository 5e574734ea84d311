//! From serde's errors to a field's JSON pointer and a sentence without its value.

use serde_path_to_error::{Path, Segment};

use crate::FieldProblem;

/// `/alternatives/0/name` from a path of serde.
fn pointer(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => push(&mut pointer, key),
            Segment::Enum { variant } => push(&mut pointer, variant),
            Segment::Unknown => {}
        }
    }
    pointer
}

fn push(pointer: &mut String, name: &str) {
    pointer.push('/');
    pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
}

/// The field problem of a value that has the wrong shape. The message never
/// repeats what was sent.
pub(crate) fn field_problem(path: &Path, message: &str) -> FieldProblem {
    let mut field = pointer(path);
    let message = message.rsplit_once(" at line ").map_or(message, |(text, _)| text);
    if let Some(name) = quoted_after(message, "missing field `") {
        push(&mut field, name);
        return FieldProblem::new(field, "required", "is required");
    }
    if let Some(name) = quoted_after(message, "unknown field `") {
        if !field.ends_with(&format!("/{name}")) {
            push(&mut field, name);
        }
        return FieldProblem::new(field, "unknown_field", "is not known here");
    }
    if let Some(name) = quoted_after(message, "duplicate field `") {
        if !field.ends_with(&format!("/{name}")) {
            push(&mut field, name);
        }
        return FieldProblem::new(field, "duplicate_field", "is given twice");
    }
    if message.starts_with("unknown variant") {
        // The last one: what was sent stands before it and may say the same.
        let choices = message
            .rsplit_once("expected ")
            .map_or("a known word", |(_, rest)| rest);
        return FieldProblem::new(
            field,
            "invalid_choice",
            format!("must be {}", choices.replace('`', "")),
        );
    }
    if message == "expected value" {
        return FieldProblem::new(field, "invalid_type", "is of another kind than what belongs here");
    }
    match message.rsplit_once("expected ") {
        Some((_, wanted)) => FieldProblem::new(field, "invalid_type", format!("must be {}", plain(wanted))),
        None => FieldProblem::new(field, "invalid", "is not valid"),
    }
}

fn quoted_after<'a>(message: &'a str, start: &str) -> Option<&'a str> {
    message.strip_prefix(start)?.split('`').next()
}

/// Words for people instead of Rust's names of types.
fn plain(wanted: &str) -> &str {
    match wanted {
        "a string" | "str" | "a borrowed string" => "text",
        "a boolean" | "bool" => "true or false",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, zero or above",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a sequence" => "a list",
        "a map" => "an object",
        other if other.starts_with("struct ") => "an object",
        other => other,
    }
}
