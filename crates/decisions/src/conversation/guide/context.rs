//! What the guide may look at: the component's own content and the outputs of its cycle.

use serde_json::Value;

use crate::outputs::{ComponentType, Named, Outputs, References};

/// Everything a reply depends on besides the state and the user's text.
#[derive(Debug, Clone, Copy)]
pub struct GuideContext<'a> {
    pub component: ComponentType,
    /// The component's output with its draft applied; `null` or an empty object before there is any.
    pub content: &'a Value,
    /// The confirmed outputs of the cycle.
    pub outputs: &'a Outputs,
}

impl GuideContext<'_> {
    pub(super) fn references(&self) -> References {
        References::of(self.outputs)
    }
}

/// The columns and rows of the rating table, as the cycle's outputs have them now.
pub struct Grid {
    pub alternatives: Vec<Named>,
    pub objectives: Vec<Named>,
    /// The place of the status quo among the alternatives.
    pub status_quo: Option<usize>,
}

impl Grid {
    pub fn of(context: &GuideContext<'_>) -> Self {
        Self::from_references(context.references())
    }

    pub fn from_references(references: References) -> Self {
        let baseline = references.status_quo_id;
        let status_quo = references
            .alternatives
            .iter()
            .position(|alternative| Some(alternative.id) == baseline);
        Self {
            alternatives: references.alternatives,
            objectives: references.fundamental_objectives,
            status_quo,
        }
    }

    /// Whether there is something to rate and something to compare it with.
    pub fn is_ratable(&self) -> bool {
        self.status_quo.is_some() && self.alternatives.len() >= 2 && !self.objectives.is_empty()
    }

    /// Objective by objective, every alternative but the status quo, as places in the two lists.
    pub fn cells(&self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.objectives.len()).flat_map(move |objective| {
            let others = (0..self.alternatives.len()).filter(move |place| Some(*place) != self.status_quo);
            others.map(move |alternative| (alternative, objective))
        })
    }

    /// The key under which a cell is stored.
    pub fn key(&self, alternative: usize, objective: usize) -> String {
        crate::outputs::Cell::key(self.alternatives[alternative].id, self.objectives[objective].id)
    }
}
