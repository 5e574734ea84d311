//! What the nine components of a cycle hold: types, validation, labels, drafts and references.
//!
//! An output is JSON with one typed struct per component. Beside each struct stands its *shape*, which both validators
//! walk, and its *rules*, which say what a shape cannot. What passes a validator loads into the struct; what the struct
//! prints is the stored form, and loading and printing the stored form changes nothing.
//!
//! The way of an update, all pure:
//!
//! 1. [`fill_ids`] gives new list items their ids,
//! 2. [`relabel`] takes away the labels a client invented and keeps those the server set earlier,
//! 3. [`validate_partial`] checks it and loads it; [`Output::to_value`] is what is stored,
//! 4. [`Removals::between`] and [`remove_references`] tell what else in the cycle must change.
//!
//! Completing a component runs [`validate_strict`] against the [`References`] of the cycle.

mod alternatives;
mod cells;
mod component_status;
mod component_type;
mod consequences;
mod decision_quality;
mod draft;
mod exact_number;
mod field_error;
mod ids;
mod issue_raising;
mod labels;
mod notes_next_steps;
mod objectives;
mod path;
mod problem_frame;
mod recommendation;
mod references;
mod removal;
mod rules;
mod schema;
mod summary;
#[cfg(test)]
mod tests;
pub mod text;
mod tradeoffs;
mod validate;
mod wire;

use std::collections::BTreeMap;

use serde_json::Value;

pub use alternatives::{Alternative, Alternatives, Selections, Strategy, StrategyColumn, StrategyTable};
pub use cells::{Cell, CellUncertainty, Cells, Quantity};
pub use component_status::{ComponentStatus, Transition};
pub use component_type::ComponentType;
pub use consequences::{Consequences, RatingTable, ResolvableUncertainty};
pub use decision_quality::{DecisionQuality, ElementRating, QualityElement};
pub use draft::{DraftError, DraftItem, DraftOp, apply};
pub use exact_number::{ExactNumber, parse_quantity};
pub use field_error::{FieldError, FieldErrorCode, pointer_to};
pub use ids::fill_ids;
pub use issue_raising::{IssueRaising, PotentialDecision, RaisedObjective, RaisedUncertainty};
pub use labels::{AddedBy, relabel};
pub use notes_next_steps::{ActionStatus, NotesNextSteps, PlannedAction};
pub use objectives::{Direction, FundamentalObjective, MeansObjective, Objectives, PerformanceMeasure};
pub use problem_frame::{
    Constraint, ConstraintType, Deadline, DecisionHierarchy, DecisionMaker, FocalDecision, HierarchyDecision,
    LinkedDecision, Party, PartyRole, ProblemFrame, Relationship, Scope,
};
pub use recommendation::{Recommendation, RemainingUncertainty, StandoutOption};
pub use references::{Named, References};
pub use removal::{Removals, remove_references};
pub use schema::Mode;
pub use summary::summary;
pub use tradeoffs::{Cleared, DominatedAlternative, IrrelevantObjective, Tension, Tradeoffs};
pub use validate::{OUTPUT_MAX_BYTES, readiness, validate_partial, validate_strict};
pub(crate) use wire::wire_enum;

wire_enum! {
    /// How much something presses.
    #[derive(Default)]
    Priority {
        High = "high",
        #[default]
        Medium = "medium",
        Low = "low",
    }
}

wire_enum! {
    /// How uncertain a consequence is.
    Level { Low = "low", Medium = "medium", High = "high" }
}

/// A text with an identity: considerations, caveats, notes and the like.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Text {
    pub id: uuid::Uuid,
    pub text: String,
    #[serde(skip_serializing_if = "AddedBy::is_user")]
    pub added_by: AddedBy,
}

impl Text {
    pub(crate) const SHAPE: schema::Shape = schema::Shape::Object(&[
        schema::ID,
        schema::required("text", schema::SOME_TEXT),
        schema::ADDED_BY,
    ]);
    pub(crate) const LIST: schema::Shape = schema::list_of(&Self::SHAPE);
}

/// The output of one component.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    IssueRaising(IssueRaising),
    ProblemFrame(ProblemFrame),
    Objectives(Objectives),
    Alternatives(Alternatives),
    Consequences(Consequences),
    Tradeoffs(Tradeoffs),
    Recommendation(Recommendation),
    DecisionQuality(DecisionQuality),
    NotesNextSteps(NotesNextSteps),
}

