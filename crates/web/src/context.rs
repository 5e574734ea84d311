//! What a command of the backbone wants to know about the request.

use althing_backbone::Context;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::{Actor, AppState, Problem, RequestId};

/// Actor (if somebody is signed in), the request id as correlation, and the
/// request id in the events' metadata.
#[derive(Clone, Debug)]
pub struct Ctx(pub Context);

impl FromRequestParts<AppState> for Ctx {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let request = parts
            .extensions
            .get::<RequestId>()
            .map_or_else(|| state.backbone.ids().next(), |id| id.0);
        let mut context = Context::anonymous(request).with("request_id", request.to_string());
        context.actor = parts.extensions.get::<Actor>().map(|actor| actor.user_id.0);
        Ok(Self(context))
    }
}
