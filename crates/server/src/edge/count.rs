//! Counts requests and how long they took, by the route they met.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use metrics::{counter, histogram};

use crate::metrics::{RATE_LIMIT_HITS, REQUEST_DURATION, REQUESTS};

/// The outermost layer: what any other one refuses is counted too.
pub(super) async fn count(request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let (route, method) = (route(&request), method(request.method()));
    let response = next.run(request).await;
    let status = response.status();
    counter!(REQUESTS, "route" => route.clone(), "method" => method, "status" => status.as_u16().to_string())
        .increment(1);
    if status == StatusCode::TOO_MANY_REQUESTS {
        counter!(RATE_LIMIT_HITS, "route" => route.clone()).increment(1);
    }
    histogram!(REQUEST_DURATION, "route" => route, "method" => method).record(begun.elapsed().as_secs_f64());
    response
}

/// The template, never the address: addresses carry ids and are without number.
fn route(request: &Request) -> String {
    let template = request.extensions().get::<MatchedPath>();
    template.map_or_else(
        || {
            let is_api = request.uri().path().starts_with("/api/");
            if is_api { "(none)" } else { "(page)" }.to_owned()
        },
        |template| template.as_str().to_owned(),
    )
}

/// Callers may invent methods.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
