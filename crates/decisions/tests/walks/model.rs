//! The reference: the table of statuses and the rules of a cycle, written down once more and smaller.

use std::collections::BTreeMap;

use althing_decisions::cycle::{CycleStatus, Walk};
use althing_decisions::outputs::ComponentStatus::{self, Complete, InProgress, NeedsRevision, NotStarted};
use althing_decisions::outputs::ComponentType;
use proptest::prelude::*;
use serde_json::Value;

use crate::content::is_whole;

/// The reference: what the specification says about one component.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    status: ComponentStatus,
    version: i64,
    output: Option<Value>,
    inputs: BTreeMap<ComponentType, i64>,
    is_inherited: bool,
}

/// And about a cycle.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    steps: BTreeMap<ComponentType, Step>,
    status: CycleStatus,
    current: ComponentType,
    /// Rows of history: one for each transition, output and navigation.
    changes: i64,
    document_version: i64,
}

impl Model {
    pub fn new() -> Self {
        let fresh = Step {
            status: NotStarted,
            version: 1,
            output: None,
            inputs: BTreeMap::new(),
            is_inherited: false,
        };
        Self {
            steps: ComponentType::ALL
                .iter()
                .map(|one| (*one, fresh.clone()))
                .collect(),
            status: CycleStatus::Active,
            current: ComponentType::IssueRaising,
            changes: 1,
            document_version: 1,
        }
    }

