//! Replaying a document through the rules: all of it, or nothing.

use std::collections::{BTreeMap, HashMap};

use althing_backbone::{Command, UnitOfWork, Uuid, sql};
use althing_events::decisions::SessionCreated;
use althing_events::{ComponentId, CycleId, SessionId, UserId};
use althing_web::FieldProblem;

use super::format::{FORMAT, FORMAT_VERSION, Portable, PortableChange, PortableCycle, PortableSession};
use crate::conversation::restore as conversations;
use crate::cycle::store::persist_imported;
use crate::cycle::{Labels, Source, Walk};
use crate::error::{Error, Result, field_problem};
use crate::outputs::ComponentType;
use crate::session::commands::{Authorship, SessionChange, archive, describe, note, record_outcome, rename};
use crate::session::{Outcome, Session, SessionStatus, Visibility};

/// Makes a session of the document; the importer becomes its owner.
#[derive(Clone, Debug)]
pub struct ImportSession {
    pub owner_id: UserId,
    pub document: Portable,
}

/// Which id of the document became which here.
#[derive(Default)]
struct Remapped {
    cycles: HashMap<Uuid, usize>,
    components: HashMap<Uuid, (ComponentId, CycleId, ComponentType)>,
}

impl Command for ImportSession {
    type Output = SessionId;
    type Error = Error;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<SessionId> {
        let document = &self.document;
        check_format(document)?;
        uow.context_mut().metadata.insert("import".into(), document.session.id.to_string().into());
        let mut session = begin(uow, self.owner_id, &document.session)?;
        let (walks, mut remapped) = self.replay_cycles(uow, session.id)?;
        for (index, (mut walk, authors)) in walks.into_iter().enumerate() {
            self.remember_components(index, &walk, &mut remapped);
            persist_imported(uow, &mut walk, &authors)?;
        }
        self.restore_conversations(uow, session.id, &remapped)?;
        self.restore_outcomes(uow, &session, &remapped)?;
        end(uow, &mut session, self.owner_id, &document.session)?;
        Ok(session.id)
    }
}

type Replayed = (Walk, BTreeMap<i64, String>);

impl ImportSession {
    /// Parents stand before their branches, so one pass is enough; a branch is
    /// taken from its parent as it was after that many changes.
    fn replay_cycles(&self, uow: &UnitOfWork, session: SessionId) -> Result<(Vec<Replayed>, Remapped)> {
        let mut remapped = Remapped::default();
        let mut walks: Vec<Replayed> = Vec::new();
        for (index, cycle) in self.document.cycles.iter().enumerate() {
            let place = format!("/cycles/{index}");
            let walk = match cycle.parent_cycle_id {
                None => Walk::create(session, cycle.label.as_deref(), uow.now(), &mut || uow.new_id())
                    .map_err(|error| at(&place, error))?,
                Some(parent) => {
                    let parent = *remapped
                        .cycles
                        .get(&parent)
                        .ok_or_else(|| corrupt(&format!("{place}/parent_cycle_id"), "names no cycle before this one"))?;
                    let after = cycle
                        .branched_after_change
                        .ok_or_else(|| corrupt(&format!("{place}/branched_after_change"), "is missing"))?;
                    let point = cycle
                        .branch_point
                        .ok_or_else(|| corrupt(&format!("{place}/branch_point"), "is missing"))?;
                    // The parent as it was then: replayed again up to that change.
                    let mut then = self.ancestor(uow, session, parent, after)?;
                    then.cycle.id = walks[parent].0.cycle.id;
                    then.branch(point, cycle.label.as_deref(), uow.now(), &mut || uow.new_id())
                        .map_err(|error| at(&place, error))?
                }
            };
            let (walk, authors) = replay(uow, walk, cycle, &place, i64::MAX)?;
            compare(&walk, cycle, &place)?;
            if remapped.cycles.insert(cycle.id, index).is_some() {
                return Err(corrupt(&format!("{place}/id"), "is used twice"));
            }
            walks.push((walk, authors));
        }
        Ok((walks, remapped))
    }

