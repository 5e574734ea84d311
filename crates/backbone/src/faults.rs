//! Crash points: a test can stop a runner, as a power cut would, at any of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Where and when a subscription crashes; the default is never.
#[derive(Clone, Default)]
pub(crate) struct Faults(Option<Arc<Plan>>);

struct Plan {
    /// How many points may be passed; the next one is the crash.
    crash_at: usize,
    passed: AtomicUsize,
    crashed: AtomicBool,
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
            crashed: AtomicBool::new(false),
        })))
    }

    /// How many points were passed so far.
    pub fn passed(&self) -> usize {
        self.0
            .as_ref()
            .map_or(0, |plan| plan.passed.load(Ordering::SeqCst))
    }

    /// Whether the crash has happened.
    pub fn crashed(&self) -> bool {
        self.0
            .as_ref()
            .is_some_and(|plan| plan.crashed.load(Ordering::SeqCst))
    }

    pub fn point(&self, name: &'static str) -> Result<(), CrashHere> {
        let Some(plan) = &self.0 else { return Ok(()) };
        // Nobody gets any further, whichever lane the crash was in.
        if plan.crashed.load(Ordering::SeqCst) {
            return Err(CrashHere);
        }
        if plan.passed.fetch_add(1, Ordering::SeqCst) == plan.crash_at {
            plan.crashed.store(true, Ordering::SeqCst);
            tracing::info!(point = name, "crashing here, as the test asked");
            return Err(CrashHere);
        }
        Ok(())
    }
}
