//! The workspace and everybody's place in it: what the rules say.

use std::collections::BTreeMap;

use althing_backbone::{Aggregate, Timestamp, Uuid};
use althing_events::identity::{
    FieldChange, MemberRole, OwnershipTransferred, WorkspaceArchived, WorkspaceRestored, WorkspaceUpdated,
};
use althing_events::{MemberId, UserId, WorkspaceId};
use serde::{Deserialize, Serialize};

use super::member::{Member, Source, State};
use super::refusal::{ADMINS_ONLY, OWNER_ONLY, Refusal};
use crate::fields::{Email, Name};

/// A workspace.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Workspace {
    pub id: WorkspaceId,
    pub slug: String,
    pub name: Name,
    pub description: Option<String>,
    pub color: Option<String>,
    pub is_archived: bool,
    /// When it will be deleted for good.
    pub purge_after: Option<Timestamp>,
    pub created_at: Timestamp,
    /// Those who are in or invited; exactly one is the owner.
    pub members: Vec<Member>,
}

impl Aggregate for Workspace {
    const KIND: &'static str = "workspace";

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn workspace_id(&self) -> Option<Uuid> {
        Some(self.id.0)
    }
}

/// What can be changed of a workspace; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    pub name: Option<Name>,
    pub description: Option<Option<String>>,
    pub color: Option<Option<String>>,
}

/// Who makes a workspace.
#[derive(Clone, Debug)]
pub(super) struct Creator {
    pub user_id: UserId,
    pub email: Email,
    pub member_id: MemberId,
}

impl Workspace {
    pub fn create(
        id: WorkspaceId,
        slug: String,
        name: Name,
        about: (Option<String>, Option<String>),
        creator: Creator,
        now: Timestamp,
    ) -> Self {
        let owner = Member {
            id: creator.member_id,
            email: creator.email,
            role: MemberRole::Owner,
            source: Source::Creator,
            provider: None,
            invitation: None,
            state: State::Accepted {
                user_id: creator.user_id,
                joined_at: now,
            },
        };
        Self {
            id,
            slug,
            name,
            description: about.0,
            color: about.1,
            is_archived: false,
            purge_after: None,
            created_at: now,
            members: vec![owner],
        }
    }

    /// What somebody is here. To those who may not see the workspace it does not exist;
    /// an archived one only its owner and admins see.
    pub fn role_of(&self, user: UserId) -> Result<MemberRole, Refusal> {
        self.members
            .iter()
            .find(|member| member.user() == Some(user))
            .map(|member| member.role)
            .filter(|role| !self.is_archived || role.manages())
            .ok_or(Refusal::NotFound)
    }

    /// Owner and admins, while the workspace is in use.
    pub fn managed_by(&self, user: UserId) -> Result<(), Refusal> {
        if !self.role_of(user)?.manages() {
            return Err(ADMINS_ONLY);
        }
        self.in_use()
    }

    pub fn owned_by(&self, user: UserId) -> Result<(), Refusal> {
        match self.role_of(user)? {
            MemberRole::Owner => Ok(()),
            _ => Err(OWNER_ONLY),
        }
    }

    pub fn in_use(&self) -> Result<(), Refusal> {
        if self.is_archived {
            return Err(Refusal::Archived);
        }
        Ok(())
    }

    /// Takes what differs; `None` if nothing does.
    pub fn change(&mut self, changes: Changes) -> Option<WorkspaceUpdated> {
        let mut told = BTreeMap::new();
        if let Some(name) = changes.name.filter(|name| *name != self.name) {
            let old = std::mem::replace(&mut self.name, name);
            let (old, new) = (old.as_str().to_owned(), self.name.as_str().to_owned());
            told.insert("name".to_owned(), difference(Some(old), Some(new)));
        }
        let mut text = |field: &str, held: &mut Option<String>, new: Option<Option<String>>| {
            if let Some(new) = new.filter(|new| new != held) {
                let old = std::mem::replace(held, new);
                told.insert(field.to_owned(), difference(old, held.clone()));
            }
        };
        text("description", &mut self.description, changes.description);
        text("color", &mut self.color, changes.color);
        self.updated(told)
    }

    fn updated(&self, changes: BTreeMap<String, FieldChange>) -> Option<WorkspaceUpdated> {
        (!changes.is_empty()).then(|| WorkspaceUpdated {
            workspace_id: self.id,
            name: self.name.as_str().to_owned(),
            changes,
        })
    }

    /// Archives it; a second time says nothing.
    pub fn archive(&mut self) -> Option<WorkspaceArchived> {
        let was = std::mem::replace(&mut self.is_archived, true);
        (!was).then_some(WorkspaceArchived {
            workspace_id: self.id,
        })
    }

    /// Takes it into use again; it will not be deleted.
    pub fn restore(&mut self) -> Result<WorkspaceRestored, Refusal> {
        if !self.is_archived {
            return Err(Refusal::NotArchived);
        }
        self.is_archived = false;
        self.purge_after = None;
        Ok(WorkspaceRestored {
            workspace_id: self.id,
        })
    }

    /// Sets the day of its deletion. Asked again the first day stays.
    pub fn delete(&mut self, purge_after: Timestamp) -> Result<Option<WorkspaceUpdated>, Refusal> {
        if !self.is_archived {
            return Err(Refusal::NotArchived);
        }
        if self.purge_after.is_some() {
            return Ok(None);
        }
        self.purge_after = Some(purge_after);
        let change = difference(None, Some(purge_after.to_string()));
        Ok(self.updated(BTreeMap::from([("purge_after".to_owned(), change)])))
    }

    /// Hands it over to a member or admin; the owner becomes an admin.
    pub fn transfer(&mut self, to: MemberId) -> Result<OwnershipTransferred, Refusal> {
        let heir = self.members.iter().position(|member| {
            member.id == to
                && member.user().is_some()
                && matches!(member.role, MemberRole::Admin | MemberRole::Member)
        });
        let heir = heir.ok_or(Refusal::MemberNotFound)?;
        let owner = self
            .members
            .iter()
            .position(|member| member.role == MemberRole::Owner);
        let owner = owner.ok_or(Refusal::NotFound)?;
        let people = (self.members[owner].user(), self.members[heir].user());
        let (Some(from_user_id), Some(to_user_id)) = people else {
            return Err(Refusal::MemberNotFound);
        };
        self.members[owner].role = MemberRole::Admin;
        self.members[heir].role = MemberRole::Owner;
        Ok(OwnershipTransferred {
            workspace_id: self.id,
            from_user_id,
            to_user_id,
        })
    }
}

fn difference(old: Option<String>, new: Option<String>) -> FieldChange {
    FieldChange { old, new }
}
