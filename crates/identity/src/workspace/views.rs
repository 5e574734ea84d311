//! What people read of workspaces, and the statements that keep it.

use althing_backbone::{DbError, FromRow, Query, Row, Statement, Timestamp, Uuid, sql};
use althing_events::{MemberId, UserId, WorkspaceId};
use schemars::JsonSchema;
use serde::Serialize;

use super::member::{Member, State};
use super::workspace::Workspace;
use crate::fields::Email;

/// A workspace as one of its members sees it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct WorkspaceView {
    pub id: WorkspaceId,
    pub name: String,
    pub slug: String,
    pub description: Option<String>,
    pub color: Option<String>,
    /// What the reader is here.
    pub role: String,
    pub is_archived: bool,
    /// When it will be deleted for good.
    pub purge_after: Option<Timestamp>,
    pub member_count: i64,
    pub created_at: Timestamp,
}

impl FromRow for WorkspaceView {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: WorkspaceId(row.get(0)?),
            name: row.get(1)?,
            slug: row.get(2)?,
            description: row.get(3)?,
            color: row.get(4)?,
            role: row.get(5)?,
            is_archived: row.get(6)?,
            purge_after: row.get(7)?,
            member_count: row.get(8)?,
            created_at: row.get(9)?,
        })
    }
}

/// One's own places; an archived workspace only its owner and admins see.
const WORKSPACES: &str = "SELECT w.id, w.name, w.slug, w.description, w.color, m.role, w.is_archived, w.purge_after, \
     (SELECT count(*) FROM workspace_member c WHERE c.workspace_id = w.id AND c.status = 'accepted'), w.created_at \
     FROM workspace_member m JOIN workspace w ON w.id = m.workspace_id WHERE m.user_id = $1 AND m.status = 'accepted' \
     AND (w.is_archived = FALSE OR m.role IN ('owner', 'admin'))";

/// The workspaces somebody is in, archived ones or the others, newest first.
pub(super) async fn list(
    on: &impl Query,
    user: UserId,
    archived: bool,
) -> Result<Vec<WorkspaceView>, DbError> {
    sql(format!(
        "{WORKSPACES} AND w.is_archived = $2 ORDER BY w.created_at DESC, w.id DESC"
    ))
    .bind(user)
    .bind(archived)
    .all(on)
    .await
}

/// A workspace with the reader's own place in it, by its slug or its id.
pub(super) async fn one(
    on: &impl Query,
    user: UserId,
    slug_or_id: &str,
) -> Result<Option<WorkspaceView>, DbError> {
    let id = Uuid::try_parse(slug_or_id).ok();
    sql(format!("{WORKSPACES} AND (w.slug = $2 OR w.id = $3)"))
        .bind(user)
        .bind(slug_or_id)
        .bind(id)
        .optional(on)
        .await
}

/// Whether somebody is in each of these workspaces.
pub(crate) async fn are_all_of(
    on: &impl Query,
    user: UserId,
    workspaces: &[WorkspaceId],
) -> Result<bool, DbError> {
    for id in workspaces {
        let found: Option<Uuid> = sql(
            "SELECT id FROM workspace_member WHERE workspace_id = $1 AND user_id = $2 AND status = 'accepted'",
        )
        .bind(*id)
        .bind(user)
        .optional(on)
        .await?;
        if found.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

pub(super) async fn id_by_slug(on: &impl Query, slug: &str) -> Result<Option<Uuid>, DbError> {
    sql("SELECT id FROM workspace WHERE slug = $1")
        .bind(slug)
        .optional(on)
        .await
}

/// A person by name.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Named {
    pub id: UserId,
    pub name: String,
}

/// A place as the members see it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct MemberView {
    pub id: MemberId,
    /// Absent while the invitation waits.
    pub user_id: Option<UserId>,
    pub name: Option<String>,
    pub email: String,
    pub role: String,
    /// accepted or pending.
    pub status: String,
    pub invited_by: Option<Named>,
    pub invited_at: Option<Timestamp>,
    /// When the invitation ends.
    pub expires_at: Option<Timestamp>,
    pub joined_at: Option<Timestamp>,
}

