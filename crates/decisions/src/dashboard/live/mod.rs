//! The live channel: everybody who looks at a session has each frame within milliseconds.
//!
//! Each session that somebody looks at has a [`rooms::Room`] with its last 256
//! frames, each encoded once. The [`bridge`] follows the projection and fills the
//! rooms from its table. A [`connection`] remembers the number of the last frame it
//! sent and takes whatever waits behind it in one go; one that has fallen behind
//! the room gets the whole state instead, so nobody is slowed down by anybody.

mod attempts;
mod bridge;
mod connection;
pub(super) mod door;
mod frame;
mod rooms;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use althing_backbone::{Backbone, Clock, Db, Ids};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::projection;
use super::views::Views;
use crate::access::AccessChanges;
use attempts::Attempts;
use rooms::Rooms;

/// How the live channel behaves.
#[derive(Clone, Debug)]
pub struct LiveSettings {
    /// How often a connection is pinged, and its access checked again.
    pub ping_every: Duration,
    /// A client that is silent for this long is gone.
    pub silence: Duration,
    /// Upgrade attempts per minute and address.
    pub attempts_per_minute: u32,
}

impl Default for LiveSettings {
    fn default() -> Self {
        Self {
            ping_every: Duration::from_secs(30),
            silence: Duration::from_secs(60),
            attempts_per_minute: 100,
        }
    }
}

/// Counters of the live channel, for the metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LiveStats {
    pub connections_active: u64,
    pub connections_total: u64,
    pub messages_sent: u64,
    pub messages_received: u64,
    /// Frames that were put into rooms.
    pub events_broadcast: u64,
    /// Clients that fell behind or asked, and got the whole state.
    pub states_sent: u64,
    /// Connections that resumed where an earlier one ended.
    pub resumed: u64,
    pub rooms: u64,
}

/// The live channel of one process. The bridge ends with its last handle; connections
/// end when the server's [`althing_web::Shutdown`] begins.
#[derive(Clone)]
pub struct Live {
    hub: Arc<Hub>,
    _ends_with_the_last: Arc<DropGuard>,
}

/// What connections and bridge share.
struct Hub {
    db: Db,
    clock: Clock,
    ids: Ids,
    views: Views,
    access: AccessChanges,
    rooms: Rooms,
    settings: LiveSettings,
    attempts: Attempts,
    counters: Counters,
    ended: CancellationToken,
}

#[derive(Default)]
struct Counters {
    active: AtomicU64,
    total: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
    broadcast: AtomicU64,
    states: AtomicU64,
    resumed: AtomicU64,
}

fn add(counter: &AtomicU64, count: usize) {
    counter.fetch_add(count as u64, Ordering::Relaxed);
}

impl Live {
    /// Begins to follow the projection.
    pub fn start(backbone: &Backbone, views: Views, access: AccessChanges, settings: LiveSettings) -> Self {
        let ended = CancellationToken::new();
        let hub = Arc::new(Hub {
            db: backbone.db().clone(),
            clock: backbone.clock().clone(),
            ids: backbone.ids().clone(),
            views,
            access,
            rooms: Rooms::default(),
            attempts: Attempts::new(settings.attempts_per_minute),
            settings,
            counters: Counters::default(),
            ended: ended.clone(),
        });
        let position = backbone.position_of(projection::NAME).ok();
        tokio::spawn(bridge::follow(hub.clone(), position));
        tokio::spawn(bridge::warm_up(hub.clone()));
        Self {
            hub,
            _ends_with_the_last: Arc::new(ended.drop_guard()),
        }
    }

    /// Counters since the start.
    pub fn stats(&self) -> LiveStats {
        let Counters {
            active,
            total,
            sent,
            received,
            broadcast,
            states,
            resumed,
        } = &self.hub.counters;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        LiveStats {
            connections_active: read(active),
            connections_total: read(total),
            messages_sent: read(sent),
            messages_received: read(received),
            events_broadcast: read(broadcast),
            states_sent: read(states),
            resumed: read(resumed),
            rooms: self.hub.rooms.count() as u64,
        }
    }
}
