//! What a document is made from: a cycle as it was at one version.

use althing_web::{Feature, Membership};
use chrono::{DateTime, Utc};

use crate::outputs::{ComponentStatus, ComponentType, Outputs};

/// Everything the document shows; the analysis is computed from the outputs.
#[derive(Debug, Clone, PartialEq)]
pub struct DocumentInput<'a> {
    pub title: &'a str,
    pub cycle: CycleFacts<'a>,
    /// One entry per component; a missing one counts as not started.
    pub components: &'a [ComponentFacts],
    pub outputs: &'a Outputs,
    /// 1 + the number of accepted output updates and status changes.
    pub version: u64,
    pub last_changed_at: DateTime<Utc>,
    pub last_changed_by: Option<&'a str>,
    /// What the owner's tier includes.
    pub scope: Scope,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CycleFacts<'a> {
    /// The wire name, such as `active`.
    pub status: &'a str,
    pub label: Option<&'a str>,
    /// Present for a branch.
    pub branch: Option<BranchFacts<'a>>,
}

/// Where a branch comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchFacts<'a> {
    /// The label of the parent, or how people call a cycle without one.
    pub parent: &'a str,
    pub branch_point: ComponentType,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ComponentFacts {
    pub component_type: ComponentType,
    pub status: ComponentStatus,
    pub version: u64,
    /// Copied from the parent and not updated since.
    pub inherited: bool,
    pub based_on_older_input: bool,
}

/// What the owner's tier includes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    pub has_decision_quality: bool,
    /// Tensions belong to the full analysis only.
    pub has_full_analysis: bool,
}

impl Scope {
    /// A tier that leaves nothing out.
    pub const FULL: Self = Self {
        has_decision_quality: true,
        has_full_analysis: true,
    };

    /// What a membership includes.
    pub fn of(plan: &Membership) -> Self {
        let limits = plan.limits();
        Self {
            has_decision_quality: limits.decision_quality,
            has_full_analysis: limits.has(Feature::FullAnalysis),
        }
    }
}

impl DocumentInput<'_> {
    pub fn facts(&self, component: ComponentType) -> Option<&ComponentFacts> {
        self.components
            .iter()
            .find(|facts| facts.component_type == component)
    }

    pub fn status(&self, component: ComponentType) -> ComponentStatus {
        self.facts(component)
            .map_or(ComponentStatus::NotStarted, |facts| facts.status)
    }
}
