//! The door of identity: setup, sign-in, sign-out, who am I.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use althing_backbone::read_aggregate;
use althing_events::{LoginSessionId, UserId};
use althing_web::{
    Access, Actor, Answer, AppState, Body, ClientAddress, Code, Created, Ctx, Data, Module, NoContent,
    Problem,
};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::Mutex;

use crate::MIGRATIONS;
use crate::commands::{Credentials, Failure, LogIn, LogOut, SetUp, Visit};
use crate::cookie::{CookiePolicy, with_cookie};
use crate::fields::{Email, NewAccount};
use crate::password::Passwords;
use crate::secret::{hashed_address, same};
use crate::session::{CurrentSession, NewSession};
use crate::throttle::Throttle;
use crate::user::{Refusal, User};
use crate::views::{self, Account};

/// What the configuration says about sign-in.
#[derive(Clone, Default)]
pub struct Settings {
    /// How cookies are sent.
    pub cookies: CookiePolicy,
    /// What `POST /api/setup` must carry as `token`, if set.
    pub setup_token: Option<String>,
}

#[derive(Clone)]
struct Door {
    settings: Settings,
    passwords: Passwords,
    logins: Throttle,
    setups: Throttle,
    /// One setup at a time; between processes the owner's unique row decides.
    setting_up: Arc<Mutex<()>>,
}

/// Identity, as the server mounts it.
pub fn module(settings: Settings) -> Module {
    let cookies = settings.cookies;
    let door = Door {
        settings,
        passwords: Passwords::default(),
        logins: Throttle::new(10, Duration::from_secs(15 * 60)),
        setups: Throttle::new(20, Duration::from_secs(60 * 60)),
        setting_up: Arc::default(),
    };
    Module::new("identity")
        .migrations(MIGRATIONS)
        .provide(move |_| door)
        .provide(move |_| cookies)
        .provide(crate::session::follow_sign_outs)
        .get(
            "/api/auth/methods",
            Access::Public,
            "Says whether the instance is set up and how one signs in.",
            methods,
        )
        .post(
            "/api/setup",
            Access::Public,
            "Makes the owner's account, once, and signs them in.",
            set_up,
        )
        .post(
            "/api/auth/login",
            Access::Public,
            "Signs in with a password.",
            log_in,
        )
        .post(
            "/api/auth/logout",
            Access::SignedIn,
            "Ends this browser's session.",
            log_out,
        )
        .get("/api/me", Access::SignedIn, "Says who is signed in.", me)
}

#[derive(Serialize)]
struct SignedIn {
    user: Account,
    csrf_token: String,
}

