//! How long notifications are kept.

use std::time::Duration;

use althing_backbone::{Backbone, Batch, Result, sql};

/// Notifications that were read are kept this long.
const KEPT: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// Days of daily mails are remembered this long; nobody asks for older ones.
const RUNS_KEPT: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// Deletes what was read long ago. Nothing is recorded: it is no act of anybody's.
pub async fn forget_old(backbone: &Backbone) -> Result<()> {
    let now = backbone.clock().now();
    let mut batch = Batch::new();
    batch.run(
        sql("DELETE FROM notification WHERE read_at IS NOT NULL AND read_at < $1").bind(now.minus(KEPT)),
    );
    batch.run(sql("DELETE FROM notification_digest_run WHERE sent_at < $1").bind(now.minus(RUNS_KEPT)));
    backbone.db().commit(batch).await?;
    Ok(())
}
