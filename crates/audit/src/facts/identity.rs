//! What entries keep of people, workspaces and keys.

use althing_backbone::{Timestamp, Uuid};
use althing_events::identity::{
    ApiKeyCreated, ApiKeyRevoked, ApiKeyUpdated, ExternalIdentityLinked, ExternalIdentityUnlinked,
    InstanceSettingsChanged, InvitationDeclined, InvitationExpired, InvitationRevoked, LoginMethod,
    MemberInvited, MemberJoined, MemberRemoved, MemberRoleChanged, OwnershipTransferred, PasswordChange,
    RemovalReason, Tier, UserConfirmed, UserDeleted, UserEmailChanged, UserLoggedIn, UserLoggedOut,
    UserPasswordChanged, UserReactivated, UserRegistered, UserSuspended, UserTierChanged, UserUpdated,
    WorkspaceArchived, WorkspaceCreated, WorkspaceDeleted, WorkspaceRestored, WorkspaceUpdated,
};
use althing_events::{UserId, WorkspaceId};

use super::{Audited, Facts};

fn person(id: UserId) -> Facts {
    Facts::default().concerning(Some(id))
}

fn workspace(id: WorkspaceId) -> Facts {
    Facts {
        workspace: Some(id.0),
        ..Facts::default()
    }
}

/// Which fields, and never what stands in them.
fn fields<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(String::as_str).collect::<Vec<_>>().join(", ")
}

impl Audited for UserRegistered {
    fn facts(&self) -> Facts {
        person(self.user_id)
    }
}

impl Audited for UserConfirmed {
    fn facts(&self) -> Facts {
        person(self.user_id)
    }
}

impl Audited for UserLoggedIn {
    fn facts(&self) -> Facts {
        let method = match self.method {
            LoginMethod::Password => "password",
            LoginMethod::Link => "link",
            LoginMethod::Oidc => "oidc",
        };
        person(self.user_id).about(self.session_id).with(method)
    }
}

impl Audited for UserLoggedOut {
    fn facts(&self) -> Facts {
        person(self.user_id).about(self.session_id)
    }
}

impl Audited for UserPasswordChanged {
    fn facts(&self) -> Facts {
        let method = match self.method {
            PasswordChange::Reset => "reset",
            PasswordChange::Change => "change",
            PasswordChange::Admin => "admin",
        };
        person(self.user_id).with(method)
    }
}

impl Audited for UserEmailChanged {
    fn facts(&self) -> Facts {
        person(self.user_id)
    }
}

impl Audited for UserUpdated {
    fn facts(&self) -> Facts {
        person(self.user_id)
    }
}

impl Audited for UserSuspended {
    fn facts(&self) -> Facts {
        person(self.user_id).was("active").is("suspended")
    }
}

impl Audited for UserReactivated {
    fn facts(&self) -> Facts {
        person(self.user_id).was("suspended").is("active")
    }
}

impl Audited for UserTierChanged {
    fn facts(&self) -> Facts {
        person(self.user_id)
            .was(membership(self.old_tier, self.old_valid_until))
            .is(membership(self.new_tier, self.new_valid_until))
    }
}

/// A tier with its last day, or the word for that of the instance.
fn membership(tier: Option<Tier>, valid_until: Option<Timestamp>) -> String {
    let tier = tier.map_or("default", Tier::as_str);
    match valid_until {
        Some(end) => format!("{tier} until {end}"),
        None => tier.to_owned(),
    }
}

impl Audited for UserDeleted {
    fn facts(&self) -> Facts {
        person(self.user_id).is("deleted")
    }
}

impl Audited for ExternalIdentityLinked {
    fn facts(&self) -> Facts {
        person(self.user_id).with(self.issuer.as_str())
    }
}

impl Audited for ExternalIdentityUnlinked {
    fn facts(&self) -> Facts {
        person(self.user_id).with(self.issuer.as_str())
    }
}

impl Audited for InstanceSettingsChanged {
    fn facts(&self) -> Facts {
        Facts::default().with(fields(self.keys.iter()))
    }
}

impl Audited for WorkspaceCreated {
    fn facts(&self) -> Facts {
        workspace(self.workspace_id).is("active")
    }
}

impl Audited for WorkspaceUpdated {
    fn facts(&self) -> Facts {
        workspace(self.workspace_id).with(fields(self.changes.keys()))
    }
}

impl Audited for WorkspaceArchived {
    fn facts(&self) -> Facts {
        workspace(self.workspace_id).was("active").is("archived")
    }
}

impl Audited for WorkspaceRestored {
    fn facts(&self) -> Facts {
        workspace(self.workspace_id).was("archived").is("active")
    }
}

impl Audited for WorkspaceDeleted {
    fn facts(&self) -> Facts {
        workspace(self.workspace_id).was("archived").is("deleted")
    }
}

impl Audited for MemberInvited {
    fn facts(&self) -> Facts {
        workspace(self.workspace_id)
            .about(self.member_id)
            .concerning(self.invitee_user_id)
            .is(self.role.as_str())
    }
}

impl Audited for MemberJoined {
    fn facts(&self) -> Facts {
        workspace(self.workspace_id)
            .about(self.member_id)
            .concerning(Some(self.user_id))
            .is(self.role.as_str())
    }
}

impl Audited for MemberRemoved {
    fn facts(&self) -> Facts {
        let reason = match self.reason {
            RemovalReason::Removed => "removed",
            RemovalReason::Left => "left",
            RemovalReason::Oidc => "oidc",
            RemovalReason::UserDeleted => "user_deleted",
        };
        workspace(self.workspace_id)
            .concerning(Some(self.user_id))
            .was(self.role.as_str())
            .with(reason)
    }
}

impl Audited for MemberRoleChanged {
    fn facts(&self) -> Facts {
        workspace(self.workspace_id)
            .concerning(Some(self.user_id))
            .was(self.old_role.as_str())
            .is(self.new_role.as_str())
    }
}

impl Audited for OwnershipTransferred {
    fn facts(&self) -> Facts {
        let ids = [self.from_user_id, self.to_user_id].map(|user| Uuid::from(user).to_string());
        let [from, to] = ids;
        workspace(self.workspace_id)
            .concerning(Some(self.to_user_id))
            .was(from)
            .is(to)
    }
}

impl Audited for InvitationDeclined {
    fn facts(&self) -> Facts {
        workspace(self.workspace_id)
            .about(self.member_id)
            .concerning(Some(self.user_id))
    }
}

impl Audited for InvitationRevoked {
    fn facts(&self) -> Facts {
        workspace(self.workspace_id)
            .about(self.member_id)
            .concerning(self.invitee_user_id)
    }
}

impl Audited for InvitationExpired {
    fn facts(&self) -> Facts {
        workspace(self.workspace_id)
            .about(self.member_id)
            .concerning(self.invitee_user_id)
    }
}

impl Audited for ApiKeyCreated {
    fn facts(&self) -> Facts {
        person(self.user_id).about(self.api_key_id)
    }
}

impl Audited for ApiKeyUpdated {
    fn facts(&self) -> Facts {
        person(self.user_id)
            .about(self.api_key_id)
            .with(fields(self.changes.keys()))
    }
}

impl Audited for ApiKeyRevoked {
    fn facts(&self) -> Facts {
        person(self.user_id).about(self.api_key_id)
    }
}
