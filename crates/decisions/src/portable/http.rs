//! The door of export and import.

use althing_backbone::Uuid;
use althing_events::SessionId;
use althing_web::{
    Access, Actor, Answer, AppState, Body, Created, Ctx, FieldProblem, Module, PathId, Problem,
};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;

use super::{ImportSession, Portable, export};
use crate::access::{Caller, Right, Who};
use crate::session::Home;
use crate::session::port::{list_has_seen, require};
use crate::session::views::{self, SessionView};

/// Adds the routes of export and import.
pub fn routes(module: Module) -> Module {
    module
        .post(
            "/api/sessions/import",
            Access::SignedIn,
            "import a decision from its JSON document",
            import,
        )
        .get(
            "/api/sessions/{id}/export",
            Access::SessionReader,
            "export a decision as a JSON document",
            download,
        )
        .gives_file(&["application/json"])
}

/// Around the document: where the decision shall live.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Around {
    document: Value,
    #[serde(default)]
    workspace_id: Option<Uuid>,
    #[serde(default)]
    project_id: Option<Uuid>,
    #[serde(default)]
    visibility: Option<String>,
}

/// The body is the document itself, or `{"document": …}` with where it shall live.
async fn import(
    State(state): State<AppState>,
    actor: Actor,
    Ctx(context): Ctx,
    Body(body): Body<Value>,
) -> Answer<Created<SessionView>> {
    let (document, home) = match body {
        Value::Object(fields) if fields.contains_key("document") => {
            let around: Around = serde_json::from_value(fields.into()).map_err(|error| unreadable(&error))?;
            let home = Home::chosen(
                around.workspace_id,
                around.project_id,
                around.visibility.as_deref(),
            )?;
            (around.document, home)
        }
        document => (document, Home::PRIVATE),
    };
    let document: Portable = serde_json::from_value(document).map_err(|error| unreadable(&error))?;
    home.enter(&state.backbone, &Who::from(&actor)).await?;
    let command = ImportSession {
        owner_id: actor.user_id,
        home,
        document,
    };
    let done = state.backbone.execute(context, &command).await?;
    list_has_seen(&state.backbone, done.receipt).await;
    let mut session = views::one(state.backbone.db(), done.value.session_id, Right::Own).await?;
    // Long documents may take the list longer than this answer waits; whoever imports goes on with these ids.
    session.cycle_ids = done.value.cycle_ids;
    Ok(Created(session))
}

/// serde's text may quote a value of the file, so only its kind is told.
fn unreadable(error: &serde_json::Error) -> Problem {
    let text = error.to_string();
    let message = match text.split_once('`').and_then(|(_, rest)| rest.split_once('`')) {
        Some((field, _)) if text.starts_with("missing field") => format!("the field {field} is missing"),
        Some(_) if text.starts_with("unknown field") => {
            "it has a field that this version does not know".to_owned()
        }
        _ => "it is not a decision that Althing exported, or it was damaged".to_owned(),
    };
    Problem::validation(vec![FieldProblem::new("", "bad_format", message)])
}

async fn download(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<SessionId>,
) -> Answer<Response> {
    require::<SessionId>(&state, &caller, id, Right::Read)
        .await?
        .may_export()?;
    let db = state.backbone.db();
    let document = export(db, id, state.backbone.clock().now()).await?;
    let body = serde_json::to_string_pretty(&document).map_err(Problem::fault)?;
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"decision-{id}.json\""),
        ),
    ];
    Ok((headers, body).into_response())
}
