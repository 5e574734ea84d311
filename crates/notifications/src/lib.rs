//! Notifications: what somebody is told of what others did, here and by mail.
//!
//! **What happens.** [`reactions`] turn events of identity and decisions into rows, one for
//! each person, event and [`Kind`], however often the event is delivered. A row holds
//! ids and words of lists only; who and what they are called is looked up when
//! somebody reads ([`views`]), so that nobody's name lies here twice.
//!
//! **The directory.** A projection of others' events: people, the names of workspaces
//! and decisions at each position of the log, how invitations ended. A notification speaks of things as they were called when it was
//! made: whoever left a workspace does not learn how it is called today.
//!
//! **Answers.** An invitation can be accepted or declined through its notification.
//! That is recorded as an event; identity, which owns the membership, follows it.
//!
//! **Channels.** Each person chooses for each kind: not at all, in the app, by mail as
//! well, or in a daily digest as well ([`preferences`]). Mails go out by a reaction
//! (`mailing`), digests by a process with a timer (`digest`), once per day and person.
//! Without a mail server neither happens.
//!
//! **Live.** Whoever holds a page open is told over a socket that something changed,
//! with the number of unread notifications (`live`).

mod commands;
mod digest;
mod directory;
mod figures;
mod http;
mod kind;
mod letter;
mod live;
mod mailing;
mod preferences;
mod reactions;
mod retention;
mod teardown;
mod unsubscribe;
mod views;
mod words;

#[cfg(test)]
mod tests;

pub use figures::Figures;
pub use kind::{Channel, Kind};
pub use retention::forget_old;

use althing_backbone::{Migration, Migrations, Subscription};
use althing_web::{Mailer, Module};

/// The tables of this context, beside those of its projection.
const MIGRATIONS: Migrations = Migrations {
    context: "notifications",
    steps: &[
        Migration {
            number: 1,
            name: "start",
            text: include_str!("migrations/0001_start.sql"),
            postgres: None,
        },
        Migration {
            number: 2,
            name: "gone",
            text: include_str!("migrations/0002_gone.sql"),
            postgres: None,
        },
    ],
};

/// Notifications, as the server mounts them.
pub fn module(mailer: Mailer) -> Module {
    let module = Module::new("notifications")
        .migrations(MIGRATIONS)
        .subscriptions_from(move || subscriptions(&mailer))
        .provide(live::Live::start);
    http::routes(module)
}

/// All subscriptions of this context; the only place that lists them.
fn subscriptions(mailer: &Mailer) -> Vec<Subscription> {
    vec![
        directory::subscription(),
        reactions::subscription(),
        teardown::subscription(),
        mailing::subscription(mailer),
        digest::subscription(mailer),
    ]
}
