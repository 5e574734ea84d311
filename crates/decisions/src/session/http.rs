//! The door of sessions.

use althing_backbone::{Timestamp, Uuid};
use althing_events::{SessionId, WorkspaceId};
use althing_web::{
    Access, Actor, Answer, AppState, Body, Created, Ctx, Data, List, Module, NoContent, Paging, PathId,
    Problem, QueryOf,
};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::commands::{ArchiveSession, ChangeSession, CreateSession, RecordOutcome};
use super::home::Home;
use super::port::require;
use super::session::Outcome;
use super::views::{self, OutcomeView, SessionView};
use crate::access::{Caller, Right, Who, tiers};

/// Adds the routes of sessions and outcomes.
pub fn routes(module: Module) -> Module {
    module
        .post(
            "/api/sessions",
            Access::SignedIn,
            "begin a decision session",
            create,
        )
        .get(
            "/api/sessions",
            Access::SignedIn,
            "list one's decision sessions and those of one's workspaces",
            list,
        )
        .get(
            "/api/sessions/{id}",
            Access::SessionViewer,
            "read a decision session",
            read,
        )
        .patch(
            "/api/sessions/{id}",
            Access::SessionManager,
            "rename or describe a decision session",
            change,
        )
        .delete(
            "/api/sessions/{id}",
            Access::SessionManager,
            "archive a decision session",
            archive,
        )
        .post(
            "/api/sessions/{id}/outcomes",
            Access::SessionManager,
            "record how a decision turned out",
            record_outcome,
        )
        .get(
            "/api/sessions/{id}/outcomes",
            Access::SessionReader,
            "list how decisions turned out",
            outcomes,
        )
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewSession {
    title: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    workspace_id: Option<Uuid>,
    #[serde(default)]
    project_id: Option<Uuid>,
    #[serde(default)]
    visibility: Option<String>,
}

async fn create(
    State(state): State<AppState>,
    actor: Actor,
    Ctx(context): Ctx,
    Body(new): Body<NewSession>,
) -> Answer<Created<SessionView>> {
    let home = Home::chosen(new.workspace_id, new.project_id, new.visibility.as_deref())?;
    home.enter(&state.backbone, &Who::from(&actor)).await?;
    let command = CreateSession {
        owner_id: actor.user_id,
        home,
        title: new.title,
        description: new.description,
    };
    let session = state.backbone.execute(context, &command).await?.value;
    Ok(Created(
        views::one(state.backbone.db(), session.id, Right::Own).await?,
    ))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    #[serde(default)]
    status: Option<super::SessionStatus>,
    #[serde(default)]
    workspace: Option<WorkspaceId>,
    // Paging is read by its own extractor.
    #[serde(default, rename = "limit")]
    _limit: Option<String>,
    #[serde(default, rename = "cursor")]
    _cursor: Option<String>,
}

async fn list(
    State(state): State<AppState>,
    actor: Actor,
    paging: Paging,
    QueryOf(query): QueryOf<ListQuery>,
) -> Answer<List<SessionView>> {
    let before: Option<(Timestamp, Uuid)> = paging.after()?;
    let db = state.backbone.db();
    tiers::membership(db, actor.user_id).await?.may_read()?;
    let who = Who::from(&actor);
    let filter = views::Filter {
        reader: actor.user_id,
        only_in: who.only_in.as_deref(),
        status: query.status.map(super::SessionStatus::as_str),
        workspace: query.workspace,
    };
    let mut items = views::list(db, &filter, before, paging.limit + 1).await?;
    let has_more = items.len() > paging.limit;
    items.truncate(paging.limit);
    let next_cursor = items
        .last()
        .filter(|_| has_more)
        .map(|last| Paging::cursor_of(&(last.updated_at, last.id)));
    let total = Some(views::count(db, &filter).await?);
    Ok(List {
        items,
        total,
        next_cursor,
    })
}

async fn read(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<SessionId>,
) -> Answer<Data<SessionView>> {
    let right = require::<SessionId>(&state, &caller, id, Right::View)
        .await?
        .right;
    Ok(Data(views::one(state.backbone.db(), id, right).await?))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Changes {
    #[serde(default)]
    title: Option<String>,
    /// Absent leaves it, null takes it away.
    #[serde(default, deserialize_with = "present")]
    description: Option<Option<String>>,
}

fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(deserializer).map(Some)
}

async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Ctx(context): Ctx,
    PathId(id): PathId<SessionId>,
    Body(changes): Body<Changes>,
) -> Answer<Data<SessionView>> {
    let right = require::<SessionId>(&state, &caller, id, Right::Manage)
        .await?
        .right;
    let command = ChangeSession {
        session_id: id,
        user_id: caller.user()?,
        title: changes.title,
        description: changes.description,
    };
    state.backbone.execute(context, &command).await?;
    Ok(Data(views::one(state.backbone.db(), id, right).await?))
}

async fn archive(
    State(state): State<AppState>,
    caller: Caller,
    Ctx(context): Ctx,
    PathId(id): PathId<SessionId>,
) -> Answer<NoContent> {
    require::<SessionId>(&state, &caller, id, Right::Manage).await?;
    let command = ArchiveSession {
        session_id: id,
        user_id: caller.user()?,
    };
    state.backbone.execute(context, &command).await?;
    Ok(NoContent)
}

async fn record_outcome(
    State(state): State<AppState>,
    caller: Caller,
    Ctx(context): Ctx,
    PathId(id): PathId<SessionId>,
    Body(outcome): Body<Outcome>,
) -> Answer<Created<OutcomeView>> {
    require::<SessionId>(&state, &caller, id, Right::Manage).await?;
    let db = state.backbone.db();
    let command = RecordOutcome {
        session_id: id,
        user_id: caller.user()?,
        outcome,
    };
    let outcome_id = state.backbone.execute(context, &command).await?.value;
    views::outcomes(db, id)
        .await?
        .into_iter()
        .find(|outcome| outcome.id == outcome_id.0)
        .map(Created)
        .ok_or_else(|| Problem::fault(anyhow::anyhow!("a recorded outcome is not in its view")))
}

async fn outcomes(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<SessionId>,
) -> Answer<List<OutcomeView>> {
    require::<SessionId>(&state, &caller, id, Right::Read).await?;
    Ok(List::whole(views::outcomes(state.backbone.db(), id).await?))
}
