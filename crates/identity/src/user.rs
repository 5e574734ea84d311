//! The user: an account, and what the rules say about it.

use althing_backbone::{Aggregate, Timestamp};
use althing_events::identity::{
    AccountChanges, FieldChange, PasswordChange, UserConfirmed, UserDeleted, UserEmailChanged,
    UserPasswordChanged, UserReactivated, UserRegistered, UserSuspended, UserTierChanged, UserUpdated,
};
use althing_events::{OidcProviderId, UserId};
use althing_web::{InstanceRole, Membership, Tier};
use serde::{Deserialize, Serialize};

use crate::fields::{Email, Name};
use crate::password::PasswordHash;

/// Whether an account may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It may.
    Active,
    /// An admin has closed it for now.
    Suspended,
    /// It is gone; only its id remains.
    Deleted,
}

impl Status {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Active => "active",
            Status::Suspended => "suspended",
            Status::Deleted => "deleted",
        }
    }
}

/// What the rules say no to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The instance has its owner.
    #[error("this instance is already set up; sign in instead")]
    SetupDone,
    /// Nobody has set the instance up yet.
    #[error("set up the instance first: its first account is the owner's")]
    NotSetUp,
    /// Another account has the address.
    #[error("another account has this address")]
    EmailTaken,
    /// Whatever the reason: the sign-in is refused in these words.
    #[error("address or password is wrong")]
    InvalidCredentials,
    /// Asked again who they are, they gave another password.
    #[error("the password is wrong")]
    WrongPassword,
    /// The link leads nowhere, whatever the reason.
    #[error("this link is not valid; it may be too old, or was used before")]
    InvalidToken,
    /// No account has that id.
    #[error("no account that may be used has that id")]
    UnknownUser,
    /// The address has been confirmed.
    #[error("this account is confirmed; it needs no link")]
    AlreadyConfirmed,
    /// No key of one's own has that id.
    #[error("none of your keys has that id")]
    UnknownKey,
    /// The key was revoked.
    #[error("this key is revoked, for good")]
    KeyRevoked,
    /// A key for a workspace that its owner is not in.
    #[error("you are not in one of these workspaces")]
    NotYourWorkspace,
    /// The confirmation link leads nowhere, whatever the reason.
    #[error("this link is not valid; it may be too old, or was used before")]
    InvalidOrExpired,
    /// Somebody else's account that they may not touch.
    #[error("the owner of the instance and one's own account cannot be changed here")]
    NotThisAccount,
    /// No account has the address.
    #[error("no account has this address")]
    UnknownAddress,
    /// The address is the one the account has.
    #[error("this is your address already")]
    SameAddress,
    /// Nobody asked for another address.
    #[error("this account has not asked for another address")]
    NoAddressChange,
    /// The owner of the instance wants to be deleted.
    #[error("the owner of the instance cannot delete their account")]
    InstanceOwner,
    /// Somebody who owns workspaces wants to be deleted.
    #[error("you own workspaces: hand each over to somebody else, or delete it, and wait until it is gone")]
    OwnsWorkspaces,
    /// Nobody's linked account, or somebody else's.
    #[error("no linked account of yours has that id")]
    UnknownIdentity,
    /// Nothing else would lead into the account.
    #[error("this is the only way into your account; set a password first")]
    LastWayIn,
}

/// An account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// First name.
    pub first_name: Name,
    /// Last name.
    pub last_name: Name,
    /// The address, unique without regard to case.
    pub email: Email,
    /// The password, if the account has one.
    pub password: Option<PasswordHash>,
    /// When the address was confirmed; before that nobody signs in with a password.
    pub confirmed_at: Option<Timestamp>,
    /// Whether it may be used.
    pub status: Status,
    /// What it may do with the instance.
    pub instance_role: InstanceRole,
    /// Which sign-in provider's group made it an admin, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin_by: Option<OidcProviderId>,
    /// The tier that an operator gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<Tier>,
    /// Until when it has that tier; absent if for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
    /// When it was made.
    pub registered_at: Timestamp,
}

impl Aggregate for User {
    const KIND: &'static str = "user";

    fn id(&self) -> althing_backbone::Uuid {
        self.id.0
    }
}

impl User {
    /// An account whose address waits for its confirmation.
    pub fn register(
        id: UserId,
        names: (Name, Name),
        email: Email,
        password: PasswordHash,
        instance_role: InstanceRole,
        now: Timestamp,
    ) -> (Self, UserRegistered) {
        let (first_name, last_name) = names;
        let registered = UserRegistered {
            user_id: id,
            email: email.as_str().to_owned(),
            first_name: first_name.as_str().to_owned(),
            last_name: last_name.as_str().to_owned(),
        };
        let user = Self {
            id,
            first_name,
            last_name,
            email,
            password: Some(password),
            confirmed_at: None,
            status: Status::Active,
            instance_role,
            admin_by: None,
            tier: None,
            valid_until: None,
            registered_at: now,
        };
        (user, registered)
    }

