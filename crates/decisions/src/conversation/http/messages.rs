//! Messages: read, say, ask again, be done.

use std::sync::Arc;

use althing_events::{ComponentId, ConversationId, MessageId};
use althing_web::{Answer, AppState, Body, Created, Ctx, Data, List, Paging, PathId, Problem};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::access;
use crate::access::{Caller, Right};
use crate::conversation::ai::AiSettings;
use crate::conversation::commands::Stored;
use crate::conversation::conversation::{Conversation, LastTurn};
use crate::conversation::opening::{conversation_of, when_open};
use crate::conversation::replies::{Failure, Replies};
use crate::conversation::store::{self, Message, Role};
use crate::conversation::text::MessageText;
use crate::conversation::turn::Kind;
use crate::conversation::views::{self, ConversationView, DraftView, ExtractionView, TurnView};
use crate::cycle::CycleStatus;
use crate::cycle::port::{Place, surroundings};
use crate::error::Refusal;
use crate::outputs::ComponentStatus;
use crate::session::port::allowed;

pub async fn read(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<ComponentId>,
) -> Answer<Data<ConversationView>> {
    let place = access::component(&state, &caller, id, Right::ViewConversation).await?;
    let conversation = conversation_of(&state, &place).await?;
    let adapter = state.get::<AiSettings>().chat.info().name;
    Ok(Data(
        views::whole(state.backbone.db(), conversation, adapter).await?,
    ))
}

/// What a message looks like on its way in.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMessage {
    content: String,
    #[serde(default)]
    message_id: Option<MessageId>,
}

pub async fn send(
    State(state): State<AppState>,
    caller: Caller,
    Ctx(context): Ctx,
    PathId(id): PathId<ComponentId>,
    Body(new): Body<NewMessage>,
) -> Answer<Created<TurnView>> {
    let place = access::component(&state, &caller, id, Right::Contribute).await?;
    let text = MessageText::parse(&new.content)?;
    let message_id = new
        .message_id
        .unwrap_or_else(|| MessageId(state.backbone.ids().next()));
    let replies = state.get::<Replies>();
    let running = replies
        .say(&state, context, &place, caller.user()?, (message_id, text))
        .await?;
    let answered = Arc::unwrap_or_clone(running.finished().await).map_err(Failure::into_problem)?;
    Ok(Created(TurnView::from(answered)))
}

/// Asks for the last reply anew.
pub async fn regenerate(
    State(state): State<AppState>,
    caller: Caller,
    Ctx(context): Ctx,
    PathId(id): PathId<ComponentId>,
) -> Answer<Data<TurnView>> {
    let place = access::component(&state, &caller, id, Right::Contribute).await?;
    let conversation = conversation_of(&state, &place).await?;
    require_open(&state, &caller, &place, &conversation).await?;
    let (message, reply) = last_exchange(&state, &conversation).await?;
    let stored = state
        .get::<Replies>()
        .turn(&state, context, &place, Kind::Again(reply))
        .await?;
    Ok(Data(TurnView {
        message,
        reply: stored.reply,
        draft: stored.draft.map(DraftView::from),
        phase: stored.conversation.phase,
        state: stored.conversation.state,
    }))
}

/// "That is all."
pub async fn extract(
    State(state): State<AppState>,
    caller: Caller,
    Ctx(context): Ctx,
    PathId(id): PathId<ComponentId>,
) -> Answer<Data<ExtractionView>> {
    let place = access::component(&state, &caller, id, Right::Contribute).await?;
    let conversation = conversation_of(&state, &place).await?;
    require_open(&state, &caller, &place, &conversation).await?;
    let Stored {
        conversation,
        reply,
        draft,
        ..
    } = state
        .get::<Replies>()
        .turn(&state, context, &place, Kind::ThatIsAll)
        .await?;
    let draft = draft.map(DraftView::from);
    Ok(Data(ExtractionView {
        draft,
        phase: conversation.phase,
        state: conversation.state,
        reply,
    }))
}

/// Messages of a conversation, oldest first.
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<ConversationId>,
    paging: Paging,
) -> Answer<List<Message>> {
    let conversation = access::conversation(&state, &caller, id, Right::ViewConversation).await?;
    let after: i64 = paging.after()?.unwrap_or_default();
    let limit = i64::try_from(paging.limit).unwrap_or(i64::MAX - 1);
    let mut items = store::messages_after(state.backbone.db(), conversation.id, after, limit + 1).await?;
    let has_more = items.len() > paging.limit;
    items.truncate(paging.limit);
    let next_cursor = items
        .last()
        .filter(|_| has_more)
        .map(|last| Paging::cursor_of(&last.number));
    Ok(List {
        items,
        total: Some(i64::from(conversation.total_messages)),
        next_cursor,
    })
}

/// Refuses where nothing may be said any more.
async fn require_open(
    state: &AppState,
    caller: &Caller,
    place: &Place,
    conversation: &Conversation,
) -> Result<(), Problem> {
    let db = state.backbone.db();
    let refused = |refusal: Refusal| Problem::new(refusal.code(), refusal.to_string());
    if allowed(db, place.session_id, &caller.who, Right::Contribute)
        .await?
        .is_archived
    {
        return Err(refused(Refusal::SessionArchived));
    }
    let around = surroundings(db, place.cycle_id, place.component_type).await?;
    match around.cycle.status {
        CycleStatus::Active => {}
        CycleStatus::Completed => return Err(refused(Refusal::CycleCompleted)),
        CycleStatus::Archived => return Err(refused(Refusal::CycleArchived)),
    }
    if around.component.status == ComponentStatus::Complete {
        return Err(refused(Refusal::ConversationComplete));
    }
    if !conversation.is_open() && !when_open(state, place).await?.is_open() {
        return Err(refused(Refusal::ConversationComplete));
    }
    Ok(())
}

/// The last reply, with what it answers: the user's message, or itself where it answered "that is all".
async fn last_exchange(state: &AppState, conversation: &Conversation) -> Result<(Message, Message), Problem> {
    let refused = |refusal: Refusal| Problem::new(refusal.code(), refusal.to_string());
    if conversation.last_turn == LastTurn::Opening && conversation.user_messages == 0 {
        return Err(refused(Refusal::NoMessagesToRegenerate));
    }
    let db = state.backbone.db();
    let last = store::last_message(db, conversation.id).await?;
    let reply = last
        .filter(|last| last.role == Role::Assistant)
        .ok_or_else(|| refused(Refusal::LastMessageNotAssistant))?;
    let answered = match reply.reply_to {
        Some(message) => store::message(db, message).await?.map(|(_, message)| message),
        None => None,
    };
    Ok((answered.unwrap_or_else(|| reply.clone()), reply))
}