impl FromRow for MemberView {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let inviter: Option<Uuid> = row.get(6)?;
        let inviter_name: Option<String> = row.get(7)?;
        Ok(Self {
            id: MemberId(row.get(0)?),
            user_id: row.get::<Option<Uuid>>(1)?.map(UserId),
            name: row.get(2)?,
            email: row.get(3)?,
            role: row.get(4)?,
            status: row.get(5)?,
            invited_by: inviter.map(|id| Named {
                id: UserId(id),
                name: inviter_name.unwrap_or_else(|| "Somebody".to_owned()),
            }),
            invited_at: row.get(8)?,
            expires_at: row.get(9)?,
            joined_at: row.get(10)?,
        })
    }
}

const MEMBERS: &str = "SELECT m.id, m.user_id, u.first_name || ' ' || u.last_name, coalesce(u.email, m.email), m.role, m.status, \
     m.invited_by, i.first_name || ' ' || i.last_name, m.invited_at, \
     CASE WHEN m.status = 'pending' THEN m.expires_at END, m.joined_at \
     FROM workspace_member m LEFT JOIN user_account u ON u.id = m.user_id LEFT JOIN user_account i ON i.id = m.invited_by \
     WHERE m.workspace_id = $1 AND m.status IN ('accepted', 'pending')";

/// Everybody's place: the owner first, then by when they came. Who is invited only those
/// see who may invite.
pub(super) async fn members(
    on: &impl Query,
    workspace: WorkspaceId,
    with_invited: bool,
) -> Result<Vec<MemberView>, DbError> {
    sql(format!(
        "{MEMBERS} AND (m.status = 'accepted' OR $2) ORDER BY m.status, \
         CASE m.role WHEN 'owner' THEN 0 ELSE 1 END, coalesce(m.joined_at, m.invited_at), m.id"
    ))
    .bind(workspace)
    .bind(with_invited)
    .all(on)
    .await
}

/// One place.
pub(super) async fn member(
    on: &impl Query,
    workspace: WorkspaceId,
    id: MemberId,
) -> Result<Option<MemberView>, DbError> {
    sql(format!("{MEMBERS} AND m.id = $2"))
        .bind(workspace)
        .bind(id)
        .optional(on)
        .await
}

/// An invitation as whom it is for sees it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct InvitationView {
    pub id: MemberId,
    pub workspace_id: WorkspaceId,
    pub workspace_name: String,
    pub inviter_name: String,
    pub role: String,
    pub expires_at: Timestamp,
    #[serde(skip)]
    pub email: String,
}

impl FromRow for InvitationView {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let inviter: Option<String> = row.get(3)?;
        Ok(Self {
            id: MemberId(row.get(0)?),
            workspace_id: WorkspaceId(row.get(1)?),
            workspace_name: row.get(2)?,
            inviter_name: inviter.unwrap_or_else(|| "Somebody".to_owned()),
            role: row.get(4)?,
            expires_at: row.get(5)?,
            email: row.get(6)?,
        })
    }
}

const INVITATIONS: &str = "SELECT m.id, m.workspace_id, w.name, i.first_name || ' ' || i.last_name, m.role, m.expires_at, m.email \
     FROM workspace_member m JOIN workspace w ON w.id = m.workspace_id LEFT JOIN user_account i ON i.id = m.invited_by \
     WHERE m.status = 'pending' AND w.is_archived = FALSE";

/// The open invitations of an address, the newest first.
pub(super) async fn invitations_of(
    on: &impl Query,
    email: &str,
    now: Timestamp,
) -> Result<Vec<InvitationView>, DbError> {
    sql(format!(
        "{INVITATIONS} AND m.email = $1 AND m.expires_at > $2 ORDER BY m.invited_at DESC, m.id"
    ))
    .bind(email)
    .bind(now)
    .all(on)
    .await
}

/// The invitation a link is for.
pub(super) async fn invitation_of_link(
    on: &impl Query,
    token_hash: &str,
) -> Result<Option<InvitationView>, DbError> {
    sql(format!("{INVITATIONS} AND m.token_hash = $1"))
        .bind(token_hash)
        .optional(on)
        .await
}

