//! Making, changing and revoking keys: each one commit.

use althing_backbone::{Command, Timestamp, UnitOfWork};
use althing_events::{ApiKeyId, UserId, WorkspaceId};

use super::api_key::{ApiKey, Changes, PlainKey};
use super::views;
use crate::commands::Failure;
use crate::fields::Name;
use crate::user::Refusal;
use crate::workspace::http::are_all_of;

/// Makes a key.
pub(super) struct CreateKey {
    pub actor: UserId,
    pub plain: PlainKey,
    pub name: Name,
    pub description: Option<String>,
    pub workspaces: Vec<WorkspaceId>,
    pub scopes: Vec<String>,
    pub expires_at: Option<Timestamp>,
}

impl Command for CreateKey {
    type Output = ApiKeyId;
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<ApiKeyId, Failure> {
        require_membership(uow, self.actor, &self.workspaces).await?;
        let key = ApiKey {
            id: ApiKeyId(uow.new_id()),
            user_id: self.actor,
            name: self.name.clone(),
            description: self.description.clone(),
            prefix: self.plain.prefix.clone(),
            hashed_token: self.plain.hash(),
            workspaces: self.workspaces.clone(),
            scopes: self.scopes.clone(),
            is_active: true,
            expires_at: self.expires_at,
            created_at: uow.now(),
        };
        uow.save(&key)?;
        uow.execute(views::insert(&key));
        uow.record(&key.created())?;
        Ok(key.id)
    }
}

/// Changes what a key is called, and what and where it may.
pub(super) struct ChangeKey {
    pub actor: UserId,
    pub key_id: ApiKeyId,
    pub changes: Changes,
}

impl Command for ChangeKey {
    type Output = ();
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Failure> {
        let mut key = own(uow, self.key_id, self.actor).await?;
        if !key.is_active {
            return Err(Refusal::KeyRevoked.into());
        }
        let added: Vec<WorkspaceId> = self.changes.workspaces.iter().flatten().copied().collect();
        let added: Vec<WorkspaceId> = added
            .into_iter()
            .filter(|id| !key.workspaces.contains(id))
            .collect();
        require_membership(uow, self.actor, &added).await?;
        if let Some(updated) = key.change(self.changes.clone()) {
            uow.save(&key)?;
            uow.execute(views::update(&key));
            uow.record(&updated)?;
        }
        Ok(())
    }
}

/// Ends a key for good; a second time does nothing.
pub(super) struct RevokeKey {
    pub actor: UserId,
    pub key_id: ApiKeyId,
}

impl Command for RevokeKey {
    type Output = ();
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Failure> {
        let mut key = own(uow, self.key_id, self.actor).await?;
        if let Some(revoked) = key.revoke() {
            uow.save(&key)?;
            uow.execute(views::update(&key));
            uow.record(&revoked)?;
        }
        Ok(())
    }
}

/// Removes the keys of somebody whose account goes.
pub(crate) async fn remove_all_of(uow: &mut UnitOfWork, user: UserId) -> Result<(), Failure> {
    for id in views::ids_of(uow, user).await? {
        let key: Option<ApiKey> = uow.load(id.0).await?;
        if let Some(key) = key {
            uow.remove(&key);
        }
    }
    uow.execute(views::delete_all(user));
    Ok(())
}

async fn own(uow: &mut UnitOfWork, id: ApiKeyId, actor: UserId) -> Result<ApiKey, Failure> {
    let key: Option<ApiKey> = uow.load(id.0).await?;
    let key = key.filter(|key| key.user_id == actor);
    Ok(key.ok_or(Refusal::UnknownKey)?)
}

/// One can let a key only into workspaces that one is in.
async fn require_membership(
    uow: &UnitOfWork,
    actor: UserId,
    workspaces: &[WorkspaceId],
) -> Result<(), Failure> {
    if are_all_of(uow, actor, workspaces).await? {
        return Ok(());
    }
    Err(Refusal::NotYourWorkspace.into())
}
