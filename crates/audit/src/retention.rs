//! How long entries are kept.

use std::time::Duration;

use althing_backbone::{Backbone, Batch, Result, Timestamp, sql};

const DAY: u64 = 24 * 60 * 60;
/// Who signed in, tried to, or signed out.
const SIGN_IN: Duration = Duration::from_secs(365 * DAY);
/// Everything else.
const USUAL: Duration = Duration::from_secs(7 * 365 * DAY);

/// Until when an entry must stay.
pub(crate) fn end(kind: &str, occurred_at: Timestamp) -> Timestamp {
    let is_about_sign_in = matches!(
        kind,
        "identity.user_logged_in" | "identity.user_logged_out" | "sign_in.failed"
    );
    occurred_at.plus(if is_about_sign_in { SIGN_IN } else { USUAL })
}

/// Deletes the entries whose time is over; the database refuses any other.
pub async fn forget_expired(backbone: &Backbone) -> Result<()> {
    let now = backbone.clock().now();
    let mut batch = Batch::new();
    batch.run(sql("DELETE FROM audit_entry WHERE keep_until < $1").bind(now));
    backbone.db().commit(batch).await?;
    Ok(())
}
