//! The partitions of `event_entry`: made before anybody writes into them.

use std::sync::atomic::{AtomicI64, Ordering};

use althing_db::{Db, FromRow, Row, sql};

use super::UNNUMBERED;
use crate::Result;

/// Who makes or drops partitions does so alone; writers are not concerned.
pub(crate) const PARTITIONS_LOCK: &str = "SELECT pg_advisory_xact_lock(7310868735422591264)";
/// The same for whoever must not wait.
const LOCK_IF_FREE: &str = "SELECT pg_try_advisory_xact_lock(7310868735422591264)";

/// At least this many are free beyond the one that is written into.
const FREE: i64 = 2;
/// Narrow ones are filled quickly: so many ids are made room for,
const ROOM: i64 = 5_000;
/// but no more partitions than this at once.
const AT_ONCE: i64 = 16;

/// Up to which newest id nothing has to be done.
#[derive(Default)]
pub(super) struct Ahead(AtomicI64);

/// A partition as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Partition {
    pub name: String,
    /// Ids below this one are its, as far as they are not an older one's.
    pub to: i64,
}

impl FromRow for Partition {
    fn from_row(row: &Row<'_>) -> althing_db::Result<Self> {
        Ok(Self {
            name: row.get(0)?,
            to: row.get(1)?,
        })
    }
}

/// Every partition with the id below which its own end.
const PARTITIONS: &str = "SELECT c.relname::TEXT AS name, \
    (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \\(''?(\\d+)''?\\)'))[1]::BIGINT AS upper_bound \
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'event_entry'::REGCLASS";

impl Ahead {
    /// Makes partitions if the newest id has come near the end of those that exist.
    /// A failure is no reason not to number: it is tried again with the next tick.
    pub async fn ensure(&self, db: &Db, newest: i64) {
        if newest < self.0.load(Ordering::Relaxed) {
            return;
        }
        match make(db).await {
            Ok(enough) => self.0.store(enough, Ordering::Relaxed),
            Err(error) => tracing::error!(
                error = format!("{:#}", anyhow::Error::from(error)),
                "could not make partitions ahead; trying again"
            ),
        }
    }
}

/// Makes what is missing; answers up to which newest id that is enough. A partition
/// is made as a table of its own and then attached, which no writer waits for.
pub(crate) async fn make(db: &Db) -> Result<i64> {
    let session = db.write_session().await?;
    if !sql(LOCK_IF_FREE).one::<bool>(&session).await? {
        // Numbering must not wait for whoever archives; the next tick looks again.
        return Ok(0);
    }
    let (mut end, newest, width): (i64, i64, i64) = sql(format!(
        "SELECT coalesce((SELECT max(upper_bound) FROM ({PARTITIONS}) p), 0), \
         (SELECT last_value FROM event_entry_id), segment_length FROM log_state WHERE one = 1"
    ))
    .one(&session)
    .await?;
    // The partition of the newest id ends at most one width above it.
    let room = width
        .saturating_mul(FREE + 1)
        .max(ROOM.min(width.saturating_mul(AT_ONCE)));
    while end <= newest.saturating_add(room) {
        let (from, to) = (end, end.saturating_add(width));
        let name = format!("event_entry_from_{from}");
        session
            .execute(sql(format!(
                "CREATE TABLE {name} (LIKE event_entry INCLUDING ALL)"
            )))
            .await?;
        session
            .execute(sql(format!(
                "ALTER TABLE event_entry ATTACH PARTITION {name} FOR VALUES FROM ({from}) TO ({to})"
            )))
            .await?;
        end = to;
    }
    session.commit(|| {}).await?;
    Ok(end - room)
}

/// The oldest partition if nothing new can come into it, as far as can be seen
/// without a lock: every id of it was drawn, and what is committed is numbered.
pub(crate) async fn oldest_full(db: &Db) -> Result<Option<Partition>> {
    Ok(sql(format!(
        "SELECT name, upper_bound FROM ({PARTITIONS}) p \
         WHERE upper_bound <= (SELECT last_value FROM event_entry_id) \
         AND NOT EXISTS (SELECT 1 FROM ({UNNUMBERED}) n WHERE n.id < upper_bound) \
         AND upper_bound = (SELECT min(upper_bound) FROM ({PARTITIONS}) q)"
    ))
    .optional(db)
    .await?)
}
