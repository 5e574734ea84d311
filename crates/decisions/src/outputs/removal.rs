//! What follows in a cycle when an objective or an alternative is removed.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{Alternatives, Consequences, Objectives, Output, Outputs, Recommendation, Tradeoffs};

/// The fundamental objectives and alternatives that an update takes away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removals {
    pub objectives: BTreeSet<Uuid>,
    pub alternatives: BTreeSet<Uuid>,
}

impl Removals {
    /// What the earlier output held and the new one no longer does.
    pub fn between(previous: Option<&Output>, new: &Output) -> Self {
        let mut removals = Self::default();
        match (previous, new) {
            (Some(Output::Objectives(previous)), Output::Objectives(new)) => {
                let ids = |all: &Objectives| {
                    all.fundamental_objectives
                        .iter()
                        .map(|one| one.id)
                        .collect::<BTreeSet<_>>()
                };
                removals.objectives = &ids(previous) - &ids(new);
            }
            (Some(Output::Alternatives(previous)), Output::Alternatives(new)) => {
                let ids =
                    |all: &Alternatives| all.alternatives.iter().map(|one| one.id).collect::<BTreeSet<_>>();
                removals.alternatives = &ids(previous) - &ids(new);
            }
            _ => {}
        }
        removals
    }

    pub fn is_empty(&self) -> bool {
        self.objectives.is_empty() && self.alternatives.is_empty()
    }
}

/// The outputs that referred to what was removed, without those references, in the order of the walk.
///
/// Cells, strategies, the supports of means objectives, tradeoff entries and the standout go. Outputs that did not
/// refer to it are not in the answer. If a component in the answer is complete, the removal must be refused.
pub fn remove_references(outputs: &Outputs, removals: &Removals) -> Vec<Output> {
    let cleaned = |output: &Output| {
        let mut output = output.clone();
        match &mut output {
            Output::Objectives(objectives) => clean_objectives(objectives, removals),
            Output::Alternatives(alternatives) => clean_alternatives(alternatives, removals),
            Output::Consequences(consequences) => clean_consequences(consequences, removals),
            Output::Tradeoffs(tradeoffs) => clean_tradeoffs(tradeoffs, removals),
            Output::Recommendation(recommendation) => clean_recommendation(recommendation, removals),
            Output::IssueRaising(_)
            | Output::ProblemFrame(_)
            | Output::DecisionQuality(_)
            | Output::NotesNextSteps(_) => {}
        }
        output
    };
    outputs
        .iter()
        .map(|output| (output, cleaned(output)))
        .filter(|(before, after)| *before != after)
        .map(|(_, after)| after)
        .collect()
}

fn clean_objectives(objectives: &mut Objectives, removals: &Removals) {
    for means in &mut objectives.means_objectives {
        means.supports.retain(|id| !removals.objectives.contains(id));
    }
}

fn clean_alternatives(alternatives: &mut Alternatives, removals: &Removals) {
    if let Some(table) = &mut alternatives.strategy_table {
        table
            .strategies
            .retain(|strategy| !removals.alternatives.contains(&strategy.alternative_id));
    }
    if alternatives
        .status_quo_id
        .is_some_and(|id| removals.alternatives.contains(&id))
    {
        alternatives.status_quo_id = None;
    }
}

fn clean_consequences(consequences: &mut Consequences, removals: &Removals) {
    let table = &mut consequences.table;
    table
        .alternative_ids
        .retain(|id| !removals.alternatives.contains(id));
    table.objective_ids.retain(|id| !removals.objectives.contains(id));
    table.cells.retain(|cell| {
        !removals.alternatives.contains(&cell.alternative_id)
            && !removals.objectives.contains(&cell.objective_id)
    });
}

fn clean_tradeoffs(tradeoffs: &mut Tradeoffs, removals: &Removals) {
    let gone = &removals.alternatives;
    tradeoffs.dominated_alternatives.retain_mut(|entry| {
        let had_no_dominator = entry.dominated_by.is_empty();
        entry.dominated_by.retain(|id| !gone.contains(id));
        !gone.contains(&entry.alternative_id) && (had_no_dominator || !entry.dominated_by.is_empty())
    });
    tradeoffs
        .irrelevant_objectives
        .retain(|entry| !removals.objectives.contains(&entry.objective_id));
    tradeoffs.tensions.retain_mut(|tension| {
        tension.gains.retain(|id| !removals.objectives.contains(id));
        tension.losses.retain(|id| !removals.objectives.contains(id));
        !gone.contains(&tension.alternative_id)
    });
}

fn clean_recommendation(recommendation: &mut Recommendation, removals: &Removals) {
    if recommendation
        .standout()
        .is_some_and(|standout| removals.alternatives.contains(&standout.alternative_id))
    {
        recommendation.standout_option = None;
    }
}
