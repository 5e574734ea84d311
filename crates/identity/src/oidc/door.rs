//! The way to a provider and back: addresses that browsers visit, not programs.

use althing_backbone::Context;
use althing_events::UserId;
use althing_events::identity::LoginMethod;
use althing_web::{Access, Actor, AppState, ClientAddress, Ctx, Module, NotSignedIn, QueryOf, Redirect};
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;

use super::attempt::{self, Attempt, Begun};
use super::commands::{Link, SignInWith};
use super::failure::{Failed, NotAllowed, SsoError};
use super::provider::Provider;
use super::{Shared, cookie, request, token, views};
use crate::cookie::with_cookie;
use crate::http::{Door, address_key, sign_in_of};
use crate::instance_settings::effective;
use crate::registration::Registration;
use crate::workspace::http::known_everywhere;

/// Where people choose how to sign in, and learn that it did not work.
const SIGN_IN: &str = "/sign-in";
/// Where people link accounts.
const ACCOUNT: &str = "/account";
const RETURN_TO_MOST: usize = 2_000;
const WORD_MOST: usize = 60;

pub(super) fn routes(module: Module) -> Module {
    module
        .get(
            "/api/auth/oidc/{provider}/start",
            Access::Public,
            "Sends the browser to a sign-in provider; `return_to` is a page to come back to, `fresh` has the person asked anew.",
            start,
        )
        .gives::<Redirect>()
        .get(
            "/api/auth/oidc/{provider}/callback",
            Access::Public,
            "Takes the browser back from a sign-in provider: signs in or links, and goes on to a page.",
            callback,
        )
        .gives::<Redirect>()
}

#[derive(Deserialize, JsonSchema)]
struct StartQuery {
    return_to: Option<String>,
    #[serde(default)]
    fresh: bool,
}

async fn start(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    Path(slug): Path<String>,
    QueryOf(query): QueryOf<StartQuery>,
) -> Response {
    let return_to = local(query.return_to.as_deref());
    let began = async {
        let now = state.backbone.clock().now();
        state
            .get::<Shared>()
            .starts
            .attempt(&address_key(address), now)
            .map_err(|_| Failed::TooMany)?;
        let provider = views::by_slug(state.backbone.db(), &slug).await?;
        let provider = provider.ok_or(Failed::UnknownProvider)?;
        begin(&state, &provider, None, &return_to, query.fresh).await
    };
    match began.await {
        Ok((begun, location)) => {
            let cookies = state.get::<Door>().settings.cookies;
            with_cookie(go_to(&location), cookie::begun(cookies, &begun.browser))
        }
        Err(error) => did_not_work(&error, &slug, SIGN_IN, Some(&return_to)),
    }
}

/// Begins an attempt: its secrets, and the address at the provider.
pub(super) async fn begin(
    state: &AppState,
    provider: &Provider,
    link_to: Option<UserId>,
    return_to: &str,
    fresh: bool,
) -> Result<(Begun, String), SsoError> {
    let now = state.backbone.clock().now();
    // Asked first, so that nothing is kept for a provider that does not answer.
    super::known(state).of(&provider.issuer, now).await?;
    let begun = attempt::begin(state.backbone.db(), provider.id, link_to, return_to, now).await?;
    let address = request::address(state, provider, &begun, fresh).await?;
    Ok((begun, address.into()))
}

