//! Who calls, as the server's edge found out once for the request.

use althing_events::{LoginSessionId, UserId};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Code, KeyGrant, Membership, Problem};

/// What somebody may do with the installation itself. It gives no access to
/// anybody's decisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum InstanceRole {
    /// Set the instance up; there is exactly one.
    Owner,
    /// May operate it.
    Admin,
    /// Uses it.
    User,
}

impl InstanceRole {
    /// The stored and shown word.
    pub fn as_str(self) -> &'static str {
        match self {
            InstanceRole::Owner => "owner",
            InstanceRole::Admin => "admin",
            InstanceRole::User => "user",
        }
    }
}

/// The authenticated caller. No header of a client names it.
#[derive(Clone, PartialEq, Eq)]
pub struct Actor {
    /// The account.
    pub user_id: UserId,
    /// First and last name.
    pub name: String,
    /// The address.
    pub email: String,
    /// Their role for the instance.
    pub instance_role: InstanceRole,
    /// The browser session the call came through.
    pub login: Option<LoginSessionId>,
    /// The key it came with instead.
    pub key: Option<KeyGrant>,
    /// Their membership, if they have one of their own; else the instance's applies.
    pub membership: Option<Membership>,
}

impl Actor {
    /// Whether they may operate the instance.
    pub fn is_instance_admin(&self) -> bool {
        matches!(self.instance_role, InstanceRole::Owner | InstanceRole::Admin)
    }
}

/// Ids and role only: names and addresses never reach a log.
impl std::fmt::Debug for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Actor")
            .field("user_id", &self.user_id)
            .field("instance_role", &self.instance_role)
            .finish_non_exhaustive()
    }
}

impl<S: Sync> FromRequestParts<S> for Actor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts
            .extensions
            .get::<Actor>()
            .cloned()
            .ok_or_else(Problem::unauthenticated)
    }
}

impl Problem {
    /// 401: nobody is signed in.
    pub fn unauthenticated() -> Self {
        Problem::new(Code::Unauthenticated, "sign in first")
    }
}
