//! The database: reachable, whole, of our version, and with a clock like ours.

use althing_backbone::{Clock, Db, sql};
use anyhow::Result;

use super::{Finding, subscriptions};
use crate::composition;
use crate::config::{Config, Store};
use crate::folder::require_data;
use crate::instance::Instance;

/// Two clocks that differ by more tell another order of things.
const APART: f64 = 5.0;

pub(super) async fn look(config: &Config) -> Vec<Finding> {
    if let Err(error) = require_data(config) {
        return vec![Finding::warning(
            "database",
            "there is none yet",
            format!("{error:#}"),
        )];
    }
    let db = match Db::at(&config.store.address()).await {
        Ok(db) => db,
        Err(error) => return vec![unreachable(config, &error.into())],
    };
    let mut findings = Vec::new();
    match Instance::look(config, &db).await {
        Ok(facts) => findings.push(Finding::ok(
            "database",
            format!("{} ({} {})", config.store, facts.store, facts.store_version),
        )),
        Err(error) => return vec![unreachable(config, &error)],
    }
    findings.push(asked("indexes", sound(config, &db).await));
    findings.push(asked("clock", clock(config, &db).await));
    let (tables, ours) = tables(config, &db).await;
    findings.push(tables);
    if ours {
        match composition::at_rest(config).await {
            Ok(backbone) => findings.extend(subscriptions::look(config, &backbone).await),
            Err(error) => findings.push(unreachable(config, &error)),
        }
    }
    findings
}

/// The texts of database errors name no contents; those of connections no passwords.
fn unreachable(config: &Config, error: &anyhow::Error) -> Finding {
    let remedy = match config.store {
        Store::File(_) => "if the file is damaged, restore the newest backup",
        Store::Postgres(_) => "check database.url, and that the server runs and lets this user in",
    };
    Finding::fault(
        "database",
        format!("{} does not answer: {error:#}", config.store),
        remedy,
    )
}

fn asked(name: &'static str, finding: Result<Finding>) -> Finding {
    finding.unwrap_or_else(|error| {
        Finding::fault(
            name,
            format!("the database cannot be asked: {error:#}"),
            "look into the database's own log",
        )
    })
}

async fn sound(config: &Config, db: &Db) -> Result<Finding> {
    const NAME: &str = "indexes";
    if let Store::Postgres(_) = config.store {
        let broken: Vec<String> = sql(
            "SELECT c.relname::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
             JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE NOT (i.indisvalid AND i.indisready) AND n.nspname = current_schema()",
        )
        .all(db)
        .await?;
        if broken.is_empty() {
            return Ok(Finding::ok(NAME, "all are valid"));
        }
        let names = broken.join(", ");
        return Ok(Finding::fault(
            NAME,
            format!("not valid: {names}"),
            format!("REINDEX INDEX CONCURRENTLY, one after the other: {names}"),
        ));
    }
    // One line, `ok`, or what is wrong.
    let said: Vec<String> = sql("SELECT * FROM pragma_integrity_check LIMIT 3")
        .all(db)
        .await?;
    if said == ["ok"] {
        return Ok(Finding::ok(NAME, "tables and indexes are whole"));
    }
    Ok(Finding::fault(
        NAME,
        format!("the database file is damaged: {}", said.join("; ")),
        "stop the server, keep a copy of the file, and restore the newest backup",
    ))
}

async fn clock(config: &Config, db: &Db) -> Result<Finding> {
    const NAME: &str = "clock";
    let now = Clock::system().now();
    let remedy = "let both machines take their time from the network (NTP)";
    if let Store::Postgres(_) = config.store {
        let theirs: f64 = sql("SELECT extract(epoch FROM clock_timestamp())::float8")
            .one(db)
            .await?;
        let apart = theirs - now.micros() as f64 / 1e6;
        if apart.abs() > APART {
            return Ok(Finding::warning(
                NAME,
                format!("the database's clock is {apart:+.0} s away from this machine's"),
                remedy,
            ));
        }
    }
    let ahead: i64 = sql("SELECT count(*) FROM event_log WHERE occurred_at > $1")
        .bind(now.plus(std::time::Duration::from_secs(60)))
        .one(db)
        .await?;
    if ahead > 0 {
        return Ok(Finding::warning(
            NAME,
            format!(
                "{ahead} events lie in the future: this clock goes wrong, or went wrong when they happened"
            ),
            remedy,
        ));
    }
    Ok(Finding::ok(NAME, "no event lies in the future"))
}

/// Whether the tables are those of this program; the second answer is whether more can be asked.
async fn tables(config: &Config, db: &Db) -> (Finding, bool) {
    const NAME: &str = "tables";
    let mut missing = 0;
    for migrations in composition::migrations(config) {
        match migrations.missing(db).await {
            Ok(more) => missing += more,
            Err(error) => {
                let remedy = "run the version of althing that wrote it, or a later one";
                return (Finding::fault(NAME, error.to_string(), remedy), false);
            }
        }
    }
    match missing {
        0 => (Finding::ok(NAME, "they are those of this version"), true),
        more => (
            Finding::warning(
                NAME,
                format!("{more} changes of the tables are due"),
                "make a backup, then start this version with althing serve",
            ),
            false,
        ),
    }
}
