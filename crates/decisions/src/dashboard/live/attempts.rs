//! How often an address may try to connect: a bucket that refills with time.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// When more addresses than this are known, those with a full bucket are forgotten.
const MANY: usize = 10_000;

pub struct Attempts {
    per_minute: f64,
    buckets: Mutex<HashMap<Option<IpAddr>, Bucket>>,
}

struct Bucket {
    left: f64,
    at: Instant,
}

impl Attempts {
    pub fn new(per_minute: u32) -> Self {
        Self {
            per_minute: f64::from(per_minute),
            buckets: Mutex::default(),
        }
    }

    /// Takes one attempt; if none is left, answers how long to wait for the next.
    /// Callers whose address is not known share one bucket.
    pub fn take(&self, address: Option<IpAddr>, now: Instant) -> Result<(), Duration> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() > MANY {
            buckets.retain(|_, bucket| self.refilled(bucket, now) < self.per_minute);
        }
        let bucket = buckets.entry(address).or_insert(Bucket {
            left: self.per_minute,
            at: now,
        });
        bucket.left = self.refilled(bucket, now);
        bucket.at = now;
        if bucket.left >= 1.0 {
            bucket.left -= 1.0;
            return Ok(());
        }
        let missing = 1.0 - bucket.left;
        Err(Duration::from_secs_f64(
            (missing * 60.0 / self.per_minute.max(f64::MIN_POSITIVE)).min(60.0),
        ))
    }

    fn refilled(&self, bucket: &Bucket, now: Instant) -> f64 {
        let minutes = now.saturating_duration_since(bucket.at).as_secs_f64() / 60.0;
        (bucket.left + minutes * self.per_minute).min(self.per_minute)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_a_minute_and_address() {
        let attempts = Attempts::new(100);
        let (start, here, there) = (
            Instant::now(),
            Some([10, 0, 0, 1].into()),
            Some([10, 0, 0, 2].into()),
        );
        for _ in 0..100 {
            assert_eq!(attempts.take(here, start), Ok(()));
        }
        assert_eq!(attempts.take(here, start).unwrap_err().as_millis(), 600);
        assert_eq!(attempts.take(there, start), Ok(()));
        assert_eq!(attempts.take(here, start + Duration::from_millis(700)), Ok(()));
        assert!(attempts.take(here, start + Duration::from_millis(700)).is_err());
    }
}
