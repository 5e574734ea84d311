//! A cycle with all components under work, on which tools are called.

use chrono::{DateTime, Duration, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::super::parameters::check;
use super::super::{Caller, ToolContext, ToolOutcome, ToolResult, WorkingState, execute, find};
use crate::document::fixture::{at, facts, input, outputs};
use crate::document::{ComponentFacts, Scope};
use crate::outputs::{ComponentStatus, ComponentType, Output, Outputs, References, apply, validate_partial};

pub struct Desk {
    pub outputs: Outputs,
    pub facts: Vec<ComponentFacts>,
    pub working: WorkingState,
    pub caller: Caller,
    pub scope: Scope,
    pub now: DateTime<Utc>,
    next_id: u128,
}

impl Desk {
    /// Everything filled in and in progress; a person calls.
    pub fn full() -> Self {
        Self {
            outputs: outputs(),
            facts: facts(ComponentStatus::InProgress),
            working: WorkingState::default(),
            caller: Caller::User,
            scope: Scope::FULL,
            now: at(),
            next_id: 9_000,
        }
    }

    /// Nothing filled in yet.
    pub fn empty() -> Self {
        Self {
            outputs: Outputs::default(),
            ..Self::full()
        }
    }

    /// The objectives and alternatives are there, and no rating yet.
    pub fn unrated() -> Self {
        let mut desk = Self::full();
        desk.outputs.remove(ComponentType::Consequences);
        desk.outputs.remove(ComponentType::Tradeoffs);
        desk
    }

    pub fn with_status(mut self, component: ComponentType, status: ComponentStatus) -> Self {
        self.facts
            .iter_mut()
            .filter(|facts| facts.component_type == component)
            .for_each(|facts| facts.status = status);
        self
    }

    pub fn later(&mut self, hours: i64) {
        self.now += Duration::hours(hours);
    }

    /// Calls a tool. A success keeps its declared form and is carried out; a failure changes nothing.
    pub fn call(&mut self, name: &str, parameters: Value) -> ToolOutcome {
        let tool = find(name).unwrap_or_else(|| panic!("{name}"));
        let mut document = input(&self.outputs, &self.facts);
        document.scope = self.scope;
        let context = ToolContext {
            document: &document,
            current: ComponentType::Consequences,
            working: &self.working,
            caller: self.caller,
            now: self.now,
        };
        let outcome = execute(tool, &parameters, &context, &mut || {
            self.next_id += 1;
            Uuid::from_u128(self.next_id)
        });
        if outcome.result == ToolResult::Success {
            assert_eq!(
                check(tool.result, &outcome.data, ""),
                [],
                "{name}: {}",
                outcome.data
            );
        } else {
            assert!(outcome.changes.is_empty() && outcome.working.is_empty(), "{name}");
        }
        self.carry_out(&outcome);
        outcome
    }

    fn carry_out(&mut self, outcome: &ToolOutcome) {
        for change in &outcome.changes {
            let before = self
                .outputs
                .get(change.component)
                .map(Output::to_value)
                .unwrap_or_default();
            let value = apply(&before, &change.items).unwrap();
            self.outputs
                .insert(validate_partial(change.component, &value, &References::of(&self.outputs)).unwrap());
        }
        outcome
            .working
            .iter()
            .cloned()
            .for_each(|change| self.working.apply(change));
    }

    /// The data of a successful call.
    pub fn success(&mut self, name: &str, parameters: Value) -> Value {
        let outcome = self.call(name, parameters);
        assert_eq!(outcome.result, ToolResult::Success, "{name}: {}", outcome.data);
        outcome.data
    }

    /// The code of a refused call, or of its first error.
    pub fn failure(&mut self, name: &str, parameters: Value) -> (ToolResult, String) {
        let outcome = self.call(name, parameters);
        let first = outcome
            .data
            .pointer("/errors/0/code")
            .or(outcome.data.get("code"));
        (
            outcome.result,
            first.and_then(Value::as_str).unwrap_or_default().to_owned(),
        )
    }

    pub fn output(&self, component: ComponentType) -> Value {
        self.outputs
            .get(component)
            .map(Output::to_value)
            .unwrap_or_default()
    }
}

/// Each call is refused in its way and leaves the outputs as they were.
pub fn assert_refusals(cases: &[(&str, Value, ToolResult, &str)]) {
    let mut desk = Desk::full();
    let before = desk.outputs.clone();
    for (name, parameters, result, code) in cases {
        assert_eq!(
            desk.failure(name, parameters.clone()),
            (*result, (*code).to_owned()),
            "{name} {parameters}"
        );
    }
    assert_eq!(desk.outputs, before);
}
