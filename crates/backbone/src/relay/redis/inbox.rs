//! Inward: one consumer of a group.

use std::collections::{BTreeMap, HashSet};
use std::ops::RangeInclusive;
use std::time::Duration;

use redis::streams::{StreamAutoClaimReply, StreamClaimReply, StreamId, StreamPendingReply, StreamReadReply};
use redis::{Cmd, Pipeline};

use super::RedisStreams;
use super::link::{Link, is_code};
use crate::bus::{BoxFuture, BusError, Fetched, Inbox, MessageId, Received};
use crate::relay::transport::Mark;
use crate::relay::{Message, Patterns, Unreadable};

/// How often it looks for messages of consumers that died, while it has others to do.
const CLAIM_EVERY: Duration = Duration::from_secs(1);

pub(super) struct RedisInbox {
    bus: RedisStreams,
    reading: Link,
    group: String,
    consumer: String,
    patterns: Patterns,
    claimed: Option<tokio::time::Instant>,
    /// What this consumer was given and is not done with.
    mine: HashSet<String>,
    /// Of these, what is not handed on: others may have what comes before.
    waiting: BTreeMap<Mark, (StreamId, u32)>,
    /// The newest entry that this consumer handed on, or the group was given before.
    seen: Mark,
}

impl RedisInbox {
    pub fn new(bus: &RedisStreams, group: &str, consumer: &str, patterns: Patterns, seen: Mark) -> Self {
        Self {
            seen,
            reading: bus.link.waiting(Duration::from_secs(60)),
            bus: bus.clone(),
            group: group.to_owned(),
            consumer: consumer.to_owned(),
            patterns,
            claimed: None,
            mine: HashSet::new(),
            waiting: BTreeMap::new(),
        }
    }

    /// What somebody took and then said nothing of for too long; what of it is lost.
    async fn claim(&mut self, most: usize) -> Result<Vec<RangeInclusive<i64>>, BusError> {
        let mut claim = Cmd::new();
        claim.arg("XAUTOCLAIM").arg(&*self.bus.stream);
        claim.arg(&self.group).arg(&self.consumer);
        claim.arg(millis(self.bus.idle)).arg("0").arg("COUNT").arg(most);
        let reply: StreamAutoClaimReply = self.bus.link.ask(&claim).await?;
        self.claimed_anew(reply.claimed).await?;
        Ok(reply.deleted_ids.iter().filter_map(|id| lost(id)).collect())
    }

    /// What this consumer was given in an answer that never arrived; what of it is lost.
    async fn take_back(&mut self, unseen: &[String]) -> Result<Vec<RangeInclusive<i64>>, BusError> {
        if unseen.is_empty() {
            return Ok(Vec::new());
        }
        let mut claim = Cmd::new();
        claim.arg("XCLAIM").arg(&*self.bus.stream);
        claim.arg(&self.group).arg(&self.consumer).arg(0).arg(unseen);
        let reply: StreamClaimReply = self.bus.link.ask(&claim).await?;
        let is_there = |id: &&String| reply.ids.iter().any(|entry| entry.id == **id);
        let lost = unseen.iter().filter(|id| !is_there(id)).filter_map(|id| lost(id));
        let lost = lost.collect();
        self.claimed_anew(reply.ids).await?;
        Ok(lost)
    }

    /// A claim counts as a delivery, but does not say which one it was.
    async fn claimed_anew(&mut self, entries: Vec<StreamId>) -> Result<(), BusError> {
        let deliveries = self.deliveries(&entries).await?;
        self.take_in(entries, deliveries);
        Ok(())
    }

    fn take_in(&mut self, entries: Vec<StreamId>, deliveries: Vec<u32>) {
        for (entry, deliveries) in entries.into_iter().zip(deliveries) {
            self.mine.insert(entry.id.clone());
            let mark = Mark::parse(&entry.id).unwrap_or_default();
            self.waiting.insert(mark, (entry, deliveries));
        }
    }

    async fn deliveries(&self, entries: &[StreamId]) -> Result<Vec<u32>, BusError> {
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else {
            return Ok(Vec::new());
        };
        let mut ask = Cmd::new();
        ask.arg("XPENDING").arg(&*self.bus.stream).arg(&self.group);
        // Others' entries may lie in between, and there are at most this many of ours.
        ask.arg(&first.id).arg(&last.id).arg(10_000).arg(&self.consumer);
        let pending: Vec<(String, String, u64, u32)> = self.bus.link.ask(&ask).await?;
        let count_of = |entry: &StreamId| {
            let found = pending.iter().find(|(id, ..)| *id == entry.id);
            found.map_or(1, |(.., count)| *count)
        };
        Ok(entries.iter().map(count_of).collect())
    }