pub(super) async fn place_of_link(
    on: &impl Query,
    token_hash: &str,
) -> Result<Option<(WorkspaceId, MemberId)>, DbError> {
    let found: Option<(Uuid, Uuid)> =
        sql("SELECT workspace_id, id FROM workspace_member WHERE status = 'pending' AND token_hash = $1")
            .bind(token_hash)
            .optional(on)
            .await?;
    Ok(found.map(|(workspace, id)| (WorkspaceId(workspace), MemberId(id))))
}

pub(super) async fn waiting_place(
    on: &impl Query,
    id: MemberId,
) -> Result<Option<(WorkspaceId, MemberId)>, DbError> {
    let found: Option<Uuid> =
        sql("SELECT workspace_id FROM workspace_member WHERE status = 'pending' AND id = $1")
            .bind(id)
            .optional(on)
            .await?;
    Ok(found.map(|workspace| (WorkspaceId(workspace), id)))
}

/// Whether an invitation still waits, until then.
pub(super) async fn waits_until(
    on: &impl Query,
    id: MemberId,
    expires_at: Timestamp,
) -> Result<bool, DbError> {
    let found: Option<Uuid> =
        sql("SELECT id FROM workspace_member WHERE id = $1 AND status = 'pending' AND expires_at = $2")
            .bind(id)
            .bind(expires_at)
            .optional(on)
            .await?;
    Ok(found.is_some())
}

/// How a place has ended, or stands.
pub(super) async fn status_of(
    on: &impl Query,
    workspace: WorkspaceId,
    id: MemberId,
) -> Result<Option<String>, DbError> {
    sql("SELECT status FROM workspace_member WHERE workspace_id = $1 AND id = $2")
        .bind(workspace)
        .bind(id)
        .optional(on)
        .await
}

pub(super) async fn has_declined(on: &impl Query, id: MemberId, email: &Email) -> Result<bool, DbError> {
    let row: Option<Uuid> =
        sql("SELECT id FROM workspace_member WHERE id = $1 AND email = $2 AND status = 'declined'")
            .bind(id)
            .bind(email.as_str())
            .optional(on)
            .await?;
    Ok(row.is_some())
}

/// Every workspace somebody is in, archived ones too.
pub(super) async fn workspaces_of(on: &impl Query, user: UserId) -> Result<Vec<WorkspaceId>, DbError> {
    let ids: Vec<Uuid> = sql("SELECT workspace_id FROM workspace_member WHERE user_id = $1 AND status = 'accepted' ORDER BY workspace_id")
        .bind(user)
        .all(on)
        .await?;
    Ok(ids.into_iter().map(WorkspaceId).collect())
}

/// A workspace that its owner has to part with.
#[derive(Debug, Serialize)]
pub(crate) struct OwnedWorkspace {
    pub id: WorkspaceId,
    pub name: String,
    pub slug: String,
}

impl FromRow for OwnedWorkspace {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: WorkspaceId(row.get(0)?),
            name: row.get(1)?,
            slug: row.get(2)?,
        })
    }
}

/// The workspaces somebody owns, archived ones too.
pub(crate) async fn owned(on: &impl Query, user: UserId) -> Result<Vec<OwnedWorkspace>, DbError> {
    sql(
        "SELECT w.id, w.name, w.slug FROM workspace_member m JOIN workspace w ON w.id = m.workspace_id \
         WHERE m.user_id = $1 AND m.status = 'accepted' AND m.role = 'owner' ORDER BY w.name, w.id",
    )
    .bind(user)
    .all(on)
    .await
}

/// The places that somebody has or had, and invitations that their address got and that
/// wait no longer.
pub(super) async fn past_places(
    on: &impl Query,
    user: UserId,
    email: &Email,
) -> Result<Vec<MemberId>, DbError> {
    let ids: Vec<Uuid> =
        sql("SELECT id FROM workspace_member WHERE user_id = $1 OR (email = $2 AND status <> 'pending') ORDER BY id")
            .bind(user)
            .bind(email.as_str())
            .all(on)
            .await?;
    Ok(ids.into_iter().map(MemberId).collect())
}

