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

use althing_web::{Access, Module};

use super::ai::AiSettings;
use super::replies::Replies;

/// Adds the routes of conversations, with the built-in guide; whoever composes the server may put other
/// [`AiSettings`] in its place.
pub fn routes(module: Module) -> Module {
    let owner = Access::SessionOwner;
    module
        .get(
            "/api/components/{id}/conversation",
            owner,
            "read a component's conversation",
            messages::read,
        )
        .post(
            "/api/components/{id}/messages",
            owner,
            "say something",
            messages::send,
        )
        .post(
            "/api/components/{id}/regenerate",
            owner,
            "ask for the last reply anew",
            messages::regenerate,
        )
        .post(
            "/api/components/{id}/extract",
            owner,
            "say that this is all",
            messages::extract,
        )
        .get(
            "/api/components/{id}/stream",
            owner,
            "talk over a WebSocket, with replies as they come",
            stream::open,
        )
        .get(
            "/api/conversations/{id}/messages",
            owner,
            "list the messages of a conversation",
            messages::list,
        )
        .get(
            "/api/components/{id}/draft",
            owner,
            "read what is proposed",
            drafts::read,
        )
        .post(
            "/api/components/{id}/draft/confirm",
            owner,
            "confirm all or some of what is proposed",
            drafts::confirm,
        )
        .post(
            "/api/components/{id}/draft/dismiss",
            owner,
            "take what is proposed away",
            drafts::dismiss,
        )
        .get(
            "/api/cycles/{id}/tools",
            owner,
            "list the tools with their schemas",
            tools::list,
        )
        .post("/api/cycles/{id}/tools/{name}", owner, "call a tool", tools::call)
        .get(
            "/api/cycles/{id}/tools/invocations",
            owner,
            "read the log of tool calls",
            tools::invocations,
        )
        .get(
            "/api/cycles/{id}/revisits",
            owner,
            "list the suggestions to go back",
            revisits::list,
        )
        .post(
            "/api/cycles/{id}/revisits/{rid}/resolve",
            owner,
            "accept or dismiss a suggestion",
            revisits::resolve,
        )
        .get(
            "/api/cycles/{id}/confirmations/pending",
            owner,
            "list the questions that wait",
            revisits::pending,
        )
        .post(
            "/api/cycles/{id}/confirmations/{cid}/respond",
            owner,
            "answer a question",
            revisits::respond,
        )
        .provide(|_| AiSettings::default())
        .provide(|_| Replies::default())
}
