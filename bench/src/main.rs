//! Figures of the product, each a ratio within one run.
//!
//! Both sides of a ratio do the same work in alternating slices, so that a busy
//! machine slows both. `cargo run --release -p althing-bench` prints them all;
//! `--short` takes a tenth of the time (for a first look, not for the record);
//! a name runs one: `commands`, `latency`, `replay`, `fanout`, `memory`.

mod commands;
mod fanout;
mod figure;
mod latency;
mod memory;
mod replay;
mod scratch;

use clap::Parser;

/// Prints the figures of docs/performance.md.
#[derive(Parser)]
struct Arguments {
    /// Only this figure.
    name: Option<String>,
    /// A tenth of the time.
    #[arg(long)]
    short: bool,
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
        if wanted("memory") {
            memory::run().await?;
        }
        anyhow::Ok(())
    })
}
