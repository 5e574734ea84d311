//! Section 6: dominated alternatives, irrelevant objectives and tensions.

use super::{View, cell, columns, maybe, table};
use crate::document::blocks::{Block, Text};
use crate::document::wording;
use crate::outputs::{AddedBy, Tradeoffs};

pub fn blocks(view: &View<'_>) -> Vec<Block> {
    let Some(tradeoffs) = view.outputs.tradeoffs() else {
        return Vec::new();
    };
    let mut blocks = Vec::new();
    if !view.analysis.pugh.complete {
        blocks.push(Block::Note("Provisional: ratings are missing.".to_owned()));
    }
    blocks.extend(dominated(view, tradeoffs));
    blocks.extend(irrelevant(view, tradeoffs));
    if view.has_full_analysis {
        blocks.extend(tensions(view, tradeoffs));
    }
    let is_empty = tradeoffs.dominated_alternatives.is_empty()
        && tradeoffs.tensions.is_empty()
        && tradeoffs.irrelevant_objectives.is_empty();
    if is_empty {
        blocks.push(Block::Note(
            "No alternative is dominated, and no tension has been noted.".to_owned(),
        ));
    }
    blocks
}

fn named(name: String, added_by: AddedBy) -> Text {
    Text::labelled(name, added_by == AddedBy::Ai)
}

fn dominated(view: &View<'_>, tradeoffs: &Tradeoffs) -> Option<Block> {
    let rows = tradeoffs.dominated_alternatives.iter().map(|one| {
        vec![
            cell(named(
                wording::alternative(&view.analysis, one.alternative_id),
                one.added_by,
            )),
            cell(wording::alternatives(&view.analysis, &one.dominated_by)),
            maybe(one.explanation.as_deref()),
            maybe(one.cleared.as_ref().map(|cleared| cleared.reason.as_str())),
        ]
    });
    table(
        "Dominated alternatives",
        columns(&["Alternative", "Dominated by", "Explanation", "Kept because"]),
        rows.collect(),
    )
}

fn irrelevant(view: &View<'_>, tradeoffs: &Tradeoffs) -> Option<Block> {
    let rows = tradeoffs.irrelevant_objectives.iter().map(|one| {
        vec![
            cell(named(
                wording::objective(&view.analysis, one.objective_id),
                one.added_by,
            )),
            maybe(one.reason.as_deref()),
        ]
    });
    table(
        "Irrelevant objectives",
        columns(&["Objective", "Reason"]),
        rows.collect(),
    )
}

fn tensions(view: &View<'_>, tradeoffs: &Tradeoffs) -> Option<Block> {
    let rows = tradeoffs.tensions.iter().map(|one| {
        vec![
            cell(named(
                wording::alternative(&view.analysis, one.alternative_id),
                one.added_by,
            )),
            cell(wording::objectives(&view.analysis, &one.gains)),
            cell(wording::objectives(&view.analysis, &one.losses)),
            cell(one.net_score.map(wording::signed).unwrap_or_default()),
            maybe(one.uncertainty_impact.as_deref()),
        ]
    });
    table(
        "Tensions",
        columns(&["Alternative", "Gains", "Gives up", "Net", "Why it matters"]),
        rows.collect(),
    )
}
