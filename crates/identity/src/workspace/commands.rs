//! Making, changing, putting away and handing over workspaces: each one commit.

pub(crate) mod members;

use std::time::Duration;

use althing_backbone::{Command, Timestamp, UnitOfWork, sql};
use althing_events::identity::{WorkspaceCreated, WorkspaceDeleted};
use althing_events::{MemberId, UserId, WorkspaceId};

use super::refusal::Refusal;
use super::workspace::{Changes, Creator, Workspace};
use super::{slug, views};
use crate::commands::Failure;
use crate::fields::{Email, Name};
use crate::user::User;

/// Makes a workspace; the actor is its owner.
pub(super) struct CreateWorkspace {
    pub actor: UserId,
    pub email: Email,
    pub name: Name,
    pub description: Option<String>,
    pub color: Option<String>,
}

impl Command for CreateWorkspace {
    type Output = WorkspaceId;
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<WorkspaceId, Failure> {
        // Decided anew if the account goes meanwhile: no workspace is left without an owner.
        let user: Option<User> = uow.load(self.actor.0).await?;
        uow.save(&user.filter(User::is_active).ok_or(Refusal::NotFound)?)?;
        let id = WorkspaceId(uow.new_id());
        uow.context_mut().workspace = Some(id.0);
        let slug = free_slug(uow, &self.name).await?;
        let creator = Creator {
            user_id: self.actor,
            email: self.email.clone(),
            member_id: MemberId(uow.new_id()),
        };
        let about = (self.description.clone(), self.color.clone());
        let workspace = Workspace::create(id, slug, self.name.clone(), about, creator, uow.now());
        uow.save(&workspace)?;
        uow.execute(views::insert(&workspace));
        for member in &workspace.members {
            uow.execute(views::put_member(id, member));
        }
        uow.record(&WorkspaceCreated {
            workspace_id: id,
            name: workspace.name.as_str().to_owned(),
            slug: workspace.slug.clone(),
            owner_id: self.actor,
        })?;
        Ok(id)
    }
}

/// A slug that no workspace has. Of two at once the second violates the table's key and
/// chooses again.
async fn free_slug(uow: &UnitOfWork, name: &Name) -> Result<String, Failure> {
    let base = slug::from_name(name.as_str());
    let mut slug = base.clone().unwrap_or_else(|| slug::digits(uow.new_id(), 8));
    while views::id_by_slug(uow, &slug).await?.is_some() {
        let digits = |count| slug::digits(uow.new_id(), count);
        slug = base
            .as_ref()
            .map_or_else(|| digits(8), |base| format!("{base}-{}", digits(6)));
    }
    Ok(slug)
}

/// Changes name, description, colour.
pub(super) struct ChangeWorkspace {
    pub workspace_id: WorkspaceId,
    pub actor: UserId,
    pub changes: Changes,
}

impl Command for ChangeWorkspace {
    type Output = ();
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Failure> {
        let mut workspace = load(uow, self.workspace_id).await?;
        workspace.managed_by(self.actor)?;
        if let Some(updated) = workspace.change(self.changes.clone()) {
            save(uow, &workspace)?;
            uow.record(&updated)?;
        }
        Ok(())
    }
}

/// Puts a workspace away.
pub(super) struct ArchiveWorkspace {
    pub workspace_id: WorkspaceId,
    pub actor: UserId,
}

impl Command for ArchiveWorkspace {
    type Output = ();
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Failure> {
        let mut workspace = load(uow, self.workspace_id).await?;
        workspace.owned_by(self.actor)?;
        if let Some(archived) = workspace.archive() {
            save(uow, &workspace)?;
            uow.record(&archived)?;
        }
        Ok(())
    }
}

/// Takes an archived workspace into use again.
pub(super) struct RestoreWorkspace {
    pub workspace_id: WorkspaceId,
    pub actor: UserId,
}

