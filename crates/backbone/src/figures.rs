//! What the backbone counts, through the `metrics` facade: nothing is kept unless
//! the program installs a recorder. Labels are names of subscriptions and event
//! types, never an id and never anything of a payload.

use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, histogram};

use crate::envelope::Envelope;

/// Committed events that have no position yet.
pub const SEQUENCER_UNNUMBERED: &str = "althing_sequencer_unnumbered";
/// How old the oldest of them is, in seconds.
pub const SEQUENCER_UNNUMBERED_AGE: &str = "althing_sequencer_unnumbered_age_seconds";
/// How long the oldest transaction that writes has been open, in seconds.
pub const SEQUENCER_OLDEST_WRITER: &str = "althing_sequencer_oldest_writer_seconds";
/// How long this process's newest numbering took, in seconds.
pub const SEQUENCER_TICK: &str = "althing_sequencer_tick_seconds";
/// 1 in the process that numbers, 0 in the others.
pub const SEQUENCER_LEADS: &str = "althing_sequencer_leads";

/// Events that this process committed, by `event_type`.
pub const PUBLISHED: &str = "events_published_total";

const PROCESSED: &str = "events_processed_total";
const FAILED: &str = "events_failed_total";
const DEAD: &str = "events_dlq_total";
const REPEATED: &str = "duplicate_events_skipped_total";
const PROCESSING: &str = "event_processing_duration_seconds";
const COMMANDS: &str = "althing_commands_total";

/// How a decision of a command ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Decided {
    /// What it recorded is stored.
    Committed,
    /// The rules said no, or something broke before the commit.
    Refused,
    /// Somebody else was faster.
    Raced,
    /// The commit failed.
    Failed,
}

/// Gives the recorder that is installed the meaning of each name.
pub fn describe() {
    describe_gauge!(
        SEQUENCER_UNNUMBERED,
        "Committed events that have no position yet."
    );
    describe_gauge!(
        SEQUENCER_UNNUMBERED_AGE,
        Unit::Seconds,
        "Age of the oldest event that has no position yet."
    );
    describe_gauge!(
        SEQUENCER_OLDEST_WRITER,
        Unit::Seconds,
        "Age of the oldest transaction that writes."
    );
    describe_gauge!(
        SEQUENCER_TICK,
        Unit::Seconds,
        "How long this process's newest numbering took."
    );
    describe_gauge!(SEQUENCER_LEADS, "1 in the process that numbers events.");
    describe_counter!(PUBLISHED, "Events that this process committed.");
    describe_counter!(
        PROCESSED,
        "Calls of handlers that succeeded; a page that is run again counts again."
    );
    describe_counter!(FAILED, "Calls of handlers that failed.");
    describe_counter!(DEAD, "Events that became dead letters.");
    describe_counter!(
        REPEATED,
        "Deliveries whose effect was stored before and was not repeated."
    );
    describe_histogram!(
        PROCESSING,
        Unit::Seconds,
        "How long a handler took for one event."
    );
    describe_counter!(
        COMMANDS,
        "Decisions of commands by outcome; one that raced is decided again."
    );
}

pub(crate) fn published<'a>(event_types: impl IntoIterator<Item = &'a str>) {
    for event_type in event_types {
        counter!(PUBLISHED, "event_type" => event_type.to_owned()).increment(1);
    }
}

pub(crate) fn decided(how: Decided) {
    let outcome = match how {
        Decided::Committed => "committed",
        Decided::Refused => "refused",
        Decided::Raced => "raced",
        Decided::Failed => "failed",
    };
    counter!(COMMANDS, "outcome" => outcome).increment(1);
}

/// A handler was called for an event.
pub(crate) fn handled(subscription: &str, event: &Envelope, took: Duration, succeeded: bool) {
    let labels = labels(subscription, event);
    let name = if succeeded { PROCESSED } else { FAILED };
    counter!(name, &labels).increment(1);
    histogram!(PROCESSING, &labels).record(took.as_secs_f64());
}

/// An event was given to the operator.
pub(crate) fn buried(subscription: &str, event: &Envelope) {
    counter!(DEAD, &labels(subscription, event)).increment(1);
}

/// What a handler recorded for this event was stored before.
pub(crate) fn repeated(subscription: &str, event: &Envelope) {
    counter!(REPEATED, &labels(subscription, event)).increment(1);
}

fn labels(subscription: &str, event: &Envelope) -> [(&'static str, String); 2] {
    [
        ("handler", subscription.to_owned()),
        ("event_type", event.event_type.to_string()),
    ]
}
