//! What people read of sessions.

use althing_backbone::{FromRow, Query, Row, Timestamp, Uuid, sql};
use althing_events::{CycleId, SessionId, UserId, WorkspaceId};
use schemars::JsonSchema;
use serde::Serialize;

use super::session::Visibility;
use crate::access::{Right, Standing, members, tiers};
use crate::error::Result;
use crate::people::Person;

/// A session as the API answers it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SessionView {
    pub id: Uuid,
    pub title: String,
    pub description: Option<String>,
    pub owner_id: Uuid,
    pub owner: Person,
    pub workspace_id: Option<Uuid>,
    pub project_id: Option<Uuid>,
    pub visibility: String,
    pub status: String,
    pub cycle_ids: Vec<CycleId>,
    pub completed_cycles: i64,
    pub dq_score: Option<i64>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// What the caller may do: owner, manage, contribute or read.
    pub access: &'static str,
    /// Whether the owner's membership includes that component.
    pub has_decision_quality: bool,
}

/// With the least of rights; whoever reads it knows better.
impl FromRow for SessionView {
    fn from_row(row: &Row<'_>) -> Result<Self, althing_backbone::DbError> {
        let owner_id: Uuid = row.get(3)?;
        let plan = tiers::in_columns(row, 13)?;
        Ok(Self {
            id: row.get(0)?,
            title: row.get(1)?,
            description: row.get(2)?,
            owner_id,
            owner: Person::known_as(owner_id, row.get(12)?),
            workspace_id: row.get(4)?,
            project_id: row.get(5)?,
            visibility: row.get(6)?,
            status: row.get(7)?,
            dq_score: if plan.limits().decision_quality {
                row.get(8)?
            } else {
                None
            },
            created_at: row.get(9)?,
            updated_at: row.get(10)?,
            completed_cycles: row.get(11)?,
            cycle_ids: Vec::new(),
            access: Right::View.as_str(),
            has_decision_quality: plan.limits().decision_quality,
        })
    }
}

const COLUMNS: &str = "s.id, s.title, s.description, s.owner_id, s.workspace_id, s.project_id, s.visibility, s.status, \
     s.dq_score, s.created_at, s.updated_at, \
     (SELECT count(*) FROM decision_session_cycle c WHERE c.session_id = s.id AND c.is_completed), p.name, \
     o.tier, o.valid_until, d.tier";

/// Where the owner's name and membership come from.
const OWNER: &str = "LEFT JOIN decision_person p ON p.user_id = s.owner_id \
     LEFT JOIN decision_tier o ON o.user_id = s.owner_id LEFT JOIN decision_default_tier d ON d.one = 1";

/// One session with its cycles, as somebody with this right sees it.
pub async fn one(on: &impl Query, id: SessionId, right: Right) -> Result<SessionView> {
    let mut session: SessionView = sql(format!(
        "SELECT {COLUMNS} FROM decision_session s {OWNER} WHERE s.id = $1"
    ))
    .bind(id)
    .one(on)
    .await?;
    session.cycle_ids = cycle_ids(on, id).await?;
    session.access = right.as_str();
    Ok(session)
}

/// What a list shows.
#[derive(Clone, Copy, Debug)]
pub struct Filter<'a> {
    /// Who reads: their private sessions, and those of their workspaces.
    pub reader: UserId,
    pub status: Option<&'static str>,
    pub workspace: Option<WorkspaceId>,
    /// Where the reader's key reaches, if they came with one.
    pub only_in: Option<&'a [WorkspaceId]>,
}

impl Filter<'_> {
    /// The part of the condition that lists ids; they are ids of ours, not texts of others.
    fn reached(&self) -> String {
        let Some(only) = self.only_in else {
            return String::new();
        };
        let ids: Vec<String> = only.iter().map(|id| format!("'{id}'")).collect();
        match ids.as_slice() {
            [] => " AND s.workspace_id IS NULL".to_owned(),
            ids => format!(
                " AND (s.workspace_id IS NULL OR s.workspace_id IN ({}))",
                ids.join(", ")
            ),
        }
    }
}

/// Which sessions `$1` may read, with status `$2` and of workspace `$3` if these are given.
/// The rule is that of [`crate::access::Standing`].
const READABLE: &str = "LEFT JOIN decision_workspace w ON w.workspace_id = s.workspace_id \
     LEFT JOIN decision_member m ON m.workspace_id = s.workspace_id AND m.user_id = $1 \
     WHERE s.id IN (SELECT id FROM decision_session WHERE owner_id = $1 AND visibility = 'private' \
     UNION ALL SELECT o.id FROM decision_member n JOIN decision_session o ON o.workspace_id = n.workspace_id \
     WHERE n.user_id = $1 AND n.role IS NOT NULL AND o.visibility = 'workspace') \
     AND (s.visibility = 'private' OR w.state = 'active' OR (w.state = 'archived' AND m.role IN ('owner', 'admin'))) \
     AND (CAST($2 AS TEXT) IS NULL OR s.status = $2) AND (CAST($3 AS TEXT) IS NULL OR s.workspace_id = $3)";

