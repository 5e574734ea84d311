//! The log: every committed event at its position, read by anyone at their own pace.

mod selection;
mod tail;
mod writing;

use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use althing_db::{Batch, Closing, Db, Statement, Store, sql};
use tokio::sync::watch;
use uuid::Uuid;

pub use self::selection::Selection;
use self::tail::Tail;
use self::writing::guard;
pub(crate) use self::writing::{insert, numbered};
use crate::archive::Archives;
use crate::command::Receipt;
use crate::envelope::{Cursor, Envelope};
use crate::sequencer::{Sequencer, SequencerStatus};
use crate::unit_of_work::Prepared;
use crate::{Error, Result};

/// How many events are read at once when positions were given.
const FOLLOWED: usize = 1_000;
/// How long to wait for news of a commit before looking for oneself.
const UNTOLD: Duration = Duration::from_millis(250);

/// How often to look whether a commit happened whose connection broke.
const LOOKS: usize = 20;

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
    archives: Archives,
    /// Up to where events are in the archive, as far as is known here.
    archived_until: AtomicI64,
    /// Where a commit does not yet know its positions.
    sequencer: Option<Sequencer>,
    /// One reader at a time fills the tail with what was numbered.
    following: tokio::sync::Mutex<()>,
}

impl Log {
    pub(crate) async fn open(db: Db, new_instance: Uuid, archive: Option<PathBuf>) -> Result<Self> {
        let mut batch = Batch::new();
        batch.run(
            sql("INSERT INTO log_state (one, instance_id, epoch) VALUES (1, $1, 1) ON CONFLICT (one) DO NOTHING")
                .bind(new_instance),
        );
        db.commit(batch).await?;
        let (instance, epoch, archived): (Uuid, i64, i64) =
            sql("SELECT instance_id, epoch, archived_until FROM log_state WHERE one = 1")
                .one(&db)
                .await?;
        let sequencer = (db.store() == Store::Postgres).then(|| Sequencer::new(db.clone()));
        let head = match &sequencer {
            Some(sequencer) => {
                sequencer.make_room(0).await;
                sequencer.number_now().await?
            }
            None => read_head(&db).await?,
        };
        let inner = Inner {
            archives: Archives::new(archive, instance),
            archived_until: AtomicI64::new(archived),
            sequencer,
            following: tokio::sync::Mutex::default(),
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

    /// Up to where events are in the archive and no longer in the database.
    pub fn archived_until(&self) -> i64 {
        self.inner.archived_until.load(Ordering::Acquire)
    }

    /// Asks the database for it. It only ever rises.
    pub(crate) async fn learn_archived(&self) -> Result<i64> {
        let archived: i64 = sql("SELECT archived_until FROM log_state WHERE one = 1")
            .one(&self.inner.db)
            .await?;
        self.inner.archived_until.fetch_max(archived, Ordering::AcqRel);
        Ok(self.archived_until())
    }

    pub(crate) fn archives(&self) -> &Archives {
        &self.inner.archives
    }

    /// Looks whether another process has written; the slow net under the wake-ups.
    pub(crate) async fn poll(&self) -> Result<()> {
        if let Some(sequencer) = &self.inner.sequencer {
            sequencer.number_now().await?;
            self.follow().await?;
        }
        let (stored, epoch, archived): (i64, i64, i64) =
            with_newest("SELECT {newest}, epoch, archived_until FROM log_state WHERE one = 1")
                .one(&self.inner.db)
                .await?;
        self.inner
            .epoch
            .send_if_modified(|known| std::mem::replace(known, epoch) != epoch);
        self.inner.archived_until.fetch_max(archived, Ordering::AcqRel);
        self.raise_head(stored);
        Ok(())
    }

    /// Who gives positions, where that is not the commit itself.
    pub(crate) fn sequencer(&self) -> Option<&Sequencer> {
        self.inner.sequencer.as_ref()
    }

    /// Reads what was numbered since the last time, once for everybody here, and
    /// tells those who wait at the head.
    pub(crate) async fn follow(&self) -> Result<()> {
        let Some(sequencer) = &self.inner.sequencer else {
            return Ok(());
        };
        let _one = self.inner.following.lock().await;
        let target = *sequencer.numbered().borrow();
        while self.head() < target {
            let page = self.read_page(self.head(), FOLLOWED).await?;
            if page.is_empty() {
                return Ok(());
            }
            self.publish(page);
        }
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
    /// are served from memory, all others from the database, and from the archive
    /// where events have been moved there.
    pub async fn page(&self, after: i64, limit: usize) -> Result<Vec<Arc<Envelope>>> {
        if let Some(page) = self.page_from_tail(after, limit) {
            return Ok(page);
        }
        let page = self.read_page(after, limit).await?;
        // It may be news from another process. Where a follower fills the tail, the
        // head is his to raise.
        if let (Some(newest), None) = (page.last(), &self.inner.sequencer) {
            self.raise_head(newest.position);
        }
        Ok(page)
    }

    async fn read_page(&self, after: i64, limit: usize) -> Result<Vec<Arc<Envelope>>> {
        let mut after = after.max(0);
        let mut page = Vec::new();
        while page.len() < limit {
            let (archived, room) = (self.archived_until(), limit - page.len());
            let mut next = if after < archived {
                let read = self.inner.archives.page(after, room, archived).await?;
                read.into_iter().map(Arc::new).collect()
            } else {
                self.read_stored(after, room).await?
            };
            let Some(first) = next.first().map(|event| event.position) else {
                break;
            };
            // Events that were there are not: they were archived in between.
            if first != after + 1 && self.learn_archived().await? > after {
                continue;
            }
            let joined = next
                .iter()
                .zip(first..)
                .take_while(|(event, at)| event.position == *at);
            next.truncate(joined.count());
            let from_database = after >= archived;
            after = next.last().map_or(after, |event| event.position);
            page.append(&mut next);
            if from_database {
                break;
            }
        }
        Ok(page)
    }

    async fn read_stored(&self, after: i64, limit: usize) -> Result<Vec<Arc<Envelope>>> {
        let statement = sql(format!(
            "SELECT {} FROM event_log WHERE position > $1 ORDER BY position LIMIT $2",
            Envelope::COLUMNS
        ))
        .bind(after)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let page: Vec<Envelope> = self.inner.db.scan(statement).await?;
        Ok(page.into_iter().map(Arc::new).collect())
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
    ) -> Result<Receipt> {
        let Some(expected) = expected else {
            return Ok(self.commit(prepared).await?);
        };
        let (kind, id) = aggregate;
        let mut guarded = Batch::new();
        guarded.expect(1, "sequence", guard(expected).bind(expected).bind(kind).bind(id));
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
                    "SELECT coalesce((SELECT max(aggregate_seq) FROM event_log WHERE aggregate_type = $1 AND aggregate_id = $2), \
                     (SELECT last FROM archived_sequence WHERE aggregate_type = $1 AND aggregate_id = $2), 0)",
                )
                .on_postgres(
                    "SELECT coalesce(max(last), 0) FROM aggregate_sequence WHERE aggregate_type = $1 AND aggregate_id = $2",
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

    /// Commits; whoever waits at the head hears of it, here at once, and where
    /// positions come later as soon as there are some.
    pub(crate) async fn commit(&self, prepared: Prepared) -> althing_db::Result<Receipt> {
        if prepared.batch.is_empty() {
            return Ok(Receipt::of_nothing());
        }
        match &self.inner.sequencer {
            None => self.commit_numbered(prepared).await,
            Some(sequencer) => {
                let numbers_itself = sequencer.closing().filter(|_| !prepared.events.is_empty());
                let is_silent = numbers_itself.is_none();
                let receipt = self.commit_to_be_numbered(prepared, numbers_itself).await?;
                if is_silent && receipt != Receipt::of_nothing() {
                    self.announce(sequencer).await;
                }
                Ok(receipt)
            }
        }
    }

    async fn commit_numbered(&self, prepared: Prepared) -> althing_db::Result<Receipt> {
        let Prepared {
            mut batch,
            events,
            first_event,
        } = prepared;
        let count = events.len();
        let types: Vec<_> = events.iter().map(|event| event.event_type.clone()).collect();
        let log = self.clone();
        batch.after_commit(move |outcomes| log.publish(numbered(events, outcomes, first_event)));
        let outcomes = self.inner.db.commit(batch).await?;
        crate::figures::published(types.iter().map(|event_type| &**event_type));
        Ok(match count {
            0 => Receipt::of_nothing(),
            _ => Receipt::at(outcomes[first_event + count - 1].integer(0, 0).unwrap_or(0)),
        })
    }

    async fn commit_to_be_numbered(
        &self,
        mut prepared: Prepared,
        numbers_itself: Option<Arc<Closing>>,
    ) -> althing_db::Result<Receipt> {
        let newest = prepared.events.last().map(|event| event.event_id);
        if let Some(closing) = numbers_itself {
            prepared.batch.closing(closing);
        }
        let committed = match (self.inner.db.commit(prepared.batch).await, newest) {
            // The connection broke while the commit was under way: the log knows.
            (Err(althing_db::Error::CommitFailed(text)), Some(newest)) => {
                if self.exists(newest).await? {
                    Ok(Receipt::of_event(newest))
                } else {
                    Err(althing_db::Error::CommitFailed(text))
                }
            }
            (Err(error), _) => Err(error),
            (Ok(_), newest) => Ok(newest.map_or(Receipt::of_nothing(), Receipt::of_event)),
        };
        if committed.is_ok() {
            crate::figures::published(prepared.events.iter().map(|event| &*event.event_type));
        }
        committed
    }

    async fn exists(&self, event: Uuid) -> althing_db::Result<bool> {
        let mut looks = 1;
        loop {
            let found = sql("SELECT event_id FROM event_identity WHERE event_id = $1").bind(event);
            match found.optional::<Uuid>(&self.inner.db).await {
                Ok(found) => return Ok(found.is_some()),
                Err(error) if looks == LOOKS => return Err(error),
                Err(_) => looks += 1,
            }
            tokio::time::sleep(UNTOLD).await;
        }
    }

    /// The commit has happened: if nobody can be told now, the slow look finds it.
    async fn announce(&self, sequencer: &Sequencer) {
        let told = async {
            sequencer.committed().await?;
            if sequencer.is_running() {
                Ok(())
            } else {
                self.follow().await
            }
        };
        if let Err(error) = told.await {
            tracing::warn!(
                error = format!("{:#}", anyhow::Error::from(error)),
                "a commit could not be announced"
            );
        }
    }

    /// Which position a receipt means; waits for it where positions come later.
    pub(crate) async fn resolve_receipt(&self, receipt: Receipt) -> Result<i64> {
        let Some(event) = receipt.event() else {
            return Ok(receipt.position().unwrap_or(0));
        };
        let mut head = self.watch_head();
        loop {
            head.mark_unchanged();
            if let Some(position) = self.position_of(event).await? {
                return Ok(position);
            }
            // Told, or after a while without.
            drop(tokio::time::timeout(UNTOLD, head.changed()).await);
        }
    }

    async fn position_of(&self, event: Uuid) -> Result<Option<i64>> {
        let in_tail = {
            let tail = self.inner.tail.lock().unwrap_or_else(PoisonError::into_inner);
            tail.events
                .iter()
                .rev()
                .find(|known| known.event_id == event)
                .map(|known| known.position)
        };
        if in_tail.is_some() {
            return Ok(in_tail);
        }
        let stored = sql("SELECT position FROM event_log WHERE id = $1").bind(event);
        Ok(stored.optional(&self.inner.db).await?)
    }

    /// What an operator sees of the sequencer; `None` where every commit numbers itself.
    pub async fn sequencer_status(&self) -> Result<Option<SequencerStatus>> {
        match &self.inner.sequencer {
            Some(sequencer) => sequencer.status().await.map(Some),
            None => Ok(None),
        }
    }

    /// In order of position: on the writer thread, or by whoever follows.
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

/// A statement in which `{newest}` is the newest position. On PostgreSQL `event_log` is
/// two tables, whose highest position could only be found by joining them from end to end.
pub(crate) fn with_newest(text: &str) -> Statement {
    sql(text.replace("{newest}", "(SELECT coalesce(max(position), 0) FROM event_log)"))
        .on_postgres(text.replace("{newest}", "(SELECT last FROM sequencer)"))
}

async fn read_head(db: &Db) -> Result<i64> {
    Ok(with_newest("SELECT {newest}").one(db).await?)
}
