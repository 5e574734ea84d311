//! What the owner and the admins of the instance do with accounts. It gives them no way into
//! anybody's workspaces.

mod tier;

pub use tier::SetTier;

use althing_backbone::{Command, Db, DbError, FromRow, Row, Timestamp, UnitOfWork, sql};
use althing_events::UserId;
use althing_web::{
    Access, Actor, Answer, AppState, Body, Ctx, Data, FieldProblem, InstanceRole, List, Module, NoContent,
    PathId, Problem, ShownOnce, Tier,
};
use axum::extract::{Extension, State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::commands::Failure;
use crate::link_token::{COPIED, Purpose};
use crate::links;
use crate::registration::MakeConfirmationLink;
use crate::reset_link::{MakeResetLink, Whose};
use crate::session::delete_all;
use crate::user::{Refusal, User};
use crate::views;

const REASON_MOST: usize = 1_000;

pub(crate) fn routes(module: Module) -> Module {
    module
        .get(
            "/api/admin/users",
            Access::InstanceAdmin,
            "Lists all accounts.",
            list,
        )
        .post(
            "/api/admin/users/{id}/suspend",
            Access::InstanceAdmin,
            "Closes an account for now; its browsers are signed out.",
            suspend,
        )
        .post(
            "/api/admin/users/{id}/reactivate",
            Access::InstanceAdmin,
            "Opens a suspended account again.",
            reactivate,
        )
        .post(
            "/api/admin/users/{id}/confirmation-link",
            Access::InstanceAdmin,
            "Makes a link by which somebody confirms their address, good for 24 hours.",
            confirmation_link,
        )
        .post(
            "/api/admin/users/{id}/reset-link",
            Access::InstanceAdmin,
            "Makes a link by which somebody sets another password, good for 24 hours.",
            reset_link,
        )
        .put(
            "/api/admin/users/{id}/tier",
            Access::InstanceAdmin,
            "Gives somebody a membership, with or without an end, or the instance's.",
            tier::set,
        )
        .get(
            "/api/membership/stats",
            Access::InstanceAdmin,
            "Counts the accounts of each tier.",
            tier::stats,
        )
}

/// An account as an operator sees it.
#[derive(Serialize, JsonSchema)]
struct UserView {
    id: UserId,
    first_name: String,
    last_name: String,
    email: String,
    status: String,
    instance_role: String,
    /// The address they have asked for.
    new_email: Option<String>,
    confirmed_at: Option<Timestamp>,
    last_login_at: Option<Timestamp>,
    registered_at: Timestamp,
    /// The tier of their own, if they have one.
    tier: Option<Tier>,
    /// Until when they have it.
    valid_until: Option<Timestamp>,
}

impl FromRow for UserView {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let membership = views::membership(row, 10)?;
        Ok(Self {
            id: UserId(row.get(0)?),
            first_name: row.get(1)?,
            last_name: row.get(2)?,
            email: row.get(3)?,
            status: row.get(4)?,
            instance_role: row.get(5)?,
            confirmed_at: row.get(6)?,
            last_login_at: row.get(7)?,
            registered_at: row.get(8)?,
            new_email: row.get(9)?,
            tier: membership.map(|membership| membership.tier),
            valid_until: membership.and_then(|membership| membership.valid_until),
        })
    }
}

async fn users(db: &Db, now: Timestamp) -> Result<Vec<UserView>, DbError> {
    sql("SELECT u.id, u.first_name, u.last_name, u.email, u.status, u.instance_role, u.confirmed_at, u.last_login_at, \
         u.registered_at, (SELECT max(t.sent_to) FROM user_token t WHERE t.user_id = u.id \
         AND t.context = 'change:' || u.email AND t.expires_at > $1), u.tier, u.valid_until \
         FROM user_account u WHERE u.status <> 'deleted' ORDER BY u.registered_at, u.id")
    .bind(now)
    .all(db)
    .await
}

