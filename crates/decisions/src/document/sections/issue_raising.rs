//! Section 1: decisions, objectives, uncertainties and considerations as they were raised.

use super::labels::Labels;
use super::{View, capitalised, cell, columns, list, maybe, table};
use crate::document::blocks::{Block, Text};

pub fn blocks(view: &View<'_>) -> Vec<Block> {
    let Some(raised) = view.outputs.issue_raising() else {
        return Vec::new();
    };
    let labels = Labels(&raised.ai_fields);
    let decisions = raised.potential_decisions.iter().map(|one| {
        let is_focal = raised.focal_decision_id == Some(one.id);
        vec![
            cell(labels.item("/potential_decisions", one.id, one.added_by, &one.description)),
            cell(capitalised(one.priority.as_str())),
            cell(if is_focal { "Yes" } else { "" }),
            maybe(one.notes.as_deref()),
        ]
    });
    let uncertainties = raised.uncertainties.iter().map(|one| {
        vec![
            cell(labels.item("/uncertainties", one.id, one.added_by, &one.description)),
            maybe(one.driver.as_deref()),
        ]
    });
    let objectives: Vec<Text> = raised
        .objectives
        .iter()
        .map(|one| labels.item("/objectives", one.id, one.added_by, &one.description))
        .collect();
    let considerations: Vec<Text> = raised
        .considerations
        .iter()
        .map(|one| labels.item("/considerations", one.id, one.added_by, &one.text))
        .collect();

    let mut blocks = Vec::new();
    blocks.extend(table(
        "Decisions",
        columns(&["Decision", "Priority", "Focal", "Notes"]),
        decisions.collect(),
    ));
    blocks.extend(list("Objectives", objectives));
    blocks.extend(table(
        "Uncertainties",
        columns(&["Uncertainty", "Driver"]),
        uncertainties.collect(),
    ));
    blocks.extend(list("Considerations", considerations));
    blocks
}
