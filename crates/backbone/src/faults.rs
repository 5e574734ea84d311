//! Crash points: a test can stop a runner, as a power cut would, at any of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where and when to crash; the default is never.
#[derive(Clone, Default)]
pub(crate) struct Faults(Option<Arc<Plan>>);

struct Plan {
    /// How many points may be passed; the next one is the crash.
    crash_at: usize,
    passed: AtomicUsize,
}

/// The runner has to stop here at once.
#[derive(Debug)]
pub(crate) struct CrashHere;

impl Faults {
    /// Crashes at the point with this number, from 0.
    pub fn crash_at(number: usize) -> Self {
        Self(Some(Arc::new(Plan {
            crash_at: number,
            passed: AtomicUsize::new(0),
        })))
    }

    /// How many points were passed so far.
    pub fn passed(&self) -> usize {
        self.0
            .as_ref()
            .map_or(0, |plan| plan.passed.load(Ordering::SeqCst))
    }

    pub fn point(&self, name: &'static str) -> Result<(), CrashHere> {
        let Some(plan) = &self.0 else { return Ok(()) };
        if plan.passed.fetch_add(1, Ordering::SeqCst) == plan.crash_at {
            tracing::info!(point = name, "crashing here, as the test asked");
            return Err(CrashHere);
        }
        Ok(())
    }
}
