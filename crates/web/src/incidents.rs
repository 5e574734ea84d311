//! What happened at the doors and changed nothing: no event tells of it, but somebody may
//! be asked about it. Whoever notices it notes it here; the audit log writes it down.
//!
//! The same one again and again is one entry for a while, with how often. So many different
//! ones are kept at a time; beyond that they are counted together, so that neither
//! memory nor disk grows with a flood.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use althing_backbone::{Timestamp, Uuid};
use althing_events::{ApiKeyId, SessionId, UserId};

/// For how long the same one is counted on and not written again.
const QUIET: Duration = Duration::from_secs(10 * 60);
/// So many different ones at a time.
const MOST: usize = 250;
/// From so many refusals on within the quiet time it is a surge.
const SURGE: u32 = 20;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IncidentKind {
    /// Somebody tried to sign in and could not.
    SignInFailed,
    /// Somebody was told that they may not.
    AccessDenied,
    /// A link to a decision was used.
    ShareLinkUsed,
    /// A file was made of a decision.
    Exported,
    /// Somebody ran against a limit many times.
    LimitSurged,
    /// An operator had an event delivered again.
    DeadLetterRedelivered,
    /// An operator gave an event up for a subscription.
    DeadLetterSkipped,
}

impl IncidentKind {
    /// The stored and shown word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignInFailed => "sign_in.failed",
            Self::AccessDenied => "access.denied",
            Self::ShareLinkUsed => "share_link.used",
            Self::Exported => "session.exported",
            Self::LimitSurged => "rate_limit.surged",
            Self::DeadLetterRedelivered => "dead_letter.redelivered",
            Self::DeadLetterSkipped => "dead_letter.skipped",
        }
    }

    /// How often it must happen to be worth a word.
    const fn least(self) -> u32 {
        match self {
            Self::LimitSurged => SURGE,
            _ => 1,
        }
    }
}

/// On an answer that leads back to a page: the sign-in it is about did not come about.
#[derive(Clone, Copy, Debug)]
pub struct NotSignedIn;

/// An incident; two that are equal are the same one again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Incident {
    /// What happened.
    pub kind: IncidentKind,
    /// Who did it, where that is known.
    pub actor: Option<UserId>,
    /// With which key.
    pub key: Option<ApiKeyId>,
    /// From where, hashed.
    pub address_hash: Option<String>,
    /// To which decision.
    pub session: Option<SessionId>,
    /// To which thing of it, or beside it.
    pub thing: Option<Uuid>,
    /// A route's template, a scope, a subscription's name: nothing that a caller wrote.
    pub detail: Option<String>,
}

impl Incident {
    /// One of which no more is known.
    pub fn of(kind: IncidentKind) -> Self {
        Self {
            kind,
            actor: None,
            key: None,
            address_hash: None,
            session: None,
            thing: None,
            detail: None,
        }
    }
}

/// An incident that is due to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueIncident {
    /// What.
    pub incident: Incident,
    /// How often since it was last written.
    pub times: u32,
    /// The request that was the first of them.
    pub correlation: Option<Uuid>,
}

struct Seen {
    times: u32,
    correlation: Option<Uuid>,
    /// When it was noticed or last written.
    since: Timestamp,
    is_written: bool,
}

/// Incidents of this process that are not written yet. Cloning it is cheap.
#[derive(Clone, Default)]
pub struct Incidents(Arc<Mutex<HashMap<Incident, Seen>>>);

impl Incidents {
    /// Notes one.
    pub fn note(&self, incident: Incident, correlation: Option<Uuid>, now: Timestamp) {
        let mut seen = self.lock();
        let known = seen.contains_key(&incident) || seen.len() < MOST;
        let incident = if known {
            incident
        } else {
            Incident::of(incident.kind)
        };
        let entry = seen.entry(incident).or_insert(Seen {
            times: 0,
            correlation,
            since: now,
            is_written: false,
        });
        entry.times = entry.times.saturating_add(1);
        entry.correlation = entry.correlation.or(correlation);
    }

