//! One cycle of a document, done again by the rules, and whether that led to what the document says.

use std::collections::BTreeMap;

use althing_backbone::UnitOfWork;
use althing_web::Membership;

use super::format::{PortableChange, PortableCycle};
use super::import::{at, corrupt};
use crate::cycle::{Change, Labels, Source, Walk};
use crate::error::Result;
use crate::outputs::ComponentType;
use crate::session::port::has_component;

/// A cycle with all that was done to it, and by number of change who did it elsewhere.
pub type Replayed = (Walk, BTreeMap<i64, String>);

/// Applies the changes of a cycle by the rules; `look` sees it after each of them.
pub fn replay(
    (uow, plan): (&UnitOfWork, &Membership),
    walk: Walk,
    cycle: &PortableCycle,
    place: &str,
    mut look: impl FnMut(&Walk),
) -> Result<Replayed> {
    let mut walk = walk;
    let mut authors = BTreeMap::new();
    let mut index = 0;
    while let Some(change) = cycle.changes.get(index) {
        let place = format!("{place}/changes/{index}");
        let before = if is_birth(change) { 0 } else { walk.cycle.changes };
        if !is_birth(change) {
            apply((uow, plan), &mut walk, cycle, change, &place)?;
        } else if index >= usize::try_from(walk.cycle.changes).unwrap_or(0) {
            return Err(corrupt(
                &format!("{place}/kind"),
                "can only stand at the beginning",
            ));
        }
        let written = if is_birth(change) {
            index + 1
        } else {
            usize::try_from(walk.cycle.changes).unwrap_or(0)
        };
        walk.date_back(before, change.at, change.source.as_deref());
        // One change of a person may write several rows: what was removed with it.
        for row in index..written {
            let row = cycle
                .changes
                .get(row)
                .ok_or_else(|| corrupt(&place, "leads to more changes than are listed"))?;
            authors.insert(row.number, row.author.name.clone());
        }
        if written <= index {
            return Err(corrupt(&place, "changes nothing"));
        }
        index = written;
        if usize::try_from(walk.cycle.changes).ok() == Some(index) {
            look(&walk);
        }
    }
    Ok((walk, authors))
}

/// Rows that creating or branching writes by itself.
fn is_birth(change: &PortableChange) -> bool {
    matches!(change.kind.as_str(), "created" | "branched" | "inherited")
}

fn apply(
    (uow, plan): (&UnitOfWork, &Membership),
    walk: &mut Walk,
    cycle: &PortableCycle,
    change: &PortableChange,
    place: &str,
) -> Result<()> {
    let now = uow.now();
    let component = || {
        change
            .component_type
            .ok_or_else(|| corrupt(&format!("{place}/component_type"), "is missing"))
    };
    if let Some(component) = change.component_type {
        has_component(plan, component)?;
    }
    let result = match change.kind.as_str() {
        "started" => walk.start(component()?, now),
        "completed" => walk.complete(component()?, false, now),
        "revised" => walk.revise(component()?, change.reason.as_deref().unwrap_or_default(), now),
        "navigated" => walk.navigate(component()?, now),
        "cycle_completed" => walk.complete_cycle_with(plan.limits().decision_quality, now),
        "cycle_archived" => walk.archive(now),
        "output" => {
            let component = component()?;
            let index = usize::from(component.number()) - 1;
            let versions = cycle
                .components
                .get(index)
                .map(|one| one.outputs.as_slice())
                .unwrap_or_default();
            let output = versions
                .iter()
                .find(|one| Some(one.version) == change.component_version)
                .ok_or_else(|| {
                    corrupt(
                        &format!("{place}/component_version"),
                        "has no output in this document",
                    )
                })?;
            let version = walk.cycle.component(component).version;
            walk.update(
                component,
                &output.output,
                version,
                &Source::Import,
                &Labels::Kept,
                now,
                &mut || uow.new_id(),
            )
        }
        _ => {
            return Err(corrupt(
                &format!("{place}/kind"),
                "is not a change that can happen here",
            ));
        }
    };
    result.map_err(|error| at(place, error))
}

/// The replay must go the way the document tells of, and end where it ended.
pub fn compare(walk: &Walk, cycle: &PortableCycle, place: &str) -> Result<()> {
    if cycle.components.len() != ComponentType::ALL.len() {
        return Err(corrupt(
            &format!("{place}/components"),
            "must hold all nine components",
        ));
    }
    for (index, (one, new)) in cycle.components.iter().zip(&walk.cycle.components).enumerate() {
        let outputs = walk.new_outputs(new.component_type);
        let listed = one
            .outputs
            .iter()
            .map(|one| (one.version, &one.output, &one.input_versions));
        let same = one.component_type == new.component_type
            && one.status == new.status
            && one.version == new.version
            && outputs.eq(listed);
        if !same {
            return Err(corrupt(&format!("{place}/components/{index}"), LEADS_ELSEWHERE));
        }
    }
    let written = walk.new_changes().count();
    let differs = walk
        .new_changes()
        .zip(&cycle.changes)
        .position(|(new, listed)| !is_the_same(new, listed));
    if let Some(index) = differs.or((written != cycle.changes.len()).then_some(written)) {
        return Err(corrupt(&format!("{place}/changes/{index}"), LEADS_ELSEWHERE));
    }
    let ends = cycle.status == walk.cycle.status.as_str()
        && cycle.current_step == walk.cycle.current_step
        && cycle.dq_score == walk.cycle.dq_score
        && cycle.label == walk.cycle.label;
    if ends {
        Ok(())
    } else {
        Err(corrupt(place, LEADS_ELSEWHERE))
    }
}

const LEADS_ELSEWHERE: &str = "is not what the changes of this document lead to";

fn is_the_same(new: &Change, listed: &PortableChange) -> bool {
    new.number == listed.number
        && new.kind == listed.kind
        && new.component == listed.component_type
        && new.component_version == listed.component_version
        && new.component_status == listed.component_status
        && new.source == listed.source
        && new.source.as_deref().is_none_or(Source::is_one)
        && new.reason == listed.reason
        && new.document_version == listed.document_version
}
