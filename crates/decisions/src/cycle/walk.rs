//! The rules of a cycle, pure: what may be done when, and what it changes.
//!
//! A [`Walk`] is a cycle with its current outputs. Each method either refuses and
//! changes nothing, or changes the walk and writes into its journal what has to
//! be stored and announced. Commands load a walk, call one method and persist
//! it; an import calls many.

mod ending;

use std::collections::BTreeMap;

use althing_backbone::{Timestamp, Uuid};
use althing_events::decisions::{
    ComponentCompleted, ComponentMarkedForRevision, ComponentOutputUpdated, ComponentStarted, CycleArchived,
    CycleBranched, CycleCreated, CycleNavigated,
};
use althing_events::{ComponentId, CycleId, SessionId};
use serde_json::Value;

use super::cycle::{Component, Cycle, CycleStatus};
use super::journal::{Change, Entry, Labels, Source};
use crate::error::{Error, Refusal, Result};
use crate::outputs::{
    ComponentStatus, ComponentType, FieldError, FieldErrorCode, Output, Outputs, References, Removals,
    Transition, fill_ids, relabel, remove_references, summary, text, validate_partial, validate_strict,
};
use crate::session::{field, not_storable};

/// Label of a branch: up to this many characters.
const LABEL_MAX: usize = 100;
/// Reason of a revision: 1 to this many characters.
const REASON_MAX: usize = 1_000;

/// A cycle with its current outputs, and what was done to it.
#[derive(Clone, Debug)]
pub struct Walk {
    pub cycle: Cycle,
    pub(super) outputs: BTreeMap<ComponentType, Value>,
    pub(super) journal: Vec<Entry>,
}

impl Walk {
    /// A root cycle of nine unstarted components. `mint` makes ids.
    pub fn create(
        session_id: SessionId,
        label: Option<&str>,
        now: Timestamp,
        mint: &mut dyn FnMut() -> Uuid,
    ) -> Result<Self> {
        let id = CycleId(mint());
        let components = ComponentType::ALL
            .iter()
            .map(|one| fresh(*one, ComponentId(mint())))
            .collect();
        let cycle = Cycle {
            id,
            session_id,
            parent_cycle_id: None,
            branch_point: None,
            label: valid_label(label)?,
            status: CycleStatus::Active,
            current_step: ComponentType::IssueRaising,
            components,
            dq_score: None,
            created_at: now,
            updated_at: now,
            completed_at: None,
            document_version: 1,
            changes: 0,
            branched_after_change: None,
        };
        let mut walk = Self {
            cycle,
            outputs: BTreeMap::new(),
            journal: Vec::new(),
        };
        walk.journal.push(Entry::Created(CycleCreated {
            session_id,
            cycle_id: id,
            parent_cycle_id: None,
            created_at: now,
        }));
        walk.note("created", None, None, None, now);
        Ok(walk)
    }

    /// A new cycle that goes another way from `point` on. The parent does not change.
    pub fn branch(
        &self,
        point: ComponentType,
        label: Option<&str>,
        now: Timestamp,
        mint: &mut dyn FnMut() -> Uuid,
    ) -> Result<Self> {
        if self.cycle.status == CycleStatus::Archived {
            return Err(Refusal::CycleArchived.into());
        }
        if !self.cycle.component(point).is_started() {
            return Err(Refusal::BranchPointNotStarted.into());
        }
        let mut child = Self::create(self.cycle.session_id, label, now, mint)?;
        child.journal.clear();
        child.cycle.changes = 0;
        child.cycle.parent_cycle_id = Some(self.cycle.id);
        child.cycle.branch_point = Some(point);
        child.cycle.branched_after_change = Some(self.cycle.changes);
        child.cycle.current_step = point;
        let inherited: Vec<ComponentType> = ComponentType::ALL
            .iter()
            .copied()
            .filter(|one| *one <= point)
            .collect();
        child.journal.push(Entry::Branched(CycleBranched {
            session_id: self.cycle.session_id,
            cycle_id: child.cycle.id,
            parent_cycle_id: self.cycle.id,
            branch_point: point.as_str().to_owned(),
            branched_at: now,
            inherited_components: inherited.iter().map(|one| one.as_str().to_owned()).collect(),
        }));
        child.note("branched", Some(point), None, None, now);
        for component in inherited {
            child.inherit(self, component, component == point, now);
        }
        Ok(child)
    }

