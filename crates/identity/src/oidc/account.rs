//! Accounts that somebody signs in to with one elsewhere: what the rules say.

use std::collections::BTreeMap;

use althing_backbone::Timestamp;
use althing_events::identity::{AccountChanges, FieldChange, UserConfirmed, UserRegistered, UserUpdated};
use althing_events::{OidcProviderId, UserId};
use althing_web::InstanceRole;

use super::person::Person;
use crate::user::{Status, User};

impl User {
    /// A confirmed account without a password.
    pub(super) fn from_provider(
        id: UserId,
        person: &Person,
        now: Timestamp,
    ) -> (Self, UserRegistered, UserConfirmed) {
        let (first_name, last_name) = person.names.clone();
        let registered = UserRegistered {
            user_id: id,
            email: person.email.as_str().to_owned(),
            first_name: first_name.as_str().to_owned(),
            last_name: last_name.as_str().to_owned(),
        };
        let mut user = Self {
            id,
            first_name,
            last_name,
            email: person.email.clone(),
            password: None,
            confirmed_at: None,
            status: Status::Active,
            instance_role: InstanceRole::User,
            admin_by: None,
            tier: None,
            valid_until: None,
            registered_at: now,
        };
        let confirmed = user.confirmed(now);
        (user, registered, confirmed)
    }

    /// The provider has seen that the address is theirs. Whoever registered it before and
    /// could not confirm it gets nothing of it: their password opens nothing any more.
    pub(super) fn confirmed_by_provider(&mut self, now: Timestamp) -> Option<UserConfirmed> {
        if self.confirmed_at.is_some() {
            return None;
        }
        self.password = None;
        Some(self.confirmed(now))
    }

    /// Makes an admin of the instance of somebody whose group says so, and takes that back
    /// when it no longer does. An owner, and an admin for another reason, stay what they are.
    pub(super) fn follow_admins(&mut self, provider: OidcProviderId, is_one: bool) -> Option<UserUpdated> {
        let (new, by) = match (self.instance_role, is_one) {
            (InstanceRole::User, true) => (InstanceRole::Admin, Some(provider)),
            (InstanceRole::Admin, false) if self.admin_by == Some(provider) => (InstanceRole::User, None),
            _ => return None,
        };
        let old = std::mem::replace(&mut self.instance_role, new);
        self.admin_by = by;
        let change = FieldChange {
            old: Some(old.as_str().to_owned()),
            new: Some(new.as_str().to_owned()),
        };
        Some(UserUpdated {
            user_id: self.id,
            changes: AccountChanges::Fields(BTreeMap::from([("instance_role".to_owned(), change)])),
        })
    }
}
