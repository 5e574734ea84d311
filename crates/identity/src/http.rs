//! The door of identity: setup, sign-in, sign-out, who am I.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use althing_backbone::read_aggregate;
use althing_events::identity::LoginMethod;
use althing_events::{LoginSessionId, UserId};
use althing_web::{
    Access, Actor, Answer, AppState, Body, ClientAddress, Code, Created, Ctx, Data, FieldProblem, Mailer,
    Module, NoContent, Problem,
};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::Mutex;

use crate::commands::{Credentials, Failure, LogIn, LogOut, SetUp, SignIn, Visit};
use crate::cookie::{CookiePolicy, with_cookie};
use crate::email_change::wanted_address;
use crate::fields::{Email, NewAccount};
use crate::instance_settings::{Fixed, effective};
use crate::password::Passwords;
use crate::registration::Registration;
use crate::secret::{Addresses, same};
use crate::session::{CurrentSession, NewSession};
use crate::throttle::Throttle;
use crate::user::{Refusal, User};
use crate::views::{self, Account};
use crate::{
    MIGRATIONS, admin, api_key, deletion, email_change, forgotten, instance_settings, login_link, oidc,
    own_account, registration, workspace,
};

/// What the configuration says about sign-in.
#[derive(Clone)]
pub struct Settings {
    /// How cookies are sent.
    pub cookies: CookiePolicy,
    /// Who may make an account for themselves.
    pub registration: Registration,
    /// What mails links; without one they are copied.
    pub mailer: Mailer,
    /// How long a deleted workspace can still be restored.
    pub purge_after: Duration,
    /// Which of these the configuration holds fast.
    pub fixed: Fixed,
    /// What `POST /api/setup` must carry as `token`, if set.
    pub setup_token: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cookies: CookiePolicy::default(),
            registration: Registration::default(),
            mailer: Mailer::off(),
            purge_after: Duration::from_secs(30 * 24 * 60 * 60),
            fixed: Fixed::default(),
            setup_token: None,
        }
    }
}

#[derive(Clone)]
pub(crate) struct Door {
    pub settings: Settings,
    pub passwords: Passwords,
    pub logins: Throttle,
    pub setups: Throttle,
    pub resets: Throttle,
    pub links: Throttle,
    pub mails: Throttle,
    /// One setup at a time; between processes the owner's unique row decides.
    setting_up: Arc<Mutex<()>>,
}

/// Identity, as the server mounts it.
pub fn module(settings: Settings) -> Module {
    let cookies = settings.cookies;
    let mailer = settings.mailer.clone();
    let door = Door {
        settings,
        passwords: Passwords::default(),
        logins: Throttle::new(10, Duration::from_secs(15 * 60)),
        setups: Throttle::new(20, Duration::from_secs(60 * 60)),
        resets: Throttle::new(20, Duration::from_secs(60 * 60)),
        links: Throttle::new(60, Duration::from_secs(60 * 60)),
        mails: Throttle::new(5, Duration::from_secs(60 * 60)),
        setting_up: Arc::default(),
    };
    let module = Module::new("identity")
        .migrations(MIGRATIONS)
        .provide(move |_| door)
        .provide(move |_| cookies)
        .provide(|_| Addresses::default())
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
        .gives::<Created<SignedIn>>()
        .post(
            "/api/auth/login",
            Access::Public,
            "Signs in with a password.",
            log_in,
        )
        .gives::<Data<SignedIn>>()
        .post(
            "/api/auth/logout",
            Access::SignedIn,
            "Ends this browser's session.",
            log_out,
        )
        .gives::<NoContent>()
        .get("/api/me", Access::SignedIn, "Says who is signed in.", me);
    let module = registration::http::routes(own_account::routes(module));
    let module = workspace::http::routes(api_key::http::routes(admin::routes(module)));
    let module = login_link::routes(forgotten::routes(module));
    let module = deletion::routes(email_change::http::routes(module));
    let module = oidc::routes(instance_settings::routes(module));
    module.subscriptions_from(move || {
        let mut all = workspace::subscriptions(&mailer);
        all.push(email_change::subscription(&mailer));
        all
    })
}

