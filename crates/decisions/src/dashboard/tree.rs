//! The cycles of a session as a forest of branches.

use althing_backbone::{Timestamp, Uuid};
use schemars::JsonSchema;
use serde::Serialize;

use crate::cycle::{Cycle, CycleStatus};
use crate::document::Letters;
use crate::outputs::ComponentType;

/// One cycle with the letters of its progress and its branches.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CycleNode {
    pub cycle_id: Uuid,
    pub label: Option<String>,
    pub status: CycleStatus,
    pub branch_point: Option<ComponentType>,
    pub letters: Letters,
    pub overall_percent: u8,
    pub dq_score: Option<u8>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub children: Vec<CycleNode>,
}

/// Roots with their branches; `cycles` are oldest first, and so is the answer.
pub fn forest(cycles: &[Cycle], has_decision_quality: bool) -> Vec<CycleNode> {
    let mut nodes = Vec::new();
    // Children are younger than their parents: walking from the youngest, each node
    // is complete before its parent takes it.
    let mut waiting: Vec<(Option<Uuid>, CycleNode)> = Vec::new();
    for cycle in cycles.iter().rev() {
        let mut one = node(cycle, has_decision_quality);
        waiting.retain(|(parent, child)| {
            let is_mine = *parent == Some(one.cycle_id);
            if is_mine {
                one.children.push(child.clone());
            }
            !is_mine
        });
        one.children
            .sort_by_key(|child| (child.created_at, child.cycle_id));
        match cycle.parent_cycle_id {
            Some(parent) => waiting.push((Some(parent.0), one)),
            None => nodes.push(one),
        }
    }
    nodes.extend(waiting.into_iter().map(|(_, orphan)| orphan));
    nodes.sort_by_key(|node: &CycleNode| (node.created_at, node.cycle_id));
    nodes
}

fn node(cycle: &Cycle, has_decision_quality: bool) -> CycleNode {
    let letters = Letters::of(
        |component| cycle.component(component).status,
        has_decision_quality,
    );
    CycleNode {
        cycle_id: cycle.id.0,
        label: cycle.label.clone(),
        status: cycle.status,
        branch_point: cycle.branch_point,
        overall_percent: letters.overall_percent(),
        letters,
        dq_score: cycle.dq_score.filter(|_| has_decision_quality),
        created_at: cycle.created_at,
        updated_at: cycle.updated_at,
        children: Vec::new(),
    }
}
