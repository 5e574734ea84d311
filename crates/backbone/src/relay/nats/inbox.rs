//! Inward: one consumer of a group.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::time::Duration;

use async_nats::HeaderMap;
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, PullConsumer, pull};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::{AckKind, Message as NatsMessage};
use futures::{StreamExt, future};
use serde_json::value::RawValue;
use tokio::time::Instant;

use super::link::PATIENCE;
use super::sending::{mark_of, raw};
use super::{AFTER, BATCH, ERROR, MARK, NatsJetStream, TYPE, durable_name};
use crate::bus::{BoxFuture, BusError, Fetched, Inbox, MessageId, Received};
use crate::relay::transport::Mark;
use crate::relay::{Message, Patterns, Unreadable};

/// How often it looks whether others left something that comes first.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How many messages a group may have in hand: what a dead consumer held comes
/// again behind what is handed out meanwhile, and both must have room.
const IN_HAND: i64 = 10_000;

pub(super) struct NatsInbox {
    bus: NatsJetStream,
    group: String,
    patterns: Patterns,
    consumer: Option<PullConsumer>,
    /// By sequence: what this consumer has in hand.
    mine: BTreeMap<u64, InHand>,
    /// Somebody else holds messages up to this sequence: what is behind waits.
    behind: Option<u64>,
    looked: Option<Instant>,
    /// The newest message that the group was given.
    seen: Mark,
}

struct InHand {
    message: NatsMessage,
    /// Which events of the message are not done, by their index.
    open: BTreeSet<usize>,
    /// It was handed on; otherwise it waits for older ones.
    is_given: bool,
}

impl NatsInbox {
    pub fn new(bus: &NatsJetStream, group: &str, patterns: Patterns) -> Self {
        Self {
            bus: bus.clone(),
            group: group.to_owned(),
            patterns,
            consumer: None,
            mine: BTreeMap::new(),
            behind: None,
            looked: None,
            seen: Mark::default(),
        }
    }

    /// Makes the durable consumer if it is not there.
    pub async fn join(&mut self) -> Result<PullConsumer, BusError> {
        if let Some(consumer) = &self.consumer {
            return Ok(consumer.clone());
        }
        let stream = self.bus.events().await?;
        let name = durable_name(&self.group);
        let config = pull::Config {
            durable_name: Some(name.clone()),
            deliver_policy: DeliverPolicy::All,
            ack_policy: AckPolicy::Explicit,
            ack_wait: self.bus.idle,
            max_deliver: -1,
            max_ack_pending: IN_HAND,
            ..pull::Config::default()
        };
        let consumer = stream
            .get_or_create_consumer(&name, config)
            .await
            .map_err(BusError::unreachable)?;
        let given = &consumer.cached_info().delivered;
        self.seen = match given.consumer_sequence {
            0 => Mark::default(),
            // It is there unless somebody else than the relay removed it; then it
            // counts as the beginning, and more is reloaded than was lost.
            _ => {
                let last = raw(&stream, given.stream_sequence).await?;
                last.as_ref().and_then(mark_of).unwrap_or_default()
            }
        };
        self.looked = None;
        self.consumer = Some(consumer.clone());
        Ok(consumer)
    }

    /// Looks whether others hold messages that come before all new ones.
    async fn look_behind(&mut self, consumer: &PullConsumer) -> Result<(), BusError> {
        let is_time = self.looked.is_none_or(|looked| looked.elapsed() >= LOOK_EVERY);
        if self.behind.is_none() && !is_time {
            return Ok(());
        }
        let info = consumer.get_info().await.map_err(BusError::unreachable)?;
        if info.num_ack_pending <= self.mine.len() {
            self.behind = None;
            self.looked = Some(Instant::now());
        } else if self.behind.is_none() {
            self.behind = Some(info.delivered.stream_sequence);
        }
        Ok(())
    }

    async fn pull(&mut self, most: usize, wait: Duration) -> Result<Vec<NatsMessage>, BusError> {
        let consumer = self.join().await?;
        self.look_behind(&consumer).await?;
        let at_once = consumer.fetch().max_messages(most).messages();
        let mut taken = collect(at_once, PATIENCE).await?;
        if taken.is_empty() && self.mine.values().all(|one| one.is_given) {
            let wait = if self.behind.is_some() {
                wait.min(self.bus.idle / 4)
            } else {
                wait
            };
            let one = consumer.batch().max_messages(1).expires(wait).messages();
            taken = collect(one, wait + PATIENCE).await?;
        }
        Ok(taken)
    }

