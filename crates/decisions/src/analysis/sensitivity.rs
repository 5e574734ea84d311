//! How much would have to change for another alternative to lead.

use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::table::Table;
use super::totals::{gap, leaders_of};

/// What every other rating of one cell would lead to.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Sensitivity {
    pub alternative_id: Uuid,
    pub objective_id: Uuid,
    /// The rating that counts today: 0 where there is none.
    pub rating: i32,
    /// The four other values, rising.
    pub entries: Vec<SensitivityEntry>,
}

#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct SensitivityEntry {
    pub value: i32,
    pub change: i32,
    pub leaders: Vec<Uuid>,
    pub leaders_change: bool,
    /// Whether the alternative of the cell is among the leaders then.
    pub still_leads: bool,
}

/// The smallest change after which the set of leaders is another.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Flip {
    /// The number of rating steps in total; one step changes one rating by 1.
    pub steps: u32,
    /// All alternatives with the second-highest score, or on a tie the leaders.
    pub rivals: Vec<Uuid>,
    /// Whether changing one cell can be enough.
    pub single_cell: bool,
    pub cells: Vec<FlipCell>,
}

/// A single cell whose change by exactly the smallest number of steps is enough.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct FlipCell {
    pub alternative_id: Uuid,
    pub objective_id: Uuid,
    pub from: i32,
    pub to: i32,
    pub leaders_after: Vec<Uuid>,
}

/// The sensitivity of one cell; nothing for unknown ids and for the status quo, whose ratings cannot change.
pub fn sensitivity(table: &Table, alternative: Uuid, objective: Uuid) -> Option<Sensitivity> {
    let (a, o) = table
        .place(alternative, objective)
        .filter(|&(a, _)| !table.is_status_quo(a))?;
    let scores = table.scores();
    let leaders = leaders_of(&scores);
    let rating = table.value(a, o);
    let entries = (-2..=2).filter(|&value| value != rating).map(|value| {
        let after = leaders_after(&scores, a, value - rating);
        SensitivityEntry {
            value,
            change: value - rating,
            leaders_change: after != leaders,
            still_leads: after.contains(&a),
            leaders: table.alternative_ids(&after),
        }
    });
    Some(Sensitivity {
        alternative_id: alternative,
        objective_id: objective,
        rating,
        entries: entries.collect(),
    })
}

/// The smallest flip; none with fewer than two alternatives or without objectives.
pub fn smallest_flip(table: &Table) -> Option<Flip> {
    if table.width() < 2 || table.height() == 0 {
        return None;
    }
    let scores = table.scores();
    let leaders = leaders_of(&scores);
    let steps = gap(&scores).max(1);
    let mut cells = Vec::new();
    for (a, o) in table.cells().filter(|&(a, _)| !table.is_status_quo(a)) {
        let from = table.value(a, o);
        for to in (-2..=2).filter(|to: &i32| to.abs_diff(from) == steps) {
            let after = leaders_after(&scores, a, to - from);
            if after != leaders {
                let leaders_after = table.alternative_ids(&after);
                let cell = table.cell_ref(a, o);
                cells.push(FlipCell {
                    alternative_id: cell.alternative_id,
                    objective_id: cell.objective_id,
                    from,
                    to,
                    leaders_after,
                });
            }
        }
    }
    let rivals = table.alternative_ids(&rivals(&scores, &leaders));
    Some(Flip {
        steps,
        rivals,
        single_cell: !cells.is_empty(),
        cells,
    })
}

fn leaders_after(scores: &[i32], alternative: usize, change: i32) -> Vec<usize> {
    let mut changed = scores.to_vec();
    changed[alternative] += change;
    leaders_of(&changed)
}

fn rivals(scores: &[i32], leaders: &[usize]) -> Vec<usize> {
    if leaders.len() > 1 {
        return leaders.to_vec();
    }
    let is_behind = |a: &usize| !leaders.contains(a);
    let second = (0..scores.len()).filter(is_behind).map(|a| scores[a]).max();
    (0..scores.len())
        .filter(is_behind)
        .filter(|&a| Some(scores[a]) == second)
        .collect()
}
