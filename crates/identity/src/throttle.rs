//! How often somebody may try.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use althing_backbone::Timestamp;

/// More keys than this and those at rest are forgotten.
const MANY: usize = 10_000;

/// So many attempts within a sliding window, for each key.
#[derive(Clone)]
pub(crate) struct Throttle {
    attempts: usize,
    window: Duration,
    seen: Arc<Mutex<HashMap<String, VecDeque<Timestamp>>>>,
}

impl Throttle {
    pub fn new(attempts: usize, window: Duration) -> Self {
        Self {
            attempts,
            window,
            seen: Arc::default(),
        }
    }

    /// Counts an attempt; if there were too many, the seconds until the next may be made.
    pub fn attempt(&self, key: &str, now: Timestamp) -> Result<(), u64> {
        let mut seen = self.lock();
        let since = now.minus(self.window);
        if seen.len() > MANY {
            seen.retain(|_, times| times.back().is_some_and(|last| *last > since));
        }
        let times = seen.entry(key.to_owned()).or_default();
        while times.front().is_some_and(|first| *first <= since) {
            times.pop_front();
        }
        if let Some(first) = times.front().filter(|_| times.len() >= self.attempts) {
            return Err(first.plus(self.window).since(now).as_secs().max(1));
        }
        times.push_back(now);
        Ok(())
    }

    /// Forgets the attempts of a key, after one that succeeded.
    pub fn forget(&self, key: &str) {
        self.lock().remove(key);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, VecDeque<Timestamp>>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_slides_and_keys_do_not_disturb_each_other() {
        let throttle = Throttle::new(2, Duration::from_secs(100));
        let at = |seconds: u64| Timestamp::from_micros(0).plus(Duration::from_secs(seconds));
        assert_eq!(throttle.attempt("a", at(0)), Ok(()));
        assert_eq!(throttle.attempt("a", at(40)), Ok(()));
        assert_eq!(throttle.attempt("a", at(50)), Err(50));
        assert_eq!(throttle.attempt("b", at(50)), Ok(()));
        assert_eq!(
            throttle.attempt("a", at(100)),
            Ok(()),
            "the first is out of the window"
        );
        assert_eq!(throttle.attempt("a", at(101)), Err(39));
        throttle.forget("a");
        assert_eq!(throttle.attempt("a", at(101)), Ok(()));
    }
}
