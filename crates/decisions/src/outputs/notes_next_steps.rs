//! Notes and next steps: what is open, who does what by when, and what would reopen the decision.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::schema::{ADDED_BY, AI_FIELDS, ID, SOME_TEXT, Shape, TEXT, list_of, optional, required};
use super::wire::wire_enum;
use super::{AddedBy, Text};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NotesNextSteps {
    pub notes: Vec<Text>,
    pub open_questions: Vec<Text>,
    pub revisit_triggers: Vec<Text>,
    pub planned_actions: Vec<PlannedAction>,
    /// Offered when every element of decision quality is at 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision_affirmation: Option<String>,
    pub further_analysis_paths: Vec<Text>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ai_fields: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PlannedAction {
    pub id: Uuid,
    pub action: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_date: Option<NaiveDate>,
    pub status: ActionStatus,
    #[serde(skip_serializing_if = "AddedBy::is_user")]
    pub added_by: AddedBy,
}

wire_enum! {
    /// How far an action is; a new one is planned.
    #[derive(Default)]
    ActionStatus {
        #[default]
        Planned = "planned",
        InProgress = "in_progress",
        Completed = "completed",
    }
}

const ACTION: Shape = Shape::Object(&[
    ID,
    required("action", SOME_TEXT),
    optional("owner", TEXT),
    optional("due_date", Shape::Date),
    optional("status", Shape::OneOf(ActionStatus::NAMES)),
    ADDED_BY,
]);

pub(super) const SHAPE: Shape = Shape::Object(&[
    optional("notes", Text::LIST),
    optional("open_questions", Text::LIST),
    optional("revisit_triggers", Text::LIST),
    optional("planned_actions", list_of(&ACTION)),
    optional("decision_affirmation", TEXT),
    optional("further_analysis_paths", Text::LIST),
    AI_FIELDS,
]);
