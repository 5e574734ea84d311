//! The overview of a decision: everything at a glance, from the real outputs of one cycle.

use althing_backbone::{Timestamp, Uuid};
use serde::Serialize;

use super::freshness::Freshness;
use crate::analysis::{Analysis, Flip, Percent, Table, Verdict, analyse};
use crate::cycle::{Cycle, CycleStatus};
use crate::outputs::text::{cut_chars, letter};
use crate::outputs::{ComponentStatus, ComponentType, Outputs, QualityElement};
use crate::session::Session;

/// How much of a cell's explanation is shown.
const EXPLANATION: usize = 50;
/// How much of the synthesis is shown.
const SYNTHESIS: usize = 200;

/// An overview as it is answered: the content, which frame it contains and how fresh it is.
#[derive(Clone, Debug, Serialize)]
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
#[derive(Clone, Debug, PartialEq, Serialize)]
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

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectiveItem {
    pub id: Uuid,
    /// What people know it by.
    pub description: String,
    pub is_fundamental: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measure: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
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

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsequencesTable {
    pub alternatives: Vec<Uuid>,
    pub objectives: Vec<Uuid>,
    /// Objective by objective, alternative by alternative.
    pub cells: Vec<Vec<Option<CellItem>>>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CellItem {
    pub rating: i8,
    pub color: &'static str,
    pub explanation_preview: Option<String>,
}

/// While ratings are missing it names no leader and no flip.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TotalsItem {
    pub complete: bool,
    pub leaders: Vec<Uuid>,
    pub tied: bool,
    pub margin_percent: Percent,
    pub verdict: Verdict,
    pub flip: Option<FlipItem>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FlipItem {
    pub steps: u32,
    pub rivals: Vec<Uuid>,
    pub single_cell: bool,
    pub cells: Vec<FlipCellItem>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FlipCellItem {
    pub alternative_id: Uuid,
    pub objective_id: Uuid,
    pub from: i32,
    pub to: i32,
    pub leaders_after: Vec<Uuid>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
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

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ElementItem {
    pub name: QualityElement,
    pub score: u8,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ComponentItem {
    pub id: Uuid,
    pub r#type: ComponentType,
    pub status: ComponentStatus,
    pub version: i64,
    pub based_on_older_input: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProgressItem {
    pub completed: u8,
    pub total: u8,
    pub percent: u8,
    pub current_step: String,
}

/// The cycle that is shown unless another is asked for: the most recently updated
/// active one, else the most recently updated.
pub fn default_cycle(cycles: &[Cycle]) -> Option<&Cycle> {
    active_cycle(cycles).or_else(|| cycles.iter().max_by_key(|cycle| (cycle.updated_at, cycle.id)))
}

fn active_cycle(cycles: &[Cycle]) -> Option<&Cycle> {
    cycles
        .iter()
        .filter(|cycle| cycle.status == CycleStatus::Active)
        .max_by_key(|cycle| (cycle.updated_at, cycle.id))
}

/// Builds the overview of a session with one of its cycles, or without any.
pub fn content(session: &Session, cycles: &[Cycle], shown: Option<(&Cycle, &Outputs)>) -> Content {
    let nothing = Outputs::default();
    let cycle = shown.map(|(cycle, _)| cycle);
    let outputs = shown.map_or(&nothing, |(_, outputs)| outputs);
    let analysis = analyse(outputs);
    let quality = analysis.decision_quality.as_ref();
    Content {
        session_id: session.id.0,
        title: session.title.clone(),
        description: session.description.clone(),
        session_status: session.status.as_str(),
        cycle_id: cycle.map(|cycle| cycle.id.0),
        cycle_status: cycle.map(|cycle| cycle.status),
        cycle_label: cycle.and_then(|cycle| cycle.label.clone()),
        decision_statement: statement(outputs),
        objectives: objectives(outputs),
        alternatives: alternatives(outputs, &analysis),
        consequences_table: outputs.consequences().map(|_| table(outputs)),
        totals: outputs.consequences().map(|_| totals(&analysis)),
        recommendation: recommendation(outputs, &analysis),
        dq_score: quality.and_then(|quality| quality.overall),
        dq_weakest: quality.and_then(|quality| quality.weakest),
        dq_elements: quality.map(|quality| {
            let rated = quality.elements.iter();
            rated.filter_map(|one| Some(ElementItem { name: one.name, score: one.score? })).collect()
        }),
        components: cycle.map(components).unwrap_or_default(),
        progress: progress(cycle),
        active_cycle_id: active_cycle(cycles).map(|cycle| cycle.id.0),
        cycle_count: cycles.len(),
        changed_at: cycles.iter().map(|cycle| cycle.updated_at).max().unwrap_or(session.created_at),
    }
}

fn statement(outputs: &Outputs) -> Option<String> {
    let focal = outputs.problem_frame()?.focal_decision.as_ref()?;
    Some(focal.statement.clone()).filter(|statement| !statement.trim().is_empty())
}

fn objectives(outputs: &Outputs) -> Vec<ObjectiveItem> {
    let Some(all) = outputs.objectives() else { return Vec::new() };
    let fundamental = all.fundamental_objectives.iter().map(|one| ObjectiveItem {
        id: one.id,
        description: one.name.clone(),
        is_fundamental: true,
        measure: one.performance_measure.as_ref().map(|measure| measure.metric.clone()),
    });
    let means = all.means_objectives.iter().map(|one| ObjectiveItem {
        id: one.id,
        description: one.description.clone(),
        is_fundamental: false,
        measure: None,
    });
    fundamental.chain(means).collect()
}

fn alternatives(outputs: &Outputs, analysis: &Analysis) -> Vec<AlternativeItem> {
    let Some(all) = outputs.alternatives() else { return Vec::new() };
    let is_rated = outputs.consequences().is_some();
    let status_quo = all.baseline();
    let one = |(place, alternative): (usize, &crate::outputs::Alternative)| {
        let score = analysis.pugh.scores.iter().find(|score| score.alternative_id == alternative.id);
        let score = score.filter(|_| is_rated);
        AlternativeItem {
            id: alternative.id,
            name: alternative.name.clone(),
            letter: letter(place),
            is_status_quo: status_quo == Some(alternative.id),
            pugh_score: score.map(|score| score.score),
            rank: score.filter(|_| analysis.pugh.complete).map(|score| score.rank),
            is_dominated: is_rated && is_dominated(analysis, alternative.id),
        }
    };
    all.alternatives.iter().enumerate().map(one).collect()
}

/// While a rating is missing, nothing is called dominated.
pub fn is_dominated(analysis: &Analysis, alternative: Uuid) -> bool {
    analysis.pugh.complete && analysis.dominance.dominated.iter().any(|one| one.alternative_id == alternative)
}

fn table(outputs: &Outputs) -> ConsequencesTable {
    let table = Table::of(outputs);
    let cells = outputs.consequences().map(|consequences| &consequences.table.cells);
    let cell = |alternative: Uuid, objective: Uuid| {
        let rating = table.rating(alternative, objective)?;
        let rationale = cells.and_then(|cells| cells.get(alternative, objective)?.rationale.as_deref());
        let preview = rationale.map(str::trim).filter(|text| !text.is_empty());
        Some(CellItem {
            rating,
            color: color(rating),
            explanation_preview: preview.map(|text| cut_chars(text, EXPLANATION).to_owned()),
        })
    };
    let alternatives: Vec<Uuid> = table.alternatives().iter().map(|column| column.id).collect();
    let objectives: Vec<Uuid> = table.objectives().iter().map(|row| row.id).collect();
    let row = |objective: &Uuid| alternatives.iter().map(|alternative| cell(*alternative, *objective)).collect();
    ConsequencesTable { cells: objectives.iter().map(row).collect(), alternatives, objectives }
}

fn color(rating: i8) -> &'static str {
    match rating {
        2.. => "dark_blue",
        1 => "blue",
        0 => "neutral",
        -1 => "orange",
        _ => "red",
    }
}

/// The totals as far as they may be announced.
pub fn totals(analysis: &Analysis) -> TotalsItem {
    let pugh = &analysis.pugh;
    let is_complete = pugh.complete && pugh.verdict != Verdict::Incomplete;
    TotalsItem {
        complete: pugh.complete,
        leaders: if is_complete { pugh.leaders.clone() } else { Vec::new() },
        tied: is_complete && pugh.tied,
        margin_percent: if is_complete { pugh.margin_percent } else { Percent::default() },
        verdict: pugh.verdict,
        flip: pugh.flip.as_ref().filter(|_| is_complete).map(flip),
    }
}

fn flip(flip: &Flip) -> FlipItem {
    let cells = flip.cells.iter().map(|cell| FlipCellItem {
        alternative_id: cell.alternative_id,
        objective_id: cell.objective_id,
        from: cell.from,
        to: cell.to,
        leaders_after: cell.leaders_after.clone(),
    });
    FlipItem { steps: flip.steps, rivals: flip.rivals.clone(), single_cell: flip.single_cell, cells: cells.collect() }
}

fn recommendation(outputs: &Outputs, analysis: &Analysis) -> Option<RecommendationItem> {
    let recommendation = outputs.recommendation()?;
    let standout = recommendation.standout();
    let name = |id: Uuid| {
        let all = outputs.alternatives()?;
        all.alternatives.iter().find(|one| one.id == id).map(|one| one.name.clone())
    };
    Some(RecommendationItem {
        has_standout: standout.is_some(),
        standout_name: standout.and_then(|standout| name(standout.alternative_id)),
        standout_is_dominated: standout.is_some_and(|standout| is_dominated(analysis, standout.alternative_id)),
        synthesis_preview: cut_chars(recommendation.synthesis.trim(), SYNTHESIS).to_owned(),
        caveat_count: recommendation.caveats.len(),
    })
}

fn components(cycle: &Cycle) -> Vec<ComponentItem> {
    let item = |one: &crate::cycle::Component| ComponentItem {
        id: one.id.0,
        r#type: one.component_type,
        status: one.status,
        version: one.version,
        based_on_older_input: cycle.is_based_on_older_input(one.component_type),
    };
    cycle.components.iter().map(item).collect()
}

fn progress(cycle: Option<&Cycle>) -> ProgressItem {
    match cycle.map(Cycle::progress) {
        Some(progress) => ProgressItem {
            completed: progress.completed,
            total: progress.total,
            percent: progress.percent,
            current_step: progress.current_step,
        },
        None => ProgressItem {
            completed: 0,
            total: 9,
            percent: 0,
            current_step: ComponentType::IssueRaising.as_str().to_owned(),
        },
    }
}
