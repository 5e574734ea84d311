//! The door of cycles and their components.

use althing_backbone::{DbError, Timestamp, sql};
use althing_events::{CycleId, DraftId, SessionId};
use althing_web::{
    Access, Answer, AppState, Body, Created, Ctx, Data, FieldProblem, List, Membership, Module, NotFound,
    PathId, PathId2, Problem,
};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::commands::{
    BranchCycle, ChangeCycle, CompleteComponent, CreateCycle, CycleAct, ReviseComponent, StartComponent,
    UpdateComponentOutput,
};
use super::journal::{Labels, Source};
use super::store;
use super::views::{ComponentView, CycleView};
use crate::access::{Caller, Right};
use crate::conversation::port as conversations;
use crate::outputs::{ComponentType, apply};
use crate::session::port::{SessionFacts, has_component, list_has_seen, require};

/// Adds the routes of cycles and components.
pub fn routes(module: Module) -> Module {
    let (view, contribute, manage) = (
        Access::SessionViewer,
        Access::SessionContributor,
        Access::SessionManager,
    );
    module
        .post("/api/sessions/{id}/cycles", manage, "begin a cycle", create)
        .get(
            "/api/sessions/{id}/cycles",
            view,
            "list the cycles of a session",
            list,
        )
        .get(
            "/api/cycles/{id}",
            view,
            "read a cycle with its nine components",
            read,
        )
        .post(
            "/api/cycles/{id}/branch",
            manage,
            "branch a cycle to explore what if",
            branch,
        )
        .post(
            "/api/cycles/{id}/navigate",
            contribute,
            "move to another step",
            navigate,
        )
        .post("/api/cycles/{id}/complete", manage, "complete a cycle", complete)
        .post("/api/cycles/{id}/archive", manage, "archive a cycle", archive)
        .get(
            "/api/cycles/{id}/components/{type}",
            view,
            "read a component",
            component,
        )
        .put(
            "/api/cycles/{id}/components/{type}",
            contribute,
            "replace a component's output",
            update,
        )
        .post(
            "/api/cycles/{id}/components/{type}/start",
            contribute,
            "start a component",
            start,
        )
        .post(
            "/api/cycles/{id}/components/{type}/complete",
            contribute,
            "complete a component",
            complete_component,
        )
        .post(
            "/api/cycles/{id}/components/{type}/revise",
            contribute,
            "mark a component for revision",
            revise,
        )
}

impl NotFound for ComponentType {
    const CODE: &'static str = "component_not_found";
}

impl std::str::FromStr for ComponentType {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::parse(text).ok_or(())
    }
}

/// The session of a cycle, if the caller may do that much with it.
pub(crate) async fn allowed(
    state: &AppState,
    caller: &Caller,
    id: CycleId,
    need: Right,
) -> Result<SessionFacts, Problem> {
    let session = super::port::session_of(state.backbone.db(), id).await?;
    require::<CycleId>(state, caller, session, need).await
}

/// The same for one of its components, if the owner's membership includes it.
pub(crate) async fn allowed_on(
    state: &AppState,
    caller: &Caller,
    (id, component): (CycleId, ComponentType),
    need: Right,
) -> Result<SessionFacts, Problem> {
    let facts = allowed(state, caller, id, need).await?;
    has_component(&facts.plan, component)?;
    Ok(facts)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewCycle {
    #[serde(default)]
    label: Option<String>,
}

async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Ctx(context): Ctx,
    PathId(session_id): PathId<SessionId>,
    Body(new): Body<NewCycle>,
) -> Answer<Created<CycleView>> {
    let plan = require::<SessionId>(&state, &caller, session_id, Right::Manage)
        .await?
        .plan;
    let done = state
        .backbone
        .execute(
            context,
            &CreateCycle {
                session_id,
                label: new.label,
            },
        )
        .await?;
    list_has_seen(&state.backbone, done.receipt).await;
    Ok(Created(whole(&state, done.value.id, &plan).await?))
}

