//! A person's tool call: carried out at once, by the commands that forms use, and written into the log.

use althing_backbone::{Clock, Command, Timestamp, UnitOfWork, sql};
use althing_events::CycleId;
use althing_web::{Feature, Membership};
use serde_json::Value;

use super::revisits::require_changeable;
use crate::conversation::tools::{self, Caller, Tool, ToolContext, ToolOutcome, ToolResult, ToolScope};
use crate::conversation::working::{self, Invocation};
use crate::cycle::commands::UpdateComponentOutput;
use crate::cycle::port::{cycle_with_outputs, surroundings};
use crate::cycle::{Cycle, Labels, Source};
use crate::document::{ComponentFacts, CycleFacts, DocumentInput, Scope};
use crate::error::{Error, Result};
use crate::outputs::{ComponentType, Outputs, apply};
use crate::session::port as sessions;

/// Calls a tool for a person. A call that fails changes nothing but the log.
#[derive(Clone, Debug)]
pub struct CallTool {
    pub cycle_id: CycleId,
    pub title: String,
    pub tool: &'static Tool,
    pub component: Option<ComponentType>,
    pub parameters: Value,
    pub started_at: Timestamp,
    pub clock: Clock,
    /// Carrying it out was refused before: only the log is written.
    pub refused: Option<ToolResult>,
}

impl Command for CallTool {
    type Output = ToolOutcome;
    type Error = Error;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<ToolOutcome> {
        let (cycle, outputs) = cycle_with_outputs(uow, self.cycle_id).await?;
        let current = self.current(&cycle);
        if let Some(result) = self.refused {
            let outcome = ToolOutcome {
                result,
                data: Value::Null,
                changes: Vec::new(),
                working: Vec::new(),
            };
            self.log(uow, &cycle, current, &outcome).await?;
            return Ok(outcome);
        }
        let plan = sessions::require_writable(uow, cycle.session_id).await?;
        self.require_included(&plan)?;
        let outcome = self.ask(uow, (&cycle, &outputs, &plan), current).await?;
        if !outcome.changes.is_empty() || !outcome.working.is_empty() {
            require_changeable(uow, self.cycle_id).await?;
        }
        self.carry_out(uow, &outcome).await?;
        self.log(uow, &cycle, current, &outcome).await?;
        Ok(outcome)
    }
}

impl CallTool {
    fn current(&self, cycle: &Cycle) -> ComponentType {
        match self.tool.scope {
            ToolScope::Component(component) => component,
            ToolScope::Any | ToolScope::Analysis => self.component.unwrap_or(cycle.current_step),
        }
    }

    /// Whatever leads to what the owner's membership leaves out is refused as a whole.
    fn require_included(&self, plan: &Membership) -> Result<()> {
        match (self.tool.scope, self.tool.name) {
            (ToolScope::Component(component), _) => sessions::has_component(plan, component)?,
            (ToolScope::Analysis, "sensitivity_check") => plan.includes(Feature::FullAnalysis)?,
            (ToolScope::Any, "get_document_section") => {
                let asked = self.parameters["component"].as_str();
                if let Some(component) = asked.and_then(ComponentType::parse) {
                    sessions::has_component(plan, component)?;
                }
            }
            (ToolScope::Any | ToolScope::Analysis, _) => {}
        }
        Ok(())
    }

    async fn ask(
        &self,
        uow: &UnitOfWork,
        (cycle, outputs, plan): (&Cycle, &Outputs, &Membership),
        current: ComponentType,
    ) -> Result<ToolOutcome> {
        let components: Vec<ComponentFacts> = cycle.components.iter().map(|one| facts(cycle, one)).collect();
        let document = DocumentInput {
            title: &self.title,
            cycle: CycleFacts {
                status: cycle.status.as_str(),
                label: cycle.label.as_deref(),
                branch: None,
            },
            components: &components,
            outputs,
            version: u64::try_from(cycle.document_version).unwrap_or_default(),
            last_changed_at: working::date(cycle.updated_at),
            last_changed_by: None,
            scope: Scope::of(plan),
        };
        let working = working::load(uow, self.cycle_id).await?;
        let now = working::date(uow.now());
        let context = ToolContext {
            document: &document,
            current,
            working: &working,
            caller: Caller::User,
            now,
        };
        Ok(tools::execute(self.tool, &self.parameters, &context, &mut || {
            uow.new_id()
        }))
    }

    async fn carry_out(&self, uow: &mut UnitOfWork, outcome: &ToolOutcome) -> Result<()> {
        for change in &outcome.changes {
            let around = surroundings(uow, self.cycle_id, change.component).await?;
            let current = around.output.unwrap_or(Value::Null);
            let output =
                apply(&current, &change.items).map_err(|_| Error::NotFound(althing_web::Code::NotFound))?;
            let update = UpdateComponentOutput {
                cycle_id: self.cycle_id,
                component: change.component,
                labels: Labels::Of(output.clone()),
                output,
                expected_version: around.component.version,
                source: Source::Tool,
            };
            update.run(uow).await?;
        }
        for change in &outcome.working {
            working::apply(uow, self.cycle_id, change);
        }
        Ok(())
    }

    async fn log(
        &self,
        uow: &mut UnitOfWork,
        cycle: &Cycle,
        current: ComponentType,
        outcome: &ToolOutcome,
    ) -> Result<()> {
        let component_id = cycle.component(current).id;
        let turn: Option<i64> = sql("SELECT max(m.number) FROM conversation_message m \
             JOIN conversation c ON c.id = m.conversation_id WHERE c.component_id = $1")
        .bind(component_id)
        .one(uow)
        .await?;
        let ended_at = self.clock.now();
        let duration = ended_at.since(self.started_at);
        let call = Invocation {
            id: uow.new_id(),
            component_type: Some(current.as_str().to_owned()),
            tool: self.tool.name.to_owned(),
            parameters: self.parameters.clone(),
            result: outcome.result.as_str().to_owned(),
            result_data: outcome.data.clone(),
            conversation_turn: turn.unwrap_or_default(),
            trigger: "user".to_owned(),
            actor_id: uow.context().actor,
            started_at: self.started_at,
            ended_at,
            duration_micros: i64::try_from(duration.as_micros()).unwrap_or(i64::MAX),
        };
        working::log_call(uow, self.cycle_id, Some(component_id.0), &call);
        Ok(())
    }
}

fn facts(cycle: &Cycle, component: &crate::cycle::Component) -> ComponentFacts {
    ComponentFacts {
        component_type: component.component_type,
        status: component.status,
        version: u64::try_from(component.version).unwrap_or_default(),
        inherited: component.inherited,
        based_on_older_input: cycle.is_based_on_older_input(component.component_type),
    }
}
