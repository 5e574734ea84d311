//! The JSON body of a request.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::pointer::field_problem;
use crate::{Code, Problem};

/// A JSON body. What is not JSON is 400 `malformed_request`; JSON of the wrong
/// shape is 422 `validation_failed` with the field's pointer; a body above the
/// limit is 413. A request without any body counts as `{}`.
///
/// Unknown fields are refused where `T` says `#[serde(deny_unknown_fields)]`.
#[derive(Clone, Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind = media_type(request.headers());
        let bytes =
            Bytes::from_request(request, state)
                .await
                .map_err(|rejection| match rejection.status() {
                    StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(),
                    _ => Problem::new(Code::MalformedRequest, "the body could not be read"),
                })?;
        match kind {
            None if bytes.is_empty() => read(b"{}").map(Self),
            Some(kind) if kind == "application/json" || kind.ends_with("+json") => read(&bytes).map(Self),
            _ => Err(Problem::new(
                Code::MalformedRequest,
                "send the body as application/json",
            )),
        }
    }
}

impl Problem {
    /// 413: the body is above the limit.
    pub fn too_large() -> Self {
        Problem::new(
            Code::PayloadTooLarge,
            "the body is larger than this address takes",
        )
    }
}

fn media_type(headers: &HeaderMap) -> Option<String> {
    let text = headers
        .get(header::CONTENT_TYPE)?
        .to_str()
        .unwrap_or("unreadable");
    Some(
        text.split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase(),
    )
}

/// First whether it is JSON at all, then whether it has the shape.
fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Problem::new(Code::MalformedRequest, "the body is not text in UTF-8"))?;
    if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
        return Err(not_json(&error));
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let message = error.inner().to_string();
        // JSON it is; this is how serde_json refuses another kind of value where a word of a list belongs.
        if !error.inner().is_data() && !message.starts_with("expected value") {
            return not_json(error.inner());
        }
        Problem::validation(vec![field_problem(error.path(), &message)])
    })
}

fn not_json(error: &serde_json::Error) -> Problem {
    let place = format!(
        "the body is not JSON (line {}, column {})",
        error.line(),
        error.column()
    );
    Problem::new(Code::MalformedRequest, place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Order {
        #[serde(rename = "items")]
        _items: Vec<Item>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Item {
        #[serde(rename = "name")]
        _name: String,
        #[serde(rename = "count")]
        _count: u8,
        #[serde(rename = "size")]
        _size: Option<Size>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Size {
        Small,
        Large,
    }

    fn refused(body: &str) -> (u16, String, String, String) {
        let problem = read::<Order>(body.as_bytes()).unwrap_err();
        let first = problem
            .errors
            .first()
            .cloned()
            .unwrap_or(FieldProblem::new("", "", ""));
        (problem.status.as_u16(), first.field, first.code, first.message)
    }

    use crate::FieldProblem;

    #[test]
    fn shapes_are_refused_at_their_pointer_without_repeating_the_value() {
        assert_eq!(
            refused(r#"{"items":[{"name":"a","count":1},{"name":"b"}]}"#),
            field("/items/1/count", "required", "is required")
        );
        assert_eq!(
            refused(r#"{"items":[{"name":"a","count":"secret"}]}"#),
            field(
                "/items/0/count",
                "invalid_type",
                "must be a whole number, zero or above"
            )
        );
        assert_eq!(
            refused(r#"{"items":[{"name":"a","count":300}]}"#),
            field(
                "/items/0/count",
                "invalid_type",
                "must be a whole number, zero or above"
            )
        );
        assert_eq!(
            refused(r#"{"items":[{"name":"a","count":1,"size":"huge"}]}"#),
            field("/items/0/size", "invalid_choice", "must be small or large")
        );
        assert_eq!(
            refused(r#"{"items":[{"name":"a","count":1,"colour":"red"}]}"#),
            field("/items/0/colour", "unknown_field", "is not known here")
        );
        assert_eq!(
            refused(r#"{"items":{}}"#),
            field("/items", "invalid_type", "must be a list")
        );
        assert_eq!(refused(r#"[]"#).0, 422);
        assert_eq!(
            refused(r#"{"items":[{"name":"a","count":1,"size":7}]}"#),
            field(
                "/items/0/size",
                "invalid_type",
                "is of another kind than what belongs here"
            )
        );
        assert_eq!(
            refused(r#"{"items":[{"name":"a","count":1,"size":"x`, expected secret"}]}"#),
            field("/items/0/size", "invalid_choice", "must be small or large")
        );
    }

    #[test]
    fn what_is_not_json_is_malformed() {
        for body in [
            "",
            "{",
            "nonsense",
            r#"{"items":[]} x"#,
            "{\"items\":[\"\u{0}\"]}",
        ] {
            assert_eq!(refused(body).0, 400, "{body}");
        }
    }

    fn field(pointer: &str, code: &str, message: &str) -> (u16, String, String, String) {
        (422, pointer.into(), code.into(), message.into())
    }
}
