//! Workspaces: who is in them, who is asked to come.
//!
//! Whoever holds connections open for somebody, or keeps a list of who may see what,
//! follows [`MemberJoined`], [`MemberRemoved`], [`MemberRoleChanged`] and
//! [`OwnershipTransferred`]; the owner's own membership comes with [`WorkspaceCreated`].

use std::collections::BTreeMap;

use althing_backbone::{DomainEvent, JsonSchema, Timestamp};
use serde::{Deserialize, Serialize};

use super::FieldChange;
use crate::{MemberId, UserId, WorkspaceId};

/// What somebody may do in a workspace, the most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum MemberRole {
    /// Everything; each workspace has exactly one.
    Owner,
    /// Everything but what is the owner's alone.
    Admin,
    /// Takes part.
    Member,
    /// Reads.
    Guest,
}

impl MemberRole {
    /// The stored and shown word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Member => "member",
            Self::Guest => "guest",
        }
    }

    /// The role with that word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Owner, Self::Admin, Self::Member, Self::Guest]
            .into_iter()
            .find(|role| role.as_str() == word)
    }

    /// Whether it includes the running of the workspace.
    pub const fn manages(self) -> bool {
        matches!(self, Self::Owner | Self::Admin)
    }

    /// Whether it includes taking part.
    pub const fn contributes(self) -> bool {
        !matches!(self, Self::Guest)
    }
}

/// Why somebody is no longer a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum RemovalReason {
    /// Somebody who may took them out.
    Removed,
    /// They left.
    Left,
    /// Their sign-in provider no longer puts them into the group.
    Oidc,
    /// Their account was deleted.
    UserDeleted,
}

/// A workspace was made; whoever made it is its owner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "identity.workspace_created",
    version = 1,
    context = "identity",
    aggregate = "workspace"
)]
pub struct WorkspaceCreated {
    /// The workspace.
    #[event(aggregate_id)]
    pub workspace_id: WorkspaceId,
    /// Its name.
    pub name: String,
    /// Its place in addresses.
    pub slug: String,
    /// Its owner.
    #[event(topic = "user")]
    pub owner_id: UserId,
}

/// A workspace's name, description, colour or day of deletion changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "identity.workspace_updated",
    version = 1,
    context = "identity",
    aggregate = "workspace"
)]
pub struct WorkspaceUpdated {
    /// The workspace.
    #[event(aggregate_id)]
    pub workspace_id: WorkspaceId,
    /// Its name now.
    pub name: String,
    /// Each changed field with its old and new value; never empty.
    pub changes: BTreeMap<String, FieldChange>,
}

/// A workspace was put away: it is read-only, and only its owner and admins see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "identity.workspace_archived",
    version = 1,
    context = "identity",
    aggregate = "workspace"
)]
pub struct WorkspaceArchived {
    /// The workspace.
    #[event(aggregate_id)]
    pub workspace_id: WorkspaceId,
}

/// An archived workspace is in use again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "identity.workspace_restored",
    version = 1,
    context = "identity",
    aggregate = "workspace"
)]
pub struct WorkspaceRestored {
    /// The workspace.
    #[event(aggregate_id)]
    pub workspace_id: WorkspaceId,
}

/// A workspace is gone for good, with everything in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "identity.workspace_deleted",
    version = 1,
    context = "identity",
    aggregate = "workspace"
)]
pub struct WorkspaceDeleted {
    /// The workspace.
    #[event(aggregate_id)]
    pub workspace_id: WorkspaceId,
    /// Its last name.
    pub name: String,
    /// Everybody who was a member.
    #[event(topic = "user")]
    pub member_user_ids: Vec<UserId>,
}

/// Somebody was asked to come into a workspace, or asked again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "identity.member_invited",
    version = 1,
    context = "identity",
    aggregate = "workspace"
)]
pub struct MemberInvited {
    /// The workspace.
    #[event(aggregate_id)]
    pub workspace_id: WorkspaceId,
    /// The workspace's name.
    pub workspace_name: String,
    /// The invitation, which becomes a place; personal fields lie under its key, so that they can be erased also for somebody without an account.
    #[event(subject)]
    pub member_id: MemberId,
    /// Who asks.
    pub inviter_id: UserId,
    /// The name of who asks.
    #[event(personal)]
    pub inviter_name: String,
    /// The invited address, in lower case.
    #[event(personal)]
    pub invitee_email: String,
    /// The account of that address, if there is one.
    #[event(topic = "user")]
    pub invitee_user_id: Option<UserId>,
    /// What they would be.
    pub role: MemberRole,
    /// When the invitation ends.
    pub expires_at: Timestamp,
}

