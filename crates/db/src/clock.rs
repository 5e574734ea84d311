//! Time and identity as arguments, so that decisions stay pure and tests exact.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use uuid::Uuid;

use crate::Timestamp;

/// Where the time comes from: this machine, or a test that moves it by hand.
#[derive(Clone)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(None)
    }

    /// A clock that stands still at `start` until it is advanced.
    pub fn manual(start: Timestamp) -> Self {
        Self(Some(Arc::new(AtomicI64::new(start.micros()))))
    }

    /// The present moment.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one door to the machine's clock"
    )]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            None => Timestamp::now(),
            Some(micros) => Timestamp::from_micros(micros.load(Ordering::Relaxed)),
        }
    }

    /// Moves a manual clock forward; does nothing to the machine's.
    pub fn advance(&self, by: Duration) {
        if let Some(micros) = &self.0 {
            micros.fetch_add(
                i64::try_from(by.as_micros()).unwrap_or(i64::MAX),
                Ordering::Relaxed,
            );
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", if self.0.is_some() { "manual" } else { "system" })
    }
}

/// Where new ids come from: UUIDv7, or a counted sequence in tests.
#[derive(Clone)]
pub struct Ids(Option<Arc<AtomicU64>>);

impl Ids {
    /// Random UUIDv7, rising within this process.
    pub fn random() -> Self {
        Self(None)
    }

    /// `00000000-0000-7000-8000-000000000001`, `…2`, and so on.
    pub fn counted() -> Self {
        Self(Some(Arc::new(AtomicU64::new(0))))
    }

    /// The next id.
    #[expect(clippy::disallowed_methods, reason = "this is the one door to random ids")]
    pub fn next(&self) -> Uuid {
        match &self.0 {
            None => Uuid::now_v7(),
            Some(count) => {
                let number = count.fetch_add(1, Ordering::Relaxed) + 1;
                Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0000 | u128::from(number))
            }
        }
    }
}

impl fmt::Debug for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ids({})", if self.0.is_some() { "counted" } else { "random" })
    }
}
