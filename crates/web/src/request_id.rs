//! An id for each request: in the answer's header, in problems, in the log, and
//! as the correlation of every event the request sets off.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;
use uuid::Uuid;

use crate::{AppState, Code, Problem};

/// The header that carries the id back.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The request's id, in its extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId(pub Uuid);

/// The outermost layer: makes the id, opens the request's span, and completes
/// problems on the way out. An error that some library answered in its own words
/// becomes a problem here.
pub async fn stamp(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let id = state.backbone.ids().next();
    request.extensions_mut().insert(RequestId(id));
    let span = tracing::info_span!("request", request_id = %id, method = %request.method(), path = request.uri().path());
    let mut response = complete(next.run(request).instrument(span).await, id);
    response.headers_mut().insert(REQUEST_ID, text(id));
    response
}

fn complete(mut response: Response, id: Uuid) -> Response {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let problem = response.extensions_mut().remove::<Problem>();
    if problem.is_none() && is_problem(&response) {
        return response;
    }
    let rendered = problem.unwrap_or_else(|| from_status(status)).render(Some(id));
    let (parts, body) = rendered.into_parts();
    let kept = std::mem::take(response.headers_mut());
    let mut answer = Response::from_parts(parts, body);
    for (name, value) in &kept {
        let ours = answer.headers().contains_key(name) || *name == axum::http::header::CONTENT_LENGTH;
        if !ours {
            answer.headers_mut().append(name, value.clone());
        }
    }
    answer
}

fn is_problem(response: &Response) -> bool {
    response
        .headers()
        .get(axum::http::header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/problem+json"))
}

/// What a bare status of a library means in our words.
fn from_status(status: StatusCode) -> Problem {
    let (code, detail) = match status {
        StatusCode::UNAUTHORIZED => (Code::Unauthenticated, "sign in first"),
        StatusCode::FORBIDDEN => (Code::Forbidden, "this is not allowed"),
        StatusCode::NOT_FOUND => (Code::NotFound, "there is nothing at this address"),
        StatusCode::METHOD_NOT_ALLOWED => (Code::MethodNotAllowed, "this address does not take that method"),
        StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => {
            (Code::RequestTimeout, "the request took too long")
        }
        StatusCode::PAYLOAD_TOO_LARGE => (Code::PayloadTooLarge, "the body is too large"),
        StatusCode::TOO_MANY_REQUESTS => (Code::RateLimited, "too many requests; try again later"),
        StatusCode::SERVICE_UNAVAILABLE => {
            (Code::ServiceUnavailable, "not available at the moment; try again")
        }
        other if other.is_server_error() => (Code::InternalError, "something went wrong on this server"),
        _ => (Code::MalformedRequest, "the request could not be understood"),
    };
    Problem::new(code, detail)
}

fn text(id: Uuid) -> HeaderValue {
    HeaderValue::from_str(&id.to_string()).expect("a UUID is plain ASCII")
}