impl Output {
    /// Loads a stored output; absent fields take their defaults and `null` counts as absent.
    ///
    /// # Errors
    /// Fails on values of another type. Whatever a validator accepted loads.
    pub fn load(component: ComponentType, value: &Value) -> Result<Self, serde_json::Error> {
        let value = validate::without_nulls(value);
        Ok(match component {
            ComponentType::IssueRaising => Self::IssueRaising(serde_json::from_value(value)?),
            ComponentType::ProblemFrame => Self::ProblemFrame(serde_json::from_value(value)?),
            ComponentType::Objectives => Self::Objectives(serde_json::from_value(value)?),
            ComponentType::Alternatives => Self::Alternatives(serde_json::from_value(value)?),
            ComponentType::Consequences => Self::Consequences(serde_json::from_value(value)?),
            ComponentType::Tradeoffs => Self::Tradeoffs(serde_json::from_value(value)?),
            ComponentType::Recommendation => Self::Recommendation(serde_json::from_value(value)?),
            ComponentType::DecisionQuality => Self::DecisionQuality(serde_json::from_value(value)?),
            ComponentType::NotesNextSteps => Self::NotesNextSteps(serde_json::from_value(value)?),
        })
    }

    /// The output of a component in which nothing has been entered.
    pub fn empty(component: ComponentType) -> Self {
        Self::load(component, &Value::Object(serde_json::Map::new()))
            .expect("every field of an output has a default")
    }

    pub fn component_type(&self) -> ComponentType {
        match self {
            Self::IssueRaising(_) => ComponentType::IssueRaising,
            Self::ProblemFrame(_) => ComponentType::ProblemFrame,
            Self::Objectives(_) => ComponentType::Objectives,
            Self::Alternatives(_) => ComponentType::Alternatives,
            Self::Consequences(_) => ComponentType::Consequences,
            Self::Tradeoffs(_) => ComponentType::Tradeoffs,
            Self::Recommendation(_) => ComponentType::Recommendation,
            Self::DecisionQuality(_) => ComponentType::DecisionQuality,
            Self::NotesNextSteps(_) => ComponentType::NotesNextSteps,
        }
    }

    /// The stored form.
    pub fn to_value(&self) -> Value {
        let value = match self {
            Self::IssueRaising(output) => serde_json::to_value(output),
            Self::ProblemFrame(output) => serde_json::to_value(output),
            Self::Objectives(output) => serde_json::to_value(output),
            Self::Alternatives(output) => serde_json::to_value(output),
            Self::Consequences(output) => serde_json::to_value(output),
            Self::Tradeoffs(output) => serde_json::to_value(output),
            Self::Recommendation(output) => serde_json::to_value(output),
            Self::DecisionQuality(output) => serde_json::to_value(output),
            Self::NotesNextSteps(output) => serde_json::to_value(output),
        };
        value.expect("outputs have text keys and finite numbers only")
    }
}

/// The outputs of one cycle, as far as there are any.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outputs(BTreeMap<ComponentType, Output>);

macro_rules! accessors {
    ($($(#[$meta:meta])* $name:ident: $type:ident),+ $(,)?) => {
        impl Outputs {
            $(pub fn $name(&self) -> Option<&$type> {
                match self.0.get(&ComponentType::$type) {
                    Some(Output::$type(output)) => Some(output),
                    _ => None,
                }
            })+
        }
    };
}

accessors! {
    issue_raising: IssueRaising,
    problem_frame: ProblemFrame,
    objectives: Objectives,
    alternatives: Alternatives,
    consequences: Consequences,
    tradeoffs: Tradeoffs,
    recommendation: Recommendation,
    decision_quality: DecisionQuality,
    notes_next_steps: NotesNextSteps,
}

impl Outputs {
    pub fn get(&self, component: ComponentType) -> Option<&Output> {
        self.0.get(&component)
    }

    /// Puts an output in the place of the one of the same component.
    pub fn insert(&mut self, output: Output) -> Option<Output> {
        self.0.insert(output.component_type(), output)
    }

    pub fn remove(&mut self, component: ComponentType) -> Option<Output> {
        self.0.remove(&component)
    }

    /// In the order of the walk.
    pub fn iter(&self) -> impl Iterator<Item = &Output> {
        self.0.values()
    }
}

impl FromIterator<Output> for Outputs {
    fn from_iter<I: IntoIterator<Item = Output>>(outputs: I) -> Self {
        Self(
            outputs
                .into_iter()
                .map(|output| (output.component_type(), output))
                .collect(),
        )
    }
}
