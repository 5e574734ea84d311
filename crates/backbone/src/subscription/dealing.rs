//! Events that were read and wait for a lane. Each key is a queue of its own: its
//! first event may be taken while no other of the key is under way.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use crate::envelope::Envelope;

#[derive(Default)]
pub(super) struct Deal {
    queues: HashMap<Arc<str>, VecDeque<Arc<Envelope>>>,
    /// Keys that may be taken, by the position of their first event.
    ready: BTreeMap<i64, Arc<str>>,
    busy: HashSet<Arc<str>>,
    waiting: usize,
}

impl Deal {
    /// How many events wait.
    pub fn len(&self) -> usize {
        self.waiting
    }

    pub fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    pub fn is_busy(&self, key: &str) -> bool {
        self.busy.contains(key)
    }

    /// An event of a higher position than all before it.
    pub fn add(&mut self, key: String, event: Arc<Envelope>) {
        let key: Arc<str> = key.into();
        let queue = self.queues.entry(key.clone()).or_default();
        if queue.is_empty() && !self.busy.contains(&key) {
            self.ready.insert(event.position, key);
        }
        queue.push_back(event);
        self.waiting += 1;
    }

    /// The oldest event that may be handled now; its key is busy until it is released.
    pub fn take(&mut self) -> Option<(Arc<str>, Arc<Envelope>)> {
        let (_, key) = self.ready.pop_first()?;
        let event = self.queues.get_mut(&key)?.pop_front()?;
        self.waiting -= 1;
        self.busy.insert(key.clone());
        Some((key, event))
    }

    /// A parked event of this key is tried again: none behind it may be taken.
    pub fn occupy(&mut self, key: &str) {
        if let Some(first) = self.queues.get(key).and_then(VecDeque::front) {
            self.ready.remove(&first.position);
        }
        self.busy.insert(key.into());
    }

    /// Nothing of the key is under way any more.
    pub fn release(&mut self, key: &str) {
        self.busy.remove(key);
        match self
            .queues
            .get_key_value(key)
            .map(|(key, queue)| (key.clone(), queue.front()))
        {
            Some((key, Some(first))) => {
                self.ready.insert(first.position, key);
            }
            Some((_, None)) => {
                self.queues.remove(key);
            }
            None => {}
        }
    }

    /// Everything of a key that waits, in order: it was parked.
    pub fn withdraw(&mut self, key: &str) -> VecDeque<Arc<Envelope>> {
        let queue = self.queues.remove(key).unwrap_or_default();
        if let Some(first) = queue.front() {
            self.ready.remove(&first.position);
        }
        self.waiting -= queue.len();
        queue
    }
}
