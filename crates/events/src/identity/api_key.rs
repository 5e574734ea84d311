//! Keys by which programs act for somebody.

use std::collections::BTreeMap;

use althing_backbone::{DomainEvent, JsonSchema};
use serde::{Deserialize, Serialize};

use crate::{ApiKeyId, UserId, WorkspaceId};

/// A field of a key before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct KeyChange {
    /// What it held.
    pub old: Vec<String>,
    /// What it holds.
    pub new: Vec<String>,
}

/// Somebody made a key; the key itself is told to them alone, once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "identity.api_key_created",
    version = 1,
    context = "identity",
    aggregate = "api_key"
)]
pub struct ApiKeyCreated {
    /// The key.
    #[event(aggregate_id)]
    pub api_key_id: ApiKeyId,
    /// Whose key it is.
    #[event(topic = "user")]
    pub user_id: UserId,
    /// What they call it.
    pub name: String,
    /// The part of it that may be shown.
    pub prefix: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Where it may do it.
    pub workspaces: Vec<WorkspaceId>,
}

/// A key has another name, description, other scopes or workspaces.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "identity.api_key_updated",
    version = 1,
    context = "identity",
    aggregate = "api_key"
)]
pub struct ApiKeyUpdated {
    /// The key.
    #[event(aggregate_id)]
    pub api_key_id: ApiKeyId,
    /// Whose key it is.
    #[event(topic = "user")]
    pub user_id: UserId,
    /// Each changed field with what it held and holds; texts are lists of one or none.
    pub changes: BTreeMap<String, KeyChange>,
}

/// A key was revoked, for good.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "identity.api_key_revoked",
    version = 1,
    context = "identity",
    aggregate = "api_key"
)]
pub struct ApiKeyRevoked {
    /// The key.
    #[event(aggregate_id)]
    pub api_key_id: ApiKeyId,
    /// Whose key it is.
    #[event(topic = "user")]
    pub user_id: UserId,
}
