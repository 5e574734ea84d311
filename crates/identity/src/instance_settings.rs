//! What operators set on the page instead of in the configuration.
//!
//! What the environment or the file says holds, so that an instance that is described there is
//! what its description says; the page shows where it comes from. Everything else can be
//! changed here, and holds from the next request on in every process.

mod http;

use std::time::Duration;

use althing_backbone::{Aggregate, Command, Query, UnitOfWork, Uuid, read_aggregate};
use althing_events::InstanceId;
use althing_events::identity::InstanceSettingsChanged;
pub(crate) use http::routes;
use serde::{Deserialize, Serialize};

use crate::commands::Failure;
use crate::http::Settings;
use crate::registration::Registration;

/// A database has one instance.
pub(crate) const INSTANCE: InstanceId = InstanceId(Uuid::from_u128(1));

/// The names of the settings, as the configuration calls them.
pub(crate) const REGISTRATION: &str = "registration.mode";
pub(crate) const PURGE_DAYS: &str = "workspace.purge_days";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Which settings the environment or the file holds fast, and which of the two.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fixed {
    /// `registration.mode`.
    pub registration: Option<&'static str>,
    /// `workspace.purge_days`.
    pub purge_days: Option<&'static str>,
}

/// What operators have set; the rest is as configured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InstanceSettings {
    id: InstanceId,
    #[serde(default)]
    registration: Option<Registration>,
    #[serde(default)]
    purge_days: Option<u16>,
}

impl Aggregate for InstanceSettings {
    const KIND: &'static str = "instance";

    fn id(&self) -> Uuid {
        self.id.0
    }
}

/// What is set anew; `None` leaves it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wanted {
    pub registration: Option<Registration>,
    pub purge_days: Option<u16>,
}

impl InstanceSettings {
    fn new() -> Self {
        Self {
            id: INSTANCE,
            registration: None,
            purge_days: None,
        }
    }

    /// Takes what differs from `now`; `None` if nothing does.
    fn change(&mut self, wanted: Wanted, now: &Effective) -> Option<InstanceSettingsChanged> {
        let mut keys = Vec::new();
        if let Some(mode) = wanted.registration.filter(|mode| *mode != now.registration) {
            self.registration = Some(mode);
            keys.push(REGISTRATION.to_owned());
        }
        if let Some(days) = wanted.purge_days.filter(|days| *days != now.purge_days) {
            self.purge_days = Some(days);
            keys.push(PURGE_DAYS.to_owned());
        }
        (!keys.is_empty()).then_some(InstanceSettingsChanged {
            instance_id: self.id,
            keys,
        })
    }
}

/// What holds now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Effective {
    pub registration: Registration,
    pub purge_days: u16,
    /// environment, file, page or default.
    pub registration_from: &'static str,
    pub purge_days_from: &'static str,
}

impl Effective {
    /// How long a deleted workspace can still be restored.
    pub fn purge_after(&self) -> Duration {
        DAY * u32::from(self.purge_days)
    }

    fn of(configured: &Settings, stored: &InstanceSettings) -> Self {
        let days = configured.purge_after.as_secs() / DAY.as_secs();
        let configured_days = u16::try_from(days).unwrap_or(u16::MAX);
        let fixed = configured.fixed;
        let (registration, registration_from) =
            choose(configured.registration, fixed.registration, stored.registration);
        let (purge_days, purge_days_from) = choose(configured_days, fixed.purge_days, stored.purge_days);
        Self {
            registration,
            purge_days,
            registration_from,
            purge_days_from,
        }
    }
}

fn choose<T>(configured: T, fixed: Option<&'static str>, stored: Option<T>) -> (T, &'static str) {
    match (fixed, stored) {
        (Some(by), _) => (configured, by),
        (None, Some(stored)) => (stored, "page"),
        (None, None) => (configured, "default"),
    }
}

/// What holds now, by configuration and by what operators have set.
pub(crate) async fn effective(on: &impl Query, configured: &Settings) -> althing_backbone::Result<Effective> {
    let stored: Option<InstanceSettings> = read_aggregate(on, INSTANCE.0).await?;
    let stored = stored.unwrap_or_else(InstanceSettings::new);
    Ok(Effective::of(configured, &stored))
}

/// Sets settings; what they are already is no change.
pub(crate) struct ChangeSettings {
    pub configured: Settings,
    pub wanted: Wanted,
}

impl Command for ChangeSettings {
    type Output = Effective;
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<Effective, Failure> {
        let stored: Option<InstanceSettings> = uow.load(INSTANCE.0).await?;
        let mut stored = stored.unwrap_or_else(InstanceSettings::new);
        let now = Effective::of(&self.configured, &stored);
        if let Some(changed) = stored.change(self.wanted, &now) {
            uow.save(&stored)?;
            uow.record(&changed)?;
        }
        Ok(Effective::of(&self.configured, &stored))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_configuration_says_holds_then_what_was_set_then_the_default() {
        let stored = InstanceSettings {
            registration: Some(Registration::Open),
            purge_days: Some(7),
            ..InstanceSettings::new()
        };
        let mut configured = Settings {
            registration: Registration::Closed,
            ..Settings::default()
        };
        let now = Effective::of(&configured, &stored);
        assert_eq!(
            (now.registration, now.registration_from),
            (Registration::Open, "page")
        );
        assert_eq!((now.purge_after(), now.purge_days_from), (7 * DAY, "page"));
        configured.fixed.registration = Some("file");
        let now = Effective::of(&configured, &stored);
        assert_eq!(
            (now.registration, now.registration_from),
            (Registration::Closed, "file")
        );
        let now = Effective::of(&Settings::default(), &InstanceSettings::new());
        assert_eq!((now.purge_days, now.purge_days_from), (30, "default"));
    }

    #[test]
    fn only_settings_that_differ_are_told() {
        let mut stored = InstanceSettings::new();
        let now = Effective::of(&Settings::default(), &stored);
        let same = Wanted {
            registration: Some(Registration::Invite),
            purge_days: Some(30),
        };
        assert_eq!(stored.change(same, &now), None);
        let other = Wanted {
            purge_days: Some(0),
            ..same
        };
        assert_eq!(stored.change(other, &now).unwrap().keys, [PURGE_DAYS]);
    }
}
