//! How much of what: the table of the tiers, and what holds for everybody.

use althing_events::UserId;
use althing_events::identity::Tier;

use super::bucket::Rate;

/// A number for each tier; without a tier it is that of the smallest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PerTier {
    /// For free, and for nobody's tier.
    pub free: u32,
    /// For monthly.
    pub monthly: u32,
    /// For annual.
    pub annual: u32,
}

impl PerTier {
    /// In the order of the table.
    pub const fn new(free: u32, monthly: u32, annual: u32) -> Self {
        Self {
            free,
            monthly,
            annual,
        }
    }

    /// The number of a tier.
    pub fn of(self, tier: Tier) -> u32 {
        match tier {
            Tier::None | Tier::Free => self.free,
            Tier::Monthly => self.monthly,
            Tier::Annual => self.annual,
        }
    }
}

/// What is counted for each person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Every request to the API.
    Requests,
    /// What makes or changes decision sessions.
    SessionOperations,
    /// What people say in conversations.
    Messages,
    /// Replies of a language model; the guide's are not counted.
    AiCompletions,
    /// Files made of a decision.
    Exports,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Scope; 5] = [
        Scope::Requests,
        Scope::SessionOperations,
        Scope::Messages,
        Scope::AiCompletions,
        Scope::Exports,
    ];

    /// The word of a refusal.
    pub const fn as_str(self) -> &'static str {
        match self {
            Scope::Requests => "requests",
            Scope::SessionOperations => "session_operations",
            Scope::Messages => "messages",
            Scope::AiCompletions => "ai_completions",
            Scope::Exports => "exports",
        }
    }
}

/// All numbers. The usual ones are those of the product's table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateNumbers {
    /// Requests in a minute.
    pub requests: PerTier,
    /// Changes of decision sessions in an hour.
    pub session_operations: PerTier,
    /// Messages in a minute.
    pub messages: PerTier,
    /// Replies of a model in a minute.
    pub ai_completions: PerTier,
    /// Exports in an hour.
    pub exports: PerTier,
    /// Open connections of each kind of channel.
    pub live_connections: PerTier,
    /// Requests in a minute, all together.
    pub instance: u32,
    /// Requests in a minute of an address, of those without a user.
    pub address: u32,
    /// Requests in a minute of a key.
    pub key: u32,
    /// Attempts to sign in, in an hour, of an address.
    pub attempts: u32,
}

impl Default for RateNumbers {
    fn default() -> Self {
        Self {
            requests: PerTier::new(60, 300, 600),
            session_operations: PerTier::new(30, 100, 300),
            messages: PerTier::new(10, 30, 60),
            ai_completions: PerTier::new(5, 15, 30),
            exports: PerTier::new(0, 10, 50),
            live_connections: PerTier::new(1, 3, 10),
            instance: 10_000,
            address: 100,
            key: 600,
            attempts: 10,
        }
    }
}

impl RateNumbers {
    pub(super) fn rate(&self, scope: Scope, tier: Tier) -> Rate {
        match scope {
            Scope::Requests => Rate::per_minute(self.requests.of(tier)),
            Scope::SessionOperations => Rate::per_hour(self.session_operations.of(tier)),
            Scope::Messages => Rate::per_minute(self.messages.of(tier)),
            Scope::AiCompletions => Rate::per_minute(self.ai_completions.of(tier)),
            Scope::Exports => Rate::per_hour(self.exports.of(tier)),
        }
    }
}

/// Kinds of channels that stay open; each is counted for itself, so that a page with a
/// decision, its conversation and the bell needs one of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// A decision's live channel.
    Decision,
    /// A conversation.
    Conversation,
    /// Somebody's notifications.
    Notifications,
}

/// Whose open connections of which kind.
pub(super) type Line = (UserId, Channel);
