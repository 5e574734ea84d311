//! What people read of cycles and components.

use std::collections::BTreeMap;

use althing_backbone::{Timestamp, Uuid};
use althing_events::decisions::Progress;
use althing_web::Membership;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::cycle::Cycle;
use super::walk::Walk;
use crate::outputs::{ComponentStatus, ComponentType};

/// A cycle as the API answers it; a list leaves the components out.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CycleView {
    pub id: Uuid,
    pub session_id: Uuid,
    pub parent_cycle_id: Option<Uuid>,
    pub branch_point: Option<ComponentType>,
    pub label: Option<String>,
    pub status: &'static str,
    pub current_step: ComponentType,
    pub progress: Progress,
    pub dq_score: Option<u8>,
    pub document_version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub completed_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub components: Option<Vec<ComponentView>>,
}

/// A component as the API answers it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ComponentView {
    pub id: Uuid,
    pub cycle_id: Uuid,
    pub component_type: ComponentType,
    pub status: ComponentStatus,
    pub version: i64,
    pub output: Option<Value>,
    pub input_versions: BTreeMap<ComponentType, i64>,
    pub based_on_older_input: bool,
    pub inherited: bool,
    pub can_start: bool,
    pub updated_at: Option<Timestamp>,
}

impl CycleView {
    /// Without its components.
    pub fn brief(cycle: &Cycle) -> Self {
        Self {
            id: cycle.id.0,
            session_id: cycle.session_id.0,
            parent_cycle_id: cycle.parent_cycle_id.map(|id| id.0),
            branch_point: cycle.branch_point,
            label: cycle.label.clone(),
            status: cycle.status.as_str(),
            current_step: cycle.current_step,
            progress: cycle.progress(),
            dq_score: cycle.dq_score,
            document_version: cycle.document_version,
            created_at: cycle.created_at,
            updated_at: cycle.updated_at,
            completed_at: cycle.completed_at,
            components: None,
        }
    }

    /// With all nine components.
    pub fn whole(walk: &Walk) -> Self {
        let components = ComponentType::ALL
            .iter()
            .map(|one| ComponentView::of(walk, *one))
            .collect();
        Self {
            components: Some(components),
            ..Self::brief(&walk.cycle)
        }
    }
}

impl CycleView {
    /// As much of it as a membership includes.
    #[must_use]
    pub fn within(mut self, plan: &Membership) -> Self {
        if plan.limits().decision_quality {
            return self;
        }
        self.dq_score = None;
        for component in self.components.iter_mut().flatten() {
            if component.component_type == ComponentType::DecisionQuality {
                component.output = None;
                component.can_start = false;
            }
        }
        self
    }
}

impl ComponentView {
    /// One component of a walk.
    pub fn of(walk: &Walk, component: ComponentType) -> Self {
        let cycle = &walk.cycle;
        let one = cycle.component(component);
        Self {
            id: one.id.0,
            cycle_id: cycle.id.0,
            component_type: component,
            status: one.status,
            version: one.version,
            output: walk.output(component).cloned(),
            input_versions: one.input_versions.clone(),
            based_on_older_input: cycle.is_based_on_older_input(component),
            inherited: one.inherited,
            can_start: cycle.can_start(component),
            updated_at: one.updated_at,
        }
    }
}