/// Providers add what they like.
#[derive(Deserialize, JsonSchema)]
struct CallbackQuery {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

/// Who calls, and from where.
struct Caller {
    context: Context,
    actor: Option<UserId>,
    address: Option<std::net::IpAddr>,
    headers: HeaderMap,
}

async fn callback(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    actor: Option<Extension<Actor>>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    Path(slug): Path<String>,
    QueryOf(query): QueryOf<CallbackQuery>,
) -> Response {
    let caller = Caller {
        context,
        actor: actor.map(|Extension(actor)| actor.user_id),
        address,
        headers,
    };
    let cookies = state.get::<Door>().settings.cookies;
    let answer = match ended(&state, &caller, query.state.as_deref()).await {
        Err(error) => did_not_work(&error, &slug, SIGN_IN, None),
        Ok(attempt) => {
            let page = if attempt.link_to.is_some() {
                ACCOUNT
            } else {
                SIGN_IN
            };
            let return_to = attempt.return_to.clone();
            match come_back(&state, caller, &slug, query, attempt).await {
                Ok(response) => response,
                Err(error) => did_not_work(&error, &slug, page, Some(&return_to)),
            }
        }
    };
    with_cookie(answer, cookie::gone(cookies))
}

async fn ended(state: &AppState, caller: &Caller, text: Option<&str>) -> Result<Attempt, SsoError> {
    let (db, now) = (state.backbone.db(), state.backbone.clock().now());
    let text = text.ok_or(Failed::Expired)?;
    let browser = cookie::of(&caller.headers);
    let attempt = attempt::end(db, text, browser.as_deref(), now).await?;
    Ok(attempt.ok_or(Failed::Expired)?)
}

async fn come_back(
    state: &AppState,
    caller: Caller,
    slug: &str,
    query: CallbackQuery,
    attempt: Attempt,
) -> Result<Response, SsoError> {
    let provider = views::by_slug(state.backbone.db(), slug).await?;
    let provider = provider.ok_or(Failed::UnknownProvider)?;
    if provider.id != attempt.provider_id {
        return Err(Failed::Expired.into());
    }
    if query.iss.is_some_and(|issuer| issuer != provider.issuer) {
        return Err(SsoError::not_believed("the answer came from another issuer"));
    }
    if let Some(code) = query.error {
        return Err(Failed::Refused(code).into());
    }
    let code = query
        .code
        .ok_or_else(|| SsoError::not_believed("the answer has no code"))?;
    let person = token::redeem(state, &provider, &attempt, code).await?;
    if let Some(user_id) = attempt.link_to {
        if caller.actor != Some(user_id) {
            return Err(NotAllowed::SomebodyElse.into());
        }
        let issuer = provider.issuer;
        let command = Link {
            user_id,
            issuer,
            person,
        };
        state.backbone.execute(caller.context, &command).await?;
        return Ok(go_to(&attempt.return_to));
    }
    let method = LoginMethod::Oidc;
    let sign_in = sign_in_of(state, method, false, caller.address, &caller.headers)
        .await
        .map_err(|problem| anyhow::anyhow!("a sign-in cannot be prepared: {problem:?}"))?;
    let door: Door = state.get();
    let now = effective(state.backbone.db(), &door.settings).await?;
    let command = SignInWith {
        provider,
        person,
        user_id: UserId(state.backbone.ids().next()),
        may_register: now.registration != Registration::Closed,
        sign_in,
    };
    let done = state.backbone.execute(caller.context, &command).await?;
    known_everywhere(state, done.receipt).await;
    let session = door.settings.cookies.session(&command.sign_in.session);
    Ok(with_cookie(go_to(&attempt.return_to), session))
}

/// A page says what went wrong, by two words in its address.
fn did_not_work(error: &SsoError, slug: &str, page: &str, return_to: Option<&str>) -> Response {
    let code = error.code().as_str();
    match error {
        SsoError::Fault(fault) => {
            tracing::error!(error = format!("{fault:#}"), "a sign-in with a provider failed")
        }
        error => {
            tracing::warn!(provider = slug, code, reason = %error, "a sign-in with a provider did not work")
        }
    }
    let mut query = form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("error", code)
        .append_pair("reason", &plain(error.word()));
    if let Some(return_to) = return_to.filter(|path| page == SIGN_IN && *path != "/") {
        query.append_pair("return_to", return_to);
    }
    let mut response = go_to(&format!("{page}?{}", query.finish()));
    if page == SIGN_IN {
        response.extensions_mut().insert(NotSignedIn);
    }
    response
}

/// A word that came from outside, fit for an address.
fn plain(word: &str) -> String {
    word.chars()
        .filter(|sign| sign.is_ascii_alphanumeric() || *sign == '_')
        .take(WORD_MOST)
        .collect()
}

fn go_to(location: &str) -> Response {
    match HeaderValue::from_str(location) {
        Ok(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        Err(_) => (StatusCode::SEE_OTHER, [(header::LOCATION, "/")]).into_response(),
    }
}

/// A page of this host; whatever could be read as another address is the start page.
pub(super) fn local(path: Option<&str>) -> String {
    let is_local = |path: &&str| {
        path.starts_with('/')
            && !path.starts_with("//")
            && !path.starts_with("/api/")
            && path.len() <= RETURN_TO_MOST
            && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
    };
    path.filter(is_local).unwrap_or("/").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_this_host_are_returned_to() {
        for good in ["/", "/decisions/1?view=write#top", "/w/engines"] {
            assert_eq!(local(Some(good)), good);
        }
        for bad in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/api/auth/logout",
            "decisions",
            "",
        ] {
            assert_eq!(local(Some(bad)), "/", "{bad}");
        }
        assert_eq!(local(None), "/");
        assert_eq!(local(Some(&format!("/{}", "a".repeat(RETURN_TO_MOST)))), "/");
    }

    #[test]
    fn a_foreign_word_brings_nothing_into_an_address() {
        assert_eq!(plain("access_denied"), "access_denied");
        assert_eq!(plain("a b&c=<script>"), "abcscript");
        assert_eq!(plain(&"x".repeat(100)).len(), WORD_MOST);
    }
}
