//! The door to another address.

use althing_events::UserId;
use althing_web::{
    Accepted, Access, Actor, Answer, AppState, Body, ClientAddress, Ctx, Data, Module, PathId, Problem,
    ShownOnce,
};
use axum::extract::{Extension, State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AskForAddress, CopyAddressLink, TakeAddress};
use crate::admin::{Link, shown};
use crate::fields::Email;
use crate::http::{Door, address_key, too_many};
use crate::session::CurrentSession;
use crate::views::id_by_email;
use crate::{letters, links};

pub(crate) fn routes(module: Module) -> Module {
    module
        .put(
            "/api/me/email",
            Access::SignedIn,
            "Asks for another address, after a fresh sign-in; it counts once the link that goes there is used.",
            ask,
        )
        .post(
            "/api/auth/email/confirm",
            Access::Public,
            "Gives an account the address that its link was made for.",
            take,
        )
        .post(
            "/api/admin/users/{id}/email-link",
            Access::InstanceAdmin,
            "Makes a link by which somebody takes the address they asked for, good for 7 days.",
            copy,
        )
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct EmailRequest {
    email: String,
}

/// What is waited for.
#[derive(Serialize, JsonSchema)]
struct Asked {
    email: String,
    /// Otherwise an operator hands the link on.
    mailed: bool,
}

/// The answer is the same whether or not the address has an account: only whoever reads its
/// mail learns that.
async fn ask(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    actor: Actor,
    Extension(session): Extension<CurrentSession>,
    Body(request): Body<EmailRequest>,
) -> Answer<Accepted<Asked>> {
    let door: Door = state.get();
    let now = state.backbone.clock().now();
    session.require_fresh(now)?;
    let email =
        Email::parse("/email", &request.email).map_err(|problem| Problem::validation(vec![problem]))?;
    door.mails.attempt(email.as_str(), now).map_err(too_many)?;
    let command = AskForAddress {
        user_id: actor.user_id,
        email: email.clone(),
    };
    let token = state.backbone.execute(context, &command).await?.value;
    let mailed = door.settings.mailer.is_on();
    let asked = Asked {
        email: email.as_str().to_owned(),
        mailed,
    };
    if mailed {
        tokio::spawn(async move {
            if let Err(error) = mail(&state, &email, &token).await {
                tracing::error!(%error, "a link to another address was not mailed");
            }
        });
    }
    Ok(Accepted(asked))
}

async fn mail(state: &AppState, email: &Email, token: &str) -> anyhow::Result<()> {
    let mailer = state.get::<Door>().settings.mailer;
    let id = format!("email-change/{}", state.backbone.ids().next());
    let letter = match id_by_email(state.backbone.db(), email).await? {
        Some(_) => letters::address_wanted(&mailer, id, email.as_str()),
        None => letters::address_change(&mailer, id, email.as_str(), token),
    };
    Ok(mailer.send(&letter).await?)
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct TakeRequest {
    token: String,
}

#[derive(Serialize, JsonSchema)]
struct Taken {
    email: String,
}

async fn take(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    ClientAddress(address): ClientAddress,
    Body(request): Body<TakeRequest>,
) -> Answer<Data<Taken>> {
    let door: Door = state.get();
    let now = state.backbone.clock().now();
    door.links.attempt(&address_key(address), now).map_err(too_many)?;
    let command = TakeAddress { token: request.token };
    let email = state.backbone.execute(context, &command).await?.value;
    Ok(Data(Taken {
        email: email.as_str().to_owned(),
    }))
}

async fn copy(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    PathId(user_id): PathId<UserId>,
) -> Answer<(Extension<ShownOnce>, Data<Link>)> {
    let token = state
        .backbone
        .execute(context, &CopyAddressLink { user_id })
        .await?
        .value;
    Ok(shown(links::address(&state, "confirm-email", &token)))
}
