//! How many of something there may be, counted where it is made.
//!
//! Reads of a command see what was committed; so whoever makes the last one that there is
//! room for must be the only one. Where there is a limit, a command takes a *turn*: a row
//! whose number rises with each of them, and that must still be the one that was read
//! before counting. Of two at once one commits, and the other counts again. A count that
//! fails is a fault, and nothing is made.

use althing_backbone::{Query, UnitOfWork, Uuid, sql};
use althing_events::{SessionId, UserId};
use althing_web::{Denial, Membership};

use super::tiers;
use crate::error::Result;

/// Room for one more active session of its owner.
pub(crate) async fn for_session(uow: &mut UnitOfWork, owner: UserId, plan: &Membership) -> Result<()> {
    if plan.limits().active_sessions.is_some() {
        take_turn(uow, owner.0).await?;
    }
    session_room(uow, owner, plan).await
}

/// Room for one more archived session of its owner.
pub(crate) async fn for_archive(uow: &mut UnitOfWork, owner: UserId, plan: &Membership) -> Result<()> {
    if plan.limits().archived_sessions.is_some() {
        take_turn(uow, owner.0).await?;
    }
    archive_room(uow, owner, plan).await
}

/// Room for an import: a session that is archived in the end counts as that, too.
pub(crate) async fn for_import(
    uow: &mut UnitOfWork,
    owner: UserId,
    plan: &Membership,
    (cycles, is_archived): (usize, bool),
) -> Result<()> {
    for_session(uow, owner, plan).await?;
    if is_archived {
        // The turn was taken: a tier with a limit of archived sessions has one of active ones.
        archive_room(uow, owner, plan).await?;
    }
    match plan.limits().cycles_per_session {
        Some(max) if u32::try_from(cycles).is_ok_and(|cycles| cycles <= max) => Ok(()),
        Some(max) => Err(Denial::CycleLimitReached { current: 0, max }.into()),
        None => Ok(()),
    }
}

/// Room for one more cycle of a session.
pub(crate) async fn for_cycle(uow: &mut UnitOfWork, session: SessionId, plan: &Membership) -> Result<()> {
    if plan.limits().cycles_per_session.is_some() {
        take_turn(uow, session.0).await?;
    }
    cycle_room(uow, session, plan).await
}

pub(super) async fn session_room(on: &impl Query, owner: UserId, plan: &Membership) -> Result<()> {
    match plan.limits().active_sessions {
        Some(max) => room(sessions(on, owner, "active").await?, max),
        None => Ok(()),
    }
}

pub(super) async fn archive_room(on: &impl Query, owner: UserId, plan: &Membership) -> Result<()> {
    match plan.limits().archived_sessions {
        Some(max) => room(sessions(on, owner, "archived").await?, max),
        None => Ok(()),
    }
}

pub(super) async fn cycle_room(on: &impl Query, session: SessionId, plan: &Membership) -> Result<()> {
    let Some(max) = plan.limits().cycles_per_session else {
        return Ok(());
    };
    let current = cycles(on, session).await?;
    if current < i64::from(max) {
        return Ok(());
    }
    Err(Denial::CycleLimitReached { current, max }.into())
}

/// Whether one more message may go to a model on that day.
pub(super) async fn message_room(on: &impl Query, user: UserId, plan: &Membership, day: &str) -> Result<()> {
    let Some(max) = plan.limits().ai_messages_per_day else {
        return Ok(());
    };
    let used = messages(on, user, day).await?;
    if used < i64::from(max) {
        return Ok(());
    }
    Err(Denial::DailyMessageLimit { used, max }.into())
}

fn room(current: i64, max: u32) -> Result<()> {
    if current < i64::from(max) {
        return Ok(());
    }
    Err(Denial::SessionLimitReached { current, max }.into())
}

async fn take_turn(uow: &mut UnitOfWork, id: Uuid) -> Result<()> {
    let turn: Option<i64> = sql("SELECT turn FROM decision_quota WHERE id = $1")
        .bind(id)
        .optional(uow)
        .await?;
    let turn = turn.unwrap_or(0);
    uow.expect(
        1,
        "quota",
        sql(
            "INSERT INTO decision_quota (id, turn) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE \
             SET turn = excluded.turn WHERE decision_quota.turn = $3",
        )
        .bind(id)
        .bind(turn + 1)
        .bind(turn),
    );
    Ok(())
}

/// How many sessions somebody owns, by status.
pub(crate) async fn sessions(on: &impl Query, owner: UserId, status: &str) -> Result<i64> {
    Ok(
        sql("SELECT count(*) FROM decision_session WHERE owner_id = $1 AND status = $2")
            .bind(owner)
            .bind(status)
            .one(on)
            .await?,
    )
}

/// How many cycles a session has, whatever became of them.
pub(crate) async fn cycles(on: &impl Query, session: SessionId) -> Result<i64> {
    Ok(sql("SELECT count(*) FROM decision_cycle WHERE session_id = $1")
        .bind(session)
        .one(on)
        .await?)
}

/// How many messages of somebody a model was to answer today.
pub(crate) async fn messages(on: &impl Query, user: UserId, day: &str) -> Result<i64> {
    let used: Option<i64> = sql("SELECT used FROM decision_ai_day WHERE user_id = $1 AND day = $2")
        .bind(user)
        .bind(day)
        .optional(on)
        .await?;
    Ok(used.unwrap_or(0))
}

/// Counts a message that a model is to answer, in the commit that stores it; refuses the
/// one too many. A day is one in UTC.
pub(crate) async fn for_message(uow: &mut UnitOfWork, user: UserId) -> Result<()> {
    let plan = tiers::membership(uow, user).await?;
    plan.may_write(uow.now())?;
    let day = uow.now().date();
    message_room(uow, user, &plan, &day).await?;
    let max = plan.limits().ai_messages_per_day;
    uow.execute(
        sql("DELETE FROM decision_ai_day WHERE user_id = $1 AND day < $2")
            .bind(user)
            .bind(&day),
    );
    uow.expect(
        1,
        "messages of the day",
        sql(
            "INSERT INTO decision_ai_day (user_id, day, used) VALUES ($1, $2, 1) ON CONFLICT (user_id, day) \
             DO UPDATE SET used = decision_ai_day.used + 1 WHERE decision_ai_day.used < $3",
        )
        .bind(user)
        .bind(day)
        .bind(max.map_or(i64::MAX, i64::from)),
    );
    Ok(())
}
