//! What the figures are called and what they mean.

use althing_backbone::figures::{self, PUBLISHED};
use metrics::{Key, Unit, describe_counter, describe_gauge, describe_histogram};

pub(crate) const REQUESTS: &str = "http_requests_total";
pub(crate) const REQUEST_DURATION: &str = "http_request_duration_seconds";
pub(crate) const RATE_LIMIT_HITS: &str = "rate_limit_hits_total";
pub(crate) const ERRORS: &str = "althing_errors_total";
pub(super) const STEP_DURATION: &str = "component_duration_seconds";
pub(super) const MESSAGE_LENGTH: &str = "message_length_chars";

/// Events that are also counted under a name of their own.
const SECOND_NAMES: [(&str, &str); 8] = [
    ("session.created", "sessions_created_total"),
    ("session.archived", "sessions_archived_total"),
    ("cycle.created", "cycles_created_total"),
    ("cycle.branched", "cycles_branched_total"),
    ("cycle.completed", "cycles_completed_total"),
    ("component.started", "components_started_total"),
    ("component.completed", "components_completed_total"),
    ("message.sent", "messages_sent_total"),
];

/// The other name of an event's counter.
pub(super) fn second_name(key: &Key) -> Option<&'static str> {
    if key.name() != PUBLISHED {
        return None;
    }
    let event_type = key.labels().find(|label| label.key() == "event_type")?.value();
    SECOND_NAMES
        .iter()
        .find(|(published, _)| *published == event_type)
        .map(|(_, name)| *name)
}

/// Gives the recorder that is installed the meaning of each name.
pub fn describe() {
    figures::describe();
    describe_counter!(REQUESTS, "Requests by route, method and status.");
    describe_histogram!(
        REQUEST_DURATION,
        Unit::Seconds,
        "Time from a request to the head of its answer, by route and method."
    );
    describe_counter!(
        RATE_LIMIT_HITS,
        "Requests that were refused as too many, by route."
    );
    describe_counter!(
        ERRORS,
        "Errors in the log, by the part of the program that logged them."
    );
    for (_, name) in SECOND_NAMES {
        describe_counter!(name, "Counted when this process commits the event.");
    }
    describe_gauge!("sessions_active", "Decision sessions that are not archived.");
    describe_histogram!(
        STEP_DURATION,
        Unit::Seconds,
        "Time from the first start of a component to its completion."
    );
    describe_histogram!(MESSAGE_LENGTH, "Characters of a message that a person sent.");
    describe_counter!(
        "mails_total",
        "Mails by their result: sent, failed (another attempt follows) or refused for good."
    );
    subscriptions();
    live();
    store();
}

fn subscriptions() {
    describe_gauge!(
        "althing_subscription_info",
        "1; kind, status and the process that owns it."
    );
    describe_gauge!(
        "althing_subscription_position",
        "Everything up to here is handled, parked or of no interest."
    );
    describe_gauge!("althing_subscription_lag_events", "Events beyond its position.");
    describe_gauge!(
        "althing_subscription_lag_seconds",
        Unit::Seconds,
        "How long the oldest of them has waited."
    );
    describe_gauge!(
        "althing_subscription_rate",
        "Positions a second over the last minute."
    );
    describe_gauge!(
        "althing_subscription_lease_age_seconds",
        Unit::Seconds,
        "Time since its owner's newest sign of life."
    );
    describe_gauge!(
        "althing_subscription_retries_due",
        "Events that will be tried again."
    );
    describe_gauge!(
        "althing_subscription_parked_keys",
        "Keys that wait behind a failed event."
    );
    describe_gauge!(
        "althing_subscription_dead_letters",
        "Events that wait for an operator."
    );
    describe_gauge!("althing_subscription_has_error", "1 if it shows an error.");
    describe_gauge!("althing_log_head", "The newest position.");
    describe_gauge!(
        "outbox_pending_count",
        "Committed events that have no position yet."
    );
    describe_gauge!(
        "outbox_age_seconds",
        Unit::Seconds,
        "Age of the oldest event that has no position yet."
    );
    describe_gauge!("consumer_lag", "Events that a handler has not passed yet.");
}

fn live() {
    describe_gauge!(
        "websocket_connections_active",
        "Open connections of live channels, conversations and notifications."
    );
    describe_counter!("ws_connections_total", "Connections that were opened.");
    describe_counter!("ws_messages_sent_total", "Frames that clients were sent.");
    describe_counter!("ws_messages_received_total", "Frames that clients sent.");
    describe_counter!("ws_events_broadcast_total", "Events that were put into rooms.");
    describe_counter!(
        "ws_reconnect_total",
        "Connections that went on where an earlier one ended."
    );
}

fn store() {
    describe_gauge!("althing_info", "1; version, store and transport.");
    describe_gauge!("althing_database_up", "1 if the database answers.");
    describe_counter!(
        "althing_db_commits_total",
        "Commits, each with one wait for the disk."
    );
    describe_counter!(
        "althing_db_batches_total",
        "What was committed in them: commands, pages, checkpoints."
    );
    describe_counter!("althing_db_statements_total", "Statements that wrote.");
    describe_counter!("althing_db_reads_total", "Statements that read.");
    describe_counter!(
        "dashboard_cache_hits_total",
        "Views of a cycle that were in memory."
    );
    describe_counter!(
        "dashboard_cache_misses_total",
        "Views of a cycle that were built."
    );
}
