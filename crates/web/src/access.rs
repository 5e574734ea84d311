//! Who may call a route, checked before anything of the request is read.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::{Actor, Code, Problem};

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
    /// Signed in; the handler resolves the id to its decision session and lets
    /// only its owner through (404 for everybody else).
    SessionOwner,
}

impl Access {
    /// A sentence for the reference.
    pub fn about(self) -> &'static str {
        match self {
            Access::Public => "anybody",
            Access::SignedIn => "anybody who is signed in",
            Access::InstanceAdmin => "owner and admins of the instance",
            Access::SessionOwner => "the owner of the decision session",
        }
    }

    fn refuses(self, actor: Option<&Actor>) -> Option<Problem> {
        match (self, actor) {
            (Access::Public, _) => None,
            (_, None) => Some(Problem::unauthenticated()),
            (Access::InstanceAdmin, Some(actor)) if !actor.is_instance_admin() => Some(Problem::new(
                Code::Forbidden,
                "only the owner and the admins of this instance may do this",
            )),
            (_, Some(_)) => None,
        }
    }
}

/// The guard in front of a route's handler.
pub(crate) async fn guard(access: Access, request: Request, next: Next) -> Response {
    match access.refuses(request.extensions().get::<Actor>()) {
        Some(problem) => problem.into_response(),
        None => next.run(request).await,
    }
}
