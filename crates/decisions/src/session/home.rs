//! Where a new session lives: with its owner alone, or in a workspace.

use althing_backbone::{Backbone, Query, UnitOfWork, Uuid};
use althing_events::{UserId, WorkspaceId};
use althing_web::{FieldProblem, Problem};

use super::session::{Visibility, field};
use crate::access::members;
use crate::access::{Shared, Standing, Who};
use crate::error::{Error, Refusal, Result};

/// Chosen when a session is made; it does not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Home {
    pub workspace_id: Option<WorkspaceId>,
    pub visibility: Visibility,
}

impl Home {
    /// With its owner alone, in no workspace.
    pub const PRIVATE: Self = Self {
        workspace_id: None,
        visibility: Visibility::Private,
    };

    /// What a request asks for.
    pub fn chosen(
        workspace: Option<Uuid>,
        project: Option<Uuid>,
        visibility: Option<&str>,
    ) -> Result<Self, Problem> {
        let mut errors = Vec::new();
        if project.is_some() {
            let message = "there is no such project";
            errors.push(FieldProblem::new("/project_id", "unknown_reference", message));
        }
        let visibility = match visibility {
            None | Some("private") => Visibility::Private,
            Some("workspace") => {
                if workspace.is_none() {
                    let message = "choose a workspace to share it with";
                    errors.push(FieldProblem::new("/visibility", "missing_required", message));
                }
                Visibility::Workspace
            }
            Some(_) => {
                let message = "must be private or workspace";
                errors.push(FieldProblem::new("/visibility", "invalid_choice", message));
                Visibility::Private
            }
        };
        if !errors.is_empty() {
            return Err(Problem::validation(errors));
        }
        Ok(Self {
            workspace_id: workspace.map(WorkspaceId),
            visibility,
        })
    }

    /// A shared session begins in its workspace, for whoever listens to what happens there.
    pub(crate) fn mark(&self, uow: &mut UnitOfWork) {
        let shared = self.visibility == Visibility::Workspace;
        uow.context_mut().workspace = self.workspace_id.filter(|_| shared).map(|id| id.0);
    }

    /// What is asked at the door: that a program's key reaches there. Then a moment is
    /// waited, so that a workspace that was made just now is known.
    pub(crate) async fn enter(&self, backbone: &Backbone, who: &Who) -> Result<()> {
        if !who.reaches(self.workspace_id) {
            return Err(Error::Forbidden);
        }
        match self.workspace_id {
            Some(_) => members::caught_up(backbone).await,
            None => Ok(()),
        }
    }

    /// Whether somebody may make a session there. A workspace that they are not in
    /// does not exist for them, nor does an archived one for those who do not manage it.
    pub async fn check(&self, on: &impl Query, owner: UserId) -> Result<()> {
        let Some(workspace) = self.workspace_id else {
            return Ok(());
        };
        let unknown = || field("/workspace_id", "unknown_reference", "there is no such workspace");
        let shared = members::standing(on, workspace, owner).await?;
        let there = Standing {
            is_owner: false,
            shared: Some(shared),
        };
        let right = there.right().ok_or_else(unknown)?;
        if matches!(shared, Shared::Archived(_)) {
            return Err(Refusal::WorkspaceArchived.into());
        }
        if !right.changes() {
            return Err(Error::Forbidden);
        }
        Ok(())
    }
}
