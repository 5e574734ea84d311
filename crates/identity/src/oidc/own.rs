//! The door of one's own linked accounts.

use althing_events::ExternalIdentityId;
use althing_web::{
    Access, Actor, Answer, AppState, Body, Ctx, Data, FieldProblem, List, Module, NoContent, PathId, Problem,
    ShownOnce,
};
use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::commands::Unlink;
use super::identity::{self, IdentityView};
use super::{cookie, door, views};
use crate::cookie::with_cookie;
use crate::http::Door;
use crate::session::CurrentSession;

pub(super) fn routes(module: Module) -> Module {
    module
        .get(
            "/api/me/identities",
            Access::SignedIn,
            "Lists the accounts elsewhere that one signs in with.",
            list,
        )
        .post(
            "/api/me/identities",
            Access::SignedIn,
            "Begins to link an account elsewhere, after a fresh sign-in; answers where the browser goes next.",
            begin,
        )
        .gives::<Data<Next>>()
        .delete(
            "/api/me/identities/{id}",
            Access::SignedIn,
            "Ends a link, unless it is the only way into the account.",
            end,
        )
}

async fn list(State(state): State<AppState>, actor: Actor) -> Answer<List<IdentityView>> {
    Ok(List::whole(
        identity::of(state.backbone.db(), actor.user_id).await?,
    ))
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct LinkRequest {
    /// The provider's short name.
    provider: String,
    return_to: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Next {
    location: String,
}

/// Not by a mere visit: whoever lures somebody to an address must not link anything.
async fn begin(
    State(state): State<AppState>,
    actor: Actor,
    Extension(session): Extension<CurrentSession>,
    Body(request): Body<LinkRequest>,
) -> Answer<Response> {
    session.require_fresh(state.backbone.clock().now())?;
    let provider = views::by_slug(state.backbone.db(), &request.provider).await?;
    let provider = provider.ok_or_else(|| {
        let unknown = FieldProblem::new("/provider", "unknown", "is no sign-in provider of this instance");
        Problem::validation(vec![unknown])
    })?;
    let return_to = match door::local(request.return_to.as_deref()) {
        path if path == "/" => "/account".to_owned(),
        path => path,
    };
    let (begun, location) = door::begin(&state, &provider, Some(actor.user_id), &return_to, false).await?;
    let cookies = state.get::<Door>().settings.cookies;
    let answer = (Extension(ShownOnce), Data(Next { location })).into_response();
    Ok(with_cookie(answer, cookie::begun(cookies, &begun.browser)))
}

async fn end(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    actor: Actor,
    PathId(id): PathId<ExternalIdentityId>,
) -> Answer<NoContent> {
    let user_id = actor.user_id;
    state.backbone.execute(context, &Unlink { user_id, id }).await?;
    Ok(NoContent)
}
