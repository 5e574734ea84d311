//! Who may call a route, checked before anything of the request is read.

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::share_token::carries_share_token;
use crate::{Actor, Code, FieldProblem, Problem};

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Anybody.
    Public,
    /// Anybody who is signed in.
    SignedIn,
    /// Owner and admins of the instance.
    InstanceAdmin,
    /// Signed in; the handler lets members of the workspace through (404 for everybody else).
    Member,
    /// The same, of them its owner and admins (403 for the others).
    WorkspaceAdmin,
    /// The same, of them its owner.
    WorkspaceOwner,
    /// Signed in; the handler lets through whom the invitation is for (404 for everybody else).
    Invitee,
    /// Whoever may read the decision session, people with a link to it included. For
    /// this and all that follow the handler resolves the id to its session: who may
    /// not read it gets 404, who may read but not do this gets 403.
    SessionViewer,
    /// The same, but a link must include the conversations.
    ConversationViewer,
    /// Whoever may read the decision session with an account; links do not do.
    SessionReader,
    /// Whoever may contribute to the decision session.
    SessionContributor,
    /// Whoever may manage the decision session.
    SessionManager,
    /// The owner of the decision session alone.
    SessionOwner,
}

impl Access {
    /// A sentence for the reference.
    pub fn about(self) -> &'static str {
        match self {
            Access::Public => "anybody",
            Access::SignedIn => "anybody who is signed in",
            Access::InstanceAdmin => "owner and admins of the instance",
            Access::Member => "members of the workspace",
            Access::WorkspaceAdmin => "owner and admins of the workspace",
            Access::WorkspaceOwner => "the owner of the workspace",
            Access::Invitee => "whom the invitation is for",
            Access::SessionViewer => "readers of the decision session and people with a link to it",
            Access::ConversationViewer => {
                "readers of the decision session and people with a link that includes conversations"
            }
            Access::SessionReader => "readers of the decision session",
            Access::SessionContributor => "who may contribute to the decision session",
            Access::SessionManager => "who may manage the decision session",
            Access::SessionOwner => "the owner of the decision session",
        }
    }

    /// Whether it is about a decision session, which the handler finds out.
    fn is_of_a_session(self) -> bool {
        matches!(
            self,
            Access::SessionViewer
                | Access::ConversationViewer
                | Access::SessionReader
                | Access::SessionContributor
                | Access::SessionManager
                | Access::SessionOwner
        )
    }

    fn refuses(self, scope: Option<&str>, actor: Option<&Actor>, headers: &HeaderMap) -> Option<Problem> {
        let key = actor.and_then(|actor| actor.key.as_ref());
        if let (Some(key), true) = (key, self != Access::Public) {
            match scope {
                Some(scope) if key.allows(scope) => {}
                Some(scope) => return Some(out_of_scope(scope)),
                None => {
                    return Some(Problem::new(
                        Code::Forbidden,
                        "this takes a signed-in browser, not a key",
                    ));
                }
            }
        }
        match (self, actor) {
            (Access::Public, _) => None,
            // What the link is worth says the handler; it is an identity of its own.
            (of_session, None) if of_session.is_of_a_session() && carries_share_token(headers) => None,
            (_, None) => Some(Problem::unauthenticated()),
            (Access::InstanceAdmin, Some(actor)) if !actor.is_instance_admin() => Some(Problem::new(
                Code::Forbidden,
                "only the owner and the admins of this instance may do this",
            )),
            (_, Some(_)) => None,
        }
    }
}

/// 403: the key has not the scope, which is named.
fn out_of_scope(scope: &str) -> Problem {
    let missing = FieldProblem::new("", "missing_scope", format!("this needs the scope {scope}"));
    Problem::new(Code::Forbidden, missing.message.clone()).with_errors(vec![missing])
}

/// The guard in front of a route's handler.
pub(crate) async fn guard(
    access: Access,
    scope: Option<&'static str>,
    request: Request,
    next: Next,
) -> Response {
    match access.refuses(scope, request.extensions().get::<Actor>(), request.headers()) {
        Some(problem) => problem.into_response(),
        None => next.run(request).await,
    }
}
