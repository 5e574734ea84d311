//! A bucket of tokens: full at first, refilled steadily, exact to the microsecond.

use std::time::Duration;

use althing_backbone::Timestamp;
use axum::http::{HeaderMap, HeaderValue};

/// So many within a window; all at once, or spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many; zero is never.
    pub limit: u32,
    /// Within how long an empty bucket is full again.
    pub window: Duration,
}

impl Rate {
    pub(super) const fn per_minute(limit: u32) -> Self {
        Self {
            limit,
            window: Duration::from_secs(60),
        }
    }

    pub(super) const fn per_hour(limit: u32) -> Self {
        Self {
            limit,
            window: Duration::from_secs(60 * 60),
        }
    }

    fn micros(self) -> u128 {
        self.window.as_micros()
    }
}

/// How a bucket stands, as headers and people are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// What it holds when it is full.
    pub limit: u32,
    /// Whole tokens that are left.
    pub remaining: u32,
    /// Seconds until it is full.
    pub reset_secs: u64,
    /// Seconds until there is a token; 0 if there is one.
    pub wait_secs: u64,
}

impl Reading {
    /// Says so in an answer's headers.
    pub fn write(&self, headers: &mut HeaderMap) {
        headers.insert("x-ratelimit-limit", HeaderValue::from(self.limit));
        headers.insert("x-ratelimit-remaining", HeaderValue::from(self.remaining));
        headers.insert("x-ratelimit-reset", HeaderValue::from(self.reset_secs));
    }
}

/// What is missing, in shares of a token: one token is as many shares as its window has
/// microseconds, and each microsecond brings back as many shares as the limit has tokens.
/// So a fraction of a token is a whole number, and nothing is rounded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    missing: u128,
    at: Timestamp,
}

impl Bucket {
    pub fn full(at: Timestamp) -> Self {
        Self { missing: 0, at }
    }

    /// Refills it up to now. A clock that went back brings nothing.
    pub fn refill(&mut self, rate: Rate, now: Timestamp) {
        let shares = now.since(self.at).as_micros() * u128::from(rate.limit);
        // Whoever's limit fell misses no more than all of it.
        self.missing = self.missing.min(Self::whole(rate)).saturating_sub(shares);
        self.at = now;
    }

    pub fn has_one(&self, rate: Rate) -> bool {
        self.missing + rate.micros() <= Self::whole(rate)
    }

    pub fn take(&mut self, rate: Rate) {
        self.missing += rate.micros();
    }

    pub fn give_back(&mut self, rate: Rate) {
        self.missing = self.missing.saturating_sub(rate.micros());
    }

    /// Whether it is as if it had never been used.
    pub fn is_idle(&self, rate: Rate, now: Timestamp) -> bool {
        now.since(self.at).as_micros() * u128::from(rate.limit.max(1)) >= self.missing
    }

    pub fn reading(&self, rate: Rate) -> Reading {
        let window = rate.micros().max(1);
        let left = Self::whole(rate).saturating_sub(self.missing);
        let secs = |shares: u128| match u128::from(rate.limit) {
            0 => rate.window.as_secs(),
            each => u64::try_from(shares.div_ceil(each).div_ceil(1_000_000)).unwrap_or(u64::MAX),
        };
        Reading {
            limit: rate.limit,
            remaining: u32::try_from(left / window).unwrap_or(u32::MAX),
            reset_secs: secs(self.missing),
            wait_secs: secs(window.saturating_sub(left)),
        }
    }

    fn whole(rate: Rate) -> u128 {
        u128::from(rate.limit) * rate.micros()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_micros(0).plus(Duration::from_millis(millis))
    }

    fn taken(bucket: &mut Bucket, rate: Rate, millis: u64) -> bool {
        bucket.refill(rate, at(millis));
        let has_one = bucket.has_one(rate);
        if has_one {
            bucket.take(rate);
        }
        has_one
    }

    #[test]
    fn a_full_bucket_gives_all_of_it_and_then_one_for_each_share_of_the_window() {
        let rate = Rate::per_minute(3);
        let mut bucket = Bucket::full(at(0));
        assert_eq!(
            [0, 0, 0, 0].map(|time| taken(&mut bucket, rate, time)),
            [true, true, true, false]
        );
        let reading = bucket.reading(rate);
        assert_eq!(
            (reading.remaining, reading.reset_secs, reading.wait_secs),
            (0, 60, 20)
        );
        assert!(!taken(&mut bucket, rate, 19_999));
        assert!(taken(&mut bucket, rate, 20_000));
        assert!(!taken(&mut bucket, rate, 20_000));
    }

    #[test]
    fn fractions_of_tokens_are_kept_however_often_somebody_asks() {
        let rate = Rate::per_minute(7);
        let mut bucket = Bucket::full(at(0));
        let count = |from: u64, to: u64, bucket: &mut Bucket| {
            (from..to).filter(|millis| taken(bucket, rate, *millis)).count()
        };
        assert_eq!(count(0, 1, &mut bucket), 1);
        assert_eq!(
            count(1, 60_000, &mut bucket),
            12,
            "six that were left and six of the seven of a minute"
        );
        assert_eq!(
            count(60_000, 60_001, &mut bucket),
            1,
            "and the seventh at its very end"
        );
    }

    #[test]
    fn a_clock_that_goes_back_brings_nothing_and_costs_nothing() {
        let rate = Rate::per_minute(1);
        let mut bucket = Bucket::full(at(60_000));
        assert!(taken(&mut bucket, rate, 60_000));
        assert!(!taken(&mut bucket, rate, 0));
        assert!(!taken(&mut bucket, rate, 59_999));
        assert!(taken(&mut bucket, rate, 60_000));
    }

    #[test]
    fn nothing_is_allowed_where_the_limit_is_zero_and_a_lower_limit_holds_at_once() {
        let mut bucket = Bucket::full(at(0));
        assert!(!taken(&mut bucket, Rate::per_hour(0), 0));
        assert_eq!(bucket.reading(Rate::per_hour(0)).wait_secs, 3600);
        for _ in 0..50 {
            assert!(taken(&mut bucket, Rate::per_hour(50), 0));
        }
        assert!(!taken(&mut bucket, Rate::per_hour(10), 0));
        assert!(taken(&mut bucket, Rate::per_hour(10), 360_000));
    }

    #[test]
    fn what_is_given_back_can_be_taken_again_but_never_more_than_all() {
        let rate = Rate::per_hour(1);
        let mut bucket = Bucket::full(at(0));
        bucket.give_back(rate);
        assert!(taken(&mut bucket, rate, 0) && !taken(&mut bucket, rate, 0));
        bucket.give_back(rate);
        assert!(bucket.is_idle(rate, at(0)));
        assert!(taken(&mut bucket, rate, 0));
        assert!(!bucket.is_idle(rate, at(3_599_999)));
        assert!(bucket.is_idle(rate, at(3_600_000)));
    }
}
