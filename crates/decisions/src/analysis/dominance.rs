//! Which alternatives another one beats without giving anything up.

use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::table::Table;
use crate::outputs::text::{cut_chars, enumerated};

/// Dominance names alternatives; it removes none.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Dominance {
    pub dominated: Vec<DominatedResult>,
    /// The alternatives that nothing dominates.
    pub viable: Vec<Uuid>,
}

/// One dominated alternative.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct DominatedResult {
    pub alternative_id: Uuid,
    pub dominators: Vec<Uuid>,
    /// The first dominator that is itself not dominated.
    pub dominated_by: Uuid,
    /// Where it does worse than `dominated_by`.
    pub strictly_worse_on: Vec<Uuid>,
    pub explanation: String,
}

/// Compares every pair of a table.
pub fn dominance(table: &Table) -> Dominance {
    let dominators = dominators(table);
    let is_viable = |a: usize| dominators[a].is_empty();
    let viable: Vec<usize> = (0..table.width()).filter(|&a| is_viable(a)).collect();
    let dominated = (0..table.width()).filter_map(|a| {
        let first = dominators[a]
            .iter()
            .copied()
            .find(|&dominator| is_viable(dominator))?;
        Some(result(table, a, &dominators[a], first))
    });
    Dominance {
        dominated: dominated.collect(),
        viable: table.alternative_ids(&viable),
    }
}

/// The places of the alternatives that nothing dominates.
pub(super) fn viable(table: &Table) -> Vec<usize> {
    let dominators = dominators(table);
    (0..table.width()).filter(|&a| dominators[a].is_empty()).collect()
}

fn dominators(table: &Table) -> Vec<Vec<usize>> {
    let width = table.width();
    (0..width)
        .map(|b| (0..width).filter(|&a| dominates(table, a, b)).collect())
        .collect()
}

/// At least as good on every objective and better on at least one.
fn dominates(table: &Table, a: usize, b: usize) -> bool {
    let mut is_better = false;
    for o in 0..table.height() {
        let (ours, theirs) = (table.value(a, o), table.value(b, o));
        if ours < theirs {
            return false;
        }
        is_better |= ours > theirs;
    }
    is_better
}

fn result(table: &Table, dominated: usize, dominators: &[usize], by: usize) -> DominatedResult {
    let worse: Vec<usize> = (0..table.height())
        .filter(|&o| table.value(dominated, o) < table.value(by, o))
        .collect();
    let name = |text| cut_chars(text, 100);
    let objectives: Vec<&str> = worse
        .iter()
        .map(|&o| name(table.objectives()[o].name.as_str()))
        .collect();
    let explanation = format!(
        "Worse than {} on {}, and better on none.",
        name(&table.alternatives()[by].name),
        enumerated(&objectives)
    );
    DominatedResult {
        alternative_id: table.alternatives()[dominated].id,
        dominators: table.alternative_ids(dominators),
        dominated_by: table.alternatives()[by].id,
        strictly_worse_on: table.objective_ids(&worse),
        explanation,
    }
}
