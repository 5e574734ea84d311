//! The cycle's document: statuses, versions and where it came from.

use std::collections::BTreeMap;

use althing_backbone::{Aggregate, Timestamp, Uuid};
use althing_events::decisions::Progress;
use althing_events::{ComponentId, CycleId, SessionId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::outputs::{ComponentStatus, ComponentType};

/// One walk through the nine components.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cycle {
    pub id: CycleId,
    pub session_id: SessionId,
    pub parent_cycle_id: Option<CycleId>,
    pub branch_point: Option<ComponentType>,
    pub label: Option<String>,
    pub status: CycleStatus,
    pub current_step: ComponentType,
    /// All nine, from birth, in order.
    pub components: Vec<Component>,
    pub dq_score: Option<u8>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub completed_at: Option<Timestamp>,
    /// 1 + accepted output updates and status changes; it only rises.
    pub document_version: i64,
    /// How many rows of history there are.
    pub changes: i64,
    /// How many rows the parent had when this cycle was branched from it.
    pub branched_after_change: Option<i64>,
}

/// Only an active cycle accepts changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CycleStatus {
    Active,
    Completed,
    Archived,
}

impl CycleStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Completed => "completed",
            Self::Archived => "archived",
        }
    }
}

/// One of the nine steps of a cycle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Component {
    pub id: ComponentId,
    pub component_type: ComponentType,
    pub status: ComponentStatus,
    /// 1 before the first output; rises by 1 with each accepted one.
    pub version: i64,
    pub has_output: bool,
    /// The versions of its inputs that the output was worked out from.
    pub input_versions: BTreeMap<ComponentType, i64>,
    /// Copied from the cycle this one was branched from.
    pub inherited: bool,
    pub updated_at: Option<Timestamp>,
}

impl Aggregate for Cycle {
    const KIND: &'static str = "Cycle";
    fn id(&self) -> Uuid {
        self.id.0
    }
}

impl Component {
    pub fn is_started(&self) -> bool {
        self.status != ComponentStatus::NotStarted
    }
}

impl Cycle {
    pub fn component(&self, component: ComponentType) -> &Component {
        &self.components[usize::from(component.number()) - 1]
    }

    pub(super) fn component_mut(&mut self, component: ComponentType) -> &mut Component {
        &mut self.components[usize::from(component.number()) - 1]
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        let completed = self
            .components
            .iter()
            .filter(|one| one.status == ComponentStatus::Complete)
            .count();
        let completed = u8::try_from(completed).unwrap_or(9);
        Progress {
            completed,
            total: 9,
            percent: u8::try_from(100 * u32::from(completed) / 9).unwrap_or(100),
            current_step: self.current_step.as_str().to_owned(),
        }
    }

    /// The versions of the outputs that exist.
    pub fn versions(&self) -> BTreeMap<ComponentType, i64> {
        self.components
            .iter()
            .filter(|one| one.has_output)
            .map(|one| (one.component_type, one.version))
            .collect()
    }

    /// Whether the component's output was worked out from inputs that are no longer current.
    pub fn is_based_on_older_input(&self, component: ComponentType) -> bool {
        let one = self.component(component);
        one.has_output
            && !component
                .outdated_inputs(&one.input_versions, &self.versions())
                .is_empty()
    }

    /// Whether the prerequisite is started and the component is not.
    pub fn can_start(&self, component: ComponentType) -> bool {
        self.status == CycleStatus::Active
            && !self.component(component).is_started()
            && component
                .prerequisite()
                .is_none_or(|before| self.component(before).is_started())
    }
}

#[cfg(test)]
mod tests {
    use super::super::walk::tests::new_walk;
    use super::*;

    #[test]
    fn progress_is_floored() {
        let mut cycle = new_walk().cycle;
        let mut percents = vec![cycle.progress().percent];
        for component in ComponentType::ALL {
            cycle.component_mut(*component).status = ComponentStatus::Complete;
            percents.push(cycle.progress().percent);
        }
        assert_eq!(percents, [0, 11, 22, 33, 44, 55, 66, 77, 88, 100]);
    }
}
