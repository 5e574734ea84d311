//! Workspaces: where people work together, who is in them and who is asked to come.
//!
//! A workspace and everybody's place in it are one aggregate, so that it has exactly one
//! owner and nobody twice, whatever happens at the same time. The tables beside it are what
//! people read; places that have ended stay in them.
//!
//! An invitation is a place that waits. Its link is made from the invitation by the
//! instance's own secret: it can be written into a mail later, and is stored as its hash only.

pub(crate) mod commands;
pub(crate) mod groups;
pub(crate) mod http;
mod link;
mod member;
mod places;
mod reactions;
mod refusal;
pub(crate) mod slug;
mod text;
mod timers;
mod views;
#[expect(
    clippy::module_inception,
    reason = "the aggregate's file has the aggregate's name, as everywhere"
)]
mod workspace;

use althing_backbone::Subscription;
use althing_web::Mailer;
pub use refusal::Refusal;

/// Everything that follows by itself.
pub(crate) fn subscriptions(mailer: &Mailer) -> Vec<Subscription> {
    let mut all = timers::subscriptions();
    all.extend(reactions::subscriptions(mailer));
    all
}
