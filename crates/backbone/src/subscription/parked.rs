//! Keys that wait: the failing event at the front, later ones of the same key behind it.

use std::collections::{BTreeMap, HashMap};

use althing_db::{Batch, Db, FromRow, Row as DbRow, Statement, Timestamp, sql};

use crate::Result;
use crate::envelope::Envelope;

/// What order is kept by: the aggregate.
pub(crate) fn key_of(envelope: &Envelope) -> String {
    format!("{}/{}", envelope.aggregate_type, envelope.aggregate_id)
}

#[derive(Clone, Debug)]
pub(crate) struct ParkedEvent {
    pub position: i64,
    pub key: String,
    pub status: Status,
    pub attempts: u32,
    pub due_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Waits for its due time.
    Retry,
    /// Waits behind an earlier event of its key.
    Queued,
    /// Waits for an operator.
    Dead,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Retry => "retry",
            Status::Queued => "queued",
            Status::Dead => "dead",
        }
    }
}

impl FromRow for ParkedEvent {
    fn from_row(row: &DbRow<'_>) -> althing_db::Result<Self> {
        let status = match row.text(2)? {
            "retry" => Status::Retry,
            "queued" => Status::Queued,
            _ => Status::Dead,
        };
        Ok(Self { position: row.get(0)?, key: row.get(1)?, status, attempts: row.get(3)?, due_at: row.get(4)? })
    }
}

/// The mirror in memory of what is parked in one subscription.
#[derive(Default, Debug)]
pub(crate) struct Parked {
    events: BTreeMap<i64, ParkedEvent>,
    keys: HashMap<String, usize>,
}

impl Parked {
    pub async fn load(db: &Db, subscription: &str) -> Result<Self> {
        let rows: Vec<ParkedEvent> =
            sql("SELECT position, event_key, status, attempts, due_at FROM parked_event WHERE subscription = $1")
                .bind(subscription)
                .all(db)
                .await?;
        let mut parked = Self::default();
        for event in rows {
            parked.add(event);
        }
        Ok(parked)
    }

    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    pub fn holds(&self, key: &str) -> bool {
        self.keys.contains_key(key)
    }

    pub fn holds_position(&self, position: i64) -> bool {
        self.events.contains_key(&position)
    }

    pub fn keys(&self) -> usize {
        self.keys.len()
    }

    pub fn add(&mut self, event: ParkedEvent) {
        if let Some(old) = self.events.insert(event.position, event.clone()) {
            debug_assert_eq!(old.key, event.key);
        } else {
            *self.keys.entry(event.key).or_default() += 1;
        }
    }

    pub fn remove(&mut self, position: i64) {
        let Some(event) = self.events.remove(&position) else { return };
        if let Some(count) = self.keys.get_mut(&event.key) {
            *count -= 1;
            if *count == 0 {
                self.keys.remove(&event.key);
            }
        }
    }

    /// The first event of each key, in order of position.
    fn fronts(&self) -> impl Iterator<Item = &ParkedEvent> {
        let mut seen = std::collections::HashSet::new();
        self.events.values().filter(move |event| seen.insert(event.key.as_str()))
    }

    /// An event whose time has come. One that was queued is due as soon as it is
    /// at the front.
    pub fn due(&self, now: Timestamp) -> Option<ParkedEvent> {
        self.fronts()
            .find(|event| match event.status {
                Status::Retry => event.due_at.is_none_or(|due| due <= now),
                Status::Queued => true,
                Status::Dead => false,
            })
            .cloned()
    }

    /// When the next one is due.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.fronts().filter(|event| event.status == Status::Retry).filter_map(|event| event.due_at).min()
    }
}

/// What became of a failed attempt.
pub(crate) struct Failure<'a> {
    pub envelope: &'a Envelope,
    pub status: Status,
    pub attempts: u32,
    pub due_at: Option<Timestamp>,
    pub error: &'a str,
    pub now: Timestamp,
}

pub(crate) fn write_failure(subscription: &str, failure: &Failure<'_>) -> Statement {
    sql("INSERT INTO parked_event (subscription, position, event_id, event_type, event_key, status, attempts, due_at, error, \
         first_failed_at, last_failed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10) \
         ON CONFLICT (subscription, position) DO UPDATE SET status = excluded.status, attempts = excluded.attempts, \
         due_at = excluded.due_at, error = excluded.error, last_failed_at = excluded.last_failed_at, \
         first_failed_at = coalesce(parked_event.first_failed_at, excluded.first_failed_at)")
    .bind(subscription)
    .bind(failure.envelope.position)
    .bind(failure.envelope.event_id)
    .bind(&*failure.envelope.event_type)
    .bind(key_of(failure.envelope))
    .bind(failure.status.as_str())
    .bind(failure.attempts)
    .bind(failure.due_at)
    .bind(failure.error)
    .bind(failure.now)
}

pub(crate) fn write_queued(subscription: &str, envelope: &Envelope) -> Statement {
    sql("INSERT INTO parked_event (subscription, position, event_id, event_type, event_key, status, attempts) \
         VALUES ($1, $2, $3, $4, $5, 'queued', 0)")
    .bind(subscription)
    .bind(envelope.position)
    .bind(envelope.event_id)
    .bind(&*envelope.event_type)
    .bind(key_of(envelope))
}

/// The event is done: it leaves the queue of its key.
pub(crate) fn delete(batch: &mut Batch, subscription: &str, position: i64) {
    batch.expect(
        1,
        "parked event",
        sql("DELETE FROM parked_event WHERE subscription = $1 AND position = $2").bind(subscription).bind(position),
    );
}