    async fn look(&mut self, most: usize, wait: Duration) -> Result<Fetched, BusError> {
        let begun = Instant::now();
        let mut lost = Vec::new();
        loop {
            let left = wait.saturating_sub(begun.elapsed()).max(Duration::from_millis(1));
            let taken = self.pull(most, left).await?;
            for message in taken {
                lost.extend(self.take_in(message)?);
            }
            let consumer = self.join().await?;
            if self.behind.is_some() {
                self.look_behind(&consumer).await?;
            }
            let messages = self.give().await?;
            if !messages.is_empty() || !lost.is_empty() || begun.elapsed() >= wait {
                return Ok(Fetched { messages, lost });
            }
            if self.behind.is_some() {
                // What waits here must not come a second time.
                self.tell(AckKind::Progress, |one| !one.is_given).await?;
                tokio::time::sleep((self.bus.idle / 10).min(left)).await;
            }
        }
    }

    /// Puts a message among those in hand; tells what is missing before it.
    fn take_in(&mut self, message: NatsMessage) -> Result<Option<RangeInclusive<i64>>, BusError> {
        let info = message.info().map_err(BusError::Refused)?;
        let (sequence, is_new) = (info.stream_sequence, info.delivered == 1);
        let header = |name: &'static str| {
            let value = message.headers.as_ref()?.get(name)?;
            Some(value.as_str().to_owned())
        };
        let mut missing = None;
        if let (true, Some(mark)) = (is_new, header(MARK).and_then(|text| Mark::parse(&text))) {
            let seen = std::mem::replace(&mut self.seen, mark);
            let after = header(AFTER).and_then(|text| text.parse::<i64>().ok());
            let known = if seen.lap == mark.lap { seen.position } else { 0 };
            let is_comparable = seen.lap == mark.lap || seen == Mark::default();
            missing = after
                .filter(|after| is_comparable && *after > known)
                .map(|after| known + 1..=after);
        }
        let count = parts_of(&message).map_or(1, |parts| parts.len());
        let in_hand = InHand {
            message,
            open: (0..count).collect(),
            is_given: false,
        };
        self.mine.insert(sequence, in_hand);
        Ok(missing)
    }

    /// Hands on what need not wait, oldest first.
    async fn give(&mut self) -> Result<Vec<Received>, BusError> {
        let upto = self.behind.unwrap_or(u64::MAX);
        let mut given = Vec::new();
        let mut unwanted = Vec::new();
        let waiting = self
            .mine
            .iter_mut()
            .filter(|(sequence, one)| !one.is_given && **sequence <= upto);
        for (sequence, one) in waiting {
            one.is_given = true;
            let deliveries = one.message.info().map_or(1, |info| info.delivered);
            let parts = parts_of(&one.message).unwrap_or_else(|error| vec![Err(error)]);
            for (index, part) in parts.into_iter().enumerate() {
                let id = MessageId(format!("{sequence}:{index}"));
                let is_wanted = match &part {
                    Ok(message) => self.patterns.cover(&message.envelope.event_type, &message.topics),
                    Err(_) => true,
                };
                if is_wanted {
                    given.push(Received {
                        id,
                        deliveries: u32::try_from(deliveries).unwrap_or(u32::MAX),
                        message: part,
                    });
                } else {
                    unwanted.push(id);
                }
            }
        }
        self.done(&unwanted).await?;
        Ok(given)
    }

    /// Crosses these out, and acknowledges the messages of which nothing is left.
    async fn done(&mut self, ids: &[MessageId]) -> Result<(), BusError> {
        for (sequence, index) in ids.iter().filter_map(place_of) {
            if let Some(one) = self.mine.get_mut(&sequence) {
                one.open.remove(&index);
            }
        }
        let finished: Vec<u64> = self
            .mine
            .iter()
            .filter(|(_, one)| one.open.is_empty())
            .map(|(sequence, _)| *sequence)
            .collect();
        let answers = finished
            .iter()
            .map(|sequence| self.mine[sequence].message.double_ack());
        for answer in future::join_all(answers).await {
            answer.map_err(BusError::Unreachable)?;
        }
        for sequence in finished {
            self.mine.remove(&sequence);
        }
        Ok(())
    }

    async fn tell(&self, kind: AckKind, whom: impl Fn(&InHand) -> bool) -> Result<(), BusError> {
        for one in self.mine.values().filter(|one| whom(one)) {
            let told = one.message.ack_with(kind).await;
            told.map_err(BusError::Unreachable)?;
        }
        Ok(())
    }

    /// After an error nothing in memory is believed.
    fn doubt<T>(&mut self, result: Result<T, BusError>) -> Result<T, BusError> {
        if result.is_err() {
            self.consumer = None;
            // They belong to a connection that is gone, and come again.
            self.mine.clear();
            self.behind = None;
        }
        result
    }
}

