//! Events of the identity context: people, here; workspaces and keys in files of their own.

use std::collections::BTreeMap;

use althing_backbone::{DomainEvent, JsonSchema, PersonalField};
use serde::{Deserialize, Serialize};

use crate::{LoginSessionId, UserId};

mod api_key;
mod instance;
mod sign_in;
mod tier;
mod workspace;

pub use api_key::*;
pub use instance::*;
pub use sign_in::*;
pub use tier::*;
pub use workspace::*;

/// An account was stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "identity.user_registered",
    version = 1,
    context = "identity",
    aggregate = "user"
)]
pub struct UserRegistered {
    /// The account.
    #[event(aggregate_id, subject, topic = "user")]
    pub user_id: UserId,
    /// The address, in lower case.
    #[event(personal)]
    pub email: String,
    /// First name.
    #[event(personal)]
    pub first_name: String,
    /// Last name.
    #[event(personal)]
    pub last_name: String,
}

/// An account's address was confirmed for the first time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "identity.user_confirmed",
    version = 1,
    context = "identity",
    aggregate = "user"
)]
pub struct UserConfirmed {
    /// The account.
    #[event(aggregate_id, subject, topic = "user")]
    pub user_id: UserId,
    /// The confirmed address.
    #[event(personal)]
    pub email: String,
}

/// How somebody proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum LoginMethod {
    /// With a password.
    Password,
    /// With a link that was mailed.
    Link,
    /// With another sign-in provider.
    Oidc,
}

/// Somebody signed in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "identity.user_logged_in",
    version = 1,
    context = "identity",
    aggregate = "user"
)]
pub struct UserLoggedIn {
    /// The account.
    #[event(aggregate_id, subject, topic = "user")]
    pub user_id: UserId,
    /// How.
    pub method: LoginMethod,
    /// The browser session that began.
    pub session_id: LoginSessionId,
    /// A keyed hash of the network address.
    #[event(personal)]
    pub ip_hash: Option<String>,
    /// The browser's name for itself.
    #[event(personal)]
    pub user_agent: Option<String>,
}

/// Somebody signed out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "identity.user_logged_out",
    version = 1,
    context = "identity",
    aggregate = "user"
)]
pub struct UserLoggedOut {
    /// The account.
    #[event(aggregate_id, topic = "user")]
    pub user_id: UserId,
    /// The browser session that ended.
    pub session_id: LoginSessionId,
}

/// How a password came to be another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum PasswordChange {
    /// Its owner, signed in, chose a new one.
    Change,
    /// Through a link that was mailed to the account's address.
    Reset,
    /// Through a link that an operator made.
    Admin,
}

/// An account has another password; all its browser sessions have ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "identity.user_password_changed",
    version = 1,
    context = "identity",
    aggregate = "user"
)]
pub struct UserPasswordChanged {
    /// The account.
    #[event(aggregate_id, topic = "user")]
    pub user_id: UserId,
    /// How.
    pub method: PasswordChange,
}

/// A field of an account before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct FieldChange {
    /// What it held.
    pub old: Option<String>,
    /// What it holds.
    pub new: Option<String>,
}

/// What changed in an account, by the names of its fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub enum AccountChanges {
    /// `first_name`, `last_name`.
    Fields(BTreeMap<String, FieldChange>),
    /// The person's key was deleted.
    Erased(String),
}

impl PersonalField for AccountChanges {}

impl AccountChanges {
    /// What a field holds now, if it changed and the person was not erased.
    pub fn new_value(&self, field: &str) -> Option<&str> {
        match self {
            AccountChanges::Fields(fields) => fields.get(field)?.new.as_deref(),
            AccountChanges::Erased(_) => None,
        }
    }
}

/// Somebody changed their profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "identity.user_updated",
    version = 1,
    context = "identity",
    aggregate = "user"
)]
pub struct UserUpdated {
    /// The account.
    #[event(aggregate_id, subject, topic = "user")]
    pub user_id: UserId,
    /// Each changed field with its old and new value.
    #[event(personal)]
    pub changes: AccountChanges,
}

/// An account has another address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "identity.user_email_changed",
    version = 1,
    context = "identity",
    aggregate = "user"
)]
pub struct UserEmailChanged {
    /// The account.
    #[event(aggregate_id, subject, topic = "user")]
    pub user_id: UserId,
    /// The address it has now, in lower case.
    #[event(personal)]
    pub email: String,
    /// The address it had.
    #[event(personal)]
    pub previous_email: String,
}

/// An operator closed an account for now; its browser sessions have ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "identity.user_suspended",
    version = 1,
    context = "identity",
    aggregate = "user"
)]
pub struct UserSuspended {
    /// The account.
    #[event(aggregate_id, topic = "user")]
    pub user_id: UserId,
    /// Who closed it.
    pub by: UserId,
    /// Why, in words.
    pub reason: Option<String>,
}

/// An operator opened a suspended account again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "identity.user_reactivated",
    version = 1,
    context = "identity",
    aggregate = "user"
)]
pub struct UserReactivated {
    /// The account.
    #[event(aggregate_id, topic = "user")]
    pub user_id: UserId,
    /// Who opened it; absent when it was done on the command line.
    pub by: Option<UserId>,
}

/// An account is gone; its names and addresses can be read nowhere any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "identity.user_deleted",
    version = 1,
    context = "identity",
    aggregate = "user"
)]
pub struct UserDeleted {
    /// The account.
    #[event(aggregate_id, topic = "user")]
    pub user_id: UserId,
}
