//! The door of the audit log.

use althing_backbone::{Backbone, Timestamp, Uuid};
use althing_events::WorkspaceId;
use althing_events::identity::MemberRole;
use althing_web::{Access, Actor, Answer, AppState, Code, List, Module, Paging, Problem, QueryOf};
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::sync::mpsc;

use crate::export::Format;
use crate::members;
use crate::views::{self, EntryView, Of, Place, Search};

/// How many entries of a file are read at once.
const CHUNK: usize = 500;

pub(crate) fn routes(module: Module) -> Module {
    module
        .keys("events:read", "events:read")
        .get(
            "/api/workspaces/{ws}/audit",
            Access::WorkspaceAdmin,
            "Lists what happened in a workspace, the newest first; by actor, kind, time and id.",
            of_workspace,
        )
        .get(
            "/api/workspaces/{ws}/audit/export",
            Access::WorkspaceAdmin,
            "The same as a file, of CSV or of lines of JSON.",
            export_of_workspace,
        )
        .gives_file(&["text/csv", "application/jsonl"])
        .browsers_only()
        .get(
            "/api/admin/audit",
            Access::InstanceAdmin,
            "Lists what happened outside of workspaces, the newest first; by actor, kind, time and id.",
            of_instance,
        )
        .get(
            "/api/admin/audit/export",
            Access::InstanceAdmin,
            "The same as a file, of CSV or of lines of JSON.",
            export_of_instance,
        )
        .gives_file(&["text/csv", "application/jsonl"])
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Filter {
    actor_id: Option<Uuid>,
    kind: Option<String>,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    id: Option<Uuid>,
    /// Of a file only.
    #[serde(default)]
    format: Format,
}

impl From<Filter> for Search {
    fn from(filter: Filter) -> Self {
        Self {
            actor: filter.actor_id,
            kind: filter.kind.filter(|kind| !kind.is_empty()),
            from: filter.from,
            until: filter.until,
            id: filter.id,
        }
    }
}

/// The log of a workspace is for its owner and admins; for others it is as if there were
/// no workspace, or no right.
async fn managed(state: &AppState, actor: &Actor, slug_or_id: &str) -> Answer<WorkspaceId> {
    let backbone = &state.backbone;
    let place = members::place(backbone.db(), actor.user_id, slug_or_id).await?;
    let hidden = || Problem::new(Code::NotFound, "there is no such workspace, or you are not in it");
    let (workspace, role) = place.ok_or_else(hidden)?;
    if actor.key.as_ref().is_some_and(|key| !key.reaches(workspace)) {
        return Err(hidden());
    }
    match role {
        MemberRole::Owner | MemberRole::Admin => Ok(workspace),
        MemberRole::Member | MemberRole::Guest => Err(Problem::new(
            Code::Forbidden,
            "only the owner and the admins of this workspace may do this",
        )),
    }
}

async fn of_workspace(
    State(state): State<AppState>,
    actor: Actor,
    Path(ws): Path<String>,
    paging: Paging,
    QueryOf(filter): QueryOf<Filter>,
) -> Answer<List<EntryView>> {
    let workspace = managed(&state, &actor, &ws).await?;
    page(&state, Of::Workspace(workspace), filter, &paging).await
}

async fn of_instance(
    State(state): State<AppState>,
    paging: Paging,
    QueryOf(filter): QueryOf<Filter>,
) -> Answer<List<EntryView>> {
    page(&state, Of::Instance, filter, &paging).await
}

async fn page(state: &AppState, of: Of, filter: Filter, paging: &Paging) -> Answer<List<EntryView>> {
    let search = Search::from(filter);
    let after: Option<Place> = paging.after()?;
    let mut items = views::page(state.backbone.db(), of, &search, after, paging.limit + 1).await?;
    let has_more = items.len() > paging.limit;
    items.truncate(paging.limit);
    let last = items.last().filter(|_| has_more);
    Ok(List {
        next_cursor: last.map(|last| Paging::cursor_of(&(last.occurred_at, last.id))),
        total: None,
        items,
    })
}

async fn export_of_workspace(
    State(state): State<AppState>,
    actor: Actor,
    Path(ws): Path<String>,
    QueryOf(filter): QueryOf<Filter>,
) -> Answer<Response> {
    let workspace = managed(&state, &actor, &ws).await?;
    Ok(file(state.backbone, Of::Workspace(workspace), filter))
}

async fn export_of_instance(
    State(state): State<AppState>,
    QueryOf(filter): QueryOf<Filter>,
) -> Answer<Response> {
    Ok(file(state.backbone, Of::Instance, filter))
}

/// A file of any length: it is read while it is sent, and a client that is slow waits for
/// nobody but itself.
fn file(backbone: Backbone, of: Of, filter: Filter) -> Response {
    let format = filter.format;
    let (pieces, coming) = mpsc::channel::<Result<Bytes, std::io::Error>>(2);
    drop(tokio::spawn(async move {
        if let Err(error) = write(&backbone, of, &filter.into(), format, &pieces).await {
            tracing::error!(%error, "an export of the audit log broke off");
            // The file ends without its end, so that nobody takes it for the whole.
            let broken = std::io::Error::other("the export broke off");
            drop(pieces.send(Err(broken)).await);
        }
    }));
    let pieces = futures::stream::unfold(coming, async |mut coming| {
        coming.recv().await.map(|piece| (piece, coming))
    });
    // Compression asks once more after the end.
    let body = Body::from_stream(pieces.fuse());
    let disposition = format!("attachment; filename=\"{}\"", format.file_name());
    let headers = [
        (header::CONTENT_TYPE, format.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    (headers, body).into_response()
}

async fn write(
    backbone: &Backbone,
    of: Of,
    search: &Search,
    format: Format,
    pieces: &mpsc::Sender<Result<Bytes, std::io::Error>>,
) -> Result<(), althing_backbone::DbError> {
    let mut text = format.head().to_owned();
    let mut after = None;
    loop {
        let entries = views::page(backbone.db(), of, search, after, CHUNK).await?;
        text.extend(entries.iter().map(|entry| format.line(entry)));
        let gone = pieces.send(Ok(std::mem::take(&mut text).into())).await.is_err();
        match entries.last().filter(|_| entries.len() == CHUNK) {
            Some(last) if !gone => after = Some((last.occurred_at, last.id)),
            _ => return Ok(()),
        }
    }
}
