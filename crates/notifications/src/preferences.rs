//! How somebody wants to be told: a channel for each kind, and when their daily mail comes.

use std::collections::BTreeMap;

use althing_backbone::{Aggregate, Timestamp, Uuid};
use althing_events::UserId;
use althing_events::identity::FieldChange;
use althing_events::notifications::NotificationPreferencesChanged;
use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::kind::{Channel, Kind};

/// When the daily mail comes unless somebody chooses, by their clock.
pub const USUAL_HOUR: u32 = 7;

/// One person's preferences. Whoever never chose has none stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preferences {
    pub user_id: UserId,
    /// What was chosen; other kinds are told as usual.
    channels: BTreeMap<Kind, Channel>,
    digest_hour: u32,
    time_zone: String,
}

impl Aggregate for Preferences {
    const KIND: &'static str = "notification_preferences";
    fn id(&self) -> Uuid {
        self.user_id.0
    }
}

/// What somebody wants from now on; kinds that are not in it are told as usual.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub channels: BTreeMap<Kind, Channel>,
    pub digest_hour: u32,
    pub time_zone: Tz,
}

impl Preferences {
    /// Of somebody who never chose.
    pub fn of(user_id: UserId) -> Self {
        Self {
            user_id,
            channels: BTreeMap::new(),
            digest_hour: USUAL_HOUR,
            time_zone: Tz::UTC.name().to_owned(),
        }
    }

    /// How this kind is told.
    pub fn channel(&self, kind: Kind) -> Channel {
        self.channels
            .get(&kind)
            .copied()
            .unwrap_or_else(|| kind.usual_channel())
    }

    /// Every kind with its channel.
    pub fn channels(&self) -> BTreeMap<Kind, Channel> {
        Kind::ALL
            .iter()
            .map(|kind| (*kind, self.channel(*kind)))
            .collect()
    }

    /// The kinds that the daily mail holds.
    pub fn digested(&self) -> impl Iterator<Item = Kind> + '_ {
        Kind::ALL
            .iter()
            .copied()
            .filter(|kind| self.channel(*kind) == Channel::Digest)
    }

    /// From when on the daily mail may go out, by their clock.
    pub fn digest_hour(&self) -> u32 {
        self.digest_hour
    }

    /// Where their clock stands. A name that is not known any more counts as UTC.
    pub fn time_zone(&self) -> Tz {
        self.time_zone.parse().unwrap_or(Tz::UTC)
    }

    /// Takes up what is wanted; what was no choice before and is none now is no change.
    pub fn change(&mut self, wanted: Wanted) -> Option<NotificationPreferencesChanged> {
        let before = self.words();
        self.channels = wanted
            .channels
            .into_iter()
            .filter(|(kind, channel)| *channel != kind.usual_channel())
            .collect();
        self.digest_hour = wanted.digest_hour;
        self.time_zone = wanted.time_zone.name().to_owned();
        let after = self.words();
        let changes: BTreeMap<String, FieldChange> = before
            .into_iter()
            .filter(|(name, old)| after.get(name) != Some(old))
            .map(|(name, old)| {
                let change = FieldChange {
                    old: Some(old),
                    new: after.get(&name).cloned(),
                };
                (name, change)
            })
            .collect();
        (!changes.is_empty()).then_some(NotificationPreferencesChanged {
            user_id: self.user_id,
            changes,
        })
    }

    /// What is mailed (or only what is mailed daily) of these kinds is only shown in the app
    /// from now on.
    pub fn without_mail(&self, kinds: impl IntoIterator<Item = Kind>) -> Wanted {
        let mut channels = self.channels();
        for kind in kinds {
            channels.entry(kind).and_modify(|channel| {
                if matches!(channel, Channel::Mail | Channel::Digest) {
                    *channel = Channel::InApp;
                }
            });
        }
        Wanted {
            channels,
            digest_hour: self.digest_hour,
            time_zone: self.time_zone(),
        }
    }

    fn words(&self) -> BTreeMap<String, String> {
        let channels = self.channels();
        let channels = channels
            .iter()
            .map(|(kind, channel)| (kind.as_str().to_owned(), channel.as_str().to_owned()));
        channels
            .chain([
                ("digest_hour".to_owned(), self.digest_hour.to_string()),
                ("time_zone".to_owned(), self.time_zone.clone()),
            ])
            .collect()
    }

    /// The first daily mail after this moment.
    pub fn next_digest(&self, after: Timestamp) -> Digest {
        let zone = self.time_zone();
        let now = utc(after);
        let today = now.with_timezone(&zone).date_naive();
        let days = [Some(today), today.checked_add_days(Days::new(1))];
        days.into_iter()
            .flatten()
            .map(|day| Digest::of(day, self.digest_hour, zone))
            .find(|digest| digest.due_at > after)
            // Only at the very end of all days.
            .unwrap_or_else(|| Digest::of(today, self.digest_hour, zone))
    }

    /// The daily mail after that one.
    pub fn digest_after(&self, digest: &Digest) -> Digest {
        let day = digest.day.checked_add_days(Days::new(1)).unwrap_or(digest.day);
        Digest::of(day, self.digest_hour, self.time_zone())
    }
}

/// One daily mail: when it is due, and for which day by its reader's calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    pub due_at: Timestamp,
    day: NaiveDate,
}