async fn methods(State(state): State<AppState>) -> Answer<Data<serde_json::Value>> {
    let setup_required = views::setup_required(state.backbone.db()).await?;
    Ok(Data(
        json!({ "setup_required": setup_required, "methods": ["password"] }),
    ))
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SetupRequest {
    first_name: String,
    last_name: String,
    email: String,
    password: String,
    token: Option<String>,
}

async fn set_up(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    Body(request): Body<SetupRequest>,
) -> Answer<Response> {
    let door: Door = state.get();
    let now = state.backbone.clock().now();
    if !views::setup_required(state.backbone.db()).await? {
        return Err(Refusal::SetupDone.into());
    }
    door.setups
        .attempt(&address_key(address), now)
        .map_err(too_many)?;
    check_setup_token(&door.settings, request.token.as_deref())?;
    let account = NewAccount::parse(
        &request.first_name,
        &request.last_name,
        &request.email,
        &request.password,
    )
    .map_err(Problem::validation)?;
    let ids = state.backbone.ids();
    let command = SetUp {
        user_id: UserId(ids.next()),
        session: NewSession::begin(LoginSessionId(ids.next()), false),
        visit: visit(&state, address, &headers).await?,
        credentials: Credentials {
            names: (account.first_name, account.last_name),
            email: account.email,
            password: door.passwords.hash(account.password).await?,
        },
    };
    let turn = door.setting_up.lock().await;
    let user_id = state.backbone.execute(context, &command).await?.value;
    drop(turn);
    let answer = Created(signed_in(&state, user_id, &command.session.csrf_token).await?).into_response();
    Ok(with_cookie(
        answer,
        door.settings.cookies.session(&command.session),
    ))
}

fn check_setup_token(settings: &Settings, given: Option<&str>) -> Answer<()> {
    match &settings.setup_token {
        Some(wanted) if !given.is_some_and(|given| same(wanted, given)) => Err(Problem::new(
            Code::Forbidden,
            "this instance wants its setup token, which stands in its configuration",
        )),
        _ => Ok(()),
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LoginRequest {
    email: String,
    password: String,
    remember: bool,
}

/// Unknown addresses, wrong passwords, unconfirmed and suspended accounts: the same
/// words after the same work.
async fn log_in(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    Body(request): Body<LoginRequest>,
) -> Answer<Response> {
    let door: Door = state.get();
    let (db, now) = (state.backbone.db(), state.backbone.clock().now());
    let key = format!("{} {}", request.email.trim().to_lowercase(), address_key(address));
    let key = crate::secret::sha256(key.as_bytes());
    door.logins.attempt(&key, now).map_err(too_many)?;
    let user = match Email::parse("/email", &request.email) {
        Ok(email) => match views::id_by_email(db, &email).await? {
            Some(id) => read_aggregate::<User>(db, id.0).await?,
            None => None,
        },
        Err(_) => None,
    };
    let hash = user.as_ref().and_then(|user| user.password.clone());
    let verified = door.passwords.verify(request.password, hash.clone()).await?;
    let (Some(user), Some(hash), true) = (user, hash, verified) else {
        return Err(Refusal::InvalidCredentials.into());
    };
    let command = LogIn {
        user_id: user.id,
        verified: hash,
        session: NewSession::begin(LoginSessionId(state.backbone.ids().next()), request.remember),
        visit: visit(&state, address, &headers).await?,
    };
    state.backbone.execute(context, &command).await?;
    door.logins.forget(&key);
    let answer = Data(signed_in(&state, user.id, &command.session.csrf_token).await?).into_response();
    Ok(with_cookie(
        answer,
        door.settings.cookies.session(&command.session),
    ))
}

async fn log_out(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    actor: Actor,
    Extension(session): Extension<CurrentSession>,
) -> Answer<Response> {
    let command = LogOut {
        user_id: actor.user_id,
        session_id: session.id,
    };
    state.backbone.execute(context, &command).await?;
    let cookies = state.get::<Door>().settings.cookies;
    Ok(with_cookie(NoContent.into_response(), cookies.gone()))
}

async fn me(
    State(state): State<AppState>,
    actor: Actor,
    Extension(session): Extension<CurrentSession>,
) -> Answer<Data<SignedIn>> {
    Ok(Data(signed_in(&state, actor.user_id, &session.csrf_token).await?))
}

async fn signed_in(state: &AppState, user_id: UserId, csrf_token: &str) -> Answer<SignedIn> {
    let user = views::account(state.backbone.db(), user_id)
        .await?
        .ok_or_else(Problem::unauthenticated)?;
    Ok(SignedIn {
        user,
        csrf_token: csrf_token.to_owned(),
    })
}

async fn visit(state: &AppState, address: Option<IpAddr>, headers: &HeaderMap) -> Answer<Visit> {
    let user_agent = headers
        .get(header::USER_AGENT)
        .and_then(|name| name.to_str().ok());
    Ok(Visit {
        ip_hash: hashed_address(state.backbone.db(), address).await?,
        user_agent: user_agent.map(|name| name.chars().take(255).collect()),
    })
}

fn address_key(address: Option<IpAddr>) -> String {
    address.map(|address| address.to_string()).unwrap_or_default()
}

fn too_many(seconds: u64) -> Problem {
    let minutes = seconds.div_ceil(60);
    Problem::new(
        Code::TooManyRequests,
        format!("too many attempts; try again in {minutes} min"),
    )
    .retry_after(seconds)
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal {
            Refusal::SetupDone => Code::SetupDone,
            Refusal::NotSetUp => Code::InvalidStateTransition,
            Refusal::EmailTaken => Code::EmailTaken,
            Refusal::InvalidCredentials => Code::InvalidCredentials,
        };
        Problem::new(code, refusal.to_string())
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => refusal.into(),
            Failure::Fault(error) => error.into(),
        }
    }
}
