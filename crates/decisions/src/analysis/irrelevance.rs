//! Objectives that do not tell the alternatives apart.

use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::dominance::viable;
use super::table::Table;

#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Irrelevance {
    /// All alternatives have the same rating.
    pub irrelevant: Vec<IrrelevantResult>,
    /// Not irrelevant, but the same for all of at least two viable alternatives.
    pub no_longer_distinguishing: Vec<Uuid>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct IrrelevantResult {
    pub objective_id: Uuid,
    pub rating: i32,
}

/// Finds the uniform rows of a table.
pub fn irrelevance(table: &Table) -> Irrelevance {
    let irrelevant = irrelevant_rows(table);
    let viable = viable(table);
    let uniform = (0..table.height()).filter(|o| !irrelevant.contains(o) && is_uniform(table, &viable, *o));
    Irrelevance {
        no_longer_distinguishing: uniform.map(|o| table.objectives()[o].id).collect(),
        irrelevant: irrelevant
            .iter()
            .map(|&o| IrrelevantResult {
                objective_id: table.objectives()[o].id,
                rating: table.value(0, o),
            })
            .collect(),
    }
}

/// The places of the objectives on which all of at least two alternatives have the same rating.
pub(super) fn irrelevant_rows(table: &Table) -> Vec<usize> {
    let all: Vec<usize> = (0..table.width()).collect();
    (0..table.height())
        .filter(|&o| is_uniform(table, &all, o))
        .collect()
}

fn is_uniform(table: &Table, alternatives: &[usize], objective: usize) -> bool {
    alternatives.len() >= 2
        && alternatives
            .windows(2)
            .all(|pair| table.value(pair[0], objective) == table.value(pair[1], objective))
}
