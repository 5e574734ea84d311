//! Consequences: objective by objective, every alternative against the status quo.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::cell_line::{CellLine, Heading, read_cell_line, read_heading};
use super::context::{Grid, GuideContext};
use super::fields;
use super::line;
use super::question::Question;
use super::reading::Reading;
use crate::document::wording;

pub fn questions(context: &GuideContext<'_>, content: &Value) -> Vec<Question> {
    let grid = Grid::of(context);
    if !grid.is_ratable() {
        return vec![Question::required("inputs", INPUTS_MISSING, false)];
    }
    let question = |(alternative, objective)| {
        let key = grid.key(alternative, objective);
        let is_rated = content
            .pointer(&format!("/table/cells/{key}/rating"))
            .is_some_and(Value::is_i64);
        Question::required(key, cell_question(&grid, alternative, objective), is_rated)
    };
    grid.cells().map(question).collect()
}

/// The rows and columns, with the numbers and letters that name them.
pub fn preface(context: &GuideContext<'_>) -> String {
    let grid = Grid::of(context);
    if !grid.is_ratable() {
        return String::new();
    }
    format!(
        "Objectives: {}.\n\nAlternatives: {}.\n\nI ask cell by cell. You can also write several at once, one per line: \
         `alternative / objective: rating reason`, with names, or with letter and number as in `B / 2: +1 it is closer`.",
        super::numbered(&grid.objectives),
        super::lettered(&grid.alternatives)
    )
}

const INPUTS_MISSING: &str = "Ratings need a fundamental objective, a status quo and another alternative. \
     Please confirm those first; then I go through them with you.";

fn cell_question(grid: &Grid, alternative: usize, objective: usize) -> String {
    let status_quo = grid
        .status_quo
        .map(|place| super::shown(&grid.alternatives[place].name))
        .unwrap_or_default();
    format!(
        "**{} — {}. {}:** compared with {status_quo} (the status quo), from −2 (much worse) to +2 (much better), and why? \
         For example `+1 it is closer`.",
        super::shown(&grid.objectives[objective].name),
        super::letter_of(alternative),
        super::shown(&grid.alternatives[alternative].name),
    )
}

pub fn read(reading: &mut Reading<'_>, key: Option<&str>, text: &str) {
    let grid = Grid::of(reading.context);
    if !grid.is_ratable() {
        return reading.ask(text, INPUTS_MISSING);
    }
    let mut asked = key.and_then(|key| {
        grid.cells()
            .find(|&(alternative, objective)| grid.key(alternative, objective) == key)
    });
    let mut heading: Option<Heading> = None;
    let mut ratings = Vec::new();
    for entry in line::lines(text) {
        if let Some(word) = line::heading(entry) {
            heading = read_heading(&grid, word)
                .map_err(|question| reading.ask(entry, question))
                .ok();
            continue;
        }
        match read_cell_line(&grid, heading, entry) {
            CellLine::Cell {
                alternative,
                objective,
                rating,
                reason,
            } => {
                if Some(alternative) == grid.status_quo {
                    if rating != 0 {
                        reading.ask(entry, "This is the status quo; it is compared with itself and always 0. Which alternative do you mean?");
                    }
                    continue;
                }
                ratings.push(Rating {
                    alternative,
                    objective,
                    rating,
                    reason,
                });
            }
            CellLine::Rating { rating, reason } => match asked.take() {
                Some((alternative, objective)) => ratings.push(Rating {
                    alternative,
                    objective,
                    rating,
                    reason,
                }),
                None => reading.ask(
                    entry,
                    "Which cell is that? Write `alternative / objective: rating reason`.",
                ),
            },
            CellLine::Unclear(question) => reading.ask(entry, question),
        }
    }
    if !ratings.is_empty() {
        for one in preparations(&reading.content().clone(), &grid) {
            match one.value {
                Some(value) => reading.derive(one.path, value, &one.summary, ""),
                None => reading.remove(one.path, &one.summary, ""),
            }
        }
        record(reading, &grid, ratings);
    }
}

