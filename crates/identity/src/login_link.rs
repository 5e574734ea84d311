//! Signing in by a link that is mailed. The answer is the same for every address, and so is
//! the time it takes: the link is made and mailed afterwards.

use althing_backbone::{Command, Context, UnitOfWork, read_aggregate};
use althing_events::UserId;
use althing_events::identity::LoginMethod;
use althing_web::{
    Accepted, Access, Answer, AppState, Body, ClientAddress, Code, Ctx, Data, Module, Problem,
};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::commands::{Failure, SignIn, sign_in};
use crate::fields::Email;
use crate::http::{Door, SignedIn, address_key, entered, sign_in_of, too_many};
use crate::letters;
use crate::link_token::{self, MAILED, Purpose};
use crate::registration::MakeConfirmationLink;
use crate::secret::random_token;
use crate::session::delete_expired;
use crate::user::{Refusal, User};
use crate::views::id_by_email;

pub(crate) fn routes(module: Module) -> Module {
    module
        .post(
            "/api/auth/magic-link",
            Access::Public,
            "Mails a link that signs in, if the address has an account.",
            ask,
        )
        .post(
            "/api/auth/magic-link/redeem",
            Access::Public,
            "Signs in by a link that was mailed, once.",
            redeem,
        )
        .gives::<Data<SignedIn>>()
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct LinkRequest {
    email: String,
}

async fn ask(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    Body(request): Body<LinkRequest>,
) -> Answer<Accepted<Value>> {
    let door: Door = state.get();
    if !door.settings.mailer.is_on() {
        return Err(Problem::new(
            Code::MailOff,
            "this instance has no mail server, so it cannot mail links; sign in with your password",
        ));
    }
    let email =
        Email::parse("/email", &request.email).map_err(|problem| Problem::validation(vec![problem]))?;
    let now = state.backbone.clock().now();
    door.mails.attempt(email.as_str(), now).map_err(too_many)?;
    tokio::spawn(async move {
        if let Err(error) = mail_link(&state, context, email).await {
            tracing::error!(%error, "a link to sign in was not mailed");
        }
    });
    Ok(Accepted(json!({})))
}

/// Does nothing for an address without an account. Who has not confirmed theirs gets that
/// link instead: it signs in as well.
async fn mail_link(state: &AppState, context: Context, email: Email) -> anyhow::Result<()> {
    let (mailer, db) = (state.get::<Door>().settings.mailer, state.backbone.db());
    let id = format!("login/{}", state.backbone.ids().next());
    let Some(user_id) = id_by_email(db, &email).await? else {
        return Ok(());
    };
    let Some(user) = read_aggregate::<User>(db, user_id.0).await? else {
        return Ok(());
    };
    let made = match user.confirmed_at {
        Some(_) => {
            let made = state.backbone.execute(context, &MakeLoginLink { user_id }).await;
            made.map(|made| letters::login(&mailer, id, email.as_str(), &made.value))
        }
        None => {
            let life = MAILED;
            let command = MakeConfirmationLink { user_id, life };
            let made = state.backbone.execute(context, &command).await;
            made.map(|made| letters::confirmation(&mailer, id, email.as_str(), &made.value))
        }
    };
    match made {
        Ok(mail) => Ok(mailer.send(&mail).await?),
        Err(Failure::Refused(_)) => Ok(()),
        Err(failure) => Err(failure.into()),
    }
}

/// Makes a link that signs in; those made before end.
struct MakeLoginLink {
    user_id: UserId,
}

impl Command for MakeLoginLink {
    type Output = String;
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<String, Failure> {
        let user: User = uow.load(self.user_id.0).await?.ok_or(Refusal::UnknownUser)?;
        if !user.is_active() {
            return Err(Refusal::UnknownUser.into());
        }
        let token = random_token();
        let life = (uow.now(), MAILED);
        uow.execute(delete_expired(uow.now()));
        uow.execute(link_token::delete_of(self.user_id, Purpose::Login));
        uow.execute(link_token::insert(
            uow.new_id(),
            &user,
            Purpose::Login,
            &token,
            life,
        ));
        Ok(token)
    }
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct RedeemRequest {
    token: String,
    remember: bool,
}

async fn redeem(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    Body(request): Body<RedeemRequest>,
) -> Answer<Response> {
    let door: Door = state.get();
    let now = state.backbone.clock().now();
    door.links.attempt(&address_key(address), now).map_err(too_many)?;
    let command = Redeem {
        sign_in: sign_in_of(&state, LoginMethod::Link, request.remember, address, &headers).await?,
        token: request.token,
    };
    let user_id = state.backbone.execute(context, &command).await?.value;
    entered(&state, user_id, &command.sign_in.session).await
}

/// Signs in whoever has the link, and uses it up.
struct Redeem {
    token: String,
    sign_in: SignIn,
}

impl Command for Redeem {
    type Output = UserId;
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<UserId, Failure> {
        let link = link_token::find(uow, Purpose::Login, &self.token, uow.now())
            .await?
            .ok_or(Refusal::InvalidOrExpired)?;
        let user: User = uow.load(link.user_id.0).await?.ok_or(Refusal::InvalidOrExpired)?;
        if !user.is_active() || user.confirmed_at.is_none() {
            return Err(Refusal::InvalidOrExpired.into());
        }
        // Decided anew if the account is closed meanwhile.
        uow.save(&user)?;
        uow.context_mut().actor = Some(user.id.0);
        uow.expect(1, "login link", link_token::delete(link.id));
        sign_in(uow, user.id, &self.sign_in)?;
        Ok(user.id)
    }
}
