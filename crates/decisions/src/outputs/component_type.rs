//! The nine components of a cycle: their order, letters, prerequisites and inputs.

use std::collections::BTreeMap;

use super::wire::wire_enum;

wire_enum! {
    /// One of the nine steps of a cycle; ordered by its number.
    ComponentType {
        IssueRaising = "issue_raising",
        ProblemFrame = "problem_frame",
        Objectives = "objectives",
        Alternatives = "alternatives",
        Consequences = "consequences",
        Tradeoffs = "tradeoffs",
        Recommendation = "recommendation",
        DecisionQuality = "decision_quality",
        NotesNextSteps = "notes_next_steps",
    }
}

impl ComponentType {
    /// The position in the walk, 1 to 9.
    pub const fn number(self) -> u8 {
        self as u8 + 1
    }

    /// Reads a number 1 to 9.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|component| component.number() == number)
    }

    /// The heading people read.
    pub const fn title(self) -> &'static str {
        match self {
            Self::IssueRaising => "Issue Raising",
            Self::ProblemFrame => "Problem Frame",
            Self::Objectives => "Objectives",
            Self::Alternatives => "Alternatives",
            Self::Consequences => "Consequences",
            Self::Tradeoffs => "Tradeoffs",
            Self::Recommendation => "Recommendation",
            Self::DecisionQuality => "Decision Quality",
            Self::NotesNextSteps => "Notes and Next Steps",
        }
    }

    /// The letter of the PrOACT progress this component counts towards.
    pub const fn letter(self) -> Option<char> {
        match self {
            Self::ProblemFrame => Some('P'),
            Self::Objectives => Some('r'),
            Self::Alternatives => Some('O'),
            Self::Consequences => Some('A'),
            Self::Tradeoffs => Some('C'),
            Self::Recommendation | Self::DecisionQuality => Some('T'),
            Self::IssueRaising | Self::NotesNextSteps => None,
        }
    }

    /// The component that must be started before this one; notes only need the first.
    pub const fn prerequisite(self) -> Option<Self> {
        match self {
            Self::IssueRaising => None,
            Self::ProblemFrame | Self::NotesNextSteps => Some(Self::IssueRaising),
            Self::Objectives => Some(Self::ProblemFrame),
            Self::Alternatives => Some(Self::Objectives),
            Self::Consequences => Some(Self::Alternatives),
            Self::Tradeoffs => Some(Self::Consequences),
            Self::Recommendation => Some(Self::Tradeoffs),
            Self::DecisionQuality => Some(Self::Recommendation),
        }
    }

    /// The following step of the walk; the last has none.
    pub fn next(self) -> Option<Self> {
        Self::from_number(self.number() + 1)
    }

    /// The preceding step of the walk; the first has none.
    pub fn previous(self) -> Option<Self> {
        Self::from_number(self.number() - 1)
    }

    /// The components whose output this one is worked out from.
    pub const fn inputs(self) -> &'static [Self] {
        match self {
            Self::IssueRaising | Self::NotesNextSteps => &[],
            Self::ProblemFrame => &[Self::IssueRaising],
            Self::Objectives => &[Self::ProblemFrame],
            Self::Alternatives => &[Self::ProblemFrame, Self::Objectives],
            Self::Consequences => &[Self::Objectives, Self::Alternatives],
            Self::Tradeoffs => &[Self::Objectives, Self::Alternatives, Self::Consequences],
            Self::Recommendation => &[Self::Consequences, Self::Tradeoffs],
            Self::DecisionQuality => &[Self::Recommendation],
        }
    }

    /// The inputs that have a newer version than the recorded one: what makes a component "based on older input".
    /// An input that was not recorded counts as version 0.
    pub fn outdated_inputs(self, recorded: &BTreeMap<Self, i64>, current: &BTreeMap<Self, i64>) -> Vec<Self> {
        let version = |versions: &BTreeMap<Self, i64>, input| versions.get(&input).copied().unwrap_or(0);
        self.inputs()
            .iter()
            .copied()
            .filter(|&input| version(current, input) > version(recorded, input))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nine_stand_in_order_and_read_back() {
        assert_eq!(ComponentType::ALL.len(), 9);
        for (index, component) in ComponentType::ALL.iter().copied().enumerate() {
            assert_eq!(usize::from(component.number()), index + 1);
            assert_eq!(ComponentType::parse(component.as_str()), Some(component));
            assert_eq!(ComponentType::from_number(component.number()), Some(component));
            assert_eq!(component.next(), ComponentType::ALL.get(index + 1).copied());
            let json = serde_json::to_value(component).unwrap();
            assert_eq!(json, component.as_str());
            assert!(component.inputs().iter().all(|input| *input < component));
        }
        assert_eq!(ComponentType::IssueRaising.previous(), None);
        assert_eq!(ComponentType::parse("tradeoff"), None);
        let letters: String = ComponentType::ALL
            .iter()
            .filter_map(|component| component.letter())
            .collect();
        assert_eq!(letters, "PrOACTT");
    }

    #[test]
    fn an_input_with_a_newer_version_is_outdated() {
        let recorded = BTreeMap::from([(ComponentType::Objectives, 2), (ComponentType::Alternatives, 3)]);
        let current = BTreeMap::from([
            (ComponentType::Objectives, 2),
            (ComponentType::Alternatives, 4),
            (ComponentType::Consequences, 1),
        ]);
        assert_eq!(
            ComponentType::Tradeoffs.outdated_inputs(&recorded, &current),
            [ComponentType::Alternatives, ComponentType::Consequences]
        );
        assert_eq!(
            ComponentType::Consequences.outdated_inputs(&recorded, &current),
            [ComponentType::Alternatives]
        );
    }
}
