//! The row of a subscription, and the writes that move it. Each of them carries
//! the epoch, so that an owner that was replaced cannot change anything.

use althing_db::{Batch, Db, FromRow, Row as DbRow, Statement, Timestamp, definition, sql};

use super::{Kind, Leases, Owner, Subscription};
use crate::Result;

/// Tag of the conflict that means: somebody else owns this subscription now.
pub(crate) const FENCED: &str = "subscription owner";

/// A subscription as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub version: i64,
    pub generation: i64,
    pub position: i64,
    pub epoch: i64,
    pub status: String,
    /// How many acts of operators there were so far.
    pub acts: i64,
    pub rebuild_wanted: bool,
    /// The version whose code fills the new generation.
    pub rebuild_version: Option<i64>,
    pub rebuild_generation: Option<i64>,
    pub rebuild_position: Option<i64>,
}

const COLUMNS: &str = "version, generation, position, epoch, status, acts, rebuild_wanted, rebuild_version, \
                       rebuild_generation, rebuild_position";

impl FromRow for Row {
    fn from_row(row: &DbRow<'_>) -> althing_db::Result<Self> {
        Ok(Self {
            version: row.get(0)?,
            generation: row.get(1)?,
            position: row.get(2)?,
            epoch: row.get(3)?,
            status: row.get(4)?,
            acts: row.get(5)?,
            rebuild_wanted: row.get(6)?,
            rebuild_version: row.get(7)?,
            rebuild_generation: row.get(8)?,
            rebuild_position: row.get(9)?,
        })
    }
}

pub(crate) async fn read(db: &Db, name: &str) -> althing_db::Result<Option<Row>> {
    sql(format!("SELECT {COLUMNS} FROM subscription WHERE name = $1"))
        .bind(name)
        .optional(db)
        .await
}

/// Makes the row and the tables of a subscription that is new. Nobody owns it yet.
pub(crate) async fn create(db: &Db, def: &Subscription, head: i64, now: Timestamp) -> Result<()> {
    // Two processes may start at once: whoever is second finds it done.
    let mut tries = 1;
    while read(db, &def.name).await?.is_none() {
        match db.commit(creation(def, head, now)).await {
            Err(error) if tries < 4 && is_race(&error) => tries += 1,
            Err(error) => return Err(error.into()),
            Ok(_) => break,
        }
    }
    Ok(())
}

fn is_race(error: &althing_db::Error) -> bool {
    // The other one may have made the row or the tables in between.
    error.is_conflict() || error.is_fault_of_statement()
}

fn creation(def: &Subscription, head: i64, now: Timestamp) -> Batch {
    let mut batch = Batch::new();
    let position = if def.from_beginning { 0 } else { head };
    create_generation(&mut batch, def, 1);
    show_generation(&mut batch, def, 1);
    batch.run(
        sql("INSERT INTO subscription (name, kind, version, generation, start_position, position, epoch, status, updated_at) \
             VALUES ($1, $2, $3, 1, $4, $4, 0, 'running', $5)")
        .bind(def.name.clone())
        .bind(def.kind.as_str())
        .bind(def.version)
        .bind(position)
        .bind(now),
    );
    batch
}

/// Takes the subscription over: the epoch rises, so that whoever had it can write
/// nothing more. `None` if somebody else has a lease on it. A new version of a
/// projection asks for a rebuild, also if an earlier one was stopped.
pub(crate) async fn acquire(
    db: &Db,
    def: &Subscription,
    owner: &Owner,
    now: Timestamp,
) -> Result<Option<Row>> {
    loop {
        let row = read(db, &def.name)
            .await?
            .ok_or_else(|| crate::Error::NoSubscription(def.name.to_string()))?;
        let mut batch = Batch::new();
        batch.expect(1, FENCED, take_over(db, def, owner, &row, now));
        match db.commit(batch).await {
            Ok(_) => {
                let epoch = row.epoch + 1;
                // If it was taken again already, the first write will find out.
                return Ok(read(db, &def.name).await?.map(|row| Row { epoch, ..row }));
            }
            Err(error) if !error.is_conflict() => return Err(error.into()),
            // Somebody else was faster, or has a lease.
            Err(_) if owner.leases != Leases::Exclusive => return Ok(None),
            Err(_) => {}
        }
    }
}

fn take_over(db: &Db, def: &Subscription, owner: &Owner, row: &Row, now: Timestamp) -> Statement {
    let newer = def.kind == Kind::Projection && def.version != row.version;
    let clock = db.clock_micros();
    let free = match owner.leases {
        Leases::Exclusive => String::new(),
        Leases::Shared(_) => {
            format!(
                " AND (owner_id IS NULL OR owner_id = $6 OR lease_until IS NULL OR lease_until < {clock})"
            )
        }
    };
    sql(format!(
        "UPDATE subscription SET owner = $1, epoch = epoch + 1, kind = $2, updated_at = $3, \
         rebuild_wanted = (rebuild_wanted OR $4), \
         status = CASE WHEN $4 AND status = 'stopped' THEN 'running' ELSE status END, \
         lanes = $5, owner_id = $6, lease_length = $7, lease_until = {clock} + $7 \
         WHERE name = $8 AND epoch = $9{free}"
    ))
    .bind(owner.name.clone())
    .bind(def.kind.as_str())
    .bind(now)
    .bind(newer)
    .bind(i64::try_from(def.lanes).unwrap_or(i64::MAX))
    .bind(owner.id)
    .bind(owner.leases.micros())
    .bind(def.name.clone())
    .bind(row.epoch)
}

