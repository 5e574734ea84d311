//! Decision quality: seven self-assessed elements, and the lowest as the whole.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::AddedBy;
use super::field_error::FieldErrorCode as Code;
use super::rules::{self, Rules};
use super::schema::{ADDED_BY, AI_FIELDS, Field, Presence, Shape, TEXT, optional, required};
use super::wire::wire_enum;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DecisionQuality {
    pub elements: Vec<ElementRating>,
    /// The lowest of the seven; absent until all seven are rated. Only the server computes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overall_score: Option<u8>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ai_fields: Vec<String>,
}

impl DecisionQuality {
    /// The rated score of an element.
    pub fn score(&self, element: QualityElement) -> Option<u8> {
        self.elements
            .iter()
            .find(|rating| rating.name == Some(element))
            .and_then(|rating| rating.score)
    }

    /// The minimum of the seven; nothing while one of them is not rated.
    pub fn overall(&self) -> Option<u8> {
        let scores: Option<Vec<u8>> = QualityElement::ALL
            .iter()
            .map(|&element| self.score(element))
            .collect();
        scores?.into_iter().min()
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ElementRating {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<QualityElement>,
    /// From 0 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rationale: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub improvement_path: Option<String>,
    #[serde(skip_serializing_if = "AddedBy::is_user")]
    pub added_by: AddedBy,
}

wire_enum! {
    /// One of the seven elements of a good decision, in their fixed order.
    QualityElement {
        HelpfulProblemFrame = "helpful_problem_frame",
        ClearObjectives = "clear_objectives",
        CreativeAlternatives = "creative_alternatives",
        ReliableConsequenceInformation = "reliable_consequence_information",
        LogicallyCorrectReasoning = "logically_correct_reasoning",
        ClearTradeoffs = "clear_tradeoffs",
        CommitmentToFollowThrough = "commitment_to_follow_through",
    }
}

impl QualityElement {
    /// The name people read.
    pub const fn title(self) -> &'static str {
        match self {
            Self::HelpfulProblemFrame => "Helpful Problem Frame",
            Self::ClearObjectives => "Clear Objectives",
            Self::CreativeAlternatives => "Creative Alternatives",
            Self::ReliableConsequenceInformation => "Reliable Consequence Information",
            Self::LogicallyCorrectReasoning => "Logically Correct Reasoning",
            Self::ClearTradeoffs => "Clear Tradeoffs",
            Self::CommitmentToFollowThrough => "Commitment to Follow Through",
        }
    }
}

const SCORE: Shape = Shape::Integer { min: 0, max: 100 };
const ELEMENT: Shape = Shape::Object(&[
    Field {
        name: "name",
        shape: Shape::OneOf(QualityElement::NAMES),
        presence: Presence::Always,
    },
    required("score", SCORE),
    optional("rationale", TEXT),
    optional("improvement_path", TEXT),
    ADDED_BY,
]);

pub(super) const SHAPE: Shape = Shape::Object(&[
    required(
        "elements",
        Shape::List {
            of: &ELEMENT,
            min: 7,
            max: 7,
        },
    ),
    optional("overall_score", SCORE),
    AI_FIELDS,
]);

pub(super) fn check(output: &Value, rules: &mut Rules<'_>) {
    rules.unique_by(output, "", "elements", "name", "this element is listed twice");
    check_overall(output, rules);
    if rules.is_strict() {
        let present: Vec<_> = rules::items(output, "", "elements")
            .filter_map(|(_, element)| element.get("name").and_then(Value::as_str))
            .collect();
        for name in QualityElement::NAMES
            .iter()
            .filter(|name| !present.contains(name))
        {
            let message = format!("the element {name} is not rated");
            rules.refuse("/elements", Code::MissingRequired, message);
        }
    }
}

fn check_overall(output: &Value, rules: &mut Rules<'_>) {
    let Some(given) = output.get("overall_score").filter(|score| !score.is_null()) else {
        return;
    };
    let score_of = |name: &str| {
        rules::items(output, "", "elements")
            .find(|(_, element)| element.get("name").and_then(Value::as_str) == Some(name))
            .and_then(|(_, element)| element.get("score").and_then(Value::as_i64))
    };
    let scores: Option<Vec<i64>> = QualityElement::NAMES.iter().map(|name| score_of(name)).collect();
    let computed = scores.and_then(|scores| scores.into_iter().min());
    if given.as_i64() != computed {
        let message = "is computed as the lowest of the seven scores; leave it out";
        rules.refuse("/overall_score", Code::NotComputed, message);
    }
}
