//! The loop of one relay: compare the stream's end, send a page, move the checkpoint.

use std::sync::Arc;
use std::time::{Duration, Instant};

use althing_db::{Batch, sql};
use futures::FutureExt;
use tokio_util::sync::CancellationToken;

use super::definition::{Relay, RelayShared};
use super::state::State;
use super::tenure::Tenure;
use super::transport::{Mark, Sending};
use crate::bus::BusError;
use crate::core::Core;
use crate::envelope::Envelope;
use crate::relay::Message;
use crate::subscription::{FENCED, Kind, Owner, Row, Subscription, checkpoint, read};
use crate::topics::topics_of;

/// How often it looks for what operators or other processes changed, and writes down
/// how far it has passed over events of no interest.
const LOOK_AROUND: Duration = Duration::from_secs(1);
/// The first pause after the broker failed.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// Why a turn ended early.
pub(super) enum Stop {
    /// Another owner has taken over.
    Fenced,
    /// The row is not as it was read: an operator was here.
    Changed,
    /// The broker failed; events wait.
    Broker(BusError),
    /// The database failed; try again in a moment.
    Database(crate::Error),
}

impl From<crate::Error> for Stop {
    fn from(error: crate::Error) -> Self {
        Stop::Database(error)
    }
}

impl From<BusError> for Stop {
    fn from(error: BusError) -> Self {
        Stop::Broker(error)
    }
}

impl From<althing_db::Error> for Stop {
    fn from(error: althing_db::Error) -> Self {
        match error {
            althing_db::Error::Conflict { tag } if tag == FENCED => Stop::Changed,
            other => Stop::Database(other.into()),
        }
    }
}

pub(crate) struct RelayRunner {
    pub(super) core: Core,
    pub(super) def: Arc<Relay>,
    shared: Arc<RelayShared>,
    tenure: Tenure,
    is_mine: bool,
    row: Row,
    pub(super) state: State,
    pub(super) source: String,
    /// Everything up to here is sent or of no interest; what is stored may lie
    /// behind by events of no interest.
    pub(super) position: i64,
    /// The last page is sent, and its checkpoint is to be written with the next one.
    owes_checkpoint: bool,
    /// What comes after a position, read while the broker took what was before.
    ahead: Option<(i64, Vec<Arc<Envelope>>)>,
    /// Where the stream really ends; meaningless while out of step.
    pub(super) end: Option<Mark>,
    /// The stream was seen to end where this relay left it.
    pub(super) in_step: bool,
    /// What was last written into the row for operators to see.
    complaint: Option<String>,
    pause: Duration,
    /// The broker failed: it is not asked again before this.
    not_before: Instant,
    looked: Instant,
    pub(super) tended: Instant,
}

impl RelayRunner {
    /// Takes the relay over from whoever had it, or gets ready to when it is free.
    pub async fn start(core: &Core, shared: Arc<RelayShared>, owner: &Owner) -> crate::Result<Self> {
        let def = shared.def.clone();
        let stored = Subscription::bare(&def.name, Kind::Relay, def.from_beginning);
        let tenure = Tenure::prepare(core, stored, owner, core.log.head()).await?;
        let row = tenure.take().await?;
        let is_mine = row.is_some();
        let row = match row {
            Some(row) => row,
            None => read(&core.db, &def.name)
                .await?
                .ok_or_else(|| crate::Error::NoRelay(def.name.to_string()))?,
        };
        let state = State::load(&core.db, &def.name, core.log.epoch(), row.position).await?;
        shared.position.send_replace(row.position);
        Ok(Self {
            source: source_of(core),
            core: core.clone(),
            position: row.position,
            def,
            shared,
            tenure,
            is_mine,
            row,
            state,
            owes_checkpoint: false,
            ahead: None,
            end: None,
            in_step: false,
            // Whatever stood there before: it is written anew or taken back.
            complaint: Some(String::new()),
            pause: FIRST_PAUSE,
            not_before: Instant::now(),
            looked: Instant::now(),
            tended: Instant::now(),
        })
    }

    pub async fn run(mut self, shutdown: CancellationToken) {
        loop {
            if self.is_mine {
                self.work(&shutdown).await;
            }
            self.is_mine = false;
            if shutdown.is_cancelled() || !self.tenure.may_return() {
                return;
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(self.tenure.pause()) => {}
            }
            if let Err(error) = self.ask().await {
                let error = format!("{:#}", anyhow::Error::from(error));
                tracing::error!(relay = %self.def.name, error, "could not ask who sends; trying again");
            }
        }
    }

