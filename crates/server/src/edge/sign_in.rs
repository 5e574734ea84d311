//! Who calls: resolved once from the cookie and handed on as a value.

use althing_identity::{COOKIE, CookiePolicy, CurrentSession, Resolved, token_is};
use althing_web::{AppState, Code, Problem};
use axum::extract::{Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::CookieJar;

/// What a changing request of a browser session must carry.
const CSRF: &str = "x-csrf-token";
/// They make a session and do not use the one there is.
const BEFORE_SIGN_IN: [&str; 2] = ["/api/setup", "/api/auth/login"];

/// Puts the `Actor` and their session into the request. A cookie that is not
/// valid counts as none; whether that is enough says the route.
pub(super) async fn resolve(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let token = CookieJar::from_headers(request.headers())
        .get(COOKIE)
        .map(|cookie| cookie.value().to_owned());
    let Some(token) = token.filter(|_| request.uri().path().starts_with("/api/")) else {
        return next.run(request).await;
    };
    let resolved = match althing_identity::resolve(&state.backbone, &token).await {
        Ok(Some(resolved)) => resolved,
        Ok(None) => return next.run(request).await,
        Err(error) => return Problem::from(error).into_response(),
    };
    let Resolved {
        actor,
        session,
        renewal,
    } = resolved;
    if let Err(problem) = confirmed(&request, &session) {
        return problem.into_response();
    }
    request.extensions_mut().insert(actor);
    request.extensions_mut().insert(session);
    let mut response = next.run(request).await;
    let already_said = response.headers().contains_key(header::SET_COOKIE);
    if let Some(renewal) = renewal.filter(|_| !already_said) {
        let policy: CookiePolicy = state.get();
        response
            .headers_mut()
            .append(header::SET_COOKIE, policy.renewed(&renewal));
    }
    response
}

fn confirmed(request: &Request, session: &CurrentSession) -> Result<(), Problem> {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if reads || BEFORE_SIGN_IN.contains(&request.uri().path()) {
        return Ok(());
    }
    let given = request.headers().get(CSRF).and_then(|token| token.to_str().ok());
    if token_is(session, given) {
        return Ok(());
    }
    Err(Problem::new(
        Code::CsrfFailed,
        "send the csrf_token of /api/me in the header X-CSRF-Token",
    ))
}
