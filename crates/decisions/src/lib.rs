//! The decisions context: how an issue becomes a decision that people can stand by.
//!
//! **Six modules**, which affect one another only through events:
//!
//! - [`session`]: sessions, their owner and outcomes;
//! - [`cycle`]: cycles, the nine components, their outputs, versions and branches;
//! - [`conversation`]: conversations with the AI partner, drafts, tools;
//! - [`analysis`]: pure functions over rating tables, and the score events;
//! - [`dashboard`]: read models, the live channel;
//! - [`sharing`]: links that show a session to people without an account.
//!
//! A module that needs to know something of another reads it through that
//! module's `port`. Only the doors (`http.rs`, the import) call commands of several.
//!
//! Who may do what with a session, and how much of it somebody's membership includes, is
//! asked at every door and in every command, of [`access`].
//!
//! **Pure at heart.** [`outputs`] (what a component may hold), [`analysis`] and the
//! rules of a cycle ([`cycle::Walk`]) take everything as arguments and reach
//! nothing. A command loads a walk, calls one method and persists its journal:
//! state, events and views in one commit.
//!
//! **A component's life:** started → output updated (by form, tool or a confirmed
//! draft; partial validation) → completed (strict validation) → marked for
//! revision. What was typed is never lost: every accepted output version is kept.

pub mod access;
pub mod analysis;
pub mod conversation;
pub mod cycle;
pub mod dashboard;
pub mod document;
pub mod error;
pub mod figures;
pub mod outputs;
pub mod people;
pub mod portable;
pub mod purge;
pub mod session;
pub mod sharing;

use althing_backbone::{Migration, Migrations, Subscription};
use althing_web::Module;

const MIGRATIONS: Migrations = Migrations {
    context: "decisions",
    steps: &[
        Migration {
            number: 1,
            name: "start",
            text: include_str!("migrations/0001_start.sql"),
            postgres: None,
        },
        Migration {
            number: 2,
            name: "conversation",
            text: include_str!("migrations/0002_conversation.sql"),
            postgres: None,
        },
        Migration {
            number: 3,
            name: "access",
            text: include_str!("migrations/0003_access.sql"),
            postgres: None,
        },
        Migration {
            number: 4,
            name: "purged",
            text: include_str!("migrations/0004_purged.sql"),
            postgres: None,
        },
        Migration {
            number: 5,
            name: "tier",
            text: include_str!("migrations/0005_tier.sql"),
            postgres: None,
        },
        Migration {
            number: 6,
            name: "session by workspace",
            text: include_str!("migrations/0006_session_by_workspace.sql"),
            postgres: None,
        },
    ],
};

/// Everything the server mounts.
pub fn module() -> Module {
    let module = Module::new("decisions")
        .keys("decisions:read", "decisions:write")
        .migrations(MIGRATIONS)
        .subscriptions_from(subscriptions)
        .membership_view(access::members::NAME)
        .membership_view(access::tiers::NAME);
    let module = access::http::routes(module);
    let module = session::http::routes(module);
    let module = cycle::http::routes(module);
    let module = conversation::http::routes(module);
    let module = analysis::http::routes(module);
    let module = document::http::routes(module);
    let module = portable::http::routes(module);
    let module = sharing::http::routes(module);
    dashboard::http::routes(module)
}

/// All subscriptions of this context; the only place that lists them.
pub fn subscriptions() -> Vec<Subscription> {
    let mut all = vec![
        session::reactions::cycle_tracker(),
        session::reactions::progress(),
        people::subscription(),
        access::members::subscription(),
        access::tiers::subscription(),
        purge::subscription(),
    ];
    all.extend(conversation::subscriptions());
    all.extend(analysis::subscriptions());
    all.extend(dashboard::subscriptions());
    all
}
