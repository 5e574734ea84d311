//! Problem frame: who decides what, within which limits, with whom.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::AddedBy;
use super::schema::{
    ADDED_BY, AI_FIELDS, ID, SOME_TEXT, Shape, TEXT, TEXT_LIST, list_of, optional, required,
};
use super::text::FREE_TEXT_MAX;
use super::wire::wire_enum;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProblemFrame {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision_maker: Option<DecisionMaker>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub focal_decision: Option<FocalDecision>,
    pub decision_hierarchy: DecisionHierarchy,
    pub parties: Vec<Party>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ultimate_aim: Option<String>,
    pub linked_decisions: Vec<LinkedDecision>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ai_fields: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DecisionMaker {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FocalDecision {
    pub statement: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    pub constraints: Vec<Constraint>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Deadline>,
}

/// What belongs to the decision and what does not.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Scope {
    #[serde(rename = "in")]
    pub inside: Vec<String>,
    #[serde(rename = "out")]
    pub outside: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Constraint {
    pub id: Uuid,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub constraint_type: Option<ConstraintType>,
    pub description: String,
    #[serde(skip_serializing_if = "AddedBy::is_user")]
    pub added_by: AddedBy,
}

wire_enum! {
    /// What kind of limit a constraint is.
    ConstraintType {
        Legal = "legal",
        Financial = "financial",
        Political = "political",
        Technical = "technical",
        Time = "time",
        Resource = "resource",
        Policy = "policy",
        Other = "other",
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Deadline {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<NaiveDate>,
    /// Whether the date cannot move.
    pub hard: bool,
}

/// What is decided already and what can wait; the focal decision itself is not repeated here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DecisionHierarchy {
    pub already_made: Vec<HierarchyDecision>,
    pub deferred: Vec<HierarchyDecision>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct HierarchyDecision {
    pub id: Uuid,
    pub statement: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    #[serde(skip_serializing_if = "AddedBy::is_user")]
    pub added_by: AddedBy,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Party {
    pub id: Uuid,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<PartyRole>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub influence: Option<String>,
    pub concerns: Vec<String>,
    #[serde(skip_serializing_if = "AddedBy::is_user")]
    pub added_by: AddedBy,
}

wire_enum! {
    /// What someone has to do with the decision.
    PartyRole {
        Stakeholder = "stakeholder",
        Advisor = "advisor",
        DecisionMaker = "decision_maker",
        AffectedParty = "affected_party",
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LinkedDecision {
    pub id: Uuid,
    pub description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relationship: Option<Relationship>,
    #[serde(skip_serializing_if = "AddedBy::is_user")]
    pub added_by: AddedBy,
}

wire_enum! {
    /// How another decision bears on this one.
    Relationship { Enables = "enables", Constrains = "constrains", DependsOn = "depends_on" }
}

const CONSTRAINT: Shape = Shape::Object(&[
    ID,
    required("type", Shape::OneOf(ConstraintType::NAMES)),
    required("description", SOME_TEXT),
    ADDED_BY,
]);
const HIERARCHY_DECISION: Shape = Shape::Object(&[
    ID,
    required("statement", SOME_TEXT),
    optional("outcome", TEXT),
    ADDED_BY,
]);
const PARTY: Shape = Shape::Object(&[
    ID,
    required("name", SOME_TEXT),
    required("role", Shape::OneOf(PartyRole::NAMES)),
    optional("influence", TEXT),
    optional("concerns", TEXT_LIST),
    ADDED_BY,
]);
const LINKED_DECISION: Shape = Shape::Object(&[
    ID,
    required("description", SOME_TEXT),
    required("relationship", Shape::OneOf(Relationship::NAMES)),
    ADDED_BY,
]);
const DECISION_MAKER: Shape = Shape::Object(&[required("name", SOME_TEXT), optional("role", TEXT)]);
const FOCAL_DECISION: Shape = Shape::Object(&[
    required(
        "statement",
        Shape::Text {
            min: 10,
            max: FREE_TEXT_MAX,
        },
    ),
    optional(
        "scope",
        Shape::Object(&[optional("in", TEXT_LIST), optional("out", TEXT_LIST)]),
    ),
    optional("constraints", list_of(&CONSTRAINT)),
    optional("trigger", TEXT),
    optional(
        "deadline",
        Shape::Object(&[required("date", Shape::Date), optional("hard", Shape::Bool)]),
    ),
]);

pub(super) const SHAPE: Shape = Shape::Object(&[
    required("decision_maker", DECISION_MAKER),
    required("focal_decision", FOCAL_DECISION),
    optional(
        "decision_hierarchy",
        Shape::Object(&[
            optional("already_made", list_of(&HIERARCHY_DECISION)),
            optional("deferred", list_of(&HIERARCHY_DECISION)),
        ]),
    ),
    optional("parties", list_of(&PARTY)),
    optional("ultimate_aim", TEXT),
    optional("linked_decisions", list_of(&LINKED_DECISION)),
    AI_FIELDS,
]);
