//! What is noted of a request for the audit log, though it changed nothing.

use althing_backbone::Uuid;
use althing_events::SessionId;
use althing_web::{
    Actor, AppState, HashedAddress, Incident, IncidentKind, Incidents, NotSignedIn, Problem, RequestId,
};
use axum::extract::{MatchedPath, Request};
use axum::http::{StatusCode, header};
use axum::response::Response;

const LOGIN: &str = "/api/auth/login";
const BY_LINK: &str = "/api/auth/magic-link/redeem";
const SESSION_EXPORT: &str = "/api/sessions/{id}/export";
const DOCUMENT_EXPORT: &str = "/api/cycles/{id}/document/export";

/// A request, as far as an entry tells of it.
pub(super) struct Watch {
    actor: Option<Actor>,
    address_hash: Option<String>,
    request: Option<Uuid>,
    template: String,
    method: String,
    /// The id in the path, where it is about one thing.
    thing: Option<Uuid>,
    has_key: bool,
}

impl Watch {
    pub(super) fn of(request: &Request) -> Self {
        let extensions = request.extensions();
        let path = request.uri().path();
        Self {
            actor: extensions.get::<Actor>().cloned(),
            address_hash: extensions.get::<HashedAddress>().map(|address| address.0.clone()),
            request: extensions.get::<RequestId>().map(|id| id.0),
            template: extensions
                .get::<MatchedPath>()
                .map_or_else(String::new, |path| path.as_str().to_owned()),
            method: request.method().to_string(),
            thing: path.split('/').nth(3).and_then(|id| Uuid::try_parse(id).ok()),
            has_key: request.headers().contains_key(header::AUTHORIZATION),
        }
    }

    /// Notes what the answer tells of.
    pub(super) fn end(self, state: &AppState, response: &Response) {
        let Some((kind, detail)) = self.incident(response) else {
            return;
        };
        let is_export = kind == IncidentKind::Exported;
        let session = self
            .thing
            .filter(|_| self.template == SESSION_EXPORT)
            .map(SessionId);
        let incident = Incident {
            actor: self.actor.as_ref().map(|actor| actor.user_id),
            key: self.actor.and_then(|actor| actor.key).map(|key| key.id),
            address_hash: self.address_hash,
            session,
            thing: self.thing.filter(|_| is_export && session.is_none()),
            detail: Some(detail),
            ..Incident::of(kind)
        };
        let now = state.backbone.clock().now();
        state.get::<Incidents>().note(incident, self.request, now);
    }

    fn incident(&self, response: &Response) -> Option<(IncidentKind, String)> {
        let route = || format!("{} {}", self.method, self.template);
        let status = response.status();
        let is_export = self.template == SESSION_EXPORT || self.template == DOCUMENT_EXPORT;
        match status {
            StatusCode::UNAUTHORIZED if self.template == LOGIN => {
                Some((IncidentKind::SignInFailed, "password".to_owned()))
            }
            StatusCode::UNPROCESSABLE_ENTITY if self.template == BY_LINK => {
                Some((IncidentKind::SignInFailed, "link".to_owned()))
            }
            _ if response.extensions().get::<NotSignedIn>().is_some() => {
                Some((IncidentKind::SignInFailed, "oidc".to_owned()))
            }
            StatusCode::UNAUTHORIZED if self.has_key => Some((IncidentKind::AccessDenied, route())),
            StatusCode::FORBIDDEN => Some((IncidentKind::AccessDenied, route())),
            StatusCode::TOO_MANY_REQUESTS => Some((IncidentKind::LimitSurged, limit_of(response))),
            _ if is_export && status.is_success() => Some((IncidentKind::Exported, route())),
            _ => None,
        }
    }
}

/// Which limit it was: a word of ours.
fn limit_of(response: &Response) -> String {
    let problem = response.extensions().get::<Problem>();
    let scope = problem.and_then(|problem| problem.members.as_ref()?.get("scope")?.as_str());
    scope
        .or(problem.map(|problem| problem.code))
        .unwrap_or("unknown")
        .to_owned()
}
