//! Links that show a session to people without an account.
//!
//! The owner makes a link and thereby consents. Its token is shown once; what is stored
//! is its hash. The address of a link holds the token where browsers do not send it; the
//! page exchanges it for a *pass*, a cookie for that one session that lasts an hour at
//! most. Other clients send the token in a header. A link only ever shows.

mod commands;
pub mod http;
pub mod port;
mod token;
mod views;

/// How the cookies of passes are sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct PassCookies {
    /// Only over https; true when the instance's address is one.
    pub secure: bool,
}
