//! Overviews that were built, kept for the next reader.
//!
//! An entry is served only while the versions it was built from are the current
//! ones, which the reader finds out first; so nothing here can be out of date, only
//! forgotten. Within the bounds the least recently used goes first.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use althing_backbone::Timestamp;
use althing_events::{CycleId, SessionId};

use super::freshness::FreshnessLevel;
use super::overview::Content;
use super::versions::ContentVersions;

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    pub sessions: usize,
    pub cycles_per_session: usize,
    pub cycles: usize,
    pub bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            sessions: 1_000,
            cycles_per_session: 10,
            cycles: 5_000,
            bytes: 100 * 1024 * 1024,
        }
    }
}

/// What a reader asks for; without a cycle it is the session's usual one.
pub type Key = (SessionId, Option<CycleId>);

/// Counters and sizes, for the metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheStats {
    pub hits: u64,
    pub misses: u64,
    pub entries: usize,
    pub bytes: usize,
}

pub struct Cache {
    bounds: Bounds,
    entries: Mutex<Entries>,
    hits: AtomicU64,
    misses: AtomicU64,
}

#[derive(Default)]
struct Entries {
    by_key: HashMap<Key, Entry>,
    bytes: usize,
    /// Rises with each use; the smallest was used longest ago.
    tick: u64,
}

struct Entry {
    content: Arc<Content>,
    versions: ContentVersions,
    verified: Timestamp,
    /// An event has told of a change; the next reader finds out what it was.
    is_stale: bool,
    bytes: usize,
    used: u64,
}