    /// Where the group stands, as far as it concerns the order.
    async fn open(&self) -> Result<Open, BusError> {
        let mut ask = Cmd::new();
        ask.arg("XPENDING").arg(&*self.bus.stream).arg(&self.group);
        let all: StreamPendingReply = self.bus.link.ask(&ask).await?;
        let StreamPendingReply::Data(all) = all else {
            return Ok(Open::default());
        };
        if all.count == self.mine.len() && all.consumers.iter().all(|one| one.name == self.consumer) {
            return Ok(Open::default());
        }
        ask.arg("-").arg("+").arg(10_000);
        let each: Vec<(String, String, u64, u32)> = self.bus.link.ask(&ask).await?;
        let (own, others): (Vec<_>, Vec<_>) = each
            .into_iter()
            .partition(|(_, consumer, ..)| *consumer == self.consumer);
        Ok(Open {
            others: others.first().and_then(|(id, ..)| Mark::parse(id)),
            unseen: own
                .into_iter()
                .map(|(id, ..)| id)
                .filter(|id| !self.mine.contains(id))
                .collect(),
        })
    }

    /// Takes what is new.
    async fn read(&mut self, most: usize, wait: Duration) -> Result<(), BusError> {
        let mut read = Cmd::new();
        read.arg("XREADGROUP")
            .arg("GROUP")
            .arg(&self.group)
            .arg(&self.consumer);
        read.arg("COUNT").arg(most).arg("BLOCK").arg(millis(wait).max(1));
        read.arg("STREAMS").arg(&*self.bus.stream).arg(">");
        let reply: Option<StreamReadReply> = self.reading.ask(&read).await?;
        let entries: Vec<StreamId> = reply
            .into_iter()
            .flat_map(|reply| reply.keys)
            .flat_map(|key| key.ids)
            .collect();
        let deliveries = vec![1; entries.len()];
        self.take_in(entries, deliveries);
        Ok(())
    }

    /// Goes on to a new entry. A relay says which one it put in before; if that is
    /// not the last one seen, those between were removed before anybody of this
    /// group had them.
    fn step_to(&mut self, entry: &StreamId) -> Option<RangeInclusive<i64>> {
        let mark = Mark::parse(&entry.id)?;
        let seen = std::mem::replace(&mut self.seen, mark);
        let after: i64 = entry.get::<String>("after")?.parse().ok()?;
        let known = if seen.lap == mark.lap { seen.position } else { 0 };
        (after > known && (seen.lap == mark.lap || seen == Mark::default())).then_some(known + 1..=after)
    }

    /// Hands on what waits, oldest first, but nothing from `limit` on. What is not
    /// wanted is done at once.
    async fn hand_on(&mut self, most: usize, limit: Option<Mark>) -> Result<Fetched, BusError> {
        let (mut marks, mut wanted, mut unwanted) = (Vec::new(), Vec::new(), Vec::new());
        let is_next = |mark: &Mark| limit.is_none_or(|limit| *mark < limit);
        for (mark, (entry, deliveries)) in self.waiting.iter().take(most) {
            if !is_next(mark) {
                break;
            }
            marks.push(*mark);
            let message = match entry.get::<Vec<u8>>("event") {
                Some(text) => Message::decode(&text),
                None => Err(Unreadable("the entry has no field called event".into())),
            };
            let is_wanted = match &message {
                Ok(message) => self.patterns.cover(&message.envelope.event_type, &message.topics),
                Err(_) => true,
            };
            let id = MessageId(entry.id.clone());
            if is_wanted {
                wanted.push(Received {
                    id,
                    deliveries: *deliveries,
                    message,
                });
            } else {
                unwanted.push(id);
            }
        }
        self.acknowledge(&unwanted).await?;
        let mut lost = Vec::new();
        for mark in marks {
            if let Some((entry, _)) = self.waiting.remove(&mark)
                && mark > self.seen
            {
                lost.extend(self.step_to(&entry));
            }
        }
        Ok(Fetched {
            messages: wanted,
            lost,
        })
    }

    async fn look(&mut self, most: usize, wait: Duration) -> Result<Fetched, BusError> {
        let is_time = self
            .claimed
            .is_none_or(|last| last.elapsed() >= CLAIM_EVERY.min(self.bus.idle));
        let (mut lost, mut open) = (Vec::new(), Open::default());
        if is_time || !self.waiting.is_empty() {
            lost = self.claim(most).await?;
            open = self.open().await?;
            if open.others.is_none() {
                self.claimed = Some(tokio::time::Instant::now());
            }
        }
        if self.waiting.is_empty() && lost.is_empty() && open == Open::default() {
            self.read(most, wait).await?;
            if !self.waiting.is_empty() {
                // Somebody who was replaced may have been given what comes before.
                open = self.open().await?;
            }
        }
        lost.extend(self.take_back(&open.unseen).await?);
        let mut fetched = self.hand_on(most, open.others).await?;
        fetched.lost.splice(..0, lost);
        if fetched.messages.is_empty() && fetched.lost.is_empty() && open.others.is_some() {
            // Theirs come first, or order would be lost: wait until they are done or
            // idle for long enough. What waits here must not be taken for abandoned.
            let ids: Vec<MessageId> = self.ids_waiting();
            self.keep(&ids, false).await?;
            tokio::time::sleep(wait.min(self.bus.idle / 4)).await;
        }
        Ok(fetched)
    }

