//! Tools by name: their list, a person's call, the log.

use althing_events::CycleId;
use althing_web::{
    Answer, AppState, Body, Code, Ctx, Data, FieldProblem, List, Paging, PathId, PathId2, Problem,
};
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access::{self, ToolName};
use super::tool_calls::CallTool;
use crate::access::{Caller, Right};
use crate::conversation::tools::{self, Tool, ToolOutcome, ToolResult, ToolScope};
use crate::conversation::working::{self, Invocation};
use crate::error::Error;
use crate::outputs::ComponentType;
use crate::session::port::has_component;

/// A tool as the API shows it.
#[derive(Serialize, JsonSchema)]
pub struct ToolView {
    name: &'static str,
    scope: &'static str,
    component_type: Option<ComponentType>,
    user_only: bool,
    description: &'static str,
    parameters: Value,
    result: Value,
}

impl ToolView {
    fn of(tool: &'static Tool) -> Self {
        let (scope, component_type) = match tool.scope {
            ToolScope::Component(component) => ("component", Some(component)),
            ToolScope::Any => ("any", None),
            ToolScope::Analysis => ("analysis", None),
        };
        Self {
            name: tool.name,
            scope,
            component_type,
            user_only: tool.user_only,
            description: tool.description,
            parameters: tool.parameters_schema(),
            result: tool.result_schema(),
        }
    }
}

pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<CycleId>,
) -> Answer<List<ToolView>> {
    let plan = access::cycle(&state, &caller, id, Right::Read).await?.plan;
    let included = tools::all().filter(|tool| match tool.scope {
        ToolScope::Component(component) => has_component(&plan, component).is_ok(),
        ToolScope::Any | ToolScope::Analysis => true,
    });
    Ok(List::whole(included.map(ToolView::of).collect()))
}

/// A call.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallBody {
    #[serde(default)]
    component: Option<ComponentType>,
    #[serde(default)]
    parameters: Value,
}

pub async fn call(
    State(state): State<AppState>,
    caller: Caller,
    Ctx(context): Ctx,
    PathId2(id, ToolName(name)): PathId2<CycleId, ToolName>,
    Body(body): Body<CallBody>,
) -> Answer<Data<Value>> {
    let session = access::cycle(&state, &caller, id, Right::Contribute).await?;
    let tool = tools::find(&name).ok_or_else(Problem::not_found::<ToolName>)?;
    if let (ToolScope::Component(owner), Some(component)) = (tool.scope, body.component)
        && owner != component
    {
        let message = "this tool belongs to another step";
        return Err(Problem::validation(vec![FieldProblem::new(
            "/component",
            "invalid_choice",
            message,
        )]));
    }
    let command = CallTool {
        cycle_id: id,
        title: session.title,
        tool,
        component: body.component,
        parameters: body.parameters,
        started_at: state.backbone.clock().now(),
        clock: state.backbone.clock().clone(),
        refused: None,
    };
    let outcome = match state.backbone.execute(context.clone(), &command).await {
        Ok(done) => done.value,
        Err(error) => {
            // The command that was to carry it out said no: that is logged too, and answered as it is.
            let logged = CallTool {
                refused: Some(result_of(&error)),
                ..command
            };
            state.backbone.execute(context, &logged).await?;
            return Err(error.into());
        }
    };
    answer(outcome)
}

fn result_of(error: &Error) -> ToolResult {
    match error {
        Error::NotFound(_) => ToolResult::NotFound,
        Error::Refused(_) | Error::Denied(_) | Error::Forbidden => ToolResult::Conflict,
        Error::InvalidOutput(_) | Error::InvalidFields(_) => ToolResult::ValidationError,
        Error::Backbone(_) => ToolResult::InternalError,
    }
}

/// Success is answered with the result data; everything else is a problem.
fn answer(outcome: ToolOutcome) -> Answer<Data<Value>> {
    let word = outcome.data["code"].as_str().unwrap_or_default();
    let code = match (outcome.result, word) {
        (ToolResult::Success, _) => {
            return Ok(Data(json!({ "result": outcome.result, "data": outcome.data })));
        }
        (ToolResult::ValidationError, "invalid_component_output") => Code::InvalidComponentOutput,
        (ToolResult::ValidationError, _) => Code::ValidationFailed,
        (ToolResult::NotFound, _) => Code::NotFound,
        (ToolResult::Conflict, "component_locked") => Code::ComponentLocked,
        (ToolResult::Conflict, "component_not_started") => Code::PreviousComponentRequired,
        (ToolResult::Conflict, "feature_not_included") => Code::FeatureNotIncluded,
        (ToolResult::Conflict, _) => Code::InvalidStateTransition,
        (ToolResult::InternalError, _) => Code::InternalError,
    };
    let prefix = if code == Code::InvalidComponentOutput {
        "/output"
    } else {
        "/parameters"
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let errors = outcome.data["errors"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|error| {
            FieldProblem::new(
                format!("{prefix}{}", text(&error["pointer"])),
                text(&error["code"]),
                text(&error["message"]),
            )
        });
    Err(Problem::new(code, text(&outcome.data["message"])).with_errors(errors.collect()))
}

pub async fn invocations(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<CycleId>,
    paging: Paging,
) -> Answer<List<Invocation>> {
    let plan = access::cycle(&state, &caller, id, Right::Read).await?.plan;
    let since = plan.limits().history_from(state.backbone.clock().now());
    let limit = i64::try_from(paging.limit).unwrap_or(i64::MAX - 1);
    let mut items = working::calls(state.backbone.db(), id, (paging.after()?, since), limit + 1).await?;
    let has_more = items.len() > paging.limit;
    items.truncate(paging.limit);
    let next_cursor = items
        .last()
        .filter(|_| has_more)
        .map(|last| Paging::cursor_of(&(last.started_at, last.id)));
    Ok(List {
        items,
        total: None,
        next_cursor,
    })
}
