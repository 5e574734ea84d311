//! The loop of a reaction or a process: deals events to its lanes, learns what became
//! of them, and never waits for a handler itself.
//!
//! A lane is whoever has an event in hand. It takes the oldest event whose key nobody
//! else has in hand, so the order within a key is kept, and a slow handler holds up its
//! own key and one lane, but no key that merely shares a number with it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use althing_db::Batch;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use super::dealing::Deal;
use super::hand::Hand;
use super::parked::{self, Parked, ParkedEvent, key_of};
use super::progress::{Ending, Progress};
use super::runner::{Ended, LOOK_AROUND, PASSED_OVER, Runner, Stop};
use super::store::{self, FENCED};
use crate::envelope::Envelope;
use crate::process::{Timer, Timers};

/// So many pages may lie between the oldest unfinished event and the newest one that
/// was handled.
const WINDOW: usize = 4;
/// The timers are looked at this often while there are events to handle.
const TIMERS: Duration = Duration::from_millis(100);

pub(super) struct Lanes {
    runner: Runner,
    hand: Hand,
    deal: Deal,
    /// Events of parked keys that are about to be queued behind them.
    held: Vec<Arc<Envelope>>,
    jobs: JoinSet<Result<Report, Stop>>,
    /// Of the jobs: first attempts, attempts at parked events, timers.
    first: usize,
    again: usize,
    firing: usize,
    timer: NextTimer,
    /// What is considered first when a lane is free.
    favoured: usize,
    leaving: CancellationToken,
}

/// What is known of the next timer.
struct NextTimer {
    known: bool,
    next: Option<Timer>,
    asked: Instant,
}

/// What a lane did.
enum Report {
    First {
        key: Arc<str>,
        parked: Option<ParkedEvent>,
        ending: Ending,
    },
    Again {
        event: ParkedEvent,
        parked: Option<ParkedEvent>,
    },
    Fired,
}

impl Runner {
    pub(super) fn hand(&self) -> Hand {
        Hand {
            core: self.core.clone(),
            def: self.def.clone(),
            epoch: self.row.epoch,
            progress: Arc::new(Progress::new(
                self.def.lanes,
                self.row.position,
                self.finished.iter().copied(),
            )),
        }
    }
}

impl Lanes {
    pub fn of(runner: Runner, leaving: CancellationToken) -> Self {
        Self {
            hand: runner.hand(),
            runner,
            deal: Deal::default(),
            held: Vec::new(),
            jobs: JoinSet::new(),
            first: 0,
            again: 0,
            firing: 0,
            timer: NextTimer {
                known: false,
                next: None,
                asked: Instant::now(),
            },
            favoured: 0,
            leaving,
        }
    }

    pub async fn run(mut self) -> Ended {
        loop {
            let Err(stop) = self.serve().await else {
                self.leave().await;
                return Ended::Left;
            };
            // Whatever is under way is dropped where it is: what was not committed will
            // be handled anew, by us or by somebody else.
            self.jobs.shutdown().await;
            if let Err(ended) = self.recover(stop).await {
                return ended;
            }
        }
    }

    /// After a fault nothing in memory is believed until it was read again.
    async fn recover(&mut self, stop: Stop) -> Result<(), Ended> {
        let mut stop = stop;
        loop {
            let rest = self.runner.survive(stop)?;
            tokio::select! {
                () = tokio::time::sleep(rest) => {}
                () = self.leaving.cancelled() => {}
            }
            match self.start_over().await {
                Ok(()) => return Ok(()),
                Err(_) if self.leaving.is_cancelled() => return Err(Ended::Left),
                Err(again) => stop = again,
            }
        }
    }

    async fn start_over(&mut self) -> Result<(), Stop> {
        let (db, name) = (&self.runner.core.db, &self.runner.def.name);
        // A commit may still be on its way; under a new epoch it has come too late.
        if !store::reacquire(db, name, &self.runner.owner).await? {
            return Err(Stop::Fenced);
        }
        self.runner.row = store::read(db, name).await?.ok_or(Stop::Fenced)?;
        self.runner.finished = store::finished(db, name).await?;
        let parked = Parked::load(db, name).await?;
        self.runner.replace_parked(parked);
        self.hand = self.runner.hand();
        self.deal = Deal::default();
        self.held.clear();
        (self.first, self.again, self.firing) = (0, 0, 0);
        self.timer.known = false;
        Ok(())
    }

