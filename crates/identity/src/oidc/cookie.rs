//! What binds an attempt to the browser in which it began.

use axum::http::{HeaderMap, HeaderValue};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};

use super::attempt::LIFE;
use crate::cookie::CookiePolicy;

const NAME: &str = "althing_sso";
const PATH: &str = "/api/auth/oidc";

/// Not readable by scripts; comes along when the provider sends the browser back.
pub(super) fn begun(policy: CookiePolicy, secret: &str) -> HeaderValue {
    cookie(policy, secret, LIFE.as_secs())
}

pub(super) fn gone(policy: CookiePolicy) -> HeaderValue {
    cookie(policy, "", 0)
}

fn cookie(policy: CookiePolicy, secret: &str, seconds: u64) -> HeaderValue {
    let cookie = Cookie::build((NAME, secret))
        .path(PATH)
        .http_only(true)
        .secure(policy.secure)
        .same_site(SameSite::Lax)
        .build();
    HeaderValue::from_str(&format!("{cookie}; Max-Age={seconds}"))
        .expect("a base64 secret and plain attributes are valid in a header")
}

pub(super) fn of(headers: &HeaderMap) -> Option<String> {
    let jar = CookieJar::from_headers(headers);
    jar.get(NAME).map(|cookie| cookie.value().to_owned())
}
