//! How large a request may be and how long it may take.

use std::time::Duration;

use althing_web::{Code, Problem};
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

const MEGABYTE: usize = 1024 * 1024;
/// What most addresses take.
const USUAL: usize = MEGABYTE;
/// Addresses that take more.
const LARGE: [(&str, usize); 1] = [("/api/sessions/import", 32 * MEGABYTE)];
/// Sockets answer at once and live on afterwards, so this holds for them too.
const PATIENCE: Duration = Duration::from_secs(30);

/// Refuses what says that it is too large; what does not say so is refused while
/// it is read.
pub(super) async fn body(mut request: Request, next: Next) -> Response {
    let limit = LARGE
        .iter()
        .find(|(path, _)| *path == request.uri().path())
        .map_or(USUAL, |(_, limit)| *limit);
    let said = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if said.is_some_and(|length| length > limit) {
        return Problem::too_large().into_response();
    }
    DefaultBodyLimit::max(limit).apply(&mut request);
    next.run(request).await
}

/// Ends a request that takes too long. What it has committed stays committed.
pub(super) async fn time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(PATIENCE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            Problem::new(Code::RequestTimeout, "the request took longer than 30 seconds").into_response()
        }
    }
}
