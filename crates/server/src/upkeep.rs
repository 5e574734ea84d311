//! What is done every now and then while the server runs.

use std::time::Duration;

use althing_backbone::Result;
use althing_web::AppState;
use tokio::time::{MissedTickBehavior, interval};

use crate::metrics::{Rates, Recorder};

/// How often the figures are summed up and positions are looked at.
const OFTEN: Duration = Duration::from_secs(5);
/// How many of these looks lie between two rounds of forgetting: an hour.
const SELDOM: u64 = 720;

/// Never ends; a round that fails is logged, and the next one tries again.
pub async fn go_on(state: AppState, keep_effects: Duration) {
    let mut often = interval(OFTEN);
    often.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for round in 0_u64.. {
        often.tick().await;
        if let Err(error) = look(&state).await {
            tracing::warn!(%error, "could not look at the subscriptions");
        }
        if round % SELDOM == 0
            && let Err(error) = forget(&state, keep_effects).await
        {
            tracing::warn!(%error, "could not forget what is old");
        }
    }
}

async fn look(state: &AppState) -> Result<()> {
    if let Some(recorder) = state.find::<Recorder>() {
        recorder.sum_up();
    }
    if let Some(rates) = state.find::<Rates>() {
        rates.sample(state.backbone.db()).await?;
    }
    Ok(())
}

async fn forget(state: &AppState, keep_effects: Duration) -> Result<()> {
    let before = state.backbone.clock().now().minus(keep_effects);
    let forgotten = state.backbone.operator("upkeep").forget_effects(before).await?;
    if forgotten > 0 {
        tracing::info!(forgotten, "results of old calls are forgotten");
    }
    althing_notifications::forget_old(&state.backbone).await?;
    althing_audit::forget_expired(&state.backbone).await
}
