//! A cycle as it was at any version of its document, from its history and the kept output versions.

use std::collections::BTreeMap;

use althing_backbone::{DbError, FromRow, Query, Row, Timestamp, Uuid, sql};
use althing_events::CycleId;
use serde_json::Value;

use super::input::ComponentFacts;
use crate::cycle::CycleStatus;
use crate::error::Result;
use crate::outputs::{ComponentStatus, ComponentType, Output, Outputs};
use crate::people::Person;

/// Kinds of change that make no version of their own: the cycle's birth, and moving about.
const SILENT: [&str; 4] = ["created", "branched", "inherited", "navigated"];

/// One row of a cycle's history.
#[derive(Clone, Debug)]
pub struct Change {
    pub number: i64,
    pub kind: String,
    pub component: Option<ComponentType>,
    component_version: Option<i64>,
    status: Option<ComponentStatus>,
    pub by: Option<Person>,
    pub at: Timestamp,
    pub document_version: i64,
}

impl FromRow for Change {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let component: Option<String> = row.get(2)?;
        let status: Option<String> = row.get(4)?;
        let (imported, actor): (Option<String>, Option<Uuid>) = (row.get(5)?, row.get(6)?);
        let name: Option<String> = row.get(7)?;
        Ok(Self {
            number: row.get(0)?,
            kind: row.get(1)?,
            component: component.as_deref().and_then(ComponentType::parse),
            component_version: row.get(3)?,
            status: status.as_deref().and_then(ComponentStatus::parse),
            by: match (imported, actor) {
                (Some(name), _) => Some(Person { id: None, name }),
                (None, Some(id)) => Some(Person::known_as(id, name)),
                (None, None) => None,
            },
            at: row.get(8)?,
            document_version: row.get(9)?,
        })
    }
}

/// Everything that happened to a cycle, oldest first.
pub async fn changes(on: &impl Query, cycle: CycleId) -> Result<Vec<Change>> {
    Ok(sql("SELECT c.number, c.kind, c.component_type, c.component_version, c.component_status, c.imported_author, \
            c.actor_id, p.name, c.at, c.document_version FROM cycle_change c \
            LEFT JOIN decision_person p ON p.user_id = c.actor_id WHERE c.cycle_id = $1 ORDER BY c.number")
    .bind(cycle)
    .all(on)
    .await?)
}

/// A version of the document.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    pub version: i64,
    pub at: Timestamp,
    pub by: Option<Person>,
    pub changed: Vec<ComponentType>,
}

/// All versions, oldest first. The first is the cycle's birth.
pub fn versions(changes: &[Change]) -> Vec<Version> {
    let mut versions: Vec<Version> = Vec::new();
    for change in changes {
        let is_new = versions
            .last()
            .is_none_or(|last| last.version < change.document_version);
        if is_new {
            let (version, at, by) = (change.document_version, change.at, change.by.clone());
            versions.push(Version {
                version,
                at,
                by,
                changed: Vec::new(),
            });
        }
        let changes_section = !SILENT.contains(&change.kind.as_str()) || change.kind == "inherited";
        if let (Some(version), Some(component), true) =
            (versions.last_mut(), change.component, changes_section)
            && !version.changed.contains(&component)
        {
            version.changed.push(component);
        }
    }
    versions
}

/// The versions of a time, and the one that holds now, however old it is.
pub fn versions_since(changes: &[Change], since: Option<Timestamp>) -> Vec<Version> {
    let mut versions = versions(changes);
    let newest = versions.last().map(|last| last.version);
    versions.retain(|one| since.is_none_or(|since| one.at >= since) || Some(one.version) == newest);
    versions
}

/// A cycle as it was after one of its changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    pub status: CycleStatus,
    /// All nine, in order.
    pub components: Vec<ComponentFacts>,
    pub outputs: Outputs,
}

/// The picture after the last of `changes`, which begin with the cycle's birth.
pub async fn picture(on: &impl Query, cycle: CycleId, changes: &[Change]) -> Result<Picture> {
    let mut status = CycleStatus::Active;
    let mut steps: BTreeMap<ComponentType, Step> = ComponentType::ALL
        .iter()
        .map(|component| (*component, Step::default()))
        .collect();
    for change in changes {
        match change.kind.as_str() {
            "cycle_completed" => status = CycleStatus::Completed,
            "cycle_archived" => status = CycleStatus::Archived,
            _ => {
                if let Some(step) = change.component.and_then(|component| steps.get_mut(&component)) {
                    step.take(change);
                }
            }
        }
    }
    let mut outputs = Outputs::default();
    let mut versions = BTreeMap::new();
    let mut recorded = BTreeMap::new();
    for (component, step) in &steps {
        if let Some((output, inputs)) = kept_output(on, cycle, *component, step.version).await? {
            versions.insert(*component, step.version);
            recorded.insert(*component, inputs);
            // What was accepted once loads again.
            if let Ok(output) = Output::load(*component, &output) {
                outputs.insert(output);
            }
        }
    }
    let facts = |(component, step): (&ComponentType, &Step)| ComponentFacts {
        component_type: *component,
        status: step.status,
        version: u64::try_from(step.version).unwrap_or(1),
        inherited: step.inherited,
        based_on_older_input: recorded
            .get(component)
            .is_some_and(|inputs| !component.outdated_inputs(inputs, &versions).is_empty()),
    };
    Ok(Picture {
        status,
        components: steps.iter().map(facts).collect(),
        outputs,
    })
}

struct Step {
    status: ComponentStatus,
    version: i64,
    inherited: bool,
}

impl Default for Step {
    fn default() -> Self {
        Self {
            status: ComponentStatus::NotStarted,
            version: 1,
            inherited: false,
        }
    }
}

impl Step {
    fn take(&mut self, change: &Change) {
        self.status = change.status.unwrap_or(self.status);
        self.version = change.component_version.unwrap_or(self.version);
        match change.kind.as_str() {
            "inherited" => self.inherited = true,
            "output" => self.inherited = false,
            _ => {}
        }
    }
}

type Kept = (Value, BTreeMap<ComponentType, i64>);

async fn kept_output(
    on: &impl Query,
    cycle: CycleId,
    component: ComponentType,
    version: i64,
) -> Result<Option<Kept>> {
    let row: Option<(Value, Value)> =
        sql("SELECT output, input_versions FROM component_output WHERE cycle_id = $1 AND component_type = $2 AND version = $3")
            .bind(cycle)
            .bind(component.as_str())
            .bind(version)
            .optional(on)
            .await?;
    Ok(row.map(|(output, inputs)| (output, serde_json::from_value(inputs).unwrap_or_default())))
}

/// The outputs as they were when a component was completed at that moment; `None`
/// if the history has no such completion.
pub async fn outputs_at_completion(
    on: &impl Query,
    cycle: CycleId,
    component: ComponentType,
    at: Timestamp,
) -> Result<Option<Outputs>> {
    let changes = changes(on, cycle).await?;
    let is_it = |change: &Change| {
        change.kind == "completed" && change.component == Some(component) && change.at == at
    };
    match changes.iter().rposition(is_it) {
        Some(place) => Ok(Some(picture(on, cycle, &changes[..=place]).await?.outputs)),
        None => Ok(None),
    }
}
