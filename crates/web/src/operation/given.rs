//! What handlers answer.

use axum::Extension;
use axum::response::Response;
use schemars::JsonSchema;
use serde_json::{Value, json};

use super::{Content, Operation, Success};
use crate::{Accepted, Created, Data, List, NoContent, Problem};

/// Something that a handler answers.
pub trait Given {
    /// Tells its status and its body.
    fn describe(operation: &mut Operation<'_>);
}

/// 303, to another page.
pub struct Redirect;

/// 101, and a WebSocket from then on.
pub struct Upgrade;

fn one<T: JsonSchema>(operation: &mut Operation<'_>, status: u16) {
    let data = operation.shown::<T>().to_value();
    json_answer(
        operation,
        status,
        json!({ "type": "object", "properties": { "data": data }, "required": ["data"], "additionalProperties": false }),
    );
}

fn json_answer(operation: &mut Operation<'_>, status: u16, schema: Value) {
    operation.answers.push(Success {
        status,
        content: Content::Json(schema),
    });
}

fn empty(operation: &mut Operation<'_>, status: u16) {
    operation.answers.push(Success {
        status,
        content: Content::Nothing,
    });
}

impl<T: JsonSchema> Given for Data<T> {
    fn describe(operation: &mut Operation<'_>) {
        one::<T>(operation, 200);
    }
}

impl<T: JsonSchema> Given for Created<T> {
    fn describe(operation: &mut Operation<'_>) {
        one::<T>(operation, 201);
    }
}

impl<T: JsonSchema> Given for Accepted<T> {
    fn describe(operation: &mut Operation<'_>) {
        one::<T>(operation, 202);
    }
}

impl<T: JsonSchema> Given for List<T> {
    fn describe(operation: &mut Operation<'_>) {
        let data = operation.shown::<Vec<T>>().to_value();
        let meta = json!({
            "type": "object", "additionalProperties": false,
            "properties": {
                "total": { "description": "How many there are on all pages, if that is known.", "type": "integer", "minimum": 0 },
                "next_cursor": { "description": "Where the next page begins; absent on the last.", "type": "string" },
            },
        });
        json_answer(
            operation,
            200,
            json!({
                "type": "object", "properties": { "data": data, "meta": meta }, "required": ["data", "meta"],
                "additionalProperties": false,
            }),
        );
    }
}

impl Given for NoContent {
    fn describe(operation: &mut Operation<'_>) {
        empty(operation, 204);
    }
}

impl Given for Redirect {
    fn describe(operation: &mut Operation<'_>) {
        empty(operation, 303);
    }
}

impl Given for Upgrade {
    fn describe(operation: &mut Operation<'_>) {
        empty(operation, 101);
    }
}

/// A response says nothing of itself; the module does, with [`crate::Module::gives`].
impl Given for Response {
    fn describe(_: &mut Operation<'_>) {}
}

/// Problems are the same everywhere.
impl<T: Given> Given for Result<T, Problem> {
    fn describe(operation: &mut Operation<'_>) {
        T::describe(operation);
    }
}

/// With something for the edge.
impl<E, T: Given> Given for (Extension<E>, T) {
    fn describe(operation: &mut Operation<'_>) {
        T::describe(operation);
    }
}

/// Either of two.
impl<A: Given, B: Given> Given for (A, B) {
    fn describe(operation: &mut Operation<'_>) {
        A::describe(operation);
        B::describe(operation);
    }
}
