//! How figures are taken and printed.

use std::time::Duration;

/// How long to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// A first look.
    Short,
    /// For the record.
    Full,
}

impl Effort {
    /// Slices of each side of a ratio.
    pub fn slices(self) -> usize {
        match self {
            Self::Short => 2,
            Self::Full => 10,
        }
    }

    /// Length of a slice.
    pub fn slice(self) -> Duration {
        match self {
            Self::Short => Duration::from_millis(300),
            Self::Full => Duration::from_millis(1_000),
        }
    }

    /// Scales a count of things.
    pub fn scaled(self, full: usize) -> usize {
        match self {
            Self::Short => full / 10,
            Self::Full => full,
        }
    }
}

pub fn print_heading() {
    println!("| figure | here | aim | met |");
    println!("|---|---|---|---|");
}

/// Prints a figure that should be at least `aim`.
pub fn at_least(name: &str, value: f64, aim: f64, detail: &str) {
    print(name, value, &format!("≥ {aim}"), value >= aim, detail);
}

/// Prints a figure that should be at most `aim`.
pub fn at_most(name: &str, value: f64, aim: f64, detail: &str) {
    print(name, value, &format!("≤ {aim}"), value <= aim, detail);
}

/// Prints a figure that nothing is aimed at; it helps to read the others.
pub fn told(name: &str, value: f64, detail: &str) {
    println!("| {name} | {value:.2} ({detail}) | – | – |");
}

fn print(name: &str, value: f64, aim: &str, met: bool, detail: &str) {
    println!(
        "| {name} | {value:.2} ({detail}) | {aim} | {} |",
        if met { "yes" } else { "no" }
    );
}

/// Runs callers at once, each on a task of its own; what they did altogether.
pub async fn total_of<F>(callers: impl Iterator<Item = F>) -> anyhow::Result<u64>
where
    F: Future<Output = anyhow::Result<u64>> + Send + 'static,
{
    let mut total = 0;
    for caller in futures::future::join_all(callers.map(tokio::spawn)).await {
        total += caller??;
    }
    Ok(total)
}

/// The middle value.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