    /// Until it is told to leave, and what is under way has ended.
    async fn serve(&mut self) -> Result<(), Stop> {
        let mut head = self.runner.core.log.watch_head();
        loop {
            head.mark_unchanged();
            let leaving = self.leaving.is_cancelled();
            if !leaving && self.runner.is_running() {
                self.work().await?;
            }
            self.tidy().await?;
            self.publish();
            if leaving && self.jobs.is_empty() {
                return Ok(());
            }
            let (nap, mut woken) = (self.nap(), false);
            tokio::select! {
                Some(report) = self.jobs.join_next() => self.note(report).await?,
                () = self.leaving.cancelled(), if !leaving => {}
                _ = head.changed() => {}
                () = self.runner.shared.wake.notified() => woken = true,
                () = tokio::time::sleep(nap) => {}
            }
            while let Some(report) = self.jobs.try_join_next() {
                self.note(report).await?;
            }
            if woken || self.runner.looked.elapsed() >= LOOK_AROUND {
                self.runner.look().await?;
                if self.runner.is_running() {
                    self.pass().await?;
                }
            }
        }
    }

    fn publish(&mut self) {
        let mark = self.hand.progress.mark();
        if mark != self.runner.position {
            self.runner.position = mark;
            self.runner.shared.position.send_replace(mark);
        }
    }

    fn nap(&self) -> Duration {
        let free = self.jobs.len() < self.runner.def.lanes;
        let retry = (free && self.again < self.most_again())
            .then(|| self.runner.parked.next_due(|key| self.deal.is_busy(key)))
            .flatten();
        let timer = (free && self.firing == 0)
            .then(|| self.timer.next.as_ref().map(|timer| timer.due_at))
            .flatten();
        self.runner.nap([retry, timer].into_iter().flatten().min())
    }

    async fn work(&mut self) -> Result<(), Stop> {
        // First of all: what is behind a parked event must be known to be before any
        // later event of its key is read.
        self.queue_held().await?;
        self.look_at_timers().await?;
        loop {
            let read = self.read_page().await?;
            self.queue_held().await?;
            self.start_jobs();
            if !read {
                break;
            }
        }
        if self.hand.progress.lag().0 >= PASSED_OVER {
            self.pass().await?;
        }
        Ok(())
    }

    /// With no new event under way there is nothing to be kept beside the checkpoint.
    async fn tidy(&mut self) -> Result<(), Stop> {
        let idle = self.first == 0 && (self.deal.is_empty() || !self.runner.is_running());
        if idle && self.hand.progress.lag().1 {
            self.pass().await?;
        }
        Ok(())
    }

    /// Deals the next page of the log, if there is one and there is room for it.
    async fn read_page(&mut self) -> Result<bool, Stop> {
        let (def, log) = (&self.runner.def, &self.runner.core.log);
        let progress = &self.hand.progress;
        let read = progress.read();
        let full = self.deal.len() >= def.page || progress.width() >= WINDOW.saturating_mul(def.page);
        if full || log.head() <= read {
            return Ok(false);
        }
        let page = log.page(read, def.page).await?;
        let Some(last) = page.last().map(|event| event.position) else {
            return Ok(false);
        };
        for event in page {
            if !def.handlers.contains_key(&*event.event_type) || !progress.begin(event.position) {
                continue;
            }
            let key = key_of(&event);
            if self.runner.parked.holds(&key) {
                self.held.push(event);
            } else {
                self.deal.add(key, event);
            }
        }
        progress.set_read(last);
        Ok(true)
    }

    /// Lets events wait behind an earlier one of their key, all in one commit.
    async fn queue_held(&mut self) -> Result<(), Stop> {
        if self.held.is_empty() {
            return Ok(());
        }
        let mut batch = Batch::new();
        for event in &self.held {
            batch.run(parked::write_queued(&self.runner.def.name, event));
        }
        let positions: Vec<i64> = self.held.iter().map(|event| event.position).collect();
        let ending = self.hand.finish(batch, &positions).await?;
        for event in std::mem::take(&mut self.held) {
            self.runner.add_queued(&event);
        }
        self.hand.progress.committed(&ending);
        Ok(())
    }

    /// Writes down how far everything is finished.
    async fn pass(&mut self) -> Result<(), Stop> {
        let Some(ending) = self.hand.progress.passing() else {
            return Ok(());
        };
        let mut batch = Batch::new();
        self.hand.add_ending(&mut batch, &ending);
        self.hand.commit(batch).await?;
        self.hand.progress.committed(&ending);
        Ok(())
    }

