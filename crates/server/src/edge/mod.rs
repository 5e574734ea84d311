//! What lies around every route: one file for each concern, in this order.

mod address;
mod count;
mod headers;
mod incidents;
mod limits;
mod other_sites;
mod rates;
mod remainder;
mod sign_in;
mod unnameable;

use althing_web::{AppState, Code, Problem, remember, stamp};
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use crate::config::Config;
use crate::{health, metrics, pages};

/// The whole service. The last layer is the outermost one.
pub fn around(router: Router<AppState>, state: AppState, config: &Config) -> Router {
    let sites = other_sites::Sites::of(config);
    let proxies = address::Proxies::of(config);
    let transport = headers::Transport::of(config);
    router
        .merge(health::routes(health::Limits::of(config)))
        .merge(metrics::routes(config.metrics_token.clone()))
        .fallback(pages::fallback)
        .layer(from_fn(unnameable::refuse))
        .layer(from_fn_with_state(state.clone(), remember))
        .layer(from_fn_with_state(state.clone(), sign_in::resolve))
        .layer(from_fn(limits::body))
        .layer(from_fn_with_state(sites, other_sites::refuse))
        .layer(from_fn_with_state(proxies, address::find))
        .layer(from_fn(remainder::discard))
        .layer(from_fn(limits::time))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(state.clone(), stamp))
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(transport, headers::secure))
        .layer(from_fn(count::count))
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::convert::Infallible;

    use althing_backbone::{Backbone, Db};
    use althing_identity::{Addresses, CookiePolicy};
    use axum::body::{Body, Bytes, to_bytes};
    use axum::http::Request;
    use axum::routing::{get, post};
    use serde_json::Value;
    use tower::ServiceExt;

    use super::*;
    use crate::config::Flags;

    async fn service() -> Router {
        let backbone = Backbone::builder(Db::temporary().await.unwrap())
            .open()
            .await
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let flags = Flags {
            data: Some(folder.path().to_owned()),
            listen: None,
        };
        let config = Config::resolve(&flags, &BTreeMap::new()).unwrap();
        let routes = Router::new()
            .route(
                "/api/panic",
                get(async || -> Response { panic!("the secret cause") }),
            )
            .route(
                "/api/sessions/import",
                post(async |body: Bytes| body.len().to_string()),
            )
            .route("/api/small", post(async |body: Bytes| body.len().to_string()));
        around(
            routes,
            AppState::new(backbone)
                .with(CookiePolicy::default())
                .with(Addresses::default()),
            &config,
        )
    }

    async fn call(request: Request<Body>) -> (u16, Value) {
        let response = service().await.oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    #[tokio::test]
    async fn a_panic_is_a_fault_of_its_request_and_keeps_its_cause() {
        let (status, problem) = call(Request::get("/api/panic").body(Body::empty()).unwrap()).await;
        assert_eq!((status, &problem["code"]), (500, &"internal_error".into()));
        assert!(
            problem["request_id"].is_string() && !problem.to_string().contains("secret"),
            "{problem}"
        );
    }

    /// In pieces, so that no header tells how much it will be.
    fn megabytes(path: &str, count: usize) -> Request<Body> {
        let pieces = (0..count).map(|_| Ok::<_, Infallible>(Bytes::from(vec![b'x'; 1024 * 1024])));
        let body = Body::from_stream(futures::stream::iter(pieces.collect::<Vec<_>>()));
        Request::post(path).body(body).unwrap()
    }

    #[tokio::test]
    async fn sizes_are_held_while_reading_and_imports_may_be_larger() {
        assert_eq!(
            call(megabytes("/api/small", 1)).await,
            (200, Value::from(1024 * 1024))
        );
        assert_eq!(call(megabytes("/api/small", 2)).await.0, 413);
        assert_eq!(call(megabytes("/api/sessions/import", 32)).await.0, 200);
        let (status, problem) = call(megabytes("/api/sessions/import", 33)).await;
        assert_eq!((status, &problem["code"]), (413, &"payload_too_large".into()));
    }
}
