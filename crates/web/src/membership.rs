//! What somebody's membership includes: the table of the tiers, and how it is refused.

use std::time::Duration;

use althing_backbone::Timestamp;
use althing_events::identity::Tier;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Code, Problem};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Somebody's tier, and until when they have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    /// What it includes.
    pub tier: Tier,
    /// From then on nothing can be changed; absent if it is for ever.
    pub valid_until: Option<Timestamp>,
}

impl Membership {
    /// One without an end.
    pub const fn of(tier: Tier) -> Self {
        Self {
            tier,
            valid_until: None,
        }
    }

    /// What is stored of somebody's own; a word that is no tier includes nothing.
    pub fn stored(tier: Option<&str>, valid_until: Option<Timestamp>) -> Option<Self> {
        let tier = Tier::parse(tier?).unwrap_or(Tier::None);
        Some(Self { tier, valid_until })
    }

    /// Whether its time is over.
    pub fn has_ended(&self, now: Timestamp) -> bool {
        self.valid_until.is_some_and(|end| end <= now)
    }

    /// What it includes.
    pub const fn limits(&self) -> TierLimits {
        TierLimits::of(self.tier)
    }

    /// Whether anything can be seen at all.
    pub fn may_read(&self) -> Result<(), Denial> {
        match self.tier {
            Tier::None => Err(Denial::NoMembership),
            _ => Ok(()),
        }
    }

    /// Whether anything can be changed.
    pub fn may_write(&self, now: Timestamp) -> Result<(), Denial> {
        self.may_read()?;
        if self.has_ended(now) {
            return Err(Denial::MembershipExpired);
        }
        Ok(())
    }

    /// Whether it includes a thing; its end does not matter to what is only read.
    pub fn includes(&self, feature: Feature) -> Result<(), Denial> {
        self.may_read()?;
        if self.limits().has(feature) {
            return Ok(());
        }
        Err(Denial::FeatureNotIncluded(feature))
    }
}

/// What a tier includes or does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Feature {
    /// The component, its scores and suggestions.
    DecisionQuality,
    /// Tensions and sensitivity.
    FullAnalysis,
    /// Files made of a decision.
    Export,
    /// Links that show a decision.
    ShareLinks,
    /// Keys for programs.
    ApiKeys,
    /// What lies further back than the tier shows.
    History,
}

impl Feature {
    /// Every one of them.
    pub const ALL: [Feature; 6] = [
        Feature::DecisionQuality,
        Feature::FullAnalysis,
        Feature::Export,
        Feature::ShareLinks,
        Feature::ApiKeys,
        Feature::History,
    ];

    /// The word of a refusal.
    pub const fn as_str(self) -> &'static str {
        match self {
            Feature::DecisionQuality => "decision_quality",
            Feature::FullAnalysis => "full_analysis",
            Feature::Export => "export",
            Feature::ShareLinks => "share_links",
            Feature::ApiKeys => "api_keys",
            Feature::History => "history",
        }
    }

    /// What people call it.
    const fn title(self) -> &'static str {
        match self {
            Feature::DecisionQuality => "decision quality",
            Feature::FullAnalysis => "the full tradeoff analysis",
            Feature::Export => "export",
            Feature::ShareLinks => "sharing by link",
            Feature::ApiKeys => "API keys",
            Feature::History => "history that old",
        }
    }

    /// The smallest tier that has all of it.
    pub fn required_tier(self) -> Tier {
        let has = |tier: &Tier| TierLimits::of(*tier).has(self);
        Tier::ALL.into_iter().find(has).unwrap_or_default()
    }
}

/// How much of the tradeoff analysis there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Depth {
    /// None of it.
    None,
    /// Totals, margin, verdict, flip and dominance.
    Basic,
    /// Also tensions and sensitivity.
    Full,
}

/// The row of a tier in the table; `None` is as much as one likes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TierLimits {
    /// Decision sessions that are not archived.
    pub active_sessions: Option<u32>,
    /// Cycles of one session, whatever became of them.
    pub cycles_per_session: Option<u32>,
    /// Archived decision sessions.
    pub archived_sessions: Option<u32>,
    /// How far back versions of documents and the log of tools are shown.
    pub history_days: Option<u32>,
    /// Messages that a language model answers, in a calendar day (UTC).
    pub ai_messages_per_day: Option<u32>,
    /// Which models answer.
    pub model: &'static str,
    /// How much of the analysis there is.
    pub tradeoff_analysis: Depth,
    /// The component, its scores and suggestions.
    pub decision_quality: bool,
    /// Export in every format.
    pub export: bool,
    /// Links that show a decision.
    pub share_links: bool,
    /// Keys for programs.
    pub api_keys: bool,
}

