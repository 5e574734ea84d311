//! What a command of the backbone wants to know about the request.

use althing_backbone::Context;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::idempotency::KeyedTurn;
use crate::{Actor, AppState, HashedAddress, Problem, RequestId};

/// Actor (if somebody is signed in), the request id as correlation; in the events'
/// metadata the request id, the hashed address and the key, if it came with one. What is committed under it notes the
/// request's `Idempotency-Key` in the same commit.
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
        if let Some(HashedAddress(address)) = parts.extensions.get() {
            context = context.with("address_hash", address.as_str());
        }
        let actor = parts.extensions.get::<Actor>();
        if let Some(key) = actor.and_then(|actor| actor.key.as_ref()) {
            context = context.with("api_key_id", key.id.to_string());
        }
        context.actor = actor.map(|actor| actor.user_id.0);
        if let Some(turn) = parts.extensions.get::<KeyedTurn>() {
            context = turn.guard(context, state.backbone.clock().now());
        }
        Ok(Self(context))
    }
}
