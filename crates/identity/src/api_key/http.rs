//! The door of keys. It takes a signed-in browser: a key never makes or widens a key.

use althing_backbone::{Timestamp, Uuid};
use althing_events::{ApiKeyId, WorkspaceId};
use althing_web::{
    Access, Actor, Answer, AppState, Body, Code, Created, Ctx, Data, Feature, FieldProblem, List, Module,
    NoContent, PathId, Problem, QueryOf, RateLimits, ShownOnce, is_scope,
};
use axum::extract::{Extension, State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::api_key::{Changes, PlainKey};
use super::commands::{ChangeKey, CreateKey, RevokeKey};
use super::views::{self, KeyView};
use crate::fields::Name;
use crate::session::CurrentSession;
use crate::user::Refusal;

const DESCRIPTION_MOST: usize = 1_000;
const SCOPES_MOST: usize = 100;

pub(crate) fn routes(module: Module) -> Module {
    module
        .get("/api/api-keys", Access::SignedIn, "Lists one's own keys.", list)
        .post(
            "/api/api-keys",
            Access::SignedIn,
            "Makes a key, after a fresh sign-in; answers it once.",
            create,
        )
        .get(
            "/api/api-keys/{id}",
            Access::SignedIn,
            "Reads one of one's own keys.",
            read,
        )
        .patch(
            "/api/api-keys/{id}",
            Access::SignedIn,
            "Changes what a key is called, what it may and where.",
            change,
        )
        .post(
            "/api/api-keys/{id}/revoke",
            Access::SignedIn,
            "Ends a key for good.",
            revoke,
        )
}

#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Which {
    #[default]
    All,
    Active,
    Revoked,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    #[serde(default)]
    status: Which,
}

async fn list(
    State(state): State<AppState>,
    actor: Actor,
    QueryOf(query): QueryOf<ListQuery>,
) -> Answer<List<KeyView>> {
    let is_active = match query.status {
        Which::All => None,
        Which::Active => Some(true),
        Which::Revoked => Some(false),
    };
    let keys = views::keys(state.backbone.db(), actor.user_id, is_active).await?;
    Ok(List::whole(keys))
}

async fn one(state: &AppState, actor: &Actor, id: ApiKeyId) -> Answer<KeyView> {
    let key = views::key(state.backbone.db(), actor.user_id, id).await?;
    Ok(key.ok_or(Refusal::UnknownKey)?)
}

