//! Waiting for a conversation: it is made by a subscription, a moment after its component was started.

use std::time::Duration;

use althing_events::ConversationId;
use althing_web::{AppState, Problem};

use super::conversation::Conversation;
use super::reactions::INIT;
use super::store;
use crate::cycle::port::Place;

/// How long somebody who asks for a conversation waits for it.
const PATIENCE: Duration = Duration::from_secs(2);

/// The conversation of a component; waits for it if the subscription that makes it has not seen all events yet.
pub async fn conversation_of(state: &AppState, place: &Place) -> Result<Conversation, Problem> {
    if let Some(conversation) = read(state, place).await? {
        return Ok(conversation);
    }
    when_open(state, place).await
}

/// Waits until everything that happened before has been seen, then reads the conversation.
pub async fn when_open(state: &AppState, place: &Place) -> Result<Conversation, Problem> {
    let before = state.backbone.up_to_now().await?;
    if let Err(error) = state.backbone.seen_by(INIT, before).within(PATIENCE).await {
        tracing::debug!(%error, component_id = %place.component_id, "a conversation was not made in time");
    }
    read(state, place)
        .await?
        .ok_or_else(Problem::not_found::<ConversationId>)
}

async fn read(state: &AppState, place: &Place) -> Result<Option<Conversation>, Problem> {
    Ok(store::read(state.backbone.db(), place.component_id).await?)
}
