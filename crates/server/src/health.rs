//! Whether the process lives, and whether it can do its work.

use althing_backbone::{SubscriptionStatus, sql};
use althing_web::{AppState, Code, Data, Problem};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Serialize;
use serde_json::json;

use crate::config::Config;
use crate::instance::Instance;

/// How far a subscription may lie behind.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    events: i64,
    seconds: f64,
    /// Whether this process runs subscriptions at all.
    runs: bool,
}

impl Limits {
    /// As configured.
    pub fn of(config: &Config) -> Self {
        Self {
            events: config.max_lag_events.into(),
            seconds: config.max_lag_seconds.into(),
            runs: config.events.enabled,
        }
    }
}

/// `/health/live` and `/health/ready`, which lie outside `/api`.
pub fn routes(limits: Limits) -> Router<AppState> {
    Router::new()
        .route("/health/live", get(async || Data(json!({ "status": "live" }))))
        .route("/health/ready", get(move |state| ready(state, limits)))
}

#[derive(Serialize)]
struct Check {
    name: String,
    ok: bool,
    detail: String,
}

/// Red when the database does not answer, a subscription has stopped by itself, or
/// one lies too far behind. A relay is a subscription: while its broker is down it
/// falls behind.
async fn ready(State(state): State<AppState>, limits: Limits) -> Response {
    let mut checks = vec![database(&state).await];
    // Whoever switched them off knows that they lie behind.
    if checks[0].ok && limits.runs {
        checks.extend(subscriptions(&state, limits).await);
    }
    let (store, transport) = state
        .find::<Instance>()
        .map_or(("", ""), |around| (around.store, around.transport));
    let wrong: Vec<String> = checks
        .iter()
        .filter(|check| !check.ok)
        .map(|check| format!("{} ({})", check.name, check.detail))
        .collect();
    if wrong.is_empty() {
        return Data(json!({ "status": "ready", "store": store, "transport": transport, "checks": checks }))
            .into_response();
    }
    Problem::new(
        Code::ServiceUnavailable,
        format!("not ready: {}", wrong.join("; ")),
    )
    .with_member("store", store)
    .with_member("transport", transport)
    .with_member("checks", json!(checks))
    .into_response()
}

/// Migrations have run before the server listens; what remains is whether the
/// database still answers.
async fn database(state: &AppState) -> Check {
    let answer = sql("SELECT count(*) FROM migration")
        .one::<i64>(state.backbone.db())
        .await;
    let (ok, detail) = match answer {
        Ok(count) => (true, format!("{count} migrations applied")),
        Err(error) => {
            tracing::error!(
                error = format!("{:#}", anyhow::Error::from(error)),
                "the database does not answer"
            );
            (false, "it does not answer".to_owned())
        }
    };
    Check {
        name: "database".into(),
        ok,
        detail,
    }
}

async fn subscriptions(state: &AppState, limits: Limits) -> Vec<Check> {
    let all = match state.backbone.operator("health").subscriptions().await {
        Ok(all) => all,
        Err(error) => {
            tracing::error!(
                error = format!("{:#}", anyhow::Error::from(error)),
                "subscriptions cannot be read"
            );
            return vec![Check {
                name: "subscriptions".into(),
                ok: false,
                detail: "they cannot be read".into(),
            }];
        }
    };
    let ours = state.backbone.subscriptions();
    let mut ours: Vec<&str> = ours.iter().map(|our| our.name()).collect();
    ours.extend(state.backbone.relays());
    all.into_iter()
        .filter(|one| ours.contains(&one.name.as_str()))
        .map(|one| check(one, limits))
        .collect()
}

/// Whoever paused a subscription knows that it lies behind.
fn check(one: SubscriptionStatus, limits: Limits) -> Check {
    let is_late = one.lag > limits.events || one.lag_seconds > limits.seconds;
    Check {
        ok: one.status != "stopped" && (one.status == "paused" || !is_late),
        detail: format!(
            "{}, {} events and {:.0} s behind",
            one.status, one.lag, one.lag_seconds
        ),
        name: one.name,
    }
}
