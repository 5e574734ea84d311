//! What people read of sessions.

use althing_backbone::{FromRow, Query, Row, Timestamp, Uuid, sql};
use althing_events::{CycleId, SessionId, UserId};
use serde::Serialize;

use crate::error::Result;

/// A session as the API answers it.
#[derive(Clone, Debug, Serialize)]
pub struct SessionView {
    pub id: Uuid,
    pub title: String,
    pub description: Option<String>,
    pub owner_id: Uuid,
    pub workspace_id: Option<Uuid>,
    pub project_id: Option<Uuid>,
    pub visibility: String,
    pub status: String,
    pub cycle_ids: Vec<CycleId>,
    pub completed_cycles: i64,
    pub dq_score: Option<i64>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl FromRow for SessionView {
    fn from_row(row: &Row<'_>) -> Result<Self, althing_backbone::DbError> {
        Ok(Self {
            id: row.get(0)?,
            title: row.get(1)?,
            description: row.get(2)?,
            owner_id: row.get(3)?,
            workspace_id: row.get(4)?,
            project_id: row.get(5)?,
            visibility: row.get(6)?,
            status: row.get(7)?,
            dq_score: row.get(8)?,
            created_at: row.get(9)?,
            updated_at: row.get(10)?,
            completed_cycles: row.get(11)?,
            cycle_ids: Vec::new(),
        })
    }
}

const COLUMNS: &str = "s.id, s.title, s.description, s.owner_id, s.workspace_id, s.project_id, s.visibility, s.status, \
     s.dq_score, s.created_at, s.updated_at, \
     (SELECT count(*) FROM decision_session_cycle c WHERE c.session_id = s.id AND c.is_completed)";

/// One session with its cycles.
pub async fn one(on: &impl Query, id: SessionId) -> Result<SessionView> {
    let mut session: SessionView = sql(format!(
        "SELECT {COLUMNS} FROM decision_session s WHERE s.id = $1"
    ))
    .bind(id)
    .one(on)
    .await?;
    session.cycle_ids = cycle_ids(on, id).await?;
    Ok(session)
}

/// A page of the user's sessions, the most recently changed first.
pub async fn list(
    on: &impl Query,
    owner: UserId,
    status: Option<&str>,
    before: Option<(Timestamp, Uuid)>,
    limit: usize,
) -> Result<Vec<SessionView>> {
    let (time, id) = before.map_or((None, None), |(time, id)| (Some(time), Some(id)));
    let mut sessions: Vec<SessionView> = sql(format!(
        "SELECT {COLUMNS} FROM decision_session s WHERE s.owner_id = $1 AND ($2 IS NULL OR s.status = $2) \
         AND ($3 IS NULL OR s.updated_at < $3 OR (s.updated_at = $3 AND s.id < $4)) \
         ORDER BY s.updated_at DESC, s.id DESC LIMIT $5"
    ))
    .bind(owner)
    .bind(status)
    .bind(time)
    .bind(id)
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .all(on)
    .await?;
    for session in &mut sessions {
        session.cycle_ids = cycle_ids(on, SessionId(session.id)).await?;
    }
    Ok(sessions)
}

/// How many sessions the user has.
pub async fn count(on: &impl Query, owner: UserId, status: Option<&str>) -> Result<i64> {
    Ok(
        sql("SELECT count(*) FROM decision_session WHERE owner_id = $1 AND ($2 IS NULL OR status = $2)")
            .bind(owner)
            .bind(status)
            .one(on)
            .await?,
    )
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
#[derive(Clone, Debug, Serialize)]
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
