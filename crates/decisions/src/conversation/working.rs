//! Working state of a cycle's conversations as it is stored: flagged uncertainties, revisit suggestions, requested
//! confirmations, and the log of tool calls. It has no events of its own.

use althing_backbone::{FromRow, Query, Row, Timestamp, UnitOfWork, Uuid, sql};
use althing_events::CycleId;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::tools::{
    Confirmation, ConfirmationStatus, FlaggedUncertainty, RevisitPriority, RevisitStatus, RevisitSuggestion,
    WorkingChange, WorkingState,
};
use crate::error::Result;
use crate::outputs::ComponentType;

/// Everything of a cycle, oldest first.
pub async fn load(on: &impl Query, cycle: CycleId) -> Result<WorkingState> {
    Ok(WorkingState {
        uncertainties: uncertainties(on, cycle).await?,
        revisits: revisits(on, cycle).await?,
        confirmations: confirmations(on, cycle).await?,
    })
}

async fn uncertainties(on: &impl Query, cycle: CycleId) -> Result<Vec<FlaggedUncertainty>> {
    type Columns = (
        Uuid,
        String,
        String,
        bool,
        Option<String>,
        Option<String>,
        Timestamp,
    );
    let rows: Vec<Columns> = sql(
        "SELECT id, description, component_type, resolvable, impact, resolution, created_at \
         FROM flagged_uncertainty WHERE cycle_id = $1 ORDER BY created_at, id",
    )
    .bind(cycle)
    .all(on)
    .await?;
    let known = rows.into_iter().filter_map(
        |(id, description, component, resolvable, impact, resolution, at)| {
            let component = ComponentType::parse(&component)?;
            Some(FlaggedUncertainty {
                id,
                description,
                component,
                resolvable,
                impact,
                resolution,
                flagged_at: date(at),
            })
        },
    );
    Ok(known.collect())
}

/// The suggestions to go back, oldest first.
pub async fn revisits(on: &impl Query, cycle: CycleId) -> Result<Vec<RevisitSuggestion>> {
    type Columns = (Uuid, String, String, String, String, String, Timestamp);
    let rows: Vec<Columns> = sql(
        "SELECT id, target, reason, triggered_by, priority, status, created_at \
         FROM revisit_suggestion WHERE cycle_id = $1 ORDER BY created_at, id",
    )
    .bind(cycle)
    .all(on)
    .await?;
    let known = rows
        .into_iter()
        .filter_map(|(id, target, reason, trigger, priority, status, at)| {
            Some(RevisitSuggestion {
                id,
                target: ComponentType::parse(&target)?,
                reason,
                trigger,
                priority: RevisitPriority::parse(&priority)?,
                status: RevisitStatus::parse(&status)?,
                created_at: date(at),
            })
        });
    Ok(known.collect())
}

/// The questions put to the user, oldest first; their status as it is stored.
pub async fn confirmations(on: &impl Query, cycle: CycleId) -> Result<Vec<Confirmation>> {
    type Columns = (
        Uuid,
        String,
        Value,
        Option<String>,
        String,
        Option<String>,
        Timestamp,
        Timestamp,
    );
    let rows: Vec<Columns> = sql(
        "SELECT id, summary, options, default_option, status, choice, created_at, expires_at \
         FROM confirmation_request WHERE cycle_id = $1 ORDER BY created_at, id",
    )
    .bind(cycle)
    .all(on)
    .await?;
    let known = rows.into_iter().filter_map(
        |(id, summary, options, default, status, choice, at, expires_at)| {
            Some(Confirmation {
                id,
                summary,
                options: serde_json::from_value(options).ok()?,
                default,
                status: ConfirmationStatus::parse(&status)?,
                choice,
                requested_at: date(at),
                expires_at: date(expires_at),
            })
        },
    );
    Ok(known.collect())
}

/// Makes a change at the commit; one that somebody else has made meanwhile is a conflict.
pub fn apply(uow: &mut UnitOfWork, cycle: CycleId, change: &WorkingChange) {
    let now = uow.now();
    let actor = uow.context().actor;
    match change {
        WorkingChange::UncertaintyFlagged(one) => uow.execute(
            sql("INSERT INTO flagged_uncertainty (id, cycle_id, component_type, description, resolvable, impact, status, \
                 created_at) VALUES ($1, $2, $3, $4, $5, $6, 'open', $7)")
            .bind(one.id)
            .bind(cycle)
            .bind(one.component.as_str())
            .bind(one.description.as_str())
            .bind(one.resolvable)
            .bind(one.impact.as_deref())
            .bind(now),
        ),
        WorkingChange::UncertaintyResolved { id, resolution } => uow.expect(
            1,
            "open uncertainty",
            sql("UPDATE flagged_uncertainty SET status = 'resolved', resolution = $1, resolved_at = $2 \
                 WHERE id = $3 AND status = 'open'")
            .bind(resolution.as_str())
            .bind(now)
            .bind(id),
        ),
        WorkingChange::RevisitSuggested(one) => uow.execute(
            sql("INSERT INTO revisit_suggestion (id, cycle_id, target, reason, triggered_by, priority, status, created_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, 'pending', $7)")
            .bind(one.id)
            .bind(cycle)
            .bind(one.target.as_str())
            .bind(one.reason.as_str())
            .bind(one.trigger.as_str())
            .bind(one.priority.as_str())
            .bind(now),
        ),
        WorkingChange::RevisitDismissed { id, reason } => {
            resolve_revisit(uow, *id, RevisitStatus::Dismissed, Some(reason.as_str()));
        }
        WorkingChange::ConfirmationRequested(one) => uow.execute(
            sql("INSERT INTO confirmation_request (id, cycle_id, summary, options, default_option, status, created_at, \
                 expires_at) VALUES ($1, $2, $3, $4, $5, 'pending', $6, $7)")
            .bind(one.id)
            .bind(cycle)
            .bind(one.summary.as_str())
            .bind(serde_json::json!(one.options).to_string())
            .bind(one.default.as_deref())
            .bind(now)
            .bind(timestamp(one.expires_at)),
        ),
        WorkingChange::ChoiceRecorded { id, choice } => {
            let status = if choice.is_some() { ConfirmationStatus::Confirmed } else { ConfirmationStatus::Rejected };
            uow.expect(
                1,
                "pending confirmation",
                sql("UPDATE confirmation_request SET status = $1, choice = $2, resolved_at = $3, resolved_by = $4 \
                     WHERE id = $5 AND status = 'pending' AND expires_at > $3")
                .bind(status.as_str())
                .bind(choice.as_deref())
                .bind(now)
                .bind(actor)
                .bind(id),
            );
        }
    }
}