impl Cache {
    pub fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            entries: Mutex::default(),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }
    }

    /// The entry, if it was built from exactly these versions.
    pub fn get(&self, key: Key, versions: &ContentVersions, now: Timestamp) -> Option<Arc<Content>> {
        let mut entries = self.lock();
        entries.tick += 1;
        let tick = entries.tick;
        let found = entries
            .by_key
            .get_mut(&key)
            .filter(|entry| entry.versions == *versions)
            .map(|entry| {
                entry.used = tick;
                entry.verified = now;
                entry.is_stale = false;
                entry.content.clone()
            });
        let counter = if found.is_some() { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
        found
    }

    /// Keeps what was built, unless something newer is there already.
    pub fn put(
        &self,
        key: Key,
        content: &Arc<Content>,
        versions: ContentVersions,
        bytes: usize,
        now: Timestamp,
    ) {
        let mut entries = self.lock();
        if entries
            .by_key
            .get(&key)
            .is_some_and(|known| versions.is_older_than(&known.versions))
        {
            return;
        }
        entries.tick += 1;
        let used = entries.tick;
        let entry = Entry {
            content: content.clone(),
            versions,
            verified: now,
            is_stale: false,
            bytes,
            used,
        };
        entries.insert(key, entry);
        entries.shrink(&self.bounds, key.0);
    }

    /// An event says that the session changed: its entries go at the next sweep unless a reader proves them right.
    pub fn mark_stale(&self, session: SessionId) {
        for (key, entry) in &mut self.lock().by_key {
            entry.is_stale |= key.0 == session;
        }
    }

    /// Drops what is stale or has not been verified for an hour.
    pub fn sweep(&self, now: Timestamp) {
        let mut entries = self.lock();
        let is_over = |entry: &Entry| {
            entry.is_stale || FreshnessLevel::of(now.since(entry.verified)) == FreshnessLevel::Expired
        };
        let over: Vec<Key> = entries
            .by_key
            .iter()
            .filter(|(_, entry)| is_over(entry))
            .map(|(key, _)| *key)
            .collect();
        for key in over {
            entries.remove(key);
        }
    }

    pub fn stats(&self) -> CacheStats {
        let entries = self.lock();
        CacheStats {
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            entries: entries.by_key.len(),
            bytes: entries.bytes,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn insert(&mut self, key: Key, entry: Entry) {
        self.bytes += entry.bytes;
        if let Some(old) = self.by_key.insert(key, entry) {
            self.bytes -= old.bytes;
        }
    }

    fn remove(&mut self, key: Key) {
        if let Some(old) = self.by_key.remove(&key) {
            self.bytes -= old.bytes;
        }
    }

    fn shrink(&mut self, bounds: &Bounds, session: SessionId) {
        while self.by_key.keys().filter(|key| key.0 == session).count() > bounds.cycles_per_session {
            self.forget_oldest(|key| key.0 == session);
        }
        while self.by_key.len() > bounds.cycles || self.bytes > bounds.bytes && self.by_key.len() > 1 {
            self.forget_oldest(|_| true);
        }
        while self.by_key.len() > bounds.sessions && self.sessions() > bounds.sessions {
            let Some(oldest) = self.oldest(|_| true) else {
                return;
            };
            self.by_key
                .keys()
                .filter(|key| key.0 == oldest.0)
                .copied()
                .collect::<Vec<_>>()
                .into_iter()
                .for_each(|key| self.remove(key));
        }
    }

    fn sessions(&self) -> usize {
        self.by_key
            .keys()
            .map(|key| key.0)
            .collect::<std::collections::HashSet<_>>()
            .len()
    }

    fn forget_oldest(&mut self, of: impl Fn(&Key) -> bool) {
        if let Some(key) = self.oldest(of) {
            self.remove(key);
        }
    }

    fn oldest(&self, of: impl Fn(&Key) -> bool) -> Option<Key> {
        let candidates = self.by_key.iter().filter(|(key, _)| of(key));
        candidates
            .min_by_key(|(_, entry)| entry.used)
            .map(|(key, _)| *key)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use althing_backbone::Uuid;
    use althing_events::UserId;

    use super::super::content::content;
    use super::*;
    use crate::session::{Session, SessionStatus, Visibility};

    const NOW: i64 = 0;

    fn now() -> Timestamp {
        Timestamp::from_micros(NOW)
    }

    fn some_content() -> Arc<Content> {
        let session: Session = serde_json::from_value(serde_json::json!({
            "id": Uuid::nil(), "owner_id": UserId(Uuid::nil()), "workspace_id": null, "project_id": null,
            "visibility": Visibility::Private, "title": "t", "description": null, "status": SessionStatus::Active,
            "created_at": now(), "changes": 0
        }))
        .unwrap();
        Arc::new(content(&session, &[], None))
    }

    fn key(session: u128, cycle: u128) -> Key {
        (
            SessionId(Uuid::from_u128(session)),
            Some(CycleId(Uuid::from_u128(cycle))),
        )
    }

    fn versions(session: i64) -> ContentVersions {
        ContentVersions {
            session,
            ..ContentVersions::default()
        }
    }

    fn cache(sessions: usize, cycles_per_session: usize, cycles: usize, bytes: usize) -> Cache {
        Cache::new(Bounds {
            sessions,
            cycles_per_session,
            cycles,
            bytes,
        })
    }

    #[test]
    fn only_the_same_versions_are_a_hit_and_an_older_one_never_overwrites_a_newer() {
        let cache = cache(9, 9, 9, 999);
        let (old, new) = (some_content(), some_content());
        cache.put(key(1, 1), &new, versions(2), 10, now());
        cache.put(key(1, 1), &old, versions(1), 10, now());
        assert!(cache.get(key(1, 1), &versions(1), now()).is_none());
        assert!(Arc::ptr_eq(
            &cache.get(key(1, 1), &versions(2), now()).unwrap(),
            &new
        ));
        assert_eq!(
            cache.stats(),
            CacheStats {
                hits: 1,
                misses: 1,
                entries: 1,
                bytes: 10
            }
        );
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let cache = cache(9, 2, 3, 999);
        for cycle in 1..=2 {
            cache.put(key(1, cycle), &some_content(), versions(1), 1, now());
        }
        assert!(cache.get(key(1, 1), &versions(1), now()).is_some());
        cache.put(key(1, 3), &some_content(), versions(1), 1, now());
        assert!(
            cache.get(key(1, 2), &versions(1), now()).is_none(),
            "two cycles a session"
        );
        cache.put(key(2, 1), &some_content(), versions(1), 1, now());
        cache.put(key(3, 1), &some_content(), versions(1), 1, now());
        assert_eq!(cache.stats().entries, 3, "three cycles in all");
        assert!(cache.get(key(1, 1), &versions(1), now()).is_none());
    }

    #[test]
    fn bytes_and_sessions_are_bounded() {
        let by_bytes = cache(9, 9, 9, 25);
        for session in 1..=3 {
            by_bytes.put(key(session, 1), &some_content(), versions(1), 10, now());
        }
        assert_eq!((by_bytes.stats().entries, by_bytes.stats().bytes), (2, 20));
        let by_sessions = cache(2, 9, 9, 999);
        for session in [1, 1, 2, 3] {
            by_sessions.put(key(session, 1), &some_content(), versions(1), 10, now());
        }
        assert!(by_sessions.get(key(1, 1), &versions(1), now()).is_none());
        assert_eq!(by_sessions.stats().entries, 2);
    }

    #[test]
    fn a_sweep_drops_what_is_stale_or_an_hour_old() {
        let cache = cache(9, 9, 9, 999);
        for session in 1..=3 {
            cache.put(key(session, 1), &some_content(), versions(1), 10, now());
        }
        cache.mark_stale(key(1, 1).0);
        cache.mark_stale(key(2, 1).0);
        assert!(
            cache.get(key(2, 1), &versions(1), now()).is_some(),
            "proved right by a reader"
        );
        cache.sweep(now());
        assert_eq!(cache.stats().entries, 2);
        cache.sweep(now().plus(Duration::from_secs(3_600)));
        assert_eq!((cache.stats().entries, cache.stats().bytes), (0, 0));
    }
}
