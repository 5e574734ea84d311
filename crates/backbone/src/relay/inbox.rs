//! Which events a subscription that is fed by a broker has handled: one row for
//! each, written with the effect. There is no window after which one is forgotten.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use althing_db::{Batch, Db, Statement, Timestamp, sql};
use uuid::Uuid;

use crate::relay::Message;
use crate::subscription::FENCED;

/// Which of these were handled before.
pub(super) async fn known(db: &Db, subscription: &str, ids: &[Uuid]) -> althing_db::Result<HashSet<Uuid>> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let marks: Vec<String> = (2..ids.len() + 2).map(|number| format!("${number}")).collect();
    let text = format!(
        "SELECT event_id FROM inbox_event WHERE subscription = $1 AND event_id IN ({})",
        marks.join(", ")
    );
    let statement = ids
        .iter()
        .fold(sql(text).bind(subscription), |text, id| text.bind(*id));
    Ok(statement.all::<Uuid>(db).await?.into_iter().collect())
}

/// It is handled now. A second row for the same event is refused by the table.
pub(super) fn handled(subscription: &str, message: &Message) -> Statement {
    sql("INSERT INTO inbox_event (subscription, event_id, source, position) VALUES ($1, $2, $3, $4)")
        .bind(subscription)
        .bind(message.envelope.event_id)
        .bind(&*message.source)
        .bind(message.envelope.position)
}

/// What was removed from the stream and not reloaded yet, oldest first.
pub(super) async fn losses(db: &Db, subscription: &str) -> althing_db::Result<Vec<RangeInclusive<i64>>> {
    let rows: Vec<(i64, i64)> =
        sql("SELECT first_position, last_position FROM inbox_loss WHERE subscription = $1 ORDER BY first_position")
            .bind(subscription)
            .all(db)
            .await?;
    Ok(rows.into_iter().map(|(first, last)| first..=last).collect())
}

/// These are missing: known here also after a restart, when the broker tells no more.
pub(super) fn lost(subscription: &str, range: &RangeInclusive<i64>) -> Statement {
    sql(
        "INSERT INTO inbox_loss (subscription, first_position, last_position) VALUES ($1, $2, $3) \
         ON CONFLICT (subscription, first_position, last_position) DO NOTHING",
    )
    .bind(subscription)
    .bind(*range.start())
    .bind(*range.end())
}

/// These are missing no more.
pub(super) fn made_good(subscription: &str, range: &RangeInclusive<i64>) -> Statement {
    sql("DELETE FROM inbox_loss WHERE subscription = $1 AND first_position = $2 AND last_position = $3")
        .bind(subscription)
        .bind(*range.start())
        .bind(*range.end())
}

/// Shows how far it is, if it still belongs to this owner.
pub(super) fn seen(batch: &mut Batch, name: &str, epoch: i64, position: i64, now: Timestamp) {
    batch.expect(
        1,
        FENCED,
        sql("UPDATE subscription SET position = CASE WHEN position < $1 THEN $1 ELSE position END, updated_at = $2 \
             WHERE name = $3 AND epoch = $4")
        .bind(position)
        .bind(now)
        .bind(name)
        .bind(epoch),
    );
}
