//! One tick: whatever has become visible since the last one gets its position.

use std::time::Duration;

use althing_db::{Batch, Db, FromRow, Outcome, Row, Statement, sql};

use crate::Result;
use crate::sequencer::NUMBERED;

/// The conflict that means: somebody else leads, or the rows were restored into
/// another cluster since.
pub(super) const DEPOSED: &str = "sequencer leader";

/// Rows that are visible now and were not at the last tick. Those up to
/// `numbered_below` were numbered in another cluster, whose transaction ids mean
/// nothing here; and a commit that numbered itself is not in its own snapshot, so it
/// comes up once more and is known by its position. (A subquery for each row, since
/// a join might be planned as one with all positions; and a sum, lest the index of
/// ids be read from end to end.)
pub(crate) const UNNUMBERED: &str = "SELECT e.id FROM event_entry e WHERE e.txid >= (SELECT pg_snapshot_xmax(seen) FROM sequencer) \
    AND e.id + 0 > (SELECT numbered_below FROM sequencer) \
    AND (SELECT p.position FROM event_position p WHERE p.entry_id = e.id) IS NULL \
    UNION ALL \
    SELECT e.id FROM event_entry e WHERE e.txid = ANY (ARRAY(SELECT pg_snapshot_xip(seen) FROM sequencer)) \
    AND e.id + 0 > (SELECT numbered_below FROM sequencer) \
    AND (SELECT p.position FROM event_position p WHERE p.entry_id = e.id) IS NULL";

/// Whether there is something to number: a look without a lock or a write. `Some`
/// if there is, or if the cluster is another one than the sequencer remembers.
pub(super) async fn is_due(db: &Db) -> Result<Option<i64>> {
    Ok(sql(format!(
        "SELECT last FROM sequencer WHERE EXISTS ({UNNUMBERED}) OR {OTHER_CLUSTER} OR timeline <> {TIMELINE}"
    ))
    .optional(db)
    .await?)
}

pub(super) async fn last(db: &Db) -> Result<i64> {
    Ok(sql("SELECT last FROM sequencer").one(db).await?)
}

/// Which history of a cluster this is; it changes when a replica is promoted.
pub(super) const TIMELINE: &str = "substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8)";
pub(super) const OTHER_CLUSTER: &str =
    "system_identifier <> (SELECT c.system_identifier FROM pg_control_system() c)";

/// Gives positions in a transaction of its own: the sequencer's row is locked first
/// (as the leader of `epoch`, or as anybody), and only then is the snapshot taken
/// that the new rows are read with.
pub(super) async fn tick(db: &Db, leader: Option<Leader<'_>>) -> Result<Ticked> {
    let mut batch = Batch::new();
    batch.expect(1, DEPOSED, lock(db, leader));
    batch.returning(number("TRUE"));
    batch.run(sql("SELECT pg_notify($1, last::TEXT) FROM sequencer").bind(NUMBERED));
    let outcomes = match db.commit_alone(batch).await {
        Err(althing_db::Error::Conflict { tag: DEPOSED }) if super::restored::find(db).await? => {
            return sql("SELECT last, (SELECT last_value FROM event_entry_id) FROM sequencer")
                .one(db)
                .await
                .map_err(Into::into);
        }
        other => other?,
    };
    Ok(Ticked::of(&outcomes[1]).unwrap_or_default())
}

/// What ends a transaction of the leader's own writers: if nobody is giving positions
/// at the moment, it takes the same lock as a tick and does the same, so that the
/// events are numbered by their own commit. If somebody is, it does nothing; it never
/// waits.
pub(super) fn closing(leader: Leader<'_>) -> Batch {
    let mut batch = Batch::new();
    batch.run(
        sql(format!(
            "SELECT set_config('althing.numbering', coalesce((SELECT 'yes' FROM sequencer \
             WHERE one = 1 AND epoch = $1 AND owner = $2 AND {} FOR UPDATE SKIP LOCKED), 'no'), TRUE)",
            same_cluster()
        ))
        .bind(leader.epoch)
        .bind(leader.owner),
    );
    batch.returning(number("current_setting('althing.numbering', TRUE) = 'yes'"));
    batch
}

