//! What people see of a decision while it grows: overviews on read, frames as things happen.
//!
//! **The journey of one event.** The [`projection`] turns each event of the
//! catalogue into one *frame* of its session, numbered from 1 without a gap, in
//! the transaction of its checkpoint. The bridge follows the projection and hands
//! new frames to the room of their session; everybody in the room has them within
//! milliseconds ([`live`]).
//!
//! **Views** are built on read from the current outputs, never from frames. An
//! overview says which frame it contains (`snapshotVersion`): overview plus later
//! frames is the same as a later overview. What was built is kept for the next
//! reader and served only while the versions it was built from are still current.

mod activity;
mod cache;
mod compare;
mod content;
mod detail;
mod frames;
mod freshness;
pub mod http;
mod live;
mod overview;
mod projection;
mod teardown;
mod tree;
mod versions;
mod views;

use althing_backbone::{Backbone, Subscription};

pub use cache::CacheStats;
pub use freshness::{Freshness, FreshnessLevel};
pub use live::{Live, LiveSettings, LiveStats};
pub use overview::{Content, Overview};
pub use views::Views;

use crate::access::AccessChanges;

/// The subscriptions of this module.
pub fn subscriptions() -> Vec<Subscription> {
    vec![projection::subscription()]
}

/// Views and live channel of one process: what the routes of this module work with.
#[derive(Clone)]
pub struct Dashboard {
    views: Views,
    live: Live,
    access: AccessChanges,
}

impl Dashboard {
    /// Begins to follow the projection and to keep overviews.
    pub fn start(backbone: &Backbone, settings: LiveSettings) -> Self {
        let views = Views::new(backbone);
        let access = AccessChanges::follow(backbone);
        let live = Live::start(backbone, views.clone(), access.clone(), settings);
        Self { views, live, access }
    }

    /// The views.
    pub fn views(&self) -> &Views {
        &self.views
    }

    /// What tells open connections when to ask again what they may.
    pub fn access(&self) -> &AccessChanges {
        &self.access
    }

    /// The live channel.
    pub fn live(&self) -> &Live {
        &self.live
    }
}
