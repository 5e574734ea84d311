//! What a walk writes down while it decides: events, output versions, rows of history.

use std::collections::BTreeMap;

use althing_backbone::Timestamp;
use althing_events::DraftId;
use althing_events::decisions::{
    ComponentCompleted, ComponentMarkedForRevision, ComponentOutputUpdated, ComponentStarted, CycleArchived,
    CycleBranched, CycleCompleted, CycleCreated, CycleNavigated,
};
use serde_json::Value;

use crate::outputs::{ComponentStatus, ComponentType};

/// What has to be stored or announced, in order.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Entry {
    Created(CycleCreated),
    Branched(CycleBranched),
    Navigated(CycleNavigated),
    Archived(CycleArchived),
    Completed(CycleCompleted),
    Started(ComponentStarted),
    OutputUpdated(ComponentOutputUpdated),
    ComponentCompleted(ComponentCompleted),
    MarkedForRevision(ComponentMarkedForRevision),
    /// A version of an output, kept as long as the cycle.
    Output {
        component: ComponentType,
        version: i64,
        output: Value,
        input_versions: BTreeMap<ComponentType, i64>,
    },
    /// A row of history.
    Change(Change),
}

/// A row of a cycle's history: what the document's versions and the export are made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub number: i64,
    pub kind: &'static str,
    pub component: Option<ComponentType>,
    pub component_version: Option<i64>,
    pub component_status: Option<ComponentStatus>,
    pub source: Option<String>,
    pub reason: Option<String>,
    pub at: Timestamp,
    pub document_version: i64,
}

/// Where an output update came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Form,
    Tool,
    Draft(DraftId),
    Import,
    Removal,
}

impl Source {
    /// Whether a text is what some source is written as.
    pub(crate) fn is_one(text: &str) -> bool {
        matches!(text, "form" | "tool" | "import" | "removal")
            || text
                .strip_prefix("draft:")
                .is_some_and(|id| id.parse::<DraftId>().is_ok())
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::Form => "form".into(),
            Self::Tool => "tool".into(),
            Self::Draft(id) => format!("draft:{id}"),
            Self::Import => "import".into(),
            Self::Removal => "removal".into(),
        }
    }
}

/// Who says what came from AI.
#[derive(Clone, Debug, PartialEq)]
pub enum Labels {
    /// A client sent the output: labels are those of the output it replaces.
    Previous,
    /// The server made the output from a draft, or the client edited this one.
    Of(Value),
    /// An import: labels are kept as data.
    Kept,
}