/// What a tick left behind.
#[derive(Clone, Copy, Default)]
pub(super) struct Ticked {
    /// The newest position.
    pub last: i64,
    /// The newest id that was drawn, of whatever transaction.
    pub newest_id: i64,
}

impl Ticked {
    /// Of the numbering statement; `None` if it was not its turn.
    pub fn of(outcome: &Outcome) -> Option<Self> {
        Some(Self {
            last: outcome.integer(0, 0)?,
            newest_id: outcome.integer(0, 1)?,
        })
    }
}

impl FromRow for Ticked {
    fn from_row(row: &Row<'_>) -> althing_db::Result<Self> {
        Ok(Self {
            last: row.get(0)?,
            newest_id: row.get(1)?,
        })
    }
}

/// Who leads, and for how long from now.
#[derive(Clone, Copy)]
pub(super) struct Leader<'a> {
    pub owner: &'a str,
    pub epoch: i64,
    pub lease: Duration,
}

fn lock(db: &Db, leader: Option<Leader<'_>>) -> Statement {
    let same = same_cluster();
    let Some(leader) = leader else {
        return sql(format!("UPDATE sequencer SET one = one WHERE one = 1 AND {same}"));
    };
    sql(format!(
        "UPDATE sequencer SET lease_until = {} + $1 WHERE one = 1 AND epoch = $2 AND owner = $3 AND {same}",
        db.clock_micros()
    ))
    .bind(i64::try_from(leader.lease.as_micros()).unwrap_or(i64::MAX))
    .bind(leader.epoch)
    .bind(leader.owner)
}

fn same_cluster() -> String {
    format!("NOT {OTHER_CLUSTER} AND timeline = {TIMELINE}")
}

/// A statement of its own, since its snapshot must be taken when the lock is held.
fn number(turn: &str) -> Statement {
    sql(format!(
        "WITH new AS (SELECT u.id FROM ({UNNUMBERED}) u WHERE {turn}), \
         given AS (INSERT INTO event_position (position, entry_id) \
            SELECT (SELECT last FROM sequencer) + row_number() OVER (ORDER BY id), id FROM new RETURNING 1) \
         UPDATE sequencer SET last = last + (SELECT count(*) FROM given), seen = pg_current_snapshot() WHERE {turn} \
         RETURNING last, (SELECT last_value FROM event_entry_id)"
    ))
}

/// What an operator sees of the sequencer.
#[derive(Clone, Debug, Default)]
pub struct SequencerStatus {
    /// The newest position.
    pub last: i64,
    /// Committed events that have no position yet.
    pub unnumbered: i64,
    /// Age of the oldest of them, in seconds.
    pub oldest_unnumbered_seconds: f64,
    /// Age of the oldest transaction of the cluster that is still open and writes.
    pub oldest_writer_seconds: f64,
    /// Which process leads.
    pub owner: Option<String>,
    /// Whether it is this one.
    pub leads: bool,
    /// How long this process's last tick took.
    pub tick: Duration,
}

impl FromRow for SequencerStatus {
    fn from_row(row: &Row<'_>) -> althing_db::Result<Self> {
        Ok(Self {
            last: row.get(0)?,
            unnumbered: row.get(1)?,
            oldest_unnumbered_seconds: row.get(2)?,
            oldest_writer_seconds: row.get(3)?,
            owner: row.get(4)?,
            ..Self::default()
        })
    }
}

pub(super) async fn status(db: &Db) -> Result<SequencerStatus> {
    Ok(sql(format!(
        "SELECT s.last, (SELECT count(*) FROM ({UNNUMBERED}) AS n), \
         coalesce((SELECT extract(epoch FROM clock_timestamp() - min(e.inserted_at)::TIMESTAMPTZ) FROM event_entry e \
           WHERE e.id IN ({UNNUMBERED})), 0)::DOUBLE PRECISION, \
         coalesce((SELECT extract(epoch FROM clock_timestamp() - min(a.xact_start)) FROM pg_stat_activity a \
           WHERE a.backend_xid IS NOT NULL), 0)::DOUBLE PRECISION, \
         s.owner FROM sequencer s"
    ))
    .one(db)
    .await?)
}