    /// Takes the relay if it is free; otherwise learns how far its owner is.
    async fn ask(&mut self) -> crate::Result<()> {
        let taken = self.tenure.take().await?;
        self.is_mine = taken.is_some();
        let row = match taken {
            Some(row) => Some(row),
            None => read(&self.core.db, &self.def.name).await?,
        };
        let Some(row) = row else { return Ok(()) };
        self.state = State::load(&self.core.db, &self.def.name, self.core.log.epoch(), row.position).await?;
        self.moved_to(row.position);
        self.row = row;
        self.in_step = false;
        self.complaint = Some(String::new());
        Ok(())
    }

    /// Until the shutdown, or until somebody else has taken over.
    async fn work(&mut self, shutdown: &CancellationToken) {
        let _signs_of_life = self.tenure.keep(self.row.epoch);
        let mut head = self.core.log.watch_head();
        loop {
            head.mark_unchanged();
            // A broker that hangs must not hold up the end of the process.
            let turn = tokio::select! {
                () = shutdown.cancelled() => break,
                turn = self.turn() => turn,
            };
            let rest = match turn {
                Ok(true) => None,
                Ok(false) => Some((LOOK_AROUND, true)),
                Err(stop) => match self.survive(stop).await {
                    Some(rest) => Some((rest, false)),
                    None => return,
                },
            };
            let woken = match rest {
                None => self.shared.wake.notified().now_or_never().is_some(),
                Some((rest, news)) => tokio::select! {
                    () = shutdown.cancelled() => break,
                    _ = head.changed(), if news => false,
                    () = self.shared.wake.notified() => true,
                    () = tokio::time::sleep(rest) => false,
                },
            };
            if (woken || self.looked.elapsed() >= LOOK_AROUND)
                && let Err(stop) = self.look_around().await
                && self.survive(stop).await.is_none()
            {
                return;
            }
        }
        self.leave().await;
    }

    /// How long to wait before going on; `None` if this is the end.
    async fn survive(&mut self, stop: Stop) -> Option<Duration> {
        match stop {
            Stop::Fenced => {
                tracing::warn!(relay = %self.def.name, owner = self.tenure.owner(), "another owner has taken over; stopping");
                None
            }
            Stop::Changed => match self.look_around().await {
                Err(Stop::Fenced) => Box::pin(self.survive(Stop::Fenced)).await,
                _ => Some(Duration::ZERO),
            },
            Stop::Broker(error) => {
                self.in_step = false;
                let text = format!("{:#}", anyhow::Error::from(error));
                tracing::warn!(relay = %self.def.name, error = text, "the broker failed; events wait in the log");
                if let Err(Stop::Fenced) = self.complain(Some(text)).await {
                    return Box::pin(self.survive(Stop::Fenced)).await;
                }
                let pause = self.pause;
                self.pause = (pause * 2).min(self.def.longest_pause);
                self.not_before = Instant::now() + pause;
                Some(Duration::ZERO)
            }
            Stop::Database(error) => {
                let error = format!("{:#}", anyhow::Error::from(error));
                tracing::error!(relay = %self.def.name, error, "relay failed; trying again");
                self.in_step = false;
                Some(LOOK_AROUND)
            }
        }
    }

    /// Sends a page; `false` if there was nothing to send.
    async fn turn(&mut self) -> Result<bool, Stop> {
        if self.row.status != "running" {
            return Ok(false);
        }
        let early = self.not_before.saturating_duration_since(Instant::now());
        if !early.is_zero() {
            // In slices, so that an operator need not wait for the end.
            tokio::time::sleep(early.min(LOOK_AROUND)).await;
            return Ok(true);
        }
        if !self.in_step || self.tended.elapsed() >= self.def.trim_every {
            self.tend().await?;
        }
        let page = match self.ahead.take() {
            Some((after, page)) if after == self.position => page,
            _ => self.core.log.page(self.position, self.def.page).await?,
        };
        let Some(last) = page.last().map(|event| event.position) else {
            self.catch_up().await?;
            return Ok(false);
        };
        let events: Vec<Message> = page.iter().filter_map(|event| self.message(event)).collect();
        match events.last().map(|event| event.envelope.position) {
            None if self.owes_checkpoint => self.position = last,
            None => self.moved_to(last),
            Some(newest) => {
                self.send(events, last).await?;
                self.state.sent = Some(newest);
                self.end = self.state.mark();
                (self.position, self.owes_checkpoint) = (last, true);
            }
        }
        if self.ahead.as_ref().is_none_or(|(_, next)| next.is_empty()) {
            self.catch_up().await?;
        }
        self.all_is_well().await?;
        Ok(true)
    }

