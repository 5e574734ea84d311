//! Events of the notifications context. None of them says what a notification is
//! about: that is between it and the person it is for.

use std::collections::BTreeMap;

use althing_backbone::{DomainEvent, JsonSchema};
use serde::{Deserialize, Serialize};

use crate::identity::FieldChange;
use crate::{MemberId, NotificationId, UserId, WorkspaceId};

/// What somebody answered through a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum NotificationAction {
    /// They take up what they are offered.
    Accepted,
    /// They do not.
    Declined,
}

impl NotificationAction {
    /// The stored and shown word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Declined => "declined",
        }
    }

    /// The action with that word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Accepted, Self::Declined]
            .into_iter()
            .find(|action| action.as_str() == word)
    }
}

/// Somebody is told something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "notifications.notification_created",
    version = 1,
    context = "notifications",
    aggregate = "notification"
)]
pub struct NotificationCreated {
    /// The notification.
    #[event(aggregate_id)]
    pub notification_id: NotificationId,
    /// Who is told.
    #[event(topic = "user")]
    pub user_id: UserId,
    /// What kind of thing they are told, such as `workspace_invitation`. A word and no closed list: kinds are added without a new version.
    #[serde(rename = "type")]
    pub kind: String,
}

/// Somebody has read a notification.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "notifications.notification_read",
    version = 1,
    context = "notifications",
    aggregate = "notification"
)]
pub struct NotificationRead {
    /// The notification.
    #[event(aggregate_id)]
    pub notification_id: NotificationId,
    /// Who read it.
    #[event(topic = "user")]
    pub user_id: UserId,
}

/// Somebody answered an invitation through its notification.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "notifications.notification_action_taken",
    version = 1,
    context = "notifications",
    aggregate = "notification"
)]
pub struct NotificationActionTaken {
    /// The notification.
    #[event(aggregate_id)]
    pub notification_id: NotificationId,
    /// Who answered.
    #[event(topic = "user")]
    pub user_id: UserId,
    /// What they answered.
    pub action: NotificationAction,
    /// The kind of the notification.
    #[serde(rename = "type")]
    pub kind: String,
    /// The workspace they are invited to.
    pub workspace_id: WorkspaceId,
    /// The invitation.
    pub member_id: MemberId,
}

/// Somebody chose how, or when, they are told things.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "notifications.notification_preferences_changed",
    version = 1,
    context = "notifications",
    aggregate = "notification_preferences"
)]
pub struct NotificationPreferencesChanged {
    /// Whose preferences they are.
    #[event(aggregate_id, topic = "user")]
    pub user_id: UserId,
    /// Each kind of notification, `digest_hour` and `time_zone`, where it changed, with its old and new word; never empty.
    pub changes: BTreeMap<String, FieldChange>,
}
