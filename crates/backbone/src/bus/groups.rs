//! Groups on the bus in memory, so that it keeps the same contract as the brokers.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::message_bus::{
    BoxFuture, Buried, BusError, Fetched, Inbox, MessageBus, MessageId, Received, Trimmed,
};
use super::{EventPublisher, InMemoryEventBus, PublishError};
use crate::envelope::Envelope;
use crate::registry::EventRegistry;
use crate::relay::{Message, Patterns};
use crate::topics::topics_of;

/// How long a message rests with a consumer that says nothing.
const IDLE: Duration = Duration::from_millis(200);

/// Every group by its name, and what was trimmed.
#[derive(Default)]
pub(super) struct Groups {
    all: HashMap<String, Group>,
    trimmed: i64,
}

#[derive(Default)]
struct Group {
    delivered: i64,
    pending: BTreeMap<i64, Pending>,
    buried: Vec<Buried>,
}

struct Pending {
    consumer: String,
    deliveries: u32,
    since: Instant,
}

struct MemoryInbox {
    bus: Arc<InMemoryEventBus>,
    group: String,
    consumer: String,
    patterns: Patterns,
    registry: EventRegistry,
}

/// The bus in memory with groups, like a broker that forgets everything when the
/// program ends. Handlers of the [`InMemoryEventBus`] inside it are called too.
#[derive(Clone, Default)]
pub struct InMemoryMessageBus(Arc<InMemoryEventBus>);

impl From<Arc<InMemoryEventBus>> for InMemoryMessageBus {
    fn from(bus: Arc<InMemoryEventBus>) -> Self {
        Self(bus)
    }
}

impl MessageBus for InMemoryMessageBus {
    fn publish_all<'a>(&'a self, events: &'a [Arc<Envelope>]) -> BoxFuture<'a, Result<(), BusError>> {
        let events = events.iter().map(|event| Envelope::clone(event)).collect();
        Box::pin(async move {
            EventPublisher::publish_all(&*self.0, events)
                .await
                .map_err(|error| match error {
                    PublishError::Repeated(id) => BusError::Repeated(id),
                    other => BusError::refused(other),
                })
        })
    }

    fn subscribe<'a>(
        &'a self,
        group: &'a str,
        consumer: &'a str,
        patterns: Patterns,
    ) -> BoxFuture<'a, Result<Box<dyn Inbox>, BusError>> {
        Box::pin(async move {
            let registry = EventRegistry::collect().map_err(BusError::refused)?;
            self.0.lock().groups.all.entry(group.to_owned()).or_default();
            let inbox: Box<dyn Inbox> = Box::new(MemoryInbox {
                bus: self.0.clone(),
                group: group.to_owned(),
                consumer: consumer.to_owned(),
                patterns,
                registry,
            });
            Ok(inbox)
        })
    }

    fn trim(&self) -> BoxFuture<'_, Result<Trimmed, BusError>> {
        let groups = &mut self.0.lock().groups;
        let slowest = groups.all.values().map(Group::acknowledged).min();
        let before = groups.trimmed;
        groups.trimmed = slowest.unwrap_or(before).max(before);
        let removed = u64::try_from(groups.trimmed - before).unwrap_or(0);
        Box::pin(async move {
            Ok(Trimmed {
                removed,
                acknowledged: slowest,
            })
        })
    }

    fn dead_letters<'a>(&'a self, group: &'a str) -> BoxFuture<'a, Result<Vec<Buried>, BusError>> {
        let buried = self
            .0
            .lock()
            .groups
            .all
            .get(group)
            .map(|group| group.buried.clone());
        Box::pin(async move { Ok(buried.unwrap_or_default()) })
    }
}

impl Group {
    /// Everything up to here is done.
    fn acknowledged(&self) -> i64 {
        self.pending
            .keys()
            .next()
            .map_or(self.delivered, |first| first - 1)
    }

