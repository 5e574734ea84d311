//! What of notifications is told to those who run the instance: counts, never content.

use std::sync::atomic::{AtomicU64, Ordering};

use althing_web::AppState;
use metrics::{counter, gauge};

use crate::live::Live;

/// The live channel at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    active: u64,
    total: u64,
    sent: u64,
}

impl Figures {
    /// Reads them.
    pub fn read(state: &AppState) -> Self {
        let live: Live = state.get();
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let counters = live.counters();
        Self {
            active: read(&counters.active),
            total: read(&counters.total),
            sent: read(&counters.sent),
        }
    }

    /// Hands them to the recorder that is installed.
    pub fn record(&self) {
        const CHANNEL: &str = "notifications";
        gauge!("websocket_connections_active", "channel" => CHANNEL).set(self.active as f64);
        counter!("ws_connections_total", "channel" => CHANNEL).absolute(self.total);
        counter!("ws_messages_sent_total", "channel" => CHANNEL).absolute(self.sent);
    }
}
