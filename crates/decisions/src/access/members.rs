//! MembershipReadModel: who has which role in which workspace, from the identity
//! context's events.
//!
//! Somebody who left keeps a row without a role, and a deleted workspace a row that says
//! so: an older event that comes again must not bring anybody back.

use std::time::Duration;

use althing_backbone::{Backbone, Event, HandlerResult, Meta, Query, Subscription, Tx, projection, sql};
use althing_events::identity::{
    MemberJoined, MemberRemoved, MemberRole, MemberRoleChanged, OwnershipTransferred, WorkspaceArchived,
    WorkspaceCreated, WorkspaceDeleted, WorkspaceRestored,
};
use althing_events::{UserId, WorkspaceId};

use super::right::Shared;
use crate::error::Result;

/// The projection's name.
pub const NAME: &str = "decisions-members";

/// How long somebody waits for what happened in the identity context a moment ago.
const SOON: Duration = Duration::from_secs(1);

const WORKSPACES: &str = "CREATE TABLE {decision_workspace} (
  workspace_id TEXT PRIMARY KEY,
  state TEXT NOT NULL,
  seq BIGINT NOT NULL
)";

const MEMBERS: &str = "CREATE TABLE {decision_member} (
  workspace_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  role TEXT,
  seq BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, user_id)
);
CREATE INDEX {decision_member}_by_user ON {decision_member} (user_id)";

/// Keeps the roles and the state of each workspace.
pub fn subscription() -> Subscription {
    projection(NAME)
        .table("decision_workspace", WORKSPACES)
        .table("decision_member", MEMBERS)
        .version(1)
        .on(created)
        .on(joined)
        .on(removed)
        .on(role_changed)
        .on(transferred)
        .on(archived)
        .on(restored)
        .on(deleted)
        .into()
}

async fn created(Event(event): Event<WorkspaceCreated>, meta: Meta, tx: Tx) -> HandlerResult {
    be(&tx, event.workspace_id, "active", &meta).await;
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

async fn archived(Event(event): Event<WorkspaceArchived>, meta: Meta, tx: Tx) -> HandlerResult {
    be(&tx, event.workspace_id, "archived", &meta).await;
    Ok(())
}

async fn restored(Event(event): Event<WorkspaceRestored>, meta: Meta, tx: Tx) -> HandlerResult {
    be(&tx, event.workspace_id, "active", &meta).await;
    Ok(())
}

async fn deleted(Event(event): Event<WorkspaceDeleted>, meta: Meta, tx: Tx) -> HandlerResult {
    be(&tx, event.workspace_id, "deleted", &meta).await;
    tx.execute(sql("DELETE FROM {decision_member} WHERE workspace_id = $1").bind(event.workspace_id))
        .await;
    Ok(())
}

async fn be(tx: &Tx, workspace: WorkspaceId, state: &str, meta: &Meta) {
    tx.execute(
        sql(
            "INSERT INTO {decision_workspace} (workspace_id, state, seq) VALUES ($1, $2, $3) \
             ON CONFLICT (workspace_id) DO UPDATE SET state = excluded.state, seq = excluded.seq \
             WHERE {decision_workspace}.seq < excluded.seq",
        )
        .bind(workspace)
        .bind(state)
        .bind(meta.aggregate_seq),
    )
    .await;
}

async fn give(tx: &Tx, workspace: WorkspaceId, user: UserId, role: Option<MemberRole>, meta: &Meta) {
    tx.execute(
        sql("INSERT INTO {decision_member} (workspace_id, user_id, role, seq) \
             SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS BIGINT) \
             WHERE NOT EXISTS (SELECT 1 FROM {decision_workspace} w WHERE w.workspace_id = $1 AND w.state = 'deleted') \
             ON CONFLICT (workspace_id, user_id) DO UPDATE SET role = excluded.role, seq = excluded.seq \
             WHERE {decision_member}.seq < excluded.seq")
        .bind(workspace)
        .bind(user)
        .bind(role.map(MemberRole::as_str))
        .bind(meta.aggregate_seq),
    )
    .await;
}

/// What the table says of a workspace and somebody's role in it.
pub fn shared(state: Option<&str>, role: Option<&str>) -> Shared {
    let role = role.and_then(MemberRole::parse);
    match state {
        Some("active") => Shared::Active(role),
        Some("archived") => Shared::Archived(role),
        _ => Shared::Gone,
    }
}

/// Where somebody stands in a workspace.
pub async fn standing(on: &impl Query, workspace: WorkspaceId, user: UserId) -> Result<Shared> {
    let row: Option<(String, Option<String>)> = sql(
        "SELECT w.state, m.role FROM decision_workspace w \
         LEFT JOIN decision_member m ON m.workspace_id = w.workspace_id AND m.user_id = $2 WHERE w.workspace_id = $1",
    )
    .bind(workspace)
    .bind(user)
    .optional(on)
    .await?;
    let (state, role) = row.map_or((None, None), |(state, role)| (Some(state), role));
    Ok(shared(state.as_deref(), role.as_deref()))
}

/// Waits a moment until the tables know of everything that was committed before, so
/// that whoever has just made a workspace may use it.
pub async fn caught_up(backbone: &Backbone) -> Result<()> {
    let before = backbone.up_to_now().await?;
    if let Err(error) = backbone.seen_by(NAME, before).within(SOON).await {
        tracing::debug!(%error, "the roles are a little behind");
    }
    Ok(())
}
