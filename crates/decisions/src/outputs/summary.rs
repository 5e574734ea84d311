//! What an output holds, in numbers: shown in lists and activities, never quoting it.

use super::text::counted;
use super::{Output, QualityElement};

/// Counts only, at most 200 characters: "3 objectives, 2 means".
pub fn summary(output: &Output) -> String {
    match output {
        Output::IssueRaising(all) => joined(&[
            (all.potential_decisions.len(), "decision", "decisions"),
            (all.objectives.len(), "objective", "objectives"),
            (all.uncertainties.len(), "uncertainty", "uncertainties"),
            (all.considerations.len(), "consideration", "considerations"),
        ]),
        Output::ProblemFrame(frame) => joined(&[
            (
                usize::from(frame.decision_maker.is_some()),
                "decision maker",
                "decision makers",
            ),
            (
                usize::from(frame.focal_decision.is_some()),
                "focal decision",
                "focal decisions",
            ),
            (
                frame
                    .focal_decision
                    .as_ref()
                    .map_or(0, |focal| focal.constraints.len()),
                "constraint",
                "constraints",
            ),
            (frame.parties.len(), "party", "parties"),
            (
                frame.linked_decisions.len(),
                "linked decision",
                "linked decisions",
            ),
        ]),
        Output::Objectives(all) => joined(&[
            (all.fundamental_objectives.len(), "objective", "objectives"),
            (all.means_objectives.len(), "means", "means"),
        ]),
        Output::Alternatives(all) => joined(&[
            (all.alternatives.len(), "alternative", "alternatives"),
            (
                all.strategy_table
                    .as_ref()
                    .map_or(0, |table| table.strategies.len()),
                "strategy",
                "strategies",
            ),
        ]),
        Output::Consequences(all) => {
            let rated = all
                .table
                .cells
                .iter()
                .filter(|cell| cell.rating.is_some())
                .count();
            let of = all.table.alternative_ids.len() * all.table.objective_ids.len();
            let mut text = format!("{rated} of {} rated", counted(of, "cell", "cells"));
            if !all.uncertainties.is_empty() {
                text = format!(
                    "{text}, {}",
                    counted(all.uncertainties.len(), "uncertainty", "uncertainties")
                );
            }
            text
        }
        Output::Tradeoffs(all) => joined(&[
            (
                all.dominated_alternatives.len(),
                "dominated alternative",
                "dominated alternatives",
            ),
            (
                all.irrelevant_objectives.len(),
                "irrelevant objective",
                "irrelevant objectives",
            ),
            (all.tensions.len(), "tension", "tensions"),
        ]),
        Output::Recommendation(all) => joined(&[
            (
                usize::from(!all.synthesis.trim().is_empty()),
                "synthesis",
                "syntheses",
            ),
            (usize::from(all.standout().is_some()), "standout", "standouts"),
            (all.key_considerations.len(), "consideration", "considerations"),
            (all.caveats.len(), "caveat", "caveats"),
            (all.remaining_uncertainties.len(), "uncertainty", "uncertainties"),
        ]),
        Output::DecisionQuality(quality) => {
            let rated = QualityElement::ALL
                .iter()
                .filter(|&&element| quality.score(element).is_some())
                .count();
            format!("{rated} of {} elements rated", QualityElement::ALL.len())
        }
        Output::NotesNextSteps(all) => joined(&[
            (all.notes.len(), "note", "notes"),
            (all.open_questions.len(), "open question", "open questions"),
            (all.planned_actions.len(), "action", "actions"),
            (all.revisit_triggers.len(), "revisit trigger", "revisit triggers"),
            (
                all.further_analysis_paths.len(),
                "analysis path",
                "analysis paths",
            ),
        ]),
    }
}

/// The first count always, the others when there is something to count.
fn joined(counts: &[(usize, &str, &str)]) -> String {
    let shown = counts
        .iter()
        .enumerate()
        .filter(|(index, (count, _, _))| *index == 0 || *count > 0);
    shown
        .map(|(_, &(count, one, many))| counted(count, one, many))
        .collect::<Vec<_>>()
        .join(", ")
}
