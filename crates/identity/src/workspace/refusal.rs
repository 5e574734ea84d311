//! What the rules of workspaces say no to.

use althing_web::{Code, FieldProblem, Problem};

/// What the rules say no to; each a sentence a person can act upon.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("there is nothing here that you can see")]
    NotFound,
    #[error("{0}")]
    Forbidden(&'static str),
    #[error("this workspace is archived; restore it first")]
    Archived,
    #[error("archive this workspace first")]
    NotArchived,
    #[error("some fields need attention")]
    Fields(Vec<FieldProblem>),
    #[error("this address belongs to a member, or is invited already")]
    AlreadyMember,
    #[error("no member of this workspace has that id")]
    MemberNotFound,
    #[error("there is no such invitation; it may have been taken back or answered")]
    InvitationNotFound,
    #[error("this invitation is for another address than the one you are signed in with")]
    InvitationOfAnother,
    #[error("this invitation has ended; ask for a new one")]
    InvitationExpired,
    #[error("the owner's role changes only when the workspace is handed over")]
    OwnerRole,
    #[error("the owner cannot be removed; hand the workspace over first")]
    OwnerRemoved,
    #[error("you own this workspace: hand it over before you leave")]
    OwnerLeaves,
}

pub(super) const ADMINS_ONLY: Refusal =
    Refusal::Forbidden("only the owner and the admins of this workspace may do this");
pub(super) const OWNER_ONLY: Refusal = Refusal::Forbidden("only the owner of this workspace may do this");

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let code = match &refusal {
            Refusal::Fields(errors) => return Problem::validation(errors.clone()),
            Refusal::NotFound => Code::NotFound,
            Refusal::Forbidden(_) => Code::Forbidden,
            Refusal::Archived => Code::WorkspaceArchived,
            Refusal::NotArchived => Code::NotArchived,
            Refusal::AlreadyMember => Code::AlreadyMember,
            Refusal::MemberNotFound => Code::MemberNotFound,
            Refusal::InvitationNotFound | Refusal::InvitationOfAnother => Code::InvitationNotFound,
            Refusal::InvitationExpired => Code::InvitationExpired,
            Refusal::OwnerRole => Code::CannotChangeOwnerRole,
            Refusal::OwnerRemoved => Code::CannotRemoveOwner,
            Refusal::OwnerLeaves => Code::OwnerMustTransfer,
        };
        Problem::new(code, refusal.to_string())
    }
}
