//! Keys that wait: the failing event at the front, later ones of the same key behind it.

use std::collections::BTreeMap;

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
        Ok(Self {
            position: row.get(0)?,
            key: row.get(1)?,
            status,
            attempts: row.get(3)?,
            due_at: row.get(4)?,
        })
    }
}

/// The mirror in memory of what is parked in one subscription: for each key its
/// events in order of position.
#[derive(Default, Debug)]
pub(crate) struct Parked {
    keys: BTreeMap<String, BTreeMap<i64, ParkedEvent>>,
}

impl Parked {
    pub async fn load(db: &Db, subscription: &str) -> Result<Self> {
        let rows: Vec<ParkedEvent> = sql(
            "SELECT position, event_key, status, attempts, due_at FROM parked_event WHERE subscription = $1",
        )
        .bind(subscription)
        .all(db)
        .await?;
        let mut parked = Self::default();
        for event in rows {
            parked.add(event);
        }
        Ok(parked)
    }

    pub fn holds(&self, key: &str) -> bool {
        self.keys.contains_key(key)
    }

    pub fn keys(&self) -> usize {
        self.keys.len()
    }

    /// Every position that waits.
    pub fn positions(&self) -> impl Iterator<Item = i64> {
        self.keys.values().flat_map(|events| events.keys().copied())
    }

    pub fn add(&mut self, event: ParkedEvent) {
        self.keys
            .entry(event.key.clone())
            .or_default()
            .insert(event.position, event);
    }

    pub fn remove(&mut self, event: &ParkedEvent) {
        if let Some(events) = self.keys.get_mut(&event.key) {
            events.remove(&event.position);
            if events.is_empty() {
                self.keys.remove(&event.key);
            }
        }
    }

    /// The first event of each key.
    fn fronts(&self) -> impl Iterator<Item = &ParkedEvent> {
        self.keys.values().filter_map(|events| events.values().next())
    }

    /// The oldest event whose time has come and whose key nobody has in hand. One that was queued is due as soon as
    /// it is at the front.
    pub fn due(&self, now: Timestamp, is_busy: impl Fn(&str) -> bool) -> Option<ParkedEvent> {
        self.fronts()
            .filter(|event| !is_busy(&event.key))
            .filter(|event| match event.status {
                Status::Retry => event.due_at.is_none_or(|due| due <= now),
                Status::Queued => true,
                Status::Dead => false,
            })
            .min_by_key(|event| event.position)
            .cloned()
    }

    /// When the next one is due.
    pub fn next_due(&self, is_busy: impl Fn(&str) -> bool) -> Option<Timestamp> {
        self.fronts()
            .filter(|event| !is_busy(&event.key))
            .filter(|event| event.status == Status::Retry)
            .filter_map(|event| event.due_at)
            .min()
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

/// The event cannot be tried at all: it becomes a dead letter as it is.
pub(crate) fn write_dead(subscription: &str, position: i64, error: &str, now: Timestamp) -> Statement {
    sql(
        "UPDATE parked_event SET status = 'dead', error = $1, last_failed_at = $2, \
         first_failed_at = coalesce(first_failed_at, $2) WHERE subscription = $3 AND position = $4",
    )
    .bind(error)
    .bind(now)
    .bind(subscription)
    .bind(position)
}

/// The event is done: it leaves the queue of its key.
pub(crate) fn delete(batch: &mut Batch, subscription: &str, position: i64) {
    batch.expect(
        1,
        "parked event",
        sql("DELETE FROM parked_event WHERE subscription = $1 AND position = $2")
            .bind(subscription)
            .bind(position),
    );
}
