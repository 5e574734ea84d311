//! The instance itself.

use althing_backbone::{DomainEvent, JsonSchema};
use serde::{Deserialize, Serialize};

use crate::InstanceId;

/// An operator changed settings of the instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "identity.instance_settings_changed",
    version = 1,
    context = "identity",
    aggregate = "instance"
)]
pub struct InstanceSettingsChanged {
    /// The instance.
    #[event(aggregate_id)]
    pub instance_id: InstanceId,
    /// The names of the settings that changed, never their values.
    pub keys: Vec<String>,
}
