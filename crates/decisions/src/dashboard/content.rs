//! Building an overview from the outputs of a cycle, pure.

use althing_backbone::Uuid;

use super::overview::{
    AlternativeItem, CellItem, ComponentItem, ConsequencesTable, Content, ElementItem, FlipCellItem,
    FlipItem, ObjectiveItem, ProgressItem, RecommendationItem, TotalsItem,
};
use crate::analysis::{Analysis, Flip, Percent, Table, Verdict, analyse};
use crate::cycle::{Cycle, CycleStatus};
use crate::outputs::text::{cut_chars, letter};
use crate::outputs::{ComponentType, Outputs};
use crate::session::Session;

/// How much of a cell's explanation is shown.
const EXPLANATION: usize = 50;
/// How much of the synthesis is shown.
const SYNTHESIS: usize = 200;

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
            rated
                .filter_map(|one| {
                    Some(ElementItem {
                        name: one.name,
                        score: one.score?,
                    })
                })
                .collect()
        }),
        components: cycle.map(components).unwrap_or_default(),
        progress: progress(cycle),
        active_cycle_id: active_cycle(cycles).map(|cycle| cycle.id.0),
        cycle_count: cycles.len(),
        changed_at: cycles
            .iter()
            .map(|cycle| cycle.updated_at)
            .max()
            .unwrap_or(session.created_at),
    }
}

fn statement(outputs: &Outputs) -> Option<String> {
    let focal = outputs.problem_frame()?.focal_decision.as_ref()?;
    Some(focal.statement.clone()).filter(|statement| !statement.trim().is_empty())
}

fn objectives(outputs: &Outputs) -> Vec<ObjectiveItem> {
    let Some(all) = outputs.objectives() else {
        return Vec::new();
    };
    let fundamental = all.fundamental_objectives.iter().map(|one| ObjectiveItem {
        id: one.id,
        description: one.name.clone(),
        is_fundamental: true,
        measure: one
            .performance_measure
            .as_ref()
            .map(|measure| measure.metric.clone()),
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
    let Some(all) = outputs.alternatives() else {
        return Vec::new();
    };
    let is_rated = outputs.consequences().is_some();
    let status_quo = all.baseline();
    let one = |(place, alternative): (usize, &crate::outputs::Alternative)| {
        let score = analysis
            .pugh
            .scores
            .iter()
            .find(|score| score.alternative_id == alternative.id);
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
    analysis.pugh.complete
        && analysis
            .dominance
            .dominated
            .iter()
            .any(|one| one.alternative_id == alternative)
}

fn table(outputs: &Outputs) -> ConsequencesTable {
    let table = Table::of(outputs);
    let cells = outputs
        .consequences()
        .map(|consequences| &consequences.table.cells);
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
    let row = |objective: &Uuid| {
        alternatives
            .iter()
            .map(|alternative| cell(*alternative, *objective))
            .collect()
    };
    ConsequencesTable {
        cells: objectives.iter().map(row).collect(),
        alternatives,
        objectives,
    }
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
        leaders: if is_complete {
            pugh.leaders.clone()
        } else {
            Vec::new()
        },
        tied: is_complete && pugh.tied,
        margin_percent: if is_complete {
            pugh.margin_percent
        } else {
            Percent::default()
        },
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
    FlipItem {
        steps: flip.steps,
        rivals: flip.rivals.clone(),
        single_cell: flip.single_cell,
        cells: cells.collect(),
    }
}

fn recommendation(outputs: &Outputs, analysis: &Analysis) -> Option<RecommendationItem> {
    let recommendation = outputs.recommendation()?;
    let standout = recommendation.standout();
    let name = |id: Uuid| {
        let all = outputs.alternatives()?;
        all.alternatives
            .iter()
            .find(|one| one.id == id)
            .map(|one| one.name.clone())
    };
    Some(RecommendationItem {
        has_standout: standout.is_some(),
        standout_name: standout.and_then(|standout| name(standout.alternative_id)),
        standout_is_dominated: standout
            .is_some_and(|standout| is_dominated(analysis, standout.alternative_id)),
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
