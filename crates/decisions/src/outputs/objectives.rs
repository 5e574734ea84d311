//! Objectives: what matters for its own sake, what only helps, and how one would know.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::field_error::FieldErrorCode as Code;
use super::rules::{self, Rules};
use super::schema::{ADDED_BY, AI_FIELDS, ID, SOME_TEXT, Shape, TEXT, list_of, optional, required};
use super::wire::wire_enum;
use super::{AddedBy, ExactNumber};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Objectives {
    pub fundamental_objectives: Vec<FundamentalObjective>,
    pub means_objectives: Vec<MeansObjective>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ai_fields: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FundamentalObjective {
    pub id: Uuid,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub performance_measure: Option<PerformanceMeasure>,
    /// From 0 to 1; feeds the weighted total and decides nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<ExactNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub affected_party_id: Option<Uuid>,
    #[serde(skip_serializing_if = "AddedBy::is_user")]
    pub added_by: AddedBy,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PerformanceMeasure {
    pub metric: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// Present exactly when the direction is `target`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<ExactNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub units: Option<String>,
    /// How much of a difference the user calls negligible, in the objective's unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<ExactNumber>,
}

wire_enum! {
    /// Which way a measure is better.
    Direction { Maximize = "maximize", Minimize = "minimize", Target = "target" }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MeansObjective {
    pub id: Uuid,
    pub description: String,
    /// The fundamental objectives it helps.
    pub supports: Vec<Uuid>,
    #[serde(skip_serializing_if = "AddedBy::is_user")]
    pub added_by: AddedBy,
}

/// The most rows a table can have.
pub const OBJECTIVES_MAX: usize = 50;

const PERFORMANCE_MEASURE: Shape = Shape::Object(&[
    required("metric", SOME_TEXT),
    required("direction", Shape::OneOf(Direction::NAMES)),
    optional("target", Shape::Exact),
    optional("units", TEXT),
    optional("tolerance", Shape::NotNegative { max: None }),
]);
const FUNDAMENTAL: Shape = Shape::Object(&[
    ID,
    required("name", SOME_TEXT),
    optional("description", TEXT),
    optional("performance_measure", PERFORMANCE_MEASURE),
    optional("weight", Shape::NotNegative { max: Some(1) }),
    optional("affected_party_id", Shape::Id),
    ADDED_BY,
]);
const MEANS: Shape = Shape::Object(&[
    ID,
    required("description", SOME_TEXT),
    required(
        "supports",
        Shape::List {
            of: &Shape::Id,
            min: 1,
            max: usize::MAX,
        },
    ),
    ADDED_BY,
]);

pub(super) const SHAPE: Shape = Shape::Object(&[
    required(
        "fundamental_objectives",
        Shape::List {
            of: &FUNDAMENTAL,
            min: 1,
            max: OBJECTIVES_MAX,
        },
    ),
    optional("means_objectives", list_of(&MEANS)),
    AI_FIELDS,
]);

pub(super) fn check(output: &Value, rules: &mut Rules<'_>) {
    for (pointer, means) in rules::items(output, "", "means_objectives") {
        rules.unique_ids(means, &pointer, "supports");
    }
    if !rules.is_strict() {
        return;
    }
    let fundamental = rules::ids(output, "fundamental_objectives");
    for (pointer, means) in rules::items(output, "", "means_objectives") {
        rules.all_known(
            means,
            &pointer,
            "supports",
            &fundamental,
            "must be a fundamental objective",
        );
    }
    let parties = rules.references.party_ids();
    for (pointer, objective) in rules::items(output, "", "fundamental_objectives") {
        rules.known(
            objective,
            &pointer,
            "affected_party_id",
            &parties,
            "must be a party of the problem frame",
        );
        check_target(objective, &pointer, rules);
    }
}

fn check_target(objective: &Value, pointer: &str, rules: &mut Rules<'_>) {
    let Some(measure) = objective
        .get("performance_measure")
        .filter(|measure| measure.is_object())
    else {
        return;
    };
    let Some(direction) = measure.get("direction").and_then(Value::as_str) else {
        return;
    };
    let has_target = measure.get("target").is_some_and(|target| !target.is_null());
    let place = format!("{pointer}/performance_measure/target");
    if direction == Direction::Target.as_str() && !has_target {
        rules.refuse(
            place,
            Code::MissingRequired,
            "is required when the direction is target",
        );
    } else if direction != Direction::Target.as_str() && has_target {
        rules.refuse(place, Code::Inconsistent, "belongs to the direction target only");
    }
}
