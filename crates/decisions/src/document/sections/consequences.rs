//! Section 5: the rating matrix with its totals, the quantities beside it, and the uncertainties.

use super::labels::Labels;
use super::{View, capitalised, cell, columns, maybe, table, yes_or_no};
use crate::analysis::ScoreResult;
use crate::document::blocks::{Block, Cell, Column, Field, Text};
use crate::document::wording;
use crate::outputs::{AddedBy, Consequences};

pub fn blocks(view: &View<'_>) -> Vec<Block> {
    let Some(consequences) = view.outputs.consequences() else {
        return Vec::new();
    };
    let mut blocks = Vec::new();
    blocks.extend(matrix(view, consequences));
    blocks.extend(result(view));
    blocks.extend(reasons(view, consequences));
    blocks.extend(quantities(view, consequences));
    blocks.extend(uncertainties(consequences));
    blocks
}

/// Rows are objectives, columns alternatives; totals follow, and while cells are missing they are provisional.
fn matrix(view: &View<'_>, consequences: &Consequences) -> Option<Block> {
    let analysis = &view.analysis;
    let mut titles = vec![Column::text("Objective")];
    titles.extend(analysis.alternatives.iter().map(|one| {
        let baseline = if one.is_status_quo { " (status quo)" } else { "" };
        Column::number(format!("{}. {}{baseline}", one.letter, one.name))
    }));
    let mut rows: Vec<Vec<Cell>> = analysis
        .objectives
        .iter()
        .map(|objective| {
            let ratings = analysis
                .alternatives
                .iter()
                .map(|one| rating(consequences.table.cells.get(one.id, objective.id)));
            std::iter::once(cell(objective.name.as_str()))
                .chain(ratings)
                .collect()
        })
        .collect();
    if !rows.is_empty() && !analysis.alternatives.is_empty() {
        rows.extend(totals(view));
    }
    table("Ratings", titles, rows)
}

fn rating(rated: Option<&crate::outputs::Cell>) -> Cell {
    match rated.and_then(|rated| Some((rated.rating?, rated.added_by))) {
        Some((rating, added_by)) => {
            let number = i64::from(rating);
            Cell::rating(
                Text::labelled(wording::signed(number), added_by == AddedBy::Ai),
                number,
            )
        }
        None => cell("not rated"),
    }
}

fn totals(view: &View<'_>) -> Vec<Vec<Cell>> {
    let totals = &view.analysis.pugh;
    let row = |title: &str, text: &dyn Fn(&ScoreResult) -> String| -> Vec<Cell> {
        let numbers = totals.scores.iter().map(|score| Cell::strong(text(score)));
        std::iter::once(Cell::strong(title)).chain(numbers).collect()
    };
    let total = if totals.complete {
        "Total"
    } else {
        "Total (provisional)"
    };
    let mut rows = vec![
        row(total, &|score| wording::signed(score.score.into())),
        row("Better / same / worse", &|score| {
            format!("{} / {} / {}", score.plus, score.zero, score.minus)
        }),
    ];
    if totals.complete {
        rows.push(row("Rank", &|score| score.rank.to_string()));
    }
    if totals.scores.iter().any(|score| score.weighted_total.is_some()) {
        let text = |score: &ScoreResult| {
            score
                .weighted_total
                .map(|total| total.normalize().to_string())
                .unwrap_or_default()
        };
        rows.push(row("Weighted total (secondary)", &text));
    }
    rows
}

/// The verdict, the margin and, next to every total, the smallest flip.
fn result(view: &View<'_>) -> Vec<Block> {
    let analysis = &view.analysis;
    if analysis.alternatives.is_empty() || analysis.objectives.is_empty() {
        return Vec::new();
    }
    let mut fields = vec![Field::new("Verdict", wording::verdict(analysis))];
    if analysis.pugh.complete {
        fields.push(Field::new(
            "Margin",
            format!("{} %", analysis.pugh.margin_percent),
        ));
    }
    fields.extend(wording::flip(analysis).map(|flip| Field::new("Smallest flip", flip)));
    vec![Block::Fields(fields)]
}

