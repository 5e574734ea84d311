//! The door of links.

use althing_backbone::Timestamp;
use althing_events::{SessionId, ShareLinkId};
use althing_web::{
    Access, Answer, AppState, Body, Created, Ctx, Data, List, Module, NoContent, PathId, PathId2, Problem,
    SHARE_COOKIE, ShownOnce,
};
use axum::Extension;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::commands::{CreateShareLink, IssuePass, RevokeShareLink};
use super::views::{self, ShareLinkView};
use super::{PassCookies, port, token};
use crate::access::{Caller, Right, Scope, Who};
use crate::session::port::{allowed, permitted, require};

/// Adds the routes of links.
pub fn routes(module: Module) -> Module {
    module
        .post(
            "/api/sessions/{id}/share-links",
            Access::SessionOwner,
            "make a link that shows a decision",
            create,
        )
        .get(
            "/api/sessions/{id}/share-links",
            Access::SessionManager,
            "list the links to a decision",
            list,
        )
        .delete(
            "/api/sessions/{id}/share-links/{linkId}",
            Access::SessionManager,
            "revoke a link",
            revoke,
        )
        .post(
            "/api/share-links/exchange",
            Access::Public,
            "exchange a link for a cookie",
            exchange,
        )
        .gives::<Data<PassView>>()
        .provide(|_| PassCookies::default())
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewLink {
    #[serde(default = "usual_scope")]
    scope: Scope,
    #[serde(default)]
    expires_at: Option<Timestamp>,
}

fn usual_scope() -> Scope {
    Scope::View
}

/// The only time that the token is shown.
#[derive(Serialize, JsonSchema)]
struct NewLinkView {
    #[serde(flatten)]
    link: ShareLinkView,
    token: String,
    /// The page that shows it; the token is in the part that browsers keep to themselves.
    path: String,
}

async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Ctx(context): Ctx,
    PathId(session_id): PathId<SessionId>,
    Body(new): Body<NewLink>,
) -> Answer<(Extension<ShownOnce>, Created<NewLinkView>)> {
    require::<SessionId>(&state, &caller, session_id, Right::Own).await?;
    let token = token::random();
    let command = CreateShareLink {
        session_id,
        user_id: caller.user()?,
        token_hash: token::hash(&token),
        scope: new.scope,
        expires_at: new.expires_at,
    };
    let id = state.backbone.execute(context, &command).await?.value;
    let link = views::one(state.backbone.db(), id).await?;
    let path = format!("/shared#{token}");
    Ok((Extension(ShownOnce), Created(NewLinkView { link, token, path })))
}

async fn list(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<SessionId>,
) -> Answer<List<ShareLinkView>> {
    let db = state.backbone.db();
    permitted(db, id, &caller.who, Right::Manage).await?;
    Ok(List::whole(views::list(db, id).await?))
}

/// Possible also where nothing else is: in archived sessions and workspaces.
async fn revoke(
    State(state): State<AppState>,
    caller: Caller,
    Ctx(context): Ctx,
    PathId2(session_id, share_link_id): PathId2<SessionId, ShareLinkId>,
) -> Answer<NoContent> {
    permitted(state.backbone.db(), session_id, &caller.who, Right::Manage).await?;
    let command = RevokeShareLink {
        session_id,
        share_link_id,
        user_id: caller.user()?,
    };
    state.backbone.execute(context, &command).await?;
    Ok(NoContent)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Shown {
    token: String,
}

#[derive(Serialize, JsonSchema)]
struct PassView {
    session_id: SessionId,
    scope: Scope,
    /// When the cookie ends; until the link does, it can be exchanged again.
    expires_at: Timestamp,
    link_expires_at: Timestamp,
}

async fn exchange(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    request: Parts,
    Body(shown): Body<Shown>,
) -> Answer<Response> {
    let (db, now) = (state.backbone.db(), state.backbone.clock().now());
    let grant = port::of_token(db, &shown.token, now)
        .await?
        .ok_or_else(Problem::not_found::<ShareLinkId>)?;
    port::note_use(&state, &grant, &request);
    let (session_id, scope, link_expires_at) = (grant.session, grant.scope, grant.expires_at);
    let who = Who {
        grants: vec![grant.clone()],
        ..Who::default()
    };
    allowed(db, session_id, &who, Right::View)
        .await
        .map_err(|error| error.hiding::<ShareLinkId>())?;
    let pass = token::random();
    let command = IssuePass {
        grant,
        token_hash: token::hash(&pass),
    };
    let expires_at = state.backbone.execute(context, &command).await?.value;
    let cookie = cookie(session_id, &pass, expires_at.since(now).as_secs(), state.get());
    let view = PassView {
        session_id,
        scope,
        expires_at,
        link_expires_at,
    };
    Ok(([(header::SET_COOKIE, cookie)], Data(view)).into_response())
}

/// For one session, not for scripts, and not for requests that come from other sites.
fn cookie(session: SessionId, pass: &str, seconds: u64, cookies: PassCookies) -> HeaderValue {
    let secure = if cookies.secure { "; Secure" } else { "" };
    let text = format!(
        "{SHARE_COOKIE}{session}={pass}; Path=/api; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}"
    );
    HeaderValue::from_str(&text).expect("an id, a base64 token and plain attributes are valid in a header")
}

#[cfg(test)]
mod tests {
    use althing_backbone::Uuid;

    use super::*;

    #[test]
    fn a_pass_is_a_cookie_that_neither_scripts_nor_other_sites_can_use() {
        let session = SessionId(Uuid::from_u128(1));
        let text = |secure| cookie(session, "abc", 60, PassCookies { secure });
        assert_eq!(
            text(true),
            "althing_share_00000000-0000-0000-0000-000000000001=abc; Path=/api; HttpOnly; SameSite=Strict; Max-Age=60; Secure"
        );
        assert!(!text(false).to_str().unwrap().contains("Secure"));
    }
}