impl Inbox for NatsInbox {
    fn fetch(&mut self, most: usize, wait: Duration) -> BoxFuture<'_, Result<Fetched, BusError>> {
        Box::pin(async move {
            let fetched = self.look(most, wait).await;
            self.doubt(fetched)
        })
    }

    fn acknowledge<'a>(&'a mut self, ids: &'a [MessageId]) -> BoxFuture<'a, Result<(), BusError>> {
        Box::pin(async move {
            let done = self.done(ids).await;
            self.doubt(done)
        })
    }

    fn keep<'a>(&'a mut self, ids: &'a [MessageId], _failed: bool) -> BoxFuture<'a, Result<(), BusError>> {
        Box::pin(async move {
            let wanted: BTreeSet<u64> = ids.iter().filter_map(place_of).map(|(one, _)| one).collect();
            let mut told = Ok(());
            for one in wanted.iter().filter_map(|sequence| self.mine.get(sequence)) {
                told = told.and(one.message.ack_with(AckKind::Progress).await);
            }
            self.doubt(told.map_err(BusError::Unreachable))
        })
    }

    fn bury<'a>(&'a mut self, id: &'a MessageId, error: &'a str) -> BoxFuture<'a, Result<(), BusError>> {
        Box::pin(async move {
            let body = place_of(id).and_then(|(sequence, index)| self.body_of(sequence, index));
            let Some(body) = body else {
                // It was taken over a connection that is gone: it comes again, and
                // will be buried then.
                return Ok(());
            };
            let mut headers = HeaderMap::new();
            // A header is one line.
            headers.insert(ERROR, error.replace(['\r', '\n'], " "));
            let publish = PublishMessage::build()
                .payload(body.into())
                .headers(headers)
                // Once more after a crash in between is still one dead letter.
                .message_id(format!("{}/{}/{id}", self.bus.stream, self.group));
            self.bus.dead().await?;
            let context = self.bus.link.jetstream().await?;
            let subject = self.bus.dead_subject(&self.group);
            let sent = context.send_publish(subject, publish).await;
            sent.map_err(BusError::unreachable)?
                .await
                .map_err(BusError::unreachable)?;
            self.acknowledge(std::slice::from_ref(id)).await
        })
    }

    fn idle(&self) -> Duration {
        self.bus.idle
    }

    fn leave(self: Box<Self>) -> BoxFuture<'static, Result<(), BusError>> {
        Box::pin(async move {
            self.tell(AckKind::Nak(None), |_| true).await?;
            self.bus
                .link
                .jetstream()
                .await?
                .client()
                .flush()
                .await
                .map_err(BusError::unreachable)
        })
    }
}

impl NatsInbox {
    fn body_of(&self, sequence: u64, index: usize) -> Option<Vec<u8>> {
        let message = &self.mine.get(&sequence)?.message;
        if !is_batch(message) {
            return Some(message.payload.to_vec());
        }
        let parts: Vec<&RawValue> = serde_json::from_slice(&message.payload).ok()?;
        Some(parts.get(index)?.get().as_bytes().to_vec())
    }
}

fn place_of(id: &MessageId) -> Option<(u64, usize)> {
    let (sequence, index) = id.0.split_once(':')?;
    Some((sequence.parse().ok()?, index.parse().ok()?))
}

fn is_batch(message: &NatsMessage) -> bool {
    let kind = message.headers.as_ref().and_then(|headers| headers.get(TYPE));
    kind.is_some_and(|kind| kind.as_str() == BATCH)
}

/// The events of a message. The outer error: it is no batch at all.
fn parts_of(message: &NatsMessage) -> Result<Vec<Result<Message, Unreadable>>, Unreadable> {
    if !is_batch(message) {
        return Ok(vec![Message::decode(&message.payload)]);
    }
    let parts: Vec<&RawValue> = serde_json::from_slice(&message.payload)
        .map_err(|error| Unreadable(format!("line {}, column {}", error.line(), error.column())))?;
    Ok(parts
        .into_iter()
        .map(|part| Message::decode(part.get().as_bytes()))
        .collect())
}

/// What a server answers to a request for messages, if it answers in time: a request that
/// meets its consumer while that one is being deleted is answered by nobody.
async fn collect<E: std::error::Error + Send + Sync + 'static>(
    asked: impl Future<Output = Result<pull::Batch, E>>,
    patience: Duration,
) -> Result<Vec<NatsMessage>, BusError> {
    let answered = async {
        let mut batch = asked.await.map_err(BusError::unreachable)?;
        let mut taken = Vec::new();
        while let Some(message) = batch.next().await {
            taken.push(message.map_err(BusError::Unreachable)?);
        }
        Ok(taken)
    };
    tokio::time::timeout(patience, answered)
        .await
        .map_err(BusError::unreachable)?
}
