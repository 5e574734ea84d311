//! Figures of the backbone on PostgreSQL: one throw-away server that waits for the
//! disk, two databases for the two sides of each ratio.

mod across;
mod commands;
mod emitters;
mod raw;
mod strategies;

use althing_testkit::Postgres;

use crate::figure::Effort;

pub const FIGURES: [&str; 4] = ["commands", "emitters", "across", "strategies"];

pub async fn run(effort: Effort, figures: &[&str]) -> anyhow::Result<()> {
    let postgres = Postgres::start().await;
    let wanted = |name| figures.contains(&name);
    if wanted("commands") {
        commands::run(&postgres, effort).await?;
    }
    if wanted("emitters") {
        emitters::run(&postgres, effort).await?;
    }
    if wanted("across") {
        across::run(&postgres, effort).await?;
    }
    if wanted("strategies") {
        strategies::run(&postgres, effort).await?;
    }
    Ok(())
}
