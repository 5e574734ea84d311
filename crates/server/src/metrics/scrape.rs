//! What is read when somebody asks.

use althing_backbone::{SequencerStatus, SubscriptionStatus, figures};
use althing_web::AppState;
use metrics::{counter, gauge};

use super::{Rates, recorder};
use crate::instance::Instance;

/// The state of subscriptions, store and live channels, as text. If the database
/// does not answer, what needs none is there all the same.
pub(super) async fn scrape(state: &AppState) -> String {
    let subscriptions = state.backbone.operator("metrics").subscriptions().await;
    let sequencer = state.backbone.log().sequencer_status().await;
    let decisions = althing_decisions::figures::read(state).await;
    let is_up = subscriptions.is_ok() && sequencer.is_ok() && decisions.is_ok();
    for error in [
        subscriptions.as_ref().err().map(ToString::to_string),
        sequencer.as_ref().err().map(ToString::to_string),
        decisions.as_ref().err().map(ToString::to_string),
    ]
    .into_iter()
    .flatten()
    {
        tracing::error!(error, "could not read the figures");
    }
    let rates = state.find::<Rates>().unwrap_or_default();
    recorder::at_once(|| {
        gauge!("althing_database_up").set(u8::from(is_up));
        for one in subscriptions.iter().flatten() {
            subscription(one, rates.of(&one.name));
        }
        if let Some(one) = subscriptions.iter().flatten().next() {
            gauge!("althing_log_head").set(one.head as f64);
        }
        if let Ok(Some(status)) = &sequencer {
            sequence(status);
        }
        if let Ok(decisions) = &decisions {
            decisions.record();
        }
        althing_notifications::Figures::read(state).record();
        store(state);
    })
}

fn subscription(one: &SubscriptionStatus, rate: Option<f64>) {
    let name = || one.name.clone();
    let set = |figure: &'static str, value: f64| gauge!(figure, "subscription" => name()).set(value);
    let owner = one.owner.clone().unwrap_or_default();
    gauge!("althing_subscription_info", "subscription" => name(), "kind" => one.kind.clone(),
        "status" => one.status.clone(), "owner" => owner)
    .set(1);
    set("althing_subscription_position", one.position as f64);
    set("althing_subscription_lag_events", one.lag as f64);
    set("althing_subscription_lag_seconds", one.lag_seconds);
    set("althing_subscription_retries_due", one.retries_due as f64);
    set("althing_subscription_parked_keys", one.parked_keys as f64);
    set("althing_subscription_dead_letters", one.dead_letters as f64);
    set(
        "althing_subscription_has_error",
        f64::from(u8::from(one.last_error.is_some())),
    );
    if let Some(age) = one.lease_age_ms {
        set("althing_subscription_lease_age_seconds", age as f64 / 1_000.0);
    }
    if let Some(rate) = rate {
        set("althing_subscription_rate", rate);
    }
    gauge!("consumer_lag", "handler" => name()).set(one.lag as f64);
}

/// Where positions are given after the commit.
fn sequence(status: &SequencerStatus) {
    gauge!(figures::SEQUENCER_UNNUMBERED).set(status.unnumbered as f64);
    gauge!(figures::SEQUENCER_UNNUMBERED_AGE).set(status.oldest_unnumbered_seconds);
    gauge!(figures::SEQUENCER_OLDEST_WRITER).set(status.oldest_writer_seconds);
    gauge!(figures::SEQUENCER_LEADS).set(u8::from(status.leads));
    if status.leads {
        gauge!(figures::SEQUENCER_TICK).set(status.tick.as_secs_f64());
    }
    gauge!("outbox_pending_count").set(status.unnumbered as f64);
    gauge!("outbox_age_seconds").set(status.oldest_unnumbered_seconds);
}

fn store(state: &AppState) {
    let stats = state.backbone.db().stats();
    counter!("althing_db_commits_total").absolute(stats.commits);
    counter!("althing_db_batches_total").absolute(stats.batches);
    counter!("althing_db_statements_total").absolute(stats.statements);
    counter!("althing_db_reads_total").absolute(stats.reads);
    if let Some(Instance { store, transport, .. }) = state.find() {
        gauge!("althing_info", "version" => env!("CARGO_PKG_VERSION"), "store" => store, "transport" => transport)
            .set(1);
    }
}