    fn closed(&self) -> Option<&'static str> {
        match self.status {
            CycleStatus::Active => None,
            CycleStatus::Completed => Some("cycle_completed"),
            CycleStatus::Archived => Some("cycle_archived"),
        }
    }

    fn is_started(&self, component: ComponentType) -> bool {
        self.steps[&component].status != NotStarted
    }

    /// The first opens everything and the notes, and each of the others the next one.
    fn may_start(&self, component: ComponentType) -> bool {
        let number = component.number();
        let before = if component == ComponentType::NotesNextSteps {
            1
        } else {
            number - 1
        };
        number == 1 || self.is_started(ComponentType::from_number(before).expect("it has one before"))
    }

    fn change(&mut self) {
        self.changes += 1;
        self.document_version += 1;
    }

    pub fn start(&mut self, component: ComponentType) -> &'static str {
        if let Some(closed) = self.closed() {
            return closed;
        }
        if self.is_started(component) {
            return "component_already_started";
        }
        if !self.may_start(component) {
            return "previous_component_required";
        }
        self.steps.get_mut(&component).expect("all nine").status = InProgress;
        self.change();
        "ok"
    }

    pub fn update(&mut self, component: ComponentType, stale: bool, output: &Value) -> &'static str {
        if let Some(closed) = self.closed() {
            return closed;
        }
        if matches!(self.steps[&component].status, NotStarted | Complete) {
            return "component_locked";
        }
        if stale {
            return "concurrency_conflict";
        }
        let inputs = component
            .inputs()
            .iter()
            .filter(|input| self.steps[input].output.is_some());
        let inputs = inputs.map(|input| (*input, self.steps[input].version)).collect();
        let step = self.steps.get_mut(&component).expect("all nine");
        *step = Step {
            status: InProgress,
            version: step.version + 1,
            output: Some(output.clone()),
            inputs,
            is_inherited: false,
        };
        self.change();
        "ok"
    }

    fn is_outdated(&self, component: ComponentType) -> bool {
        let step = &self.steps[&component];
        let newer = |input: &&ComponentType| {
            let current = &self.steps[*input];
            current.output.is_some() && current.version > step.inputs.get(*input).copied().unwrap_or(0)
        };
        step.output.is_some() && component.inputs().iter().any(|input| newer(&input))
    }

    fn is_complete(&self, component: ComponentType) -> bool {
        let has = |component| self.steps[&component].output.is_some();
        let output = self.steps[&component].output.as_ref();
        // In tradeoffs and notes nothing must be there.
        let may_be_missing = matches!(
            component,
            ComponentType::Tradeoffs | ComponentType::NotesNextSteps
        );
        let is_whole = output.map_or(may_be_missing, is_whole);
        is_whole
            && match component {
                ComponentType::Consequences => {
                    has(ComponentType::Objectives) && has(ComponentType::Alternatives)
                }
                ComponentType::Tradeoffs => !self.is_outdated(component),
                _ => true,
            }
    }

    pub fn complete(&mut self, component: ComponentType, draft: bool) -> &'static str {
        if let Some(closed) = self.closed() {
            return closed;
        }
        match self.steps[&component].status {
            Complete => return "ok",
            NotStarted => return "invalid_state_transition",
            InProgress | NeedsRevision => {}
        }
        if draft {
            return "confirmation_pending";
        }
        if !self.is_complete(component) {
            return "invalid_component_output";
        }
        self.steps.get_mut(&component).expect("all nine").status = Complete;
        if let Some(next) = component.next() {
            self.current = next;
        }
        self.change();
        "ok"
    }

    pub fn revise(&mut self, component: ComponentType) -> &'static str {
        if let Some(closed) = self.closed() {
            return closed;
        }
        match self.steps[&component].status {
            NeedsRevision => return "ok",
            NotStarted => return "invalid_state_transition",
            InProgress | Complete => {}
        }
        self.steps.get_mut(&component).expect("all nine").status = NeedsRevision;
        self.change();
        "ok"
    }

    pub fn navigate(&mut self, to: ComponentType) -> &'static str {
        if let Some(closed) = self.closed() {
            return closed;
        }
        if !self.is_started(to) && !self.may_start(to) {
            return "previous_component_required";
        }
        if self.current != to {
            self.current = to;
            // It changes no status and so no document.
            self.changes += 1;
        }
        "ok"
    }

    pub fn branch(&self, point: ComponentType) -> Result<Self, &'static str> {
        if self.status == CycleStatus::Archived {
            return Err("cycle_archived");
        }
        if !self.is_started(point) {
            return Err("invalid_state_transition");
        }
        let mut child = Self::new();
        for (component, step) in self.steps.range(..=point) {
            let status = if *component == point {
                NeedsRevision
            } else {
                step.status
            };
            child.steps.insert(
                *component,
                Step {
                    status,
                    is_inherited: true,
                    ..step.clone()
                },
            );
        }
        child.current = point;
        child.changes = 1 + i64::from(point.number());
        Ok(child)
    }

    pub fn complete_cycle(&mut self) -> &'static str {
        if let Some(closed) = self.closed() {
            return closed;
        }
        if self.steps[&ComponentType::DecisionQuality].status != Complete {
            return "invalid_state_transition";
        }
        self.status = CycleStatus::Completed;
        self.change();
        "ok"
    }

    pub fn archive(&mut self) -> &'static str {
        if self.status == CycleStatus::Archived {
            return "cycle_archived";
        }
        self.status = CycleStatus::Archived;
        self.change();
        "ok"
    }

    /// The walk stands where the model stands.
    pub fn check(&self, walk: &Walk) -> Result<(), TestCaseError> {
        let cycle = &walk.cycle;
        prop_assert_eq!(cycle.status, self.status);
        prop_assert_eq!(cycle.current_step, self.current);
        prop_assert_eq!(
            cycle.changes,
            self.changes,
            "one row of history for each transition"
        );
        prop_assert_eq!(cycle.document_version, self.document_version);
        let completed = self.steps.values().filter(|step| step.status == Complete).count();
        prop_assert_eq!(usize::from(cycle.progress().completed), completed);
        prop_assert_eq!(usize::from(cycle.progress().percent), 100 * completed / 9);
        for (component, step) in &self.steps {
            let real = cycle.component(*component);
            prop_assert_eq!(real.status, step.status, "{}", component);
            prop_assert_eq!(real.version, step.version, "{}", component);
            prop_assert_eq!(real.inherited, step.is_inherited, "{}", component);
            prop_assert_eq!(
                walk.output(*component).is_some(),
                step.output.is_some(),
                "{}",
                component
            );
            prop_assert_eq!(
                cycle.is_based_on_older_input(*component),
                self.is_outdated(*component),
                "{}",
                component
            );
            let can_start =
                self.status == CycleStatus::Active && step.status == NotStarted && self.may_start(*component);
            prop_assert_eq!(cycle.can_start(*component), can_start, "{}", component);
        }
        Ok(())
    }
}
