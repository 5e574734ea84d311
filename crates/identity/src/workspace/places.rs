//! Who is in a workspace and who is asked to come: what the rules say.

use althing_backbone::Timestamp;
use althing_events::identity::{
    InvitationDeclined, InvitationExpired, InvitationRevoked, MemberInvited, MemberJoined, MemberRemoved,
    MemberRole, MemberRoleChanged, RemovalReason,
};
use althing_events::{MemberId, UserId};

use super::member::{INVITATION_LIFE, Invitation, Member, Source, State};
use super::refusal::Refusal;
use super::workspace::Workspace;
use crate::fields::Email;

/// Somebody who is asked to come.
#[derive(Clone, Debug)]
pub(super) struct Invitee {
    pub email: Email,
    /// Their account, if the address has one.
    pub user_id: Option<UserId>,
}

/// Who asks.
#[derive(Clone, Debug)]
pub(super) struct Inviter {
    pub user_id: UserId,
    pub name: String,
}

/// What taking a place out did.
pub(super) enum Gone {
    Removed(MemberRemoved),
    Revoked(InvitationRevoked),
}

/// When an invitation made now ends.
pub(super) fn end(now: Timestamp) -> Timestamp {
    now.plus(INVITATION_LIFE)
}

impl Workspace {
    /// Asks somebody to come who neither is here nor was asked.
    pub fn invite(
        &mut self,
        id: MemberId,
        invitee: &Invitee,
        role: MemberRole,
        invitation: Invitation,
        inviter: &Inviter,
    ) -> Result<MemberInvited, Refusal> {
        let known = self.members.iter().any(|member| {
            let waits = member.pending().is_some() && member.email == invitee.email;
            waits || (member.user().is_some() && member.user() == invitee.user_id)
        });
        if known {
            return Err(Refusal::AlreadyMember);
        }
        self.members.push(Member {
            id,
            email: invitee.email.clone(),
            role,
            source: Source::Invitation,
            provider: None,
            invitation: Some(Invitation {
                known: invitee.user_id,
                ..invitation
            }),
            state: State::Pending,
        });
        self.invited(id, invitee.user_id, inviter)
    }

    /// Asks once more: a new link, a new end.
    pub fn invite_again(
        &mut self,
        id: MemberId,
        user_id: Option<UserId>,
        invitation: Invitation,
        inviter: &Inviter,
    ) -> Result<MemberInvited, Refusal> {
        self.waiting(id)?.invitation = Some(Invitation {
            known: user_id,
            ..invitation
        });
        self.invited(id, user_id, inviter)
    }

    fn invited(
        &self,
        id: MemberId,
        invitee_user_id: Option<UserId>,
        inviter: &Inviter,
    ) -> Result<MemberInvited, Refusal> {
        let member = self.members.iter().find(|member| member.id == id);
        let member = member.ok_or(Refusal::InvitationNotFound)?;
        let invitation = member.pending().ok_or(Refusal::InvitationNotFound)?;
        Ok(MemberInvited {
            workspace_id: self.id,
            workspace_name: self.name.as_str().to_owned(),
            member_id: id,
            inviter_id: inviter.user_id,
            inviter_name: inviter.name.clone(),
            invitee_email: member.email.as_str().to_owned(),
            invitee_user_id,
            role: member.role,
            expires_at: invitation.expires_at,
        })
    }

    /// Takes an invitation back; one that no longer waits says nothing.
    pub fn revoke(
        &mut self,
        id: MemberId,
        invitee_user_id: Option<UserId>,
        by: UserId,
    ) -> Option<InvitationRevoked> {
        self.waiting(id).ok()?;
        let member = self.take_out(id)?;
        Some(InvitationRevoked {
            workspace_id: self.id,
            member_id: id,
            invitee_email: member.email.as_str().to_owned(),
            invitee_user_id,
            revoked_by: by,
        })
    }

    /// Ends an invitation whose time has come.
    pub fn expire(
        &mut self,
        id: MemberId,
        invitee_user_id: Option<UserId>,
        now: Timestamp,
    ) -> Option<InvitationExpired> {
        let invitation = self.waiting(id).ok()?.invitation.clone()?;
        if invitation.expires_at > now {
            return None;
        }
        let member = self.take_out(id)?;
        Some(InvitationExpired {
            workspace_id: self.id,
            member_id: id,
            invitee_email: member.email.as_str().to_owned(),
            invitee_user_id,
            inviter_id: invitation.by,
        })
    }

    /// The invitee comes in.
    pub fn join(
        &mut self,
        id: MemberId,
        user: (UserId, &Email),
        now: Timestamp,
    ) -> Result<MemberJoined, Refusal> {
        if self.is_archived {
            return Err(Refusal::InvitationNotFound);
        }
        let (workspace_id, (user_id, email)) = (self.id, user);
        let is_in = self.members.iter().any(|member| member.user() == Some(user_id));
        let member = self.waiting_for(id, email)?;
        let invitation = member.invitation.clone().ok_or(Refusal::InvitationNotFound)?;
        if invitation.expires_at <= now {
            return Err(Refusal::InvitationExpired);
        }
        if is_in {
            return Err(Refusal::AlreadyMember);
        }
        member.state = State::Accepted {
            user_id,
            joined_at: now,
        };
        Ok(MemberJoined {
            workspace_id,
            user_id,
            member_id: id,
            role: member.role,
            inviter_id: Some(invitation.by),
        })
    }

