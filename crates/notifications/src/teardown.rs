//! What goes with an account and with a workspace.

use althing_backbone::{
    DbError, Event, HandlerResult, Query, Subscription, UnitOfWork, Uow, Uuid, reaction, sql,
};
use althing_events::identity::{UserDeleted, WorkspaceDeleted};

use crate::preferences::Preferences;

/// An event from before that comes late tells nobody any more.
fn mark(uow: &mut UnitOfWork, gone: Uuid) {
    uow.execute(sql("INSERT INTO notification_gone (id) VALUES ($1) ON CONFLICT (id) DO NOTHING").bind(gone));
}

/// Whether this person or this workspace is gone.
pub async fn is_gone(on: &impl Query, user: Uuid, workspace: Option<Uuid>) -> Result<bool, DbError> {
    let found: Option<i64> = sql("SELECT 1 FROM notification_gone WHERE id = $1 OR id = $2 LIMIT 1")
        .bind(user)
        .bind(workspace)
        .optional(on)
        .await?;
    Ok(found.is_some())
}

/// Removes what somebody was told and how they wanted it, and what was told of a workspace.
/// Nothing is recorded: it follows from what was.
pub fn subscription() -> Subscription {
    reaction("notification-teardown")
        .from_beginning()
        .on(user_deleted)
        .on(workspace_deleted)
        .into()
}

async fn user_deleted(Event(deleted): Event<UserDeleted>, mut uow: Uow) -> HandlerResult {
    let user = deleted.user_id;
    mark(&mut uow, user.0);
    let preferences: Option<Preferences> = uow.load(user.0).await?;
    if let Some(preferences) = preferences {
        uow.remove(&preferences);
    }
    uow.execute(sql("DELETE FROM notification WHERE user_id = $1").bind(user));
    uow.execute(sql("DELETE FROM notification_digest_run WHERE user_id = $1").bind(user));
    Ok(())
}

async fn workspace_deleted(Event(deleted): Event<WorkspaceDeleted>, mut uow: Uow) -> HandlerResult {
    mark(&mut uow, deleted.workspace_id.0);
    uow.execute(sql("DELETE FROM notification WHERE workspace_id = $1").bind(deleted.workspace_id));
    Ok(())
}
