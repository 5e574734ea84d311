//! The end of an account. What it made for others stays, as the work of a "deleted user"; who
//! that was can be read nowhere any more, the log included.

use althing_backbone::{Command, UnitOfWork};
use althing_events::UserId;
use althing_web::{Access, Actor, Answer, AppState, Ctx, Module, NoContent, Problem};
use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Response};

use crate::commands::Failure;
use crate::cookie::with_cookie;
use crate::http::Door;
use crate::session::{CurrentSession, delete_all};
use crate::user::{Refusal, User};
use crate::workspace::commands::members::leave_everything;
use crate::workspace::http::{known_everywhere, owned_workspaces};
use crate::{api_key, oidc, views};

pub(crate) fn routes(module: Module) -> Module {
    module
        .delete(
            "/api/me",
            Access::SignedIn,
            "Deletes one's own account for good, after a fresh sign-in.",
            delete,
        )
        .gives::<NoContent>()
}

async fn delete(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    actor: Actor,
    Extension(session): Extension<CurrentSession>,
) -> Answer<Response> {
    session.require_fresh(state.backbone.clock().now())?;
    let user_id = actor.user_id;
    match state.backbone.execute(context, &DeleteAccount { user_id }).await {
        Ok(done) => known_everywhere(&state, done.receipt).await,
        Err(Failure::Refused(Refusal::OwnsWorkspaces)) => {
            let owned = owned_workspaces(state.backbone.db(), user_id).await?;
            return Err(Problem::from(Refusal::OwnsWorkspaces).with_member("workspaces", owned));
        }
        Err(failure) => return Err(failure.into()),
    }
    let cookies = state.get::<Door>().settings.cookies;
    Ok(with_cookie(NoContent.into_response(), cookies.gone()))
}

/// Ends an account: its places in workspaces, its keys, browser sessions and links, and what
/// tells who it was.
struct DeleteAccount {
    user_id: UserId,
}

impl Command for DeleteAccount {
    type Output = ();
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Failure> {
        let user: Option<User> = uow.load(self.user_id.0).await?;
        let user = user.filter(User::is_active);
        let mut user = user.ok_or(Refusal::InvalidCredentials)?;
        let email = user.email.clone();
        let deleted = user.delete()?;
        leave_everything(uow, user.id, &email).await?;
        api_key::remove_all_of(uow, user.id).await?;
        uow.context_mut().workspace = None;
        uow.save(&user)?;
        uow.execute(views::forget(&user));
        uow.execute(delete_all(user.id));
        for gone in oidc::forget(user.id) {
            uow.execute(gone);
        }
        uow.erase_subject(user.id.0);
        uow.record(&deleted)?;
        Ok(())
    }
}