    fn inherit(&mut self, parent: &Walk, component: ComponentType, is_point: bool, now: Timestamp) {
        let source = parent.cycle.component(component);
        let id = self.cycle.component(component).id;
        let status = if is_point {
            ComponentStatus::NeedsRevision
        } else {
            source.status
        };
        *self.cycle.component_mut(component) = Component {
            id,
            status,
            inherited: true,
            ..source.clone()
        };
        if let Some(output) = parent.outputs.get(&component) {
            self.outputs.insert(component, output.clone());
            self.journal.push(Entry::Output {
                component,
                version: source.version,
                output: output.clone(),
                input_versions: source.input_versions.clone(),
            });
        }
        self.push_change("inherited", Some(component), None, None, now);
    }

    /// Begins work on a component.
    pub fn start(&mut self, component: ComponentType, now: Timestamp) -> Result<()> {
        self.require_active()?;
        let one = self.cycle.component(component);
        if one.is_started() {
            return Err(Refusal::AlreadyStarted.into());
        }
        if let Some(before) = component.prerequisite()
            && !self.cycle.component(before).is_started()
        {
            return Err(Refusal::PreviousRequired(before.title()).into());
        }
        let component_id = one.id;
        self.set_status(component, ComponentStatus::InProgress, now);
        self.journal.push(Entry::Started(ComponentStarted {
            session_id: self.cycle.session_id,
            cycle_id: self.cycle.id,
            component_id,
            component_type: component.as_str().to_owned(),
            started_at: now,
        }));
        self.note("started", Some(component), None, None, now);
        Ok(())
    }

