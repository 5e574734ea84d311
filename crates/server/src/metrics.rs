//! `/metrics`: what Prometheus reads.
//!
//! Counters and histograms are kept where things happen, through the `metrics`
//! facade, in one recorder for the process ([`Recorder`]). What is a state and not
//! a happening (how far each subscription is, who owns it) is read when somebody
//! asks ([`scrape`]), into a recorder of that moment alone: an owner that went
//! leaves no trace behind. No label carries an id of a person or of a decision.

mod names;
mod rates;
mod recorder;
mod scrape;

use althing_web::{AppState, Code, Problem};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use names::describe;
pub(crate) use names::{ERRORS, RATE_LIMIT_HITS, REQUEST_DURATION, REQUESTS};
pub use rates::Rates;
pub use recorder::Recorder;

/// The text format of Prometheus.
const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// `GET /metrics`, which lies outside `/api`.
pub fn routes(token: Option<String>) -> Router<AppState> {
    Router::new().route(
        "/metrics",
        get(move |state, headers: HeaderMap| read(state, headers, token)),
    )
}

/// Whoever does not know the token is not told that there is something.
async fn read(State(state): State<AppState>, headers: HeaderMap, token: Option<String>) -> Response {
    if !token.is_some_and(|token| carries(&headers, &token)) {
        return Problem::new(Code::NotFound, "there is nothing at this address").into_response();
    }
    let kept = state
        .find::<Recorder>()
        .map_or_else(String::new, |recorder| recorder.render());
    let now = scrape::scrape(&state).await;
    let headers = [
        (header::CONTENT_TYPE, FORMAT),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, kept + &now).into_response()
}

fn carries(headers: &HeaderMap, token: &str) -> bool {
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    given.is_some_and(|given| is_same(given, token.as_bytes()))
}

/// Takes the same time wherever the first difference is.
fn is_same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |seen, (a, b)| seen | (a ^ b)) == 0
}
