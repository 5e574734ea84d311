//! What the guide remembers between two messages; everything else follows from output and draft.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Small and serialisable; the default is the state before the first message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GuideState {
    /// The key of the question asked last: the cell, element or bucket that bare lines belong to.
    pub question: Option<String>,
    /// Every question has been asked; bare lines belong nowhere any more.
    pub is_done: bool,
    /// Optional questions the user has answered or passed over.
    pub passed: BTreeSet<String>,
    /// A heading that ended the last message; the next lines belong to it.
    pub heading: Option<String>,
    /// Measures whose direction is still to be told: objective id and measure.
    pub measures: Vec<(Uuid, String)>,
}
