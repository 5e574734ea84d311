//! After a dump was restored into another cluster, or a replica was promoted.
//!
//! Transaction ids of the old cluster mean nothing in a new one, so what has no
//! number yet is found once by comparison. In both cases the end of the log may be
//! another than a client remembers, so the epoch rises and old cursors are refused.

use althing_db::{Batch, Db, sql};

use super::tick::{OTHER_CLUSTER, TIMELINE};
use crate::Result;

/// Looks whether this is another cluster or history than the sequencer remembers,
/// and puts it right. Answers whether it was.
pub(super) async fn find(db: &Db) -> Result<bool> {
    let known: Option<(bool, bool)> = sql(format!(
        "SELECT {OTHER_CLUSTER}, timeline <> {TIMELINE} FROM sequencer"
    ))
    .optional(db)
    .await?;
    let (other_cluster, other_history) = known.unwrap_or_default();
    if !other_cluster && !other_history {
        return Ok(false);
    }
    let changed = sql(format!(
        "UPDATE sequencer SET owner = NULL, epoch = epoch + 1, lease_until = 0, timeline = {TIMELINE}, \
         system_identifier = (SELECT system_identifier FROM pg_control_system()) \
         WHERE one = 1 AND ({OTHER_CLUSTER} OR timeline <> {TIMELINE})"
    ));
    let mut batch = Batch::new();
    if other_cluster {
        // Nobody may be writing while the line is drawn.
        batch.run(sql("LOCK TABLE event_entry IN SHARE MODE"));
    }
    batch.expect(1, "restored", changed);
    if other_cluster {
        batch.run(sql(
            "INSERT INTO event_position (position, entry_id) \
             SELECT (SELECT last FROM sequencer) + row_number() OVER (ORDER BY e.id), e.id FROM event_entry e \
             WHERE NOT EXISTS (SELECT 1 FROM event_position p WHERE p.entry_id = e.id)",
        ));
        batch.run(sql(
            "UPDATE sequencer SET last = coalesce((SELECT max(position) FROM event_position), last), \
             numbered_below = coalesce((SELECT max(id) FROM event_entry), 0), seen = pg_current_snapshot()",
        ));
    }
    batch.run(sql("UPDATE log_state SET epoch = epoch + 1 WHERE one = 1"));
    match db.commit_alone(batch).await {
        Ok(_) => {
            tracing::warn!(
                other_cluster,
                "the log was restored or promoted; its epoch has risen"
            );
            Ok(true)
        }
        // Another process was faster.
        Err(error) if error.is_conflict() => Ok(true),
        Err(error) => Err(error.into()),
    }
}