    /// Takes what is due: a new one at once, one that goes on when it has been quiet long
    /// enough about it.
    pub fn due(&self, now: Timestamp) -> Vec<DueIncident> {
        let mut due = Vec::new();
        self.lock().retain(|incident, seen| {
            let is_over = seen.since.plus(QUIET) <= now;
            let is_enough = seen.times >= incident.kind.least();
            if is_enough && (is_over || !seen.is_written) {
                due.push(taken(incident, seen));
                (seen.since, seen.is_written) = (now, true);
                return true;
            }
            !is_over
        });
        due
    }

    /// Takes back what could not be written; it is due again at once.
    pub fn put_back(&self, due: Vec<DueIncident>) {
        let mut all = self.lock();
        for one in due {
            if let Some(seen) = all.get_mut(&one.incident) {
                seen.times = seen.times.saturating_add(one.times);
                seen.correlation = one.correlation.or(seen.correlation);
                seen.is_written = false;
            }
        }
    }

    /// Takes all there are, at the end.
    pub fn rest(&self) -> Vec<DueIncident> {
        let mut seen = std::mem::take(&mut *self.lock());
        let all = seen.iter_mut();
        let enough = all.filter(|(incident, seen)| seen.times >= incident.kind.least());
        enough.map(|(incident, seen)| taken(incident, seen)).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Incident, Seen>> {
        // Counts are changed in one step each: whoever broke off left them right.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn taken(incident: &Incident, seen: &mut Seen) -> DueIncident {
    DueIncident {
        incident: incident.clone(),
        times: std::mem::take(&mut seen.times),
        correlation: seen.correlation.take(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_micros(0).plus(Duration::from_secs(seconds))
    }

    fn denied(detail: &str) -> Incident {
        Incident {
            detail: Some(detail.to_owned()),
            ..Incident::of(IncidentKind::AccessDenied)
        }
    }

    fn times(due: &[DueIncident]) -> Vec<u32> {
        due.iter().map(|one| one.times).collect()
    }

    #[test]
    fn the_same_again_and_again_is_written_once_and_then_counted() {
        let incidents = Incidents::default();
        incidents.note(denied("a"), None, at(0));
        assert_eq!(times(&incidents.due(at(1))), [1]);
        for second in 1..100 {
            incidents.note(denied("a"), None, at(second));
        }
        assert_eq!(times(&incidents.due(at(100))), [0; 0]);
        assert_eq!(times(&incidents.due(at(601))), [99]);
        assert_eq!(times(&incidents.due(at(5000))), [0; 0]);
        assert!(incidents.lock().is_empty(), "what is over is forgotten");
    }

    #[test]
    fn a_flood_of_different_ones_is_counted_together() {
        let incidents = Incidents::default();
        for number in 0..10_000 {
            incidents.note(denied(&number.to_string()), None, at(0));
        }
        let due = incidents.due(at(0));
        assert_eq!(due.len(), MOST + 1);
        let all: u32 = due.iter().map(|one| one.times).sum();
        assert_eq!(all, 10_000);
    }

    #[test]
    fn a_limit_is_worth_a_word_only_if_somebody_runs_against_it_many_times() {
        let incidents = Incidents::default();
        let surge = || incidents.note(Incident::of(IncidentKind::LimitSurged), None, at(0));
        (1..SURGE).for_each(|_| surge());
        assert_eq!(times(&incidents.due(at(1))), [0; 0]);
        surge();
        assert_eq!(times(&incidents.due(at(2))), [SURGE]);
        surge();
        assert_eq!(times(&incidents.rest()), [0; 0]);
    }

    #[test]
    fn what_could_not_be_written_is_due_again_at_once() {
        let incidents = Incidents::default();
        incidents.note(denied("a"), None, at(0));
        let due = incidents.due(at(1));
        incidents.note(denied("a"), None, at(2));
        incidents.put_back(due);
        assert_eq!(times(&incidents.due(at(3))), [2]);
        assert_eq!(times(&incidents.due(at(4))), [0; 0]);
    }

    #[test]
    fn nothing_that_was_counted_is_lost_at_the_end() {
        let incidents = Incidents::default();
        incidents.note(denied("a"), Some(Uuid::from_u128(7)), at(0));
        incidents.note(denied("a"), Some(Uuid::from_u128(8)), at(0));
        let rest = incidents.rest();
        assert_eq!(
            (times(&rest), rest[0].correlation),
            (vec![2], Some(Uuid::from_u128(7)))
        );
    }
}