    /// The cycle at `index` after its first `changes` changes.
    fn ancestor(&self, uow: &UnitOfWork, session: SessionId, index: usize, changes: i64) -> Result<Walk> {
        let cycle = &self.document.cycles[index];
        let place = format!("/cycles/{index}");
        let walk = match (cycle.parent_cycle_id, cycle.branch_point, cycle.branched_after_change) {
            (Some(parent), Some(point), Some(after)) => {
                let parent = self.document.cycles[..index]
                    .iter()
                    .position(|other| other.id == parent)
                    .ok_or_else(|| corrupt(&format!("{place}/parent_cycle_id"), "names no cycle before this one"))?;
                self.ancestor(uow, session, parent, after)?.branch(point, None, uow.now(), &mut || uow.new_id())?
            }
            _ => Walk::create(session, None, uow.now(), &mut || uow.new_id())?,
        };
        Ok(replay(uow, walk, cycle, &place, changes)?.0)
    }

    fn remember_components(&self, index: usize, walk: &Walk, remapped: &mut Remapped) {
        for (old, new) in self.document.cycles[index].components.iter().zip(&walk.cycle.components) {
            remapped.components.insert(old.id, (new.id, walk.cycle.id, new.component_type));
        }
    }

    fn restore_conversations(&self, uow: &mut UnitOfWork, session: SessionId, remapped: &Remapped) -> Result<()> {
        for (index, conversation) in self.document.conversations.iter().enumerate() {
            let place = format!("/conversations/{index}/component_id");
            let (component_id, cycle_id, component_type) = *remapped
                .components
                .get(&conversation.component_id)
                .ok_or_else(|| corrupt(&place, "names no component of this document"))?;
            let target = conversations::Restored { session_id: session, cycle_id, component_id, component_type };
            conversations::restore(uow, &target, &conversation.messages)
                .map_err(|error| at(&format!("/conversations/{index}"), error))?;
        }
        Ok(())
    }

    fn restore_outcomes(&self, uow: &mut UnitOfWork, session: &Session, remapped: &Remapped) -> Result<()> {
        for (index, outcome) in self.document.outcomes.iter().enumerate() {
            let place = format!("/outcomes/{index}");
            let cycle = remapped
                .cycles
                .get(&outcome.cycle_id)
                .map(|cycle| &self.document.cycles[*cycle])
                .ok_or_else(|| corrupt(&format!("{place}/cycle_id"), "names no cycle of this document"))?;
            if !cycle.changes.iter().any(|change| change.kind == "cycle_completed") {
                return Err(corrupt(&place, "belongs to a cycle that was never completed"));
            }
            let first = cycle.components.first().and_then(|one| remapped.components.get(&one.id));
            let (_, cycle_id, _) = *first.ok_or_else(|| corrupt(&place, "belongs to a cycle without components"))?;
            let by = Authorship { at: outcome.at, imported_author: Some(outcome.author.name.clone()) };
            let outcome = Outcome {
                cycle_id,
                chosen_alternative_id: outcome.chosen_alternative_id,
                satisfaction: outcome.satisfaction,
                actual_consequences: outcome.actual_consequences.clone(),
                surprises: outcome.surprises.clone(),
                would_decide_same: outcome.would_decide_same,
            };
            record_outcome(uow, session.id, self.owner_id, &outcome, &by).map_err(|error| at(&place, error))?;
        }
        Ok(())
    }
}

fn check_format(document: &Portable) -> Result<()> {
    if document.format != FORMAT {
        return Err(corrupt("/format", "must be althing.decision"));
    }
    if document.format_version != FORMAT_VERSION {
        return Err(corrupt("/format_version", "must be 1; this file was written by another version of Althing"));
    }
    if document.session.visibility != "private" && document.session.visibility != "workspace" {
        return Err(corrupt("/session/visibility", "must be private or workspace"));
    }
    Ok(())
}

