//! Pages of other sites may not act with a visitor's session.

use std::sync::Arc;

use althing_web::{Code, Problem};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::config::Config;

/// Origins that may.
#[derive(Clone)]
pub struct Sites(Arc<[String]>);

impl Sites {
    pub(super) fn of(config: &Config) -> Self {
        Self(
            config
                .allowed_origins
                .iter()
                .chain(&config.public_url)
                .cloned()
                .collect(),
        )
    }

    /// Browsers say where a request comes from; other clients have no cookie that a
    /// stranger could use.
    fn allows(&self, headers: &HeaderMap) -> bool {
        let text = |name: &str| {
            headers
                .get(name)
                .map(|value| value.to_str().unwrap_or_default().to_lowercase())
        };
        match text("origin") {
            Some(origin) => self.0.contains(&origin) || is_own(&origin, headers),
            None => text("sec-fetch-site").is_none_or(|site| site == "same-origin" || site == "none"),
        }
    }
}

/// Whether the origin is the address that the request was sent to.
fn is_own(origin: &str, headers: &HeaderMap) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default()
        .to_lowercase();
    let origin_host = origin
        .strip_prefix("https://")
        .or_else(|| origin.strip_prefix("http://"));
    !host.is_empty() && origin_host == Some(host.as_str())
}

/// Requests that only read are harmless, except those that open a socket.
fn changes_something(request: &Request) -> bool {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    !reads || request.headers().contains_key(header::UPGRADE)
}

pub(super) async fn refuse(State(sites): State<Sites>, request: Request, next: Next) -> Response {
    if changes_something(&request) && !sites.allows(request.headers()) {
        return Problem::new(
            Code::CrossSiteRequest,
            "the request came from a page of another site",
        )
        .into_response();
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(pairs: &[(&'static str, &str)]) -> bool {
        let sites = Sites(Arc::from(["https://althing.example.org".to_owned()]));
        let mut headers = HeaderMap::new();
        headers.insert("host", "localhost:8080".parse().unwrap());
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        sites.allows(&headers)
    }

    #[test]
    fn own_and_allowed_sites_and_tools_pass_and_others_do_not() {
        assert!(allowed(&[]));
        assert!(allowed(&[
            ("origin", "http://localhost:8080"),
            ("sec-fetch-site", "same-origin")
        ]));
        assert!(allowed(&[("origin", "https://althing.example.org")]));
        assert!(allowed(&[("sec-fetch-site", "none")]));
        assert!(!allowed(&[("origin", "http://evil.example")]));
        assert!(!allowed(&[("origin", "http://localhost:9090")]));
        assert!(!allowed(&[("origin", "null")]));
        assert!(!allowed(&[("sec-fetch-site", "cross-site")]));
        assert!(!allowed(&[("sec-fetch-site", "same-site")]));
        assert!(!allowed(&[("origin", "http://localhost:8080.evil.example")]));
    }
}
