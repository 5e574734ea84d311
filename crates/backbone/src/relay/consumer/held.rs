//! Messages that wait: a failing one at the front of its key, later ones behind it.

use std::collections::{BTreeMap, VecDeque};

use tokio::time::Instant;

use crate::bus::MessageId;
use crate::relay::Message;

/// A message on its way to its handler.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// How the broker calls it; `None` if it was read from the log.
    pub id: Option<MessageId>,
    pub deliveries: u32,
    pub message: Message,
}

impl Item {
    /// What order is kept by: the aggregate.
    pub fn key(&self) -> String {
        let envelope = &self.message.envelope;
        format!("{}/{}", envelope.aggregate_type, envelope.aggregate_id)
    }
}

/// By key, in order.
#[derive(Default)]
pub(super) struct Held {
    keys: BTreeMap<String, Queue>,
    count: usize,
}

struct Queue {
    due: Instant,
    items: VecDeque<Item>,
}

impl Held {
    pub fn len(&self) -> usize {
        self.count
    }

    pub fn has(&self, key: &str) -> bool {
        self.keys.contains_key(key)
    }

    /// Behind what waits of the same key.
    pub fn extend(&mut self, items: impl IntoIterator<Item = Item>) {
        for item in items {
            self.count += 1;
            self.queue_of(&item, Instant::now()).items.push_back(item);
        }
    }

    fn queue_of(&mut self, item: &Item, due: Instant) -> &mut Queue {
        self.keys.entry(item.key()).or_insert_with(|| Queue {
            due,
            items: VecDeque::new(),
        })
    }

    /// Back to the front, after one more failure.
    pub fn push_front(&mut self, item: Item, due: Instant) {
        self.count += 1;
        let queue = self.queue_of(&item, due);
        queue.due = due;
        queue.items.push_front(item);
    }

    /// Takes a message whose time has come. Until it is done nothing else of its
    /// key may be taken, which the caller sees to.
    pub fn take_due(&mut self, now: Instant) -> Option<Item> {
        let key = self.keys.iter().find(|(_, queue)| queue.due <= now)?.0.clone();
        let queue = self.keys.get_mut(&key)?;
        let item = queue.items.pop_front();
        if queue.items.is_empty() {
            self.keys.remove(&key);
        }
        self.count -= usize::from(item.is_some());
        item
    }

    pub fn next_due(&self) -> Option<Instant> {
        self.keys.values().map(|queue| queue.due).min()
    }

    pub fn ids(&self) -> impl Iterator<Item = &MessageId> {
        self.keys
            .values()
            .flat_map(|queue| &queue.items)
            .filter_map(|item| item.id.as_ref())
    }
}