    /// Replaces a component's output. What refers to removed objectives or
    /// alternatives elsewhere in the cycle goes with them.
    #[expect(
        clippy::too_many_arguments,
        reason = "an update is all of these, and time and ids are arguments"
    )]
    pub fn update(
        &mut self,
        component: ComponentType,
        output: &Value,
        expected_version: i64,
        source: &Source,
        labels: &Labels,
        now: Timestamp,
        mint: &mut dyn FnMut() -> Uuid,
    ) -> Result<()> {
        self.require_active()?;
        let one = self.cycle.component(component);
        if !matches!(
            one.status,
            ComponentStatus::InProgress | ComponentStatus::NeedsRevision
        ) {
            return Err(Refusal::Locked.into());
        }
        if one.version != expected_version {
            return Err(Refusal::VersionConflict { current: one.version }.into());
        }
        let mut value = output.clone();
        fill_ids(component, &mut value, mint);
        match labels {
            Labels::Previous => relabel(self.outputs.get(&component), &mut value),
            Labels::Of(labelled) => relabel(Some(labelled), &mut value),
            Labels::Kept => {}
        }
        let outputs = self.typed_outputs();
        let output =
            validate_partial(component, &value, &References::of(&outputs)).map_err(Error::InvalidOutput)?;
        let removals = Removals::between(outputs.get(component), &output);
        let mut with_new = outputs;
        let mut output = output;
        with_new.insert(output.clone());
        let mut touched = if removals.is_empty() {
            Vec::new()
        } else {
            remove_references(&with_new, &removals)
        };
        if let Some(index) = touched.iter().position(|one| one.component_type() == component) {
            output = touched.remove(index);
        }
        if let Some(locked) = touched
            .iter()
            .map(Output::component_type)
            .find(|one| self.cycle.component(*one).status == ComponentStatus::Complete)
        {
            return Err(Refusal::ReferredTo(locked.title()).into());
        }
        let inputs = self.current_inputs(component);
        self.cycle.component_mut(component).status = ComponentStatus::InProgress;
        self.store_output(&output, inputs, source, now);
        for output in touched {
            let recorded = self
                .cycle
                .component(output.component_type())
                .input_versions
                .clone();
            self.store_output(&output, recorded, &Source::Removal, now);
        }
        Ok(())
    }

    fn store_output(
        &mut self,
        output: &Output,
        input_versions: BTreeMap<ComponentType, i64>,
        source: &Source,
        now: Timestamp,
    ) {
        let component = output.component_type();
        let value = output.to_value();
        let (session_id, cycle_id) = (self.cycle.session_id, self.cycle.id);
        let one = self.cycle.component_mut(component);
        one.version += 1;
        one.has_output = true;
        one.inherited = false;
        one.input_versions = input_versions.clone();
        one.updated_at = Some(now);
        let event = ComponentOutputUpdated {
            session_id,
            cycle_id,
            component_id: one.id,
            component_type: component.as_str().to_owned(),
            output_summary: summary(output),
            updated_at: now,
            version: one.version,
            source: source.text(),
        };
        let version = one.version;
        self.journal.push(Entry::Output {
            component,
            version,
            output: value.clone(),
            input_versions,
        });
        self.outputs.insert(component, value);
        self.journal.push(Entry::OutputUpdated(event));
        self.note("output", Some(component), Some(source.text()), None, now);
    }

    /// Completes a component whose output satisfies everything that is required of it.
    pub fn complete(
        &mut self,
        component: ComponentType,
        has_pending_draft: bool,
        now: Timestamp,
    ) -> Result<()> {
        self.require_active()?;
        let one = self.cycle.component(component);
        match one.status.transition_to(ComponentStatus::Complete) {
            Some(Transition::Unchanged) => return Ok(()),
            Some(_) => {}
            None => return Err(refused_transition(one.status, ComponentStatus::Complete)),
        }
        if has_pending_draft {
            return Err(Refusal::ConfirmationPending.into());
        }
        self.check_completion(component)?;
        self.set_status(component, ComponentStatus::Complete, now);
        if let Some(next) = component.next() {
            self.cycle.current_step = next;
        }
        self.journal.push(Entry::ComponentCompleted(ComponentCompleted {
            session_id: self.cycle.session_id,
            cycle_id: self.cycle.id,
            component_id: self.cycle.component(component).id,
            component_type: component.as_str().to_owned(),
            completed_at: now,
            progress: self.cycle.progress(),
        }));
        self.note("completed", Some(component), None, None, now);
        Ok(())
    }

    /// Everything that completing requires of the output, all failures together.
    pub fn check_completion(&self, component: ComponentType) -> Result<()> {
        let outputs = self.typed_outputs();
        let empty = Value::Object(serde_json::Map::new());
        let value = self.outputs.get(&component).unwrap_or(&empty);
        let mut errors = validate_strict(component, value, &References::of(&outputs))
            .err()
            .unwrap_or_default();
        if component == ComponentType::Tradeoffs && self.cycle.is_based_on_older_input(component) {
            errors.push(FieldError::new(
                "",
                FieldErrorCode::Inconsistent,
                "the ratings have changed since; look at the tradeoffs again and save them",
            ));
        }
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Error::InvalidOutput(errors))
        }
    }

    /// Marks a component for revision; later components keep their status.
    pub fn revise(&mut self, component: ComponentType, reason: &str, now: Timestamp) -> Result<()> {
        self.require_active()?;
        let reason = reason.trim();
        match text::trimmed_length(reason) {
            0 => return Err(field("/reason", "missing_required", "say in a few words why")),
            length if length > REASON_MAX => {
                return Err(field("/reason", "too_long", "use at most 1,000 characters"));
            }
            _ if !text::is_storable(reason) => return Err(not_storable("/reason")),
            _ => {}
        }
        let one = self.cycle.component(component);
        match one.status.transition_to(ComponentStatus::NeedsRevision) {
            Some(Transition::Unchanged) => return Ok(()),
            Some(_) => {}
            None => return Err(refused_transition(one.status, ComponentStatus::NeedsRevision)),
        }
        let component_id = one.id;
        self.set_status(component, ComponentStatus::NeedsRevision, now);
        self.journal
            .push(Entry::MarkedForRevision(ComponentMarkedForRevision {
                session_id: self.cycle.session_id,
                cycle_id: self.cycle.id,
                component_id,
                component_type: component.as_str().to_owned(),
                reason: reason.to_owned(),
                marked_at: now,
            }));
        self.note("revised", Some(component), None, Some(reason.to_owned()), now);
        Ok(())
    }

    /// Moves to a started component, or to one that could be started; changes no status.
    pub fn navigate(&mut self, to: ComponentType, now: Timestamp) -> Result<()> {
        self.require_active()?;
        if !self.cycle.component(to).is_started()
            && let Some(before) = to.prerequisite()
            && !self.cycle.component(before).is_started()
        {
            return Err(Refusal::PreviousRequired(before.title()).into());
        }
        let from = std::mem::replace(&mut self.cycle.current_step, to);
        if from != to {
            self.cycle.updated_at = now;
            self.journal.push(Entry::Navigated(CycleNavigated {
                session_id: self.cycle.session_id,
                cycle_id: self.cycle.id,
                from: from.as_str().to_owned(),
                to: to.as_str().to_owned(),
                navigated_at: now,
            }));
            self.push_change("navigated", Some(to), None, None, now);
        }
        Ok(())
    }

    /// Archives an active or a completed cycle.
    pub fn archive(&mut self, now: Timestamp) -> Result<()> {
        if self.cycle.status == CycleStatus::Archived {
            return Err(Refusal::CycleArchived.into());
        }
        self.cycle.status = CycleStatus::Archived;
        self.journal.push(Entry::Archived(CycleArchived {
            session_id: self.cycle.session_id,
            cycle_id: self.cycle.id,
            archived_at: now,
        }));
        self.note("cycle_archived", None, None, None, now);
        Ok(())
    }

    /// Says of every row of history written since `first` when and where it really
    /// happened, and of the touched components that they changed then. For imports.
    pub(crate) fn date_back(&mut self, first: i64, at: Timestamp, source: Option<&str>) {
        let mut touched = Vec::new();
        for entry in &mut self.journal {
            if let Entry::Change(change) = entry
                && change.number > first
            {
                change.at = at;
                if change.kind == "output" && change.source.as_deref() != Some("removal") {
                    change.source = source.map(str::to_owned);
                }
                touched.extend(change.component);
            }
        }
        for component in touched {
            self.cycle.component_mut(component).updated_at = Some(at);
        }
    }

    /// Rows of history that are not stored yet. For imports, which must come to the same ones as their file.
    pub(crate) fn new_changes(&self) -> impl Iterator<Item = &Change> {
        self.journal.iter().filter_map(|entry| match entry {
            Entry::Change(change) => Some(change),
            _ => None,
        })
    }

    /// Output versions of a component that are not stored yet, with the versions of their inputs.
    pub(crate) fn new_outputs(
        &self,
        of: ComponentType,
    ) -> impl Iterator<Item = (i64, &Value, &BTreeMap<ComponentType, i64>)> {
        self.journal.iter().filter_map(move |entry| match entry {
            Entry::Output {
                component,
                version,
                output,
                input_versions,
            } if *component == of => Some((*version, output, input_versions)),
            _ => None,
        })
    }

    /// The stored form of a component's current output.
    pub fn output(&self, component: ComponentType) -> Option<&Value> {
        self.outputs.get(&component)
    }

    /// Every current output, typed. What was accepted once loads again.
    pub fn typed_outputs(&self) -> Outputs {
        self.outputs
            .iter()
            .filter_map(|(component, value)| Output::load(*component, value).ok())
            .collect()
    }

    fn current_inputs(&self, component: ComponentType) -> BTreeMap<ComponentType, i64> {
        let versions = self.cycle.versions();
        component
            .inputs()
            .iter()
            .filter_map(|input| Some((*input, *versions.get(input)?)))
            .collect()
    }

    fn require_active(&self) -> Result<()> {
        match self.cycle.status {
            CycleStatus::Active => Ok(()),
            CycleStatus::Completed => Err(Refusal::CycleCompleted.into()),
            CycleStatus::Archived => Err(Refusal::CycleArchived.into()),
        }
    }

    fn set_status(&mut self, component: ComponentType, status: ComponentStatus, now: Timestamp) {
        let one = self.cycle.component_mut(component);
        one.status = status;
        one.updated_at = Some(now);
    }

    /// A row of history that makes a new version of the document.
    fn note(
        &mut self,
        kind: &'static str,
        component: Option<ComponentType>,
        source: Option<String>,
        reason: Option<String>,
        now: Timestamp,
    ) {
        if !matches!(kind, "created" | "branched") {
            self.cycle.document_version += 1;
        }
        self.cycle.updated_at = now;
        self.push_change(kind, component, source, reason, now);
    }

    fn push_change(
        &mut self,
        kind: &'static str,
        component: Option<ComponentType>,
        source: Option<String>,
        reason: Option<String>,
        now: Timestamp,
    ) {
        self.cycle.changes += 1;
        let one = component.map(|component| self.cycle.component(component));
        self.journal.push(Entry::Change(Change {
            number: self.cycle.changes,
            kind,
            component,
            component_version: one.map(|one| one.version),
            component_status: one.map(|one| one.status),
            source,
            reason,
            at: now,
            document_version: self.cycle.document_version,
        }));
    }
}

