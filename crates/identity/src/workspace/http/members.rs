//! The members of a workspace, through its door.

use althing_events::identity::MemberRole;
use althing_web::{
    Access, Actor, Answer, AppState, Body, Code, Created, Ctx, Data, FieldProblem, List, Module, NoContent,
    Problem, ShownOnce,
};
use axum::extract::{Extension, Path, State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Place, known_everywhere, place, seen};
use crate::fields::Email;
use crate::http::Door;
use crate::workspace::commands::members::{ChangeRole, Invite, InviteAgain, Leave, Remove, Revoke};
use crate::workspace::link;
use crate::workspace::places::Inviter;
use crate::workspace::refusal::{ADMINS_ONLY, Refusal};
use crate::workspace::views::{self, MemberView, WorkspaceView};

pub(super) fn routes(module: Module) -> Module {
    module
        .get(
            "/api/workspaces/{ws}/members",
            Access::Member,
            "Lists the members of a workspace; its owner and admins also see who is invited.",
            list,
        )
        .post(
            "/api/workspaces/{ws}/members",
            Access::WorkspaceAdmin,
            "Invites an address into a workspace.",
            invite,
        )
        .patch(
            "/api/workspaces/{ws}/members/{id}",
            Access::WorkspaceAdmin,
            "Gives a member another role.",
            change_role,
        )
        .delete(
            "/api/workspaces/{ws}/members/{id}",
            Access::WorkspaceAdmin,
            "Takes a member out of a workspace, or an invitation back.",
            remove,
        )
        .post(
            "/api/workspaces/{ws}/leave",
            Access::Member,
            "Leaves a workspace.",
            leave,
        )
        .post(
            "/api/workspaces/{ws}/invitations/{id}/resend",
            Access::WorkspaceAdmin,
            "Invites once more: a new link, a new end.",
            resend,
        )
        .post(
            "/api/workspaces/{ws}/invitations/{id}/revoke",
            Access::WorkspaceAdmin,
            "Takes an invitation back.",
            revoke,
        )
}

/// Rights come before everything else that may be wrong.
pub(super) fn managed(workspace: &WorkspaceView) -> Result<(), Refusal> {
    match workspace.role.as_str() {
        "owner" | "admin" => Ok(()),
        _ => Err(ADMINS_ONLY),
    }
}

/// Who asks somebody to come.
fn inviter(actor: &Actor) -> Inviter {
    Inviter {
        user_id: actor.user_id,
        name: actor.name.clone(),
    }
}

async fn list(
    State(state): State<AppState>,
    actor: Actor,
    Path(ws): Path<String>,
) -> Answer<List<MemberView>> {
    let workspace = seen(&state, &actor, &ws).await?;
    let sees_invited = managed(&workspace).is_ok();
    let members = views::members(state.backbone.db(), workspace.id, sees_invited).await?;
    Ok(List::whole(members))
}