/// Answers a pending suggestion, once.
pub fn resolve_revisit(uow: &mut UnitOfWork, id: Uuid, status: RevisitStatus, reason: Option<&str>) {
    let actor = uow.context().actor;
    uow.expect(
        1,
        "pending revisit",
        sql(
            "UPDATE revisit_suggestion SET status = $1, resolution = $2, resolved_at = $3, resolved_by = $4 \
             WHERE id = $5 AND status = 'pending'",
        )
        .bind(status.as_str())
        .bind(reason)
        .bind(uow.now())
        .bind(actor)
        .bind(id),
    );
}

/// A tool call as the log keeps it.
#[derive(Clone, Serialize, JsonSchema)]
pub struct Invocation {
    pub id: Uuid,
    pub component_type: Option<String>,
    pub tool: String,
    pub parameters: Value,
    pub result: String,
    pub result_data: Value,
    pub conversation_turn: i64,
    pub trigger: String,
    pub actor_id: Option<Uuid>,
    pub started_at: Timestamp,
    pub ended_at: Timestamp,
    pub duration_micros: i64,
}

impl FromRow for Invocation {
    fn from_row(row: &Row<'_>) -> Result<Self, althing_backbone::DbError> {
        Ok(Self {
            id: row.get(0)?,
            component_type: row.get(1)?,
            tool: row.get(2)?,
            parameters: row.get(3)?,
            result: row.get(4)?,
            result_data: row.get(5)?,
            conversation_turn: row.get(6)?,
            trigger: row.get(7)?,
            actor_id: row.get(8)?,
            started_at: row.get(9)?,
            ended_at: row.get(10)?,
            duration_micros: row.get(11)?,
        })
    }
}

/// Writes a call into the log.
pub fn log_call(uow: &mut UnitOfWork, cycle: CycleId, component: Option<Uuid>, call: &Invocation) {
    uow.execute(
        sql("INSERT INTO tool_invocation (id, cycle_id, component_id, component_type, tool, parameters, result, result_data, \
             conversation_turn, triggered_by, actor_id, started_at, ended_at, duration_micros) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)")
        .bind(call.id)
        .bind(cycle)
        .bind(component)
        .bind(call.component_type.as_deref())
        .bind(call.tool.as_str())
        .bind(call.parameters.to_string())
        .bind(call.result.as_str())
        .bind(call.result_data.to_string())
        .bind(call.conversation_turn)
        .bind(call.trigger.as_str())
        .bind(call.actor_id)
        .bind(call.started_at)
        .bind(call.ended_at)
        .bind(call.duration_micros),
    );
}

/// A page of the log, newest first, before a call.
pub async fn calls(
    on: &impl Query,
    cycle: CycleId,
    (before, since): (Option<(Timestamp, Uuid)>, Option<Timestamp>),
    limit: i64,
) -> Result<Vec<Invocation>> {
    let (time, id) = before.map_or((None, None), |(time, id)| (Some(time), Some(id)));
    Ok(sql("SELECT id, component_type, tool, parameters, result, result_data, conversation_turn, triggered_by, actor_id, \
            started_at, ended_at, duration_micros FROM tool_invocation WHERE cycle_id = $1 \
            AND (CAST($2 AS TEXT) IS NULL OR started_at < $2 OR (started_at = $2 AND id < $3)) \
            AND (CAST($5 AS TEXT) IS NULL OR started_at >= $5) \
            ORDER BY started_at DESC, id DESC LIMIT $4")
    .bind(cycle)
    .bind(time)
    .bind(id)
    .bind(limit)
    .bind(since)
    .all(on)
    .await?)
}

/// The same moment as the tools count time.
pub fn date(at: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(at.micros()).unwrap_or(DateTime::UNIX_EPOCH)
}

fn timestamp(at: DateTime<Utc>) -> Timestamp {
    Timestamp::from_micros(at.timestamp_micros())
}
