//! Where a conversation stands: its state, and the phase of the talk within it.

use crate::outputs::{ComponentType, wire_enum};

wire_enum! {
    /// The state of a conversation; `confirmed` and `complete` lead back to `in_progress` on a change.
    #[derive(Default)]
    ConversationState {
        /// Known of, but without its first messages.
        #[default]
        Initializing = "initializing",
        /// The opening question waits for the user.
        Ready = "ready",
        InProgress = "in_progress",
        /// Everything proposed is confirmed.
        Confirmed = "confirmed",
        /// Its component is complete.
        Complete = "complete",
    }
}

wire_enum! {
    /// What the talk is about at the moment.
    #[derive(Default)]
    Phase {
        #[default]
        Intro = "intro",
        Gather = "gather",
        Clarify = "clarify",
        Extract = "extract",
        Confirm = "confirm",
    }
}

/// What was found when a message had been read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Output and draft together satisfy what completing requires, and enough was said.
    pub is_ready: bool,
    /// Something said does not fit and was asked about.
    pub is_inconsistent: bool,
}

impl Phase {
    /// The phase after a message was read. `extract` is passed through on the way to `confirm`: by the time anybody
    /// could see it, its draft is there.
    pub fn after_reading(self, found: Findings) -> Self {
        match self {
            Self::Intro | Self::Gather if found.is_ready => Self::Confirm,
            Self::Intro | Self::Gather if found.is_inconsistent => Self::Clarify,
            Self::Intro | Self::Gather => Self::Gather,
            Self::Clarify if found.is_ready => Self::Confirm,
            Self::Clarify => Self::Gather,
            Self::Extract | Self::Confirm => Self::Confirm,
        }
    }

    /// The phase after the user asked for a change.
    pub fn after_change_request(self) -> Self {
        match self {
            Self::Confirm => Self::Gather,
            other => other,
        }
    }
}

/// How many messages of the user a component needs before a conversation about it may count as ready.
pub const fn lower_bound(component: ComponentType) -> u32 {
    match component {
        ComponentType::IssueRaising
        | ComponentType::ProblemFrame
        | ComponentType::Tradeoffs
        | ComponentType::DecisionQuality => 3,
        ComponentType::Objectives | ComponentType::Alternatives | ComponentType::Recommendation => 2,
        ComponentType::Consequences => 4,
        ComponentType::NotesNextSteps => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READY: Findings = Findings {
        is_ready: true,
        is_inconsistent: false,
    };
    const UNCLEAR: Findings = Findings {
        is_ready: false,
        is_inconsistent: true,
    };
    const NOTHING: Findings = Findings {
        is_ready: false,
        is_inconsistent: false,
    };

    #[test]
    fn every_phase_goes_where_the_findings_lead() {
        use Phase::{Clarify, Confirm, Gather, Intro};
        let table = [
            (Intro, NOTHING, Gather),
            (Intro, READY, Confirm),
            (Gather, NOTHING, Gather),
            (Gather, UNCLEAR, Clarify),
            (Gather, READY, Confirm),
            (Clarify, UNCLEAR, Gather),
            (Clarify, NOTHING, Gather),
            (Clarify, READY, Confirm),
            (Confirm, UNCLEAR, Confirm),
            (Confirm, NOTHING, Confirm),
        ];
        for (from, found, to) in table {
            assert_eq!(from.after_reading(found), to, "{from} {found:?}");
        }
    }

    #[test]
    fn only_a_change_request_leads_back_from_confirm() {
        assert_eq!(Phase::Confirm.after_change_request(), Phase::Gather);
        assert_eq!(Phase::Clarify.after_change_request(), Phase::Clarify);
    }
}
