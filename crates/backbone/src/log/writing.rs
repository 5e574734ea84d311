//! The statements that put an event into the log, in one text for each database.

use std::sync::Arc;

use althing_db::{Outcome, Statement, Timestamp, sql};

use crate::envelope::Envelope;

/// Gives each event the numbers that its statement returned.
pub(crate) fn numbered(events: Vec<Envelope>, outcomes: &[Outcome], first: usize) -> Vec<Arc<Envelope>> {
    events
        .into_iter()
        .zip(&outcomes[first..])
        .map(|(mut event, outcome)| {
            event.position = outcome.integer(0, 0).unwrap_or(0);
            event.aggregate_seq = outcome.integer(0, 1).unwrap_or(0);
            Arc::new(event)
        })
        .collect()
}

/// Touches one row exactly if the expectation holds inside the transaction.
pub(super) fn guard(expected: i64) -> Statement {
    let guard = sql("UPDATE log_state SET one = one WHERE one = 1 AND $1 = \
         coalesce((SELECT max(aggregate_seq) FROM event_log WHERE aggregate_type = $2 AND aggregate_id = $3), \
         (SELECT last FROM archived_sequence WHERE aggregate_type = $2 AND aggregate_id = $3), 0)");
    if expected == 0 {
        return guard.on_postgres(
            "INSERT INTO aggregate_sequence (aggregate_type, aggregate_id, last) VALUES ($2, $3, $1) ON CONFLICT DO NOTHING",
        );
    }
    guard.on_postgres(
        "UPDATE aggregate_sequence SET last = last WHERE aggregate_type = $2 AND aggregate_id = $3 AND last = $1",
    )
}

pub(crate) fn insert(event: &Envelope, now: Timestamp) -> Statement {
    sql("INSERT INTO event_log (id, event_type, event_version, aggregate_type, aggregate_id, aggregate_seq, workspace_id, \
         actor_id, correlation_id, causation_id, trace, metadata, data, occurred_at, inserted_at) \
         VALUES ($1, $2, $3, $4, $5, \
         coalesce((SELECT max(aggregate_seq) FROM event_log WHERE aggregate_type = $4 AND aggregate_id = $5), \
         (SELECT last FROM archived_sequence WHERE aggregate_type = $4 AND aggregate_id = $5), 0) + 1, \
         $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING position, aggregate_seq")
    // The id is drawn when the aggregate's row is locked, so that ids rise with the
    // sequence numbers of an aggregate.
    .on_postgres(
        "WITH one AS (INSERT INTO event_identity (event_id) VALUES ($1)), \
         head AS (INSERT INTO aggregate_sequence AS s (aggregate_type, aggregate_id, last) VALUES ($4, $5, 1) \
         ON CONFLICT (aggregate_type, aggregate_id) DO UPDATE SET last = s.last + 1 RETURNING last) \
         INSERT INTO event_entry (id, event_id, event_type, event_version, aggregate_type, aggregate_id, aggregate_seq, \
         workspace_id, actor_id, correlation_id, causation_id, trace, metadata, data, occurred_at, inserted_at) \
         SELECT nextval('event_entry_id'), $1, $2, $3, $4, $5, last, $6, $7, $8, $9, $10, $11, $12, $13, $14 FROM head",
    )
    // The same for many: the sort draws the ids only once all the rows are locked.
    .for_many(
        "WITH given AS (SELECT * FROM unnest($1::TEXT[], $2::TEXT[], $3::BIGINT[], $4::TEXT[], $5::TEXT[], $6::TEXT[], $7::TEXT[], \
         $8::TEXT[], $9::TEXT[], $10::TEXT[], $11::TEXT[], $12::TEXT[], $13::TEXT[], $14::TEXT[]) WITH ORDINALITY \
         AS g(event_id, event_type, event_version, aggregate_type, aggregate_id, workspace_id, actor_id, \
         correlation_id, causation_id, trace, metadata, data, occurred_at, inserted_at, place)), \
         one AS (INSERT INTO event_identity (event_id) SELECT event_id FROM given), \
         head AS (INSERT INTO aggregate_sequence AS s (aggregate_type, aggregate_id, last) \
         SELECT aggregate_type, aggregate_id, count(*) FROM given GROUP BY aggregate_type, aggregate_id \
         ORDER BY aggregate_type, aggregate_id \
         ON CONFLICT (aggregate_type, aggregate_id) DO UPDATE SET last = s.last + excluded.last \
         RETURNING aggregate_type, aggregate_id, last) \
         INSERT INTO event_entry (id, event_id, event_type, event_version, aggregate_type, aggregate_id, aggregate_seq, \
         workspace_id, actor_id, correlation_id, causation_id, trace, metadata, data, occurred_at, inserted_at) \
         SELECT nextval('event_entry_id'), o.* FROM (\
         SELECT g.event_id, g.event_type, g.event_version, g.aggregate_type, g.aggregate_id, \
         h.last + 1 - row_number() OVER (PARTITION BY h.aggregate_type, h.aggregate_id ORDER BY g.place DESC), \
         g.workspace_id, g.actor_id, g.correlation_id, g.causation_id, g.trace, g.metadata, g.data, g.occurred_at, g.inserted_at \
         FROM given g JOIN head h ON h.aggregate_id = g.aggregate_id AND h.aggregate_type = g.aggregate_type \
         ORDER BY g.place) AS o",
    )
    .bind(event.event_id)
    .bind(&*event.event_type)
    .bind(event.event_version)
    .bind(&*event.aggregate_type)
    .bind(event.aggregate_id)
    .bind(event.workspace_id)
    .bind(event.actor_id)
    .bind(event.correlation_id)
    .bind(event.causation_id)
    .bind(event.trace.as_deref())
    .bind(&*event.metadata)
    .bind(&*event.data)
    .bind(event.occurred_at)
    .bind(now)
}
