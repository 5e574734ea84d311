//! Drafts: read, confirm, take away.

use std::time::Duration;

use althing_backbone::Uuid;
use althing_events::ComponentId;
use althing_web::{Answer, AppState, Body, Ctx, Data, NoContent, PathId};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::access;
use super::confirm_draft::{Choice, ConfirmDraft};
use crate::access::{Caller, Right};
use crate::conversation::commands::DismissDraft;
use crate::conversation::port;
use crate::conversation::reactions::PROGRESS;
use crate::conversation::views::DraftView;
use crate::cycle::port::surroundings;
use crate::cycle::views::ComponentView;

/// How long a confirmation waits for what people expect to see right after it.
const SOON: Duration = Duration::from_millis(300);

pub async fn read(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<ComponentId>,
) -> Answer<Data<Option<DraftView>>> {
    let place = access::component(&state, &caller, id, Right::Read).await?;
    let draft = port::draft_of(state.backbone.db(), place.component_id).await?;
    Ok(Data(draft.map(DraftView::from)))
}

/// What is confirmed.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    #[serde(default)]
    items: Option<Vec<Chosen>>,
    expected_version: i64,
}

/// An item as it is, or with another value.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum Chosen {
    AsItIs(Uuid),
    Edited { id: Uuid, value: Value },
}

pub async fn confirm(
    State(state): State<AppState>,
    caller: Caller,
    Ctx(context): Ctx,
    PathId(id): PathId<ComponentId>,
    Body(confirm): Body<Confirm>,
) -> Answer<Data<ComponentView>> {
    let place = access::component(&state, &caller, id, Right::Contribute).await?;
    let choices = confirm.items.map(|items| {
        let choice = |chosen| match chosen {
            Chosen::AsItIs(id) => Choice { id, value: None },
            Chosen::Edited { id, value } => Choice {
                id,
                value: Some(value),
            },
        };
        items.into_iter().map(choice).collect()
    });
    let command = ConfirmDraft {
        place: place.clone(),
        choices,
        expected_version: confirm.expected_version,
    };
    let done = state.backbone.execute(context, &command).await?;
    if let Err(error) = state.backbone.seen_by(PROGRESS, done.receipt).within(SOON).await {
        tracing::debug!(%error, "the draft is not closed yet");
    }
    let around = surroundings(state.backbone.db(), place.cycle_id, place.component_type).await?;
    Ok(Data(view_of(around)))
}

fn view_of(around: crate::cycle::port::Surroundings) -> ComponentView {
    let crate::cycle::port::Surroundings {
        cycle,
        component,
        output,
        ..
    } = around;
    let kind = component.component_type;
    ComponentView {
        id: component.id.0,
        cycle_id: cycle.id.0,
        component_type: kind,
        status: component.status,
        version: component.version,
        output,
        input_versions: component.input_versions,
        based_on_older_input: cycle.is_based_on_older_input(kind),
        inherited: component.inherited,
        can_start: cycle.can_start(kind),
        updated_at: component.updated_at,
    }
}

pub async fn dismiss(
    State(state): State<AppState>,
    caller: Caller,
    Ctx(context): Ctx,
    PathId(id): PathId<ComponentId>,
) -> Answer<NoContent> {
    let place = access::component(&state, &caller, id, Right::Contribute).await?;
    state.backbone.execute(context, &DismissDraft { place }).await?;
    Ok(NoContent)
}
