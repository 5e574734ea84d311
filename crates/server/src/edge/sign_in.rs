//! Who calls: resolved once from the cookie and handed on as a value.

use althing_identity::{Addresses, COOKIE, CookiePolicy, CurrentSession, Renewal, Resolved, token_is};
use althing_web::{AppState, ClientAddress, Code, Feature, HashedAddress, Problem, RateLimits};
use axum::extract::{Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::CookieJar;

use super::incidents::Watch;
use super::rates;

/// What a changing request of a browser session must carry.
const CSRF: &str = "x-csrf-token";
/// They do not use the session there is.
const WITHOUT_SESSION: [&str; 9] = [
    "/api/setup",
    "/api/auth/login",
    "/api/auth/password/reset",
    "/api/auth/password/forgot",
    "/api/auth/register",
    "/api/auth/confirm",
    "/api/invitations/preview",
    "/api/share-links/exchange",
    "/api/notifications/unsubscribe",
];

/// Puts the `Actor` and their session into the request. A cookie that is not
/// valid counts as none; whether that is enough says the route. Then it is counted,
/// whatever was found out: who is refused here has asked all the same.
pub(super) async fn resolve(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let found = find(&state, &mut request).await;
    let watch = Watch::of(&request);
    let response = answer(&state, request, next, found).await;
    watch.end(&state, &response);
    response
}

async fn answer(
    state: &AppState,
    request: Request,
    next: Next,
    found: Result<Option<Renewal>, Problem>,
) -> Response {
    let pass = match rates::admit(state, &request) {
        Ok(pass) => pass,
        Err(problem) => return problem.into_response(),
    };
    let renewal = match found {
        Ok(renewal) => renewal,
        Err(problem) => return pass.end(problem.into_response()),
    };
    let mut response = next.run(request).await;
    let already_said = sets_session(&response);
    if let Some(renewal) = renewal.filter(|_| !already_said) {
        let policy: CookiePolicy = state.get();
        response
            .headers_mut()
            .append(header::SET_COOKIE, policy.renewed(&renewal));
    }
    pass.end(response)
}

/// Who calls, into the request; what is answered is a new token for the cookie.
async fn find(state: &AppState, request: &mut Request) -> Result<Option<Renewal>, Problem> {
    if !request.uri().path().starts_with("/api/") {
        return Ok(None);
    }
    let address = request
        .extensions()
        .get()
        .and_then(|ClientAddress(address)| *address);
    let addresses: Addresses = state.get();
    if let Some(hash) = addresses.hashed(state.backbone.db(), address).await? {
        request.extensions_mut().insert(HashedAddress(hash));
    }
    if let Some(key) = bearer(request) {
        let actor = althing_identity::verify_key(&state.backbone, &key).await?;
        let membership = state.get::<RateLimits>().membership(actor.membership);
        request.extensions_mut().insert(actor);
        membership.includes(Feature::ApiKeys)?;
        return Ok(None);
    }
    let token = CookieJar::from_headers(request.headers())
        .get(COOKIE)
        .map(|cookie| cookie.value().to_owned());
    let Some(token) = token else {
        return Ok(None);
    };
    let Some(resolved) = althing_identity::resolve(&state.backbone, &token).await? else {
        return Ok(None);
    };
    let Resolved {
        actor,
        session,
        renewal,
    } = resolved;
    request.extensions_mut().insert(actor);
    confirmed(request, &session)?;
    request.extensions_mut().insert(session);
    Ok(renewal)
}

/// Whether the answer says itself which session the browser has; other cookies do not matter.
fn sets_session(response: &Response) -> bool {
    let all = response.headers().get_all(header::SET_COOKIE);
    all.iter().any(|cookie| {
        let name = cookie.to_str().ok().and_then(|cookie| cookie.split('=').next());
        name == Some(COOKIE)
    })
}

/// The key of a request for the API; what else stands in the header is for others.
fn bearer(request: &Request) -> Option<String> {
    let header = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (kind, key) = header.split_once(' ')?;
    kind.eq_ignore_ascii_case("bearer").then(|| key.trim().to_owned())
}

fn confirmed(request: &Request, session: &CurrentSession) -> Result<(), Problem> {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if reads || WITHOUT_SESSION.contains(&request.uri().path()) {
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
