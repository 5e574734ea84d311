//! How long ago a view was last compared with the store, and what that means.

use std::time::Duration;

use althing_backbone::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::outputs::ComponentType;

const WARM_AFTER: Duration = Duration::from_secs(30);
const STALE_AFTER: Duration = Duration::from_secs(5 * 60);
const EXPIRED_AFTER: Duration = Duration::from_secs(60 * 60);

/// The age of a view since its last verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FreshnessLevel {
    /// Less than 30 seconds.
    Fresh,
    /// Up to 5 minutes.
    Warm,
    /// Up to an hour: refreshed in the background.
    Stale,
    /// An hour or more: dropped and read again.
    Expired,
}

impl FreshnessLevel {
    /// The level of an age.
    pub fn of(age: Duration) -> Self {
        match age {
            age if age < WARM_AFTER => Self::Fresh,
            age if age < STALE_AFTER => Self::Warm,
            age if age < EXPIRED_AFTER => Self::Stale,
            _ => Self::Expired,
        }
    }
}

/// The freshness block of a view.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Freshness {
    /// When the view was last compared with the store.
    pub updated_at: Timestamp,
    pub freshness_level: FreshnessLevel,
    /// Whether a reader should ask again soon.
    pub should_refresh: bool,
    /// Components that are known to have changed since.
    pub stale_components: Vec<ComponentType>,
}

impl Freshness {
    /// The block of a view verified at `verified` and looked at `now`.
    pub fn at(verified: Timestamp, now: Timestamp, stale_components: Vec<ComponentType>) -> Self {
        let freshness_level = FreshnessLevel::of(now.since(verified));
        let is_old = matches!(freshness_level, FreshnessLevel::Stale | FreshnessLevel::Expired);
        Self {
            updated_at: verified,
            freshness_level,
            should_refresh: is_old || !stale_components.is_empty(),
            stale_components,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_belong_to_the_older_level() {
        let level = |seconds| FreshnessLevel::of(Duration::from_secs(seconds));
        assert_eq!([level(0), level(29)], [FreshnessLevel::Fresh; 2]);
        assert_eq!([level(30), level(299)], [FreshnessLevel::Warm; 2]);
        assert_eq!([level(300), level(3_599)], [FreshnessLevel::Stale; 2]);
        assert_eq!(level(3_600), FreshnessLevel::Expired);
    }

    #[test]
    fn a_stale_view_asks_to_be_refreshed() {
        let then = Timestamp::from_micros(0);
        let after = |seconds| Freshness::at(then, then.plus(Duration::from_secs(seconds)), Vec::new());
        assert!(!after(60).should_refresh);
        assert!(after(600).should_refresh);
        assert!(Freshness::at(then, then, vec![ComponentType::Objectives]).should_refresh);
    }
}