/// An invitation, with its link where nobody mails it.
#[derive(Serialize, JsonSchema)]
struct Invited {
    member: MemberView,
    link: Option<String>,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct InviteRequest {
    email: String,
    role: String,
}

async fn invite(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    actor: Actor,
    Path(ws): Path<String>,
    Body(request): Body<InviteRequest>,
) -> Answer<(Extension<ShownOnce>, Created<Invited>)> {
    let workspace = seen(&state, &actor, &ws).await?;
    managed(&workspace)?;
    let (email, role) = match (Email::parse("/email", &request.email), given_role(&request.role)) {
        (Ok(email), Ok(role)) => (email, role),
        (email, role) => {
            let problems = [email.err(), role.err()];
            return Err(refused_fields(problems.into_iter().flatten().collect()));
        }
    };
    let command = Invite {
        workspace_id: workspace.id,
        actor: inviter(&actor),
        email,
        role,
    };
    let member = state.backbone.execute(context, &command).await?.value;
    let place = Place {
        workspace: workspace.id,
        member,
    };
    Ok((Extension(ShownOnce), Created(invited(&state, &place).await?)))
}

/// A role that can be given.
fn given_role(word: &str) -> Result<MemberRole, FieldProblem> {
    MemberRole::parse(word)
        .filter(|role| *role != MemberRole::Owner)
        .ok_or_else(|| FieldProblem::new("/role", "invalid_role", "must be admin, member or guest"))
}

/// 422; a role alone has a code of its own.
fn refused_fields(problems: Vec<FieldProblem>) -> Problem {
    match problems.as_slice() {
        [only] if only.code == "invalid_role" => {
            Problem::new(Code::InvalidRole, only.message.clone()).with_errors(problems)
        }
        _ => Problem::validation(problems),
    }
}

async fn invited(state: &AppState, place: &Place) -> Answer<Invited> {
    let db = state.backbone.db();
    let member = views::member(db, place.workspace, place.member).await?;
    let member = member.ok_or(Refusal::InvitationNotFound)?;
    let expires_at = member.expires_at.ok_or(Refusal::InvitationNotFound)?;
    let token = link::token(db, place.member, expires_at).await?;
    let mails = state.get::<Door>().settings.mailer.is_on();
    Ok(Invited {
        member,
        link: (!mails).then(|| crate::links::address(state, "invitation", &token)),
    })
}

async fn resend(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    actor: Actor,
    Path(path): Path<(String, String)>,
) -> Answer<(Extension<ShownOnce>, Data<Invited>)> {
    let (workspace, place) = place(&state, &actor, path).await?;
    managed(&workspace)?;
    let command = InviteAgain {
        workspace_id: place.workspace,
        actor: inviter(&actor),
        member_id: place.member,
    };
    state.backbone.execute(context, &command).await?;
    Ok((Extension(ShownOnce), Data(invited(&state, &place).await?)))
}

async fn revoke(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    actor: Actor,
    Path(path): Path<(String, String)>,
) -> Answer<NoContent> {
    let (workspace, place) = place(&state, &actor, path).await?;
    managed(&workspace)?;
    let command = Revoke {
        workspace_id: place.workspace,
        actor: actor.user_id,
        member_id: place.member,
    };
    state.backbone.execute(context, &command).await?;
    Ok(NoContent)
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct RoleRequest {
    role: String,
}

async fn change_role(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    actor: Actor,
    Path(path): Path<(String, String)>,
    Body(request): Body<RoleRequest>,
) -> Answer<Data<MemberView>> {
    let (workspace, place) = place(&state, &actor, path).await?;
    managed(&workspace)?;
    let role = given_role(&request.role).map_err(|problem| refused_fields(vec![problem]))?;
    let command = ChangeRole {
        workspace_id: place.workspace,
        actor: actor.user_id,
        member_id: place.member,
        role,
    };
    let receipt = state.backbone.execute(context, &command).await?.receipt;
    known_everywhere(&state, receipt).await;
    let member = views::member(state.backbone.db(), place.workspace, place.member).await?;
    Ok(Data(member.ok_or(Refusal::MemberNotFound)?))
}

async fn remove(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    actor: Actor,
    Path(path): Path<(String, String)>,
) -> Answer<NoContent> {
    let (workspace, place) = place(&state, &actor, path).await?;
    managed(&workspace)?;
    let command = Remove {
        workspace_id: place.workspace,
        actor: actor.user_id,
        member_id: place.member,
    };
    let receipt = state.backbone.execute(context, &command).await?.receipt;
    known_everywhere(&state, receipt).await;
    Ok(NoContent)
}

async fn leave(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    actor: Actor,
    Path(ws): Path<String>,
) -> Answer<NoContent> {
    let command = Leave {
        workspace_id: seen(&state, &actor, &ws).await?.id,
        actor: actor.user_id,
    };
    let receipt = state.backbone.execute(context, &command).await?.receipt;
    known_everywhere(&state, receipt).await;
    Ok(NoContent)
}
