//! The same work for every Rust driver: N callers, each adding lines to orders of its own.

use std::future::Future;
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Lines that an order takes; then a caller opens another one.
pub const LINES: u32 = 10;

/// Not counted, at the beginning of a slice.
const WARM_UP: Duration = Duration::from_millis(500);

/// What a driver is asked to do.
#[derive(Clone, Debug, Parser)]
pub struct Arguments {
    /// A file of SQLite, an address of PostgreSQL, or a folder.
    #[arg(long)]
    pub store: String,
    #[arg(long, default_value = "commands")]
    pub work: Work,
    #[arg(long, default_value_t = 1)]
    pub callers: usize,
    #[arg(long, default_value_t = 3.0)]
    pub seconds: f64,
    /// Events in the log that is replayed.
    #[arg(long, default_value_t = 20_000)]
    pub events: usize,
}

impl Arguments {
    pub fn is_postgres(&self) -> bool {
        self.store.starts_with("postgres")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Work {
    /// Load, decide, append one event.
    Commands,
    /// The same, until its projection's row shows it.
    Projection,
    /// Read all events in order, decoded.
    Replay,
}

/// One line of an order, about 200 bytes as JSON.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Line {
    pub sku: String,
    pub quantity: u32,
    pub cents: i64,
    pub note: String,
}

impl Line {
    pub fn new(number: u32) -> Self {
        Self {
            sku: format!("SKU-{number:06}"),
            quantity: 1 + number % 3,
            cents: 250 + i64::from(number),
            note: "to be wrapped as a present, with the card that lies beside it; leave it with the neighbours if nobody opens".into(),
        }
    }
}

/// What commands decide upon.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
pub struct Order {
    pub lines: u32,
    pub cents: i64,
}

impl Order {
    /// The rule: an order takes so many lines and no more.
    pub fn decide(&self, line: &Line, limit: u32) -> anyhow::Result<()> {
        anyhow::ensure!(self.lines < limit, "the order is full");
        anyhow::ensure!(line.quantity > 0, "nothing is ordered");
        Ok(())
    }

    pub fn apply(&mut self, line: &Line) {
        self.lines += 1;
        self.cents += line.cents * i64::from(line.quantity);
    }
}

/// The line that a driver prints.
#[derive(Debug, Serialize)]
pub struct Report {
    pub done: u64,
    pub seconds: f64,
    pub p50_us: Option<f64>,
    pub settings: String,
}

impl Report {
    pub fn print(self) -> anyhow::Result<()> {
        println!("{}", serde_json::to_string(&self)?);
        Ok(())
    }
}

/// Runs `step(order, number of the line)` by all callers, each on its own orders.
pub async fn callers<F, Run>(arguments: &Arguments, settings: &str, step: F) -> anyhow::Result<Report>
where
    F: Fn(Uuid, u32) -> Run + Clone + Send + 'static,
    Run: Future<Output = anyhow::Result<()>> + Send,
{
    let from = Instant::now() + WARM_UP;
    let until = from + Duration::from_secs_f64(arguments.seconds);
    let tasks: Vec<_> = (0..arguments.callers)
        .map(|_| {
            let step = step.clone();
            tokio::spawn(async move {
                let mut taken = Vec::new();
                loop {
                    let order = Uuid::new_v4();
                    for number in 0..LINES {
                        let start = Instant::now();
                        if start >= until {
                            return anyhow::Ok(taken);
                        }
                        step(order, number).await?;
                        let end = Instant::now();
                        if end >= from && end < until {
                            taken.push((end - start).as_secs_f64() * 1e6);
                        }
                    }
                }
            })
        })
        .collect();
    let mut taken = Vec::new();
    for task in tasks {
        taken.extend(task.await??);
    }
    taken.sort_by(f64::total_cmp);
    Ok(Report {
        done: taken.len() as u64,
        seconds: arguments.seconds,
        p50_us: taken.get(taken.len() / 2).copied(),
        settings: settings.into(),
    })
}

/// Runs `read` over and over; it answers with the number of events, which must be the same each time.
pub async fn replays<F, Run>(arguments: &Arguments, settings: &str, read: F) -> anyhow::Result<Report>
where
    F: Fn() -> Run,
    Run: Future<Output = anyhow::Result<usize>>,
{
    read().await?;
    let (start, mut done) = (Instant::now(), 0);
    while start.elapsed().as_secs_f64() < arguments.seconds {
        let seen = read().await?;
        anyhow::ensure!(seen == arguments.events, "{seen} events of {}", arguments.events);
        done += seen as u64;
    }
    Ok(Report {
        done,
        seconds: start.elapsed().as_secs_f64(),
        p50_us: None,
        settings: settings.into(),
    })
}
