//! How a cycle is completed.

use althing_backbone::Timestamp;
use althing_events::decisions::CycleCompleted;

use super::Walk;
use crate::cycle::CycleStatus;
use crate::cycle::journal::Entry;
use crate::error::{Refusal, Result};
use crate::outputs::{ComponentStatus, ComponentType};

impl Walk {
    /// Finishes the cycle. It never finishes by itself.
    pub fn complete_cycle(&mut self, now: Timestamp) -> Result<()> {
        self.complete_cycle_with(true, now)
    }

    /// The same; where there is no decision quality, after the recommendation and without
    /// a score.
    pub fn complete_cycle_with(&mut self, has_decision_quality: bool, now: Timestamp) -> Result<()> {
        self.require_active()?;
        let last = if has_decision_quality {
            ComponentType::DecisionQuality
        } else {
            ComponentType::Recommendation
        };
        if self.cycle.component(last).status != ComponentStatus::Complete {
            return Err(Refusal::NotReadyToComplete(last.title()).into());
        }
        let outputs = self.typed_outputs();
        let quality = outputs.decision_quality().filter(|_| has_decision_quality);
        let dq_score = quality.and_then(|quality| quality.overall());
        self.cycle.status = CycleStatus::Completed;
        self.cycle.dq_score = dq_score;
        self.cycle.completed_at = Some(now);
        self.journal.push(Entry::Completed(CycleCompleted {
            session_id: self.cycle.session_id,
            cycle_id: self.cycle.id,
            dq_score,
            completed_at: now,
        }));
        self.note("cycle_completed", None, None, None, now);
        Ok(())
    }
}