    /// Sends a page that ends at `last`. While the broker takes it, the checkpoint of
    /// the one before is written, and the next one is read.
    async fn send(&mut self, events: Vec<Message>, last: i64) -> Result<(), Stop> {
        let sending = Sending {
            source: self.source.clone(),
            lap: self.state.lap,
            after: self.end,
            events,
        };
        let (due, before) = (self.owes_checkpoint, self.position);
        let mut checkpoint = Batch::new();
        if due {
            self.add_checkpoint(&mut checkpoint, before);
        }
        let store = async {
            match due {
                true => self.core.db.commit(checkpoint).await.map(drop),
                false => Ok(()),
            }
        };
        let append = self.def.transport.append(sending);
        let read = self.core.log.page(last, self.def.page);
        let (sent, stored, ahead) = futures::join!(append, store, read);
        if due && stored.is_ok() {
            self.stored_at(before);
        }
        sent?;
        stored?;
        self.ahead = Some((last, ahead?));
        Ok(())
    }

    /// Writes the checkpoint that is owed.
    async fn catch_up(&mut self) -> Result<(), Stop> {
        match self.owes_checkpoint {
            true => self.store(self.position).await,
            false => Ok(()),
        }
    }

    async fn store(&mut self, position: i64) -> Result<(), Stop> {
        self.commit_at(Batch::new(), position).await
    }

    /// Writes the checkpoint and how the stream stands, if this is still the owner.
    pub(super) async fn commit_at(&mut self, mut batch: Batch, position: i64) -> Result<(), Stop> {
        self.add_checkpoint(&mut batch, position);
        self.core.db.commit(batch).await?;
        self.position = position;
        self.stored_at(position);
        Ok(())
    }

    fn add_checkpoint(&self, batch: &mut Batch, position: i64) {
        let (db, name, epoch) = (&self.core.db, &self.def.name, self.row.epoch);
        let now = self.core.clock.now();
        let moved = checkpoint(db, name, epoch, self.row.position, position, now);
        batch.expect(1, FENCED, moved);
        batch.run(self.state.write(name));
    }

    fn stored_at(&mut self, position: i64) {
        self.row.position = position;
        self.owes_checkpoint = false;
        self.shared.position.send_replace(position);
    }

    fn moved_to(&mut self, position: i64) {
        self.position = position;
        self.owes_checkpoint = false;
        self.shared.position.send_replace(position);
    }

    pub(super) async fn all_is_well(&mut self) -> Result<(), Stop> {
        self.pause = FIRST_PAUSE;
        self.complain(None).await
    }

    /// Shows operators what is wrong, or that nothing is any more.
    async fn complain(&mut self, text: Option<String>) -> Result<(), Stop> {
        if self.complaint == text {
            return Ok(());
        }
        let mut batch = Batch::new();
        batch.expect(
            1,
            FENCED,
            sql("UPDATE subscription SET last_error = $1 WHERE name = $2 AND epoch = $3")
                .bind(text.clone())
                .bind(self.def.name.clone())
                .bind(self.row.epoch),
        );
        match self.core.db.commit(batch).await {
            Err(error) if error.is_conflict() => return Err(Stop::Fenced),
            other => other?,
        };
        self.complaint = text;
        Ok(())
    }

    /// Reads what operators or another process changed, and writes down how far
    /// events of no interest were passed over.
    pub(super) async fn look_around(&mut self) -> Result<(), Stop> {
        self.looked = Instant::now();
        let row = read(&self.core.db, &self.def.name).await?;
        let Some(row) = row.filter(|row| row.epoch == self.row.epoch) else {
            return Err(Stop::Fenced);
        };
        let is_moved = row.acts != self.row.acts || row.position != self.row.position;
        let epoch = self.core.log.epoch();
        self.row = row;
        if is_moved || self.state.is_before(epoch) {
            self.state = State::load(&self.core.db, &self.def.name, epoch, self.row.position).await?;
            self.in_step = false;
            self.moved_to(self.row.position);
        } else if self.in_step && self.position > self.row.position && self.row.status == "running" {
            self.store(self.position).await?;
        }
        Ok(())
    }

    /// An orderly end: what was passed over is written down, the owner is gone.
    async fn leave(&mut self) {
        if self.in_step
            && self.position > self.row.position
            && let Err(Stop::Database(error)) = self.store(self.position).await
        {
            tracing::warn!(relay = %self.def.name, %error, "could not write the last checkpoint");
        }
        self.tenure.release(self.row.epoch).await;
    }

    fn message(&self, event: &Arc<Envelope>) -> Option<Message> {
        // It is there already: only the checkpoint was missing.
        if self.state.sent.is_some_and(|sent| event.position <= sent) {
            return None;
        }
        let topics = topics_of(event, &self.core.registry);
        self.def
            .patterns
            .cover(&event.event_type, &topics)
            .then(|| Message {
                source: self.source.as_str().into(),
                epoch: self.core.log.epoch(),
                topics,
                envelope: event.clone(),
            })
    }
}

/// How a log is called in the messages of its relays.
pub(crate) fn source_of(core: &Core) -> String {
    format!("/althing/{}", core.log.instance())
}
