//! What of decisions is told to those who run the instance: counts, never content.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use althing_backbone::DbError;
use althing_web::AppState;
use metrics::{counter, gauge, histogram};

use crate::dashboard::{CacheStats, Dashboard, LiveStats};
use crate::session::port::count_active;

/// The state at one moment.
#[derive(Clone, Debug)]
pub struct Figures {
    sessions_active: i64,
    live: LiveStats,
    talks: TalkStats,
    cache: CacheStats,
}

/// Reads it.
pub async fn read(state: &AppState) -> Result<Figures, DbError> {
    let sessions_active = count_active(state.backbone.db()).await?;
    let dashboard = state.get::<Dashboard>();
    Ok(Figures {
        sessions_active,
        live: dashboard.live().stats(),
        talks: state.get::<Talks>().stats(),
        cache: dashboard.views().cache_stats(),
    })
}

impl Figures {
    /// Hands it to the recorder that is installed.
    pub fn record(&self) {
        let Self {
            sessions_active,
            live,
            talks,
            cache,
        } = self;
        gauge!("sessions_active").set(*sessions_active as f64);
        let channels = [
            (
                "live",
                live.connections_active,
                live.connections_total,
                live.messages_sent,
                live.messages_received,
            ),
            (
                "conversation",
                talks.active,
                talks.total,
                talks.sent,
                talks.received,
            ),
        ];
        for (channel, active, total, sent, received) in channels {
            gauge!("websocket_connections_active", "channel" => channel).set(active as f64);
            counter!("ws_connections_total", "channel" => channel).absolute(total);
            counter!("ws_messages_sent_total", "channel" => channel).absolute(sent);
            counter!("ws_messages_received_total", "channel" => channel).absolute(received);
        }
        counter!("ws_events_broadcast_total").absolute(live.events_broadcast);
        counter!("ws_reconnect_total").absolute(live.resumed);
        counter!("dashboard_cache_hits_total").absolute(cache.hits);
        counter!("dashboard_cache_misses_total").absolute(cache.misses);
    }
}

/// Connections over which people talk, counted; cloning it is cheap.
#[derive(Clone, Debug, Default)]
pub(crate) struct Talks(Arc<TalkCounters>);

#[derive(Debug, Default)]
struct TalkCounters {
    active: AtomicU64,
    total: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
}

#[derive(Clone, Copy, Debug)]
struct TalkStats {
    active: u64,
    total: u64,
    sent: u64,
    received: u64,
}

impl Talks {
    /// Counts a connection for as long as the answer lives.
    pub(crate) fn open(&self) -> OpenTalk {
        self.0.active.fetch_add(1, Ordering::Relaxed);
        self.0.total.fetch_add(1, Ordering::Relaxed);
        OpenTalk(self.0.clone())
    }

    fn stats(&self) -> TalkStats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        TalkStats {
            active: read(&self.0.active),
            total: read(&self.0.total),
            sent: read(&self.0.sent),
            received: read(&self.0.received),
        }
    }
}

/// A connection that is counted.
pub(crate) struct OpenTalk(Arc<TalkCounters>);

impl OpenTalk {
    pub(crate) fn sent(&self) {
        self.0.sent.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn received(&self) {
        self.0.received.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for OpenTalk {
    fn drop(&mut self) {
        self.0.active.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A person's message was stored.
pub(crate) fn message_sent(characters: usize) {
    histogram!("message_length_chars").record(characters as f64);
}
