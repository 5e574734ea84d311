//! Who calls a door of a session: somebody with an account, with a link, or with both.

use std::sync::Arc;

use althing_backbone::{DbError, Query, Timestamp};
use althing_events::{SessionId, ShareLinkId, UserId, WorkspaceId};
use althing_web::{
    Actor, AppState, Channel, Code, OpenChannel, Operation, Problem, RateLimits, Taken, share_cookies,
    share_token,
};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::right::Scope;
use crate::sharing::port as links;

/// A link that somebody has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    pub link: ShareLinkId,
    pub session: SessionId,
    pub scope: Scope,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

/// By what rights somebody comes.
#[derive(Clone, Debug, Default)]
pub struct Who {
    pub user: Option<UserId>,
    pub grants: Vec<Grant>,
    /// Somebody's program, by a key, reaches what lies in these workspaces or in none.
    pub only_in: Option<Arc<[WorkspaceId]>>,
}

impl Who {
    /// Somebody with an account and no link.
    pub fn user(user: UserId) -> Self {
        Self {
            user: Some(user),
            ..Self::default()
        }
    }

    /// Whether the key, if they came with one, reaches there.
    pub fn reaches(&self, workspace: Option<WorkspaceId>) -> bool {
        match (&self.only_in, workspace) {
            (Some(only), Some(workspace)) => only.contains(&workspace),
            _ => true,
        }
    }

    /// The most that a link shows of this session.
    pub fn scope(&self, session: SessionId) -> Option<Scope> {
        self.grants
            .iter()
            .filter(|grant| grant.session == session)
            .map(|grant| grant.scope)
            .max_by_key(|scope| scope.right())
    }

    /// The same without the links that have ended meanwhile.
    pub async fn as_of(&mut self, on: &impl Query, now: Timestamp) -> Result<(), DbError> {
        let mut left = Vec::new();
        for grant in std::mem::take(&mut self.grants) {
            if grant.expires_at > now && links::is_alive(on, grant.link, now).await? {
                left.push(grant);
            }
        }
        self.grants = left;
        Ok(())
    }
}

/// Somebody with an account, or their program.
impl From<&Actor> for Who {
    fn from(actor: &Actor) -> Self {
        Self {
            only_in: actor.key.as_ref().map(|key| key.workspaces.clone()),
            ..Self::user(actor.user_id)
        }
    }
}

/// Who calls. A link that is none is 404 for somebody who has nothing else.
#[derive(Clone, Debug)]
pub struct Caller {
    actor: Option<Actor>,
    pub who: Who,
}

impl Caller {
    /// The account, for what only people with an account may do.
    pub fn user(&self) -> Result<UserId, Problem> {
        self.who
            .user
            .ok_or_else(|| Problem::new(Code::Forbidden, "sign in to do this; a link only shows"))
    }

    /// A place for a connection that stays open. Whoever has only a link is counted when
    /// they connect, by their address.
    pub fn place(&self, state: &AppState, channel: Channel) -> Result<Option<OpenChannel>, Problem> {
        let limits = state.get::<RateLimits>();
        let place = |actor: &Actor| {
            let tier = limits.membership(actor.membership).tier;
            limits.open(actor.user_id, tier, channel)
        };
        self.actor.as_ref().map(place).transpose()
    }

    /// The account, if there is one.
    pub fn actor(&self) -> Option<&Actor> {
        self.actor.as_ref()
    }
}

/// Who calls stands in no part of the description but its security.
impl Taken for Caller {
    fn describe(_: &mut Operation<'_>) {}
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let actor = parts.extensions.get::<Actor>().cloned();
        let (db, now) = (state.backbone.db(), state.backbone.clock().now());
        let mut grants = Vec::new();
        for pass in share_cookies(&parts.headers) {
            grants.extend(links::of_pass(db, pass, now).await?);
        }
        if let Some(token) = share_token(&parts.headers) {
            grants.extend(links::of_token(db, token, now).await?);
        }
        if actor.is_none() && grants.is_empty() {
            return Err(
                match share_token(&parts.headers).or(share_cookies(&parts.headers).next()) {
                    Some(_) => Problem::not_found::<ShareLinkId>(),
                    None => Problem::unauthenticated(),
                },
            );
        }
        for grant in &grants {
            links::note_use(state, grant, parts);
        }
        let mut who = actor.as_ref().map(Who::from).unwrap_or_default();
        who.grants = grants;
        Ok(Self { actor, who })
    }
}
