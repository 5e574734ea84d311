//! Store and transport, as the log, readiness, the figures and the admin page name them.

use althing_backbone::{Db, sql};
use anyhow::{Context, Result};
use schemars::JsonSchema;
use serde::Serialize;

use crate::config::{Config, Store};

/// What the process works with. Nothing here opens anything.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Instance {
    /// sqlite or postgres.
    pub store: &'static str,
    /// Where it is: a file, or host and database.
    pub place: String,
    /// The version of the database.
    pub store_version: String,
    /// What carries events to other programs: the log itself, redis or nats.
    pub transport: &'static str,
    /// The version of this program.
    pub version: &'static str,
}

impl Instance {
    /// Asks the database for its version.
    pub async fn look(config: &Config, db: &Db) -> Result<Self> {
        let version = match &config.store {
            Store::File(_) => "SELECT sqlite_version()",
            Store::Postgres(_) => "SELECT current_setting('server_version')",
        };
        Ok(Self {
            store: config.store.kind(),
            place: config.store.place(),
            store_version: sql(version)
                .one(db)
                .await
                .with_context(|| format!("cannot ask {}", config.store))?,
            transport: config.events.transport.as_str(),
            version: env!("CARGO_PKG_VERSION"),
        })
    }
}
