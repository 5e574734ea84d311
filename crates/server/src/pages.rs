//! The web app: embedded in the program, read from the disk in debug builds.

use std::borrow::Cow;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rust_embed::{EmbeddedFile, RustEmbed};

use althing_web::{Code, Problem};

#[derive(RustEmbed)]
#[folder = "../../ui/build"]
#[allow_missing = true]
struct Built;

const INDEX: &str = "index.html";
const NOT_BUILT: &str = include_str!("pages/not_built.html");

/// Every address that no route has: a file of the web app, or its page, which
/// finds its way by itself. Under `/api` there are no pages.
pub async fn fallback(request: Request) -> Response {
    let path = request.uri().path();
    if path == "/api" || path.starts_with("/api/") || path.starts_with("/health/") {
        return Problem::new(Code::NotFound, "there is nothing at this address").into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut refused = Problem::new(Code::MethodNotAllowed, "pages can only be read").into_response();
        refused
            .headers_mut()
            .insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return refused;
    }
    let name = path.trim_start_matches('/');
    if let Some(file) = Built::get(name).filter(|_| !name.is_empty() && name != INDEX) {
        return asset(name, &file, request.headers());
    }
    // A missing file is missing; a page's address has no ending.
    let last = name.rsplit('/').next().unwrap_or_default();
    if name.starts_with("_app/") || last.contains('.') && last != INDEX {
        return Problem::new(Code::NotFound, "there is no such file").into_response();
    }
    page()
}

fn asset(name: &str, file: &EmbeddedFile, asked: &HeaderMap) -> Response {
    let tag: String = file
        .metadata
        .sha256_hash()
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let tag = format!("\"{tag}\"");
    // The build puts a hash into these names, so they never change.
    let forever = name.starts_with("_app/immutable/");
    let cache = if forever {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let known = asked
        .get(header::IF_NONE_MATCH)
        .and_then(|tags| tags.to_str().ok())
        .is_some_and(|tags| {
            tags.split(',')
                .any(|one| one.trim().trim_start_matches("W/") == tag)
        });
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Response::new(body_of(file.data.clone()))
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    insert_text(headers, header::ETAG, &tag);
    insert_text(headers, header::CONTENT_TYPE, file.metadata.mimetype());
    response
}

fn body_of(data: Cow<'static, [u8]>) -> Body {
    match data {
        Cow::Borrowed(bytes) => Body::from(bytes),
        Cow::Owned(bytes) => Body::from(bytes),
    }
}

/// The one page. Its scripts carry a nonce of this answer, so nothing that
/// somebody smuggles into it runs.
fn page() -> Response {
    let nonce = nonce();
    let built = Built::get(INDEX).and_then(|file| String::from_utf8(file.data.into_owned()).ok());
    let html = built.map_or_else(
        || NOT_BUILT.to_owned(),
        |html| html.replace("<script", &format!("<script nonce=\"{nonce}\"")),
    );
    let mut response = Response::new(Body::from(html));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let policy = format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
         font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; \
         form-action 'self'; frame-ancestors 'none'"
    );
    insert_text(headers, header::CONTENT_SECURITY_POLICY, &policy);
    response
}

fn nonce() -> String {
    let mut bytes = [0u8; 16];
    rand::fill(&mut bytes);
    STANDARD.encode(bytes)
}

fn insert_text(headers: &mut HeaderMap, name: header::HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}
