//! The shapes of every successful answer.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

#[derive(Serialize)]
struct One<T> {
    data: T,
}

#[derive(Serialize)]
struct Many<T> {
    data: Vec<T>,
    meta: Meta,
}

#[derive(Serialize)]
struct Meta {
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// One thing: 200 `{data}`.
#[derive(Clone, Debug)]
pub struct Data<T>(pub T);

/// One new thing: 201 `{data}`.
#[derive(Clone, Debug)]
pub struct Created<T>(pub T);

/// Heard, and done or mailed later: 202 `{data}`.
#[derive(Clone, Debug)]
pub struct Accepted<T>(pub T);

/// Several things: 200 `{data, meta: {total?, next_cursor?}}`.
#[derive(Clone, Debug)]
pub struct List<T> {
    /// The things of this page.
    pub items: Vec<T>,
    /// How many there are on all pages, if that is known.
    pub total: Option<i64>,
    /// Where the next page begins; `None` on the last.
    pub next_cursor: Option<String>,
}

impl<T> List<T> {
    /// Everything on one page.
    pub fn whole(items: Vec<T>) -> Self {
        let total = i64::try_from(items.len()).ok();
        Self {
            items,
            total,
            next_cursor: None,
        }
    }
}

/// Done, and nothing to say: 204.
#[derive(Clone, Copy, Debug)]
pub struct NoContent;

impl<T: Serialize> IntoResponse for Data<T> {
    fn into_response(self) -> Response {
        Json(One { data: self.0 }).into_response()
    }
}

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        (StatusCode::CREATED, Json(One { data: self.0 })).into_response()
    }
}

impl<T: Serialize> IntoResponse for Accepted<T> {
    fn into_response(self) -> Response {
        (StatusCode::ACCEPTED, Json(One { data: self.0 })).into_response()
    }
}

impl<T: Serialize> IntoResponse for List<T> {
    fn into_response(self) -> Response {
        let meta = Meta {
            total: self.total,
            next_cursor: self.next_cursor,
        };
        Json(Many {
            data: self.items,
            meta,
        })
        .into_response()
    }
}

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}
