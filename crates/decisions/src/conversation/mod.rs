//! Conversations about the components: what is said, what is proposed, and what becomes of it.
//!
//! **The journey of a message.** It comes in over HTTP or the stream ([`http`]) and is stored at once, with its event
//! ([`commands::SendMessage`]). Then a [`turn`] is prepared: everything an adapter may look at, as one value. The
//! adapters ([`ai`]: the built-in [`guide`], nobody, or a model) say something and propose items. One more commit
//! ([`commands::StoreTurn`]) stores the reply, joins the items to the component's single draft and moves the phase.
//! [`replies`] sees to it that this happens once, however often the message is sent and whoever waits for it.
//!
//! **A draft counts for nothing** until a person confirms it (`http/confirm_draft.rs`), which replaces the output by the
//! same command as a form does. People's tool calls ([`tools`]) use that command too, at once and without a draft.
//!
//! **Beginning and end** follow the events of the cycle ([`reactions`]): a started component gets a conversation, a
//! completed one ends it, a revision opens it again. The rules are in [`conversation::Conversation`], without I/O.
//!
//! Messages, drafts and everything proposed are confidential: no log line and no error text repeats them.

pub mod ai;
pub mod commands;
#[expect(clippy::module_inception, reason = "the aggregate bears the module's name")]
pub mod conversation;
mod draft;
pub mod guide;
pub mod http;
mod opening;
pub mod phase;
pub mod port;
pub mod reactions;
pub mod replies;
pub(crate) mod restore;
pub mod store;
pub mod text;
pub mod tools;
pub mod turn;
mod views;
mod working;

use althing_backbone::Subscription;

/// The subscriptions of this module.
pub fn subscriptions() -> Vec<Subscription> {
    vec![reactions::init(), reactions::progress()]
}
