//! What the other components of a cycle hold, as far as an output may refer to it.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::Outputs;

/// An id with the name people know it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub id: Uuid,
    pub name: String,
}

/// The ids of a cycle that exist, in the order of their lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    pub parties: Vec<Named>,
    pub fundamental_objectives: Vec<Named>,
    pub alternatives: Vec<Named>,
    pub status_quo_id: Option<Uuid>,
}

impl References {
    /// Collects them from the outputs of one cycle; a missing output contributes nothing.
    pub fn of(outputs: &Outputs) -> Self {
        let named = |id: Uuid, name: &str| Named {
            id,
            name: name.to_owned(),
        };
        let parties = outputs
            .problem_frame()
            .map(|frame| frame.parties.as_slice())
            .unwrap_or_default();
        let objectives = outputs
            .objectives()
            .map(|all| all.fundamental_objectives.as_slice())
            .unwrap_or_default();
        let alternatives = outputs
            .alternatives()
            .map(|all| all.alternatives.as_slice())
            .unwrap_or_default();
        Self {
            parties: parties.iter().map(|party| named(party.id, &party.name)).collect(),
            fundamental_objectives: objectives
                .iter()
                .map(|objective| named(objective.id, &objective.name))
                .collect(),
            alternatives: alternatives
                .iter()
                .map(|alternative| named(alternative.id, &alternative.name))
                .collect(),
            status_quo_id: outputs.alternatives().and_then(super::Alternatives::baseline),
        }
    }

    pub(super) fn party_ids(&self) -> BTreeSet<Uuid> {
        self.parties.iter().map(|party| party.id).collect()
    }

    pub(super) fn fundamental_objective_ids(&self) -> BTreeSet<Uuid> {
        self.fundamental_objectives
            .iter()
            .map(|objective| objective.id)
            .collect()
    }

    pub(super) fn alternative_ids(&self) -> BTreeSet<Uuid> {
        self.alternatives
            .iter()
            .map(|alternative| alternative.id)
            .collect()
    }
}
