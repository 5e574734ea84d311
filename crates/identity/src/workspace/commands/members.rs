//! Inviting, coming in, changing roles, leaving: each one commit.

use althing_backbone::{Command, Timestamp, UnitOfWork};
use althing_events::identity::MemberRole;
use althing_events::{MemberId, UserId, WorkspaceId};

use super::load;
use crate::commands::Failure;
use crate::fields::Email;
use crate::secret::sha256;
use crate::user::{Refusal as UserRefusal, User};
use crate::views::{account, id_by_email};
use crate::workspace::member::{Invitation, Member};
use crate::workspace::places::{Gone, Invitee, Inviter, end};
use crate::workspace::refusal::Refusal;
use crate::workspace::workspace::Workspace;
use crate::workspace::{link, views};

/// Asks somebody to come. Answers the place that waits for them.
pub(in crate::workspace) struct Invite {
    pub workspace_id: WorkspaceId,
    pub actor: Inviter,
    pub email: Email,
    pub role: MemberRole,
}

impl Command for Invite {
    type Output = MemberId;
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<MemberId, Failure> {
        let mut workspace = load(uow, self.workspace_id).await?;
        workspace.managed_by(self.actor.user_id)?;
        let id = MemberId(uow.new_id());
        let invitee = Invitee {
            user_id: id_by_email(uow, &self.email).await?,
            email: self.email.clone(),
        };
        let invitation = invitation(uow, id, self.actor.user_id).await?;
        let invited = workspace.invite(id, &invitee, self.role, invitation, &self.actor)?;
        keep(uow, &workspace, id)?;
        uow.record(&invited)?;
        Ok(id)
    }
}

/// Asks somebody once more, with another link.
pub(in crate::workspace) struct InviteAgain {
    pub workspace_id: WorkspaceId,
    pub actor: Inviter,
    pub member_id: MemberId,
}

impl Command for InviteAgain {
    type Output = ();
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Failure> {
        let mut workspace = load(uow, self.workspace_id).await?;
        workspace.managed_by(self.actor.user_id)?;
        let account = account_of(uow, &workspace, self.member_id).await?;
        let invitation = invitation(uow, self.member_id, self.actor.user_id).await?;
        let invited = workspace.invite_again(self.member_id, account, invitation, &self.actor)?;
        keep(uow, &workspace, self.member_id)?;
        uow.record(&invited)?;
        Ok(())
    }
}

/// Takes an invitation back; a second time does nothing.
pub(in crate::workspace) struct Revoke {
    pub workspace_id: WorkspaceId,
    pub actor: UserId,
    pub member_id: MemberId,
}

impl Command for Revoke {
    type Output = ();
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Failure> {
        let mut workspace = load(uow, self.workspace_id).await?;
        workspace.managed_by(self.actor)?;
        let account = account_of(uow, &workspace, self.member_id).await?;
        if let Some(revoked) = workspace.revoke(self.member_id, account, self.actor) {
            uow.save(&workspace)?;
            uow.execute(views::end_member(self.member_id, "revoked"));
            uow.record(&revoked)?;
            return Ok(());
        }
        match views::status_of(uow, self.workspace_id, self.member_id)
            .await?
            .as_deref()
        {
            Some("revoked") => Ok(()),
            _ => Err(Refusal::InvitationNotFound.into()),
        }
    }
}

/// Ends an invitation that was not answered in time.
pub(in crate::workspace) struct Expire {
    pub workspace_id: WorkspaceId,
    pub member_id: MemberId,
}

impl Command for Expire {
    type Output = ();
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Failure> {
        let mut workspace = load(uow, self.workspace_id).await?;
        let account = account_of(uow, &workspace, self.member_id).await?;
        let now = uow.now();
        if let Some(expired) = workspace.expire(self.member_id, account, now) {
            uow.save(&workspace)?;
            uow.execute(views::end_member(self.member_id, "expired"));
            uow.record(&expired)?;
        }
        Ok(())
    }
}

/// How somebody shows which invitation they mean.
#[derive(Clone, Debug)]
pub(crate) enum Acceptance {
    /// By its id; whose address is another learns nothing of it.
    Place(MemberId),
    /// By what its link carries.
    Link(String),
}

