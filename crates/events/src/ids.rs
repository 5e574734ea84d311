//! Typed ids: UUIDs that cannot be mistaken for one another.

use std::fmt;
use std::str::FromStr;

use althing_backbone::{JsonSchema, Uuid, Value};
use serde::{Deserialize, Serialize};

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        #[schemars(inline)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = althing_backbone::UuidError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text).map(Self)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Uuid {
                id.0
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Value {
            fn from(id: $name) -> Value {
                id.0.into()
            }
        }
    )+};
}

typed_ids! {
    /// A person; Althing's own id, never a sign-in provider's.
    UserId,
    /// This installation; there is one in each database.
    InstanceId,
    /// A workspace.
    WorkspaceId,
    /// Somebody's place in a workspace, from the invitation on.
    MemberId,
    /// A key for programs.
    ApiKeyId,
    /// A provider that people sign in with.
    OidcProviderId,
    /// An account elsewhere that somebody signs in with.
    ExternalIdentityId,
    /// A project.
    ProjectId,
    /// Something that somebody is told.
    NotificationId,
    /// A signed-in browser.
    LoginSessionId,
    /// A decision session.
    SessionId,
    /// A walk through the nine components.
    CycleId,
    /// One of the nine components of a cycle.
    ComponentId,
    /// The conversation of a component.
    ConversationId,
    /// A message of a conversation.
    MessageId,
    /// A draft: proposed content that nobody has confirmed.
    DraftId,
    /// A recorded outcome.
    OutcomeId,
    /// A share link.
    ShareLinkId,
}
