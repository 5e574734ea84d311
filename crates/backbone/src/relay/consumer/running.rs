//! The loop of a consumer: tell the broker what is done, try again what is due,
//! take what is new.

use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Reload;
use super::held::{Held, Item};
use crate::bus::{BusError, Inbox, MessageBus, MessageId, Received};
use crate::handler::HandlerError;
use crate::relay::Patterns;
use crate::relay::inbound::{Inbound, Stop as InboundStop};

/// How many messages are taken at once.
const PAGE: usize = 200;
/// More waiting messages than this, and no new ones are taken.
const MOST_HELD: usize = 1_000;
/// How often it looks for what operators or other owners changed.
const LOOK_AROUND: Duration = Duration::from_secs(1);
/// The first and the longest pause after the broker failed.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// Why a round ended early.
pub(super) enum Stop {
    Inbound(InboundStop),
    Broker(BusError),
    /// Lost events could not be read from the log.
    Reload(HandlerError),
}

impl From<InboundStop> for Stop {
    fn from(stop: InboundStop) -> Self {
        Stop::Inbound(stop)
    }
}

impl From<BusError> for Stop {
    fn from(error: BusError) -> Self {
        Stop::Broker(error)
    }
}

pub(super) struct Running {
    pub(super) inbound: Inbound,
    bus: Arc<dyn MessageBus>,
    group: String,
    name: String,
    pub(super) patterns: Patterns,
    pub(super) reload: Option<Reload>,
    inbox: Option<Box<dyn Inbox>>,
    /// Lost, and not read from the log yet.
    pub(super) lost: Vec<RangeInclusive<i64>>,
    /// Taken and not looked at yet. They stay here while the database fails: what is
    /// new must not overtake them.
    pub(super) backlog: VecDeque<Item>,
    pub(super) held: Held,
    /// Handled, and the broker does not know yet.
    pub(super) done: Vec<MessageId>,
    looked: Instant,
    kept: Instant,
    pub(super) pause: Duration,
    complaint: Option<String>,
    /// A loss stays to be seen until there is somewhere to reload it from.
    pub(super) has_lost: bool,
    /// The losses of earlier runs are known.
    remembers: bool,
}

impl Running {
    pub fn new(
        inbound: Inbound,
        bus: Arc<dyn MessageBus>,
        group: String,
        name: String,
        patterns: Patterns,
        reload: Option<Reload>,
    ) -> Self {
        Self {
            inbound,
            bus,
            group,
            name,
            patterns,
            reload,
            inbox: None,
            lost: Vec::new(),
            backlog: VecDeque::new(),
            held: Held::default(),
            done: Vec::new(),
            looked: Instant::now(),
            kept: Instant::now(),
            pause: PAUSES.0,
            complaint: Some(String::new()),
            has_lost: false,
            remembers: false,
        }
    }

    pub async fn run(mut self, shutdown: CancellationToken, mut is_mine: bool) {
        loop {
            if is_mine {
                self.work(&shutdown).await;
            }
            if shutdown.is_cancelled() || !self.inbound.tenure().may_return() {
                return;
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(self.inbound.tenure().pause()) => {}
            }
            is_mine = self.inbound.take().await.unwrap_or_else(|error| {
                let error = format!("{:#}", anyhow::Error::from(error));
                tracing::error!(subscription = %self.inbound.def.name, error, "could not ask who is fed; trying again");
                false
            });
        }
    }