/// Those places stay as a trace that tells of nobody.
pub(super) fn forget_person(user: UserId, email: &Email) -> Statement {
    sql("UPDATE workspace_member SET user_id = NULL, email = '' \
         WHERE user_id = $1 OR (email = $2 AND status <> 'pending')")
    .bind(user)
    .bind(email.as_str())
}

/// The invitations that wait for an address.
pub(super) async fn places_waiting_for(
    on: &impl Query,
    email: &Email,
) -> Result<Vec<(WorkspaceId, MemberId)>, DbError> {
    let rows: Vec<(Uuid, Uuid)> = sql(
        "SELECT m.workspace_id, m.id FROM workspace_member m JOIN workspace w ON w.id = m.workspace_id \
         WHERE m.email = $1 AND m.status = 'pending' AND w.is_archived = FALSE ORDER BY m.invited_at, m.id",
    )
    .bind(email.as_str())
    .all(on)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(workspace, id)| (WorkspaceId(workspace), MemberId(id)))
        .collect())
}

pub(super) fn insert(workspace: &Workspace) -> Statement {
    sql(
        "INSERT INTO workspace (id, slug, name, description, color, is_archived, purge_after, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(workspace.id)
    .bind(&workspace.slug)
    .bind(workspace.name.as_str())
    .bind(workspace.description.as_deref())
    .bind(workspace.color.as_deref())
    .bind(workspace.is_archived)
    .bind(workspace.purge_after)
    .bind(workspace.created_at)
}

pub(super) fn update(workspace: &Workspace) -> Statement {
    sql("UPDATE workspace SET name = $1, description = $2, color = $3, is_archived = $4, purge_after = $5 WHERE id = $6")
        .bind(workspace.name.as_str())
        .bind(workspace.description.as_deref())
        .bind(workspace.color.as_deref())
        .bind(workspace.is_archived)
        .bind(workspace.purge_after)
        .bind(workspace.id)
}

pub(super) fn put_member(workspace: WorkspaceId, member: &Member) -> Statement {
    let (status, user_id, joined_at) = match member.state {
        State::Pending => ("pending", None, None),
        State::Accepted { user_id, joined_at } => ("accepted", Some(user_id.0), Some(joined_at)),
    };
    let invitation = member.invitation.as_ref();
    sql("INSERT INTO workspace_member (id, workspace_id, user_id, email, role, status, source, invited_by, invited_at, \
         expires_at, joined_at, token_hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
         ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id, role = excluded.role, status = excluded.status, source = excluded.source, \
         invited_by = excluded.invited_by, invited_at = excluded.invited_at, expires_at = excluded.expires_at, \
         joined_at = excluded.joined_at, token_hash = excluded.token_hash")
    .bind(member.id)
    .bind(workspace)
    .bind(user_id)
    .bind(member.email.as_str())
    .bind(member.role.as_str())
    .bind(status)
    .bind(member.source.as_str())
    .bind(invitation.map(|invitation| invitation.by.0))
    .bind(invitation.map(|invitation| invitation.at))
    .bind(invitation.map(|invitation| invitation.expires_at))
    .bind(joined_at)
    .bind(invitation.map(|invitation| invitation.token_hash.as_str()))
}

/// A place that has ended stays as a trace.
pub(super) fn end_member(id: MemberId, status: &'static str) -> Statement {
    sql("UPDATE workspace_member SET status = $1, token_hash = NULL WHERE id = $2")
        .bind(status)
        .bind(id)
}

/// Whether a place is one of this workspace, by its slug or id.
pub(super) async fn belongs(on: &impl Query, id: MemberId, slug_or_id: &str) -> Result<bool, DbError> {
    let found: Option<Uuid> = sql(
        "SELECT m.id FROM workspace_member m JOIN workspace w ON w.id = m.workspace_id \
         WHERE m.id = $1 AND (w.slug = $2 OR w.id = $3)",
    )
    .bind(id)
    .bind(slug_or_id)
    .bind(Uuid::try_parse(slug_or_id).ok())
    .optional(on)
    .await?;
    Ok(found.is_some())
}
