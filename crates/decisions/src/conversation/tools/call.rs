//! One call while it runs: its parameters, what it looks at, and the changes it collects.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::outcome::{Failure, OutputChange};
use super::working::{WorkingChange, WorkingState};
use crate::conversation::guide::{Found, Grid, find_alternative, find_objective};
use crate::document::DocumentInput;
use crate::outputs::text::cut_chars;
use crate::outputs::{
    AddedBy, ComponentStatus, ComponentType, DraftItem, DraftOp, Output, Outputs, References, Removals,
    apply, remove_references, validate_partial,
};

/// How much of an item its one-line summary shows.
const SUMMARY_CHARACTERS: usize = 160;

/// What tools may look at.
#[derive(Clone, Copy, Debug)]
pub struct ToolContext<'a> {
    /// Title, statuses and outputs of the cycle. For a model's call the outputs include the drafts, so that one call
    /// sees what the one before proposed.
    pub document: &'a DocumentInput<'a>,
    /// The component whose conversation the call belongs to, or the current step of the cycle.
    pub current: ComponentType,
    pub working: &'a WorkingState,
    pub caller: Caller,
    pub now: DateTime<Utc>,
}

/// Who calls. A model's changes are proposals and are labelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    User,
    Model,
}

impl Caller {
    fn added_by(self) -> AddedBy {
        match self {
            Self::User => AddedBy::User,
            Self::Model => AddedBy::Ai,
        }
    }
}

/// A running call.
pub struct Call<'a> {
    pub context: &'a ToolContext<'a>,
    parameters: &'a Value,
    new_id: &'a mut dyn FnMut() -> Uuid,
    pub changes: Vec<OutputChange>,
    pub working: Vec<WorkingChange>,
}

impl<'a> Call<'a> {
    /// The parameters must have passed their check.
    pub fn new(
        context: &'a ToolContext<'a>,
        parameters: &'a Value,
        new_id: &'a mut dyn FnMut() -> Uuid,
    ) -> Self {
        Self {
            context,
            parameters,
            new_id,
            changes: Vec::new(),
            working: Vec::new(),
        }
    }

