//! Section 4: the options with their letters, and how they combine the choices of the strategy table.

use super::labels::Labels;
use super::{View, cell, columns, maybe, table};
use crate::document::blocks::{Block, Cell, Column};
use crate::outputs::text::letter;
use crate::outputs::{Alternatives, StrategyTable};

pub fn blocks(view: &View<'_>) -> Vec<Block> {
    let Some(alternatives) = view.outputs.alternatives() else {
        return Vec::new();
    };
    let labels = Labels(&alternatives.ai_fields);
    let baseline = alternatives.baseline();
    let rows = alternatives.alternatives.iter().enumerate().map(|(place, one)| {
        vec![
            Cell::strong(letter(place)),
            cell(labels.item("/alternatives", one.id, one.added_by, &one.name)),
            cell(if baseline == Some(one.id) {
                "Status quo"
            } else {
                ""
            }),
            maybe(one.description.as_deref()),
            cell(one.assumptions.join("\n")),
        ]
    });
    let mut blocks = Vec::new();
    blocks.extend(table(
        "Alternatives",
        columns(&["", "Alternative", "Baseline", "Description", "Assumptions"]),
        rows.collect(),
    ));
    if let Some(strategies) = &alternatives.strategy_table {
        blocks.extend(options(strategies, labels));
        blocks.extend(choices(alternatives, strategies));
    }
    blocks
}

fn options(strategies: &StrategyTable, labels: Labels<'_>) -> Option<Block> {
    let rows = strategies.decision_columns.iter().map(|column| {
        let name = labels.item(
            "/strategy_table/decision_columns",
            column.id,
            column.added_by,
            &column.name,
        );
        vec![cell(name), cell(column.options.join("\n"))]
    });
    table(
        "Choices to combine",
        columns(&["Choice", "Options"]),
        rows.collect(),
    )
}

fn choices(alternatives: &Alternatives, strategies: &StrategyTable) -> Option<Block> {
    let mut titles = columns(&["Alternative"]);
    titles.extend(
        strategies
            .decision_columns
            .iter()
            .map(|column| Column::text(column.name.as_str())),
    );
    let rows = alternatives
        .alternatives
        .iter()
        .enumerate()
        .filter_map(|(place, one)| {
            let strategy = strategies
                .strategies
                .iter()
                .find(|strategy| strategy.alternative_id == one.id)?;
            let mut row = vec![cell(format!("{}. {}", letter(place), one.name))];
            row.extend(
                strategies
                    .decision_columns
                    .iter()
                    .map(|column| maybe(strategy.selections.get(column.id))),
            );
            Some(row)
        });
    table("Strategy table", titles, rows.collect())
}