    async fn look_at_timers(&mut self) -> Result<(), Stop> {
        let wanted = self.runner.def.timers.is_some() && !self.timer.known && self.firing == 0;
        if wanted && (self.deal.is_empty() || self.timer.asked.elapsed() >= TIMERS) {
            self.timer = NextTimer {
                next: Timers::next(&self.runner.core, &self.runner.def.name).await?,
                known: true,
                asked: Instant::now(),
            };
        }
        Ok(())
    }

    /// Keeps the lanes busy, with a bit of everything that there is to do.
    fn start_jobs(&mut self) {
        while self.jobs.len() < self.runner.def.lanes {
            let starts = [Self::start_again, Self::start_timer, Self::start_first];
            let count = starts.len();
            let Some(started) =
                (self.favoured..self.favoured + count).find(|number| starts[number % count](self))
            else {
                return;
            };
            self.favoured = (started + 1) % count;
        }
    }

    /// Keys that fail slowly must not take every lane from those that do not fail.
    fn most_again(&self) -> usize {
        (self.runner.def.lanes / 2).max(1)
    }

    fn start_again(&mut self) -> bool {
        let now = self.runner.core.clock.now();
        if self.again >= self.most_again() {
            return false;
        }
        let Some(event) = self.runner.parked.due(now, |key| self.deal.is_busy(key)) else {
            return false;
        };
        self.deal.occupy(&event.key);
        self.again += 1;
        let hand = self.hand.clone();
        self.jobs.spawn(async move {
            let parked = hand.react_again(&event).await?;
            Ok(Report::Again { event, parked })
        });
        true
    }

    fn start_timer(&mut self) -> bool {
        let now = self.runner.core.clock.now();
        let due = |timer: &mut Timer| timer.due_at <= now;
        let Some(timers) = self.runner.def.timers.clone().filter(|_| self.firing == 0) else {
            return false;
        };
        let Some(timer) = self.timer.next.take_if(due) else {
            return false;
        };
        self.firing += 1;
        self.timer.known = false;
        let hand = self.hand.clone();
        self.jobs.spawn(async move {
            hand.fire(&timers, &timer).await?;
            Ok(Report::Fired)
        });
        true
    }

    fn start_first(&mut self) -> bool {
        // No more than could be parked before too many are.
        let (parked, most) = (self.runner.parked.keys(), self.runner.def.most_parked_keys);
        if self.first > 0 && parked.saturating_add(self.first) > most {
            return false;
        }
        let Some((key, event)) = self.deal.take() else {
            return false;
        };
        self.first += 1;
        let hand = self.hand.clone();
        self.jobs.spawn(async move {
            let (parked, ending) = hand.react(&event).await?;
            Ok(Report::First { key, parked, ending })
        });
        true
    }

    async fn note(&mut self, report: Result<Result<Report, Stop>, JoinError>) -> Result<(), Stop> {
        let report = match report {
            Ok(report) => report?,
            // A mistake of this library: the panics of handlers are caught.
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // The whole runtime is ending.
            Err(_) => return Err(Stop::Crash),
        };
        // Whatever was done may have set a timer.
        self.timer.known = false;
        match report {
            Report::Fired => self.firing -= 1,
            Report::First { key, parked, ending } => {
                self.first -= 1;
                self.hold(&key, parked);
                self.hand.progress.committed(&ending);
                self.deal.release(&key);
            }
            Report::Again { event, parked } => {
                self.again -= 1;
                if parked.is_none() {
                    self.runner.remove_parked(&event);
                }
                self.hold(&event.key, parked);
                self.deal.release(&event.key);
            }
        }
        if self.runner.too_many_are_parked() {
            self.pass().await?;
            self.runner.stop_for_too_many().await?;
        }
        Ok(())
    }

    fn hold(&mut self, key: &str, parked: Option<ParkedEvent>) {
        if let Some(parked) = parked {
            self.runner.add_parked(parked);
            self.held.extend(self.deal.withdraw(key));
        }
    }

    /// An orderly end: what is finished is written down, the owner is gone.
    async fn leave(&mut self) {
        let mut batch = Batch::new();
        if let Some(ending) = self.hand.progress.passing() {
            self.hand.add_ending(&mut batch, &ending);
        }
        let name = &self.runner.def.name;
        batch.expect(1, FENCED, store::release(name, self.hand.epoch));
        match self.runner.core.db.commit(batch).await {
            Ok(_) => {}
            Err(error) if error.is_conflict() => {}
            Err(error) => {
                tracing::warn!(subscription = %name, %error, "could not write the last checkpoint")
            }
        }
    }
}
