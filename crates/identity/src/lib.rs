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
//! **One's own account.** Who signed in within the last twenty minutes may change their
//! password; every other browser of theirs is then signed out. An operator makes a link
//! for somebody who forgot theirs: `althing admin reset-password`. Another address counts
//! once a link that goes there is used. A deleted account leaves its work and no trace of
//! who it was: its names lie under a key that goes with it.
//!
//! **Membership.** An operator gives somebody a tier, with or without an end; whoever has none of
//! their own has the instance's. What it includes says `althing_web::Membership`.
//!
//! **Workspaces.** Who is in one and who is asked to come is one aggregate; invitations and
//! registration lead in, keys let programs act for somebody.
//!
//! **Accounts elsewhere.** People sign in with providers of OpenID Connect, if the instance's
//! admins have named some; see `oidc`.
//!
//! **What others may know.** The server's edge asks [`resolve`] once for each
//! request and puts an `Actor` into it; no other context ever asks this one. What
//! happens here is told as events, with names and addresses sealed under the
//! person's key.

mod admin;
mod api_key;
mod commands;
mod cookie;
mod deletion;
mod email_change;
mod fields;
mod forgotten;
mod http;
mod instance_settings;
mod letters;
mod link_token;
mod links;
mod login_link;
mod oidc;
mod own_account;
mod password;
mod registration;
mod reset_link;
mod secret;
mod session;
mod throttle;
mod user;
mod views;
mod workspace;

#[cfg(test)]
mod tests;

pub use admin::{Reactivate, SetTier};
pub use api_key::{KeyRefusal, verify_key};
pub use commands::{CreateUser, Credentials, Failure, LogIn, LogOut, SetUp, Visit};
pub use cookie::{COOKIE, CookiePolicy};
pub use fields::{Email, Name, NewAccount, NewPassword};
pub use http::{Settings, module};
pub use instance_settings::Fixed;
pub use password::{PasswordHash, Passwords};
pub use registration::Registration;
pub use reset_link::{MakeResetLink, Whose};
pub use secret::Addresses;
pub use session::{CurrentSession, Renewal, Resolved, resolve, token_is};
pub use user::{Refusal, Status, User};
pub use views::{Account, accounts, setup_required};
pub use workspace::Refusal as WorkspaceRefusal;

use althing_backbone::{Migration, Migrations};

/// The tables of this context.
pub const MIGRATIONS: Migrations = Migrations {
    context: "identity",
    steps: &[
        Migration {
            number: 1,
            name: "start",
            text: include_str!("migrations/0001_start.sql"),
            postgres: None,
        },
        Migration {
            number: 2,
            name: "account",
            text: include_str!("migrations/0002_account.sql"),
            postgres: None,
        },
        Migration {
            number: 3,
            name: "workspace",
            text: include_str!("migrations/0003_workspace.sql"),
            postgres: None,
        },
        Migration {
            number: 4,
            name: "api_key",
            text: include_str!("migrations/0004_api_key.sql"),
            postgres: None,
        },
        Migration {
            number: 5,
            name: "oidc",
            text: include_str!("migrations/0005_oidc.sql"),
            postgres: None,
        },
        Migration {
            number: 6,
            name: "tier",
            text: include_str!("migrations/0006_tier.sql"),
            postgres: None,
        },
    ],
};
