//! Signing in with accounts elsewhere.

use althing_backbone::{DomainEvent, JsonSchema};
use serde::{Deserialize, Serialize};

use crate::UserId;

/// An account can be signed in to with an account elsewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "identity.external_identity_linked",
    version = 1,
    context = "identity",
    aggregate = "user"
)]
pub struct ExternalIdentityLinked {
    /// The account.
    #[event(aggregate_id, subject, topic = "user")]
    pub user_id: UserId,
    /// Whose word is taken for who somebody is: the provider's address.
    pub issuer: String,
    /// The person's id there.
    #[event(personal)]
    pub subject: String,
}

/// An account can no longer be signed in to with that account elsewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "identity.external_identity_unlinked",
    version = 1,
    context = "identity",
    aggregate = "user"
)]
pub struct ExternalIdentityUnlinked {
    /// The account.
    #[event(aggregate_id, subject, topic = "user")]
    pub user_id: UserId,
    /// Whose word was taken for who somebody is: the provider's address.
    pub issuer: String,
    /// The person's id there.
    #[event(personal)]
    pub subject: String,
}
