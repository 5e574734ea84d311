//! The row of a subscription, and the writes that move it. Each of them carries
//! the epoch, so that an owner that was replaced cannot change anything.

use althing_db::{Batch, Db, FromRow, Row as DbRow, Statement, Timestamp, sql};

use super::{Kind, Subscription};
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

/// Takes the subscription over (the epoch rises), creating its row and tables if
/// it is new. A new version of a projection asks for a rebuild, also if an
/// earlier one was stopped.
pub(crate) async fn acquire(
    db: &Db,
    def: &Subscription,
    owner: &str,
    head: i64,
    now: Timestamp,
) -> Result<Row> {
    // Two processes may start at once: whoever is second takes over from the first.
    let mut tries = 1;
    loop {
        match take_over(db, def, owner, head, now).await {
            Err(error) if tries < 4 && is_race(&error) => tries += 1,
            Err(error) => return Err(error.into()),
            Ok(()) => break,
        }
    }
    read(db, &def.name)
        .await?
        .ok_or_else(|| crate::Error::NoSubscription(def.name.to_string()))
}

fn is_race(error: &althing_db::Error) -> bool {
    // The other one may have made the row or the tables in between.
    error.is_conflict() || error.is_fault_of_statement()
}

async fn take_over(
    db: &Db,
    def: &Subscription,
    owner: &str,
    head: i64,
    now: Timestamp,
) -> althing_db::Result<()> {
    let mut batch = Batch::new();
    match read(db, &def.name).await? {
        None => {
            let position = if def.from_beginning { 0 } else { head };
            create_generation(&mut batch, def, 1);
            show_generation(&mut batch, def, 1);
            batch.run(
                sql("INSERT INTO subscription (name, kind, version, generation, start_position, position, owner, epoch, status, updated_at) \
                     VALUES ($1, $2, $3, 1, $4, $4, $5, 1, 'running', $6)")
                .bind(def.name.clone())
                .bind(def.kind.as_str())
                .bind(def.version)
                .bind(position)
                .bind(owner)
                .bind(now),
            );
        }
        Some(row) => {
            let newer = def.kind == Kind::Projection && def.version != row.version;
            batch.expect(
                1,
                FENCED,
                sql(
                    "UPDATE subscription SET owner = $1, epoch = epoch + 1, kind = $2, updated_at = $3, \
                     rebuild_wanted = (rebuild_wanted OR $4), \
                     status = CASE WHEN $4 AND status = 'stopped' THEN 'running' ELSE status END \
                     WHERE name = $5 AND epoch = $6",
                )
                .bind(owner)
                .bind(def.kind.as_str())
                .bind(now)
                .bind(newer)
                .bind(def.name.clone())
                .bind(row.epoch),
            );
        }
    }
    db.commit(batch).await.map(|_| ())
}

/// Creates the tables of one generation.
pub(crate) fn create_generation(batch: &mut Batch, def: &Subscription, generation: i64) {
    let names = def.table_names(generation);
    for table in &def.tables {
        for statement in table.definition.split(";\n") {
            let statement = statement.trim().trim_end_matches(';').trim();
            if !statement.is_empty() {
                batch.run(sql(names.resolve(statement)));
            }
        }
    }
}

/// Points the names that readers use at one generation.
pub(crate) fn show_generation(batch: &mut Batch, def: &Subscription, generation: i64) {
    for table in &def.tables {
        let name = table.name;
        batch.run(sql(format!("DROP VIEW IF EXISTS {name}")));
        batch.run(sql(format!(
            "CREATE VIEW {name} AS SELECT * FROM {name}__g{generation}"
        )));
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
    for generation in [Some(row.generation), row.rebuild_generation]
        .into_iter()
        .flatten()
    {
        drop_generation(batch, def, generation);
    }
    create_generation(batch, def, row.generation);
    batch.run(sql("DELETE FROM parked_event WHERE subscription = $1").bind(def.name.clone()));
    batch.run(
        sql("UPDATE subscription SET position = start_position, version = $1, status = 'running', rebuild_wanted = FALSE, \
             rebuild_version = NULL, rebuild_generation = NULL, rebuild_position = NULL WHERE name = $2")
        .bind(def.version)
        .bind(def.name.clone()),
    );
    Ok(())
}

/// Moves the checkpoint from `old` to `new`, if we still own it.
pub(crate) fn checkpoint(name: &str, epoch: i64, old: i64, new: i64, now: Timestamp) -> Statement {
    sql("UPDATE subscription SET position = $1, updated_at = $2 WHERE name = $3 AND position = $4 AND epoch = $5")
        .bind(new)
        .bind(now)
        .bind(name)
        .bind(old)
        .bind(epoch)
}

/// Changes nothing, but only if we still own it.
pub(crate) fn fence(name: &str, epoch: i64) -> Statement {
    sql("UPDATE subscription SET epoch = epoch WHERE name = $1 AND epoch = $2")
        .bind(name)
        .bind(epoch)
}

/// Stops handing out events until an operator resumes it.
pub(crate) fn stop(name: &str, epoch: i64, error: &str) -> Statement {
    sql("UPDATE subscription SET status = 'stopped', last_error = $1 WHERE name = $2 AND epoch = $3")
        .bind(error)
        .bind(name)
        .bind(epoch)
}

/// Says that nobody runs it any more.
pub(crate) fn release(name: &str, epoch: i64) -> Statement {
    sql("UPDATE subscription SET owner = NULL WHERE name = $1 AND epoch = $2")
        .bind(name)
        .bind(epoch)
}
