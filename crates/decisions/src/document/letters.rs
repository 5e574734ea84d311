//! The letters of the walk, p r o a c t, and how far each has come.

use schemars::JsonSchema;
use serde::Serialize;

use crate::outputs::{ComponentStatus, ComponentType, wire_enum};

wire_enum! {
    /// How far a letter has come; a component that needs revision is in progress.
    LetterProgress {
        NotStarted = "not_started",
        InProgress = "in_progress",
        Completed = "completed",
    }
}

/// Problem frame, objectives, alternatives, consequences, tradeoffs, and recommendation with decision quality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Letters {
    pub p: LetterProgress,
    pub r: LetterProgress,
    pub o: LetterProgress,
    pub a: LetterProgress,
    pub c: LetterProgress,
    pub t: LetterProgress,
}

impl Letters {
    /// T is completed with the recommendation and, where the tier has it, decision quality.
    pub fn of(status: impl Fn(ComponentType) -> ComponentStatus, has_decision_quality: bool) -> Self {
        let letter = |component| progress(status(component));
        let recommendation = letter(ComponentType::Recommendation);
        let last = if has_decision_quality {
            letter(ComponentType::DecisionQuality)
        } else {
            recommendation
        };
        Self {
            p: letter(ComponentType::ProblemFrame),
            r: letter(ComponentType::Objectives),
            o: letter(ComponentType::Alternatives),
            a: letter(ComponentType::Consequences),
            c: letter(ComponentType::Tradeoffs),
            t: both(recommendation, last),
        }
    }

    /// Completed letters × 100 / 6, rounded down.
    pub fn overall_percent(&self) -> u8 {
        let all = [self.p, self.r, self.o, self.a, self.c, self.t];
        let completed = all
            .iter()
            .filter(|letter| **letter == LetterProgress::Completed)
            .count();
        u8::try_from(completed * 100 / all.len()).expect("at most 100")
    }
}

fn progress(status: ComponentStatus) -> LetterProgress {
    match status {
        ComponentStatus::NotStarted => LetterProgress::NotStarted,
        ComponentStatus::InProgress | ComponentStatus::NeedsRevision => LetterProgress::InProgress,
        ComponentStatus::Complete => LetterProgress::Completed,
    }
}

fn both(one: LetterProgress, other: LetterProgress) -> LetterProgress {
    if one == other {
        one
    } else {
        LetterProgress::InProgress
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_letters_make_seven_percentages() {
        let walk = &ComponentType::ALL[1..8];
        let percents: Vec<u8> = (0..=walk.len())
            .map(|done| {
                let status = |component| {
                    let place = walk.iter().position(|one| *one == component);
                    if place.is_some_and(|place| place < done) {
                        ComponentStatus::Complete
                    } else {
                        ComponentStatus::NotStarted
                    }
                };
                Letters::of(status, true).overall_percent()
            })
            .collect();
        assert_eq!(percents, [0, 16, 33, 50, 66, 83, 83, 100]);
    }

    #[test]
    fn the_last_letter_needs_decision_quality_where_the_tier_has_it() {
        let status = |component| match component {
            ComponentType::Recommendation => ComponentStatus::Complete,
            _ => ComponentStatus::NotStarted,
        };
        assert_eq!(Letters::of(status, true).t, LetterProgress::InProgress);
        assert_eq!(Letters::of(status, false).t, LetterProgress::Completed);
        assert_eq!(Letters::of(status, false).overall_percent(), 16);
        let revised = Letters::of(|_| ComponentStatus::NeedsRevision, true);
        assert_eq!(
            (revised.p, revised.t),
            (LetterProgress::InProgress, LetterProgress::InProgress)
        );
    }
}