struct Listed {
    session: SessionView,
    state: Option<String>,
    role: Option<String>,
}

impl FromRow for Listed {
    fn from_row(row: &Row<'_>) -> Result<Self, althing_backbone::DbError> {
        Ok(Self {
            session: SessionView::from_row(row)?,
            state: row.get(16)?,
            role: row.get(17)?,
        })
    }
}

impl Listed {
    fn seen_by(mut self, reader: UserId) -> SessionView {
        let is_shared = self.session.visibility == Visibility::Workspace.as_str();
        let standing = Standing {
            is_owner: self.session.owner_id == reader.0,
            shared: is_shared.then(|| members::shared(self.state.as_deref(), self.role.as_deref())),
        };
        if let Some(right) = standing.right() {
            self.session.access = right.as_str();
        }
        self.session
    }
}

/// A page of the sessions that somebody may read, the most recently changed first.
pub async fn list(
    on: &impl Query,
    filter: &Filter<'_>,
    before: Option<(Timestamp, Uuid)>,
    limit: usize,
) -> Result<Vec<SessionView>> {
    let (time, id) = before.map_or((None, None), |(time, id)| (Some(time), Some(id)));
    let listed: Vec<Listed> = sql(format!(
        "SELECT {COLUMNS}, w.state, m.role FROM decision_session s {OWNER} {READABLE}{} \
         AND (CAST($4 AS TEXT) IS NULL OR s.updated_at < $4 OR (s.updated_at = $4 AND s.id < $5)) \
         ORDER BY s.updated_at DESC, s.id DESC LIMIT $6",
        filter.reached()
    ))
    .bind(filter.reader)
    .bind(filter.status)
    .bind(filter.workspace)
    .bind(time)
    .bind(id)
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .all(on)
    .await?;
    let mut sessions = Vec::with_capacity(listed.len());
    for one in listed {
        let mut session = one.seen_by(filter.reader);
        session.cycle_ids = cycle_ids(on, SessionId(session.id)).await?;
        sessions.push(session);
    }
    Ok(sessions)
}

/// How many sessions such a list has.
pub async fn count(on: &impl Query, filter: &Filter<'_>) -> Result<i64> {
    Ok(sql(format!(
        "SELECT count(*) FROM decision_session s {READABLE}{}",
        filter.reached()
    ))
    .bind(filter.reader)
    .bind(filter.status)
    .bind(filter.workspace)
    .one(on)
    .await?)
}

async fn cycle_ids(on: &impl Query, id: SessionId) -> Result<Vec<CycleId>> {
    let ids: Vec<Uuid> =
        sql("SELECT cycle_id FROM decision_session_cycle WHERE session_id = $1 ORDER BY number, cycle_id")
            .bind(id)
            .all(on)
            .await?;
    Ok(ids.into_iter().map(CycleId).collect())
}

/// A recorded outcome as the API answers it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OutcomeView {
    pub id: Uuid,
    pub cycle_id: Uuid,
    pub recorded_by: Uuid,
    pub chosen_alternative_id: Option<Uuid>,
    pub satisfaction: String,
    pub actual_consequences: Option<String>,
    pub surprises: Option<String>,
    pub would_decide_same: bool,
    pub recorded_at: Timestamp,
}

impl FromRow for OutcomeView {
    fn from_row(row: &Row<'_>) -> Result<Self, althing_backbone::DbError> {
        Ok(Self {
            id: row.get(0)?,
            cycle_id: row.get(1)?,
            recorded_by: row.get(2)?,
            chosen_alternative_id: row.get(3)?,
            satisfaction: row.get(4)?,
            actual_consequences: row.get(5)?,
            surprises: row.get(6)?,
            would_decide_same: row.get(7)?,
            recorded_at: row.get(8)?,
        })
    }
}

/// All outcomes of a session, oldest first.
pub async fn outcomes(on: &impl Query, session: SessionId) -> Result<Vec<OutcomeView>> {
    Ok(sql("SELECT id, cycle_id, recorded_by, chosen_alternative_id, satisfaction, actual_consequences, surprises, \
            would_decide_same, recorded_at FROM decision_outcome WHERE session_id = $1 ORDER BY recorded_at, id")
    .bind(session)
    .all(on)
    .await?)
}
