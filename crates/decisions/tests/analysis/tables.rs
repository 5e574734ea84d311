//! Tables by name: ids are made from places, and results are read back as names.

use althing_decisions::analysis::{
    Column, Row, Table, dominance, irrelevance, smallest_flip, tensions, totals,
};
use rust_decimal::Decimal;
use uuid::Uuid;

/// A row: its name, its weight as text or "", its ratings in the order of the columns.
pub type Ratings<'a> = (&'a str, &'a str, &'a [i8]);

pub fn alternative_id(place: usize) -> Uuid {
    Uuid::from_u128(1000 + place as u128)
}

pub fn objective_id(place: usize) -> Uuid {
    Uuid::from_u128(2000 + place as u128)
}

pub fn column(place: usize, name: &str) -> Column {
    Column {
        id: alternative_id(place),
        name: name.to_owned(),
    }
}

pub fn row(place: usize, name: &str, weight: &str) -> Row {
    Row {
        id: objective_id(place),
        name: name.to_owned(),
        weight: weight.parse::<Decimal>().ok(),
    }
}

/// A complete table; the status quo is named if there is one.
pub fn table(columns: &[&str], status_quo: Option<&str>, rows: &[Ratings<'_>]) -> Table {
    let status_quo = status_quo.map(|name| columns.iter().position(|column| *column == name).unwrap());
    Table::new(
        columns
            .iter()
            .enumerate()
            .map(|(place, name)| column(place, name))
            .collect(),
        rows.iter()
            .enumerate()
            .map(|(place, (name, weight, _))| row(place, name, weight))
            .collect(),
        status_quo.map(alternative_id),
        rows.iter()
            .map(|(_, _, ratings)| ratings.iter().copied().map(Some).collect())
            .collect(),
    )
    .unwrap()
}

/// The name of an alternative or objective.
pub fn name(table: &Table, id: Uuid) -> String {
    let alternatives = table
        .alternatives()
        .iter()
        .map(|column| (column.id, &column.name));
    let objectives = table.objectives().iter().map(|row| (row.id, &row.name));
    alternatives
        .chain(objectives)
        .find(|(known, _)| *known == id)
        .unwrap()
        .1
        .clone()
}

/// Names in order, separated by spaces, with `_` for the spaces inside them.
pub fn names(table: &Table, ids: &[Uuid]) -> String {
    ids.iter()
        .map(|id| name(table, *id).replace(' ', "_"))
        .collect::<Vec<_>>()
        .join(" ")
}

pub fn scores(table: &Table) -> Vec<i32> {
    totals(table).scores.iter().map(|score| score.score).collect()
}

pub fn ranks(table: &Table) -> Vec<u32> {
    totals(table).scores.iter().map(|score| score.rank).collect()
}

pub fn weighted(table: &Table) -> Vec<String> {
    totals(table)
        .scores
        .iter()
        .map(|score| score.weighted_total.unwrap().to_string())
        .collect()
}

/// Each dominated alternative as `name<dominators`, and after a slash the one that is named.
pub fn dominated(table: &Table) -> Vec<String> {
    dominance(table)
        .dominated
        .iter()
        .map(|result| {
            let dominators = names(table, &result.dominators);
            format!(
                "{}<{dominators}/{}",
                name(table, result.alternative_id),
                name(table, result.dominated_by)
            )
        })
        .collect()
}

pub fn viable(table: &Table) -> String {
    names(table, &dominance(table).viable)
}

/// Each tension as `name +gains -losses =net`.
pub fn tension_lines(table: &Table) -> Vec<String> {
    tensions(table)
        .entries
        .iter()
        .map(|entry| {
            let (gains, losses) = (names(table, &entry.gains), names(table, &entry.losses));
            format!(
                "{} +[{gains}] -[{losses}] ={}",
                name(table, entry.alternative_id),
                entry.net_score
            )
        })
        .collect()
}

pub fn irrelevant(table: &Table) -> Vec<(String, i32)> {
    let all = irrelevance(table).irrelevant;
    all.iter()
        .map(|result| (name(table, result.objective_id), result.rating))
        .collect()
}

/// Steps and rivals of the smallest flip, and its cells as `alternative:objective from→to`.
pub fn flip(table: &Table) -> (u32, String, Vec<String>) {
    let flip = smallest_flip(table).unwrap();
    let cells: Vec<String> = flip
        .cells
        .iter()
        .map(|cell| {
            let (alternative, objective) = (name(table, cell.alternative_id), name(table, cell.objective_id));
            format!("{alternative}:{objective} {}→{}", cell.from, cell.to)
        })
        .collect();
    assert_eq!(flip.single_cell, !cells.is_empty());
    (flip.steps, names(table, &flip.rivals), cells)
}

/// The margin for display, the verdict, and the clear winner's name or "".
pub fn verdict(table: &Table) -> (String, &'static str, String) {
    let totals = totals(table);
    let winner = totals.clear_winner.map(|id| name(table, id)).unwrap_or_default();
    (totals.margin_percent.to_string(), totals.verdict.as_str(), winner)
}

pub fn leaders(table: &Table) -> String {
    names(table, &totals(table).leaders)
}
