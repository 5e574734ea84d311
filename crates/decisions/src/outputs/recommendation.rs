//! Recommendation: a synthesis, and one alternative that stands out, or none.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::rules::Rules;
use super::schema::{ADDED_BY, AI_FIELDS, ID, SOME_TEXT, Shape, TEXT, identity, list_of, optional, required};
use super::text::FREE_TEXT_MAX;
use super::{AddedBy, Text};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Recommendation {
    pub synthesis: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sensitivity_notes: Option<String>,
    /// Absent while nobody has answered; `Some(None)`, in JSON `null`, is the answer "nothing stands out".
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "answered")]
    pub standout_option: Option<Option<StandoutOption>>,
    pub key_considerations: Vec<Text>,
    pub caveats: Vec<Text>,
    pub remaining_uncertainties: Vec<RemainingUncertainty>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ai_fields: Vec<String>,
}

impl Recommendation {
    /// The alternative that stands out, if one does.
    pub fn standout(&self) -> Option<&StandoutOption> {
        self.standout_option.as_ref().and_then(Option::as_ref)
    }
}

fn answered<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<StandoutOption>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StandoutOption {
    pub alternative_id: Uuid,
    pub rationale: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RemainingUncertainty {
    pub id: Uuid,
    pub description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub impact: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolution_path: Option<String>,
    #[serde(skip_serializing_if = "AddedBy::is_user")]
    pub added_by: AddedBy,
}

const UNCERTAINTY: Shape = Shape::Object(&[
    ID,
    required("description", SOME_TEXT),
    optional("impact", TEXT),
    optional("resolution_path", TEXT),
    ADDED_BY,
]);

pub(super) const SHAPE: Shape = Shape::Object(&[
    required(
        "synthesis",
        Shape::Text {
            min: 50,
            max: FREE_TEXT_MAX,
        },
    ),
    optional("sensitivity_notes", TEXT),
    optional(
        "standout_option",
        Shape::Object(&[identity("alternative_id"), required("rationale", SOME_TEXT)]),
    ),
    optional("key_considerations", Text::LIST),
    optional("caveats", Text::LIST),
    optional("remaining_uncertainties", list_of(&UNCERTAINTY)),
    AI_FIELDS,
]);

pub(super) fn check(output: &Value, rules: &mut Rules<'_>) {
    if rules.is_strict() {
        let alternatives = rules.references.alternative_ids();
        let standout = output.get("standout_option").unwrap_or(&Value::Null);
        let message = "must be an alternative of this cycle";
        rules.known(
            standout,
            "/standout_option",
            "alternative_id",
            &alternatives,
            message,
        );
    }
}