    /// Until the shutdown, or until somebody else has taken over.
    async fn work(&mut self, shutdown: &CancellationToken) {
        let _signs_of_life = self.inbound.tenure().keep(self.inbound.row.epoch);
        self.remembers = false;
        while !shutdown.is_cancelled() {
            let pause = match self.round().await {
                Ok(()) => continue,
                Err(stop) => match self.survive(stop).await {
                    Some(pause) => pause,
                    None => return self.leave_the_group().await,
                },
            };
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        if let Err(Stop::Broker(error)) = self.tell_what_is_done().await {
            tracing::warn!(group = self.group, %error, "could not acknowledge; the messages come again");
        }
        self.leave_the_group().await;
        self.inbound.leave().await;
    }

    /// How long to wait before going on; `None` if this is the end.
    async fn survive(&mut self, stop: Stop) -> Option<Duration> {
        let (text, pause) = match stop {
            Stop::Inbound(InboundStop::Fenced) => {
                tracing::warn!(subscription = %self.inbound.def.name, "another consumer has taken over; stopping");
                return None;
            }
            Stop::Inbound(InboundStop::Database(error)) => {
                let error = format!("{:#}", anyhow::Error::from(error));
                tracing::error!(subscription = %self.inbound.def.name, error, "consumer failed; trying again");
                return Some(LOOK_AROUND);
            }
            Stop::Broker(error) => {
                let pause = self.pause;
                self.pause = (pause * 2).min(PAUSES.1);
                (format!("{:#}", anyhow::Error::from(error)), pause)
            }
            Stop::Reload(error) => (format!("lost events could not be reloaded: {error}"), LOOK_AROUND),
        };
        tracing::warn!(subscription = %self.inbound.def.name, error = text, "a consumer is held up; trying again");
        match self.complain(Some(text)).await {
            Err(Stop::Inbound(InboundStop::Fenced)) => None,
            _ => Some(pause),
        }
    }

    async fn round(&mut self) -> Result<(), Stop> {
        if self.looked.elapsed() >= LOOK_AROUND {
            self.inbound.look_around().await?;
            self.looked = Instant::now();
        }
        if self.inbound.row.status != "running" {
            self.keep_what_waits().await?;
            tokio::time::sleep(LOOK_AROUND).await;
            return Ok(());
        }
        if !self.remembers {
            self.lost = self.inbound.losses().await?;
            self.remembers = true;
        }
        self.tell_what_is_done().await?;
        self.keep_what_waits().await?;
        while let Some(item) = self.held.take_due(Instant::now()) {
            self.try_again(item).await?;
        }
        self.reload_what_was_lost().await?;
        self.handle_backlog().await?;
        self.tell_what_is_done().await?;
        if self.held.len() < MOST_HELD {
            self.take_new().await?;
        } else {
            tokio::time::sleep(self.rest()).await;
        }
        self.pause = PAUSES.0;
        Ok(())
    }

    /// Until something is due.
    fn rest(&self) -> Duration {
        let due = self.held.next_due();
        due.map_or(LOOK_AROUND, |due| due - Instant::now())
            .clamp(Duration::from_millis(1), LOOK_AROUND)
    }

    pub(super) async fn inbox(&mut self) -> Result<&mut Box<dyn Inbox>, BusError> {
        if self.inbox.is_none() {
            let joined = self
                .bus
                .subscribe(&self.group, &self.name, self.patterns.clone())
                .await?;
            self.inbox = Some(joined);
        }
        // Just filled if it was not there.
        self.inbox
            .as_mut()
            .ok_or_else(|| BusError::Address("no inbox".into()))
    }

    async fn take_new(&mut self) -> Result<(), Stop> {
        let rest = self.rest();
        let fetched = self.inbox().await?.fetch(PAGE, rest).await?;
        if !fetched.lost.is_empty() {
            self.inbound.note_losses(&fetched.lost, None).await?;
            self.lost.extend(fetched.lost);
        }
        for received in fetched.messages {
            self.accept(received).await?;
        }
        if self.lost.is_empty() && !self.has_lost {
            self.complain(None).await?;
        }
        Ok(())
    }

    async fn accept(&mut self, received: Received) -> Result<(), Stop> {
        match received.message {
            Ok(message) => self.backlog.push_back(Item {
                id: Some(received.id),
                deliveries: received.deliveries,
                message,
            }),
            Err(error) => {
                tracing::error!(subscription = %self.inbound.def.name, id = %received.id, %error, "a message cannot be read");
                self.inbox().await?.bury(&received.id, &error.to_string()).await?;
            }
        }
        Ok(())
    }

    async fn tell_what_is_done(&mut self) -> Result<(), Stop> {
        if !self.done.is_empty() {
            let done = self.done.clone();
            self.inbox().await?.acknowledge(&done).await?;
            self.done.clear();
        }
        Ok(())
    }

    /// What waits here must not be taken for abandoned.
    async fn keep_what_waits(&mut self) -> Result<(), Stop> {
        let Some(inbox) = &mut self.inbox else {
            return Ok(());
        };
        if self.kept.elapsed() < inbox.idle() / 3 {
            return Ok(());
        }
        let waiting: Vec<MessageId> = self
            .held
            .ids()
            .chain(self.backlog.iter().filter_map(|item| item.id.as_ref()))
            .cloned()
            .collect();
        inbox.keep(&waiting, false).await?;
        self.kept = Instant::now();
        Ok(())
    }

    pub(super) async fn complain(&mut self, text: Option<String>) -> Result<(), Stop> {
        if self.complaint != text {
            self.inbound.complain(text.as_deref()).await?;
            self.complaint = text;
        }
        Ok(())
    }

    async fn leave_the_group(&mut self) {
        self.backlog.clear();
        self.held = Held::default();
        self.done.clear();
        self.lost.clear();
        if let Some(inbox) = self.inbox.take()
            && let Err(error) = inbox.leave().await
        {
            tracing::warn!(group = self.group, %error, "could not leave the group in order");
        }
    }
}
