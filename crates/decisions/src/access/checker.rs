//! AccessChecker: what somebody's membership lets them do now, and how much of it they have used.
//!
//! The commands ask the same questions once more, in the commit that does it.

use althing_backbone::{Db, Timestamp};
use althing_events::{SessionId, UserId};
use althing_web::{Feature, Membership, TierLimits};
use schemars::JsonSchema;
use serde::Serialize;

use super::{quota, tiers};
use crate::error::Result;
use crate::outputs::ComponentType;
use crate::session::port::has_component;

/// Asks on behalf of people, at one moment.
#[derive(Clone, Copy, Debug)]
pub struct AccessChecker<'a> {
    db: &'a Db,
    now: Timestamp,
}

/// How much somebody has used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Usage {
    pub active_sessions: i64,
    pub archived_sessions: i64,
    /// Of a day in UTC.
    pub ai_messages_today: i64,
}

impl<'a> AccessChecker<'a> {
    pub const fn new(db: &'a Db, now: Timestamp) -> Self {
        Self { db, now }
    }

    /// What they have: their own tier, or the instance's.
    pub async fn tier(&self, user: UserId) -> Result<Membership> {
        tiers::membership(self.db, user).await
    }

    pub async fn limits(&self, user: UserId) -> Result<TierLimits> {
        Ok(self.tier(user).await?.limits())
    }

    /// Counted anew each time.
    pub async fn usage(&self, user: UserId) -> Result<Usage> {
        Ok(Usage {
            active_sessions: quota::sessions(self.db, user, "active").await?,
            archived_sessions: quota::sessions(self.db, user, "archived").await?,
            ai_messages_today: quota::messages(self.db, user, &self.now.date()).await?,
        })
    }

    pub async fn can_read(&self, user: UserId) -> Result<()> {
        Ok(self.tier(user).await?.may_read()?)
    }

    pub async fn can_write(&self, user: UserId) -> Result<()> {
        self.writable(user).await.map(drop)
    }

    pub async fn can_create_session(&self, user: UserId) -> Result<()> {
        let plan = self.writable(user).await?;
        quota::session_room(self.db, user, &plan).await
    }

    pub async fn can_archive_session(&self, user: UserId) -> Result<()> {
        let plan = self.writable(user).await?;
        quota::archive_room(self.db, user, &plan).await
    }

    /// Also by branching; the session's owner's membership says how many there may be.
    pub async fn can_create_cycle(&self, user: UserId, session: SessionId) -> Result<()> {
        self.can_write(user).await?;
        let plan = tiers::of_owner(self.db, session).await?;
        plan.may_write(self.now)?;
        quota::cycle_room(self.db, session, &plan).await
    }

    /// In a session of theirs.
    pub async fn can_access_component(&self, user: UserId, component: ComponentType) -> Result<()> {
        Ok(has_component(&self.tier(user).await?, component)?)
    }

    pub async fn can_send_ai_message(&self, user: UserId) -> Result<()> {
        let plan = self.writable(user).await?;
        quota::message_room(self.db, user, &plan, &self.now.date()).await
    }

    pub async fn can_export(&self, user: UserId) -> Result<()> {
        self.includes(user, Feature::Export).await
    }

    pub async fn includes(&self, user: UserId, feature: Feature) -> Result<()> {
        Ok(self.tier(user).await?.includes(feature)?)
    }

    async fn writable(&self, user: UserId) -> Result<Membership> {
        let plan = self.tier(user).await?;
        plan.may_write(self.now)?;
        Ok(plan)
    }
}
