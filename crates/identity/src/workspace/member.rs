//! Somebody's place in a workspace: an invitation first, then a membership.

use std::time::Duration;

use althing_backbone::Timestamp;
use althing_events::identity::MemberRole;
use althing_events::{MemberId, OidcProviderId, UserId};
use serde::{Deserialize, Serialize};

use crate::fields::Email;

/// How long an invitation waits for its answer.
pub(super) const INVITATION_LIFE: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// How somebody came to have a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Source {
    /// Made the workspace.
    Creator,
    /// Was invited.
    Invitation,
    /// A sign-in provider puts them into a group.
    Oidc,
}

impl Source {
    pub fn as_str(self) -> &'static str {
        match self {
            Source::Creator => "creator",
            Source::Invitation => "invitation",
            Source::Oidc => "oidc",
        }
    }
}

/// What a place's invitation says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Invitation {
    pub by: UserId,
    pub at: Timestamp,
    pub expires_at: Timestamp,
    /// SHA-256 of what its link carries.
    pub token_hash: String,
    /// The account that was told of it.
    #[serde(default)]
    pub known: Option<UserId>,
}

/// Whether somebody has taken their place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub(super) enum State {
    /// The invitation waits.
    Pending,
    /// They are in.
    Accepted { user_id: UserId, joined_at: Timestamp },
}

/// A place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Member {
    pub id: MemberId,
    /// The address that was invited, or that the creator had.
    pub email: Email,
    pub role: MemberRole,
    pub source: Source,
    /// Which provider says so, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<OidcProviderId>,
    pub invitation: Option<Invitation>,
    #[serde(flatten)]
    pub state: State,
}

impl Member {
    /// Who has taken it.
    pub fn user(&self) -> Option<UserId> {
        match self.state {
            State::Pending => None,
            State::Accepted { user_id, .. } => Some(user_id),
        }
    }

    /// Its invitation, while that waits.
    pub fn pending(&self) -> Option<&Invitation> {
        self.invitation.as_ref().filter(|_| self.state == State::Pending)
    }
}
