//! Accounts and sign-in: who somebody is.
//!
//! **First run.** There is no default password. `POST /api/setup` is open only
//! while nobody has an account; it makes the instance's owner and signs them in.
//! A unique row decides between two simultaneous calls.
//!
//! **Sign-in.** A password is checked with argon2id on a few threads of its own.
//! An unknown address costs the same time as a wrong password, and every refusal
//! reads the same. Attempts are throttled for each pair of account and address.
//!
//! **Sessions.** The cookie holds 32 random bytes; the database holds their
//! SHA-256. A session lives for 14 days and is issued anew from its 7th day on; the
//! token before is still taken for a minute, so that requests under way do not
//! sign anybody out. Each session has a CSRF token that its changing requests
//! must carry in a header.
//!
//! **What others may know.** The server's edge asks [`resolve`] once for each
//! request and puts an `Actor` into it; no other context ever asks this one. What
//! happens here is told as events, with names and addresses sealed under the
//! person's key.

mod commands;
mod cookie;
mod fields;
mod http;
mod password;
mod secret;
mod session;
mod throttle;
mod user;
mod views;

#[cfg(test)]
mod tests;

pub use commands::{CreateUser, Credentials, Failure, LogIn, LogOut, SetUp, Visit};
pub use cookie::{COOKIE, CookiePolicy};
pub use fields::{Email, Name, NewAccount, NewPassword};
pub use http::{Settings, module};
pub use password::{PasswordHash, Passwords};
pub use session::{CurrentSession, Renewal, Resolved, resolve, token_is};
pub use user::{Refusal, Status, User};
pub use views::{Account, accounts, setup_required};

use althing_backbone::{Migration, Migrations};

/// The tables of this context.
pub const MIGRATIONS: Migrations = Migrations {
    context: "identity",
    steps: &[Migration {
        number: 1,
        name: "start",
        text: include_str!("migrations/0001_start.sql"),
    }],
};
