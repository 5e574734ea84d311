//! How much somebody may ask of the server, and how that is refused.
//!
//! Each limit is a bucket of tokens that refills steadily. What a request needs is taken
//! in one step: its place in the instance's bucket, in that of the person, the key or the
//! address, and in that of what it does. Whoever is refused has used nothing up, and is
//! told when trying again helps.
//!
//! The buckets live in the memory of one process: where several processes share a
//! database each of them counts for itself, and what people may is up to as many times
//! more. If the buckets cannot be used, everything is refused for a minute.

mod bucket;
mod channels;
mod numbers;
mod store;

use std::net::IpAddr;
use std::sync::Arc;

use althing_backbone::Timestamp;
use althing_events::identity::Tier;
use althing_events::{ApiKeyId, UserId};

pub use bucket::{Rate, Reading};
pub use channels::OpenChannel;
pub use numbers::{Channel, PerTier, RateNumbers, Scope};
pub use store::Counted;

use channels::Channels;
use store::{Denied, Store, network};

use crate::{Code, Membership, Problem};

/// How long callers stay away when nothing can be counted.
const UNUSABLE_SECS: u64 = 60;

/// The limits of one process, with what was used of them.
#[derive(Clone, Debug, Default)]
pub struct RateLimits(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    numbers: RateNumbers,
    default_tier: Tier,
    store: Store,
    channels: Arc<Channels>,
}

impl RateLimits {
    /// With these numbers; whoever has no tier of their own has this one.
    pub fn new(numbers: RateNumbers, default_tier: Tier) -> Self {
        Self(Arc::new(Inner {
            numbers,
            default_tier,
            ..Inner::default()
        }))
    }

    /// The tier of everybody who has none of their own.
    pub fn default_tier(&self) -> Tier {
        self.0.default_tier
    }

    /// What somebody's membership is, with or without one of their own.
    pub fn membership(&self, own: Option<Membership>) -> Membership {
        own.unwrap_or(Membership::of(self.0.default_tier))
    }

    /// A line for all requests together.
    pub fn instance(&self) -> (Counted, Rate) {
        (Counted::Instance, Rate::per_minute(self.0.numbers.instance))
    }

    /// A line for requests without a user.
    pub fn address(&self, address: Option<IpAddr>) -> (Counted, Rate) {
        let rate = Rate::per_minute(self.0.numbers.address);
        (Counted::Address(network(address)), rate)
    }

    /// A line for attempts to sign in.
    pub fn attempts(&self, address: Option<IpAddr>) -> (Counted, Rate) {
        let rate = Rate::per_hour(self.0.numbers.attempts);
        (Counted::Attempts(network(address)), rate)
    }

    /// A line for requests by key.
    pub fn key(&self, key: ApiKeyId) -> (Counted, Rate) {
        (Counted::Key(key), Rate::per_minute(self.0.numbers.key))
    }

    /// A line for what somebody does.
    pub fn user(&self, user: UserId, tier: Tier, scope: Scope) -> (Counted, Rate) {
        (Counted::User(user, scope), self.0.numbers.rate(scope, tier))
    }

    /// Takes one of each, all or nothing.
    pub fn take(&self, wanted: &[(Counted, Rate)], now: Timestamp) -> Result<Vec<Reading>, Problem> {
        self.0.store.take(wanted, now).map_err(Problem::from)
    }

    /// How a line stands.
    pub fn look(&self, (counted, rate): (Counted, Rate), now: Timestamp) -> Result<Reading, Problem> {
        let looked = self.0.store.look(counted, rate, now);
        looked.map_err(|unusable| Denied::from(unusable).into())
    }

    /// Takes back what should not count, such as an attempt that succeeded.
    pub fn give_back(&self, (counted, rate): (Counted, Rate)) {
        self.0.store.give_back(counted, rate);
    }

    /// A place for a connection that stays open; it is free again when the value goes.
    pub fn open(&self, user: UserId, tier: Tier, channel: Channel) -> Result<OpenChannel, Problem> {
        let most = self.0.numbers.live_connections.of(tier);
        channels::open(&self.0.channels, (user, channel), most).ok_or_else(|| too_many_open(most))
    }

    /// How many connections somebody may have of each kind of channel, and has of that
    /// with the most.
    pub fn connections(&self, user: UserId, tier: Tier) -> (u32, u32) {
        let most = self.0.numbers.live_connections.of(tier);
        (most, self.0.channels.most_of(user))
    }
}

/// 429, as every limit says it.
fn rate_limited(detail: String, scope: &'static str, wait_secs: u64) -> Problem {
    Problem::new(Code::RateLimited, detail)
        .retry_after(wait_secs)
        .with_member("retry_after_secs", wait_secs)
        .with_member("scope", scope)
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        let Denied::Empty(empty) = denied else {
            tracing::error!("the rate limits cannot be counted; everything is refused");
            let detail = "this server cannot take requests at the moment; try again in a minute";
            return rate_limited(detail.to_owned(), "unavailable", UNUSABLE_SECS);
        };
        let (wait, limit) = (empty.reading.wait_secs.max(1), empty.reading.limit);
        let detail = match limit {
            0 => "your membership does not include this".to_owned(),
            _ => format!("the limit of {limit} is reached; try again in {wait} seconds"),
        };
        rate_limited(detail, empty.counted.as_str(), wait).with_rate(empty.reading)
    }
}

fn too_many_open(most: u32) -> Problem {
    let detail = format!("you have {most} of these connections open, which is as many as you may have");
    rate_limited(detail, "live_connections", UNUSABLE_SECS)
}