    /// The invitee does not want to.
    pub fn decline(&mut self, id: MemberId, user: (UserId, &Email)) -> Result<InvitationDeclined, Refusal> {
        let invitation = self.waiting_for(id, user.1)?.invitation.clone();
        let inviter_id = invitation.ok_or(Refusal::InvitationNotFound)?.by;
        self.take_out(id);
        Ok(InvitationDeclined {
            workspace_id: self.id,
            user_id: user.0,
            member_id: id,
            inviter_id,
        })
    }

    /// Gives somebody another role; the same one says nothing.
    pub fn set_role(&mut self, id: MemberId, role: MemberRole) -> Result<Option<MemberRoleChanged>, Refusal> {
        let workspace_id = self.id;
        let member = self.members.iter_mut().find(|member| member.id == id);
        let member = member.ok_or(Refusal::MemberNotFound)?;
        let user_id = member.user().ok_or(Refusal::MemberNotFound)?;
        if member.role == MemberRole::Owner {
            return Err(Refusal::OwnerRole);
        }
        let old_role = std::mem::replace(&mut member.role, role);
        Ok((old_role != role).then_some(MemberRoleChanged {
            workspace_id,
            user_id,
            old_role,
            new_role: role,
        }))
    }

    /// Takes somebody out, or an invitation back.
    pub fn remove(
        &mut self,
        id: MemberId,
        invitee_user_id: Option<UserId>,
        by: UserId,
    ) -> Result<Gone, Refusal> {
        let member = self.members.iter().find(|member| member.id == id);
        let member = member.ok_or(Refusal::MemberNotFound)?;
        match (member.user(), member.role) {
            (_, MemberRole::Owner) => Err(Refusal::OwnerRemoved),
            (None, _) => self
                .revoke(id, invitee_user_id, by)
                .map(Gone::Revoked)
                .ok_or(Refusal::MemberNotFound),
            (Some(user_id), role) => {
                self.take_out(id);
                Ok(Gone::Removed(self.removed(
                    user_id,
                    role,
                    by,
                    RemovalReason::Removed,
                )))
            }
        }
    }

    /// Somebody leaves by themselves; their place's id and what tells of it.
    pub fn leave(&mut self, user: UserId) -> Result<(MemberId, MemberRemoved), Refusal> {
        let member = self.members.iter().find(|member| member.user() == Some(user));
        let (id, role) = member
            .map(|member| (member.id, member.role))
            .ok_or(Refusal::NotFound)?;
        if role == MemberRole::Owner {
            return Err(Refusal::OwnerLeaves);
        }
        self.take_out(id);
        Ok((id, self.removed(user, role, user, RemovalReason::Left)))
    }

    /// Somebody's account goes; their place's id and what tells of it. Whoever owns it stays.
    pub fn lose(&mut self, user: UserId) -> Result<Option<(MemberId, MemberRemoved)>, Refusal> {
        let member = self.members.iter().find(|member| member.user() == Some(user));
        let Some((id, role)) = member.map(|member| (member.id, member.role)) else {
            return Ok(None);
        };
        if role == MemberRole::Owner {
            return Err(Refusal::OwnerLeaves);
        }
        self.take_out(id);
        let removed = self.removed(user, role, user, RemovalReason::UserDeleted);
        Ok(Some((id, removed)))
    }

    /// Finds the account of somebody who was invited before they had one, or had another
    /// address; once.
    pub fn find_invitee(&mut self, id: MemberId, user: UserId, inviter: &Inviter) -> Option<MemberInvited> {
        let invitation = self.waiting(id).ok()?.invitation.as_mut()?;
        if invitation.known == Some(user) {
            return None;
        }
        invitation.known = Some(user);
        self.invited(id, Some(user), inviter).ok()
    }

    fn removed(&self, user_id: UserId, role: MemberRole, by: UserId, reason: RemovalReason) -> MemberRemoved {
        MemberRemoved {
            workspace_id: self.id,
            user_id,
            removed_by: by,
            role,
            reason,
        }
    }

    fn take_out(&mut self, id: MemberId) -> Option<Member> {
        let index = self.members.iter().position(|member| member.id == id)?;
        Some(self.members.remove(index))
    }

    fn waiting(&mut self, id: MemberId) -> Result<&mut Member, Refusal> {
        self.members
            .iter_mut()
            .find(|member| member.id == id && member.pending().is_some())
            .ok_or(Refusal::InvitationNotFound)
    }

    fn waiting_for(&mut self, id: MemberId, email: &Email) -> Result<&mut Member, Refusal> {
        let member = self.waiting(id)?;
        if member.email != *email {
            return Err(Refusal::InvitationOfAnother);
        }
        Ok(member)
    }
}