async fn list(
    State(state): State<AppState>,
    caller: Caller,
    PathId(session_id): PathId<SessionId>,
) -> Answer<List<CycleView>> {
    let plan = require::<SessionId>(&state, &caller, session_id, Right::View)
        .await?
        .plan;
    let cycles = super::port::cycles_of(state.backbone.db(), session_id).await?;
    let brief = |cycle| CycleView::brief(cycle).within(&plan);
    Ok(List::whole(cycles.iter().map(brief).collect()))
}

async fn read(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<CycleId>,
) -> Answer<Data<CycleView>> {
    let plan = allowed(&state, &caller, id, Right::View).await?.plan;
    Ok(Data(whole(&state, id, &plan).await?))
}

async fn whole(state: &AppState, id: CycleId, plan: &Membership) -> Answer<CycleView> {
    Ok(CycleView::whole(&store::read(state.backbone.db(), id).await?).within(plan))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Branch {
    branch_point: ComponentType,
    #[serde(default)]
    label: Option<String>,
}

async fn branch(
    State(state): State<AppState>,
    caller: Caller,
    Ctx(context): Ctx,
    PathId(id): PathId<CycleId>,
    Body(branch): Body<Branch>,
) -> Answer<Created<CycleView>> {
    let plan = allowed(&state, &caller, id, Right::Manage).await?.plan;
    let command = BranchCycle {
        cycle_id: id,
        branch_point: branch.branch_point,
        label: branch.label,
    };
    let done = state.backbone.execute(context, &command).await?;
    list_has_seen(&state.backbone, done.receipt).await;
    Ok(Created(whole(&state, done.value.id, &plan).await?))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Navigate {
    to: ComponentType,
}

async fn navigate(
    State(state): State<AppState>,
    caller: Caller,
    Ctx(context): Ctx,
    PathId(id): PathId<CycleId>,
    Body(navigate): Body<Navigate>,
) -> Answer<Data<CycleView>> {
    act(
        &state,
        &caller,
        (id, Right::Contribute),
        context,
        CycleAct::Navigate(navigate.to),
    )
    .await
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

async fn complete(
    State(state): State<AppState>,
    caller: Caller,
    Ctx(context): Ctx,
    PathId(id): PathId<CycleId>,
    Body(Nothing {}): Body<Nothing>,
) -> Answer<Data<CycleView>> {
    act(&state, &caller, (id, Right::Manage), context, CycleAct::Complete).await
}

async fn archive(
    State(state): State<AppState>,
    caller: Caller,
    Ctx(context): Ctx,
    PathId(id): PathId<CycleId>,
    Body(Nothing {}): Body<Nothing>,
) -> Answer<Data<CycleView>> {
    act(&state, &caller, (id, Right::Manage), context, CycleAct::Archive).await
}

async fn act(
    state: &AppState,
    caller: &Caller,
    (cycle_id, need): (CycleId, Right),
    context: althing_backbone::Context,
    act: CycleAct,
) -> Answer<Data<CycleView>> {
    let plan = allowed(state, caller, cycle_id, need).await?.plan;
    state
        .backbone
        .execute(context, &ChangeCycle { cycle_id, act })
        .await?;
    Ok(Data(whole(state, cycle_id, &plan).await?))
}

async fn component(
    State(state): State<AppState>,
    caller: Caller,
    PathId2(id, kind): PathId2<CycleId, ComponentType>,
) -> Answer<Data<ComponentView>> {
    allowed_on(&state, &caller, (id, kind), Right::View).await?;
    one(&state, id, kind).await
}

async fn one(state: &AppState, id: CycleId, kind: ComponentType) -> Answer<Data<ComponentView>> {
    Ok(Data(ComponentView::of(
        &store::read(state.backbone.db(), id).await?,
        kind,
    )))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Update {
    output: Value,
    expected_version: i64,
    #[serde(default)]
    draft_id: Option<DraftId>,
}

async fn update(
    State(state): State<AppState>,
    caller: Caller,
    Ctx(context): Ctx,
    PathId2(id, kind): PathId2<CycleId, ComponentType>,
    Body(update): Body<Update>,
) -> Answer<Data<ComponentView>> {
    allowed_on(&state, &caller, (id, kind), Right::Contribute).await?;
    let (source, labels) = match update.draft_id {
        None => (Source::Form, Labels::Previous),
        Some(draft) => (
            Source::Draft(draft),
            labels_of_draft(&state, id, kind, draft).await?,
        ),
    };
    let command = UpdateComponentOutput {
        cycle_id: id,
        component: kind,
        output: update.output,
        expected_version: update.expected_version,
        source,
        labels,
    };
    state.backbone.execute(context, &command).await?;
    one(&state, id, kind).await
}

/// An output that a person made out of a draft keeps the draft's labels.
async fn labels_of_draft(
    state: &AppState,
    id: CycleId,
    kind: ComponentType,
    draft_id: DraftId,
) -> Result<Labels, Problem> {
    let db = state.backbone.db();
    let walk = store::read(db, id).await?;
    let component_id = walk.cycle.component(kind).id;
    let refused = |message: &str| {
        Problem::validation(vec![FieldProblem::new("/draft_id", "unknown_reference", message)])
    };
    let draft = conversations::draft_of(db, component_id)
        .await?
        .filter(|draft| draft.id == draft_id)
        .ok_or_else(|| refused("this proposal is no longer there"))?;
    let current = walk.output(kind).cloned().unwrap_or(Value::Null);
    let applied = apply(&current, &draft.items).map_err(|_| refused("this proposal no longer fits"))?;
    Ok(Labels::Of(applied))
}

async fn start(
    State(state): State<AppState>,
    caller: Caller,
    Ctx(context): Ctx,
    PathId2(id, kind): PathId2<CycleId, ComponentType>,
    Body(Nothing {}): Body<Nothing>,
) -> Answer<Data<ComponentView>> {
    allowed_on(&state, &caller, (id, kind), Right::Contribute).await?;
    let done = state
        .backbone
        .execute(
            context,
            &StartComponent {
                cycle_id: id,
                component: kind,
            },
        )
        .await?;
    // The conversation is made by a subscription; whoever asks next should find it.
    let seen = state
        .backbone
        .seen_by("conversation-init", done.receipt)
        .within(SOON);
    if let Err(error) = seen.await {
        tracing::debug!(%error, "the conversation is not there yet");
    }
    one(&state, id, kind).await
}

/// How long a command waits for what people expect to see right after it.
const SOON: std::time::Duration = std::time::Duration::from_millis(300);

async fn complete_component(
    State(state): State<AppState>,
    caller: Caller,
    Ctx(context): Ctx,
    PathId2(id, kind): PathId2<CycleId, ComponentType>,
    Body(Nothing {}): Body<Nothing>,
) -> Answer<Data<ComponentView>> {
    allowed_on(&state, &caller, (id, kind), Right::Contribute).await?;
    state
        .backbone
        .execute(
            context,
            &CompleteComponent {
                cycle_id: id,
                component: kind,
            },
        )
        .await?;
    if let Err(error) = count_time(&state, id, kind).await {
        tracing::warn!(%error, "could not tell how long a component took");
    }
    one(&state, id, kind).await
}

/// A component was completed just now; its time counts from its first start.
async fn count_time(state: &AppState, id: CycleId, kind: ComponentType) -> Result<(), DbError> {
    let started: Option<Timestamp> = sql("SELECT min(at) FROM cycle_change \
         WHERE cycle_id = $1 AND component_type = $2 AND kind = 'started'")
    .bind(id)
    .bind(kind.as_str())
    .one(state.backbone.db())
    .await?;
    if let Some(started) = started {
        let took = state.backbone.clock().now().since(started);
        metrics::histogram!("component_duration_seconds", "component_type" => kind.as_str())
            .record(took.as_secs_f64());
    }
    Ok(())
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Revise {
    reason: String,
}

async fn revise(
    State(state): State<AppState>,
    caller: Caller,
    Ctx(context): Ctx,
    PathId2(id, kind): PathId2<CycleId, ComponentType>,
    Body(revise): Body<Revise>,
) -> Answer<Data<ComponentView>> {
    allowed_on(&state, &caller, (id, kind), Right::Contribute).await?;
    let command = ReviseComponent {
        cycle_id: id,
        component: kind,
        reason: revise.reason,
    };
    state.backbone.execute(context, &command).await?;
    one(&state, id, kind).await
}
