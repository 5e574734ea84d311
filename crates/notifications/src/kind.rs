//! What people are told, and how.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A list of words, each stored and shown as it stands here.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$about])* $variant,)+ }

        impl $name {
            /// All of them, in the order in which they are shown.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stored and shown word.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The one with that word.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == word)
            }
        }
    };
}

words! {
    /// What a notification is about. Further kinds come with the contexts that cause them.
    Kind {
        /// Somebody is asked to come into a workspace.
        WorkspaceInvitation = "workspace_invitation",
        /// Somebody came into a workspace.
        WorkspaceMemberJoined = "workspace_member_joined",
        /// Somebody is no longer in a workspace.
        WorkspaceMemberRemoved = "workspace_member_removed",
        /// Somebody has another role in a workspace.
        RoleChanged = "role_changed",
        /// A cycle of a decision was completed.
        DecisionCompleted = "decision_completed",
    }
}

words! {
    /// How somebody is told.
    Channel {
        /// Not at all.
        Off = "off",
        /// In the app.
        InApp = "in_app",
        /// In the app and by mail at once.
        Mail = "mail",
        /// In the app and by the daily mail.
        Digest = "digest",
    }
}

impl Kind {
    /// How people are told unless they choose.
    pub const fn usual_channel(self) -> Channel {
        match self {
            Self::WorkspaceInvitation => Channel::Mail,
            _ => Channel::InApp,
        }
    }

    /// Whether somebody may choose not to be told: of an invitation they would never
    /// learn in another way.
    pub const fn may_be_off(self) -> bool {
        !matches!(self, Self::WorkspaceInvitation)
    }

    /// Whether another context mails it: the mail of an invitation carries a secret link,
    /// which only identity has.
    pub const fn is_mailed_elsewhere(self) -> bool {
        matches!(self, Self::WorkspaceInvitation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_distinct_and_those_of_json() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()), Some(*kind));
            assert_eq!(serde_json::json!(kind), kind.as_str());
        }
        for channel in Channel::ALL {
            assert_eq!(Channel::parse(channel.as_str()), Some(*channel));
            assert_eq!(serde_json::json!(channel), channel.as_str());
        }
        assert_eq!(Kind::parse("nothing"), None);
    }
}
