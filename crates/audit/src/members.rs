//! `audit-members`: who owns or administers which workspace, and what it is called in
//! addresses, from the identity context's events.
//!
//! A deleted workspace keeps a row that says so: an older event that comes again must not
//! bring anybody back.

use althing_backbone::{DbError, Event, HandlerResult, Meta, Query, Subscription, Tx, Uuid, projection, sql};
use althing_events::identity::{
    MemberJoined, MemberRemoved, MemberRole, MemberRoleChanged, OwnershipTransferred, WorkspaceCreated,
    WorkspaceDeleted,
};
use althing_events::{UserId, WorkspaceId};

/// The projection's name.
pub(crate) const NAME: &str = "audit-members";

const WORKSPACES: &str = "CREATE TABLE {audit_workspace} (
  workspace_id TEXT PRIMARY KEY,
  slug TEXT NOT NULL,
  is_deleted BOOLEAN NOT NULL
)";

const MEMBERS: &str = "CREATE TABLE {audit_member} (
  workspace_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  role TEXT,
  seq BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, user_id)
)";

pub(crate) fn subscription() -> Subscription {
    projection(NAME)
        .table("audit_workspace", WORKSPACES)
        .table("audit_member", MEMBERS)
        .on(created)
        .on(joined)
        .on(removed)
        .on(role_changed)
        .on(transferred)
        .on(deleted)
        .into()
}

async fn created(Event(event): Event<WorkspaceCreated>, meta: Meta, tx: Tx) -> HandlerResult {
    tx.execute(
        sql(
            "INSERT INTO {audit_workspace} (workspace_id, slug, is_deleted) VALUES ($1, $2, FALSE) \
             ON CONFLICT (workspace_id) DO NOTHING",
        )
        .bind(event.workspace_id)
        .bind(event.slug),
    )
    .await;
    let owner = Some(MemberRole::Owner);
    give(&tx, event.workspace_id, event.owner_id, owner, &meta).await;
    Ok(())
}

async fn joined(Event(event): Event<MemberJoined>, meta: Meta, tx: Tx) -> HandlerResult {
    give(&tx, event.workspace_id, event.user_id, Some(event.role), &meta).await;
    Ok(())
}

async fn removed(Event(event): Event<MemberRemoved>, meta: Meta, tx: Tx) -> HandlerResult {
    give(&tx, event.workspace_id, event.user_id, None, &meta).await;
    Ok(())
}

async fn role_changed(Event(event): Event<MemberRoleChanged>, meta: Meta, tx: Tx) -> HandlerResult {
    let role = Some(event.new_role);
    give(&tx, event.workspace_id, event.user_id, role, &meta).await;
    Ok(())
}

async fn transferred(Event(event): Event<OwnershipTransferred>, meta: Meta, tx: Tx) -> HandlerResult {
    let (admin, owner) = (Some(MemberRole::Admin), Some(MemberRole::Owner));
    give(&tx, event.workspace_id, event.from_user_id, admin, &meta).await;
    give(&tx, event.workspace_id, event.to_user_id, owner, &meta).await;
    Ok(())
}

async fn deleted(Event(event): Event<WorkspaceDeleted>, tx: Tx) -> HandlerResult {
    tx.execute(
        sql("UPDATE {audit_workspace} SET is_deleted = TRUE WHERE workspace_id = $1")
            .bind(event.workspace_id),
    )
    .await;
    Ok(())
}

async fn give(tx: &Tx, workspace: WorkspaceId, user: UserId, role: Option<MemberRole>, meta: &Meta) {
    tx.execute(
        sql(
            "INSERT INTO {audit_member} (workspace_id, user_id, role, seq) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (workspace_id, user_id) DO UPDATE SET role = excluded.role, seq = excluded.seq \
             WHERE {audit_member}.seq < excluded.seq",
        )
        .bind(workspace)
        .bind(user)
        .bind(role.map(MemberRole::as_str))
        .bind(meta.aggregate_seq),
    )
    .await;
}

/// The workspace of a slug or id, and what somebody is in it; nothing for whoever is not.
pub(crate) async fn place(
    on: &impl Query,
    user: UserId,
    slug_or_id: &str,
) -> Result<Option<(WorkspaceId, MemberRole)>, DbError> {
    let found: Option<(Uuid, String)> = sql("SELECT w.workspace_id, m.role FROM audit_workspace w \
         JOIN audit_member m ON m.workspace_id = w.workspace_id AND m.user_id = $1 \
         WHERE (w.slug = $2 OR w.workspace_id = $3) AND w.is_deleted = FALSE AND m.role IS NOT NULL")
    .bind(user)
    .bind(slug_or_id)
    .bind(Uuid::try_parse(slug_or_id).ok())
    .optional(on)
    .await?;
    Ok(found.and_then(|(id, role)| Some((WorkspaceId(id), MemberRole::parse(&role)?))))
}