impl Door {
    /// Under which key attempts to sign in are counted.
    pub fn login_key(&self, email: &str, address: Option<IpAddr>) -> String {
        let key = format!("{} {}", email.trim().to_lowercase(), address_key(address));
        crate::secret::sha256(key.as_bytes())
    }
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct SignedIn {
    user: Account,
    /// The address they have asked for and not confirmed yet.
    new_email: Option<String>,
    csrf_token: String,
}

async fn methods(State(state): State<AppState>) -> Answer<Data<serde_json::Value>> {
    let setup_required = views::setup_required(state.backbone.db()).await?;
    let settings = state.get::<Door>().settings;
    let now = effective(state.backbone.db(), &settings).await?;
    let (registration, mail) = (now.registration.as_str(), settings.mailer.is_on());
    let providers = oidc::offered(state.backbone.db()).await?;
    let mut methods = vec!["password"];
    methods.extend(mail.then_some("link"));
    methods.extend((!providers.is_empty()).then_some("oidc"));
    Ok(Data(json!({
        "setup_required": setup_required, "methods": methods, "providers": providers, "registration": registration,
        "mail": mail
    })))
}

#[derive(Default, Deserialize, JsonSchema)]
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
        sign_in: sign_in_of(&state, LoginMethod::Password, false, address, &headers).await?,
        credentials: Credentials {
            names: (account.first_name, account.last_name),
            email: account.email,
            password: door.passwords.hash(account.password).await?,
        },
    };
    let turn = door.setting_up.lock().await;
    let user_id = state.backbone.execute(context, &command).await?.value;
    drop(turn);
    let session = &command.sign_in.session;
    let answer = Created(signed_in(&state, user_id, &session.csrf_token).await?).into_response();
    Ok(with_cookie(answer, door.settings.cookies.session(session)))
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

#[derive(Default, Deserialize, JsonSchema)]
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
    let key = door.login_key(&request.email, address);
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
        sign_in: sign_in_of(&state, LoginMethod::Password, request.remember, address, &headers).await?,
    };
    state.backbone.execute(context, &command).await?;
    door.logins.forget(&key);
    entered(&state, user.id, &command.sign_in.session).await
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

/// Who is signed in now, with the cookie of their new session.
pub(crate) async fn entered(state: &AppState, user_id: UserId, session: &NewSession) -> Answer<Response> {
    let body = Data(signed_in(state, user_id, &session.csrf_token).await?);
    let cookies = state.get::<Door>().settings.cookies;
    Ok(with_cookie(body.into_response(), cookies.session(session)))
}

pub(crate) async fn signed_in(state: &AppState, user_id: UserId, csrf_token: &str) -> Answer<SignedIn> {
    let user = views::account(state.backbone.db(), user_id)
        .await?
        .ok_or_else(Problem::unauthenticated)?;
    let now = state.backbone.clock().now();
    let new_email = wanted_address(state.backbone.db(), user_id, now).await?;
    Ok(SignedIn {
        user,
        new_email: new_email.map(|email| email.as_str().to_owned()),
        csrf_token: csrf_token.to_owned(),
    })
}

/// A new session for the browser that asks.
pub(crate) async fn sign_in_of(
    state: &AppState,
    method: LoginMethod,
    remember: bool,
    address: Option<IpAddr>,
    headers: &HeaderMap,
) -> Answer<SignIn> {
    let id = LoginSessionId(state.backbone.ids().next());
    Ok(SignIn {
        session: NewSession::begin(id, remember, user_agent(headers)),
        visit: Visit {
            ip_hash: state
                .get::<Addresses>()
                .hashed(state.backbone.db(), address)
                .await?,
            user_agent: user_agent(headers),
        },
        method,
    })
}

/// The browser's name for itself, cut to 255 characters.
pub(crate) fn user_agent(headers: &HeaderMap) -> Option<String> {
    let name = headers.get(header::USER_AGENT)?.to_str().ok()?;
    Some(name.chars().take(255).collect())
}

pub(crate) fn address_key(address: Option<IpAddr>) -> String {
    address.map(|address| address.to_string()).unwrap_or_default()
}

pub(crate) fn too_many(seconds: u64) -> Problem {
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
            Refusal::InvalidToken => Code::InvalidToken,
            Refusal::UnknownAddress | Refusal::UnknownUser => Code::UserNotFound,
            Refusal::AlreadyConfirmed | Refusal::NoAddressChange => Code::InvalidStateTransition,
            Refusal::InstanceOwner => Code::InstanceOwner,
            Refusal::OwnsWorkspaces => Code::OwnsWorkspaces,
            Refusal::SameAddress => {
                let same = FieldProblem::new("/email", "unchanged", "is your address already");
                return Problem::validation(vec![same]);
            }
            Refusal::InvalidOrExpired => Code::InvalidOrExpired,
            Refusal::NotThisAccount | Refusal::NotYourWorkspace => Code::Forbidden,
            Refusal::UnknownIdentity => Code::IdentityNotFound,
            Refusal::LastWayIn => Code::LastWayIn,
            Refusal::UnknownKey => Code::ApiKeyNotFound,
            Refusal::KeyRevoked => Code::KeyRevoked,
            Refusal::WrongPassword => {
                let wrong = FieldProblem::new("/password", "wrong", "is not your password");
                return Problem::validation(vec![wrong]);
            }
        };
        Problem::new(code, refusal.to_string())
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => refusal.into(),
            Failure::Workspace(refusal) => refusal.into(),
            Failure::Fault(error) => error.into(),
        }
    }
}
