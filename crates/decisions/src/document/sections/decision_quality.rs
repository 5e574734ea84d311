//! Section 8: seven scores, the lowest as the whole.

use super::{View, capitalised, cell, columns, maybe, table};
use crate::document::blocks::{Block, Column, Field, Text};
use crate::outputs::AddedBy;

pub fn blocks(view: &View<'_>) -> Vec<Block> {
    let (Some(quality), Some(assessed)) = (view.outputs.decision_quality(), &view.analysis.decision_quality)
    else {
        return Vec::new();
    };
    let rows = assessed.elements.iter().enumerate().map(|(place, element)| {
        let rating = quality
            .elements
            .iter()
            .find(|rating| rating.name == Some(element.name));
        let by_ai = rating.is_some_and(|rating| rating.added_by == AddedBy::Ai);
        let priority = element.score.filter(|score| *score < 80).and(element.priority);
        vec![
            cell((place + 1).to_string()),
            cell(Text::labelled(element.name.title(), by_ai)),
            cell(
                element
                    .score
                    .map_or_else(|| "not rated".to_owned(), |score| score.to_string()),
            ),
            maybe(rating.and_then(|rating| rating.rationale.as_deref())),
            maybe(rating.and_then(|rating| rating.improvement_path.as_deref())),
            cell(
                priority
                    .map(|priority| capitalised(priority.as_str()))
                    .unwrap_or_default(),
            ),
        ]
    });
    let mut titles = vec![
        Column::number("No."),
        Column::text("Element"),
        Column::number("Score"),
    ];
    titles.extend(columns(&["Why", "What would raise it", "Priority"]));

    let mut fields = Vec::new();
    match (assessed.overall, assessed.lowest_so_far) {
        (Some(overall), _) => fields.push(Field::new(
            "Overall",
            format!("{overall} of 100, the lowest of the seven"),
        )),
        (None, Some(lowest)) => fields.push(Field::new(
            "Lowest so far",
            format!("{lowest}; {} of 7 are rated", assessed.rated),
        )),
        (None, None) => {}
    }
    fields.extend(
        assessed
            .weakest
            .map(|weakest| Field::new("Weakest element", weakest.title())),
    );
    if assessed.affirmation_offered {
        fields.push(Field::new("Assessment", "Further effort is not warranted"));
    } else if assessed.acceptable {
        fields.push(Field::new(
            "Assessment",
            "Acceptable: every element is at 80 or more",
        ));
    }
    let mut blocks = Vec::new();
    blocks.extend(table("Decision quality", titles, rows.collect()));
    if !fields.is_empty() {
        blocks.push(Block::Fields(fields));
    }
    blocks
}
