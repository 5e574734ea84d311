//! Places that somebody has because their sign-in provider says so: followed at each sign-in.

use std::collections::{BTreeMap, BTreeSet};

use althing_backbone::{Query, Timestamp, UnitOfWork, Uuid, sql};
use althing_events::identity::{MemberJoined, MemberRemoved, MemberRole, MemberRoleChanged, RemovalReason};
use althing_events::{MemberId, OidcProviderId, UserId, WorkspaceId};

use super::member::{Member, Source, State};
use super::views;
use super::workspace::Workspace;
use crate::commands::Failure;
use crate::fields::Email;
use crate::user::User;

/// What a group map did to somebody's place.
enum Followed {
    Joined(MemberJoined),
    Changed(MemberId, MemberRoleChanged),
    Removed(MemberId, MemberRemoved),
}

/// Gives somebody the places that this provider's groups give, in whatever commit is under
/// way, and takes back those that it gave before. All other places stay as they are.
pub(crate) async fn follow(
    uow: &mut UnitOfWork,
    user: &User,
    provider: OidcProviderId,
    wanted: &BTreeMap<WorkspaceId, MemberRole>,
) -> Result<(), Failure> {
    let mut concerned = given_to(uow, user.id).await?;
    concerned.extend(wanted.keys());
    for id in concerned {
        // A workspace that is put away or gone is nobody's to come into.
        let Some(mut workspace) = uow.load::<Workspace>(id.0).await? else {
            continue;
        };
        if workspace.is_archived || workspace.members.is_empty() {
            continue;
        }
        let new_id = MemberId(uow.new_id());
        let person = (user.id, &user.email);
        let followed = workspace.follow(person, provider, wanted.get(&id).copied(), (new_id, uow.now()));
        let Some(followed) = followed else { continue };
        uow.context_mut().workspace = Some(id.0);
        uow.save(&workspace)?;
        let place = match &followed {
            Followed::Joined(joined) => joined.member_id,
            Followed::Changed(id, _) | Followed::Removed(id, _) => *id,
        };
        for member in workspace.members.iter().filter(|member| member.id == place) {
            uow.execute(views::put_member(id, member));
        }
        if let Followed::Removed(..) = followed {
            uow.execute(views::end_member(place, "removed"));
        }
        match followed {
            Followed::Joined(joined) => uow.record(&joined)?,
            Followed::Changed(_, changed) => uow.record(&changed)?,
            Followed::Removed(_, removed) => uow.record(&removed)?,
        };
    }
    uow.context_mut().workspace = None;
    Ok(())
}

/// Where somebody is because a provider said so.
async fn given_to(on: &impl Query, user: UserId) -> Result<BTreeSet<WorkspaceId>, Failure> {
    let ids: Vec<Uuid> = sql(
        "SELECT workspace_id FROM workspace_member WHERE user_id = $1 AND status = 'accepted' AND source = 'oidc'",
    )
    .bind(user)
    .all(on)
    .await?;
    Ok(ids.into_iter().map(WorkspaceId).collect())
}

impl Workspace {
    /// Follows one provider's word on one person; `None` if nothing changes.
    fn follow(
        &mut self,
        user: (UserId, &Email),
        provider: OidcProviderId,
        role: Option<MemberRole>,
        new: (MemberId, Timestamp),
    ) -> Option<Followed> {
        let place = self
            .members
            .iter()
            .position(|member| member.user() == Some(user.0));
        match (place, role) {
            (None, None) => None,
            (None, Some(role)) => Some(Followed::Joined(self.let_in(user, provider, role, new))),
            (Some(place), role) => {
                let member = &mut self.members[place];
                let is_followed = member.source == Source::Oidc && member.provider == Some(provider);
                if !is_followed || member.role == MemberRole::Owner {
                    return None;
                }
                match role {
                    Some(role) if role == member.role => None,
                    Some(role) => {
                        let old_role = std::mem::replace(&mut member.role, role);
                        let changed = MemberRoleChanged {
                            workspace_id: self.id,
                            user_id: user.0,
                            old_role,
                            new_role: role,
                        };
                        Some(Followed::Changed(member.id, changed))
                    }
                    None => {
                        let gone = self.members.remove(place);
                        let removed = MemberRemoved {
                            workspace_id: self.id,
                            user_id: user.0,
                            removed_by: user.0,
                            role: gone.role,
                            reason: RemovalReason::Oidc,
                        };
                        Some(Followed::Removed(gone.id, removed))
                    }
                }
            }
        }
    }

    /// An invitation that waits for them becomes their place.
    fn let_in(
        &mut self,
        (user_id, email): (UserId, &Email),
        provider: OidcProviderId,
        role: MemberRole,
        (new_id, now): (MemberId, Timestamp),
    ) -> MemberJoined {
        let waiting = self
            .members
            .iter()
            .position(|member| member.pending().is_some() && member.email == *email);
        let before = waiting.map(|waiting| self.members.remove(waiting));
        let (id, invitation) = before.map_or((new_id, None), |before| (before.id, before.invitation));
        let inviter_id = invitation.as_ref().map(|invitation| invitation.by);
        self.members.push(Member {
            id,
            email: email.clone(),
            role,
            source: Source::Oidc,
            provider: Some(provider),
            invitation,
            state: State::Accepted {
                user_id,
                joined_at: now,
            },
        });
        MemberJoined {
            workspace_id: self.id,
            user_id,
            member_id: id,
            role,
            inviter_id,
        }
    }
}