struct Rating {
    alternative: usize,
    objective: usize,
    rating: i8,
    reason: String,
}

fn record(reading: &mut Reading<'_>, grid: &Grid, ratings: Vec<Rating>) {
    let before = reading.content().clone();
    for Rating {
        alternative,
        objective,
        rating,
        reason,
    } in ratings
    {
        let key = grid.key(alternative, objective);
        let path = format!("/table/cells/{key}");
        let ids = (grid.alternatives[alternative].id, grid.objectives[objective].id);
        let cell = rated(before.pointer(&path), ids, rating, &reason);
        let sign = wording::signed(rating.into());
        let names = format!(
            "{} / {}",
            grid.alternatives[alternative].name, grid.objectives[objective].name
        );
        reading.set(path, cell, &names, format!("{sign} {reason}").trim());
    }
}

/// The cell with its new rating and reason; a quantity or an uncertainty beside it stays.
pub fn rated(
    before: Option<&Value>,
    (alternative, objective): (Uuid, Uuid),
    rating: i8,
    reason: &str,
) -> Value {
    let mut cell = Map::from_iter([
        ("alternative_id".to_owned(), json!(alternative)),
        ("objective_id".to_owned(), json!(objective)),
        ("rating".to_owned(), json!(rating)),
    ]);
    if !reason.is_empty() {
        cell.insert("rationale".to_owned(), json!(reason));
    }
    for field in ["quantity", "uncertainty"] {
        if let Some(value) = before.and_then(|cell| cell.get(field)) {
            cell.insert(field.to_owned(), value.clone());
        }
    }
    Value::Object(cell)
}

/// One change that makes the table fit the cycle before a rating goes in.
pub struct Preparation {
    pub path: String,
    /// Nothing means that the place is removed.
    pub value: Option<Value>,
    pub summary: String,
}

/// Rows, columns and the zeros of the status quo, as far as they are not there yet; cells of what is gone leave.
pub fn preparations(content: &Value, grid: &Grid) -> Vec<Preparation> {
    let Some(status_quo) = grid.status_quo else {
        return Vec::new();
    };
    let columns: Value = grid.alternatives.iter().map(|one| json!(one.id)).collect();
    let rows: Value = grid.objectives.iter().map(|one| json!(one.id)).collect();
    let mut all = Vec::new();
    for (path, ids, summary) in [
        ("/table/alternative_ids", columns, "Columns of the table"),
        ("/table/objective_ids", rows, "Rows of the table"),
    ] {
        if content.pointer(path) != Some(&ids) {
            all.push(Preparation {
                path: path.to_owned(),
                value: Some(ids),
                summary: summary.to_owned(),
            });
        }
    }
    all.extend(stale_cells(content, grid).into_iter().map(|key| {
        let summary = "Rating of what is no longer there".to_owned();
        Preparation {
            path: format!("/table/cells/{key}"),
            value: None,
            summary,
        }
    }));
    let baseline = &grid.alternatives[status_quo];
    for (place, objective) in grid.objectives.iter().enumerate() {
        let path = format!("/table/cells/{}", grid.key(status_quo, place));
        let before = content.pointer(&path);
        if before.and_then(|cell| cell.get("rating")).and_then(Value::as_i64) != Some(0) {
            let value = Some(rated(before, (baseline.id, objective.id), 0, ""));
            let summary = format!("{} / {}: 0, the status quo", baseline.name, objective.name);
            all.push(Preparation { path, value, summary });
        }
    }
    all
}

fn stale_cells(content: &Value, grid: &Grid) -> Vec<String> {
    let is_known = |cell: &Value| {
        let alternative = fields::id(cell, "alternative_id");
        let objective = fields::id(cell, "objective_id");
        grid.alternatives.iter().any(|one| Some(one.id) == alternative)
            && grid.objectives.iter().any(|one| Some(one.id) == objective)
    };
    let cells = content.pointer("/table/cells").and_then(Value::as_object);
    cells
        .into_iter()
        .flatten()
        .filter(|(_, cell)| !is_known(cell))
        .map(|(key, _)| key.clone())
        .collect()
}
