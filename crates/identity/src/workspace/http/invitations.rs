//! One's own invitations: open to whom they are for, who sees nothing else of the workspace.

use althing_events::MemberId;
use althing_web::{Access, Actor, Answer, AppState, Body, ClientAddress, Ctx, Data, List, Module, NoContent};
use axum::extract::{Path, State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{known_everywhere, seen};
use crate::fields::Email;
use crate::http::{Door, address_key, too_many};
use crate::secret::sha256;
use crate::views::id_by_email;
use crate::workspace::commands::members::{Acceptance, Decline, Joining};
use crate::workspace::refusal::Refusal;
use crate::workspace::views::{self, InvitationView, WorkspaceView};

pub(super) fn routes(module: Module) -> Module {
    module
        .get(
            "/api/invitations",
            Access::SignedIn,
            "Lists the invitations that wait for one's own answer.",
            list,
        )
        .post(
            "/api/invitations/preview",
            Access::Public,
            "Says what an invitation's link is for.",
            preview,
        )
        .post(
            "/api/invitations/accept",
            Access::SignedIn,
            "Accepts an invitation by what its link carries.",
            accept_by_link,
        )
        .post(
            "/api/workspaces/{ws}/invitations/{id}/accept",
            Access::Invitee,
            "Accepts an invitation.",
            accept,
        )
        .post(
            "/api/workspaces/{ws}/invitations/{id}/decline",
            Access::Invitee,
            "Declines an invitation.",
            decline,
        )
}

async fn list(State(state): State<AppState>, actor: Actor) -> Answer<List<InvitationView>> {
    let now = state.backbone.clock().now();
    let waiting = views::invitations_of(state.backbone.db(), &actor.email, now).await?;
    Ok(List::whole(waiting))
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct LinkRequest {
    token: String,
}

#[derive(Serialize, JsonSchema)]
struct Preview {
    #[serde(flatten)]
    invitation: InvitationView,
    email: String,
    /// Whether the address has an account, so that one signs in instead of registering.
    has_account: bool,
}

/// Whoever holds the link may know what it is for.
async fn preview(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    Body(request): Body<LinkRequest>,
) -> Answer<Data<Preview>> {
    let (db, now) = (state.backbone.db(), state.backbone.clock().now());
    let door: Door = state.get();
    door.links.attempt(&address_key(address), now).map_err(too_many)?;
    let invitation = views::invitation_of_link(db, &sha256(request.token.as_bytes())).await?;
    let invitation = invitation.ok_or(Refusal::InvitationNotFound)?;
    if invitation.expires_at <= now {
        return Err(Refusal::InvitationExpired.into());
    }
    let email = invitation.email.clone();
    let has_account = match Email::parse("/email", &email) {
        Ok(email) => id_by_email(db, &email).await?.is_some(),
        Err(_) => false,
    };
    Ok(Data(Preview {
        invitation,
        email,
        has_account,
    }))
}

async fn accept_by_link(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    actor: Actor,
    Body(request): Body<LinkRequest>,
) -> Answer<Data<WorkspaceView>> {
    join(&state, context, &actor, Acceptance::Link(request.token)).await
}

async fn join(
    state: &AppState,
    context: althing_backbone::Context,
    actor: &Actor,
    by: Acceptance,
) -> Answer<Data<WorkspaceView>> {
    let user_id = actor.user_id;
    let joined = state.backbone.execute(context, &Joining { user_id, by }).await?;
    known_everywhere(state, joined.receipt).await;
    Ok(Data(seen(state, actor, &joined.value.to_string()).await?))
}

/// The invitation of a path. Its id alone says where it belongs, so the workspace of the
/// path, which an invitee cannot see, only has to be the right one.
async fn invitation(state: &AppState, (ws, id): (String, String)) -> Answer<MemberId> {
    let id: MemberId = id.parse().map_err(|_| Refusal::InvitationNotFound)?;
    let is_there = views::belongs(state.backbone.db(), id, &ws).await?;
    if is_there {
        Ok(id)
    } else {
        Err(Refusal::InvitationNotFound.into())
    }
}

async fn accept(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    actor: Actor,
    Path(path): Path<(String, String)>,
) -> Answer<Data<WorkspaceView>> {
    let id = invitation(&state, path).await?;
    join(&state, context, &actor, Acceptance::Place(id)).await
}

async fn decline(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    actor: Actor,
    Path(path): Path<(String, String)>,
) -> Answer<NoContent> {
    let command = Decline {
        user_id: actor.user_id,
        member_id: invitation(&state, path).await?,
    };
    state.backbone.execute(context, &command).await?;
    Ok(NoContent)
}
