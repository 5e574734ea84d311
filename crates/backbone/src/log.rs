//! The log: every committed event at its position, read by anyone at their own pace.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use althing_db::{Batch, Db, Outcome, Statement, Timestamp, sql};
use tokio::sync::watch;
use uuid::Uuid;

use crate::envelope::{Cursor, Envelope};
use crate::unit_of_work::Prepared;
use crate::{Error, Result};

/// How many of the newest events are kept in memory for readers at the head.
const TAIL: usize = 2_048;
/// And at most this many bytes of payload.
const TAIL_BYTES: usize = 4 * 1024 * 1024;

/// A handle to the log; cloning it is cheap.
#[derive(Clone)]
pub struct Log {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    tail: Mutex<Tail>,
    head: watch::Sender<i64>,
    epoch: watch::Sender<i64>,
    instance: Uuid,
}

/// The newest events, contiguous.
#[derive(Default)]
struct Tail {
    events: VecDeque<Arc<Envelope>>,
    bytes: usize,
}

/// Which events a reader wants. All given conditions must hold.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only these types.
    pub types: Vec<String>,
    /// Only this aggregate.
    pub aggregate: Option<(String, Uuid)>,
    /// Only what one request set off.
    pub correlation: Option<Uuid>,
    /// Only positions above this.
    pub after: i64,
    /// Only positions below this; 0 for no bound.
    pub before: i64,
    /// At most this many; 0 means 1,000.
    pub limit: usize,
}

