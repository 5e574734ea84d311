//! What handlers take.

use axum::Extension;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use schemars::JsonSchema;
use serde_json::{Value, json};

use super::{Operation, QueryParameter};
use crate::{Actor, Body, ClientAddress, Ctx, Paging, PathId, PathId2, QueryOf};

/// Something that a handler takes.
pub trait Taken {
    /// Tells its part of the request.
    fn describe(operation: &mut Operation<'_>);
}

macro_rules! not_of_the_request {
    ($($kind:ty $(where $parameter:ident)?),+ $(,)?) => {$(
        impl$(<$parameter>)? Taken for $kind {
            fn describe(_: &mut Operation<'_>) {}
        }
    )+};
}
not_of_the_request! {
    State<S> where S, Extension<T> where T, Option<Extension<T>> where T, Result<WebSocketUpgrade, E> where E,
    Actor, Ctx, ClientAddress, HeaderMap, Parts, Uri,
}

impl<T: JsonSchema> Taken for Body<T> {
    fn describe(operation: &mut Operation<'_>) {
        operation.body = Some(Operation::sent::<T>());
    }
}

impl<T: JsonSchema> Taken for PathId<T> {
    fn describe(operation: &mut Operation<'_>) {
        operation.path = vec![Operation::sent::<T>()];
    }
}

impl<A: JsonSchema, B: JsonSchema> Taken for PathId2<A, B> {
    fn describe(operation: &mut Operation<'_>) {
        operation.path = vec![Operation::sent::<A>(), Operation::sent::<B>()];
    }
}

impl Taken for Path<String> {
    fn describe(operation: &mut Operation<'_>) {
        operation.path = vec![Operation::sent::<String>()];
    }
}

impl Taken for Path<(String, String)> {
    fn describe(operation: &mut Operation<'_>) {
        operation.path = vec![Operation::sent::<String>(), Operation::sent::<String>()];
    }
}

impl<const UNLESS_TOLD: usize> Taken for Paging<UNLESS_TOLD> {
    fn describe(operation: &mut Operation<'_>) {
        let limit = json!({
            "description": "How many at most.", "type": "integer", "minimum": 1, "maximum": crate::paging::MOST, "default": UNLESS_TOLD,
        });
        let cursor = json!({ "description": "The `next_cursor` of the page before.", "type": "string" });
        operation.query.extend(
            [("limit", limit), ("cursor", cursor)].map(|(name, schema)| QueryParameter {
                name: name.to_owned(),
                schema,
                is_required: false,
            }),
        );
    }
}

impl<T: JsonSchema> Taken for QueryOf<T> {
    fn describe(operation: &mut Operation<'_>) {
        let whole = Operation::sent::<T>();
        let required = |name: &str| {
            whole["required"]
                .as_array()
                .is_some_and(|all| all.iter().any(|one| one == name))
        };
        for (name, schema) in whole["properties"].as_object().into_iter().flatten() {
            operation.query.push(QueryParameter {
                name: name.clone(),
                schema: without_null(schema.clone()),
                is_required: required(name),
            });
        }
    }
}

/// What is left out of a query is not there; there is no word for nothing.
fn without_null(mut schema: Value) -> Value {
    let Some(members) = schema.as_object_mut() else {
        return schema;
    };
    if let Some(Value::Array(kinds)) = members.get_mut("type") {
        kinds.retain(|kind| kind != "null");
        if let [one] = kinds.as_slice() {
            let one = one.clone();
            members.insert("type".to_owned(), one);
        }
    }
    if let Some(Value::Array(choices)) = members.get_mut("enum") {
        choices.retain(|choice| !choice.is_null());
    }
    if let Some(Value::Array(kinds)) = members.get_mut("anyOf") {
        kinds.retain(|kind| kind["type"] != "null");
        if let [Value::Object(one)] = kinds.as_slice() {
            let one = one.clone();
            members.remove("anyOf");
            members.extend(one);
        }
    }
    members.retain(|name, value| name != "default" || !value.is_null());
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its shape is asked for")]
    struct Wish {
        size: u8,
        colour: Option<Colour>,
        name: Option<String>,
    }

    #[derive(JsonSchema)]
    #[schemars(rename_all = "snake_case")]
    #[expect(dead_code, reason = "only its shape is asked for")]
    enum Colour {
        Red,
        Green,
    }

    #[test]
    fn a_query_is_told_parameter_by_parameter() {
        let mut schemas = crate::Schemas::default();
        let mut operation = Operation::new(&mut schemas);
        QueryOf::<Wish>::describe(&mut operation);
        let told: Vec<_> = operation
            .query
            .iter()
            .map(|one| {
                (
                    one.name.as_str(),
                    one.is_required,
                    one.schema.get("type"),
                    one.schema.get("enum"),
                )
            })
            .collect();
        let (text, whole, colours) = (json!("string"), json!("integer"), json!(["red", "green"]));
        assert_eq!(
            told,
            [
                ("size", true, Some(&whole), None),
                ("colour", false, Some(&text), Some(&colours)),
                ("name", false, Some(&text), None),
            ]
        );
    }
}
