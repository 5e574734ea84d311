//! A whole instance moved from one database to another, SQLite to PostgreSQL or back.
//!
//! Everything goes along: the log with its positions, its epoch and the instance's
//! id (so cursors of clients stay valid), aggregates, keys of persons, projections
//! with their checkpoints, parked events, timers, processes, and every table of the
//! program's own migrations. What does not: who owns a subscription, which processes
//! live, and the folder of archived events, which both databases read. Nobody may be writing to either side meanwhile.
//!
//! The tables are found in the catalogue of the source, and each must be in the
//! target with the same columns; so a table that was forgotten here is refused, not
//! lost. The copy is verified at the end. One that was broken off leaves a target
//! that is not empty any more and has to be thrown away; one that was refused left it as it was.

mod error;
mod log;
mod tables;

pub use error::TransferError;

use althing_db::{Batch, Db, sql};

use crate::backbone::Backbone;
use crate::subscription::{self, Subscription, create_generation, show_generation};

/// What was copied and verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Events of the log.
    pub events: i64,
    /// Rows of all other tables.
    pub rows: i64,
    /// Tables besides the log.
    pub tables: usize,
}

/// Tables that belong to a database and not to the instance in it.
const OF_THE_DATABASE: [&str; 3] = ["migration", "log_state", "live_process"];

/// Copies everything of `from` into `to`, which must be prepared by the same program
/// and empty. Neither may have been started, here or elsewhere.
pub async fn copy(from: &Backbone, to: &Backbone) -> Result<Copied, TransferError> {
    let (source, target) = (from.db(), to.db());
    nobody_works_with(source).await?;
    nobody_works_with(target).await?;
    same_program(source, target).await?;
    is_empty(target).await?;
    let projections = projections(from).await?;
    let tables = ordinary(source).await?;
    let made = |table: &str| {
        projections
            .iter()
            .any(|(def, generation)| def.table_names(*generation).stored().any(|name| name == table))
    };
    let prepared = tables::all(target).await?;
    for table in tables.iter().filter(|table| !made(table.name())) {
        table.require(&prepared)?;
    }

    // Only now is anything written.
    for (def, generation) in &projections {
        make(def, *generation, target).await?;
    }
    let prepared = tables::all(target).await?;
    let events = log::copy(from.log(), source, target).await?;
    let mut rows = 0;
    for table in &tables {
        table.require(&prepared)?;
        rows += table.copy(source, target).await?;
    }
    take_over(source, target).await?;
    log::verify(source, target).await?;
    Ok(Copied {
        events,
        rows,
        tables: tables.len(),
    })
}

/// Every table that is copied row by row.
async fn ordinary(db: &Db) -> Result<Vec<tables::Table>, TransferError> {
    let mut all = tables::all(db).await?;
    all.retain(|table| !OF_THE_DATABASE.contains(&table.name()) && !log::is_part(table.name()));
    Ok(all)
}

async fn nobody_works_with(db: &Db) -> Result<(), TransferError> {
    let alive = format!(
        "SELECT name FROM live_process WHERE alive_until > {}",
        db.clock_micros()
    );
    match sql(alive).optional(db).await? {
        Some(process) => Err(TransferError::AtWork { process }),
        None => Ok(()),
    }
}

async fn same_program(source: &Db, target: &Db) -> Result<(), TransferError> {
    let applied = || sql("SELECT context, number, name FROM migration ORDER BY context, number");
    let here: Vec<(String, i64, String)> = applied().all(source).await?;
    let there: Vec<(String, i64, String)> = applied().all(target).await?;
    let other = here.iter().find(|step| !there.contains(step));
    match other.or_else(|| there.iter().find(|step| !here.contains(step))) {
        Some((context, number, _)) => Err(TransferError::OtherTables {
            context: context.clone(),
            number: *number,
        }),
        None => Ok(()),
    }
}

async fn is_empty(target: &Db) -> Result<(), TransferError> {
    let mut all = tables::all(target).await?;
    all.retain(|table| !OF_THE_DATABASE.contains(&table.name()) && table.name() != "sequencer");
    for table in all {
        if table.count(target).await? > 0 {
            return Err(TransferError::NotEmpty {
                table: table.name().to_owned(),
            });
        }
    }
    Ok(())
}

/// The projections that have tables, and which generation of them is read.
async fn projections(from: &Backbone) -> Result<Vec<(&Subscription, i64)>, TransferError> {
    let mut found = Vec::new();
    for def in from.subscriptions().into_iter().filter(|def| def.has_tables()) {
        let Some(row) = subscription::read(from.db(), def.name()).await? else {
            continue;
        };
        if row.rebuild_wanted || row.version != def.version() {
            return Err(TransferError::Rebuilding {
                subscription: def.name().to_owned(),
            });
        }
        found.push((def, row.generation));
    }
    Ok(found)
}

/// The tables of a projection are made by its subscription, not by a migration. Its
/// definition may put first rows into them; the copy brings its own.
async fn make(def: &Subscription, generation: i64, target: &Db) -> Result<(), TransferError> {
    let mut batch = Batch::new();
    create_generation(&mut batch, def, generation);
    show_generation(&mut batch, def, generation);
    for table in def.table_names(generation).stored() {
        batch.run(sql(format!("DELETE FROM \"{table}\"")));
    }
    target.commit(batch).await?;
    Ok(())
}

/// The target is the instance from now on; nobody owns its subscriptions yet.
async fn take_over(source: &Db, target: &Db) -> Result<(), TransferError> {
    let (instance, epoch, archived): (String, i64, i64) =
        sql("SELECT instance_id, epoch, archived_until FROM log_state WHERE one = 1")
            .one(source)
            .await?;
    let mut batch = Batch::new();
    batch.expect(
        1,
        "log state",
        sql("UPDATE log_state SET instance_id = $1, epoch = $2, archived_until = $3 WHERE one = 1")
            .bind(instance)
            .bind(epoch)
            .bind(archived),
    );
    batch.run(sql(
        "UPDATE subscription SET owner = NULL, owner_id = NULL, lease_until = NULL, lease_length = NULL",
    ));
    target.commit(batch).await?;
    Ok(())
}
