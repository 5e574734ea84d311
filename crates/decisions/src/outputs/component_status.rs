//! The status of a component and the one table that says how it may change.

use super::wire::wire_enum;

wire_enum! {
    /// Where a component stands.
    #[derive(Default)]
    ComponentStatus {
        #[default]
        NotStarted = "not_started",
        InProgress = "in_progress",
        Complete = "complete",
        NeedsRevision = "needs_revision",
    }
}

/// What a permitted change of status is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// The same status again: nothing happens and nothing is announced.
    Unchanged,
    Start,
    /// Work goes on with the first accepted update after a revision was asked for.
    Resume,
    Complete,
    Revise,
}

impl ComponentStatus {
    /// What leads from this status to another; `None` where the machine refuses.
    pub const fn transition_to(self, to: Self) -> Option<Transition> {
        use ComponentStatus::{Complete, InProgress, NeedsRevision, NotStarted};
        match (self, to) {
            (NotStarted, NotStarted)
            | (InProgress, InProgress)
            | (Complete, Complete)
            | (NeedsRevision, NeedsRevision) => Some(Transition::Unchanged),
            (NotStarted, InProgress) => Some(Transition::Start),
            (NeedsRevision, InProgress) => Some(Transition::Resume),
            (InProgress | NeedsRevision, Complete) => Some(Transition::Complete),
            (InProgress | Complete, NeedsRevision) => Some(Transition::Revise),
            (NotStarted, Complete | NeedsRevision)
            | (InProgress | Complete | NeedsRevision, NotStarted)
            | (Complete, InProgress) => None,
        }
    }

    /// Every status but `not_started`.
    pub const fn is_started(self) -> bool {
        !matches!(self, Self::NotStarted)
    }

    /// Whether output updates are accepted.
    pub const fn accepts_updates(self) -> bool {
        matches!(self, Self::InProgress | Self::NeedsRevision)
    }
}

#[cfg(test)]
mod tests {
    use super::ComponentStatus::{Complete, InProgress, NeedsRevision, NotStarted};
    use super::*;

    #[test]
    fn all_sixteen_pairs_follow_the_table() {
        use Transition as T;
        let table = [
            (NotStarted, [Some(T::Unchanged), Some(T::Start), None, None]),
            (
                InProgress,
                [None, Some(T::Unchanged), Some(T::Complete), Some(T::Revise)],
            ),
            (Complete, [None, None, Some(T::Unchanged), Some(T::Revise)]),
            (
                NeedsRevision,
                [None, Some(T::Resume), Some(T::Complete), Some(T::Unchanged)],
            ),
        ];
        for (from, row) in table {
            for (to, expected) in ComponentStatus::ALL.iter().copied().zip(row) {
                assert_eq!(from.transition_to(to), expected, "{from} to {to}");
            }
        }
    }
}
