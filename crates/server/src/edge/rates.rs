//! How many requests: what each one is counted as, and the headers that tell of it.
//!
//! Requests to the API are counted, whether the route is there or not. Pages and their
//! files, health and figures are not: they are the same for everybody and cost little.

use althing_web::{Actor, AppState, ClientAddress, Counted, Problem, Rate, RateLimits, Reading, Scope};
use axum::extract::{MatchedPath, Request};
use axum::http::{Method, StatusCode};
use axum::response::Response;

/// Where somebody proves who they are.
const ATTEMPTS: [&str; 3] = [
    "/api/auth/login",
    "/api/auth/magic-link/redeem",
    "/api/auth/reauthenticate",
];
const MESSAGES: &str = "/api/components/{id}/messages";
const SESSIONS: &str = "/api/sessions";
const EXPORTS: [&str; 2] = ["/api/sessions/{id}/export", "/api/cycles/{id}/document/export"];

/// What was counted of a request.
pub(super) struct Pass {
    limits: RateLimits,
    /// The line of an attempt to sign in, which is given back if it succeeds.
    attempt: Option<(Counted, Rate)>,
    tightest: Option<Reading>,
}

/// Counts the request, or says that it is one too many.
pub(super) fn admit(state: &AppState, request: &Request) -> Result<Pass, Problem> {
    let limits: RateLimits = state.get();
    let wanted = lines(&limits, request);
    let attempt = wanted
        .iter()
        .find(|(counted, _)| matches!(counted, Counted::Attempts(_)))
        .copied();
    let readings = limits.take(&wanted, state.backbone.clock().now())?;
    // How busy the instance is as a whole concerns nobody.
    let own = wanted
        .iter()
        .zip(&readings)
        .filter(|((counted, _), _)| *counted != Counted::Instance);
    let tightest = own
        .map(|(_, reading)| *reading)
        .min_by_key(|reading| reading.remaining);
    Ok(Pass {
        limits,
        attempt,
        tightest,
    })
}

impl Pass {
    /// The answer with what is left.
    pub(super) fn end(self, mut response: Response) -> Response {
        let succeeded = response.status().is_success();
        if let Some(attempt) = self.attempt.filter(|_| succeeded) {
            self.limits.give_back(attempt);
        }
        let already_said = response.headers().contains_key("x-ratelimit-limit");
        if let Some(reading) = self.tightest.filter(|_| !already_said) {
            // The head of a connection that goes on as a socket has no use for it.
            if response.status() != StatusCode::SWITCHING_PROTOCOLS {
                reading.write(response.headers_mut());
            }
        }
        response
    }
}

/// Everything a request is counted as.
fn lines(limits: &RateLimits, request: &Request) -> Vec<(Counted, Rate)> {
    if !request.uri().path().starts_with("/api/") {
        return Vec::new();
    }
    let path = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("", MatchedPath::as_str);
    let ClientAddress(address) = request.extensions().get().copied().unwrap_or(ClientAddress(None));
    let mut lines = vec![limits.instance()];
    if ATTEMPTS.contains(&path) && *request.method() == Method::POST {
        lines.push(limits.attempts(address));
    }
    let Some(actor) = request.extensions().get::<Actor>() else {
        lines.push(limits.address(address));
        return lines;
    };
    if let Some(key) = &actor.key {
        lines.push(limits.key(key.id));
    }
    let tier = limits.membership(actor.membership).tier;
    let own = |scope| limits.user(actor.user_id, tier, scope);
    lines.push(own(Scope::Requests));
    lines.extend(act(path, request.method()).map(own));
    lines
}

/// What a request does that is counted for itself.
fn act(path: &str, method: &Method) -> Option<Scope> {
    if EXPORTS.contains(&path) {
        return Some(Scope::Exports);
    }
    if *method == Method::GET || *method == Method::HEAD {
        return None;
    }
    if path == MESSAGES {
        return Some(Scope::Messages);
    }
    path.starts_with(SESSIONS).then_some(Scope::SessionOperations)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_as_what_they_do() {
        let of = |method: Method, path| act(path, &method);
        assert_eq!(of(Method::POST, "/api/sessions"), Some(Scope::SessionOperations));
        assert_eq!(
            of(Method::POST, "/api/sessions/import"),
            Some(Scope::SessionOperations)
        );
        assert_eq!(
            of(Method::DELETE, "/api/sessions/{id}"),
            Some(Scope::SessionOperations)
        );
        assert_eq!(of(Method::GET, "/api/sessions/{id}"), None);
        assert_eq!(of(Method::GET, "/api/sessions/{id}/export"), Some(Scope::Exports));
        assert_eq!(
            of(Method::GET, "/api/cycles/{id}/document/export"),
            Some(Scope::Exports)
        );
        assert_eq!(
            of(Method::POST, "/api/components/{id}/messages"),
            Some(Scope::Messages)
        );
        assert_eq!(of(Method::POST, "/api/workspaces"), None);
    }
}