    pub fn outputs(&self) -> &'a Outputs {
        self.context.document.outputs
    }

    pub fn new_id(&mut self) -> Uuid {
        (self.new_id)()
    }

    /// A text, trimmed; empty if it is optional and absent.
    pub fn text(&self, name: &str) -> &'a str {
        self.maybe_text(name).unwrap_or_default()
    }

    pub fn maybe_text(&self, name: &str) -> Option<&'a str> {
        self.value(name).and_then(Value::as_str).map(str::trim)
    }

    pub fn flag(&self, name: &str) -> bool {
        self.value(name).and_then(Value::as_bool).unwrap_or_default()
    }

    pub fn integer(&self, name: &str) -> i64 {
        self.value(name).and_then(Value::as_i64).unwrap_or_default()
    }

    pub fn texts(&self, name: &str) -> Vec<&'a str> {
        let items = self.value(name).and_then(Value::as_array).into_iter().flatten();
        items.filter_map(Value::as_str).map(str::trim).collect()
    }

    pub fn value(&self, name: &str) -> Option<&'a Value> {
        self.parameters.get(name).filter(|value| !value.is_null())
    }

    pub fn id(&self, name: &str) -> Result<Uuid, Failure> {
        let text = self.text(name);
        Uuid::parse_str(text).map_err(|_| Failure::not_found(format!("{name} is not known")))
    }

    /// A component named by a parameter.
    pub fn component(&self, name: &str) -> Option<ComponentType> {
        self.maybe_text(name).and_then(ComponentType::parse)
    }

    pub fn grid(&self) -> Grid {
        Grid::from_references(References::of(self.outputs()))
    }

    /// An alternative by id, name, letter or number.
    pub fn alternative(&self, name: &str) -> Result<Uuid, Failure> {
        find(
            &self.grid().alternatives,
            self.text(name),
            find_alternative,
            "alternative",
        )
    }

    /// A fundamental objective by id, name or number.
    pub fn objective(&self, name: &str) -> Result<Uuid, Failure> {
        self.objective_of(self.text(name))
    }

    pub fn objective_of(&self, written: &str) -> Result<Uuid, Failure> {
        find(&self.grid().objectives, written, find_objective, "objective")
    }

    pub fn alternative_of(&self, written: &str) -> Result<Uuid, Failure> {
        find(
            &self.grid().alternatives,
            written,
            find_alternative,
            "alternative",
        )
    }

    /// Adds an item with a new id to a list, and returns the id.
    pub fn add(&mut self, component: ComponentType, list: &str, value: Value, summary: &str) -> Uuid {
        let id = self.new_id();
        self.add_with_id(component, list, id, value, summary);
        id
    }

    pub fn add_with_id(
        &mut self,
        component: ComponentType,
        list: &str,
        id: Uuid,
        value: Value,
        summary: &str,
    ) {
        let mut item = Map::from_iter([("id".to_owned(), json!(id))]);
        item.extend(value.as_object().cloned().unwrap_or_default());
        self.push(
            component,
            DraftOp::Add,
            format!("{list}/-"),
            Value::Object(item),
            summary,
        );
    }

    /// Adds an item that is known by another field than an id.
    pub fn add_plain(&mut self, component: ComponentType, list: &str, value: Value, summary: &str) {
        self.push(component, DraftOp::Add, format!("{list}/-"), value, summary);
    }

    pub fn set(&mut self, component: ComponentType, path: impl Into<String>, value: Value, summary: &str) {
        self.push(component, DraftOp::Set, path.into(), value, summary);
    }

    pub fn remove(&mut self, component: ComponentType, path: impl Into<String>, summary: &str) {
        self.push(component, DraftOp::Remove, path.into(), Value::Null, summary);
    }

    /// What follows from the call by definition and is nobody's idea, such as the zeros of the status quo.
    pub fn derive(&mut self, component: ComponentType, path: String, value: Option<Value>, summary: &str) {
        let op = if value.is_some() {
            DraftOp::Set
        } else {
            DraftOp::Remove
        };
        self.push(component, op, path, value.unwrap_or_default(), summary);
        if let Some(item) = self.changes.last_mut().and_then(|change| change.items.last_mut()) {
            item.added_by = AddedBy::User;
        }
    }

    fn push(&mut self, component: ComponentType, op: DraftOp, path: String, value: Value, summary: &str) {
        let line = summary.split_whitespace().collect::<Vec<_>>().join(" ");
        let summary = cut_chars(&line, SUMMARY_CHARACTERS).to_owned();
        let item = DraftItem {
            id: self.new_id(),
            op,
            path,
            value,
            added_by: self.context.caller.added_by(),
            summary,
        };
        match self
            .changes
            .iter_mut()
            .find(|change| change.component == component)
        {
            Some(change) => change.items.push(item),
            None => self.changes.push(OutputChange {
                component,
                items: vec![item],
            }),
        }
    }

    /// The outputs with the changes so far.
    pub fn after(&self) -> Result<Outputs, Failure> {
        let mut outputs = self.outputs().clone();
        for change in &self.changes {
            let before = outputs
                .get(change.component)
                .map(Output::to_value)
                .unwrap_or_default();
            let value =
                apply(&before, &change.items).map_err(|error| Failure::not_found(error.to_string()))?;
            let references = References::of(&outputs);
            let output =
                validate_partial(change.component, &value, &references).map_err(Failure::invalid_output)?;
            outputs.insert(output);
        }
        Ok(outputs)
    }

    /// Refuses a removal that a complete component refers to.
    pub fn refuse_if_locked(&self, removed: Removed) -> Result<(), Failure> {
        let removals = match removed {
            Removed::Objective(id) => Removals {
                objectives: BTreeSet::from([id]),
                ..Removals::default()
            },
            Removed::Alternative(id) => Removals {
                alternatives: BTreeSet::from([id]),
                ..Removals::default()
            },
        };
        let touched = remove_references(self.outputs(), &removals);
        let locked = touched
            .iter()
            .map(Output::component_type)
            .find(|component| self.context.document.status(*component) == ComponentStatus::Complete);
        match locked {
            Some(component) => Err(Failure::conflict(
                "component_locked",
                format!("{} is complete and refers to it", component.title()),
            )),
            None => Ok(()),
        }
    }
}

/// What a tool takes away.
#[derive(Clone, Copy)]
pub enum Removed {
    Objective(Uuid),
    Alternative(Uuid),
}

fn find(
    list: &[crate::outputs::Named],
    written: &str,
    by_name: fn(&[crate::outputs::Named], &str) -> Found,
    what: &str,
) -> Result<Uuid, Failure> {
    if let Some(one) = Uuid::parse_str(written)
        .ok()
        .and_then(|id| list.iter().find(|one| one.id == id))
    {
        return Ok(one.id);
    }
    match by_name(list, written) {
        Found::One(place) => Ok(list[place].id),
        Found::Unknown => Err(Failure::not_found(format!(
            "there is no such {what} in this cycle"
        ))),
        Found::Ambiguous => Err(Failure::conflict(
            "ambiguous",
            format!("more than one {what} has this name; use its id"),
        )),
    }
}
