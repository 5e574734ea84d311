//! Addresses with a NUL in them: PostgreSQL has no such text, so nothing is called that.

use althing_web::{Code, Problem};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Where names stand in a path, not only ids.
const NAMED: [&str; 3] = ["/api/workspaces/", "/api/auth/oidc/", "/api/admin/"];

/// Answers as for something that does not exist, or says that the question cannot be read.
pub(super) async fn refuse(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path.contains("%00") && NAMED.iter().any(|start| path.starts_with(start)) {
        return Problem::new(Code::NotFound, "there is nothing here that you can see").into_response();
    }
    let has_nul = |pair: &str| {
        let name = pair.split('=').next().unwrap_or_default();
        pair.contains("%00") && name != "limit" && name != "cursor"
    };
    if request.uri().query().unwrap_or_default().split('&').any(has_nul) {
        let what = "the address has a character (%00) that no value can hold";
        return Problem::new(Code::MalformedRequest, what).into_response();
    }
    next.run(request).await
}