/// The session as it began, then renamed and described as it was.
fn begin(uow: &mut UnitOfWork, owner_id: UserId, portable: &PortableSession) -> Result<Session> {
    let first = portable
        .changes
        .first()
        .filter(|change| change.kind == "created")
        .ok_or_else(|| corrupt("/session/changes/0", "must be the creation of the session"))?;
    let mut session = Session {
        id: SessionId(uow.new_id()),
        owner_id,
        workspace_id: None,
        project_id: None,
        visibility: Visibility::Private,
        title: crate::session::valid_title(&first.title).map_err(|error| at("/session/changes/0", error))?,
        description: crate::session::valid_description(first.description.as_deref())
            .map_err(|error| at("/session/changes/0", error))?,
        status: SessionStatus::Active,
        created_at: uow.now(),
        changes: 0,
    };
    uow.record(&SessionCreated {
        session_id: session.id,
        user_id: owner_id,
        title: session.title.clone(),
        description: session.description.clone(),
        created_at: session.created_at,
    })?;
    uow.execute(
        sql("INSERT INTO decision_session (id, owner_id, visibility, title, description, status, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, 'active', $6, $6)")
        .bind(session.id)
        .bind(owner_id)
        .bind(session.visibility.as_str())
        .bind(session.title.as_str())
        .bind(session.description.as_deref())
        .bind(session.created_at),
    );
    let by = |change: &super::format::PortableSessionChange| Authorship {
        at: change.at,
        imported_author: Some(change.author.name.clone()),
    };
    note(uow, &mut session, SessionChange::Created, &by(first));
    uow.save(&session)?;
    for (index, change) in portable.changes.iter().enumerate().skip(1) {
        let place = format!("/session/changes/{index}");
        match change.kind.as_str() {
            "renamed" => rename(uow, &mut session, &change.title, owner_id, &by(change)),
            "described" => describe(uow, &mut session, change.description.as_deref(), owner_id, &by(change)),
            // The last thing that happens; see `end`.
            "archived" if index + 1 == portable.changes.len() => Ok(()),
            _ => Err(corrupt(&format!("{place}/kind"), "is not a change that can happen here")),
        }
        .map_err(|error| at(&place, error))?;
    }
    Ok(session)
}

fn end(uow: &mut UnitOfWork, session: &mut Session, owner: UserId, portable: &PortableSession) -> Result<()> {
    if let Some(change) = portable.changes.last().filter(|change| change.kind == "archived") {
        let by = Authorship { at: change.at, imported_author: Some(change.author.name.clone()) };
        archive(uow, session, owner, &by)?;
    }
    let ends = [
        ("/session/title", session.title == portable.title),
        ("/session/description", session.description == portable.description),
        ("/session/status", session.status.as_str() == portable.status),
    ];
    match ends.into_iter().find(|(_, same)| !same) {
        Some((place, _)) => Err(corrupt(place, "is not what the changes of this document lead to")),
        None => Ok(()),
    }
}

/// Applies the first `limit` changes of a cycle by the rules.
fn replay(uow: &UnitOfWork, walk: Walk, cycle: &PortableCycle, place: &str, limit: i64) -> Result<Replayed> {
    let mut walk = walk;
    let mut authors = BTreeMap::new();
    let mut index = 0;
    while let Some(change) = cycle.changes.get(index).filter(|change| change.number <= limit) {
        let place = format!("{place}/changes/{index}");
        let before = if is_birth(change) { 0 } else { walk.cycle.changes };
        if !is_birth(change) {
            apply(uow, &mut walk, cycle, change, &place)?;
        } else if index >= usize::try_from(walk.cycle.changes).unwrap_or(0) {
            return Err(corrupt(&format!("{place}/kind"), "can only stand at the beginning"));
        }
        let written = if is_birth(change) { index + 1 } else { usize::try_from(walk.cycle.changes).unwrap_or(0) };
        walk.date_back(before, change.at, change.source.as_deref());
        // One change of a person may write several rows: what was removed with it.
        for row in index..written {
            let row = cycle.changes.get(row).ok_or_else(|| corrupt(&place, "leads to more changes than are listed"))?;
            authors.insert(row.number, row.author.name.clone());
        }
        if written <= index {
            return Err(corrupt(&place, "changes nothing"));
        }
        index = written;
    }
    Ok((walk, authors))
}

