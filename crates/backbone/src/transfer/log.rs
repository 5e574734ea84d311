//! The log: one table on SQLite, several behind a view on PostgreSQL.
//!
//! What was archived is in files, which stay where they are; the copy begins after it.

use althing_db::{Batch, Db, Statement, Store, sql};

use super::TransferError;
use super::tables::{Values, insert_into};
use crate::log::{Log, with_newest};
use crate::sequencer::partitions;

const COLUMNS: [&str; 15] = [
    "id",
    "event_type",
    "event_version",
    "aggregate_type",
    "aggregate_id",
    "aggregate_seq",
    "workspace_id",
    "actor_id",
    "correlation_id",
    "causation_id",
    "trace",
    "metadata",
    "data",
    "occurred_at",
    "inserted_at",
];
/// Where PostgreSQL and SQLite keep the log, besides the partitions of `event_entry`.
const TABLES: [&str; 7] = [
    "event_log",
    "event_entry",
    "event_position",
    "event_identity",
    "aggregate_sequence",
    "archived_sequence",
    "sequencer",
];
/// How many events share a commit.
const PAGE: usize = 500;

/// Whether a table is copied here.
pub(super) fn is_part(table: &str) -> bool {
    TABLES.contains(&table) || table.starts_with("event_entry_")
}

/// Copies every event at its position; answers how many there are.
pub(super) async fn copy(log: &Log, source: &Db, target: &Db) -> Result<i64, TransferError> {
    // What was committed has its number before anything is read.
    log.poll().await?;
    let (last, archived): (i64, i64) =
        with_newest("SELECT {newest}, archived_until FROM log_state WHERE one = 1")
            .one(source)
            .await?;
    if target.store() == Store::Postgres {
        make_room(target, last).await?;
    }
    let select = format!(
        "SELECT {}, position FROM event_log WHERE position > $1 ORDER BY position LIMIT {PAGE}",
        COLUMNS.join(", ")
    );
    let (mut position, mut events) = (archived, 0);
    loop {
        let page: Vec<Values> = source.scan(sql(select.clone()).bind(position)).await?;
        let Some(newest) = page.last().and_then(Values::last_integer) else {
            break;
        };
        position = newest;
        let mut batch = Batch::new();
        for event in page {
            events += 1;
            match target.store() {
                Store::Sqlite => insert_on_sqlite(&mut batch, event),
                Store::Postgres => insert_on_postgres(&mut batch, event),
            }
        }
        target.commit(batch).await?;
    }
    sequences(source, target, archived).await?;
    if target.store() == Store::Postgres {
        let mut batch = Batch::new();
        let numbered = "UPDATE sequencer SET last = $1, numbered_below = $1, seen = pg_current_snapshot()";
        batch.run(sql(numbered).bind(last));
        target.commit(batch).await?;
    }
    Ok(events)
}

fn insert_on_sqlite(batch: &mut Batch, event: Values) {
    let mut columns: Vec<String> = COLUMNS.map(str::to_owned).to_vec();
    columns.push("position".into());
    batch.run(bound(insert_into("event_log", &columns), event));
}

/// The entry's id is its position: both rise together.
fn insert_on_postgres(batch: &mut Batch, event: Values) {
    let mut columns: Vec<String> = COLUMNS.map(str::to_owned).to_vec();
    columns[0] = "event_id".into();
    columns.push("id".into());
    let (id, position) = (event.0.first().cloned(), event.0.last().cloned());
    batch.run(bound(insert_into("event_entry", &columns), event));
    batch.run(sql("INSERT INTO event_identity (event_id) VALUES ($1)").bind(id));
    batch.run(sql("INSERT INTO event_position (position, entry_id) VALUES ($1, $1)").bind(position));
}

fn bound(text: String, event: Values) -> Statement {
    event.0.into_iter().fold(sql(text), Statement::bind)
}

/// Ids that go on after the copied ones, partitions for all of them, and a line below
/// which nothing waits for a number.
async fn make_room(target: &Db, last: i64) -> Result<(), TransferError> {
    let mut batch = Batch::new();
    if last > 0 {
        batch.run(sql("SELECT setval('event_entry_id', $1)").bind(last));
    }
    batch.run(sql("UPDATE sequencer SET numbered_below = $1").bind(last));
    target.commit(batch).await?;
    partitions::make(target).await?;
    Ok(())
}

/// The last number of each aggregate. PostgreSQL keeps all of them, SQLite those
/// whose events were archived: there the log knows the others.
async fn sequences(source: &Db, target: &Db, archived: i64) -> Result<(), TransferError> {
    let numbers = match (source.store(), target.store()) {
        (Store::Sqlite, Store::Postgres) => sql(
            "SELECT aggregate_type, aggregate_id, max(last) FROM (\
             SELECT aggregate_type, aggregate_id, last FROM archived_sequence \
             UNION ALL SELECT aggregate_type, aggregate_id, aggregate_seq FROM event_log) AS s \
             GROUP BY aggregate_type, aggregate_id",
        ),
        (Store::Postgres, Store::Sqlite) => sql(
            "SELECT * FROM (SELECT a.aggregate_type, a.aggregate_id, coalesce((SELECT min(e.aggregate_seq) - 1 FROM event_log e \
             WHERE e.aggregate_type = a.aggregate_type AND e.aggregate_id = a.aggregate_id AND e.position > $1), a.last) AS last \
             FROM aggregate_sequence a) AS s WHERE last > 0",
        )
        .bind(archived),
        (Store::Sqlite, Store::Sqlite) => sql("SELECT aggregate_type, aggregate_id, last FROM archived_sequence"),
        (Store::Postgres, Store::Postgres) => {
            sql("SELECT aggregate_type, aggregate_id, last FROM aggregate_sequence")
        }
    };
    let table = match target.store() {
        Store::Sqlite => "archived_sequence",
        Store::Postgres => "aggregate_sequence",
    };
    let insert = insert_into(
        table,
        &["aggregate_type", "aggregate_id", "last"].map(str::to_owned),
    );
    let numbers: Vec<Values> = source.scan(numbers).await?;
    for some in numbers.chunks(PAGE) {
        let mut batch = Batch::new();
        for Values(number) in some {
            let statement = sql(insert.clone());
            batch.run(number.iter().cloned().fold(statement, Statement::bind));
        }
        target.commit(batch).await?;
    }
    Ok(())
}

/// The same events in both, from the first that is not archived to the last, and none
/// is missing between.
pub(super) async fn verify(source: &Db, target: &Db) -> Result<(), TransferError> {
    let (_, expected, _) = extent(source).await?;
    let (last, events, archived) = extent(target).await?;
    if events != expected {
        return Err(TransferError::Incomplete {
            table: "event_log".into(),
            expected,
            found: events,
        });
    }
    if events > 0 && last - archived != events {
        return Err(TransferError::Gap {
            first: archived + 1,
            last,
            events,
        });
    }
    Ok(())
}

/// The last position, how many events there are that are not archived, and up to
/// where they are.
async fn extent(db: &Db) -> Result<(i64, i64, i64), TransferError> {
    Ok(sql(
        "SELECT coalesce(max(position), 0), COUNT(*), (SELECT archived_until FROM log_state WHERE one = 1) FROM event_log \
         WHERE position > (SELECT archived_until FROM log_state WHERE one = 1)",
    )
    .one(db)
    .await?)
}
