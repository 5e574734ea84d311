//! `althing events archive`: old events leave the database and stay readable.

use std::path::PathBuf;
use std::time::Duration;

use althing_backbone::{Before, Operator};
use anyhow::{Context, Result};
use clap::Args;

use super::print_line;

const DAY: u64 = 24 * 60 * 60;

/// What is moved, and where to.
#[derive(Args)]
pub struct ArchiveArgs {
    #[command(flatten)]
    which: Which,
    /// The folder [default: archive.dir, from which archived events are read]
    #[arg(long, value_name = "FOLDER")]
    into: Option<PathBuf>,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// Events below this position
    #[arg(long, value_name = "POSITION", value_parser = clap::value_parser!(i64).range(1..))]
    before: Option<i64>,
    /// Events that were stored at least this many days ago
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..))]
    older_than: Option<u32>,
}

impl Which {
    fn before(&self) -> Before {
        match (self.before, self.older_than) {
            (Some(position), _) => Before::Position(position),
            (None, days) => Before::Age(Duration::from_secs(u64::from(days.unwrap_or(u32::MAX)) * DAY)),
        }
    }
}

pub(super) async fn run(operator: &Operator, args: &ArchiveArgs) -> Result<()> {
    let done = operator
        .archive(args.which.before(), args.into.as_deref())
        .await
        .context("cannot archive")?;
    if args.json {
        return print_line(&serde_json::to_string(&done)?);
    }
    let moved = match done.events {
        0 => "Nothing was moved".to_owned(),
        events => format!("{events} events, {} to {}, were moved", done.first, done.last),
    };
    let why = match &done.held_by {
        Some(holder) => format!("; no more than up to {} because of {holder}", done.allowed_until),
        None => String::new(),
    };
    print_line(&format!(
        "{moved}{why}. The log is archived up to {}; only whole segments are moved.",
        done.archived_until
    ))
}