    /// What `consumer` takes: abandoned messages first, new ones only if nobody
    /// else holds older ones.
    fn take(&mut self, consumer: &str, most: usize, newest: i64) -> Vec<(i64, u32)> {
        let now = Instant::now();
        let mut taken = Vec::new();
        for (number, pending) in &mut self.pending {
            if taken.len() < most && now - pending.since >= IDLE {
                pending.since = now;
                pending.deliveries += 1;
                pending.consumer = consumer.to_owned();
                taken.push((*number, pending.deliveries));
            }
        }
        let others = self.pending.values().any(|pending| pending.consumer != consumer);
        while !others && taken.len() < most && self.delivered < newest {
            self.delivered += 1;
            let pending = Pending {
                consumer: consumer.to_owned(),
                deliveries: 1,
                since: now,
            };
            self.pending.insert(self.delivered, pending);
            taken.push((self.delivered, 1));
        }
        taken
    }
}

impl MemoryInbox {
    fn look(&mut self, most: usize) -> Vec<Received> {
        let mut state = self.bus.lock();
        let newest = i64::try_from(state.published.len()).unwrap_or(i64::MAX);
        let trimmed = state.groups.trimmed;
        let group = state.groups.all.entry(self.group.clone()).or_default();
        group.delivered = group.delivered.max(trimmed);
        let taken = group.take(&self.consumer, most, newest);
        let mut messages = Vec::new();
        for (number, deliveries) in taken {
            let index = usize::try_from(number - 1).unwrap_or(0);
            let envelope = state.published[index].clone();
            let topics = topics_of(&envelope, &self.registry);
            if !self.patterns.cover(&envelope.event_type, &topics) {
                if let Some(group) = state.groups.all.get_mut(&self.group) {
                    group.pending.remove(&number);
                }
                continue;
            }
            messages.push(Received {
                id: MessageId(number.to_string()),
                deliveries,
                message: Ok(Message {
                    source: "memory".into(),
                    epoch: 1,
                    topics,
                    envelope: Arc::new(envelope),
                }),
            });
        }
        messages
    }

    fn with_pending(&self, ids: &[MessageId], change: impl Fn(&mut Group, i64)) {
        let mut state = self.bus.lock();
        let group = state.groups.all.entry(self.group.clone()).or_default();
        for number in ids.iter().filter_map(|id| id.0.parse().ok()) {
            let mine = group
                .pending
                .get(&number)
                .is_some_and(|pending| pending.consumer == self.consumer);
            if mine {
                change(group, number);
            }
        }
    }
}

impl Inbox for MemoryInbox {
    fn fetch(&mut self, most: usize, wait: Duration) -> BoxFuture<'_, Result<Fetched, BusError>> {
        Box::pin(async move {
            let until = Instant::now() + wait;
            loop {
                let messages = self.look(most);
                if !messages.is_empty() || Instant::now() >= until {
                    return Ok(Fetched {
                        messages,
                        lost: Vec::new(),
                    });
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        })
    }

    fn acknowledge<'a>(&'a mut self, ids: &'a [MessageId]) -> BoxFuture<'a, Result<(), BusError>> {
        self.with_pending(ids, |group, number| {
            group.pending.remove(&number);
        });
        Box::pin(async { Ok(()) })
    }

    fn keep<'a>(&'a mut self, ids: &'a [MessageId], failed: bool) -> BoxFuture<'a, Result<(), BusError>> {
        self.with_pending(ids, |group, number| {
            if let Some(pending) = group.pending.get_mut(&number) {
                pending.since = Instant::now();
                pending.deliveries += u32::from(failed);
            }
        });
        Box::pin(async { Ok(()) })
    }

    fn bury<'a>(&'a mut self, id: &'a MessageId, error: &'a str) -> BoxFuture<'a, Result<(), BusError>> {
        let body = {
            let state = self.bus.lock();
            let index = id.0.parse::<usize>().unwrap_or(0).saturating_sub(1);
            state.published.get(index).map(|event| event.data.to_string())
        };
        self.with_pending(std::slice::from_ref(id), |group, number| {
            group.pending.remove(&number);
            group.buried.push(Buried {
                id: id.clone(),
                error: error.to_owned(),
                body: body.clone().unwrap_or_default().into_bytes(),
            });
        });
        Box::pin(async { Ok(()) })
    }

    fn idle(&self) -> Duration {
        IDLE
    }

    fn leave(self: Box<Self>) -> BoxFuture<'static, Result<(), BusError>> {
        if let Some(group) = self.bus.lock().groups.all.get_mut(&self.group) {
            for pending in group
                .pending
                .values_mut()
                .filter(|pending| pending.consumer == self.consumer)
            {
                pending.since -= IDLE;
            }
        }
        Box::pin(async { Ok(()) })
    }
}
