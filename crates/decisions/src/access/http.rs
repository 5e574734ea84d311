//! The door of memberships: what one has, what it includes, and how much of it one has used.

use althing_backbone::Timestamp;
use althing_web::{Access, Actor, Answer, AppState, Data, Feature, Module, Problem, Tier, TierLimits};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::checker::{AccessChecker, Usage};
use crate::error::{Error, Result};

/// Adds the routes of memberships.
pub fn routes(module: Module) -> Module {
    module
        .get(
            "/api/membership",
            Access::SignedIn,
            "says what membership one has, what it includes and what one has used",
            read,
        )
        .get(
            "/api/membership/limits",
            Access::SignedIn,
            "says what one's membership includes; null is as much as one likes",
            limits,
        )
        .get(
            "/api/membership/access",
            Access::SignedIn,
            "says what one could do now, and why not",
            access,
        )
}

#[derive(Serialize, JsonSchema)]
struct MembershipView {
    tier: Tier,
    valid_until: Option<Timestamp>,
    has_ended: bool,
    limits: TierLimits,
    usage: Usage,
}

async fn read(State(state): State<AppState>, actor: Actor) -> Answer<Data<MembershipView>> {
    let now = state.backbone.clock().now();
    let checker = AccessChecker::new(state.backbone.db(), now);
    let membership = checker.tier(actor.user_id).await?;
    Ok(Data(MembershipView {
        tier: membership.tier,
        valid_until: membership.valid_until,
        has_ended: membership.has_ended(now),
        limits: membership.limits(),
        usage: checker.usage(actor.user_id).await?,
    }))
}

async fn limits(State(state): State<AppState>, actor: Actor) -> Answer<Data<TierLimits>> {
    let checker = AccessChecker::new(state.backbone.db(), state.backbone.clock().now());
    Ok(Data(checker.limits(actor.user_id).await?))
}

/// Whether something is allowed, or the problem that it would be answered with.
#[derive(Serialize, JsonSchema)]
struct Allowed {
    allowed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(flatten)]
    members: Map<String, Value>,
}

impl Allowed {
    fn of(asked: Result<()>) -> Answer<Self> {
        match asked {
            Ok(()) => Ok(Self {
                allowed: true,
                code: None,
                detail: None,
                members: Map::new(),
            }),
            Err(Error::Denied(denial)) => {
                let problem = Problem::from(denial);
                Ok(Self {
                    allowed: false,
                    code: Some(problem.code),
                    detail: Some(problem.detail),
                    members: problem.members.map(|members| *members).unwrap_or_default(),
                })
            }
            Err(fault) => Err(fault.into()),
        }
    }
}

#[derive(Serialize, JsonSchema)]
struct AccessView {
    read: Allowed,
    write: Allowed,
    create_session: Allowed,
    archive_session: Allowed,
    send_ai_message: Allowed,
    decision_quality: Allowed,
    full_analysis: Allowed,
    export: Allowed,
    share_links: Allowed,
    api_keys: Allowed,
}

async fn access(State(state): State<AppState>, actor: Actor) -> Answer<Data<AccessView>> {
    let checker = AccessChecker::new(state.backbone.db(), state.backbone.clock().now());
    let user = actor.user_id;
    let has = async |feature| Allowed::of(checker.includes(user, feature).await);
    Ok(Data(AccessView {
        read: Allowed::of(checker.can_read(user).await)?,
        write: Allowed::of(checker.can_write(user).await)?,
        create_session: Allowed::of(checker.can_create_session(user).await)?,
        archive_session: Allowed::of(checker.can_archive_session(user).await)?,
        send_ai_message: Allowed::of(checker.can_send_ai_message(user).await)?,
        decision_quality: has(Feature::DecisionQuality).await?,
        full_analysis: has(Feature::FullAnalysis).await?,
        export: Allowed::of(checker.can_export(user).await)?,
        share_links: has(Feature::ShareLinks).await?,
        api_keys: has(Feature::ApiKeys).await?,
    }))
}
