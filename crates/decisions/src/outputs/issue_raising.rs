//! Issue raising: free talk sorted into decisions, objectives, uncertainties and considerations.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::rules::{self, Rules};
use super::schema::{ADDED_BY, AI_FIELDS, ID, SOME_TEXT, Shape, TEXT, list_of, optional, required};
use super::{AddedBy, Priority, Text};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct IssueRaising {
    pub potential_decisions: Vec<PotentialDecision>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub focal_decision_id: Option<Uuid>,
    pub objectives: Vec<RaisedObjective>,
    pub uncertainties: Vec<RaisedUncertainty>,
    pub considerations: Vec<Text>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ai_fields: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PotentialDecision {
    pub id: Uuid,
    pub description: String,
    pub priority: Priority,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    #[serde(skip_serializing_if = "AddedBy::is_user")]
    pub added_by: AddedBy,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RaisedObjective {
    pub id: Uuid,
    pub description: String,
    #[serde(skip_serializing_if = "AddedBy::is_user")]
    pub added_by: AddedBy,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RaisedUncertainty {
    pub id: Uuid,
    pub description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    #[serde(skip_serializing_if = "AddedBy::is_user")]
    pub added_by: AddedBy,
}

const DECISION: Shape = Shape::Object(&[
    ID,
    required("description", SOME_TEXT),
    optional("priority", Shape::OneOf(Priority::NAMES)),
    optional("notes", TEXT),
    ADDED_BY,
]);
const OBJECTIVE: Shape = Shape::Object(&[ID, required("description", SOME_TEXT), ADDED_BY]);
const UNCERTAINTY: Shape = Shape::Object(&[
    ID,
    required("description", SOME_TEXT),
    optional("driver", TEXT),
    ADDED_BY,
]);

pub(super) const SHAPE: Shape = Shape::Object(&[
    required(
        "potential_decisions",
        Shape::List {
            of: &DECISION,
            min: 1,
            max: usize::MAX,
        },
    ),
    optional("focal_decision_id", Shape::Id),
    required("objectives", list_of(&OBJECTIVE)),
    required("uncertainties", list_of(&UNCERTAINTY)),
    optional("considerations", Text::LIST),
    AI_FIELDS,
]);

pub(super) fn check(output: &Value, rules: &mut Rules<'_>) {
    if rules.is_strict() {
        let decisions = rules::ids(output, "potential_decisions");
        rules.known(
            output,
            "",
            "focal_decision_id",
            &decisions,
            "must be one of the potential decisions",
        );
    }
}