impl Log {
    pub(crate) async fn open(db: Db, new_instance: Uuid) -> Result<Self> {
        let mut batch = Batch::new();
        batch.run(
            sql("INSERT INTO log_state (one, instance_id, epoch) VALUES (1, $1, 1) ON CONFLICT (one) DO NOTHING")
                .bind(new_instance),
        );
        db.commit(batch).await?;
        let (instance, epoch): (Uuid, i64) = sql("SELECT instance_id, epoch FROM log_state WHERE one = 1")
            .one(&db)
            .await?;
        let head = read_head(&db).await?;
        let inner = Inner {
            db,
            tail: Mutex::default(),
            head: watch::Sender::new(head),
            epoch: watch::Sender::new(epoch),
            instance,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The position of the newest event that this process knows of.
    pub fn head(&self) -> i64 {
        *self.inner.head.borrow()
    }

    /// Changes whenever the head does.
    pub fn watch_head(&self) -> watch::Receiver<i64> {
        self.inner.head.subscribe()
    }

    /// Rises with each restore; see [`Cursor`].
    pub fn epoch(&self) -> i64 {
        *self.inner.epoch.borrow()
    }

    /// This installation, given at its first start.
    pub fn instance(&self) -> Uuid {
        self.inner.instance
    }

    /// Says that the log was restored from a copy: cursors from before are refused.
    pub async fn raise_epoch(&self) -> Result<i64> {
        let mut batch = Batch::new();
        batch.returning(sql(
            "UPDATE log_state SET epoch = epoch + 1 WHERE one = 1 RETURNING epoch",
        ));
        let outcomes = self.inner.db.commit(batch).await?;
        let epoch = outcomes[0].integer(0, 0).ok_or(althing_db::Error::NoRow)?;
        self.inner.epoch.send_replace(epoch);
        Ok(epoch)
    }

    /// The cursor of a position.
    pub fn cursor(&self, position: i64) -> Cursor {
        Cursor {
            epoch: self.epoch(),
            position,
        }
    }

    /// The position of a cursor, if it is of this epoch.
    pub fn resolve(&self, cursor: Cursor) -> Result<i64> {
        let current = self.epoch();
        if cursor.epoch == current {
            Ok(cursor.position)
        } else {
            Err(Error::CursorEpoch {
                found: cursor.epoch,
                current,
            })
        }
    }

    /// Looks whether another process has written; the slow net under the wake-ups.
    pub(crate) async fn poll(&self) -> Result<()> {
        let (stored, epoch): (i64, i64) = sql(
            "SELECT (SELECT coalesce(max(position), 0) FROM event_log), epoch FROM log_state WHERE one = 1",
        )
        .one(&self.inner.db)
        .await?;
        self.inner
            .epoch
            .send_if_modified(|known| std::mem::replace(known, epoch) != epoch);
        self.raise_head(stored);
        Ok(())
    }

    fn raise_head(&self, to: i64) {
        self.inner.head.send_if_modified(|head| {
            let news = to > *head;
            *head = to.max(*head);
            news
        });
    }

    /// Up to `limit` events after `position`, without a gap. Readers near the head
    /// are served from memory, all others from the database.
    pub async fn page(&self, after: i64, limit: usize) -> Result<Vec<Arc<Envelope>>> {
        if let Some(page) = self.page_from_tail(after, limit) {
            return Ok(page);
        }
        let statement = sql(format!(
            "SELECT {} FROM event_log WHERE position > $1 ORDER BY position LIMIT $2",
            Envelope::COLUMNS
        ))
        .bind(after)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let page = self.inner.db.scan(move |reader| {
            let mut page: Vec<Arc<Envelope>> = Vec::new();
            reader.each(&statement, |row| {
                page.push(Arc::new(althing_db::FromRow::from_row(row)?));
                Ok(())
            })?;
            Ok(page)
        });
        let page = page.await?;
        // It may be news from another process.
        if let Some(newest) = page.last() {
            self.raise_head(newest.position);
        }
        Ok(page)
    }

    fn page_from_tail(&self, after: i64, limit: usize) -> Option<Vec<Arc<Envelope>>> {
        let tail = self.inner.tail.lock().unwrap_or_else(PoisonError::into_inner);
        let (first, last) = (tail.events.front()?.position, tail.events.back()?.position);
        if after + 1 < first || after >= last {
            return None;
        }
        let skip = usize::try_from(after + 1 - first).ok()?;
        Some(tail.events.iter().skip(skip).take(limit).cloned().collect())
    }

    /// Events that match, oldest first. An unknown type gives an empty list.
    pub async fn select(&self, selection: &Selection) -> Result<Vec<Envelope>> {
        let mut text = format!("SELECT {} FROM event_log WHERE position > $1", Envelope::COLUMNS);
        let mut values: Vec<althing_db::Value> = vec![selection.after.into()];
        let mut condition = |column: &str, sign: &str, value: althing_db::Value| {
            values.push(value);
            text.push_str(&format!(" AND {column} {sign} ${}", values.len()));
        };
        if selection.before > 0 {
            condition("position", "<", selection.before.into());
        }
        if let Some((kind, id)) = &selection.aggregate {
            condition("aggregate_type", "=", kind.into());
            condition("aggregate_id", "=", id.into());
        }
        if let Some(correlation) = selection.correlation {
            condition("correlation_id", "=", correlation.into());
        }
        if !selection.types.is_empty() {
            let marks: Vec<String> = (1..=selection.types.len())
                .map(|number| format!("${}", values.len() + number))
                .collect();
            text.push_str(&format!(" AND event_type IN ({})", marks.join(", ")));
            values.extend(selection.types.iter().map(althing_db::Value::from));
        }
        let limit = if selection.limit == 0 {
            1_000
        } else {
            selection.limit
        };
        text.push_str(&format!(" ORDER BY position LIMIT {limit}"));
        let statement = values.into_iter().fold(sql(text), Statement::bind);
        Ok(statement.all(&self.inner.db).await?)
    }

    /// The event at a position.
    pub async fn at(&self, position: i64) -> Result<Option<Arc<Envelope>>> {
        Ok(self
            .page(position - 1, 1)
            .await?
            .into_iter()
            .find(|event| event.position == position))
    }

    /// Appends events to one aggregate without any other state.
    ///
    /// `expected` is the aggregate's last sequence number (0: it must not exist
    /// yet), or `None` to append whatever it is.
    pub(crate) async fn append(
        &self,
        prepared: Prepared,
        aggregate: (&str, Uuid),
        expected: Option<i64>,
    ) -> Result<i64> {
        let Some(expected) = expected else {
            return Ok(self.commit(prepared).await?);
        };
        let (kind, id) = aggregate;
        let mut guarded = Batch::new();
        // Touches one row exactly if the expectation holds inside the transaction.
        guarded.expect(
            1,
            "sequence",
            sql("UPDATE log_state SET one = one WHERE one = 1 AND $1 = (SELECT coalesce(max(aggregate_seq), 0) \
                 FROM event_log WHERE aggregate_type = $2 AND aggregate_id = $3)")
            .bind(expected)
            .bind(kind)
            .bind(id),
        );
        let first_event = prepared.first_event + guarded.len();
        guarded.append(prepared.batch);
        let prepared = Prepared {
            batch: guarded,
            events: prepared.events,
            first_event,
        };
        match self.commit(prepared).await {
            Err(althing_db::Error::Conflict { .. }) => {
                let actual = sql(
                    "SELECT coalesce(max(aggregate_seq), 0) FROM event_log WHERE aggregate_type = $1 AND aggregate_id = $2",
                )
                .bind(kind)
                .bind(id)
                .one(&self.inner.db)
                .await?;
                Err(Error::WrongSequence { expected, actual })
            }
            other => Ok(other?),
        }
    }

    /// Commits and tells everyone who waits at the head. Answers the highest
    /// position, 0 if there was no event.
    pub(crate) async fn commit(&self, prepared: Prepared) -> althing_db::Result<i64> {
        let Prepared {
            mut batch,
            events,
            first_event,
        } = prepared;
        if batch.is_empty() {
            return Ok(0);
        }
        let count = events.len();
        let log = self.clone();
        batch.after_commit(move |outcomes| log.publish(numbered(events, outcomes, first_event)));
        let outcomes = self.inner.db.commit(batch).await?;
        Ok(if count == 0 {
            0
        } else {
            outcomes[first_event + count - 1].integer(0, 0).unwrap_or(0)
        })
    }

    /// Called on the writer thread, in commit order.
    pub(crate) fn publish(&self, events: Vec<Arc<Envelope>>) {
        let Some(newest) = events.last().map(|event| event.position) else {
            return;
        };
        {
            let mut tail = self.inner.tail.lock().unwrap_or_else(PoisonError::into_inner);
            for event in events {
                tail.push(event);
            }
        }
        self.inner.head.send_modify(|head| *head = newest.max(*head));
    }
}

impl Tail {
    fn push(&mut self, event: Arc<Envelope>) {
        // Another process wrote in between: what is here no longer joins on.
        if self
            .events
            .back()
            .is_some_and(|last| last.position + 1 != event.position)
        {
            self.events.clear();
            self.bytes = 0;
        }
        self.bytes += event.data.len();
        self.events.push_back(event);
        while self.events.len() > TAIL || self.bytes > TAIL_BYTES {
            let Some(oldest) = self.events.pop_front() else {
                break;
            };
            self.bytes -= oldest.data.len();
        }
    }
}

/// Gives each event the numbers that its statement returned.
pub(crate) fn numbered(events: Vec<Envelope>, outcomes: &[Outcome], first: usize) -> Vec<Arc<Envelope>> {
    events
        .into_iter()
        .zip(&outcomes[first..])
        .map(|(mut event, outcome)| {
            event.position = outcome.integer(0, 0).unwrap_or(0);
            event.aggregate_seq = outcome.integer(0, 1).unwrap_or(0);
            Arc::new(event)
        })
        .collect()
}

pub(crate) fn insert(event: &Envelope, now: Timestamp) -> Statement {
    sql("INSERT INTO event_log (id, event_type, event_version, aggregate_type, aggregate_id, aggregate_seq, workspace_id, \
         actor_id, correlation_id, causation_id, trace, metadata, data, occurred_at, inserted_at) \
         VALUES ($1, $2, $3, $4, $5, \
         (SELECT coalesce(max(aggregate_seq), 0) + 1 FROM event_log WHERE aggregate_type = $4 AND aggregate_id = $5), \
         $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING position, aggregate_seq")
    .bind(event.event_id)
    .bind(&*event.event_type)
    .bind(event.event_version)
    .bind(&*event.aggregate_type)
    .bind(event.aggregate_id)
    .bind(event.workspace_id)
    .bind(event.actor_id)
    .bind(event.correlation_id)
    .bind(event.causation_id)
    .bind(event.trace.as_deref())
    .bind(&*event.metadata)
    .bind(&*event.data)
    .bind(event.occurred_at)
    .bind(now)
}

async fn read_head(db: &Db) -> Result<i64> {
    Ok(sql("SELECT coalesce(max(position), 0) FROM event_log")
        .one(db)
        .await?)
}
