//! What the agent and people can do by name: the tools of each component, those for any of them, and the analysis.
//!
//! A tool is pure: it looks at the cycle and the working state and answers with result data and with the changes to
//! make. Whoever calls [`execute`] carries them out: a user's call at once, a model's call into the draft. A call that
//! fails has no changes.
//!
//! One declaration of parameters and result gives the JSON schema for every network adapter and the check. No tool and
//! no parameter sets a weight, a rank or, for a model, a tolerance; tools marked `user_only` are never offered to one.

mod alternatives;
mod analysis;
mod any;
mod call;
mod consequences;
mod decision_quality;
mod issue_raising;
mod notes_next_steps;
mod objectives;
mod outcome;
mod parameters;
mod problem_frame;
mod recommendation;
#[cfg(test)]
mod tests;
mod tradeoffs;
mod working;

use serde_json::{Value, json};
use uuid::Uuid;

pub use call::{Call, Caller, ToolContext};
pub use outcome::{Failure, OutputChange, ToolOutcome, ToolResult};
pub use parameters::{Kind, Parameter};
pub use working::{
    Confirmation, ConfirmationStatus, FlaggedUncertainty, RevisitPriority, RevisitStatus, RevisitSuggestion,
    WorkingChange, WorkingState,
};

use crate::outputs::ComponentType;

/// Something that can be called by name.
#[derive(Debug)]
pub struct Tool {
    pub name: &'static str,
    pub scope: ToolScope,
    /// For people only; no model is offered it.
    pub user_only: bool,
    pub description: &'static str,
    pub parameters: &'static [Parameter],
    pub result: &'static [Parameter],
    run: fn(&mut Call<'_>) -> Result<Value, Failure>,
}

/// Where a tool belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToolScope {
    /// To one component, which must be started.
    Component(ComponentType),
    /// To the conversation of any component.
    Any,
    Analysis,
}

impl Tool {
    pub fn parameters_schema(&self) -> Value {
        parameters::object_schema(self.parameters)
    }

    pub fn result_schema(&self) -> Value {
        parameters::object_schema(self.result)
    }

    const fn of(component: ComponentType, name: &'static str, description: &'static str) -> ToolDraft {
        ToolDraft {
            name,
            scope: ToolScope::Component(component),
            user_only: false,
            description,
        }
    }

    const fn any(name: &'static str, description: &'static str) -> ToolDraft {
        ToolDraft {
            name,
            scope: ToolScope::Any,
            user_only: false,
            description,
        }
    }

    const fn analysis(name: &'static str, description: &'static str) -> ToolDraft {
        ToolDraft {
            name,
            scope: ToolScope::Analysis,
            user_only: false,
            description,
        }
    }
}

/// A tool being declared.
struct ToolDraft {
    name: &'static str,
    scope: ToolScope,
    user_only: bool,
    description: &'static str,
}

impl ToolDraft {
    const fn for_users(self) -> Self {
        Self {
            user_only: true,
            ..self
        }
    }

    const fn with(
        self,
        parameters: &'static [Parameter],
        result: &'static [Parameter],
        run: fn(&mut Call<'_>) -> Result<Value, Failure>,
    ) -> Tool {
        let Self {
            name,
            scope,
            user_only,
            description,
        } = self;
        Tool {
            name,
            scope,
            user_only,
            description,
            parameters,
            result,
            run,
        }
    }
}

const GROUPS: &[&[Tool]] = &[
    issue_raising::TOOLS,
    problem_frame::TOOLS,
    objectives::TOOLS,
    alternatives::TOOLS,
    consequences::TOOLS,
    tradeoffs::TOOLS,
    recommendation::TOOLS,
    decision_quality::TOOLS,
    notes_next_steps::TOOLS,
    any::TOOLS,
    analysis::TOOLS,
];

/// Every tool, component by component, then those for any of them and the analysis.
pub fn all() -> impl Iterator<Item = &'static Tool> {
    GROUPS.iter().flat_map(|group| group.iter())
}

pub fn find(name: &str) -> Option<&'static Tool> {
    all().find(|tool| tool.name == name)
}

/// What a model is offered in the conversation of a component.
pub fn offered_to_model(component: ComponentType) -> impl Iterator<Item = &'static Tool> {
    all().filter(move |tool| {
        let is_here = match tool.scope {
            ToolScope::Component(owner) => owner == component,
            ToolScope::Any | ToolScope::Analysis => true,
        };
        is_here && !tool.user_only
    })
}

/// Runs a tool. New ids are taken from `new_id`; everything else follows from the context and the parameters.
pub fn execute(
    tool: &Tool,
    parameters: &Value,
    context: &ToolContext<'_>,
    new_id: &mut dyn FnMut() -> Uuid,
) -> ToolOutcome {
    match run(tool, parameters, context, new_id) {
        Ok(outcome) => outcome,
        Err(failure) => failure.into_outcome(),
    }
}

fn run(
    tool: &Tool,
    parameters: &Value,
    context: &ToolContext<'_>,
    new_id: &mut dyn FnMut() -> Uuid,
) -> Result<ToolOutcome, Failure> {
    refuse_caller(tool, context)?;
    let no_parameters = json!({});
    let parameters = if parameters.is_null() {
        &no_parameters
    } else {
        parameters
    };
    let errors = parameters::check(tool.parameters, parameters, "");
    if !errors.is_empty() {
        return Err(Failure::invalid_all(errors));
    }
    let mut call = Call::new(context, parameters, new_id);
    let data = (tool.run)(&mut call)?;
    refuse_locked(&call)?;
    call.after()?;
    let Call { changes, working, .. } = call;
    Ok(ToolOutcome {
        result: ToolResult::Success,
        data,
        changes,
        working,
    })
}

fn refuse_caller(tool: &Tool, context: &ToolContext<'_>) -> Result<(), Failure> {
    if tool.user_only && context.caller == Caller::Model {
        return Err(Failure::conflict(
            "user_only",
            "only the user decides this; ask instead",
        ));
    }
    let ToolScope::Component(component) = tool.scope else {
        return Ok(());
    };
    if component == ComponentType::DecisionQuality && !context.document.scope.has_decision_quality {
        return Err(Failure::conflict(
            "feature_not_included",
            "decision quality is not part of this plan",
        ));
    }
    refuse_unstarted(component, context)
}

fn refuse_unstarted(component: ComponentType, context: &ToolContext<'_>) -> Result<(), Failure> {
    if context.document.status(component).is_started() {
        return Ok(());
    }
    Err(Failure::conflict(
        "component_not_started",
        format!("{} has not been started", component.title()),
    ))
}

fn refuse_locked(call: &Call<'_>) -> Result<(), Failure> {
    let statuses = call.changes.iter().map(|change| change.component);
    let locked = statuses
        .into_iter()
        .find(|component| !call.context.document.status(*component).accepts_updates());
    match locked {
        Some(component) => Err(Failure::conflict(
            "component_locked",
            format!("{} takes no changes now; revise it first", component.title()),
        )),
        None => Ok(()),
    }
}
