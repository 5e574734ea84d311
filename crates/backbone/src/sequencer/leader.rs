//! The task that gives positions while this process leads, and otherwise stands by.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use althing_db::{Batch, Db, Listener, sql};
use tokio_util::sync::CancellationToken;

use super::tick::{self, Leader};
use super::{COMMITTED, NUMBERED, Sequencer};
use crate::Result;

/// How long a leader that says nothing stays leader.
const LEASE: Duration = Duration::from_secs(4);
/// Under load positions are given to whatever was committed in this time together: each
/// tick is a transaction that waits for the disk like any other.
const PACE: Duration = Duration::from_millis(2);
/// How often anybody looks without having been woken.
const LOOK: Duration = Duration::from_secs(1);

/// Leads or stands by until the shutdown.
pub(crate) async fn lead(sequencer: Sequencer, owner: String, shutdown: CancellationToken) {
    let db = sequencer.inner.db.clone();
    let (Some(committed), Some(numbered)) = (db.listen(COMMITTED), db.listen(NUMBERED)) else {
        return;
    };
    let mut task = Task {
        sequencer,
        db,
        owner,
        epoch: None,
        looked: Instant::now() - LOOK,
        ticked: Instant::now() - PACE,
        committed,
        numbered,
    };
    loop {
        if let Err(error) = task.step(&shutdown).await {
            task.set_epoch(None);
            tracing::error!(
                error = format!("{:#}", anyhow::Error::from(error)),
                "numbering failed; trying again"
            );
            tokio::time::sleep(LOOK).await;
        }
        if shutdown.is_cancelled() {
            return task.leave().await;
        }
    }
}

struct Task {
    sequencer: Sequencer,
    db: Db,
    owner: String,
    /// The epoch in which this process leads.
    epoch: Option<i64>,
    looked: Instant,
    /// The end of the last tick.
    ticked: Instant,
    committed: Listener,
    numbered: Listener,
}

/// Why the task woke.
enum Woken {
    /// This process committed.
    Here,
    /// This process's commits numbered themselves.
    NumberedHere,
    /// Another process committed.
    Elsewhere,
    /// Positions were given.
    Numbered(String),
    Time,
    Shutdown,
}

impl Task {
    async fn step(&mut self, shutdown: &CancellationToken) -> Result<()> {
        if self.looked.elapsed() >= LOOK {
            self.look().await?;
        }
        let woken = tokio::select! {
            biased;
            () = shutdown.cancelled() => Woken::Shutdown,
            () = self.sequencer.inner.committed.notified() => Woken::Here,
            () = self.sequencer.inner.numbered_here.notified() => Woken::NumberedHere,
            _ = self.committed.heard() => Woken::Elsewhere,
            text = self.numbered.heard() => Woken::Numbered(text),
            () = tokio::time::sleep(LOOK.saturating_sub(self.looked.elapsed())) => Woken::Time,
        };
        match (woken, self.epoch) {
            (Woken::Here | Woken::Elsewhere, Some(epoch)) => {
                tokio::time::sleep(PACE.saturating_sub(self.ticked.elapsed())).await;
                self.tick(epoch).await
            }
            // One at a time and outside every transaction: while one is under way,
            // further commits wait for the next.
            (Woken::Here, None) => Ok(self.db.notify(COMMITTED, "").await?),
            (Woken::NumberedHere, _) => self.tell_others().await,
            (Woken::Numbered(text), _) => {
                // Empty after a new connection: something may have been missed.
                match text.parse() {
                    Ok(last) => self.sequencer.learn(last),
                    Err(_) => self.sequencer.learn(tick::last(&self.db).await?),
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// One word for all commits since the last time.
    async fn tell_others(&self) -> Result<()> {
        let last = *self.sequencer.numbered().borrow();
        self.db.notify(NUMBERED, &last.to_string()).await?;
        let newest_id = self.sequencer.inner.newest_id.load(Ordering::Relaxed);
        self.sequencer.make_room(newest_id).await;
        Ok(())
    }

    /// The slow net: leads if nobody does, numbers what nobody spoke of.
    async fn look(&mut self) -> Result<()> {
        self.looked = Instant::now();
        if self.epoch.is_none() {
            let epoch = acquire(&self.db, &self.owner).await?;
            self.set_epoch(epoch);
        }
        match self.epoch {
            // Keeps the lease, too.
            Some(epoch) => self.tick(epoch).await,
            None => {
                self.sequencer.learn(tick::last(&self.db).await?);
                Ok(())
            }
        }
    }

    async fn tick(&mut self, epoch: i64) -> Result<()> {
        let began = Instant::now();
        let ticked = tick::tick(&self.db, Some(self.leader(epoch))).await;
        self.ticked = Instant::now();
        match ticked {
            Ok(ticked) => {
                let micros = i64::try_from(began.elapsed().as_micros()).unwrap_or(i64::MAX);
                self.sequencer.inner.tick_micros.store(micros, Ordering::Relaxed);
                self.sequencer.learn(ticked.last);
                self.sequencer.make_room(ticked.newest_id).await;
                Ok(())
            }
            Err(error) if error.is_conflict() => {
                tracing::warn!(owner = self.owner, "another process gives positions now");
                self.set_epoch(None);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn leader(&self, epoch: i64) -> Leader<'_> {
        Leader {
            owner: &self.owner,
            epoch,
            lease: LEASE,
        }
    }

    fn set_epoch(&mut self, epoch: Option<i64>) {
        self.epoch = epoch;
        let leader = epoch.map(|epoch| self.leader(epoch));
        self.sequencer.close_commits(leader);
        self.sequencer
            .inner
            .leads
            .store(epoch.is_some(), Ordering::Relaxed);
    }

    /// An orderly end: numbers the rest, and lets another lead at once.
    async fn leave(&mut self) {
        let Some(epoch) = self.epoch else { return };
        self.sequencer.close_commits(None);
        if let Err(error) = self.hand_over(epoch).await {
            tracing::warn!(
                error = format!("{:#}", anyhow::Error::from(error)),
                "could not hand the sequencer over"
            );
        }
    }

    async fn hand_over(&mut self, epoch: i64) -> Result<()> {
        self.tick(epoch).await?;
        let mut batch = Batch::new();
        batch.run(
            sql("UPDATE sequencer SET owner = NULL, lease_until = 0 WHERE one = 1 AND epoch = $1 AND owner = $2")
                .bind(epoch)
                .bind(self.owner.as_str()),
        );
        self.db.commit(batch).await?;
        Ok(())
    }
}

/// Leads, if nobody does; answers the epoch.
async fn acquire(db: &Db, owner: &str) -> Result<Option<i64>> {
    let free = format!("(owner IS NULL OR lease_until < {})", db.clock_micros());
    let is_free: Vec<i64> = sql(format!("SELECT epoch FROM sequencer WHERE {free}"))
        .all(db)
        .await?;
    if is_free.is_empty() {
        return Ok(None);
    }
    let mut batch = Batch::new();
    batch.returning(
        sql(format!(
            "UPDATE sequencer SET owner = $1, epoch = epoch + 1, lease_until = {} + $2 WHERE one = 1 AND {free} RETURNING epoch",
            db.clock_micros()
        ))
        .bind(owner)
        .bind(i64::try_from(LEASE.as_micros()).unwrap_or(i64::MAX)),
    );
    Ok(db.commit(batch).await?[0].integer(0, 0))
}
