//! What follows from a rating table: pure, total and deterministic, computed on read from the outputs of a cycle.
//!
//! Results follow the order of the table's alternatives and objectives. A missing cell counts as 0; every result for
//! a table with missing cells is provisional, and the verdict says so. Nothing is decided by floating point.

mod decision_quality;
mod dominance;
pub mod http;
mod irrelevance;
mod percent;
mod quantities;
mod reactions;
mod sensitivity;
mod table;
mod tensions;
mod totals;

use althing_web::{Feature, Membership};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

pub use decision_quality::{
    DecisionQualityResult, ElementResult, ImprovementPriority, Suggestion, assess, improvement_priority,
};
pub use dominance::{Dominance, DominatedResult, dominance};
pub use irrelevance::{Irrelevance, IrrelevantResult, irrelevance};
pub use percent::Percent;
pub use quantities::{
    Excluded, ExclusionReason, Measured, ObjectiveRank, ObjectiveRanks, PracticalDifference, PracticalPair,
    Quantities, QuantityObjective, QuantityTable, StrictPair, Tolerances, compare_quantities,
};
pub use reactions::subscriptions;
pub use sensitivity::{Flip, FlipCell, Sensitivity, SensitivityEntry, sensitivity, smallest_flip};
pub use table::{CellRef, Column, Row, Table, TableError};
pub use tensions::{TensionResult, Tensions, tensions};
pub use totals::{ScoreResult, Totals, Verdict, totals};

use crate::outputs::{Outputs, text::letter};

/// Everything the analysis says about a cycle; its JSON is what the route answers.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Analysis {
    pub alternatives: Vec<AlternativeHeading>,
    pub objectives: Vec<ObjectiveHeading>,
    pub pugh: Totals,
    pub dominance: Dominance,
    pub irrelevant: Irrelevance,
    pub tensions: Tensions,
    /// Absent while nothing has been assessed.
    pub decision_quality: Option<DecisionQualityResult>,
    /// Absent while no cell holds a measured value.
    pub quantities: Option<Quantities>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AlternativeHeading {
    pub id: Uuid,
    pub name: String,
    /// By its place among the alternatives of the cycle.
    pub letter: String,
    pub is_status_quo: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ObjectiveHeading {
    pub id: Uuid,
    pub name: String,
}

/// Analyses the current outputs of a cycle, with the tolerances of its performance measures.
pub fn analyse(outputs: &Outputs) -> Analysis {
    let table = Table::of(outputs);
    let measured = QuantityTable::of(outputs, &table);
    Analysis {
        alternatives: headings(outputs, &table),
        objectives: table
            .objectives()
            .iter()
            .map(|objective| ObjectiveHeading {
                id: objective.id,
                name: objective.name.clone(),
            })
            .collect(),
        pugh: totals(&table),
        dominance: dominance(&table),
        irrelevant: irrelevance(&table),
        tensions: tensions(&table),
        decision_quality: outputs.decision_quality().map(assess),
        quantities: measured
            .has_values()
            .then(|| compare_quantities(&measured, &Tolerances::default())),
    }
}

impl Analysis {
    /// As much of it as a membership includes.
    #[must_use]
    pub fn within(mut self, plan: &Membership) -> Self {
        if plan.includes(Feature::FullAnalysis).is_err() {
            self.tensions = Tensions::default();
        }
        if plan.includes(Feature::DecisionQuality).is_err() {
            self.decision_quality = None;
        }
        self
    }
}

fn headings(outputs: &Outputs, table: &Table) -> Vec<AlternativeHeading> {
    let known = outputs
        .alternatives()
        .map(|all| all.alternatives.as_slice())
        .unwrap_or_default();
    let place = |id: Uuid| {
        known
            .iter()
            .position(|alternative| alternative.id == id)
            .unwrap_or_default()
    };
    table
        .alternatives()
        .iter()
        .map(|alternative| AlternativeHeading {
            id: alternative.id,
            name: alternative.name.clone(),
            letter: letter(place(alternative.id)),
            is_status_quo: table.status_quo_id() == Some(alternative.id),
        })
        .collect()
}
