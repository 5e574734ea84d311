//! Replaying a document through the rules: all of it, or nothing.

use std::collections::{BTreeSet, HashMap, HashSet};

use althing_backbone::{Command, UnitOfWork, Uuid};
use althing_events::decisions::SessionCreated;
use althing_events::{ComponentId, CycleId, SessionId, UserId};
use althing_web::{FieldProblem, Membership};

use super::format::{FORMAT, FORMAT_VERSION, Portable, PortableSession};
use super::replay::{Replayed, compare, replay};
use crate::access::{quota, tiers};
use crate::conversation::restore as conversations;
use crate::cycle::Walk;
use crate::cycle::store::persist_imported;
use crate::error::{Error, Result, field_problem};
use crate::outputs::ComponentType;
use crate::session::commands::{
    Authorship, SessionChange, archive, describe, insert, note, record_outcome, rename,
};
use crate::session::{Home, Outcome, Session, SessionStatus};

/// Makes a session of the document; the importer becomes its owner.
#[derive(Clone, Debug)]
pub struct ImportSession {
    pub owner_id: UserId,
    /// Where it lives here; what the document says of that counts for nothing.
    pub home: Home,
    pub document: Portable,
}

/// What an import has made, in the order of the document.
#[derive(Clone, Debug)]
pub struct Imported {
    pub session_id: SessionId,
    pub cycle_ids: Vec<CycleId>,
}

/// Which id of the document became which here.
#[derive(Default)]
struct Remapped {
    cycles: HashMap<Uuid, usize>,
    components: HashMap<Uuid, (ComponentId, CycleId, ComponentType)>,
    /// The alternatives of each cycle, by its place in the document.
    alternatives: Vec<HashSet<Uuid>>,
}

impl Command for ImportSession {
    type Output = Imported;
    type Error = Error;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<Imported> {
        let document = &self.document;
        check_format(document)?;
        uow.context_mut()
            .metadata
            .insert("import".into(), document.session.id.to_string().into());
        self.home.check(uow, self.owner_id).await?;
        let plan = tiers::membership(uow, self.owner_id).await?;
        plan.may_write(uow.now())?;
        let is_archived = document.session.status == SessionStatus::Archived.as_str();
        quota::for_import(uow, self.owner_id, &plan, (document.cycles.len(), is_archived)).await?;
        self.home.mark(uow);
        let mut session = begin(uow, self.owner_id, self.home, &document.session)?;
        let (walks, mut remapped) = self.replay_cycles(uow, session.id, &plan)?;
        let cycle_ids = walks.iter().map(|(walk, _)| walk.cycle.id).collect();
        for (index, (mut walk, authors)) in walks.into_iter().enumerate() {
            self.remember_components(index, &walk, &mut remapped)?;
            let outputs = walk.typed_outputs();
            let alternatives = outputs
                .alternatives()
                .map(|all| all.alternatives.as_slice())
                .unwrap_or_default();
            remapped
                .alternatives
                .push(alternatives.iter().map(|one| one.id).collect());
            persist_imported(uow, &mut walk, &authors)?;
        }
        self.restore_conversations(uow, session.id, &remapped)?;
        self.restore_outcomes(uow, &session, &remapped)?;
        end(uow, &mut session, self.owner_id, &document.session)?;
        Ok(Imported {
            session_id: session.id,
            cycle_ids,
        })
    }
}

/// Cycles as they were when others were branched from them: by their place in the
/// document and the number of changes they had.
type Then = HashMap<(usize, i64), Walk>;

