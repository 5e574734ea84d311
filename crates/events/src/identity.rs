//! Events of the identity context.

use althing_backbone::{DomainEvent, JsonSchema};
use serde::{Deserialize, Serialize};

use crate::{LoginSessionId, UserId};

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