/// Somebody who is invited comes in. Answers the workspace.
#[derive(Clone, Debug)]
pub(crate) struct Joining {
    pub user_id: UserId,
    pub by: Acceptance,
}

impl Command for Joining {
    type Output = WorkspaceId;
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<WorkspaceId, Failure> {
        let user: Option<User> = uow.load(self.user_id.0).await?;
        let user = user.filter(User::is_active);
        let user = user.ok_or(Refusal::InvitationNotFound)?;
        // Decided anew if the account goes meanwhile.
        uow.save(&user)?;
        let (workspace_id, member_id) = find(uow, &self.by).await?;
        join(uow, workspace_id, member_id, &user)
            .await
            .map_err(|failure| discreet(failure, &self.by))?;
        Ok(workspace_id)
    }
}

/// Puts an invitee into their place, in whatever commit is under way.
pub(crate) async fn join(
    uow: &mut UnitOfWork,
    workspace_id: WorkspaceId,
    member_id: MemberId,
    user: &User,
) -> Result<(), Failure> {
    let mut workspace = load(uow, workspace_id).await?;
    let joined = workspace.join(member_id, (user.id, &user.email), uow.now())?;
    keep(uow, &workspace, member_id)?;
    uow.record(&joined)?;
    Ok(())
}

/// Somebody who is invited does not want to come; a second time does nothing.
pub(in crate::workspace) struct Decline {
    pub user_id: UserId,
    pub member_id: MemberId,
}

impl Command for Decline {
    type Output = ();
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Failure> {
        let user: User = uow
            .load(self.user_id.0)
            .await?
            .ok_or(Refusal::InvitationNotFound)?;
        let place = Acceptance::Place(self.member_id);
        let found = find(uow, &place).await;
        let (workspace_id, member_id) = match found {
            Err(failure) if views::has_declined(uow, self.member_id, &user.email).await? => {
                drop(failure);
                return Ok(());
            }
            found => found?,
        };
        let mut workspace = load(uow, workspace_id).await?;
        let declined = workspace
            .decline(member_id, (user.id, &user.email))
            .map_err(|refusal| discreet(refusal.into(), &place))?;
        uow.save(&workspace)?;
        uow.execute(views::end_member(member_id, "declined"));
        uow.record(&declined)?;
        Ok(())
    }
}

/// Gives somebody another role.
pub(in crate::workspace) struct ChangeRole {
    pub workspace_id: WorkspaceId,
    pub actor: UserId,
    pub member_id: MemberId,
    pub role: MemberRole,
}

impl Command for ChangeRole {
    type Output = ();
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Failure> {
        let mut workspace = load(uow, self.workspace_id).await?;
        workspace.managed_by(self.actor)?;
        if let Some(changed) = workspace.set_role(self.member_id, self.role)? {
            keep(uow, &workspace, self.member_id)?;
            uow.record(&changed)?;
        }
        Ok(())
    }
}

/// Takes somebody out, or an invitation back.
pub(in crate::workspace) struct Remove {
    pub workspace_id: WorkspaceId,
    pub actor: UserId,
    pub member_id: MemberId,
}

impl Command for Remove {
    type Output = ();
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Failure> {
        let mut workspace = load(uow, self.workspace_id).await?;
        workspace.managed_by(self.actor)?;
        let account = account_of(uow, &workspace, self.member_id).await?;
        let gone = workspace.remove(self.member_id, account, self.actor)?;
        uow.save(&workspace)?;
        match gone {
            Gone::Removed(removed) => {
                uow.execute(views::end_member(self.member_id, "removed"));
                uow.record(&removed)?;
            }
            Gone::Revoked(revoked) => {
                uow.execute(views::end_member(self.member_id, "revoked"));
                uow.record(&revoked)?;
            }
        }
        Ok(())
    }
}

/// Leaves a workspace by oneself.
pub(in crate::workspace) struct Leave {
    pub workspace_id: WorkspaceId,
    pub actor: UserId,
}

impl Command for Leave {
    type Output = ();
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Failure> {
        let mut workspace = load(uow, self.workspace_id).await?;
        workspace.role_of(self.actor)?;
        let (member_id, removed) = workspace.leave(self.actor)?;
        uow.save(&workspace)?;
        uow.execute(views::end_member(member_id, "left"));
        uow.record(&removed)?;
        Ok(())
    }
}

