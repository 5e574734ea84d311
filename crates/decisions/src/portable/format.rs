//! The document's shape. Unknown fields are refused: what we do not understand we
//! would lose.

use std::collections::BTreeMap;

use althing_backbone::{Timestamp, Uuid};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::outputs::{ComponentStatus, ComponentType};

/// What the `format` field says.
pub const FORMAT: &str = "althing.decision";
/// The only version so far.
pub const FORMAT_VERSION: i64 = 1;

/// A whole session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Portable {
    pub format: String,
    pub format_version: i64,
    pub exported_at: Timestamp,
    pub session: PortableSession,
    /// Parents before their branches.
    pub cycles: Vec<PortableCycle>,
    pub conversations: Vec<PortableConversation>,
    pub outcomes: Vec<PortableOutcome>,
}

/// The session's own fields and how they came about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortableSession {
    pub id: Uuid,
    pub title: String,
    pub description: Option<String>,
    pub status: String,
    pub visibility: String,
    pub owner: Author,
    pub created_at: Timestamp,
    pub changes: Vec<PortableSessionChange>,
}

/// A person, as far as another instance can know them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Author {
    pub name: String,
}

/// The session as it was after one change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortableSessionChange {
    pub kind: String,
    pub title: String,
    pub description: Option<String>,
    pub author: Author,
    pub at: Timestamp,
}

/// One cycle: what it ends with, and every change on the way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortableCycle {
    pub id: Uuid,
    pub parent_cycle_id: Option<Uuid>,
    pub branch_point: Option<ComponentType>,
    /// How many changes the parent had when this cycle was branched from it.
    pub branched_after_change: Option<i64>,
    pub label: Option<String>,
    pub status: String,
    pub current_step: ComponentType,
    pub dq_score: Option<u8>,
    pub components: Vec<PortableComponent>,
    pub changes: Vec<PortableChange>,
}

/// One component with every version of its output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortableComponent {
    pub id: Uuid,
    pub component_type: ComponentType,
    pub status: ComponentStatus,
    pub version: i64,
    pub outputs: Vec<PortableOutput>,
}

/// One accepted output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortableOutput {
    pub version: i64,
    pub input_versions: BTreeMap<ComponentType, i64>,
    pub output: Value,
}

/// One row of a cycle's history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortableChange {
    pub number: i64,
    pub kind: String,
    pub component_type: Option<ComponentType>,
    pub component_version: Option<i64>,
    pub component_status: Option<ComponentStatus>,
    pub source: Option<String>,
    pub reason: Option<String>,
    pub author: Author,
    pub at: Timestamp,
    pub document_version: i64,
}

/// The messages about one component.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortableConversation {
    pub id: Uuid,
    pub component_id: Uuid,
    pub messages: Vec<PortableMessage>,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortableMessage {
    pub id: Uuid,
    pub role: String,
    pub content: String,
    pub author: Option<Author>,
    pub at: Timestamp,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub superseded: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub incomplete: bool,
}

/// How a decision turned out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortableOutcome {
    pub cycle_id: Uuid,
    pub chosen_alternative_id: Option<Uuid>,
    pub satisfaction: crate::session::Satisfaction,
    pub actual_consequences: Option<String>,
    pub surprises: Option<String>,
    pub would_decide_same: bool,
    pub author: Author,
    pub at: Timestamp,
}
