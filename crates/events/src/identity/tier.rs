//! What somebody's membership includes.

use althing_backbone::{DomainEvent, JsonSchema, Timestamp};
use serde::{Deserialize, Serialize};

use crate::UserId;

/// What somebody has: it decides how much they may.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Tier {
    /// No membership.
    None,
    /// The smallest one.
    Free,
    /// By the month.
    Monthly,
    /// By the year.
    #[default]
    Annual,
}

impl Tier {
    /// Every tier, the smallest first.
    pub const ALL: [Tier; 4] = [Tier::None, Tier::Free, Tier::Monthly, Tier::Annual];

    /// The stored and shown word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Tier::None => "none",
            Tier::Free => "free",
            Tier::Monthly => "monthly",
            Tier::Annual => "annual",
        }
    }

    /// The tier of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.as_str() == word)
    }
}

/// An operator gave somebody another tier, or took theirs away, so that the instance's applies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "identity.user_tier_changed",
    version = 1,
    context = "identity",
    aggregate = "user"
)]
pub struct UserTierChanged {
    /// The account.
    #[event(aggregate_id, topic = "user")]
    pub user_id: UserId,
    /// The tier it had; absent without one of its own.
    pub old_tier: Option<Tier>,
    /// Until when it had it; absent if for ever.
    pub old_valid_until: Option<Timestamp>,
    /// The tier it has; absent without one of its own.
    pub new_tier: Option<Tier>,
    /// Until when it has it; absent if for ever.
    pub new_valid_until: Option<Timestamp>,
    /// Who changed it; absent when it was done on the command line.
    pub by: Option<UserId>,
}
