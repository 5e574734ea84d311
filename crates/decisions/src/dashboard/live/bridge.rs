//! LiveBridge: from the projection's table into the rooms.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use althing_backbone::{Db, DbError, Uuid, sql};
use althing_events::SessionId;
use tokio::sync::watch;

use super::{Hub, add};

/// How often the table is looked at when nothing wakes the bridge: for a retried
/// event, and for what another process projected.
const LOOK: Duration = Duration::from_secs(1);
/// How often overviews that nobody needs are dropped.
const SWEEP: Duration = Duration::from_secs(60);
/// How many frames are looked through at once.
const PAGE: i64 = 1_000;

/// Follows the projection until the channel ends.
pub async fn follow(hub: Arc<Hub>, mut position: Option<watch::Receiver<i64>>) {
    let mut last = None;
    let mut sweep = tokio::time::interval(SWEEP);
    loop {
        if let Err(error) = look(&hub, &mut last).await {
            tracing::error!(%error, "could not read new frames; trying again");
        }
        tokio::select! {
            () = hub.ended.cancelled() => return,
            () = moved(&mut position) => {}
            () = tokio::time::sleep(LOOK) => {}
            _ = sweep.tick() => hub.views.cache().sweep(hub.clock.now()),
        }
    }
}

async fn moved(position: &mut Option<watch::Receiver<i64>>) {
    if let Some(watched) = position
        && watched.changed().await.is_ok()
    {
        return;
    }
    *position = None;
    std::future::pending().await
}

/// Finds the sessions with new frames and fills their rooms. A room is looked for
/// after the frames were found: one that was opened later has seen them itself.
async fn look(hub: &Hub, last: &mut Option<i64>) -> Result<(), DbError> {
    let Some(mut seen) = *last else {
        *last = Some(newest_number(&hub.db).await?);
        return Ok(());
    };
    loop {
        let found: Vec<(i64, Uuid, String, i64)> =
            sql("SELECT number, session_id, event_type, position FROM session_frame WHERE number > $1 ORDER BY number LIMIT $2")
                .bind(seen)
                .bind(PAGE)
                .all(&hub.db)
                .await?;
        let Some((newest, ..)) = found.last() else {
            return begin_anew_if_shorter(hub, last, seen).await;
        };
        seen = *newest;
        let changed = found
            .iter()
            .filter(|(_, _, event_type, _)| changes_content(event_type));
        for session in changed
            .map(|(_, session, ..)| *session)
            .collect::<HashSet<Uuid>>()
        {
            hub.views.cache().mark_stale(SessionId(session));
        }
        let newest_event = found.iter().map(|(.., position)| *position).max();
        if !hub.access.told_up_to(newest_event.unwrap_or_default()).await {
            tracing::warn!("changes of access are looked at late");
        }
        for session in found
            .iter()
            .map(|(_, session, ..)| *session)
            .collect::<HashSet<Uuid>>()
        {
            if let Some(room) = hub.rooms.find(SessionId(session)) {
                add(&hub.counters.broadcast, room.fill(&hub.db).await?);
            }
        }
        *last = Some(seen);
    }
}

/// A rebuild may have left fewer frames than there were: every room looks where it stands.
async fn begin_anew_if_shorter(hub: &Hub, last: &mut Option<i64>, seen: i64) -> Result<(), DbError> {
    let newest = newest_number(&hub.db).await?;
    if newest < seen {
        for room in hub.rooms.all() {
            room.fill(&hub.db).await?;
        }
        *last = Some(newest);
    }
    Ok(())
}

async fn newest_number(db: &Db) -> Result<i64, DbError> {
    sql("SELECT coalesce(max(number), 0) FROM session_frame")
        .one(db)
        .await
}

/// Whether an overview looks different after such an event.
fn changes_content(event_type: &str) -> bool {
    ["session.", "cycle.", "component."]
        .iter()
        .any(|start| event_type.starts_with(start))
}

/// Loads what people will most likely ask for first.
pub async fn warm_up(hub: Arc<Hub>) {
    tokio::select! {
        () = hub.ended.cancelled() => {}
        warmed = hub.views.warm_up() => {
            if let Err(error) = warmed {
                tracing::warn!(%error, "the cache stays cold");
            }
        }
    }
}