impl Digest {
    /// Where the clock jumps over that hour, an hour later; where it strikes twice, the first time.
    fn of(day: NaiveDate, hour: u32, zone: Tz) -> Self {
        let midnight = day.and_time(chrono::NaiveTime::MIN);
        let local = midnight + TimeDelta::hours(i64::from(hour));
        let due = zone
            .from_local_datetime(&local)
            .earliest()
            .or_else(|| {
                zone.from_local_datetime(&(local + TimeDelta::hours(1)))
                    .earliest()
            })
            .map_or_else(|| midnight.and_utc(), |due| due.with_timezone(&Utc));
        Self {
            due_at: Timestamp::from_micros(due.timestamp_micros()),
            day,
        }
    }

    /// Under what it is remembered, such as `daily:2026-03-14`.
    pub fn period_key(&self) -> String {
        format!(
            "daily:{:04}-{:02}-{:02}",
            self.day.year(),
            self.day.month(),
            self.day.day()
        )
    }
}

fn utc(time: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(time.micros()).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ada() -> Preferences {
        Preferences::of(UserId(Uuid::from_u128(1)))
    }

    fn wanted(hour: u32, zone: &str, channels: &[(Kind, Channel)]) -> Wanted {
        Wanted {
            channels: channels.iter().copied().collect(),
            digest_hour: hour,
            time_zone: zone.parse().unwrap(),
        }
    }

    fn next(hour: u32, zone: &str, after: &str) -> (String, String) {
        let mut ada = ada();
        ada.change(wanted(hour, zone, &[]));
        let digest = ada.next_digest(after.parse().unwrap());
        (digest.due_at.to_string(), digest.period_key())
    }

    #[test]
    fn whoever_never_chose_is_told_as_usual() {
        let ada = ada();
        assert_eq!(ada.channel(Kind::WorkspaceInvitation), Channel::Mail);
        assert_eq!(ada.channel(Kind::DecisionCompleted), Channel::InApp);
        assert_eq!((ada.digest_hour(), ada.time_zone()), (7, Tz::UTC));
        assert_eq!(ada.digested().count(), 0);
    }

    #[test]
    fn a_change_says_what_it_changed_and_no_change_says_nothing() {
        let mut ada = ada();
        let choice = wanted(18, "Europe/Berlin", &[(Kind::RoleChanged, Channel::Digest)]);
        let changed = ada.change(choice.clone()).unwrap();
        let told: Vec<(&str, Option<&str>, Option<&str>)> = changed
            .changes
            .iter()
            .map(|(name, change)| (name.as_str(), change.old.as_deref(), change.new.as_deref()))
            .collect();
        assert_eq!(
            told,
            [
                ("digest_hour", Some("7"), Some("18")),
                ("role_changed", Some("in_app"), Some("digest")),
                ("time_zone", Some("UTC"), Some("Europe/Berlin")),
            ]
        );
        assert_eq!(ada.change(choice), None);
        assert_eq!(ada.digested().collect::<Vec<_>>(), [Kind::RoleChanged]);
        let back = ada.change(wanted(7, "UTC", &[])).unwrap();
        assert_eq!(back.changes["role_changed"].new.as_deref(), Some("in_app"));
        assert_eq!(ada, self::ada());
    }

    #[test]
    fn whoever_unsubscribes_still_sees_it_in_the_app() {
        let mut ada = ada();
        ada.change(wanted(
            7,
            "UTC",
            &[
                (Kind::RoleChanged, Channel::Mail),
                (Kind::DecisionCompleted, Channel::Off),
            ],
        ));
        let wanted = ada.without_mail([Kind::RoleChanged, Kind::DecisionCompleted]);
        ada.change(wanted);
        assert_eq!(ada.channel(Kind::RoleChanged), Channel::InApp);
        assert_eq!(ada.channel(Kind::DecisionCompleted), Channel::Off);
    }

    #[test]
    fn the_daily_mail_is_due_at_the_hour_of_its_readers_clock() {
        let utc = |time: &str, key: &str| (time.to_owned(), key.to_owned());
        assert_eq!(
            next(7, "UTC", "2026-03-14T06:59:59.000000Z"),
            utc("2026-03-14T07:00:00.000000Z", "daily:2026-03-14")
        );
        assert_eq!(
            next(7, "UTC", "2026-03-14T07:00:00.000000Z"),
            utc("2026-03-15T07:00:00.000000Z", "daily:2026-03-15")
        );
        // Already the 15th in Auckland.
        assert_eq!(
            next(7, "Pacific/Auckland", "2026-03-14T12:00:00.000000Z"),
            utc("2026-03-14T18:00:00.000000Z", "daily:2026-03-15")
        );
    }

    #[test]
    fn clocks_that_jump_move_no_mail_to_another_day() {
        // In Berlin there is no half past two on 29 March 2026, and on 25 October two of it.
        assert_eq!(
            next(2, "Europe/Berlin", "2026-03-28T23:00:00.000000Z"),
            ("2026-03-29T01:00:00.000000Z".into(), "daily:2026-03-29".into())
        );
        assert_eq!(
            next(2, "Europe/Berlin", "2026-10-24T22:00:00.000000Z"),
            ("2026-10-25T00:00:00.000000Z".into(), "daily:2026-10-25".into())
        );
        let mut ada = ada();
        ada.change(wanted(2, "Europe/Berlin", &[]));
        let first = ada.next_digest("2026-03-28T23:00:00.000000Z".parse().unwrap());
        assert_eq!(ada.digest_after(&first).period_key(), "daily:2026-03-30");
    }
}
