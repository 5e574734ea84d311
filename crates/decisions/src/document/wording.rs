//! What an analysis says, in sentences. Plain text; whoever shows it escapes it.
//!
//! Two rules hold wherever totals are spoken of: below a margin of 10 % there is no clear winner, and the smallest flip
//! stands next to every total.

use uuid::Uuid;

use crate::analysis::{Analysis, Flip, Verdict};
use crate::outputs::text::{counted, enumerated};

/// How many cells of a flip are listed.
const FLIP_CELLS_SHOWN: usize = 5;

/// `B. Move`, by the letter of the cycle; an id that is gone is said to be gone.
pub fn alternative(analysis: &Analysis, id: Uuid) -> String {
    let heading = analysis.alternatives.iter().find(|heading| heading.id == id);
    heading.map_or_else(
        || "a removed alternative".to_owned(),
        |one| format!("{}. {}", one.letter, one.name),
    )
}

pub fn objective(analysis: &Analysis, id: Uuid) -> String {
    let heading = analysis.objectives.iter().find(|heading| heading.id == id);
    heading.map_or_else(|| "a removed objective".to_owned(), |one| one.name.clone())
}

pub fn alternatives(analysis: &Analysis, ids: &[Uuid]) -> String {
    let names: Vec<String> = ids.iter().map(|id| alternative(analysis, *id)).collect();
    enumerated(&names.iter().map(String::as_str).collect::<Vec<_>>())
}

pub fn objectives(analysis: &Analysis, ids: &[Uuid]) -> String {
    let names: Vec<String> = ids.iter().map(|id| objective(analysis, *id)).collect();
    enumerated(&names.iter().map(String::as_str).collect::<Vec<_>>())
}

/// A rating or score with its sign: `+2`, `0`, `−1`.
pub fn signed(number: i64) -> String {
    match number {
        0 => "0".to_owned(),
        1.. => format!("+{number}"),
        _ => format!("−{}", number.unsigned_abs()),
    }
}

/// What the totals amount to.
pub fn verdict(analysis: &Analysis) -> String {
    let totals = &analysis.pugh;
    let leaders = alternatives(analysis, &totals.leaders);
    let margin = totals.margin_percent;
    match totals.verdict {
        Verdict::Incomplete if analysis.alternatives.len() < 2 => {
            "Provisional: at least two alternatives are needed.".to_owned()
        }
        Verdict::Incomplete => {
            let missing = counted(totals.missing.len(), "rating is", "ratings are");
            format!("Provisional: {missing} still missing, so no alternative leads yet.")
        }
        Verdict::NoClearWinner if totals.tied => format!("No clear winner: {leaders} have the same total."),
        Verdict::NoClearWinner => format!(
            "No clear winner: {leaders} is ahead, but by a margin of {margin} %, which is below 10 %."
        ),
        Verdict::ClearWinner => format!(
            "{leaders} is the clear winner, by a margin of {margin} %; every other alternative is dominated."
        ),
        Verdict::LeadsWithTradeoffs => format!(
            "{leaders} leads by a margin of {margin} %, with tradeoffs: other alternatives remain viable."
        ),
    }
}

/// How little would have to change, to be read behind "Smallest flip:"; nothing where no change is possible.
pub fn flip(analysis: &Analysis) -> Option<String> {
    let flip = analysis.pugh.flip.as_ref()?;
    let steps = counted(
        usize::try_from(flip.steps).unwrap_or(usize::MAX),
        "rating step",
        "rating steps",
    );
    if !analysis.pugh.complete {
        return Some(format!("{steps}, provisional while ratings are missing."));
    }
    if !flip.single_cell {
        let rivals = alternatives(analysis, &flip.rivals);
        return Some(format!(
            "no single rating changes the leader; {steps} in total do (rival: {rivals})."
        ));
    }
    Some(format!(
        "{steps} in a single rating would change the leader, for example {}.",
        flip_cells(analysis, flip)
    ))
}

fn flip_cells(analysis: &Analysis, flip: &Flip) -> String {
    let mut cells: Vec<String> = flip
        .cells
        .iter()
        .take(FLIP_CELLS_SHOWN)
        .map(|cell| {
            format!(
                "{} on {} from {} to {}",
                alternative(analysis, cell.alternative_id),
                objective(analysis, cell.objective_id),
                signed(cell.from.into()),
                signed(cell.to.into())
            )
        })
        .collect();
    if flip.cells.len() > FLIP_CELLS_SHOWN {
        cells.push(format!("{} more", flip.cells.len() - FLIP_CELLS_SHOWN));
    }
    cells.join("; ")
}

/// Why a dominated alternative is dominated.
pub fn dominance(analysis: &Analysis) -> Vec<String> {
    let dominated = analysis.dominance.dominated.iter();
    dominated
        .map(|one| {
            format!(
                "{}: {}",
                alternative(analysis, one.alternative_id),
                one.explanation
            )
        })
        .collect()
}

/// The contradiction of a standout that another alternative beats without giving anything up.
pub fn standout_contradiction(analysis: &Analysis, standout: Uuid) -> Option<String> {
    let dominated = analysis
        .dominance
        .dominated
        .iter()
        .find(|one| one.alternative_id == standout && analysis.pugh.complete)?;
    let by = alternative(analysis, dominated.dominated_by);
    Some(format!(
        "Contradiction: {} stands out, yet {by} dominates it. {}",
        alternative(analysis, standout),
        dominated.explanation
    ))
}
