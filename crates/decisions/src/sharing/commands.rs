//! Making, revoking and exchanging links.

use std::time::Duration;

use althing_backbone::{Command, Timestamp, UnitOfWork, sql};
use althing_events::decisions::{ShareLinkCreated, ShareLinkRevoked};
use althing_events::{SessionId, ShareLinkId, UserId};
use althing_web::{Code, Feature};

use crate::access::{Grant, Scope, tiers};
use crate::error::{Error, Result};
use crate::session::field;
use crate::session::port::require_writable;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a link lives if nobody says otherwise.
const USUAL: Duration = DAY.saturating_mul(30);
/// How long it may live; a leap year is a year, too.
const LONGEST: Duration = DAY.saturating_mul(366);
/// How long a pass lasts.
pub const PASS: Duration = Duration::from_secs(60 * 60);

/// Makes a link. The token itself stays outside.
#[derive(Clone, Debug)]
pub struct CreateShareLink {
    pub session_id: SessionId,
    pub user_id: UserId,
    pub token_hash: String,
    pub scope: Scope,
    /// In 30 days if not said.
    pub expires_at: Option<Timestamp>,
}

impl Command for CreateShareLink {
    type Output = ShareLinkId;
    type Error = Error;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<ShareLinkId> {
        let now = uow.now();
        let expires_at = end_of(self.expires_at, now)?;
        let plan = tiers::membership(uow, self.user_id).await?;
        plan.includes(Feature::ShareLinks)?;
        require_writable(uow, self.session_id).await?;
        let share_link_id = ShareLinkId(uow.new_id());
        uow.record(&ShareLinkCreated {
            session_id: self.session_id,
            share_link_id,
            user_id: self.user_id,
            scope: self.scope.as_str().to_owned(),
            expires_at,
            created_at: now,
        })?;
        uow.execute(
            sql("INSERT INTO share_link (id, session_id, token_hash, scope, created_by, created_at, expires_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7)")
            .bind(share_link_id)
            .bind(self.session_id)
            .bind(&self.token_hash)
            .bind(self.scope.as_str())
            .bind(self.user_id)
            .bind(now)
            .bind(expires_at),
        );
        Ok(share_link_id)
    }
}

/// When a link ends: in 30 days, or when its maker says, within a year.
fn end_of(wanted: Option<Timestamp>, now: Timestamp) -> Result<Timestamp> {
    let Some(wanted) = wanted else {
        return Ok(now.plus(USUAL));
    };
    if wanted <= now {
        return Err(field("/expires_at", "out_of_range", "must be in the future"));
    }
    if wanted > now.plus(LONGEST) {
        return Err(field("/expires_at", "out_of_range", "must be within a year"));
    }
    Ok(wanted)
}

/// Revokes a link; a second time does nothing.
#[derive(Clone, Debug)]
pub struct RevokeShareLink {
    pub session_id: SessionId,
    pub share_link_id: ShareLinkId,
    pub user_id: UserId,
}

impl Command for RevokeShareLink {
    type Output = ();
    type Error = Error;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<()> {
        tiers::may_write(uow, self.session_id).await?;
        let revoked: Option<Option<Timestamp>> =
            sql("SELECT revoked_at FROM share_link WHERE id = $1 AND session_id = $2")
                .bind(self.share_link_id)
                .bind(self.session_id)
                .optional(uow)
                .await?;
        if revoked.ok_or(Error::NotFound(Code::ShareLinkNotFound))?.is_some() {
            return Ok(());
        }
        let now = uow.now();
        uow.record(&ShareLinkRevoked {
            session_id: self.session_id,
            share_link_id: self.share_link_id,
            user_id: self.user_id,
            revoked_at: now,
        })?;
        // Of two at once one revokes it; the other finds it done when it tries again.
        uow.expect(
            1,
            "share link",
            sql("UPDATE share_link SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL")
                .bind(now)
                .bind(self.share_link_id),
        );
        uow.execute(sql("DELETE FROM share_pass WHERE share_link_id = $1").bind(self.share_link_id));
        Ok(())
    }
}

/// Gives out a pass for a link, and forgets those that have ended.
#[derive(Clone, Debug)]
pub struct IssuePass {
    pub grant: Grant,
    pub token_hash: String,
}

impl Command for IssuePass {
    /// When it ends.
    type Output = Timestamp;
    type Error = Error;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<Timestamp> {
        let now = uow.now();
        let expires_at = self.grant.expires_at.min(now.plus(PASS));
        uow.execute(sql("DELETE FROM share_pass WHERE expires_at <= $1").bind(now));
        uow.execute(
            sql("INSERT INTO share_pass (token_hash, share_link_id, expires_at) VALUES ($1, $2, $3)")
                .bind(&self.token_hash)
                .bind(self.grant.link)
                .bind(expires_at),
        );
        Ok(expires_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_lives_for_thirty_days_or_as_long_as_its_maker_says_within_a_year() {
        let now = Timestamp::from_micros(0);
        assert_eq!(end_of(None, now).unwrap(), now.plus(DAY * 30));
        for good in [now.plus(DAY), now.plus(DAY * 366)] {
            assert_eq!(end_of(Some(good), now).unwrap(), good);
        }
        for bad in [now, now.minus(DAY), now.plus(DAY * 367)] {
            assert!(
                matches!(end_of(Some(bad), now), Err(Error::InvalidFields(_))),
                "{bad}"
            );
        }
    }
}
