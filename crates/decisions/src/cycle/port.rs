//! What other modules may know of a cycle, and which session an id belongs to.

use althing_backbone::{Query, Uuid, sql};
use althing_events::{ComponentId, CycleId, SessionId};
use althing_web::Code;
use serde_json::Value;

use super::cycle::{Component, Cycle};
use super::store;
use crate::error::{Error, Result};
use crate::outputs::{ComponentType, Outputs};

/// The little that others need of a cycle.
#[derive(Clone, Debug)]
pub struct CycleFacts {
    pub id: CycleId,
    pub session_id: SessionId,
    pub was_completed: bool,
}

/// Which session a cycle belongs to, and whether it was ever completed.
pub async fn facts(on: &impl Query, id: CycleId) -> Result<CycleFacts> {
    let cycle: Cycle = althing_backbone::read_aggregate(on, id.0)
        .await?
        .ok_or(Error::NotFound(Code::CycleNotFound))?;
    Ok(CycleFacts {
        id,
        session_id: cycle.session_id,
        was_completed: cycle.completed_at.is_some(),
    })
}

/// The session of a cycle.
pub async fn session_of(on: &impl Query, id: CycleId) -> Result<SessionId> {
    let session: Option<Uuid> = sql("SELECT session_id FROM decision_cycle WHERE id = $1")
        .bind(id)
        .optional(on)
        .await?;
    session.map(SessionId).ok_or(Error::NotFound(Code::CycleNotFound))
}

/// Where a component stands.
#[derive(Clone, Debug)]
pub struct Place {
    pub component_id: ComponentId,
    pub cycle_id: CycleId,
    pub session_id: SessionId,
    pub component_type: ComponentType,
}

/// The cycle, session and type of a component.
pub async fn place_of(on: &impl Query, id: ComponentId) -> Result<Place> {
    let row: Option<(Uuid, Uuid, String)> =
        sql("SELECT cycle_id, session_id, component_type FROM decision_component WHERE id = $1")
            .bind(id)
            .optional(on)
            .await?;
    let not_found = || Error::NotFound(Code::ComponentNotFound);
    let (cycle, session, kind) = row.ok_or_else(not_found)?;
    let component_type = ComponentType::parse(&kind).ok_or_else(not_found)?;
    Ok(Place {
        component_id: id,
        cycle_id: CycleId(cycle),
        session_id: SessionId(session),
        component_type,
    })
}

/// A component with its current output and the outputs of the whole cycle.
#[derive(Clone, Debug)]
pub struct Surroundings {
    pub cycle: Cycle,
    pub component: Component,
    pub output: Option<Value>,
    pub outputs: Outputs,
}

/// What a conversation needs to know of its component.
pub async fn surroundings(on: &impl Query, cycle: CycleId, component: ComponentType) -> Result<Surroundings> {
    let walk = store::read(on, cycle).await?;
    Ok(Surroundings {
        component: walk.cycle.component(component).clone(),
        output: walk.output(component).cloned(),
        outputs: walk.typed_outputs(),
        cycle: walk.cycle,
    })
}

/// The outputs of a cycle as they are now.
pub async fn outputs(on: &impl Query, cycle: CycleId) -> Result<Outputs> {
    Ok(store::read(on, cycle).await?.typed_outputs())
}

/// The cycle and its outputs, to look at.
pub async fn cycle_with_outputs(on: &impl Query, cycle: CycleId) -> Result<(Cycle, Outputs)> {
    let walk = store::read(on, cycle).await?;
    let outputs = walk.typed_outputs();
    Ok((walk.cycle, outputs))
}

/// All cycles of a session, oldest first.
pub async fn cycles_of(on: &impl Query, session: SessionId) -> Result<Vec<Cycle>> {
    let bodies: Vec<String> = sql(
        "SELECT a.body FROM decision_cycle c JOIN aggregate a ON a.kind = 'Cycle' AND a.id = c.id \
         WHERE c.session_id = $1 ORDER BY c.created_at, c.id",
    )
    .bind(session)
    .all(on)
    .await?;
    bodies
        .iter()
        .map(|body| Ok(althing_backbone::read_body("Cycle", body)?))
        .collect()
}

/// Whether the cycle has an alternative with this id.
pub async fn has_alternative(on: &impl Query, cycle: CycleId, alternative: Uuid) -> Result<bool> {
    let outputs = outputs(on, cycle).await?;
    Ok(outputs
        .alternatives()
        .is_some_and(|all| all.alternatives.iter().any(|one| one.id == alternative)))
}
