//! Tradeoffs: dominated alternatives, irrelevant objectives and what each option gives up.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::AddedBy;
use super::field_error::FieldErrorCode as Code;
use super::rules::{self, Rules};
use super::schema::{
    ADDED_BY, AI_FIELDS, ID_LIST, SOME_TEXT, Shape, TEXT, id_in, identity, list_of, optional, required,
};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tradeoffs {
    pub dominated_alternatives: Vec<DominatedAlternative>,
    pub irrelevant_objectives: Vec<IrrelevantObjective>,
    pub tensions: Vec<Tension>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ai_fields: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DominatedAlternative {
    pub alternative_id: Uuid,
    pub dominated_by: Vec<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
    /// Why the user keeps it all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cleared: Option<Cleared>,
    #[serde(skip_serializing_if = "AddedBy::is_user")]
    pub added_by: AddedBy,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cleared {
    pub reason: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct IrrelevantObjective {
    pub objective_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "AddedBy::is_user")]
    pub added_by: AddedBy,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tension {
    pub alternative_id: Uuid,
    pub gains: Vec<Uuid>,
    pub losses: Vec<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub net_score: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uncertainty_impact: Option<String>,
    #[serde(skip_serializing_if = "AddedBy::is_user")]
    pub added_by: AddedBy,
}

const DOMINATED: Shape = Shape::Object(&[
    identity("alternative_id"),
    required("dominated_by", ID_LIST),
    optional("explanation", TEXT),
    optional("cleared", Shape::Object(&[required("reason", SOME_TEXT)])),
    ADDED_BY,
]);
const IRRELEVANT: Shape = Shape::Object(&[identity("objective_id"), optional("reason", TEXT), ADDED_BY]);
const TENSION: Shape = Shape::Object(&[
    identity("alternative_id"),
    required("gains", ID_LIST),
    required("losses", ID_LIST),
    required("net_score", Shape::Integer { min: -100, max: 100 }),
    optional("uncertainty_impact", TEXT),
    ADDED_BY,
]);

pub(super) const SHAPE: Shape = Shape::Object(&[
    optional("dominated_alternatives", list_of(&DOMINATED)),
    optional("irrelevant_objectives", list_of(&IRRELEVANT)),
    optional("tensions", list_of(&TENSION)),
    AI_FIELDS,
]);

pub(super) fn check(output: &Value, rules: &mut Rules<'_>) {
    rules.unique_by(
        output,
        "",
        "dominated_alternatives",
        "alternative_id",
        "this alternative is listed twice",
    );
    rules.unique_by(
        output,
        "",
        "irrelevant_objectives",
        "objective_id",
        "this objective is listed twice",
    );
    rules.unique_by(
        output,
        "",
        "tensions",
        "alternative_id",
        "this alternative has two tensions",
    );
    for (pointer, entry) in rules::items(output, "", "dominated_alternatives") {
        rules.unique_ids(entry, &pointer, "dominated_by");
        if id_in(entry, "alternative_id").is_some_and(|id| rules::id_set(entry, "dominated_by").contains(&id))
        {
            let message = "an alternative does not dominate itself";
            rules.refuse(format!("{pointer}/dominated_by"), Code::Inconsistent, message);
        }
    }
    for (pointer, tension) in rules::items(output, "", "tensions") {
        rules.unique_ids(tension, &pointer, "gains");
        rules.unique_ids(tension, &pointer, "losses");
    }
    if rules.is_strict() {
        check_references(output, rules);
    }
}

fn check_references(output: &Value, rules: &mut Rules<'_>) {
    let alternatives = rules.references.alternative_ids();
    let objectives = rules.references.fundamental_objective_ids();
    let (no_alternative, no_objective) = (
        "must be an alternative of this cycle",
        "must be a fundamental objective of this cycle",
    );
    for (pointer, entry) in rules::items(output, "", "dominated_alternatives") {
        rules.known(entry, &pointer, "alternative_id", &alternatives, no_alternative);
        rules.all_known(entry, &pointer, "dominated_by", &alternatives, no_alternative);
    }
    for (pointer, entry) in rules::items(output, "", "irrelevant_objectives") {
        rules.known(entry, &pointer, "objective_id", &objectives, no_objective);
    }
    for (pointer, entry) in rules::items(output, "", "tensions") {
        rules.known(entry, &pointer, "alternative_id", &alternatives, no_alternative);
        rules.all_known(entry, &pointer, "gains", &objectives, no_objective);
        rules.all_known(entry, &pointer, "losses", &objectives, no_objective);
    }
}