/// Rows that creating or branching writes by itself.
fn is_birth(change: &PortableChange) -> bool {
    matches!(change.kind.as_str(), "created" | "branched" | "inherited")
}

fn apply(
    uow: &UnitOfWork,
    walk: &mut Walk,
    cycle: &PortableCycle,
    change: &PortableChange,
    place: &str,
) -> Result<()> {
    let now = uow.now();
    let component =
        || change.component_type.ok_or_else(|| corrupt(&format!("{place}/component_type"), "is missing"));
    let result = match change.kind.as_str() {
        "started" => walk.start(component()?, now),
        "completed" => walk.complete(component()?, false, now),
        "revised" => walk.revise(component()?, change.reason.as_deref().unwrap_or_default(), now),
        "navigated" => walk.navigate(component()?, now),
        "cycle_completed" => walk.complete_cycle(now),
        "cycle_archived" => walk.archive(now),
        "output" => {
            let component = component()?;
            let index = usize::from(component.number()) - 1;
            let versions = cycle.components.get(index).map(|one| one.outputs.as_slice()).unwrap_or_default();
            let output = versions
                .iter()
                .find(|one| Some(one.version) == change.component_version)
                .ok_or_else(|| corrupt(&format!("{place}/component_version"), "has no output in this document"))?;
            let version = walk.cycle.component(component).version;
            walk.update(component, &output.output, version, &Source::Import, &Labels::Kept, now, &mut || uow.new_id())
        }
        _ => return Err(corrupt(&format!("{place}/kind"), "is not a change that can happen here")),
    };
    result.map_err(|error| at(place, error))
}

/// The replay must end where the document says it ended.
fn compare(walk: &Walk, cycle: &PortableCycle, place: &str) -> Result<()> {
    if cycle.components.len() != ComponentType::ALL.len() {
        return Err(corrupt(&format!("{place}/components"), "must hold all nine components"));
    }
    for (index, (one, new)) in cycle.components.iter().zip(&walk.cycle.components).enumerate() {
        let place = format!("{place}/components/{index}");
        let latest = one.outputs.last().map(|output| &output.output);
        let same = one.component_type == new.component_type
            && one.status == new.status
            && one.version == new.version
            && latest == walk.output(new.component_type);
        if !same {
            return Err(corrupt(&place, "is not what the changes of this document lead to"));
        }
    }
    let ends = cycle.status == walk.cycle.status.as_str()
        && cycle.current_step == walk.cycle.current_step
        && cycle.dq_score == walk.cycle.dq_score
        && cycle.label == walk.cycle.label;
    if ends { Ok(()) } else { Err(corrupt(place, "is not what the changes of this document lead to")) }
}

fn corrupt(place: &str, message: &str) -> Error {
    Error::InvalidFields(vec![FieldProblem::new(place, "inconsistent", message)])
}

/// Says where in the document a rule said no.
fn at(place: &str, error: Error) -> Error {
    match error {
        Error::Refused(refusal) => {
            Error::InvalidFields(vec![FieldProblem::new(place, refusal.code().as_str(), refusal.to_string())])
        }
        Error::InvalidOutput(errors) => Error::InvalidFields(
            errors.into_iter().map(|error| field_problem(&format!("{place}/output"), error)).collect(),
        ),
        Error::InvalidFields(errors) => Error::InvalidFields(
            errors
                .into_iter()
                .map(|error| {
                    let field = if error.field.starts_with("/cycles") || error.field.starts_with("/session/") {
                        error.field
                    } else {
                        format!("{place}{}", error.field)
                    };
                    FieldProblem { field, ..error }
                })
                .collect(),
        ),
        other => other,
    }
}
