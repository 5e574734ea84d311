//! `althing admin copy-to` and `restored`: a whole instance in another database.

use std::io::Read;

use althing_backbone::transfer;
use anyhow::{Context, Result, anyhow, bail};

use super::print_line;
use crate::composition;
use crate::config::{Config, Store};
use crate::folder::DataFolder;

pub(super) async fn copy_to(config: &Config, database: &str) -> Result<()> {
    let target = parse(database)?;
    if target == config.store {
        bail!("{target} is where everything lies already");
    }
    let _nobody_serves = DataFolder::lock(&config.data)?;
    let from = composition::at_rest(config).await?;
    let to = composition::at_rest(&Config {
        store: target.clone(),
        ..config.clone()
    })
    .await?;
    let copied = transfer::copy(&from, &to)
        .await
        .with_context(|| format!("cannot copy to the {target}"))?;
    print_line(&format!(
        "Copied to the {target} and counted: {} events, {} rows in {} other tables. The {} was not changed.",
        copied.events, copied.rows, copied.tables, config.store
    ))
}

/// The log may end earlier than pages that are still open remember: they are told so
/// by the epoch in their cursors.
pub(super) async fn restored(config: &Config) -> Result<()> {
    let backbone = composition::at_rest(config).await?;
    let epoch = backbone.log().raise_epoch().await?;
    print_line(&format!(
        "The log is in epoch {epoch} now; pages that were open load afresh."
    ))
}

/// An address with a password need not stand where every process can read it.
fn parse(database: &str) -> Result<Store> {
    let mut text = database.to_owned();
    if database == "-" {
        text.clear();
        std::io::stdin()
            .read_to_string(&mut text)
            .context("cannot read the address")?;
    }
    Store::parse(&text).map_err(|wish| anyhow!("--database {wish}"))
}
