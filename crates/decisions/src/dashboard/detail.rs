//! One component in full: its output, what can be done with it, its conversation's size, its analysis.

use althing_backbone::{Query, Timestamp, Uuid, sql};
use althing_events::ComponentId;
use althing_web::Membership;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::access::Right;
use crate::analysis::{Analysis, analyse};
use crate::cycle::CycleStatus;
use crate::cycle::port::Surroundings;
use crate::error::Result;
use crate::outputs::{ComponentStatus, ComponentType, Transition};
use crate::session::port::SessionFacts;

/// The detail view. `output` and `analysis` are in snake_case, as everywhere.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ComponentDetail {
    pub session_id: Uuid,
    pub cycle_id: Uuid,
    pub component_id: Uuid,
    pub component_type: ComponentType,
    pub status: ComponentStatus,
    pub output: Option<Value>,
    pub version: i64,
    pub based_on_older_input: bool,
    pub message_count: i64,
    pub last_message_at: Option<Timestamp>,
    pub can_branch: bool,
    pub can_revise: bool,
    pub can_start: bool,
    pub previous: Option<ComponentType>,
    pub next: Option<ComponentType>,
    /// For consequences, tradeoffs and decision quality.
    pub analysis: Option<Analysis>,
}

/// The size of a component's conversation, counted from the frames of its messages.
pub struct Talk {
    messages: i64,
    last_at: Option<Timestamp>,
}

impl Talk {
    pub async fn of(on: &impl Query, component: ComponentId) -> Result<Self> {
        let (messages, last_at): (i64, Option<Timestamp>) =
            sql("SELECT count(*), max(f.occurred_at) FROM session_frame f \
             JOIN dashboard_conversation c ON c.conversation_id = f.conversation_id \
             WHERE c.component_id = $1 AND f.event_type = 'message.sent'")
            .bind(component)
            .one(on)
            .await?;
        Ok(Self { messages, last_at })
    }
}

/// What the caller may do with a component, as far as its session goes.
#[derive(Clone, Copy, Debug)]
pub struct May {
    pub contribute: bool,
    pub manage: bool,
}

impl May {
    /// Nothing in a session that is archived; else what one's right includes.
    pub fn of(session: &SessionFacts) -> Self {
        let may = |need| !session.is_archived && session.right >= need;
        Self {
            contribute: may(Right::Contribute),
            manage: may(Right::Manage),
        }
    }
}

/// Puts it together.
pub fn detail(around: &Surroundings, talk: Talk, may: May, plan: &Membership) -> ComponentDetail {
    let Surroundings {
        cycle,
        component,
        output,
        outputs,
    } = around;
    let kind = component.component_type;
    let can_be_revised = matches!(
        component.status.transition_to(ComponentStatus::NeedsRevision),
        Some(Transition::Revise)
    );
    let is_analysed = matches!(
        kind,
        ComponentType::Consequences | ComponentType::Tradeoffs | ComponentType::DecisionQuality
    );
    ComponentDetail {
        session_id: cycle.session_id.0,
        cycle_id: cycle.id.0,
        component_id: component.id.0,
        component_type: kind,
        status: component.status,
        output: output.clone(),
        version: component.version,
        based_on_older_input: cycle.is_based_on_older_input(kind),
        message_count: talk.messages,
        last_message_at: talk.last_at,
        can_branch: may.manage && cycle.status != CycleStatus::Archived && component.is_started(),
        can_revise: may.contribute && cycle.status == CycleStatus::Active && can_be_revised,
        can_start: may.contribute && cycle.can_start(kind),
        previous: kind.previous(),
        next: kind.next(),
        analysis: is_analysed.then(|| analyse(outputs).within(plan)),
    }
}
