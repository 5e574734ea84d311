//! How far the log may be archived, and what decides it.

use std::time::Duration;

use althing_db::{Db, FromRow, Row, Timestamp, sql};

use crate::Result;

/// What an operator wants archived: everything before this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// Events below this position.
    Position(i64),
    /// Events that were stored at least this long ago.
    Age(Duration),
}

/// Up to where it is allowed, and by whom it is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Limit {
    pub until: i64,
    pub held_by: Option<String>,
}

impl FromRow for Limit {
    fn from_row(row: &Row<'_>) -> althing_db::Result<Self> {
        Ok(Self {
            until: row.get(0)?,
            held_by: row.get(1)?,
        })
    }
}

/// Whoever still needs events of the database: each subscription those above its
/// stored checkpoint (but for consumers, whose positions are of another log), each parked event itself, and the log its newest one, from
/// which the next position follows. `$1` is where nobody is asked yet.
const HOLDERS: &str = "SELECT until, holder FROM (\
    SELECT position AS until, 'the checkpoint of ' || name AS holder FROM subscription WHERE kind <> 'consumer' \
    UNION ALL SELECT position - 1, 'an event parked by ' || subscription FROM parked_event \
    UNION ALL SELECT coalesce(max(position), 1) - 1, 'the newest event, which stays' FROM event_log) AS h \
    WHERE until < $1 ORDER BY until, holder LIMIT 1";

pub(super) async fn find(db: &Db, before: Before, archived: i64, now: Timestamp) -> Result<Limit> {
    let wanted = match before {
        Before::Position(position) => position - 1,
        Before::Age(age) => stored_before(db, archived, now.minus(age)).await?,
    };
    let held: Option<Limit> = sql(HOLDERS).bind(wanted).optional(db).await?;
    Ok(held.unwrap_or(Limit {
        until: wanted,
        held_by: None,
    }))
}

/// The last position before the first event that was stored later.
async fn stored_before(db: &Db, archived: i64, moment: Timestamp) -> Result<i64> {
    let first: Option<i64> = sql(
        "SELECT position FROM event_log WHERE position > $1 AND inserted_at >= $2 ORDER BY position LIMIT 1",
    )
    .bind(archived)
    .bind(moment)
    .optional(db)
    .await?;
    Ok(first.map_or(i64::MAX, |position| position - 1))
}