fn fresh(component_type: ComponentType, id: ComponentId) -> Component {
    Component {
        id,
        component_type,
        status: ComponentStatus::NotStarted,
        version: 1,
        has_output: false,
        input_versions: BTreeMap::new(),
        inherited: false,
        updated_at: None,
    }
}

fn valid_label(label: Option<&str>) -> Result<Option<String>> {
    let label = label.map(str::trim).filter(|label| !label.is_empty());
    if label.is_some_and(|label| text::trimmed_length(label) > LABEL_MAX) {
        return Err(field("/label", "too_long", "use at most 100 characters"));
    }
    if !label.is_none_or(text::is_storable) {
        return Err(not_storable("/label"));
    }
    Ok(label.map(str::to_owned))
}

fn refused_transition(from: ComponentStatus, to: ComponentStatus) -> Error {
    Refusal::InvalidTransition {
        from: spoken(from),
        to: spoken(to),
    }
    .into()
}

fn spoken(status: ComponentStatus) -> &'static str {
    match status {
        ComponentStatus::NotStarted => "not started",
        ComponentStatus::InProgress => "in progress",
        ComponentStatus::Complete => "complete",
        ComponentStatus::NeedsRevision => "in need of revision",
    }
}

#[cfg(test)]
#[path = "walk_tests.rs"]
pub(super) mod tests;
