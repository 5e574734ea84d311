//! The door of one's own account: names, password, browser sessions; and the way in for
//! whoever forgot their password.

use althing_backbone::read_aggregate;
use althing_events::LoginSessionId;
use althing_web::{
    Access, Actor, Answer, AppState, Body, ClientAddress, Code, Ctx, Data, FieldProblem, Module, NoContent,
    PathId, Problem,
};
use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::commands::{ChangePassword, LogOut, Reauthenticate, Rename};
use crate::cookie::with_cookie;
use crate::fields::{Name, NewPassword};
use crate::http::{Door, SignedIn, address_key, entered, signed_in, too_many, user_agent};
use crate::reset_link::ResetPassword;
use crate::session::{CurrentSession, NewSession, OpenSession, open_sessions};
use crate::user::{Refusal, User};

pub(crate) fn routes(module: Module) -> Module {
    module
        .patch(
            "/api/me",
            Access::SignedIn,
            "Changes one's own names.",
            change_names,
        )
        .put(
            "/api/me/password",
            Access::SignedIn,
            "Changes one's own password, after a fresh sign-in. Every other browser is signed out.",
            change_password,
        )
        .gives::<NoContent>()
        .get(
            "/api/me/sessions",
            Access::SignedIn,
            "Lists the browsers in which one is signed in.",
            list_sessions,
        )
        .delete(
            "/api/me/sessions/{id}",
            Access::SignedIn,
            "Signs one of one's own browsers out.",
            end_session,
        )
        .gives::<NoContent>()
        .post(
            "/api/auth/reauthenticate",
            Access::SignedIn,
            "Confirms with the password that it is still oneself; counts as a fresh sign-in for 20 minutes.",
            reauthenticate,
        )
        .post(
            "/api/auth/password/reset",
            Access::Public,
            "Sets another password through a link. Every browser is signed out.",
            reset_password,
        )
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct NamesRequest {
    first_name: Option<String>,
    last_name: Option<String>,
}

async fn change_names(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    actor: Actor,
    Extension(session): Extension<CurrentSession>,
    Body(request): Body<NamesRequest>,
) -> Answer<Data<SignedIn>> {
    let parse =
        |field: &str, name: &Option<String>| name.as_deref().map(|name| Name::parse(field, name)).transpose();
    let command = match (
        parse("/first_name", &request.first_name),
        parse("/last_name", &request.last_name),
    ) {
        (Ok(first_name), Ok(last_name)) => Rename {
            user_id: actor.user_id,
            first_name,
            last_name,
        },
        (first_name, last_name) => {
            let problems = [first_name.err(), last_name.err()];
            return Err(Problem::validation(problems.into_iter().flatten().collect()));
        }
    };
    state.backbone.execute(context, &command).await?;
    Ok(Data(signed_in(&state, actor.user_id, &session.csrf_token).await?))
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct PasswordRequest {
    password: String,
    confirmation: String,
}

async fn change_password(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    headers: HeaderMap,
    actor: Actor,
    Extension(session): Extension<CurrentSession>,
    Body(request): Body<PasswordRequest>,
) -> Answer<Response> {
    let door: Door = state.get();
    session.require_fresh(state.backbone.clock().now())?;
    let password = twice(&request.password, &request.confirmation)?;
    let command = ChangePassword {
        user_id: actor.user_id,
        password: door.passwords.hash(password).await?,
        session: NewSession::begin(
            LoginSessionId(state.backbone.ids().next()),
            session.remember,
            user_agent(&headers),
        ),
    };
    state.backbone.execute(context, &command).await?;
    entered(&state, actor.user_id, &command.session).await
}

/// A new password that was typed the same way twice.
fn twice(password: &str, confirmation: &str) -> Answer<NewPassword> {
    let parsed = NewPassword::parse("/password", password);
    let differs = (password != confirmation)
        .then(|| FieldProblem::new("/confirmation", "mismatch", "differs from the password above"));
    match (parsed, differs) {
        (Ok(password), None) => Ok(password),
        (parsed, differs) => {
            let problems = [parsed.err(), differs];
            Err(Problem::validation(problems.into_iter().flatten().collect()))
        }
    }
}

async fn list_sessions(
    State(state): State<AppState>,
    actor: Actor,
    Extension(session): Extension<CurrentSession>,
) -> Answer<Data<Vec<OpenSession>>> {
    let (db, now) = (state.backbone.db(), state.backbone.clock().now());
    Ok(Data(open_sessions(db, actor.user_id, session.id, now).await?))
}

async fn end_session(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    actor: Actor,
    Extension(session): Extension<CurrentSession>,
    PathId(id): PathId<LoginSessionId>,
) -> Answer<Response> {
    let command = LogOut {
        user_id: actor.user_id,
        session_id: id,
    };
    if !state.backbone.execute(context, &command).await?.value {
        return Err(Problem::new(
            Code::NotFound,
            "you are not signed in there any more",
        ));
    }
    let answer = NoContent.into_response();
    if id == session.id {
        let cookies = state.get::<Door>().settings.cookies;
        return Ok(with_cookie(answer, cookies.gone()));
    }
    Ok(answer)
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct ConfirmRequest {
    password: String,
}

/// Attempts count together with those to sign in.
async fn reauthenticate(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    ClientAddress(address): ClientAddress,
    actor: Actor,
    Extension(session): Extension<CurrentSession>,
    Body(request): Body<ConfirmRequest>,
) -> Answer<NoContent> {
    let door: Door = state.get();
    let key = door.login_key(&actor.email, address);
    door.logins
        .attempt(&key, state.backbone.clock().now())
        .map_err(too_many)?;
    let user = read_aggregate::<User>(state.backbone.db(), actor.user_id.0).await?;
    let hash = user.and_then(|user| user.password);
    let is_right = door.passwords.verify(request.password, hash.clone()).await?;
    let Some(verified) = hash.filter(|_| is_right) else {
        return Err(Refusal::WrongPassword.into());
    };
    let command = Reauthenticate {
        user_id: actor.user_id,
        session_id: session.id,
        verified,
    };
    state.backbone.execute(context, &command).await?;
    door.logins.forget(&key);
    Ok(NoContent)
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct ResetRequest {
    token: String,
    password: String,
    confirmation: String,
}

async fn reset_password(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    ClientAddress(address): ClientAddress,
    Body(request): Body<ResetRequest>,
) -> Answer<NoContent> {
    let door: Door = state.get();
    let now = state.backbone.clock().now();
    door.resets
        .attempt(&address_key(address), now)
        .map_err(too_many)?;
    if !ResetPassword::is_good(state.backbone.db(), &request.token, now).await? {
        return Err(Refusal::InvalidToken.into());
    }
    let password = twice(&request.password, &request.confirmation)?;
    let command = ResetPassword {
        token: request.token,
        password: door.passwords.hash(password).await?,
    };
    state.backbone.execute(context, &command).await?;
    Ok(NoContent)
}