impl TierLimits {
    /// The table.
    pub const fn of(tier: Tier) -> Self {
        match tier {
            Tier::None => Self {
                active_sessions: Some(0),
                cycles_per_session: Some(0),
                archived_sessions: Some(0),
                history_days: Some(0),
                ai_messages_per_day: Some(0),
                model: "standard",
                tradeoff_analysis: Depth::None,
                decision_quality: false,
                export: false,
                share_links: false,
                api_keys: false,
            },
            Tier::Free => Self {
                active_sessions: Some(3),
                cycles_per_session: Some(2),
                archived_sessions: Some(10),
                history_days: Some(90),
                ai_messages_per_day: Some(50),
                model: "standard",
                tradeoff_analysis: Depth::Basic,
                decision_quality: false,
                export: false,
                share_links: false,
                api_keys: false,
            },
            Tier::Monthly => Self {
                active_sessions: Some(10),
                cycles_per_session: Some(5),
                archived_sessions: Some(50),
                history_days: Some(365),
                ai_messages_per_day: Some(200),
                model: "standard",
                tradeoff_analysis: Depth::Full,
                decision_quality: true,
                export: true,
                share_links: true,
                api_keys: false,
            },
            Tier::Annual => Self {
                active_sessions: None,
                cycles_per_session: None,
                archived_sessions: None,
                history_days: None,
                ai_messages_per_day: None,
                model: "advanced",
                tradeoff_analysis: Depth::Full,
                decision_quality: true,
                export: true,
                share_links: true,
                api_keys: true,
            },
        }
    }

    /// Whether all of that is in it.
    pub const fn has(&self, feature: Feature) -> bool {
        match feature {
            Feature::DecisionQuality => self.decision_quality,
            Feature::FullAnalysis => matches!(self.tradeoff_analysis, Depth::Full),
            Feature::Export => self.export,
            Feature::ShareLinks => self.share_links,
            Feature::ApiKeys => self.api_keys,
            Feature::History => self.history_days.is_none(),
        }
    }

    /// What is older than this is not shown.
    pub fn history_from(&self, now: Timestamp) -> Option<Timestamp> {
        self.history_days.map(|days| now.minus(DAY * days))
    }
}

/// What a membership says no to; each a sentence a person can act upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// There is none.
    #[error("this needs a membership; ask whoever runs this instance")]
    NoMembership,
    /// Its time is over.
    #[error("this membership has ended: everything can be read, and nothing changed, until it is renewed")]
    MembershipExpired,
    /// It has not got that.
    #[error("this plan does not include {}", .0.title())]
    FeatureNotIncluded(Feature),
    /// As many sessions, active or archived, as there may be.
    #[error("this plan has room for {max} such decisions, and there are {current}")]
    SessionLimitReached {
        /// How many there are.
        current: i64,
        /// How many there may be.
        max: u32,
    },
    /// As many cycles as a session may have.
    #[error("in this plan a decision has at most {max} cycles, and this one has {current}")]
    CycleLimitReached {
        /// How many there are.
        current: i64,
        /// How many there may be.
        max: u32,
    },
    /// As many messages as there may be on a day.
    #[error(
        "this plan includes {max} messages to the assistant a day, and today's are used; the count begins anew at midnight UTC"
    )]
    DailyMessageLimit {
        /// How many there were today.
        used: i64,
        /// How many there may be.
        max: u32,
    },
}

impl Denial {
    /// The stable code the caller gets.
    pub const fn code(&self) -> Code {
        match self {
            Denial::NoMembership => Code::MembershipRequired,
            Denial::MembershipExpired => Code::MembershipExpired,
            Denial::FeatureNotIncluded(_) => Code::FeatureNotIncluded,
            Denial::SessionLimitReached { .. } => Code::SessionLimitReached,
            Denial::CycleLimitReached { .. } => Code::CycleLimitReached,
            Denial::DailyMessageLimit { .. } => Code::AiDailyLimit,
        }
    }
}