async fn list(State(state): State<AppState>) -> Answer<List<UserView>> {
    Ok(List::whole(
        users(state.backbone.db(), state.backbone.clock().now()).await?,
    ))
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct SuspendRequest {
    reason: Option<String>,
}

async fn suspend(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    actor: Actor,
    PathId(user_id): PathId<UserId>,
    Body(request): Body<SuspendRequest>,
) -> Answer<NoContent> {
    let reason = request.reason.map(|reason| reason.trim().to_owned());
    let reason = reason.filter(|reason| !reason.is_empty());
    if reason
        .as_ref()
        .is_some_and(|reason| reason.chars().count() > REASON_MOST)
    {
        let message = format!("must have at most {REASON_MOST} characters");
        let long = FieldProblem::new("/reason", "too_long", message);
        return Err(Problem::validation(vec![long]));
    }
    let command = Suspend {
        user_id,
        by: actor.user_id,
        reason,
    };
    state.backbone.execute(context, &command).await?;
    Ok(NoContent)
}

async fn reactivate(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    actor: Actor,
    PathId(user_id): PathId<UserId>,
) -> Answer<NoContent> {
    let command = Reactivate {
        whose: Whose::Account(user_id),
        by: Some(actor.user_id),
    };
    state.backbone.execute(context, &command).await?;
    Ok(NoContent)
}

/// A link that is shown once.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Link {
    link: String,
}

pub(crate) fn shown(link: String) -> (Extension<ShownOnce>, Data<Link>) {
    (Extension(ShownOnce), Data(Link { link }))
}

async fn confirmation_link(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    PathId(user_id): PathId<UserId>,
) -> Answer<(Extension<ShownOnce>, Data<Link>)> {
    let command = MakeConfirmationLink {
        user_id,
        life: COPIED,
    };
    let token = state.backbone.execute(context, &command).await?.value;
    Ok(shown(links::address(&state, "confirm", &token)))
}

/// Not for the owner's account, unless it is their own: whoever has the link has the account.
async fn reset_link(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    actor: Actor,
    PathId(user_id): PathId<UserId>,
) -> Answer<(Extension<ShownOnce>, Data<Link>)> {
    let account = views::account(state.backbone.db(), user_id).await?;
    let account = account.ok_or(Refusal::UnknownUser)?;
    if account.instance_role == InstanceRole::Owner && user_id != actor.user_id {
        return Err(Refusal::NotThisAccount.into());
    }
    let command = MakeResetLink {
        whose: Whose::Account(user_id),
        purpose: Purpose::Reset,
        life: COPIED,
    };
    let token = state.backbone.execute(context, &command).await?.value;
    Ok(shown(links::address(&state, "reset", &token)))
}

/// Closes an account for now; a second time does nothing.
struct Suspend {
    user_id: UserId,
    by: UserId,
    reason: Option<String>,
}

impl Command for Suspend {
    type Output = ();
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Failure> {
        let mut user: User = uow.load(self.user_id.0).await?.ok_or(Refusal::UnknownUser)?;
        if user.instance_role == InstanceRole::Owner || user.id == self.by {
            return Err(Refusal::NotThisAccount.into());
        }
        if let Some(suspended) = user.suspend(self.by, self.reason.clone()) {
            uow.save(&user)?;
            uow.execute(views::set_status(&user));
            uow.execute(delete_all(user.id));
            uow.record(&suspended)?;
        }
        Ok(())
    }
}

/// Opens a suspended account again; a second time does nothing.
pub struct Reactivate {
    /// Whose account.
    pub whose: Whose,
    /// Who does it; nobody on the command line.
    pub by: Option<UserId>,
}

impl Command for Reactivate {
    type Output = ();
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Failure> {
        let id = self.whose.id(uow).await?.ok_or(Refusal::UnknownAddress)?;
        let mut user: User = uow.load(id.0).await?.ok_or(Refusal::UnknownUser)?;
        if let Some(reactivated) = user.reactivate(self.by) {
            uow.save(&user)?;
            uow.execute(views::set_status(&user));
            uow.record(&reactivated)?;
        }
        Ok(())
    }
}
