//! What each viable alternative gains and gives up against the others.

use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::dominance::viable;
use super::table::Table;

#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Tensions {
    pub entries: Vec<TensionResult>,
    pub count: usize,
    /// The only viable alternative, if there is just one.
    pub sole_viable: Option<Uuid>,
    /// Gains and losses closest in number; ties all.
    pub most_balanced: Vec<Uuid>,
    /// Most gains and losses together; ties all.
    pub most_polarizing: Vec<Uuid>,
}

/// One viable alternative. With three or more of them an objective may be gain and loss at once.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct TensionResult {
    pub alternative_id: Uuid,
    /// Where it beats at least one other viable alternative.
    pub gains: Vec<Uuid>,
    /// Where at least one other viable alternative beats it.
    pub losses: Vec<Uuid>,
    pub net_score: i32,
}

/// Compares the viable alternatives of a table.
pub fn tensions(table: &Table) -> Tensions {
    let viable = viable(table);
    let scores = table.scores();
    let rows_where = |a: usize, holds: fn(i32, i32) -> bool| {
        let holds_for = |o: &usize| {
            viable
                .iter()
                .any(|&b| holds(table.value(a, *o), table.value(b, *o)))
        };
        table.objective_ids(&(0..table.height()).filter(holds_for).collect::<Vec<_>>())
    };
    let entries: Vec<TensionResult> = viable
        .iter()
        .map(|&a| TensionResult {
            alternative_id: table.alternatives()[a].id,
            gains: rows_where(a, |ours, theirs| ours > theirs),
            losses: rows_where(a, |ours, theirs| ours < theirs),
            net_score: scores[a],
        })
        .collect();
    let imbalance = |entry: &TensionResult| entry.gains.len().abs_diff(entry.losses.len());
    let calm = |entry: &TensionResult| usize::MAX - (entry.gains.len() + entry.losses.len());
    Tensions {
        count: entries.len(),
        sole_viable: match entries.as_slice() {
            [only] => Some(only.alternative_id),
            _ => None,
        },
        most_balanced: with_least(&entries, imbalance),
        most_polarizing: with_least(&entries, calm),
        entries,
    }
}

fn with_least(entries: &[TensionResult], measure: impl Fn(&TensionResult) -> usize) -> Vec<Uuid> {
    let least = entries.iter().map(&measure).min();
    entries
        .iter()
        .filter(|entry| Some(measure(entry)) == least)
        .map(|entry| entry.alternative_id)
        .collect()
}
