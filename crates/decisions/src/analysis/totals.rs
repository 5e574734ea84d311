//! Totals, ranks, leaders, the margin between them, and the verdict.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::dominance::dominance;
use super::irrelevance::irrelevant_rows;
use super::percent::Percent;
use super::sensitivity::{Flip, smallest_flip};
use super::table::{CellRef, Table};
use crate::outputs::wire_enum;

/// The totals of a table and what they amount to.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Totals {
    /// Whether every cell is rated; while not, everything here is provisional.
    pub complete: bool,
    pub missing: Vec<CellRef>,
    /// The status quo.
    pub baseline: Option<Uuid>,
    pub scores: Vec<ScoreResult>,
    /// All alternatives with the highest score.
    pub leaders: Vec<Uuid>,
    pub tied: bool,
    /// The leader, if it leads alone.
    pub best_alternative: Option<Uuid>,
    /// Highest minus second-highest score; 0 on a tie.
    pub gap: u32,
    /// The objectives that tell at least two alternatives apart.
    pub relevant_objectives: u32,
    pub margin_percent: Percent,
    pub verdict: Verdict,
    /// Named for the verdict `clear_winner` only.
    pub clear_winner: Option<Uuid>,
    pub flip: Option<Flip>,
}

/// One alternative's total.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ScoreResult {
    pub alternative_id: Uuid,
    pub score: i32,
    pub plus: u32,
    pub zero: u32,
    pub minus: u32,
    /// Competition rank: 1, 1, 3.
    pub rank: u32,
    /// Given when every objective has a weight; decides nothing.
    #[serde(serialize_with = "as_text")]
    #[schemars(with = "Option<String>")]
    pub weighted_total: Option<Decimal>,
}

wire_enum! {
    /// What the totals say, from saying nothing to naming a winner.
    Verdict {
        Incomplete = "incomplete",
        NoClearWinner = "no_clear_winner",
        ClearWinner = "clear_winner",
        LeadsWithTradeoffs = "leads_with_tradeoffs",
    }
}

/// Adds up a table.
pub fn totals(table: &Table) -> Totals {
    let scores = table.scores();
    let leaders = leaders_of(&scores);
    let tied = leaders.len() > 1;
    let gap = gap(&scores);
    let relevant = count(table.height() - irrelevant_rows(table).len());
    let best = leaders
        .first()
        .filter(|_| !tied)
        .map(|&a| table.alternatives()[a].id);
    let verdict = verdict(table, tied, gap, relevant);
    Totals {
        complete: table.is_complete(),
        missing: table.missing(),
        baseline: table.status_quo_id(),
        scores: score_results(table, &scores),
        leaders: table.alternative_ids(&leaders),
        tied,
        best_alternative: best,
        gap,
        relevant_objectives: relevant,
        margin_percent: Percent::of(gap, 2 * relevant),
        verdict,
        clear_winner: best.filter(|_| verdict == Verdict::ClearWinner),
        flip: smallest_flip(table),
    }
}

/// The places of the highest score, in order.
pub(super) fn leaders_of(scores: &[i32]) -> Vec<usize> {
    let highest = scores.iter().max();
    (0..scores.len())
        .filter(|&a| Some(&scores[a]) == highest)
        .collect()
}

/// Competition ranks, the highest first: equal scores share a rank and the next is skipped.
pub(super) fn competition_ranks<T: PartialOrd>(scores: &[T]) -> Vec<u32> {
    scores
        .iter()
        .map(|score| 1 + count(scores.iter().filter(|other| *other > score).count()))
        .collect()
}

/// Highest minus second-highest score; 0 on a tie and when there are fewer than two.
pub(super) fn gap(scores: &[i32]) -> u32 {
    let mut sorted = scores.to_vec();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    match sorted.as_slice() {
        [first, second, ..] => first.abs_diff(*second),
        _ => 0,
    }
}

fn verdict(table: &Table, tied: bool, gap: u32, relevant: u32) -> Verdict {
    if table.width() < 2 || !table.is_complete() {
        return Verdict::Incomplete;
    }
    // The exact form of "the margin, 100·gap / (2·relevant), is below 10 %".
    let is_narrow = relevant == 0 || 5 * gap < relevant;
    if tied || is_narrow {
        Verdict::NoClearWinner
    } else if dominance(table).viable.len() == 1 {
        // A leader is never dominated, so the only viable alternative is the leader.
        Verdict::ClearWinner
    } else {
        Verdict::LeadsWithTradeoffs
    }
}

fn score_results(table: &Table, scores: &[i32]) -> Vec<ScoreResult> {
    let ranks = competition_ranks(scores);
    let counted = |a: usize, sign: i32| {
        count(
            (0..table.height())
                .filter(|&o| table.value(a, o).signum() == sign)
                .count(),
        )
    };
    (0..table.width())
        .map(|a| ScoreResult {
            alternative_id: table.alternatives()[a].id,
            score: scores[a],
            plus: counted(a, 1),
            zero: counted(a, 0),
            minus: counted(a, -1),
            rank: ranks[a],
            weighted_total: weighted_total(table, a),
        })
        .collect()
}

/// Nothing without objectives, while a weight is missing, or where the total exceeds what a decimal can hold.
/// All totals of a table are written with the decimals of its finest weight.
fn weighted_total(table: &Table, alternative: usize) -> Option<Decimal> {
    let weights = table.objectives().iter().filter_map(|objective| objective.weight);
    let decimals = weights.map(|weight| weight.scale()).max()?;
    let mut total =
        table
            .objectives()
            .iter()
            .enumerate()
            .try_fold(Decimal::ZERO, |total, (o, objective)| {
                let term = objective
                    .weight?
                    .checked_mul(Decimal::from(table.value(alternative, o)))?;
                total.checked_add(term)
            })?;
    total.rescale(decimals);
    Some(total)
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn as_text<S: Serializer>(total: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
    total.map(|total| total.to_string()).serialize(serializer)
}
