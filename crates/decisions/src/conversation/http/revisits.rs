//! Suggestions to go back, and questions with given answers.

use althing_backbone::{Command, UnitOfWork, Uuid};
use althing_events::CycleId;
use althing_web::{Answer, AppState, Body, Code, Ctx, Data, List, PathId, PathId2};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::access::{self, ConfirmationId, RevisitId};
use crate::access::{Caller, Right};
use crate::conversation::tools::{
    Confirmation, ConfirmationStatus, RevisitStatus, RevisitSuggestion, WorkingChange,
};
use crate::conversation::working;
use crate::cycle::commands::ReviseComponent;
use crate::cycle::port::surroundings;
use crate::cycle::{CycleStatus, port as cycles};
use crate::error::{Error, Refusal, Result};
use crate::outputs::ComponentType;
use crate::session::field;
use crate::session::port as sessions;

pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<CycleId>,
) -> Answer<List<RevisitSuggestion>> {
    access::cycle(&state, &caller, id, Right::Read).await?;
    Ok(List::whole(working::revisits(state.backbone.db(), id).await?))
}

/// Yes or no to a suggestion.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Resolve {
    decision: Decision,
    #[serde(default)]
    reason: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Decision {
    Accept,
    Dismiss,
}

pub async fn resolve(
    State(state): State<AppState>,
    caller: Caller,
    Ctx(context): Ctx,
    PathId2(id, RevisitId(revisit)): PathId2<CycleId, RevisitId>,
    Body(resolve): Body<Resolve>,
) -> Answer<Data<RevisitSuggestion>> {
    access::cycle(&state, &caller, id, Right::Contribute).await?;
    let command = ResolveRevisit {
        cycle_id: id,
        revisit,
        decision: resolve.decision,
        reason: resolve.reason,
    };
    state.backbone.execute(context, &command).await?;
    let all = working::revisits(state.backbone.db(), id).await?;
    let resolved = all.into_iter().find(|one| one.id == revisit);
    Ok(Data(resolved.ok_or(Error::NotFound(Code::RevisitNotFound))?))
}

/// Answers a suggestion; accepting it marks its target for revision in the same commit.
#[derive(Clone, Debug)]
struct ResolveRevisit {
    cycle_id: CycleId,
    revisit: Uuid,
    decision: Decision,
    reason: Option<String>,
}

impl Command for ResolveRevisit {
    type Output = ();
    type Error = Error;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<()> {
        let all = working::revisits(uow, self.cycle_id).await?;
        let suggestion = all
            .into_iter()
            .find(|one| one.id == self.revisit)
            .ok_or(Error::NotFound(Code::RevisitNotFound))?;
        if suggestion.status != RevisitStatus::Pending {
            return Err(Refusal::AlreadyResolved.into());
        }
        let reason = self
            .reason
            .as_deref()
            .map(str::trim)
            .filter(|reason| !reason.is_empty());
        if self.decision == Decision::Accept {
            let reason = reason.unwrap_or(&suggestion.reason);
            let reason = crate::outputs::text::cut_chars(reason, 1_000).to_owned();
            let revise = ReviseComponent {
                cycle_id: self.cycle_id,
                component: suggestion.target,
                reason,
            };
            revise.run(uow).await?;
        } else {
            require_changeable(uow, self.cycle_id).await?;
        }
        let status = match self.decision {
            Decision::Accept => RevisitStatus::Accepted,
            Decision::Dismiss => RevisitStatus::Dismissed,
        };
        working::resolve_revisit(uow, self.revisit, status, reason);
        Ok(())
    }
}

pub async fn pending(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<CycleId>,
) -> Answer<List<Confirmation>> {
    access::cycle(&state, &caller, id, Right::Read).await?;
    let now = working::date(state.backbone.clock().now());
    let mut all = working::confirmations(state.backbone.db(), id).await?;
    all.retain(|one| one.status_at(now) == ConfirmationStatus::Pending);
    Ok(List::whole(all))
}

/// One of the options, or `null` to reject them all.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Respond {
    choice: Option<String>,
}

pub async fn respond(
    State(state): State<AppState>,
    caller: Caller,
    Ctx(context): Ctx,
    PathId2(id, ConfirmationId(confirmation)): PathId2<CycleId, ConfirmationId>,
    Body(respond): Body<Respond>,
) -> Answer<Data<Confirmation>> {
    access::cycle(&state, &caller, id, Right::Contribute).await?;
    let command = RespondConfirmation {
        cycle_id: id,
        confirmation,
        choice: respond.choice,
    };
    state.backbone.execute(context, &command).await?;
    let all = working::confirmations(state.backbone.db(), id).await?;
    let answered = all.into_iter().find(|one| one.id == confirmation);
    Ok(Data(answered.ok_or(Error::NotFound(Code::ConfirmationNotFound))?))
}

/// Answers a question while it still waits.
#[derive(Clone, Debug)]
struct RespondConfirmation {
    cycle_id: CycleId,
    confirmation: Uuid,
    choice: Option<String>,
}

impl Command for RespondConfirmation {
    type Output = ();
    type Error = Error;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<()> {
        let all = working::confirmations(uow, self.cycle_id).await?;
        let question = all
            .into_iter()
            .find(|one| one.id == self.confirmation)
            .ok_or(Error::NotFound(Code::ConfirmationNotFound))?;
        if question.status_at(working::date(uow.now())) != ConfirmationStatus::Pending {
            return Err(Refusal::AlreadyResolved.into());
        }
        if self
            .choice
            .as_ref()
            .is_some_and(|choice| !question.options.contains(choice))
        {
            return Err(field("/choice", "unknown_reference", "choose one of the options"));
        }
        require_changeable(uow, self.cycle_id).await?;
        let change = WorkingChange::ChoiceRecorded {
            id: self.confirmation,
            choice: self.choice.clone(),
        };
        working::apply(uow, self.cycle_id, &change);
        Ok(())
    }
}

/// Refuses unless the session is open and the cycle active.
pub(super) async fn require_changeable(uow: &mut UnitOfWork, cycle_id: CycleId) -> Result<()> {
    let session_id = cycles::session_of(uow, cycle_id).await?;
    sessions::require_writable(uow, session_id).await?;
    match surroundings(uow, cycle_id, ComponentType::IssueRaising)
        .await?
        .cycle
        .status
    {
        CycleStatus::Active => Ok(()),
        CycleStatus::Completed => Err(Refusal::CycleCompleted.into()),
        CycleStatus::Archived => Err(Refusal::CycleArchived.into()),
    }
}