    /// A confirmed account with a password, and the events that tell of it.
    pub fn register_confirmed(
        id: UserId,
        names: (Name, Name),
        email: Email,
        password: PasswordHash,
        instance_role: InstanceRole,
        now: Timestamp,
    ) -> (Self, UserRegistered, UserConfirmed) {
        let (mut user, registered) = Self::register(id, names, email, password, instance_role, now);
        let confirmed = user.confirmed(now);
        (user, registered, confirmed)
    }

    /// Confirms the address, with the password that was typed on the way; `None` if it was
    /// confirmed before or may not be used.
    pub fn confirm(&mut self, password: PasswordHash, now: Timestamp) -> Option<UserConfirmed> {
        if !self.is_active() || self.confirmed_at.is_some() {
            return None;
        }
        self.password = Some(password);
        Some(self.confirmed(now))
    }

    pub(crate) fn confirmed(&mut self, now: Timestamp) -> UserConfirmed {
        self.confirmed_at = Some(now);
        UserConfirmed {
            user_id: self.id,
            email: self.email.as_str().to_owned(),
        }
    }

    /// Closes the account for now; `None` if it is closed.
    pub fn suspend(&mut self, by: UserId, reason: Option<String>) -> Option<UserSuspended> {
        if self.status != Status::Active {
            return None;
        }
        self.status = Status::Suspended;
        Some(UserSuspended {
            user_id: self.id,
            by,
            reason,
        })
    }

    /// Opens a suspended account again; `None` if it is not.
    pub fn reactivate(&mut self, by: Option<UserId>) -> Option<UserReactivated> {
        if self.status != Status::Suspended {
            return None;
        }
        self.status = Status::Active;
        Some(UserReactivated { user_id: self.id, by })
    }

    /// Takes another membership, or none of its own; `None` if it is the one it has.
    pub fn set_membership(
        &mut self,
        membership: Option<Membership>,
        by: Option<UserId>,
    ) -> Option<UserTierChanged> {
        let (old_tier, old_valid_until) = (self.tier, self.valid_until);
        self.tier = membership.map(|membership| membership.tier);
        self.valid_until = membership.and_then(|membership| membership.valid_until);
        let is_another = (old_tier, old_valid_until) != (self.tier, self.valid_until);
        is_another.then_some(UserTierChanged {
            user_id: self.id,
            old_tier,
            old_valid_until,
            new_tier: self.tier,
            new_valid_until: self.valid_until,
            by,
        })
    }

    /// Takes other names; the event that tells of it, if one of them is another.
    pub fn rename(&mut self, first_name: Option<Name>, last_name: Option<Name>) -> Option<UserUpdated> {
        let mut changes = std::collections::BTreeMap::new();
        let mut change = |field: &str, name: &mut Name, new: Option<Name>| {
            if let Some(new) = new.filter(|new| new != name) {
                let old = std::mem::replace(name, new);
                let change = FieldChange {
                    old: Some(old.as_str().to_owned()),
                    new: Some(name.as_str().to_owned()),
                };
                changes.insert(field.to_owned(), change);
            }
        };
        change("first_name", &mut self.first_name, first_name);
        change("last_name", &mut self.last_name, last_name);
        (!changes.is_empty()).then_some(UserUpdated {
            user_id: self.id,
            changes: AccountChanges::Fields(changes),
        })
    }

    /// Takes another address, which was proved to be theirs; `None` if the account may not be used.
    pub fn move_to(&mut self, email: Email) -> Option<UserEmailChanged> {
        if !self.is_active() {
            return None;
        }
        let previous = std::mem::replace(&mut self.email, email);
        Some(UserEmailChanged {
            user_id: self.id,
            email: self.email.as_str().to_owned(),
            previous_email: previous.as_str().to_owned(),
        })
    }

    /// Ends the account: nothing that tells who it was remains in it. The owner of the
    /// instance stays.
    pub fn delete(&mut self) -> Result<UserDeleted, Refusal> {
        if self.instance_role == InstanceRole::Owner {
            return Err(Refusal::InstanceOwner);
        }
        (self.first_name, self.last_name) = Name::gone();
        self.email = Email::gone(self.id);
        self.password = None;
        self.confirmed_at = None;
        self.status = Status::Deleted;
        self.instance_role = InstanceRole::User;
        Ok(UserDeleted { user_id: self.id })
    }

    /// Takes another password.
    pub fn set_password(&mut self, password: PasswordHash, method: PasswordChange) -> UserPasswordChanged {
        self.password = Some(password);
        UserPasswordChanged {
            user_id: self.id,
            method,
        }
    }

    /// Whether the account may be used at all.
    pub fn is_active(&self) -> bool {
        self.status == Status::Active
    }

