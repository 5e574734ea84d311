//! The session's cookie.

use axum::http::{HeaderValue, header};
use axum::response::Response;
use axum_extra::extract::cookie::{Cookie, SameSite};

use crate::session::{LIFE, NewSession, Renewal};

/// The cookie's name.
pub const COOKIE: &str = "althing_session";

/// How cookies are sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct CookiePolicy {
    /// Only over https; true when the instance's address is one.
    pub secure: bool,
}

impl CookiePolicy {
    pub(crate) fn session(self, session: &NewSession) -> HeaderValue {
        self.cookie(&session.token, session.remember.then_some(seconds()))
    }

    /// The cookie of a renewed session.
    pub fn renewed(self, renewal: &Renewal) -> HeaderValue {
        self.cookie(&renewal.token, renewal.remember.then_some(seconds()))
    }

    pub(crate) fn gone(self) -> HeaderValue {
        self.cookie("", Some(0))
    }

    /// Not readable by scripts; not sent along by other sites' forms. Without
    /// `max_age` it goes when the browser is closed.
    fn cookie(self, token: &str, max_age: Option<u64>) -> HeaderValue {
        let mut cookie = Cookie::build((COOKIE, token))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax);
        if self.secure {
            cookie = cookie.secure(true);
        }
        let mut text = cookie.build().to_string();
        if let Some(max_age) = max_age {
            text.push_str(&format!("; Max-Age={max_age}"));
        }
        HeaderValue::from_str(&text).expect("a base64 token and plain attributes are valid in a header")
    }
}

fn seconds() -> u64 {
    LIFE.as_secs()
}

pub(crate) fn with_cookie(mut response: Response, cookie: HeaderValue) -> Response {
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}