impl From<Denial> for Problem {
    fn from(denial: Denial) -> Self {
        let problem = Problem::new(denial.code(), denial.to_string());
        match denial {
            Denial::NoMembership | Denial::MembershipExpired => problem,
            Denial::FeatureNotIncluded(feature) => problem
                .with_member("feature", feature.as_str())
                .with_member("required_tier", feature.required_tier().as_str()),
            Denial::SessionLimitReached { current, max } | Denial::CycleLimitReached { current, max } => {
                problem.with_member("current", current).with_member("max", max)
            }
            Denial::DailyMessageLimit { used, max } => {
                problem.with_member("used", used).with_member("max", max)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn until(micros: i64) -> Membership {
        Membership {
            valid_until: Some(Timestamp::from_micros(micros)),
            ..Membership::of(Tier::Monthly)
        }
    }

    #[test]
    fn the_table_says_what_each_tier_includes() {
        let rows = [Tier::Free, Tier::Monthly, Tier::Annual].map(TierLimits::of);
        let column = |number: fn(&TierLimits) -> Option<u32>| rows.each_ref().map(number);
        assert_eq!(column(|row| row.active_sessions), [Some(3), Some(10), None]);
        assert_eq!(column(|row| row.cycles_per_session), [Some(2), Some(5), None]);
        assert_eq!(column(|row| row.archived_sessions), [Some(10), Some(50), None]);
        assert_eq!(column(|row| row.history_days), [Some(90), Some(365), None]);
        assert_eq!(column(|row| row.ai_messages_per_day), [Some(50), Some(200), None]);
        assert_eq!(rows.map(|row| row.model), ["standard", "standard", "advanced"]);
        assert_eq!(
            rows.map(|row| row.tradeoff_analysis),
            [Depth::Basic, Depth::Full, Depth::Full]
        );
        let has = |feature| rows.map(|row| row.has(feature));
        for from_monthly in [Feature::DecisionQuality, Feature::Export, Feature::ShareLinks] {
            assert_eq!(has(from_monthly), [false, true, true], "{from_monthly:?}");
        }
        assert_eq!(has(Feature::ApiKeys), [false, false, true]);
        assert_eq!(Feature::FullAnalysis.required_tier(), Tier::Monthly);
        assert_eq!(Feature::ApiKeys.required_tier(), Tier::Annual);
        assert!(
            Feature::ALL
                .into_iter()
                .all(|one| !TierLimits::of(Tier::None).has(one))
        );
    }

    #[test]
    fn without_a_membership_nothing_is_allowed_and_after_its_end_only_reading() {
        let now = Timestamp::from_micros(5);
        let none = Membership::of(Tier::None);
        assert_eq!(none.may_read(), Err(Denial::NoMembership));
        assert_eq!(none.may_write(now), Err(Denial::NoMembership));
        assert_eq!(none.includes(Feature::Export), Err(Denial::NoMembership));
        assert_eq!(until(5).may_read(), Ok(()));
        assert_eq!(until(5).may_write(now), Err(Denial::MembershipExpired));
        assert_eq!(until(6).may_write(now), Ok(()));
        assert_eq!(Membership::of(Tier::Free).may_write(now), Ok(()));
        let unknown = Membership::stored(Some("platinum"), None).unwrap();
        assert_eq!(unknown.may_read(), Err(Denial::NoMembership));
        assert_eq!(Membership::stored(None, None), None);
    }

    #[test]
    fn history_goes_back_as_far_as_the_tier_says() {
        let now = Timestamp::from_micros(0).plus(DAY * 1_000);
        let from = |tier| TierLimits::of(tier).history_from(now);
        assert_eq!(from(Tier::Free), Some(now.minus(DAY * 90)));
        assert_eq!(from(Tier::Annual), None);
    }

    #[test]
    fn a_denial_says_what_is_missing_and_how_much_there_is() {
        let told = |denial: Denial| {
            let problem = Problem::from(denial);
            (problem.status.as_u16(), problem.code)
        };
        let full = Denial::FeatureNotIncluded(Feature::DecisionQuality);
        assert_eq!(told(Denial::NoMembership), (403, "membership_required"));
        assert_eq!(told(Denial::MembershipExpired), (403, "membership_expired"));
        assert_eq!(told(full), (403, "feature_not_included"));
        assert_eq!(full.to_string(), "this plan does not include decision quality");
        let (current, max) = (3, 3);
        assert_eq!(
            told(Denial::SessionLimitReached { current, max }),
            (429, "session_limit_reached")
        );
        assert_eq!(
            told(Denial::CycleLimitReached { current, max }),
            (429, "cycle_limit_reached")
        );
        assert_eq!(
            told(Denial::DailyMessageLimit { used: 50, max: 50 }),
            (429, "ai_daily_limit")
        );
    }
}
