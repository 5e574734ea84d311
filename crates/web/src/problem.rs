//! The only error that leaves: RFC 9457 problem details.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{Code, Reading};

/// What handlers answer.
pub type Answer<T> = Result<T, Problem>;

/// One field that is missing or wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FieldProblem {
    /// JSON pointer into the request.
    pub field: String,
    /// A sentence for people, without the value.
    pub message: String,
    /// A stable word.
    pub code: String,
    /// Which item of a list, if the list is sent as one field.
    pub index: Option<usize>,
}

impl FieldProblem {
    /// A field problem without an index.
    pub fn new(field: impl Into<String>, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
            code: code.into(),
            index: None,
        }
    }
}

/// An answer that says no. Its texts never carry internals or confidential content.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The HTTP status.
    pub status: StatusCode,
    /// The stable word.
    pub code: &'static str,
    /// The same for every problem of this code.
    pub title: &'static str,
    /// What happened, and if possible what to do about it.
    pub detail: String,
    /// Fields that are wrong.
    pub errors: Vec<FieldProblem>,
    /// When trying again makes sense, in seconds; becomes `Retry-After`.
    pub retry_after: Option<u64>,
    /// Members beyond the usual ones.
    pub members: Option<Box<Map<String, Value>>>,
    /// How the limit stands that said no; becomes `X-RateLimit-…`.
    pub rate: Option<Box<Reading>>,
}

/// What a problem looks like to its readers, for the description of the API; a test
/// holds it against the wire.
#[derive(JsonSchema)]
#[schemars(rename = "Problem")]
#[expect(dead_code, reason = "only its shape is asked for")]
pub(crate) struct Shape {
    /// `urn:althing:problem:` and the code.
    r#type: String,
    /// The same for every problem of this code.
    title: String,
    /// The HTTP status.
    #[schemars(range(min = 400, max = 599))]
    status: u16,
    /// What happened, and if possible what to do about it.
    detail: String,
    /// The stable word.
    code: String,
    /// Fields that are wrong.
    errors: Vec<FieldProblem>,
    /// Finds the log lines.
    request_id: Option<Uuid>,
}

#[derive(Serialize)]
struct Wire<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    code: &'a str,
    errors: &'a [FieldProblem],
    request_id: Option<Uuid>,
    #[serde(flatten)]
    members: Option<&'a Map<String, Value>>,
}

impl Problem {
    /// A problem of this code.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            status: code.status(),
            code: code.as_str(),
            title: code.title(),
            detail: detail.into(),
            errors: Vec::new(),
            retry_after: None,
            members: None,
            rate: None,
        }
    }

    /// With the fields that are wrong.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldProblem>) -> Self {
        self.errors = errors;
        self
    }

    /// With a `Retry-After` header.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// With the headers of a limit.
    #[must_use]
    pub(crate) fn with_rate(mut self, rate: Reading) -> Self {
        self.rate = Some(Box::new(rate));
        self
    }

    /// With a further member.
    #[must_use]
    pub fn with_member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members
            .get_or_insert_default()
            .insert(name.to_owned(), value.into());
        self
    }

    /// 422 `validation_failed`.
    pub fn validation(errors: Vec<FieldProblem>) -> Self {
        let detail = match errors.as_slice() {
            [one] => one.message.clone(),
            several => format!("{} fields need attention", several.len()),
        };
        Self::new(Code::ValidationFailed, detail).with_errors(errors)
    }

    /// A fault of ours: logged here, once, with its whole chain; answered without it.
    pub fn fault(error: impl Into<anyhow::Error>) -> Self {
        let error: anyhow::Error = error.into();
        tracing::error!(error = format!("{error:#}"), "request failed");
        Self::new(
            Code::InternalError,
            "something went wrong on this server; it is in the log under the request id",
        )
    }

    /// The answer with the id of its request.
    pub(crate) fn render(&self, request_id: Option<Uuid>) -> Response {
        let wire = Wire {
            r#type: format!("urn:althing:problem:{}", self.code),
            title: self.title,
            status: self.status.as_u16(),
            detail: &self.detail,
            code: self.code,
            errors: &self.errors,
            request_id,
            members: self.members.as_deref(),
        };
        let body = serde_json::to_vec(&wire).expect("texts and numbers can always be written as JSON");
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(rate) = &self.rate {
            rate.write(headers);
        }
        response
    }
}

/// Rendered without a request id, which [`crate::stamp`] fills in on the way out.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.render(None);
        response.extensions_mut().insert(self);
        response
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

impl std::error::Error for Problem {}

impl From<althing_backbone::Error> for Problem {
    fn from(error: althing_backbone::Error) -> Self {
        if error.is_conflict() {
            return Self::new(
                Code::ConcurrencyConflict,
                "somebody else changed this at the same moment; load it again",
            );
        }
        Self::fault(error)
    }
}

impl From<althing_backbone::DbError> for Problem {
    fn from(error: althing_backbone::DbError) -> Self {
        althing_backbone::Error::from(error).into()
    }
}

impl From<anyhow::Error> for Problem {
    fn from(error: anyhow::Error) -> Self {
        Self::fault(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_problem_has_the_members_of_the_standard_and_its_own() {
        let id = Uuid::from_u128(1);
        let problem = Problem::new(Code::RateLimited, "slow down")
            .retry_after(7)
            .with_member("scope", "messages");
        let response = problem.render(Some(id));
        assert_eq!(response.headers()["retry-after"], "7");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let body = axum::body::to_bytes(response.into_body(), usize::MAX)
            .await
            .unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            body,
            serde_json::json!({
                "type": "urn:althing:problem:rate_limited", "title": "Too many requests", "status": 429, "detail": "slow down",
                "code": "rate_limited", "errors": [], "request_id": id, "scope": "messages"
            })
        );
    }
}