impl Command for RestoreWorkspace {
    type Output = ();
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Failure> {
        let mut workspace = load(uow, self.workspace_id).await?;
        workspace.owned_by(self.actor)?;
        let restored = workspace.restore()?;
        save(uow, &workspace)?;
        uow.record(&restored)?;
        Ok(())
    }
}

/// Sets the day on which an archived workspace goes for good.
pub(super) struct DeleteWorkspace {
    pub workspace_id: WorkspaceId,
    pub actor: UserId,
    /// What the actor typed: the workspace's slug, if they mean it.
    pub confirm: String,
    /// How long it can still be restored.
    pub grace: Duration,
}

impl Command for DeleteWorkspace {
    type Output = ();
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Failure> {
        let mut workspace = load(uow, self.workspace_id).await?;
        workspace.owned_by(self.actor)?;
        let updated = workspace.delete(uow.now().plus(self.grace))?;
        if self.confirm != workspace.slug {
            return Err(Refusal::Fields(vec![wrong_confirmation()]).into());
        }
        if let Some(updated) = updated {
            save(uow, &workspace)?;
            uow.record(&updated)?;
        }
        Ok(())
    }
}

fn wrong_confirmation() -> althing_web::FieldProblem {
    althing_web::FieldProblem::new(
        "/confirm",
        "confirmation_wrong",
        "must be the workspace's short name, as it stands in its address",
    )
}

/// Hands a workspace over.
pub(super) struct TransferWorkspace {
    pub workspace_id: WorkspaceId,
    pub actor: UserId,
    pub to: MemberId,
}

impl Command for TransferWorkspace {
    type Output = ();
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Failure> {
        let mut workspace = load(uow, self.workspace_id).await?;
        workspace.owned_by(self.actor)?;
        workspace.in_use()?;
        let transferred = workspace.transfer(self.to)?;
        uow.save(&workspace)?;
        let people = [transferred.from_user_id, transferred.to_user_id];
        for member in &workspace.members {
            if member.user().is_some_and(|user| people.contains(&user)) {
                uow.execute(views::put_member(workspace.id, member));
            }
        }
        uow.record(&transferred)?;
        Ok(())
    }
}

/// Removes a workspace whose day has come. Its aggregate stays as a trace, without people.
pub(super) struct PurgeWorkspace {
    pub workspace_id: WorkspaceId,
    /// The day that had come; another one since then means that it was restored meanwhile.
    pub due_at: Timestamp,
}

impl Command for PurgeWorkspace {
    type Output = ();
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Failure> {
        let mut workspace = load(uow, self.workspace_id).await?;
        if workspace
            .purge_after
            .is_none_or(|day| day > self.due_at || day > uow.now())
        {
            return Ok(());
        }
        let members = std::mem::take(&mut workspace.members);
        workspace.purge_after = None;
        uow.save(&workspace)?;
        uow.execute(sql("DELETE FROM workspace_member WHERE workspace_id = $1").bind(self.workspace_id));
        uow.execute(sql("DELETE FROM workspace WHERE id = $1").bind(self.workspace_id));
        uow.record(&WorkspaceDeleted {
            workspace_id: self.workspace_id,
            name: workspace.name.as_str().to_owned(),
            member_user_ids: members.iter().filter_map(|member| member.user()).collect(),
        })?;
        Ok(())
    }
}

/// The workspace, which what is recorded from now on belongs to.
async fn load(uow: &mut UnitOfWork, id: WorkspaceId) -> Result<Workspace, Failure> {
    let workspace: Option<Workspace> = uow.load(id.0).await?;
    let workspace = workspace.ok_or(Refusal::NotFound)?;
    uow.context_mut().workspace = Some(id.0);
    Ok(workspace)
}

fn save(uow: &mut UnitOfWork, workspace: &Workspace) -> Result<(), Failure> {
    uow.save(workspace)?;
    uow.execute(views::update(workspace));
    Ok(())
}
