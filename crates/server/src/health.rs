//! Whether the process lives, and whether it can do its work.

use althing_backbone::sql;
use althing_web::{AppState, Code, Data, Problem};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Serialize;
use serde_json::json;

/// `/health/live` and `/health/ready`, which lie outside `/api`.
pub fn routes(max_lag: i64) -> Router<AppState> {
    Router::new()
        .route("/health/live", get(async || Data(json!({ "status": "live" }))))
        .route("/health/ready", get(move |state| ready(state, max_lag)))
}

#[derive(Serialize)]
struct Check {
    name: String,
    ok: bool,
    detail: String,
}

/// Red when the database does not answer, a subscription has stopped by itself,
/// or one lies too far behind.
async fn ready(State(state): State<AppState>, max_lag: i64) -> Response {
    let mut checks = vec![database(&state).await];
    checks.extend(subscriptions(&state, max_lag).await);
    let red: Vec<&str> = checks
        .iter()
        .filter(|check| !check.ok)
        .map(|check| check.name.as_str())
        .collect();
    if red.is_empty() {
        return Data(json!({ "status": "ready", "checks": checks })).into_response();
    }
    Problem::new(Code::ServiceUnavailable, format!("not ready: {}", red.join(", ")))
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
        Err(error) => (false, error.to_string()),
    };
    Check {
        name: "database".into(),
        ok,
        detail,
    }
}

async fn subscriptions(state: &AppState, max_lag: i64) -> Vec<Check> {
    let ours: Vec<String> = state
        .backbone
        .subscriptions()
        .iter()
        .map(|one| one.name().to_owned())
        .collect();
    let all = match state.backbone.operator("health").subscriptions().await {
        Ok(all) => all,
        Err(error) => {
            return vec![Check {
                name: "subscriptions".into(),
                ok: false,
                detail: error.to_string(),
            }];
        }
    };
    all.into_iter()
        .filter(|one| ours.contains(&one.name))
        .map(|one| Check {
            ok: one.status != "stopped" && (one.status == "paused" || one.lag <= max_lag),
            detail: format!("{}, {} events behind", one.status, one.lag),
            name: one.name,
        })
        .collect()
}
