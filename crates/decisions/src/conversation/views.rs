//! What people read of a conversation.

use althing_backbone::{Query, Timestamp};
use althing_events::{ComponentId, ConversationId, CycleId, DraftId, SessionId};
use schemars::JsonSchema;
use serde::Serialize;

use super::conversation::Conversation;
use super::draft;
use super::phase::{ConversationState, Phase, lower_bound};
use super::port::{self, Draft};
use super::replies::Answered;
use super::store::{self, Message};
use crate::cycle::port::{Surroundings, cycle_with_outputs, surroundings};
use crate::error::Result;
use crate::outputs::{ComponentType, DraftItem};

/// How many messages come with a conversation.
const SHOWN: i64 = 100;

/// A conversation as the API answers it.
#[derive(Serialize, JsonSchema)]
pub struct ConversationView {
    id: ConversationId,
    component_id: ComponentId,
    component_type: ComponentType,
    cycle_id: CycleId,
    session_id: SessionId,
    state: ConversationState,
    phase: Phase,
    pending_questions: Vec<String>,
    awaiting_confirmation: bool,
    ready: bool,
    message_count: u32,
    messages: Vec<Message>,
    draft: Option<DraftView>,
    inherited_conversation_id: Option<ConversationId>,
    adapter: &'static str,
}

/// A draft as the API answers it.
#[derive(Serialize, JsonSchema)]
pub struct DraftView {
    id: DraftId,
    component_id: ComponentId,
    component_type: ComponentType,
    base_version: i64,
    items: Vec<DraftItem>,
    updated_at: Timestamp,
}

/// A message with what came of it.
#[derive(Serialize, JsonSchema)]
pub struct TurnView {
    pub message: Message,
    pub reply: Option<Message>,
    pub draft: Option<DraftView>,
    pub phase: Phase,
    pub state: ConversationState,
}

/// What "that is all" led to.
#[derive(Serialize, JsonSchema)]
pub struct ExtractionView {
    pub draft: Option<DraftView>,
    pub phase: Phase,
    pub state: ConversationState,
    pub reply: Option<Message>,
}

impl From<Draft> for DraftView {
    fn from(draft: Draft) -> Self {
        let Draft {
            id,
            component_id,
            component_type,
            base_version,
            items,
            updated_at,
        } = draft;
        Self {
            id,
            component_id,
            component_type,
            base_version,
            items,
            updated_at,
        }
    }
}

impl From<Answered> for TurnView {
    fn from(answered: Answered) -> Self {
        Self {
            message: answered.message,
            reply: answered.reply,
            draft: answered.draft.map(DraftView::from),
            phase: answered.phase,
            state: answered.state,
        }
    }
}

/// A conversation with its last messages and its draft.
pub async fn whole(
    on: &impl Query,
    conversation: Conversation,
    adapter: &'static str,
) -> Result<ConversationView> {
    let around = surroundings(on, conversation.cycle_id, conversation.component_type).await?;
    let draft = port::draft_of(on, conversation.component_id).await?;
    let items = draft
        .as_ref()
        .map(|draft| draft.items.as_slice())
        .unwrap_or_default();
    let has_said_enough =
        conversation.that_is_all || conversation.user_messages >= lower_bound(conversation.component_type);
    // Ids that are still missing are made up: only presence counts here.
    let content = draft::check(&around, items, &mut || conversation.id.0);
    let ready = has_said_enough && content.is_ok_and(|content| draft::is_complete(&around, content));
    Ok(ConversationView {
        id: conversation.id,
        component_id: conversation.component_id,
        component_type: conversation.component_type,
        cycle_id: conversation.cycle_id,
        session_id: conversation.session_id,
        state: conversation.state,
        phase: conversation.phase,
        awaiting_confirmation: conversation.phase == Phase::Confirm && draft.is_some(),
        pending_questions: conversation.pending_questions,
        ready,
        message_count: conversation.total_messages,
        messages: store::last_messages(on, conversation.id, SHOWN).await?,
        draft: draft.map(DraftView::from),
        inherited_conversation_id: inherited(on, &around, conversation.component_type).await?,
        adapter,
    })
}

/// The nearest conversation about the same component among the cycles this one was branched from.
async fn inherited(
    on: &impl Query,
    around: &Surroundings,
    component: ComponentType,
) -> Result<Option<ConversationId>> {
    let mut parent = around.cycle.parent_cycle_id;
    while let Some(cycle_id) = parent {
        let (cycle, _) = cycle_with_outputs(on, cycle_id).await?;
        if let Some(conversation) = store::read(on, cycle.component(component).id).await? {
            return Ok(Some(conversation.id));
        }
        parent = cycle.parent_cycle_id;
    }
    Ok(None)
}
