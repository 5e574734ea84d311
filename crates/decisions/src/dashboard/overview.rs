//! The overview of a decision: everything at a glance, from the real outputs of one cycle.

use althing_backbone::{Timestamp, Uuid};
use schemars::JsonSchema;
use serde::Serialize;

use super::freshness::Freshness;
use crate::analysis::{Percent, Verdict};
use crate::cycle::CycleStatus;
use crate::outputs::{ComponentStatus, ComponentType, QualityElement};

/// An overview as it is answered: the content, which frame it contains and how fresh it is.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    #[serde(flatten)]
    pub content: std::sync::Arc<Content>,
    pub last_updated: Timestamp,
    /// The number of the last frame that is in it.
    pub snapshot_version: i64,
    pub freshness: Freshness,
}

/// What an overview says; before there is data it is null or empty.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Content {
    pub session_id: Uuid,
    pub title: String,
    pub description: Option<String>,
    pub session_status: &'static str,
    pub cycle_id: Option<Uuid>,
    pub cycle_status: Option<CycleStatus>,
    pub cycle_label: Option<String>,
    pub decision_statement: Option<String>,
    pub objectives: Vec<ObjectiveItem>,
    pub alternatives: Vec<AlternativeItem>,
    pub consequences_table: Option<ConsequencesTable>,
    pub totals: Option<TotalsItem>,
    pub recommendation: Option<RecommendationItem>,
    pub dq_score: Option<u8>,
    pub dq_elements: Option<Vec<ElementItem>>,
    pub dq_weakest: Option<QualityElement>,
    pub components: Vec<ComponentItem>,
    pub progress: ProgressItem,
    pub active_cycle_id: Option<Uuid>,
    pub cycle_count: usize,
    /// The last change of any cycle, or the session's beginning.
    #[serde(skip)]
    pub changed_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObjectiveItem {
    pub id: Uuid,
    /// What people know it by.
    pub description: String,
    pub is_fundamental: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measure: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AlternativeItem {
    pub id: Uuid,
    pub name: String,
    pub letter: String,
    pub is_status_quo: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pugh_score: Option<i32>,
    /// Only once every cell is rated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rank: Option<u32>,
    pub is_dominated: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConsequencesTable {
    pub alternatives: Vec<Uuid>,
    pub objectives: Vec<Uuid>,
    /// Objective by objective, alternative by alternative.
    pub cells: Vec<Vec<Option<CellItem>>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CellItem {
    pub rating: i8,
    pub color: &'static str,
    pub explanation_preview: Option<String>,
}

/// While ratings are missing it names no leader and no flip.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TotalsItem {
    pub complete: bool,
    pub leaders: Vec<Uuid>,
    pub tied: bool,
    pub margin_percent: Percent,
    pub verdict: Verdict,
    pub flip: Option<FlipItem>,
}

#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FlipItem {
    pub steps: u32,
    pub rivals: Vec<Uuid>,
    pub single_cell: bool,
    pub cells: Vec<FlipCellItem>,
}

#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FlipCellItem {
    pub alternative_id: Uuid,
    pub objective_id: Uuid,
    pub from: i32,
    pub to: i32,
    pub leaders_after: Vec<Uuid>,
}

#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecommendationItem {
    pub has_standout: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standout_name: Option<String>,
    /// The contradiction that has to be shown beside it.
    pub standout_is_dominated: bool,
    pub synthesis_preview: String,
    pub caveat_count: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ElementItem {
    pub name: QualityElement,
    pub score: u8,
}

#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ComponentItem {
    pub id: Uuid,
    pub r#type: ComponentType,
    pub status: ComponentStatus,
    pub version: i64,
    pub based_on_older_input: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProgressItem {
    pub completed: u8,
    pub total: u8,
    pub percent: u8,
    pub current_step: String,
}
