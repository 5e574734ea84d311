//! The audit log: who did what, when, to which thing, from which key and address.
//!
//! **Entries.** `audit-log` ([`entries`]) turns the events of the other contexts into rows,
//! one for each. A row holds ids, words of lists and numbers; never a title, a name or a
//! text that somebody wrote. It is a code with its fields, which the web app makes a
//! sentence of in the reader's language.
//!
//! **What no event tells of.** Sign-ins that failed, access that was denied, links that were
//! used, files that were taken, limits that were run against again and again, and what
//! operators do with dead letters change nothing of the product, so no event is recorded
//! ([`incidents`]). They are noted straight into the table; the same one again and again is one
//! entry for ten minutes, with a count, so that a flood does not fill the disk.
//!
//! **Append-only.** The database refuses to change an entry, and to delete one before its
//! time: a year for signing in, seven years for everything else ([`retention`]). A rebuild of
//! `audit-log` finds every entry there already; what has been lost by hand it writes again.
//!
//! **Who reads it.** Owner and admins of a workspace what happened there, those who operate
//! the instance what happened in no workspace. Who is what in a workspace says
//! `audit-members` ([`members`]).

mod entries;
mod export;
mod facts;
mod http;
mod incidents;
mod members;
mod retention;
mod views;

#[cfg(test)]
mod tests;

pub use incidents::{keep_noting, note_now};
pub use retention::forget_expired;

use althing_backbone::{Migration, Migrations, Subscription};
use althing_web::Module;

/// The tables of this context, beside those of its projections.
const MIGRATIONS: Migrations = Migrations {
    context: "audit",
    steps: &[Migration {
        number: 1,
        name: "start",
        text: include_str!("migrations/0001_start.sql"),
        postgres: Some(include_str!("migrations/0001_start.postgres.sql")),
    }],
};

/// The audit log, as the server mounts it.
pub fn module() -> Module {
    let module = Module::new("audit")
        .migrations(MIGRATIONS)
        .subscriptions_from(subscriptions)
        .membership_view(members::NAME);
    http::routes(module)
}

/// All subscriptions of this context; the only place that lists them.
fn subscriptions() -> Vec<Subscription> {
    vec![members::subscription(), entries::subscription()]
}