async fn read(
    State(state): State<AppState>,
    actor: Actor,
    PathId(id): PathId<ApiKeyId>,
) -> Answer<Data<KeyView>> {
    Ok(Data(one(&state, &actor, id).await?))
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct KeyRequest {
    name: Option<String>,
    description: Option<String>,
    workspaces: Option<Vec<Uuid>>,
    scopes: Option<Vec<String>>,
    expires_at: Option<String>,
}

impl KeyRequest {
    /// All that is wrong at once.
    fn parse(&self, now: Timestamp) -> Answer<(Changes, Option<Timestamp>)> {
        let name = self
            .name
            .as_deref()
            .map(|name| Name::parse("/name", name))
            .transpose();
        let description = self.description.as_deref().map(description).transpose();
        let scopes = self.scopes.as_deref().map_or(Ok(()), scopes);
        let expires_at = self.expires_at.as_deref().map(|end| later(end, now)).transpose();
        match (name, description, scopes, expires_at) {
            (Ok(name), Ok(description), Ok(()), Ok(expires_at)) => {
                let ids = self.workspaces.as_ref();
                let changes = Changes {
                    name,
                    description,
                    workspaces: ids.map(|ids| ids.iter().copied().map(WorkspaceId).collect()),
                    scopes: self.scopes.clone(),
                };
                Ok((changes, expires_at))
            }
            (name, description, scopes, expires_at) => {
                let others = [name.err(), description.err(), expires_at.err()];
                let others: Vec<FieldProblem> = others.into_iter().flatten().collect();
                match scopes {
                    Err(unknown) if others.is_empty() => {
                        Err(Problem::new(Code::UnknownScope, unknown[0].message.clone()).with_errors(unknown))
                    }
                    scopes => Err(Problem::validation(
                        others
                            .into_iter()
                            .chain(scopes.err().into_iter().flatten())
                            .collect(),
                    )),
                }
            }
        }
    }
}

fn description(text: &str) -> Result<Option<String>, FieldProblem> {
    let text = text.trim();
    if text.chars().count() > DESCRIPTION_MOST {
        let message = format!("must have at most {DESCRIPTION_MOST} characters");
        return Err(FieldProblem::new("/description", "too_long", message));
    }
    if text.contains('\0') {
        let message = "contains characters that cannot be stored";
        return Err(FieldProblem::new("/description", "invalid", message));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

fn scopes(entries: &[String]) -> Result<(), Vec<FieldProblem>> {
    if entries.len() > SCOPES_MOST {
        let message = format!("must be at most {SCOPES_MOST}");
        return Err(vec![FieldProblem::new("/scopes", "too_many", message)]);
    }
    let unknown: Vec<FieldProblem> = entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| !is_scope(entry))
        .map(|(index, _)| FieldProblem::new(format!("/scopes/{index}"), "unknown_scope", "is no scope"))
        .collect();
    if unknown.is_empty() { Ok(()) } else { Err(unknown) }
}

fn later(text: &str, now: Timestamp) -> Result<Timestamp, FieldProblem> {
    let problem = |code: &str, message: &str| FieldProblem::new("/expires_at", code, message);
    let end: Timestamp = text
        .parse()
        .map_err(|_| problem("invalid", "must be a time like 2026-12-31T00:00:00Z"))?;
    if end <= now {
        return Err(problem("past", "must lie in the future"));
    }
    Ok(end)
}

/// A new key: the only answer that has it in plain.
#[derive(Serialize, JsonSchema)]
struct Made {
    key: KeyView,
    token: String,
}

async fn create(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    actor: Actor,
    Extension(session): Extension<CurrentSession>,
    Body(mut request): Body<KeyRequest>,
) -> Answer<(Extension<ShownOnce>, Created<Made>)> {
    let now = state.backbone.clock().now();
    let membership = state.get::<RateLimits>().membership(actor.membership);
    membership.includes(Feature::ApiKeys)?;
    membership.may_write(now)?;
    session.require_fresh(now)?;
    request.name.get_or_insert_default();
    let (new, expires_at) = request.parse(now)?;
    let command = CreateKey {
        actor: actor.user_id,
        plain: PlainKey::random(),
        name: new.name.ok_or(Refusal::UnknownKey)?,
        description: new.description.flatten(),
        workspaces: new.workspaces.unwrap_or_default(),
        scopes: new.scopes.unwrap_or_default(),
        expires_at,
    };
    let id = state.backbone.execute(context, &command).await?.value;
    let made = Made {
        key: one(&state, &actor, id).await?,
        token: command.plain.text,
    };
    Ok((Extension(ShownOnce), Created(made)))
}

async fn change(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    actor: Actor,
    PathId(key_id): PathId<ApiKeyId>,
    Body(request): Body<KeyRequest>,
) -> Answer<Data<KeyView>> {
    one(&state, &actor, key_id).await?;
    if request.expires_at.is_some() {
        let fixed = FieldProblem::new("/expires_at", "fixed", "cannot be changed; make another key");
        return Err(Problem::validation(vec![fixed]));
    }
    let (changes, _) = request.parse(state.backbone.clock().now())?;
    let command = ChangeKey {
        actor: actor.user_id,
        key_id,
        changes,
    };
    state.backbone.execute(context, &command).await?;
    Ok(Data(one(&state, &actor, key_id).await?))
}

async fn revoke(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    actor: Actor,
    PathId(key_id): PathId<ApiKeyId>,
) -> Answer<NoContent> {
    let command = RevokeKey {
        actor: actor.user_id,
        key_id,
    };
    state.backbone.execute(context, &command).await?;
    Ok(NoContent)
}