/// Takes somebody whose account goes out of every workspace they are in. Whoever owns one
/// cannot go.
pub(crate) async fn leave_everything(
    uow: &mut UnitOfWork,
    user: UserId,
    email: &Email,
) -> Result<(), Failure> {
    for workspace_id in views::workspaces_of(uow, user).await? {
        let mut workspace = load(uow, workspace_id).await?;
        let gone = workspace.lose(user).map_err(|_| UserRefusal::OwnsWorkspaces)?;
        if let Some((member_id, removed)) = gone {
            uow.save(&workspace)?;
            uow.execute(views::end_member(member_id, "removed"));
            uow.record(&removed)?;
        }
    }
    // What tells of an invitation is sealed under its own key.
    for member_id in views::past_places(uow, user, email).await? {
        uow.erase_subject(member_id.0);
    }
    uow.execute(views::forget_person(user, email));
    Ok(())
}

/// Tells the account that an address has now of the invitations that wait for it, each once.
pub(in crate::workspace) async fn find_invitations(
    uow: &mut UnitOfWork,
    user: UserId,
    email: &Email,
) -> Result<(), Failure> {
    // An address that was left again meanwhile is nobody's.
    if id_by_email(uow, email).await? != Some(user) {
        return Ok(());
    }
    for (workspace_id, member_id) in views::places_waiting_for(uow, email).await? {
        let mut workspace = load(uow, workspace_id).await?;
        let Some(inviter) = inviter_of(uow, &workspace, member_id).await? else {
            continue;
        };
        if let Some(invited) = workspace.find_invitee(member_id, user, &inviter) {
            uow.save(&workspace)?;
            uow.record(&invited)?;
        }
    }
    Ok(())
}

async fn inviter_of(
    uow: &UnitOfWork,
    workspace: &Workspace,
    id: MemberId,
) -> Result<Option<Inviter>, Failure> {
    let Some(by) = place(workspace, id).and_then(Member::pending).map(|one| one.by) else {
        return Ok(None);
    };
    let account = account(uow, by).await?;
    let name = account.map_or_else(
        || "Somebody".to_owned(),
        |account| format!("{} {}", account.first_name, account.last_name),
    );
    Ok(Some(Inviter { user_id: by, name }))
}

/// Which place an invitation is for.
pub(crate) async fn find(uow: &UnitOfWork, by: &Acceptance) -> Result<(WorkspaceId, MemberId), Failure> {
    let found = match by {
        Acceptance::Place(id) => views::waiting_place(uow, *id).await?,
        Acceptance::Link(token) => views::place_of_link(uow, &sha256(token.as_bytes())).await?,
    };
    Ok(found.ok_or(Refusal::InvitationNotFound)?)
}

/// Whoever guesses ids learns nothing about the invitations of others.
fn discreet(failure: Failure, by: &Acceptance) -> Failure {
    match (failure, by) {
        (Failure::Workspace(Refusal::InvitationOfAnother), Acceptance::Place(_)) => {
            Refusal::InvitationNotFound.into()
        }
        (failure, _) => failure,
    }
}

async fn invitation(uow: &UnitOfWork, id: MemberId, by: UserId) -> Result<Invitation, Failure> {
    let at: Timestamp = uow.now();
    let expires_at = end(at);
    let token = link::token(uow.db(), id, expires_at).await?;
    Ok(Invitation {
        by,
        at,
        expires_at,
        token_hash: sha256(token.as_bytes()),
        known: None,
    })
}

/// The account of the address that was invited, if it has one by now.
async fn account_of(
    uow: &UnitOfWork,
    workspace: &Workspace,
    id: MemberId,
) -> Result<Option<UserId>, Failure> {
    match place(workspace, id) {
        Some(member) if member.pending().is_some() => Ok(id_by_email(uow, &member.email).await?),
        _ => Ok(None),
    }
}

fn place(workspace: &Workspace, id: MemberId) -> Option<&Member> {
    workspace.members.iter().find(|member| member.id == id)
}

/// Saves the workspace and what is read of one place in it.
fn keep(uow: &mut UnitOfWork, workspace: &Workspace, id: MemberId) -> Result<(), Failure> {
    uow.save(workspace)?;
    if let Some(member) = place(workspace, id) {
        uow.execute(views::put_member(workspace.id, member));
    }
    Ok(())
}
