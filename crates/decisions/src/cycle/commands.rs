//! Commands on cycles and their components: load, decide, persist.

use althing_backbone::{Command, UnitOfWork, Uuid};
use althing_events::{CycleId, SessionId};
use althing_web::Membership;
use serde_json::Value;

use super::cycle::Cycle;
use super::journal::{Labels, Source};
use super::store::{load, persist};
use super::walk::Walk;
use crate::access::{quota, tiers};
use crate::conversation::port as conversations;
use crate::error::{Error, Result};
use crate::outputs::ComponentType;
use crate::session::port as sessions;

/// Begins a root cycle in a session.
#[derive(Clone, Debug)]
pub struct CreateCycle {
    pub session_id: SessionId,
    pub label: Option<String>,
}

impl Command for CreateCycle {
    type Output = Cycle;
    type Error = Error;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<Cycle> {
        let plan = sessions::require_writable(uow, self.session_id).await?;
        quota::for_cycle(uow, self.session_id, &plan).await?;
        let now = uow.now();
        let mut walk = Walk::create(self.session_id, self.label.as_deref(), now, &mut || uow.new_id())?;
        persist(uow, &mut walk)?;
        Ok(walk.cycle)
    }
}

/// Makes a new cycle from an existing one, to explore "what if".
#[derive(Clone, Debug)]
pub struct BranchCycle {
    pub cycle_id: CycleId,
    pub branch_point: ComponentType,
    pub label: Option<String>,
}

impl Command for BranchCycle {
    type Output = Cycle;
    type Error = Error;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<Cycle> {
        let parent = load(uow, self.cycle_id).await?;
        let session_id = parent.cycle.session_id;
        let plan = sessions::require_writable(uow, session_id).await?;
        sessions::has_component(&plan, self.branch_point)?;
        quota::for_cycle(uow, session_id, &plan).await?;
        let now = uow.now();
        let mut child = parent.branch(self.branch_point, self.label.as_deref(), now, &mut || {
            uow.new_id()
        })?;
        persist(uow, &mut child)?;
        Ok(child.cycle)
    }
}

/// What can be done to a cycle as a whole.
#[derive(Clone, Debug)]
pub enum CycleAct {
    Navigate(ComponentType),
    Complete,
    Archive,
}

impl CycleAct {
    /// The component that it leads to.
    const fn component(&self) -> Option<ComponentType> {
        match self {
            Self::Navigate(to) => Some(*to),
            Self::Complete | Self::Archive => None,
        }
    }
}

/// Navigates, completes or archives a cycle.
#[derive(Clone, Debug)]
pub struct ChangeCycle {
    pub cycle_id: CycleId,
    pub act: CycleAct,
}

impl Command for ChangeCycle {
    type Output = ();
    type Error = Error;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<()> {
        let (mut walk, plan) = begin(uow, self.cycle_id, self.act.component()).await?;
        let now = uow.now();
        match self.act {
            CycleAct::Navigate(to) => walk.navigate(to, now)?,
            CycleAct::Complete => walk.complete_cycle_with(plan.limits().decision_quality, now)?,
            CycleAct::Archive => walk.archive(now)?,
        }
        finish(uow, walk).await
    }
}

/// Begins work on a component.
#[derive(Clone, Debug)]
pub struct StartComponent {
    pub cycle_id: CycleId,
    pub component: ComponentType,
}

impl Command for StartComponent {
    type Output = ();
    type Error = Error;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<()> {
        let (mut walk, _) = begin(uow, self.cycle_id, Some(self.component)).await?;
        walk.start(self.component, uow.now())?;
        finish(uow, walk).await
    }
}

/// Replaces a component's output.
#[derive(Clone, Debug)]
pub struct UpdateComponentOutput {
    pub cycle_id: CycleId,
    pub component: ComponentType,
    pub output: Value,
    pub expected_version: i64,
    pub source: Source,
    pub labels: Labels,
}

impl Command for UpdateComponentOutput {
    type Output = ();
    type Error = Error;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<()> {
        let (mut walk, _) = begin(uow, self.cycle_id, Some(self.component)).await?;
        let now = uow.now();
        walk.update(
            self.component,
            &self.output,
            self.expected_version,
            &self.source,
            &self.labels,
            now,
            &mut || -> Uuid { uow.new_id() },
        )?;
        finish(uow, walk).await
    }
}

/// Completes a component.
#[derive(Clone, Debug)]
pub struct CompleteComponent {
    pub cycle_id: CycleId,
    pub component: ComponentType,
}

impl Command for CompleteComponent {
    type Output = ();
    type Error = Error;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<()> {
        let (mut walk, _) = begin(uow, self.cycle_id, Some(self.component)).await?;
        let component_id = walk.cycle.component(self.component).id;
        let has_pending_draft = conversations::has_pending_draft(uow, component_id).await?;
        walk.complete(self.component, has_pending_draft, uow.now())?;
        finish(uow, walk).await
    }
}

/// Marks a component for revision.
#[derive(Clone, Debug)]
pub struct ReviseComponent {
    pub cycle_id: CycleId,
    pub component: ComponentType,
    pub reason: String,
}

impl Command for ReviseComponent {
    type Output = ();
    type Error = Error;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<()> {
        let (mut walk, _) = begin(uow, self.cycle_id, Some(self.component)).await?;
        walk.revise(self.component, &self.reason, uow.now())?;
        finish(uow, walk).await
    }
}

/// The cycle, if memberships allow to change it and include the component; and what the
/// owner's includes.
async fn begin(
    uow: &mut UnitOfWork,
    cycle: CycleId,
    component: Option<ComponentType>,
) -> Result<(Walk, Membership)> {
    let walk = load(uow, cycle).await?;
    let plan = tiers::may_write(uow, walk.cycle.session_id).await?;
    if let Some(component) = component {
        sessions::has_component(&plan, component)?;
    }
    Ok((walk, plan))
}

/// The session must be open for any change to a cycle; a walk without a journal changes nothing.
async fn finish(uow: &mut UnitOfWork, mut walk: Walk) -> Result<()> {
    sessions::require_open(uow, walk.cycle.session_id).await?;
    persist(uow, &mut walk)
}
