//! The door of registration.

use althing_backbone::Context;
use althing_events::UserId;
use althing_events::identity::LoginMethod;
use althing_web::{
    Accepted, Access, Answer, AppState, Body, ClientAddress, Code, Created, Ctx, Data, FieldProblem, Module,
    Problem,
};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Confirm, MakeConfirmationLink, Register, RegisterInvited, Registration};
use crate::commands::{Credentials, Failure};
use crate::cookie::with_cookie;
use crate::fields::{Email, NewAccount, NewPassword};
use crate::http::{Door, SignedIn, address_key, entered, sign_in_of, signed_in, too_many};
use crate::instance_settings::effective;
use crate::letters;
use crate::link_token::MAILED;
use crate::user::Refusal;
use crate::views::id_by_email;
use crate::workspace::http::{WorkspaceView, invited_address, known_everywhere, of_user};

pub(crate) fn routes(module: Module) -> Module {
    module
        .post(
            "/api/auth/register",
            Access::Public,
            "Makes an account: with an invitation's link one is in at once, without one the address has to be confirmed.",
            register,
        )
        .gives::<(Accepted<Value>, Created<Welcomed>)>()
        .post(
            "/api/auth/confirm",
            Access::Public,
            "Confirms an account's address by a link, sets its password and signs in.",
            confirm,
        )
        .gives::<Data<SignedIn>>()
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct RegisterRequest {
    first_name: String,
    last_name: String,
    email: String,
    password: String,
    invitation_token: Option<String>,
}

/// Somebody who was invited and is in now.
#[derive(Serialize, JsonSchema)]
struct Welcomed {
    #[serde(flatten)]
    signed_in: SignedIn,
    workspace: WorkspaceView,
}

async fn register(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    Body(request): Body<RegisterRequest>,
) -> Answer<Response> {
    let door: Door = state.get();
    let now = state.backbone.clock().now();
    door.setups
        .attempt(&address_key(address), now)
        .map_err(too_many)?;
    let mode = effective(state.backbone.db(), &door.settings).await?.registration;
    let is_open =
        mode == Registration::Open || (mode == Registration::Invite && request.invitation_token.is_some());
    if !is_open {
        return Err(Problem::new(Code::RegistrationClosed, closed(mode)));
    }
    let account = NewAccount::parse(
        &request.first_name,
        &request.last_name,
        &request.email,
        &request.password,
    )
    .map_err(Problem::validation)?;
    let user_id = UserId(state.backbone.ids().next());
    if let Some(token) = &request.invitation_token
        && invited_address(&state, token).await? != account.email.as_str()
    {
        let other = FieldProblem::new("/email", "not_invited", "must be the address that was invited");
        return Err(Problem::validation(vec![other]));
    }
    let credentials = Credentials {
        names: (account.first_name, account.last_name),
        email: account.email,
        password: door.passwords.hash(account.password).await?,
    };
    let Some(token) = request.invitation_token else {
        let now = state.backbone.clock().now();
        door.mails
            .attempt(credentials.email.as_str(), now)
            .map_err(too_many)?;
        let email = credentials.email.clone();
        let command = Register { user_id, credentials };
        state.backbone.execute(context.clone(), &command).await?;
        if door.settings.mailer.is_on() {
            tokio::spawn(async move {
                if let Err(error) = mail_what_follows(&state, context, email).await {
                    tracing::error!(%error, "a mail about a registration was not sent");
                }
            });
        }
        return Ok(Accepted(json!({})).into_response());
    };
    let command = RegisterInvited {
        user_id,
        credentials,
        token,
        sign_in: sign_in_of(&state, LoginMethod::Link, false, address, &headers).await?,
    };
    let joined = state.backbone.execute(context, &command).await?;
    known_everywhere(&state, joined.receipt).await;
    let session = &command.sign_in.session;
    let body = Created(Welcomed {
        signed_in: signed_in(&state, user_id, &session.csrf_token).await?,
        workspace: of_user(&state, user_id, joined.value).await?,
    });
    Ok(with_cookie(
        body.into_response(),
        door.settings.cookies.session(session),
    ))
}

/// A link to confirm the address, or word that it has an account.
async fn mail_what_follows(state: &AppState, context: Context, email: Email) -> anyhow::Result<()> {
    let mailer = state.get::<Door>().settings.mailer;
    let id = format!("registration/{}", state.backbone.ids().next());
    let user_id = id_by_email(state.backbone.db(), &email).await?;
    let Some(user_id) = user_id else { return Ok(()) };
    let command = MakeConfirmationLink {
        user_id,
        life: MAILED,
    };
    let mail = match state.backbone.execute(context, &command).await {
        Ok(made) => letters::confirmation(&mailer, id, email.as_str(), &made.value),
        Err(Failure::Refused(Refusal::AlreadyConfirmed)) => {
            letters::known_already(&mailer, id, email.as_str())
        }
        // A suspended account is told nothing.
        Err(Failure::Refused(_)) => return Ok(()),
        Err(failure) => return Err(failure.into()),
    };
    Ok(mailer.send(&mail).await?)
}

fn closed(mode: Registration) -> &'static str {
    match mode {
        Registration::Closed => "nobody can make an account here",
        _ => "an account needs an invitation here: ask somebody who is in to invite you",
    }
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct ConfirmRequest {
    token: String,
    password: String,
}

async fn confirm(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    Body(request): Body<ConfirmRequest>,
) -> Answer<Response> {
    let door: Door = state.get();
    let now = state.backbone.clock().now();
    door.links.attempt(&address_key(address), now).map_err(too_many)?;
    if !Confirm::is_good(state.backbone.db(), &request.token, now).await? {
        return Err(Refusal::InvalidOrExpired.into());
    }
    let password = NewPassword::parse("/password", &request.password)
        .map_err(|problem| Problem::validation(vec![problem]))?;
    let command = Confirm {
        token: request.token,
        password: door.passwords.hash(password).await?,
        sign_in: sign_in_of(&state, LoginMethod::Link, false, address, &headers).await?,
    };
    let user_id = state.backbone.execute(context, &command).await?.value;
    entered(&state, user_id, &command.sign_in.session).await
}