    /// Whether somebody who proved to know `password` may sign in. The password is
    /// compared again because it may have been changed since it was verified.
    pub fn may_sign_in(&self, password: &PasswordHash) -> Result<(), Refusal> {
        let may = self.status == Status::Active
            && self.confirmed_at.is_some()
            && self.password.as_ref() == Some(password);
        if may {
            Ok(())
        } else {
            Err(Refusal::InvalidCredentials)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(text: &str) -> PasswordHash {
        serde_json::from_value(text.into()).unwrap()
    }

    fn ada() -> User {
        let names = (
            Name::parse("/", "Ada").unwrap(),
            Name::parse("/", "Lovelace").unwrap(),
        );
        let email = Email::parse("/", "ada@example.org").unwrap();
        let (user, registered, confirmed) = User::register_confirmed(
            UserId(althing_backbone::Uuid::from_u128(1)),
            names,
            email,
            hash("a"),
            InstanceRole::User,
            Timestamp::from_micros(5),
        );
        assert_eq!(
            (registered.email.as_str(), registered.first_name.as_str()),
            ("ada@example.org", "Ada")
        );
        assert_eq!((registered.user_id, confirmed.user_id), (user.id, user.id));
        user
    }

    #[test]
    fn only_a_confirmed_active_account_with_that_password_may_sign_in() {
        assert_eq!(ada().may_sign_in(&hash("a")), Ok(()));
        assert_eq!(ada().may_sign_in(&hash("b")), Err(Refusal::InvalidCredentials));
        for status in [Status::Suspended, Status::Deleted] {
            assert_eq!(
                User { status, ..ada() }.may_sign_in(&hash("a")),
                Err(Refusal::InvalidCredentials)
            );
        }
        assert_eq!(
            User {
                confirmed_at: None,
                ..ada()
            }
            .may_sign_in(&hash("a")),
            Err(Refusal::InvalidCredentials)
        );
        assert_eq!(
            User {
                password: None,
                ..ada()
            }
            .may_sign_in(&hash("a")),
            Err(Refusal::InvalidCredentials)
        );
    }

    #[test]
    fn an_account_moves_only_while_it_may_be_used() {
        let (mut user, new) = (ada(), Email::parse("/", "augusta@example.org").unwrap());
        let told = user.move_to(new.clone()).unwrap();
        assert_eq!(
            (told.email.as_str(), told.previous_email.as_str()),
            ("augusta@example.org", "ada@example.org")
        );
        assert!(user.email == new && user.confirmed_at.is_some());
        user.status = Status::Suspended;
        assert_eq!(user.move_to(Email::parse("/", "ada@example.org").unwrap()), None);
    }

    #[test]
    fn nothing_tells_who_a_deleted_account_was() {
        let mut user = ada();
        assert_eq!(user.delete().unwrap().user_id, user.id);
        let left = serde_json::to_string(&user).unwrap();
        for trace in ["Ada", "Lovelace", "ada@example.org", "\"a\""] {
            assert!(!left.contains(trace), "{trace} is left in {left}");
        }
        assert!(!user.is_active() && user.may_sign_in(&hash("a")).is_err());
        let mut owner = User {
            instance_role: InstanceRole::Owner,
            ..ada()
        };
        assert_eq!(owner.delete(), Err(Refusal::InstanceOwner));
        assert!(owner.is_active());
    }

    #[test]
    fn only_another_membership_is_told() {
        let mut user = ada();
        let monthly = Membership {
            tier: Tier::Monthly,
            valid_until: Some(Timestamp::from_micros(9)),
        };
        assert_eq!(user.set_membership(None, None), None);
        let told = user.set_membership(Some(monthly), Some(user.id)).unwrap();
        assert_eq!((told.old_tier, told.new_tier), (None, Some(Tier::Monthly)));
        assert_eq!(told.new_valid_until, monthly.valid_until);
        assert_eq!(user.set_membership(Some(monthly), None), None);
        let told = user
            .set_membership(Some(Membership::of(Tier::Monthly)), None)
            .unwrap();
        assert_eq!(
            (told.old_valid_until, told.new_valid_until),
            (monthly.valid_until, None)
        );
        let told = user.set_membership(None, None).unwrap();
        assert_eq!(
            (told.old_tier, told.new_tier, told.by),
            (Some(Tier::Monthly), None, None)
        );
    }

    #[test]
    fn only_names_that_differ_are_told() {
        let mut user = ada();
        let name = |text: &str| Some(Name::parse("/", text).unwrap());
        assert_eq!(user.rename(name("Ada"), None), None);
        let told = user.rename(name("Augusta"), name("Lovelace")).unwrap();
        assert_eq!(told.changes.new_value("first_name"), Some("Augusta"));
        assert_eq!(told.changes.new_value("last_name"), None);
        assert_eq!(user.first_name.as_str(), "Augusta");
    }
}
