//! The door of export and import.

use althing_events::SessionId;
use althing_web::{
    Access, Actor, Answer, AppState, Body, Created, Ctx, FieldProblem, Module, PathId, Problem,
};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::{ImportSession, Portable, export};
use crate::session::port::{list_has_seen, readable};
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
            Access::SessionOwner,
            "export a decision as a JSON document",
            download,
        )
}

/// The body is the document itself, or `{"document": …}`.
async fn import(
    State(state): State<AppState>,
    actor: Actor,
    Ctx(context): Ctx,
    Body(body): Body<Value>,
) -> Answer<Created<SessionView>> {
    let document = match body {
        Value::Object(mut fields) if fields.len() == 1 && fields.contains_key("document") => {
            fields.remove("document").unwrap_or_default()
        }
        other => other,
    };
    let document: Portable = serde_json::from_value(document).map_err(|error| unreadable(&error))?;
    let command = ImportSession {
        owner_id: actor.user_id,
        document,
    };
    let done = state.backbone.execute(context, &command).await?;
    list_has_seen(&state.backbone, done.receipt).await;
    Ok(Created(views::one(state.backbone.db(), done.value).await?))
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
    actor: Actor,
    PathId(id): PathId<SessionId>,
) -> Answer<Response> {
    let db = state.backbone.db();
    readable(db, id, actor.user_id).await?;
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
