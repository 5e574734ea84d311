//! The door of conversations, drafts and tools.
//!
//! Every id leads to its session and is checked there first; whoever may not see it gets the same answer as for an id
//! that does not exist.

mod access;
mod confirm_draft;
mod drafts;
mod messages;
mod revisits;
pub mod stream;
mod tool_calls;
mod tools;

use althing_web::{Access, Module, Upgrade};

use super::ai::AiSettings;
use super::replies::Replies;
use crate::figures::Talks;

/// Adds the routes of conversations, with the built-in guide; whoever composes the server may put other
/// [`AiSettings`] in its place.
pub fn routes(module: Module) -> Module {
    let (see, read, contribute) = (
        Access::ConversationViewer,
        Access::SessionReader,
        Access::SessionContributor,
    );
    module
        .get(
            "/api/components/{id}/conversation",
            see,
            "read a component's conversation",
            messages::read,
        )
        .post(
            "/api/components/{id}/messages",
            contribute,
            "say something",
            messages::send,
        )
        .post(
            "/api/components/{id}/regenerate",
            contribute,
            "ask for the last reply anew",
            messages::regenerate,
        )
        .post(
            "/api/components/{id}/extract",
            contribute,
            "say that this is all",
            messages::extract,
        )
        .get(
            "/api/components/{id}/stream",
            contribute,
            "talk over a WebSocket, with replies as they come",
            stream::open,
        )
        .gives::<Upgrade>()
        .get(
            "/api/conversations/{id}/messages",
            see,
            "list the messages of a conversation",
            messages::list,
        )
        .get(
            "/api/components/{id}/draft",
            read,
            "read what is proposed",
            drafts::read,
        )
        .post(
            "/api/components/{id}/draft/confirm",
            contribute,
            "confirm all or some of what is proposed",
            drafts::confirm,
        )
        .post(
            "/api/components/{id}/draft/dismiss",
            contribute,
            "take what is proposed away",
            drafts::dismiss,
        )
        .get(
            "/api/cycles/{id}/tools",
            read,
            "list the tools with their schemas",
            tools::list,
        )
        .post(
            "/api/cycles/{id}/tools/{name}",
            contribute,
            "call a tool",
            tools::call,
        )
        .get(
            "/api/cycles/{id}/tools/invocations",
            read,
            "read the log of tool calls",
            tools::invocations,
        )
        .get(
            "/api/cycles/{id}/revisits",
            read,
            "list the suggestions to go back",
            revisits::list,
        )
        .post(
            "/api/cycles/{id}/revisits/{rid}/resolve",
            contribute,
            "accept or dismiss a suggestion",
            revisits::resolve,
        )
        .get(
            "/api/cycles/{id}/confirmations/pending",
            read,
            "list the questions that wait",
            revisits::pending,
        )
        .post(
            "/api/cycles/{id}/confirmations/{cid}/respond",
            contribute,
            "answer a question",
            revisits::respond,
        )
        .provide(|_| AiSettings::default())
        .provide(|_| Replies::default())
        .provide(|_| Talks::default())
}