impl ImportSession {
    /// Parents stand before their branches, so one pass is enough; a branch is
    /// taken from its parent as it was after that many changes.
    fn replay_cycles(
        &self,
        uow: &UnitOfWork,
        session: SessionId,
        plan: &Membership,
    ) -> Result<(Vec<Replayed>, Remapped)> {
        let branched = self.branched();
        let mut remapped = Remapped::default();
        let mut walks: Vec<Replayed> = Vec::new();
        let mut then = Then::new();
        for (index, cycle) in self.document.cycles.iter().enumerate() {
            let place = format!("/cycles/{index}");
            let walk = match cycle.parent_cycle_id {
                None => Walk::create(session, cycle.label.as_deref(), uow.now(), &mut || uow.new_id())
                    .map_err(|error| at(&place, error))?,
                Some(parent) => {
                    let parent = *remapped.cycles.get(&parent).ok_or_else(|| {
                        corrupt(
                            &format!("{place}/parent_cycle_id"),
                            "names no cycle before this one",
                        )
                    })?;
                    let after = cycle
                        .branched_after_change
                        .ok_or_else(|| corrupt(&format!("{place}/branched_after_change"), "is missing"))?;
                    let point = cycle
                        .branch_point
                        .ok_or_else(|| corrupt(&format!("{place}/branch_point"), "is missing"))?;
                    let parent = then.get(&(parent, after)).ok_or_else(|| {
                        corrupt(
                            &format!("{place}/branched_after_change"),
                            "is no change of its parent",
                        )
                    })?;
                    parent
                        .branch(point, cycle.label.as_deref(), uow.now(), &mut || uow.new_id())
                        .map_err(|error| at(&place, error))?
                }
            };
            let wanted = branched.get(&cycle.id);
            let replayed = replay((uow, plan), walk, cycle, &place, |walk| {
                if wanted.is_some_and(|wanted| wanted.contains(&walk.cycle.changes)) {
                    then.insert((index, walk.cycle.changes), walk.clone());
                }
            })?;
            compare(&replayed.0, cycle, &place)?;
            if remapped.cycles.insert(cycle.id, index).is_some() {
                return Err(corrupt(&format!("{place}/id"), "is used twice"));
            }
            walks.push(replayed);
        }
        Ok((walks, remapped))
    }

    /// After how many of its changes each cycle was branched.
    fn branched(&self) -> HashMap<Uuid, BTreeSet<i64>> {
        let mut branched: HashMap<Uuid, BTreeSet<i64>> = HashMap::new();
        for cycle in &self.document.cycles {
            if let (Some(parent), Some(after)) = (cycle.parent_cycle_id, cycle.branched_after_change) {
                branched.entry(parent).or_default().insert(after);
            }
        }
        branched
    }

    fn remember_components(&self, index: usize, walk: &Walk, remapped: &mut Remapped) -> Result<()> {
        let components = self.document.cycles[index]
            .components
            .iter()
            .zip(&walk.cycle.components);
        for (number, (old, new)) in components.enumerate() {
            let known = remapped
                .components
                .insert(old.id, (new.id, walk.cycle.id, new.component_type));
            if known.is_some() {
                return Err(corrupt(
                    &format!("/cycles/{index}/components/{number}/id"),
                    "is used twice",
                ));
            }
        }
        Ok(())
    }

    fn restore_conversations(
        &self,
        uow: &mut UnitOfWork,
        session: SessionId,
        remapped: &Remapped,
    ) -> Result<()> {
        let mut restored = HashSet::new();
        for (index, conversation) in self.document.conversations.iter().enumerate() {
            let place = format!("/conversations/{index}/component_id");
            let (component_id, cycle_id, component_type) = *remapped
                .components
                .get(&conversation.component_id)
                .ok_or_else(|| corrupt(&place, "names no component of this document"))?;
            if !restored.insert(component_id) {
                return Err(corrupt(&place, "has another conversation in this document"));
            }
            let target = conversations::Restored {
                session_id: session,
                cycle_id,
                component_id,
                component_type,
            };
            conversations::restore(uow, &target, &conversation.messages)
                .map_err(|error| at(&format!("/conversations/{index}"), error))?;
        }
        Ok(())
    }

