//! Which membership somebody has.

use althing_backbone::{Command, Timestamp, UnitOfWork, sql};
use althing_events::UserId;
use althing_web::{
    Actor, Answer, AppState, Body, Ctx, Data, FieldProblem, Membership, MembershipViews, NoContent, PathId,
    Problem, RateLimits, Tier,
};
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::commands::Failure;
use crate::reset_link::Whose;
use crate::user::{Refusal, User};
use crate::views;

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Wanted {
    /// Absent: that of the instance.
    tier: Option<String>,
    valid_until: Option<String>,
}

impl Wanted {
    /// All that is wrong at once.
    fn parse(&self) -> Result<Option<Membership>, Problem> {
        let mut problems = Vec::new();
        let tier = self.tier.as_deref().and_then(|word| {
            let tier = Tier::parse(word);
            if tier.is_none() {
                let words = "must be none, free, monthly or annual, or absent for the instance's";
                problems.push(FieldProblem::new("/tier", "invalid_choice", words));
            }
            tier
        });
        let valid_until = self.valid_until.as_deref().and_then(|text| {
            let time = text.parse::<Timestamp>().ok();
            if time.is_none() {
                let words = "must be a time like 2026-12-31T00:00:00Z";
                problems.push(FieldProblem::new("/valid_until", "invalid", words));
            }
            time
        });
        if self.valid_until.is_some() && self.tier.is_none() {
            let words = "belongs to a tier: choose one";
            problems.push(FieldProblem::new("/valid_until", "without_tier", words));
        }
        if !problems.is_empty() {
            return Err(Problem::validation(problems));
        }
        Ok(tier.map(|tier| Membership { tier, valid_until }))
    }
}

pub(super) async fn set(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    actor: Actor,
    PathId(user_id): PathId<UserId>,
    Body(wanted): Body<Wanted>,
) -> Answer<NoContent> {
    let command = SetTier {
        whose: Whose::Account(user_id),
        membership: wanted.parse()?,
        by: Some(actor.user_id),
    };
    let done = state.backbone.execute(context, &command).await?;
    if let Some(views) = state.find::<MembershipViews>() {
        views.have_seen(&state.backbone, done.receipt).await;
    }
    Ok(NoContent)
}

/// How many accounts have which membership.
#[derive(Default, Serialize, JsonSchema)]
pub(super) struct Stats {
    /// What whoever has none of their own has.
    default_tier: Tier,
    /// Accounts without one of their own.
    without_tier: i64,
    none: i64,
    free: i64,
    monthly: i64,
    annual: i64,
    /// Those of all these whose time is over.
    ended: i64,
}

pub(super) async fn stats(State(state): State<AppState>) -> Answer<Data<Stats>> {
    let now = state.backbone.clock().now();
    let rows: Vec<(Option<String>, Option<Timestamp>)> =
        sql("SELECT tier, valid_until FROM user_account WHERE status <> 'deleted'")
            .all(state.backbone.db())
            .await?;
    let mut stats = Stats {
        default_tier: state.get::<RateLimits>().default_tier(),
        ..Stats::default()
    };
    for (tier, valid_until) in rows {
        let own = Membership::stored(tier.as_deref(), valid_until);
        let count = match own.map(|own| own.tier) {
            None => &mut stats.without_tier,
            Some(Tier::None) => &mut stats.none,
            Some(Tier::Free) => &mut stats.free,
            Some(Tier::Monthly) => &mut stats.monthly,
            Some(Tier::Annual) => &mut stats.annual,
        };
        *count += 1;
        stats.ended += i64::from(own.is_some_and(|own| own.has_ended(now)));
    }
    Ok(Data(stats))
}

/// Gives somebody a membership, or takes theirs away, so that the instance's applies; the one that they have is no
/// change.
pub struct SetTier {
    /// Whose account.
    pub whose: Whose,
    /// What they have from now on.
    pub membership: Option<Membership>,
    /// Who does it; nobody on the command line.
    pub by: Option<UserId>,
}

impl Command for SetTier {
    type Output = ();
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Failure> {
        let id = self.whose.id(uow).await?.ok_or(Refusal::UnknownAddress)?;
        let user: Option<User> = uow.load(id.0).await?;
        let user = user.filter(|user| user.status != crate::user::Status::Deleted);
        let mut user = user.ok_or(Refusal::UnknownUser)?;
        if let Some(changed) = user.set_membership(self.membership, self.by) {
            uow.save(&user)?;
            uow.execute(views::set_membership(&user));
            uow.record(&changed)?;
        }
        Ok(())
    }
}
