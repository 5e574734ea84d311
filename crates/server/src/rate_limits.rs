//! `GET /api/rate-limits`: how much somebody may, and what is left of it.

use althing_web::{Access, Actor, Answer, AppState, Data, Module, RateLimits, Reading, Scope, Tier};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

/// The door; the numbers come from the configuration.
pub fn module(limits: RateLimits) -> Module {
    Module::new("limits")
        .provide(move |_| limits)
        .keys("decisions:read", "decisions:read")
        .get(
            "/api/rate-limits",
            Access::SignedIn,
            "Says how much one may ask in which time, and what is left of it.",
            mine,
        )
}

#[derive(Serialize, JsonSchema)]
struct Mine {
    tier: Tier,
    limits: Vec<Line>,
    live_connections: Connections,
}

#[derive(Serialize, JsonSchema)]
struct Line {
    scope: &'static str,
    limit: u32,
    remaining: u32,
    /// Within how long so many may be asked.
    window_secs: u64,
    /// Until all of it may be asked again.
    reset_secs: u64,
}

#[derive(Serialize, JsonSchema)]
struct Connections {
    /// Of each kind: a decision, a conversation, notifications.
    limit: u32,
    /// Of the kind that one has most of.
    open: u32,
}

async fn mine(State(state): State<AppState>, actor: Actor) -> Answer<Data<Mine>> {
    let limits: RateLimits = state.get();
    let tier = limits.membership(actor.membership).tier;
    let now = state.backbone.clock().now();
    let own = Scope::ALL.map(|scope| limits.user(actor.user_id, tier, scope));
    let by_key = actor.key.as_ref().map(|key| limits.key(key.id));
    let mut lines = Vec::with_capacity(own.len() + 1);
    for (counted, rate) in own.into_iter().chain(by_key) {
        let Reading {
            limit,
            remaining,
            reset_secs,
            ..
        } = limits.look((counted, rate), now)?;
        let (scope, window_secs) = (counted.as_str(), rate.window.as_secs());
        lines.push(Line {
            scope,
            limit,
            remaining,
            window_secs,
            reset_secs,
        });
    }
    let (limit, open) = limits.connections(actor.user_id, tier);
    Ok(Data(Mine {
        tier,
        limits: lines,
        live_connections: Connections { limit, open },
    }))
}
