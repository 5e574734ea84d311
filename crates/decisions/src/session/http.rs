//! The door of sessions.

use althing_backbone::{Timestamp, Uuid};
use althing_events::SessionId;
use althing_web::{
    Access, Actor, Answer, AppState, Body, Created, Ctx, Data, FieldProblem, List, Module, NoContent, Paging,
    PathId, Problem, QueryOf,
};
use axum::extract::State;
use serde::Deserialize;

use super::commands::{ArchiveSession, ChangeSession, CreateSession, RecordOutcome};
use super::port::readable;
use super::session::Outcome;
use super::views::{self, OutcomeView, SessionView};

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
            "list one's decision sessions",
            list,
        )
        .get(
            "/api/sessions/{id}",
            Access::SessionOwner,
            "read a decision session",
            read,
        )
        .patch(
            "/api/sessions/{id}",
            Access::SessionOwner,
            "rename or describe a decision session",
            change,
        )
        .delete(
            "/api/sessions/{id}",
            Access::SessionOwner,
            "archive a decision session",
            archive,
        )
        .post(
            "/api/sessions/{id}/outcomes",
            Access::SessionOwner,
            "record how a decision turned out",
            record_outcome,
        )
        .get(
            "/api/sessions/{id}/outcomes",
            Access::SessionOwner,
            "list how decisions turned out",
            outcomes,
        )
}

#[derive(Deserialize)]
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
    refuse_places(new.workspace_id, new.project_id, new.visibility.as_deref())?;
    let command = CreateSession {
        owner_id: actor.user_id,
        title: new.title,
        description: new.description,
    };
    let session = state.backbone.execute(context, &command).await?.value;
    Ok(Created(views::one(state.backbone.db(), session.id).await?))
}

/// Sessions are private to their owner; workspaces and projects do not exist yet.
pub(crate) fn refuse_places(
    workspace: Option<Uuid>,
    project: Option<Uuid>,
    visibility: Option<&str>,
) -> Result<(), Problem> {
    let mut errors = Vec::new();
    if workspace.is_some() {
        errors.push(FieldProblem::new(
            "/workspace_id",
            "unknown_reference",
            "there is no such workspace",
        ));
    }
    if project.is_some() {
        errors.push(FieldProblem::new(
            "/project_id",
            "unknown_reference",
            "there is no such project",
        ));
    }
    match visibility {
        None | Some("private") => {}
        Some("workspace") => {
            errors.push(FieldProblem::new(
                "/visibility",
                "missing_required",
                "choose a workspace to share it with",
            ));
        }
        Some(_) => errors.push(FieldProblem::new(
            "/visibility",
            "invalid_choice",
            "must be private or workspace",
        )),
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Problem::validation(errors))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    #[serde(default)]
    status: Option<super::SessionStatus>,
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
    let status = query.status.map(super::SessionStatus::as_str);
    let mut items = views::list(db, actor.user_id, status, before, paging.limit + 1).await?;
    let has_more = items.len() > paging.limit;
    items.truncate(paging.limit);
    let next_cursor = items
        .last()
        .filter(|_| has_more)
        .map(|last| Paging::cursor_of(&(last.updated_at, last.id)));
    let total = Some(views::count(db, actor.user_id, status).await?);
    Ok(List {
        items,
        total,
        next_cursor,
    })
}

async fn read(
    State(state): State<AppState>,
    actor: Actor,
    PathId(id): PathId<SessionId>,
) -> Answer<Data<SessionView>> {
    let db = state.backbone.db();
    readable(db, id, actor.user_id).await?;
    Ok(Data(views::one(db, id).await?))
}

#[derive(Deserialize)]
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
    actor: Actor,
    Ctx(context): Ctx,
    PathId(id): PathId<SessionId>,
    Body(changes): Body<Changes>,
) -> Answer<Data<SessionView>> {
    let db = state.backbone.db();
    readable(db, id, actor.user_id).await?;
    let command = ChangeSession {
        session_id: id,
        user_id: actor.user_id,
        title: changes.title,
        description: changes.description,
    };
    state.backbone.execute(context, &command).await?;
    Ok(Data(views::one(db, id).await?))
}

async fn archive(
    State(state): State<AppState>,
    actor: Actor,
    Ctx(context): Ctx,
    PathId(id): PathId<SessionId>,
) -> Answer<NoContent> {
    readable(state.backbone.db(), id, actor.user_id).await?;
    state
        .backbone
        .execute(
            context,
            &ArchiveSession {
                session_id: id,
                user_id: actor.user_id,
            },
        )
        .await?;
    Ok(NoContent)
}

async fn record_outcome(
    State(state): State<AppState>,
    actor: Actor,
    Ctx(context): Ctx,
    PathId(id): PathId<SessionId>,
    Body(outcome): Body<Outcome>,
) -> Answer<Created<OutcomeView>> {
    let db = state.backbone.db();
    readable(db, id, actor.user_id).await?;
    let command = RecordOutcome {
        session_id: id,
        user_id: actor.user_id,
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
    actor: Actor,
    PathId(id): PathId<SessionId>,
) -> Answer<List<OutcomeView>> {
    let db = state.backbone.db();
    readable(db, id, actor.user_id).await?;
    Ok(List::whole(views::outcomes(db, id).await?))
}
