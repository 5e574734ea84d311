//! What lies around every route: one file for each concern, in this order.

mod address;
mod headers;
mod limits;
mod other_sites;
mod sign_in;

use althing_web::{AppState, Code, Problem, remember, stamp};
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use crate::config::Config;
use crate::{health, pages};

/// The whole service. The last layer is the outermost one.
pub fn around(router: Router<AppState>, state: AppState, config: &Config) -> Router {
    let sites = other_sites::Sites::of(config);
    let proxies = address::Proxies::of(config);
    let transport = headers::Transport::of(config);
    router
        .merge(health::routes(config.max_lag))
        .fallback(pages::fallback)
        .layer(from_fn_with_state(state.clone(), remember))
        .layer(from_fn_with_state(state.clone(), sign_in::resolve))
        .layer(from_fn(limits::body))
        .layer(from_fn_with_state(sites, other_sites::refuse))
        .layer(from_fn_with_state(proxies, address::find))
        .layer(from_fn(limits::time))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(state.clone(), stamp))
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(transport, headers::secure))
        .with_state(state)
}

/// A handler's panic is a fault of that request, not of the process; the hook has
/// logged it.
fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    Problem::new(
        Code::InternalError,
        "something went wrong on this server; it is in the log under the request id",
    )
    .into_response()
}
