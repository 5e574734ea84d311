//! A link by mail for whoever forgot their password. The answer is the same for every
//! address, and so is the time it takes: the link is made and mailed afterwards.

use althing_backbone::Context;
use althing_web::{Accepted, Access, Answer, AppState, Body, Ctx, Module};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::commands::Failure;
use crate::fields::Email;
use crate::http::{Door, too_many};
use crate::letters;
use crate::link_token::Purpose;
use crate::reset_link::{LIFE, MakeResetLink, Whose};

pub(crate) fn routes(module: Module) -> Module {
    module.post(
        "/api/auth/password/forgot",
        Access::Public,
        "Mails a link by which another password is set, if the address has an account.",
        forgot,
    )
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct ForgotRequest {
    email: String,
}

async fn forgot(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    Body(request): Body<ForgotRequest>,
) -> Answer<Accepted<Value>> {
    let door: Door = state.get();
    let email = Email::parse("/email", &request.email)
        .map_err(|problem| althing_web::Problem::validation(vec![problem]))?;
    let now = state.backbone.clock().now();
    door.mails.attempt(email.as_str(), now).map_err(too_many)?;
    if door.settings.mailer.is_on() {
        tokio::spawn(async move {
            if let Err(error) = mail_link(&state, context, email).await {
                tracing::error!(%error, "a link for a forgotten password was not mailed");
            }
        });
    }
    Ok(Accepted(json!({})))
}

/// Does nothing for an address without an account.
async fn mail_link(state: &AppState, context: Context, email: Email) -> anyhow::Result<()> {
    let door: Door = state.get();
    let command = MakeResetLink {
        whose: Whose::Address(email.clone()),
        purpose: Purpose::MailedReset,
        life: LIFE,
    };
    let token = match state.backbone.execute(context, &command).await {
        Ok(made) => made.value,
        Err(Failure::Refused(_)) => return Ok(()),
        Err(failure) => return Err(failure.into()),
    };
    let mailer = &door.settings.mailer;
    let id = format!("reset/{}", state.backbone.ids().next());
    Ok(mailer
        .send(&letters::reset(mailer, id, email.as_str(), &token))
        .await?)
}