fn reasons(view: &View<'_>, consequences: &Consequences) -> Option<Block> {
    let analysis = &view.analysis;
    let labels = Labels(&consequences.ai_fields);
    let pairs = analysis
        .objectives
        .iter()
        .flat_map(|objective| analysis.alternatives.iter().map(move |one| (objective, one)));
    let rows = pairs.filter_map(|(objective, one)| {
        let rated = consequences.table.cells.get(one.id, objective.id)?;
        let uncertainty = rated.uncertainty.as_ref();
        if rated.rationale.is_none() && uncertainty.is_none() {
            return None;
        }
        let key = crate::outputs::Cell::key(one.id, objective.id);
        let reason = labels.text(
            &format!("/table/cells/{key}/rationale"),
            rated.rationale.as_deref().unwrap_or_default(),
        );
        Some(vec![
            cell(objective.name.as_str()),
            cell(format!("{}. {}", one.letter, one.name)),
            cell(
                rated
                    .rating
                    .map(|rating| wording::signed(rating.into()))
                    .unwrap_or_default(),
            ),
            cell(reason),
            cell(
                uncertainty
                    .and_then(|one| one.level)
                    .map(|level| capitalised(level.as_str()))
                    .unwrap_or_default(),
            ),
            maybe(uncertainty.and_then(|one| one.driver.as_deref())),
        ])
    });
    table(
        "Reasons",
        columns(&[
            "Objective",
            "Alternative",
            "Rating",
            "Reason",
            "Uncertainty",
            "Driver",
        ]),
        rows.collect(),
    )
}

fn quantities(view: &View<'_>, consequences: &Consequences) -> Vec<Block> {
    let analysis = &view.analysis;
    let Some(quantities) = &analysis.quantities else {
        return Vec::new();
    };
    let mut titles = columns(&["Objective"]);
    titles.extend(
        analysis
            .alternatives
            .iter()
            .map(|one| Column::number(format!("{}. {}", one.letter, one.name))),
    );
    let rank = |objective, alternative| {
        let ranks = quantities
            .ranks
            .iter()
            .find(|ranks| ranks.objective_id == objective)?;
        ranks
            .ranks
            .iter()
            .find(|rank| rank.alternative_id == alternative)
            .map(|rank| rank.rank)
    };
    let measured = |objective, alternative| {
        let quantity = consequences
            .table
            .cells
            .get(alternative, objective)?
            .quantity
            .as_ref()?;
        let rank = rank(objective, alternative)
            .map(|rank| format!(" (rank {rank})"))
            .unwrap_or_default();
        Some(format!("{} {}{rank}", quantity.value, quantity.unit))
    };
    let rows = analysis.objectives.iter().filter_map(|objective| {
        let values: Vec<Option<String>> = analysis
            .alternatives
            .iter()
            .map(|one| measured(objective.id, one.id))
            .collect();
        values.iter().any(Option::is_some).then(|| {
            let values = values.into_iter().map(|value| cell(value.unwrap_or_default()));
            std::iter::once(cell(objective.name.as_str()))
                .chain(values)
                .collect()
        })
    });
    let mut blocks = Vec::new();
    blocks.extend(table("Quantities", titles, rows.collect()));
    blocks.extend(quantity_notes(view));
    blocks
}

/// What the measures say. Practical dominance is called so, with its tolerance, and never dominance.
fn quantity_notes(view: &View<'_>) -> Option<Block> {
    let analysis = &view.analysis;
    let quantities = analysis.quantities.as_ref()?;
    let name = |id| wording::alternative(analysis, id);
    let mut notes: Vec<Text> = quantities
        .strict
        .iter()
        .map(|pair| {
            format!(
                "By the measures {} is at least as good as {} everywhere, and better somewhere.",
                name(pair.a),
                name(pair.b)
            )
            .into()
        })
        .collect();
    notes.extend(quantities.practical.iter().map(|pair| {
        let within: Vec<String> = pair
            .objectives
            .iter()
            .map(|one| {
                format!(
                    "{} by {} (tolerance {})",
                    wording::objective(analysis, one.objective_id),
                    one.difference,
                    one.tolerance
                )
            })
            .collect();
        let text = format!(
            "Practical dominance of {} over {}: it gives up {}.",
            name(pair.a),
            name(pair.b),
            within.join(", ")
        );
        Text::from(text)
    }));
    if !quantities.complete {
        notes.push("This covers the measured objectives only.".into());
    }
    (!notes.is_empty()).then_some(Block::List(notes))
}

fn uncertainties(consequences: &Consequences) -> Option<Block> {
    let labels = Labels(&consequences.ai_fields);
    let rows = consequences.uncertainties.iter().map(|one| {
        vec![
            cell(labels.item("/uncertainties", one.id, one.added_by, &one.description)),
            maybe(one.driver.as_deref()),
            cell(yes_or_no(one.resolvable)),
            cell(yes_or_no(one.would_change_decision)),
        ]
    });
    let titles = columns(&[
        "Uncertainty",
        "Driver",
        "Resolvable in time",
        "Would change the decision",
    ]);
    table("Uncertainties", titles, rows.collect())
}
