//! Taking archived events out of the database: by segments of positions from
//! SQLite, by whole partitions from PostgreSQL.

use althing_db::{Batch, Db, Statement, Store, sql};

use super::ArchiveError;
use crate::sequencer::partitions::{self, PARTITIONS_LOCK};
use crate::{Error, Result};

/// The conflict that means: somebody needs the events after all, or archived them.
pub(super) const BORDER: &str = "archive border";
/// How long writers may have to wait for a partition to go.
const PATIENCE: &str = "1000";
/// What PostgreSQL answers when it took longer.
const LOCK_NOT_AVAILABLE: &str = "55P03";
/// How many events are deleted in one transaction of SQLite.
const AT_ONCE: i64 = 500;

/// What goes next.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// Everything up to here is in the archive then.
    pub until: i64,
    partition: Option<partitions::Partition>,
}

/// The next whole segment up to `limit`, if there is one.
pub(super) async fn next_step(db: &Db, archived: i64, limit: i64) -> Result<Option<Step>> {
    if db.store() == Store::Sqlite {
        let length: i64 = sql("SELECT segment_length FROM log_state WHERE one = 1")
            .one(db)
            .await?;
        let until = archived.saturating_add(length);
        let partition = None;
        return Ok((until <= limit).then_some(Step { until, partition }));
    }
    let Some(partition) = partitions::oldest_full(db).await? else {
        return Ok(None);
    };
    // Late events of a partition stand behind earlier ones of the next: those are
    // archived with it, and stay in their partition until it goes too.
    let last: i64 = sql("SELECT coalesce(max(position), 0) FROM event_position WHERE entry_id < $1")
        .bind(partition.to)
        .one(db)
        .await?;
    let until = last.max(archived);
    let partition = Some(partition);
    Ok((until <= limit).then_some(Step { until, partition }))
}

/// Moves the border, and takes the events away; all or nothing. What is archived by
/// then must be durable.
pub(super) async fn remove(db: &Db, archived: i64, step: &Step, act: Statement) -> Result<()> {
    let mut batch = Batch::new();
    match &step.partition {
        None => {
            batch.expect(1, BORDER, move_border(archived, step.until, ""));
            batch.run(
                sql(
                    "INSERT INTO archived_sequence (aggregate_type, aggregate_id, last) \
                     SELECT aggregate_type, aggregate_id, max(aggregate_seq) FROM event_log \
                     WHERE position > $1 AND position <= $2 GROUP BY aggregate_type, aggregate_id \
                     ON CONFLICT (aggregate_type, aggregate_id) DO UPDATE SET last = excluded.last",
                )
                .bind(archived)
                .bind(step.until),
            );
        }
        Some(partition) => drop_partition(&mut batch, archived, step.until, partition),
    }
    batch.run(act);
    match db.commit_alone(batch).await {
        Err(althing_db::Error::Postgres { code, .. }) if code == LOCK_NOT_AVAILABLE => {
            Err(ArchiveError::HeldUp.into())
        }
        other => Ok(other.map(|_| ())?),
    }
}

/// The long part, removing the positions, comes before the lock that writers feel.
/// Once that is held nobody is writing, so whatever could still come into this
/// partition is there, and shows if it has no position or a later one.
fn drop_partition(batch: &mut Batch, archived: i64, until: i64, partition: &partitions::Partition) {
    let name = &partition.name;
    batch.run(sql(PARTITIONS_LOCK));
    batch.run(
        sql("DELETE FROM event_position WHERE entry_id < $1 AND position <= $2")
            .bind(partition.to)
            .bind(until),
    );
    batch.run(sql(format!(
        "SELECT set_config('lock_timeout', '{PATIENCE}', TRUE)"
    )));
    batch.run(sql("LOCK TABLE event_entry IN ACCESS EXCLUSIVE MODE"));
    let nothing_left = format!(
        " AND NOT EXISTS (SELECT 1 FROM event_position WHERE entry_id < $3) \
         AND NOT EXISTS (SELECT 1 FROM ({}) n WHERE n.id < $3)",
        crate::sequencer::UNNUMBERED
    );
    batch.expect(
        1,
        BORDER,
        move_border(archived, until, &nothing_left).bind(partition.to),
    );
    batch.run(sql(format!("ALTER TABLE event_entry DETACH PARTITION {name}")));
    batch.run(sql(format!("DROP TABLE {name}")));
}

/// Only if nobody needs what is below; this was looked at before, but now it counts.
fn move_border(from: i64, to: i64, and: &str) -> Statement {
    sql(format!(
        "UPDATE log_state SET archived_until = $2 WHERE one = 1 AND archived_until = $1 \
         AND NOT EXISTS (SELECT 1 FROM subscription WHERE position < $2 AND kind <> 'consumer') \
         AND NOT EXISTS (SELECT 1 FROM parked_event WHERE position <= $2){and}"
    ))
    .bind(from)
    .bind(to)
}

/// Deletes some of what the border has passed on SQLite; `false` if there is
/// nothing left. The trigger on the table allows exactly this.
pub(super) async fn prune(db: &Db) -> Result<bool> {
    if db.store() == Store::Postgres {
        return Ok(false);
    }
    let (oldest, archived): (i64, i64) =
        sql("SELECT (SELECT coalesce(min(position), 0) FROM event_log), archived_until FROM log_state WHERE one = 1")
            .one(db)
            .await?;
    if oldest == 0 || oldest > archived {
        return Ok(false);
    }
    let mut batch = Batch::new();
    batch.run(sql("DELETE FROM event_log WHERE position <= $1").bind(archived.min(oldest + AT_ONCE - 1)));
    db.commit(batch).await.map_err(Error::from)?;
    Ok(true)
}