/// Takes the subscription over from oneself: whatever is still on its way to the
/// database under the old epoch will be refused. `false` if another one has it.
pub(super) async fn reacquire(db: &Db, name: &str, owner: &Owner) -> Result<bool> {
    let mut batch = Batch::new();
    batch.expect(
        1,
        FENCED,
        sql("UPDATE subscription SET epoch = epoch + 1 WHERE name = $1 AND owner_id = $2")
            .bind(name)
            .bind(owner.id),
    );
    match db.commit(batch).await {
        Ok(_) => Ok(true),
        Err(error) if error.is_conflict() => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Creates the tables of one generation.
pub(crate) fn create_generation(batch: &mut Batch, def: &Subscription, generation: i64) {
    let names = def.table_names(generation);
    for table in &def.tables {
        for statement in table.definition.split(";\n") {
            let statement = statement.trim().trim_end_matches(';').trim();
            if !statement.is_empty() {
                batch.run(definition(names.resolve(statement)));
            }
        }
    }
}

/// Points the names that readers use at one generation.
pub(crate) fn show_generation(batch: &mut Batch, def: &Subscription, generation: i64) {
    hide_generation(batch, def);
    for table in &def.tables {
        let name = table.name;
        batch.run(sql(format!(
            "CREATE VIEW {name} AS SELECT * FROM {name}__g{generation}"
        )));
    }
}

/// A table cannot be dropped while a view shows it.
fn hide_generation(batch: &mut Batch, def: &Subscription) {
    for table in &def.tables {
        batch.run(sql(format!("DROP VIEW IF EXISTS {}", table.name)));
    }
}

pub(crate) fn drop_generation(batch: &mut Batch, def: &Subscription, generation: i64) {
    for table in &def.tables {
        batch.run(sql(format!("DROP TABLE IF EXISTS {}__g{generation}", table.name)));
    }
}

/// Sets a subscription back to where it began; a projection's tables are emptied.
pub(crate) async fn rewind(db: &Db, batch: &mut Batch, def: &Subscription) -> althing_db::Result<()> {
    let row = read(db, &def.name).await?.ok_or(althing_db::Error::NoRow)?;
    hide_generation(batch, def);
    for generation in [Some(row.generation), row.rebuild_generation]
        .into_iter()
        .flatten()
    {
        drop_generation(batch, def, generation);
    }
    create_generation(batch, def, row.generation);
    show_generation(batch, def, row.generation);
    batch.run(sql("DELETE FROM parked_event WHERE subscription = $1").bind(def.name.clone()));
    batch.run(sql("DELETE FROM finished_event WHERE subscription = $1").bind(def.name.clone()));
    batch.run(
        sql("UPDATE subscription SET position = start_position, version = $1, status = 'running', rebuild_wanted = FALSE, \
             rebuild_version = NULL, rebuild_generation = NULL, rebuild_position = NULL WHERE name = $2")
        .bind(def.version)
        .bind(def.name.clone()),
    );
    Ok(())
}

/// Moves the checkpoint from `old` to `new`, if we still own it. It is a sign of life,
/// so the lease (if there is one) begins anew.
pub(crate) fn checkpoint(db: &Db, name: &str, epoch: i64, old: i64, new: i64, now: Timestamp) -> Statement {
    sql(format!(
        "UPDATE subscription SET position = $1, updated_at = $2, lease_until = {} + lease_length \
         WHERE name = $3 AND position = $4 AND epoch = $5",
        db.clock_micros()
    ))
    .bind(new)
    .bind(now)
    .bind(name)
    .bind(old)
    .bind(epoch)
}

/// Changes nothing, but only if we still own it. On PostgreSQL the row is locked
/// against a new owner, not against the other lanes.
pub(crate) fn fence(name: &str, epoch: i64) -> Statement {
    sql("UPDATE subscription SET epoch = epoch WHERE name = $1 AND epoch = $2")
        .on_postgres("SELECT 1 FROM subscription WHERE name = $1 AND epoch = $2 FOR SHARE")
        .bind(name)
        .bind(epoch)
}

/// Keeps that the event at `position`, which lies above the checkpoint, is finished,
/// if we still own the subscription.
pub(super) fn finish(name: &str, epoch: i64, position: i64) -> Statement {
    sql("INSERT INTO finished_event (subscription, position) SELECT name, CAST($1 AS BIGINT) FROM subscription WHERE name = $2 AND epoch = $3")
        .on_postgres(
            "INSERT INTO finished_event (subscription, position) \
             SELECT name, CAST($1 AS BIGINT) FROM subscription WHERE name = $2 AND epoch = $3 FOR SHARE",
        )
        .bind(position)
        .bind(name)
        .bind(epoch)
}

/// Forgets finished events that the checkpoint has passed.
pub(super) fn forget_finished(name: &str, up_to: i64) -> Statement {
    sql("DELETE FROM finished_event WHERE subscription = $1 AND position <= $2")
        .bind(name)
        .bind(up_to)
}

/// Positions above the checkpoint that are finished.
pub(super) async fn finished(db: &Db, name: &str) -> Result<Vec<i64>> {
    Ok(
        sql("SELECT position FROM finished_event WHERE subscription = $1 ORDER BY position")
            .bind(name)
            .all(db)
            .await?,
    )
}

/// Stops handing out events until an operator resumes it.
pub(crate) fn stop(name: &str, epoch: i64, error: &str) -> Statement {
    sql("UPDATE subscription SET status = 'stopped', last_error = $1 WHERE name = $2 AND epoch = $3")
        .bind(error)
        .bind(name)
        .bind(epoch)
}

/// Says that nobody runs it any more: whoever wants to may take it at once.
pub(crate) fn release(name: &str, epoch: i64) -> Statement {
    sql("UPDATE subscription SET owner = NULL, owner_id = NULL, lease_until = NULL WHERE name = $1 AND epoch = $2")
        .bind(name)
        .bind(epoch)
}
