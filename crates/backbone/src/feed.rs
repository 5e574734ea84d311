//! Live feeds: catch up from a cursor without a gap, then follow.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::watch;

use crate::Result;
use crate::envelope::{Cursor, Envelope};
use crate::log::Log;
use crate::registry::EventRegistry;
use crate::topics::{matches, topics_of};

/// How many events a feed reads at once.
const PAGE: usize = 500;

/// Follows the log from a cursor. It reads the log, not a ring: however slow its
/// reader is, it misses nothing.
pub struct Feed {
    log: Log,
    registry: Arc<EventRegistry>,
    head: watch::Receiver<i64>,
    patterns: Vec<String>,
    position: i64,
    page: VecDeque<Arc<Envelope>>,
}

impl Feed {
    pub(crate) fn open(
        log: &Log,
        registry: &Arc<EventRegistry>,
        after: Option<Cursor>,
        patterns: Vec<String>,
    ) -> Result<Self> {
        let position = after.map_or(Ok(log.head()), |cursor| log.resolve(cursor))?;
        Ok(Self {
            head: log.watch_head(),
            log: log.clone(),
            registry: registry.clone(),
            patterns,
            position,
            page: VecDeque::new(),
        })
    }

    /// The next event of interest; waits for one. Each is given once, however many
    /// patterns match. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Result<Arc<Envelope>> {
        loop {
            while let Some(event) = self.page.pop_front() {
                self.position = event.position;
                if self.wants(&event) {
                    return Ok(event);
                }
            }
            self.head.mark_unchanged();
            self.page = self.log.page(self.position, PAGE).await?.into();
            if self.page.is_empty() && self.head.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }

    /// Where this feed is; a new one opened with it goes on from here.
    pub fn cursor(&self) -> Cursor {
        self.log.cursor(self.position)
    }

    /// How many events lie between this feed and the head.
    pub fn lag(&self) -> i64 {
        self.log.head() - self.position
    }

    fn wants(&self, event: &Envelope) -> bool {
        self.patterns.is_empty()
            || topics_of(event, &self.registry)
                .iter()
                .any(|topic| self.patterns.iter().any(|pattern| matches(pattern, topic)))
    }
}