    fn restore_outcomes(&self, uow: &mut UnitOfWork, session: &Session, remapped: &Remapped) -> Result<()> {
        for (index, outcome) in self.document.outcomes.iter().enumerate() {
            let place = format!("/outcomes/{index}");
            let cycle_at = *remapped
                .cycles
                .get(&outcome.cycle_id)
                .ok_or_else(|| corrupt(&format!("{place}/cycle_id"), "names no cycle of this document"))?;
            let cycle = &self.document.cycles[cycle_at];
            if outcome
                .chosen_alternative_id
                .is_some_and(|chosen| !remapped.alternatives[cycle_at].contains(&chosen))
            {
                return Err(corrupt(
                    &format!("{place}/chosen_alternative_id"),
                    "is no alternative of its cycle",
                ));
            }
            if !cycle
                .changes
                .iter()
                .any(|change| change.kind == "cycle_completed")
            {
                return Err(corrupt(&place, "belongs to a cycle that was never completed"));
            }
            let first = cycle
                .components
                .first()
                .and_then(|one| remapped.components.get(&one.id));
            let (_, cycle_id, _) =
                *first.ok_or_else(|| corrupt(&place, "belongs to a cycle without components"))?;
            let by = Authorship {
                at: outcome.at,
                imported_author: Some(outcome.author.name.clone()),
            };
            let outcome = Outcome {
                cycle_id,
                chosen_alternative_id: outcome.chosen_alternative_id,
                satisfaction: outcome.satisfaction,
                actual_consequences: outcome.actual_consequences.clone(),
                surprises: outcome.surprises.clone(),
                would_decide_same: outcome.would_decide_same,
            };
            record_outcome(uow, session.id, self.owner_id, &outcome, &by)
                .map_err(|error| at(&place, error))?;
        }
        Ok(())
    }
}

fn check_format(document: &Portable) -> Result<()> {
    if document.format != FORMAT {
        return Err(corrupt("/format", "must be althing.decision"));
    }
    if document.format_version != FORMAT_VERSION {
        return Err(corrupt(
            "/format_version",
            "must be 1; this file was written by another version of Althing",
        ));
    }
    if document.session.visibility != "private" && document.session.visibility != "workspace" {
        return Err(corrupt("/session/visibility", "must be private or workspace"));
    }
    Ok(())
}

/// The session as it began, then renamed and described as it was.
fn begin(uow: &mut UnitOfWork, owner_id: UserId, home: Home, portable: &PortableSession) -> Result<Session> {
    let first = portable
        .changes
        .first()
        .filter(|change| change.kind == "created")
        .ok_or_else(|| corrupt("/session/changes/0", "must be the creation of the session"))?;
    let mut session = Session {
        id: SessionId(uow.new_id()),
        owner_id,
        workspace_id: home.workspace_id,
        project_id: None,
        visibility: home.visibility,
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
    insert(uow, &session);
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
            "described" => describe(
                uow,
                &mut session,
                change.description.as_deref(),
                owner_id,
                &by(change),
            ),
            // The last thing that happens; see `end`.
            "archived" if index + 1 == portable.changes.len() => Ok(()),
            _ => Err(corrupt(
                &format!("{place}/kind"),
                "is not a change that can happen here",
            )),
        }
        .map_err(|error| at(&place, error))?;
    }
    Ok(session)
}

fn end(uow: &mut UnitOfWork, session: &mut Session, owner: UserId, portable: &PortableSession) -> Result<()> {
    if let Some(change) = portable.changes.last().filter(|change| change.kind == "archived") {
        let by = Authorship {
            at: change.at,
            imported_author: Some(change.author.name.clone()),
        };
        archive(uow, session, owner, &by)?;
    }
    let ends = [
        ("/session/title", session.title == portable.title),
        (
            "/session/description",
            session.description == portable.description,
        ),
        ("/session/status", session.status.as_str() == portable.status),
    ];
    match ends.into_iter().find(|(_, same)| !same) {
        Some((place, _)) => Err(corrupt(place, "is not what the changes of this document lead to")),
        None => Ok(()),
    }
}

pub(super) fn corrupt(place: &str, message: &str) -> Error {
    Error::InvalidFields(vec![FieldProblem::new(place, "inconsistent", message)])
}

/// Says where in the document a rule said no.
pub(super) fn at(place: &str, error: Error) -> Error {
    match error {
        Error::Refused(refusal) => Error::InvalidFields(vec![FieldProblem::new(
            place,
            refusal.code().as_str(),
            refusal.to_string(),
        )]),
        Error::InvalidOutput(errors) => Error::InvalidFields(
            errors
                .into_iter()
                .map(|error| field_problem(&format!("{place}/output"), error))
                .collect(),
        ),
        Error::InvalidFields(errors) => Error::InvalidFields(
            errors
                .into_iter()
                .map(|error| {
                    let field = if error.field.starts_with("/cycles") || error.field.starts_with("/session/")
                    {
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