/// Somebody came into a workspace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "identity.member_joined",
    version = 1,
    context = "identity",
    aggregate = "workspace"
)]
pub struct MemberJoined {
    /// The workspace.
    #[event(aggregate_id)]
    pub workspace_id: WorkspaceId,
    /// The member.
    #[event(topic = "user")]
    pub user_id: UserId,
    /// Their place in the workspace.
    pub member_id: MemberId,
    /// What they are.
    pub role: MemberRole,
    /// Who asked them.
    pub inviter_id: Option<UserId>,
}

/// Somebody is no longer in a workspace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "identity.member_removed",
    version = 1,
    context = "identity",
    aggregate = "workspace"
)]
pub struct MemberRemoved {
    /// The workspace.
    #[event(aggregate_id)]
    pub workspace_id: WorkspaceId,
    /// The member.
    #[event(topic = "user")]
    pub user_id: UserId,
    /// Who took them out; themselves, if they left.
    pub removed_by: UserId,
    /// What they were.
    pub role: MemberRole,
    /// Why.
    pub reason: RemovalReason,
}

/// Somebody has another role in a workspace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "identity.member_role_changed",
    version = 1,
    context = "identity",
    aggregate = "workspace"
)]
pub struct MemberRoleChanged {
    /// The workspace.
    #[event(aggregate_id)]
    pub workspace_id: WorkspaceId,
    /// The member.
    #[event(topic = "user")]
    pub user_id: UserId,
    /// What they were.
    pub old_role: MemberRole,
    /// What they are.
    pub new_role: MemberRole,
}

/// A workspace has another owner; the owner before is an admin now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "identity.ownership_transferred",
    version = 1,
    context = "identity",
    aggregate = "workspace"
)]
pub struct OwnershipTransferred {
    /// The workspace.
    #[event(aggregate_id)]
    pub workspace_id: WorkspaceId,
    /// The owner before.
    #[event(topic = "user")]
    pub from_user_id: UserId,
    /// The owner now.
    #[event(topic = "user")]
    pub to_user_id: UserId,
}

/// Somebody who was invited does not want to come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "identity.invitation_declined",
    version = 1,
    context = "identity",
    aggregate = "workspace"
)]
pub struct InvitationDeclined {
    /// The workspace.
    #[event(aggregate_id)]
    pub workspace_id: WorkspaceId,
    /// Who was invited.
    #[event(topic = "user")]
    pub user_id: UserId,
    /// The invitation.
    pub member_id: MemberId,
    /// Who had asked.
    pub inviter_id: UserId,
}

/// An invitation was taken back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "identity.invitation_revoked",
    version = 1,
    context = "identity",
    aggregate = "workspace"
)]
pub struct InvitationRevoked {
    /// The workspace.
    #[event(aggregate_id)]
    pub workspace_id: WorkspaceId,
    /// The invitation; personal fields lie under its key.
    #[event(subject)]
    pub member_id: MemberId,
    /// The invited address, in lower case.
    #[event(personal)]
    pub invitee_email: String,
    /// The account of that address, if there is one.
    #[event(topic = "user")]
    pub invitee_user_id: Option<UserId>,
    /// Who took it back.
    pub revoked_by: UserId,
}

/// An invitation was not answered in time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "identity.invitation_expired",
    version = 1,
    context = "identity",
    aggregate = "workspace"
)]
pub struct InvitationExpired {
    /// The workspace.
    #[event(aggregate_id)]
    pub workspace_id: WorkspaceId,
    /// The invitation; personal fields lie under its key.
    #[event(subject)]
    pub member_id: MemberId,
    /// The invited address, in lower case.
    #[event(personal)]
    pub invitee_email: String,
    /// The account of that address, if there is one.
    #[event(topic = "user")]
    pub invitee_user_id: Option<UserId>,
    /// Who had asked.
    pub inviter_id: UserId,
}
