//! How fast each subscription goes, whichever process runs it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use althing_backbone::{DbError, Query, sql};

/// The span over which a rate is taken.
const SPAN: Duration = Duration::from_secs(60);

/// Positions at the moments of the last minute; cloning it is cheap.
#[derive(Clone, Debug, Default)]
pub struct Rates(Arc<Mutex<VecDeque<Sample>>>);

#[derive(Debug)]
struct Sample {
    at: Instant,
    positions: HashMap<String, i64>,
}

impl Rates {
    /// Notes where every subscription is; to be called every few seconds.
    pub async fn sample(&self, on: &impl Query) -> Result<(), DbError> {
        let positions: Vec<(String, i64)> = sql("SELECT name, position FROM subscription").all(on).await?;
        self.note(Instant::now(), positions.into_iter().collect());
        Ok(())
    }

    fn note(&self, at: Instant, positions: HashMap<String, i64>) {
        let mut samples = self.samples();
        samples.push_back(Sample { at, positions });
        // One older than the span stays, so that the span is covered.
        while samples.get(1).is_some_and(|second| at - second.at >= SPAN) {
            samples.pop_front();
        }
    }

    /// Positions a second over the last minute; `None` before there are two looks.
    /// One that was set back to be built anew counts from where it is.
    pub fn of(&self, subscription: &str) -> Option<f64> {
        let samples = self.samples();
        let (first, last) = (samples.front()?, samples.back()?);
        let seconds = (last.at - first.at).as_secs_f64();
        let (from, to) = (
            first.positions.get(subscription)?,
            last.positions.get(subscription)?,
        );
        (seconds > 0.0).then(|| (to - from).max(0) as f64 / seconds)
    }

    fn samples(&self) -> MutexGuard<'_, VecDeque<Sample>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_taken_over_the_last_minute() {
        let (rates, begun) = (Rates::default(), Instant::now());
        let note = |seconds: u64, position: i64| {
            rates.note(
                begun + Duration::from_secs(seconds),
                HashMap::from([("people".to_owned(), position)]),
            );
        };
        assert_eq!(rates.of("people"), None);
        note(0, 100);
        assert_eq!(rates.of("people"), None, "one look is no rate");
        note(10, 150);
        assert_eq!(rates.of("people"), Some(5.0));
        assert_eq!(rates.of("nobody"), None);
        for seconds in (20..=200).step_by(10) {
            note(seconds, 150);
        }
        assert_eq!(rates.of("people"), Some(0.0), "what was before is forgotten");
        assert!(rates.samples().len() <= 8, "{}", rates.samples().len());
    }
}
