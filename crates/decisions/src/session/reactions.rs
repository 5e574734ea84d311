//! What a session keeps of its cycles: their list, which are done, the latest quality.

use althing_backbone::{Event, HandlerResult, Subscription, Uow, reaction, sql};
use althing_events::decisions::{CycleBranched, CycleCompleted, CycleCreated, DqScoresComputed};
use althing_events::{CycleId, SessionId};

/// Adds the cycle to the session's list, once. The list is numbered in the order of
/// the log, which several lanes would not keep between cycles.
pub fn cycle_tracker() -> Subscription {
    reaction("session-cycles")
        .from_beginning()
        .lanes(1)
        .on(cycle_created)
        .on(cycle_branched)
        .into()
}

/// Marks cycles as done and keeps the latest decision quality.
pub fn progress() -> Subscription {
    reaction("session-progress")
        .from_beginning()
        .on(cycle_completed)
        .on(quality_computed)
        .into()
}

async fn cycle_created(Event(event): Event<CycleCreated>, uow: Uow) -> HandlerResult {
    add_cycle(uow, event.session_id, event.cycle_id);
    Ok(())
}

async fn cycle_branched(Event(event): Event<CycleBranched>, uow: Uow) -> HandlerResult {
    add_cycle(uow, event.session_id, event.cycle_id);
    Ok(())
}

fn add_cycle(mut uow: Uow, session_id: SessionId, cycle_id: CycleId) {
    uow.execute(
        sql(
            "INSERT INTO decision_session_cycle (session_id, cycle_id, number) \
             SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), \
             (SELECT coalesce(max(number), 0) + 1 FROM decision_session_cycle WHERE session_id = $1) \
             WHERE NOT EXISTS (SELECT 1 FROM decision_purged WHERE session_id = $1) \
             ON CONFLICT (session_id, cycle_id) DO NOTHING",
        )
        .bind(session_id)
        .bind(cycle_id),
    );
}

async fn cycle_completed(Event(event): Event<CycleCompleted>, mut uow: Uow) -> HandlerResult {
    // The list may not have the cycle yet: the two subscriptions run independently.
    uow.execute(
        sql(
            "INSERT INTO decision_session_cycle (session_id, cycle_id, number, is_completed) \
             SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), \
             (SELECT coalesce(max(number), 0) + 1 FROM decision_session_cycle WHERE session_id = $1), TRUE \
             WHERE NOT EXISTS (SELECT 1 FROM decision_purged WHERE session_id = $1) \
             ON CONFLICT (session_id, cycle_id) DO UPDATE SET is_completed = TRUE",
        )
        .bind(event.session_id)
        .bind(event.cycle_id),
    );
    Ok(())
}

async fn quality_computed(
    Event(event): Event<DqScoresComputed>,
    meta: althing_backbone::Meta,
    mut uow: Uow,
) -> HandlerResult {
    // The latest by position: an older event that arrives late changes nothing.
    uow.execute(
        sql("UPDATE decision_session SET dq_score = $1, dq_position = $2 WHERE id = $3 AND dq_position < $2")
            .bind(i64::from(event.overall_score))
            .bind(meta.position)
            .bind(event.session_id),
    );
    Ok(())
}
