//! Signing in with an account elsewhere, by OpenID Connect.
//!
//! **Providers** are settings of the instance, kept in the database and changed by its
//! admins while it runs. Without one nothing here calls anybody.
//!
//! **An attempt** begins when somebody chooses a provider. Its state and nonce are random,
//! good once and for ten minutes, and only in the browser that began: that browser holds a
//! secret in a cookie of which the attempt has the hash. The code is exchanged with PKCE.
//!
//! **A token** is believed when a key of the provider signed it with RS256 or ES256 and
//! issuer, audience, nonce and times are right. Keys are cached; an unknown one is asked for
//! at most once a minute.
//!
//! **An account** is found by issuer and subject, never by a name. At the first sign-in an
//! address that the provider has verified leads to the account that has it; else an account
//! is made, where provider and instance allow that. What the provider says about groups gives
//! places in workspaces and is followed at each sign-in; it never touches an owner, nor a
//! place that somebody has for another reason.

mod account;
mod admin;
mod attempt;
mod commands;
mod cookie;
mod door;
mod failure;
mod identity;
mod known;
mod outbound;
mod own;
mod person;
mod provider;
mod request;
mod sealed;
mod token;
mod views;

#[cfg(test)]
mod tests;

use std::time::Duration;

use althing_web::{AppState, Module};

use self::known::Known;
use crate::throttle::Throttle;

pub(crate) use views::{forget, offered};

/// What handlers share.
#[derive(Clone)]
struct Shared {
    known: Known,
    /// How often one network address may begin.
    starts: Throttle,
}

pub(crate) fn routes(module: Module) -> Module {
    let shared = Shared {
        known: Known::default(),
        starts: Throttle::new(100, Duration::from_secs(10 * 60)),
    };
    let module = module.provide(move |_| shared);
    own::routes(admin::routes(door::routes(module)))
}

/// What is known of providers.
fn known(state: &AppState) -> Known {
    state.get::<Shared>().known
}