    fn ids_waiting(&self) -> Vec<MessageId> {
        let entries = self.waiting.values();
        entries.map(|(entry, _)| MessageId(entry.id.clone())).collect()
    }
}

/// What is neither done nor in this consumer's hands.
#[derive(Default, PartialEq)]
struct Open {
    /// The oldest message that another consumer has.
    others: Option<Mark>,
    /// Given to this consumer in an answer that never arrived.
    unseen: Vec<String>,
}

/// An entry that is gone although nobody was done with it.
fn lost(id: &str) -> Option<RangeInclusive<i64>> {
    let mark = Mark::parse(id)?;
    Some(mark.position..=mark.position)
}

impl Inbox for RedisInbox {
    fn fetch(&mut self, most: usize, wait: Duration) -> BoxFuture<'_, Result<Fetched, BusError>> {
        Box::pin(async move {
            match self.look(most, wait).await {
                // The server lost the group with everything else: begin again.
                Err(error) if is_code(&error, "NOGROUP") => {
                    self.bus.make_group(&self.group).await?;
                    self.claimed = None;
                    self.waiting.clear();
                    self.mine.clear();
                    Ok(Fetched::default())
                }
                Err(error) => {
                    self.claimed = None;
                    Err(error)
                }
                other => other,
            }
        })
    }

    fn acknowledge<'a>(&'a mut self, ids: &'a [MessageId]) -> BoxFuture<'a, Result<(), BusError>> {
        Box::pin(async move {
            if ids.is_empty() {
                return Ok(());
            }
            let mut done = Cmd::new();
            done.arg("XACK").arg(&*self.bus.stream).arg(&self.group);
            ids.iter().for_each(|id| {
                done.arg(&id.0);
            });
            self.bus.link.ask::<i64>(&done).await?;
            ids.iter().for_each(|id| {
                self.mine.remove(&id.0);
            });
            Ok(())
        })
    }

    fn keep<'a>(&'a mut self, ids: &'a [MessageId], failed: bool) -> BoxFuture<'a, Result<(), BusError>> {
        Box::pin(async move {
            if ids.is_empty() {
                return Ok(());
            }
            let mut claim = Cmd::new();
            claim.arg("XCLAIM").arg(&*self.bus.stream);
            claim.arg(&self.group).arg(&self.consumer).arg(0);
            ids.iter().for_each(|id| {
                claim.arg(&id.0);
            });
            if !failed {
                claim.arg("JUSTID");
            }
            self.bus.link.ask::<redis::Value>(&claim).await.map(|_| ())
        })
    }

    fn bury<'a>(&'a mut self, id: &'a MessageId, error: &'a str) -> BoxFuture<'a, Result<(), BusError>> {
        Box::pin(async move {
            let mut range = Cmd::new();
            range.arg("XRANGE").arg(&*self.bus.stream).arg(&id.0).arg(&id.0);
            let entry: redis::streams::StreamRangeReply = self.bus.link.ask(&range).await?;
            let body: Vec<u8> = entry
                .ids
                .first()
                .and_then(|entry| entry.get("event"))
                .unwrap_or_default();
            let mut both = Pipeline::new();
            both.atomic();
            both.cmd("XADD").arg(self.bus.dead_key(&self.group)).arg("*");
            both.arg("id")
                .arg(&id.0)
                .arg("error")
                .arg(error)
                .arg("event")
                .arg(body)
                .ignore();
            both.cmd("XACK")
                .arg(&*self.bus.stream)
                .arg(&self.group)
                .arg(&id.0)
                .ignore();
            self.bus.link.ask_all::<()>(&both).await?;
            self.mine.remove(&id.0);
            Ok(())
        })
    }

    fn idle(&self) -> Duration {
        self.bus.idle
    }

    fn leave(self: Box<Self>) -> BoxFuture<'static, Result<(), BusError>> {
        Box::pin(async move {
            // Deleting a consumer throws away what it has not acknowledged, so it is
            // only deleted while there is nothing, in one step with the look. What
            // there is counts as idle from now on, so that nobody waits for it.
            let mut leave = Cmd::new();
            leave.arg("EVAL").arg(LEAVE).arg(1).arg(&*self.bus.stream);
            leave
                .arg(&self.group)
                .arg(&self.consumer)
                .arg(millis(self.bus.idle));
            self.bus.link.ask::<i64>(&leave).await.map(|_| ())
        })
    }
}

const LEAVE: &str = r"
local pending = redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 10000, ARGV[2])
for _, entry in ipairs(pending) do
  redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, entry[1], 'IDLE', ARGV[3], 'JUSTID')
end
if #pending > 0 then return 0 end
redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
return 1
";

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
