//! Section 3: what matters, how it is measured, and what only helps.

use super::labels::Labels;
use super::{View, capitalised, cell, columns, maybe, table};
use crate::document::blocks::{Block, Cell, Column};
use crate::outputs::{FundamentalObjective, Objectives, PerformanceMeasure};

pub fn blocks(view: &View<'_>) -> Vec<Block> {
    let Some(objectives) = view.outputs.objectives() else {
        return Vec::new();
    };
    let labels = Labels(&objectives.ai_fields);
    let mut blocks = Vec::new();
    blocks.extend(fundamental(view, objectives, labels));
    blocks.extend(means(objectives, labels));
    blocks
}

fn fundamental(view: &View<'_>, objectives: &Objectives, labels: Labels<'_>) -> Option<Block> {
    let all = &objectives.fundamental_objectives;
    let has_weights = all.iter().any(|one| one.weight.is_some());
    let has_parties = all.iter().any(|one| one.affected_party_id.is_some());
    let mut titles = vec![Column::number("No.")];
    titles.extend(columns(&[
        "Objective",
        "Description",
        "Measure",
        "Direction",
        "Tolerance",
    ]));
    titles.extend(has_weights.then(|| Column::number("Weight")));
    titles.extend(has_parties.then(|| Column::text("Affects")));
    let rows = all.iter().enumerate().map(|(place, one)| {
        let measure = one.performance_measure.as_ref();
        let mut row = vec![
            cell((place + 1).to_string()),
            Cell::strong(labels.item("/fundamental_objectives", one.id, one.added_by, &one.name)),
            maybe(one.description.as_deref()),
            cell(measure.map(metric).unwrap_or_default()),
            cell(measure.map(direction).unwrap_or_default()),
            cell(measure.map(tolerance).unwrap_or_default()),
        ];
        if has_weights {
            row.push(cell(
                one.weight
                    .as_ref()
                    .map(|weight| weight.decimal().to_string())
                    .unwrap_or_default(),
            ));
        }
        if has_parties {
            row.push(cell(party(view, one)));
        }
        row
    });
    table("Fundamental objectives", titles, rows.collect())
}

fn metric(measure: &PerformanceMeasure) -> String {
    let units = measure
        .units
        .as_ref()
        .map(|units| format!(" ({units})"))
        .unwrap_or_default();
    format!("{}{units}", measure.metric)
}

fn direction(measure: &PerformanceMeasure) -> String {
    let direction = measure
        .direction
        .map(|direction| capitalised(direction.as_str()))
        .unwrap_or_default();
    let target = measure
        .target
        .as_ref()
        .map(|target| format!(" {}", target.decimal()))
        .unwrap_or_default();
    format!("{direction}{target}")
}

fn tolerance(measure: &PerformanceMeasure) -> String {
    measure
        .tolerance
        .as_ref()
        .map(|tolerance| tolerance.decimal().to_string())
        .unwrap_or_default()
}

fn party(view: &View<'_>, objective: &FundamentalObjective) -> String {
    let parties = view
        .outputs
        .problem_frame()
        .map(|frame| frame.parties.as_slice())
        .unwrap_or_default();
    let party = parties
        .iter()
        .find(|party| Some(party.id) == objective.affected_party_id);
    party.map(|party| party.name.clone()).unwrap_or_default()
}

fn means(objectives: &Objectives, labels: Labels<'_>) -> Option<Block> {
    let name = |id| {
        objectives
            .fundamental_objectives
            .iter()
            .find(|one| one.id == id)
            .map(|one| one.name.as_str())
    };
    let rows = objectives.means_objectives.iter().map(|one| {
        let supports: Vec<&str> = one.supports.iter().filter_map(|id| name(*id)).collect();
        vec![
            cell(labels.item("/means_objectives", one.id, one.added_by, &one.description)),
            cell(supports.join(", ")),
        ]
    });
    table(
        "Means and what they support",
        columns(&["Means objective", "Supports"]),
        rows.collect(),
    )
}
