//! Figures of the product, each a ratio within one run.
//!
//! Both sides of a ratio do the same work in alternating slices, so that a busy
//! machine slows both. `cargo run --release -p althing-bench` prints them all;
//! `--short` takes a tenth of the time (for a first look, not for the record);
//! a name runs one: `commands`, `latency`, `replay`, `fanout`, `memory`, `postgres`
//! (or one of its own: `postgres-commands`, `-emitters`, `-across`, `-strategies`),
//! `relay`. What needs PostgreSQL or Redis starts a server of its own.

mod child;
mod commands;
mod fanout;
mod figure;
mod latency;
mod memory;
mod postgres;
mod product;
mod relay;
mod replay;
mod scratch;
mod tick;

use clap::Parser;

/// Prints the figures of docs/performance.md.
#[derive(Parser)]
struct Arguments {
    /// Only this figure.
    name: Option<String>,
    /// A tenth of the time.
    #[arg(long)]
    short: bool,
    /// Plays the other process of a figure.
    #[arg(long, hide = true, requires = "url")]
    role: Option<child::Role>,
    /// The database of a role.
    #[arg(long, hide = true)]
    url: Option<String>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let effort = if arguments.short {
        figure::Effort::Short
    } else {
        figure::Effort::Full
    };
    let wanted = |name: &str| arguments.name.as_deref().is_none_or(|only| only == name);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        if let (Some(role), Some(url)) = (arguments.role, &arguments.url) {
            return child::play(role, url).await;
        }
        figure::print_heading();
        if wanted("commands") {
            commands::run(effort).await?;
        }
        if wanted("latency") {
            latency::run(effort).await?;
        }
        if wanted("replay") {
            replay::run(effort).await?;
        }
        if wanted("fanout") {
            fanout::run(effort).await?;
        }
        let on_postgres: Vec<_> = postgres::FIGURES
            .into_iter()
            .filter(|name| wanted("postgres") || wanted(&format!("postgres-{name}")))
            .collect();
        if !on_postgres.is_empty() {
            postgres::run(effort, &on_postgres).await?;
        }
        if wanted("relay") {
            relay::run(effort).await?;
        }
        if wanted("memory") {
            memory::run().await?;
        }
        anyhow::Ok(())
    })
}
