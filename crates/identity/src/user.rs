//! The user: an account, and what the rules say about it.

use althing_backbone::{Aggregate, Timestamp};
use althing_events::UserId;
use althing_events::identity::{UserConfirmed, UserRegistered};
use althing_web::InstanceRole;
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
    /// A confirmed account with a password, and the events that tell of it.
    pub fn register_confirmed(
        id: UserId,
        names: (Name, Name),
        email: Email,
        password: PasswordHash,
        instance_role: InstanceRole,
        now: Timestamp,
    ) -> (Self, UserRegistered, UserConfirmed) {
        let (first_name, last_name) = names;
        let registered = UserRegistered {
            user_id: id,
            email: email.as_str().to_owned(),
            first_name: first_name.as_str().to_owned(),
            last_name: last_name.as_str().to_owned(),
        };
        let confirmed = UserConfirmed {
            user_id: id,
            email: email.as_str().to_owned(),
        };
        let user = Self {
            id,
            first_name,
            last_name,
            email,
            password: Some(password),
            confirmed_at: Some(now),
            status: Status::Active,
            instance_role,
            registered_at: now,
        };
        (user, registered, confirmed)
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
}
