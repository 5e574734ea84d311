//! The door of the views and of the live channel.

use althing_events::{CycleId, SessionId};
use althing_web::{
    Access, Answer, AppState, Data, FieldProblem, List, Module, Paging, PathId, PathId2, Problem, QueryOf,
    Upgrade,
};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::activity::{self, Activity};
use super::compare::Comparison;
use super::detail::{ComponentDetail, May};
use super::live::{LiveSettings, door};
use super::overview::Overview;
use super::tree::CycleNode;
use super::{Dashboard, Views};
use crate::access::{Caller, Right};
use crate::cycle::http::allowed_on;
use crate::outputs::ComponentType;
use crate::session::port::require;

/// How many cycles can stand side by side.
const COMPARED: std::ops::RangeInclusive<usize> = 2..=10;

/// Adds the routes of views and live channel.
pub fn routes(module: Module) -> Module {
    routes_with(module, LiveSettings::default())
}

/// The same with other settings of the live channel.
pub fn routes_with(module: Module, settings: LiveSettings) -> Module {
    let view = Access::SessionViewer;
    module
        .get(
            "/api/sessions/{id}/dashboard",
            view,
            "see a decision at a glance",
            overview,
        )
        .get(
            "/api/sessions/{id}/compare",
            view,
            "compare cycles side by side",
            compare,
        )
        .get(
            "/api/sessions/{id}/cycle-tree",
            view,
            "see the cycles as a tree",
            cycle_tree,
        )
        .get(
            "/api/sessions/{id}/activity",
            Access::SessionReader,
            "see what happened",
            activity,
        )
        .get(
            "/api/sessions/{id}/live",
            view,
            "follow a decision live (WebSocket)",
            door::upgrade,
        )
        .gives::<Upgrade>()
        .get(
            "/api/cycles/{id}/components/{type}/detail",
            view,
            "see a component with its analysis",
            detail,
        )
        .provide(move |backbone| Dashboard::start(backbone, settings))
}

fn views(state: &AppState) -> Views {
    state.get::<Dashboard>().views
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Which {
    #[serde(default, rename = "cycleId")]
    cycle_id: Option<String>,
    #[serde(default)]
    refresh: Option<bool>,
}

async fn overview(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<SessionId>,
    QueryOf(which): QueryOf<Which>,
) -> Answer<Data<Overview>> {
    require::<SessionId>(&state, &caller, id, Right::View).await?;
    let cycle = which.cycle_id.as_deref().map(cycle_id).transpose()?;
    Ok(Data(
        views(&state)
            .overview(id, cycle, which.refresh.unwrap_or(false))
            .await?,
    ))
}

/// A malformed id is one that does not exist.
fn cycle_id(text: &str) -> Result<CycleId, Problem> {
    text.parse().map_err(|_| Problem::not_found::<CycleId>())
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Sides {
    cycles: String,
}

async fn compare(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<SessionId>,
    QueryOf(sides): QueryOf<Sides>,
) -> Answer<Data<Comparison>> {
    require::<SessionId>(&state, &caller, id, Right::View).await?;
    let ids = sides
        .cycles
        .split(',')
        .filter(|part| !part.trim().is_empty())
        .map(|part| cycle_id(part.trim()));
    let ids: Vec<CycleId> = ids.collect::<Result<_, _>>()?;
    let refused =
        |message: &str| Problem::validation(vec![FieldProblem::new("/cycles", "out_of_range", message)]);
    if !COMPARED.contains(&ids.len()) {
        return Err(refused("choose 2 to 10 cycles"));
    }
    if ids
        .iter()
        .enumerate()
        .any(|(place, one)| ids[..place].contains(one))
    {
        return Err(refused("choose each cycle once"));
    }
    Ok(Data(views(&state).compare(id, &ids).await?))
}

async fn cycle_tree(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<SessionId>,
) -> Answer<Data<Vec<CycleNode>>> {
    require::<SessionId>(&state, &caller, id, Right::View).await?;
    Ok(Data(views(&state).tree(id).await?))
}

async fn activity(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<SessionId>,
    paging: Paging,
) -> Answer<List<Activity>> {
    let plan = require::<SessionId>(&state, &caller, id, Right::Read).await?.plan;
    let db = state.backbone.db();
    let before: Option<i64> = paging.after()?;
    let mut items = activity::list(db, id, before, paging.limit + 1).await?;
    let has_more = items.len() > paging.limit;
    items.truncate(paging.limit);
    let next_cursor = items
        .last()
        .filter(|_| has_more)
        .map(|last| Paging::cursor_of(&last.seq));
    let items = items.into_iter().map(|one| one.within(&plan)).collect();
    Ok(List {
        items,
        total: Some(activity::count(db, id).await?),
        next_cursor,
    })
}

async fn detail(
    State(state): State<AppState>,
    caller: Caller,
    PathId2(id, component): PathId2<CycleId, ComponentType>,
) -> Answer<Data<ComponentDetail>> {
    let session = allowed_on(&state, &caller, (id, component), Right::View).await?;
    Ok(Data(
        views(&state)
            .detail(id, component, May::of(&session), &session.plan)
            .await?,
    ))
}
