//! From an id to its session, and whether the caller may see it.

use std::str::FromStr;

use althing_backbone::Uuid;
use althing_events::{ComponentId, ConversationId, CycleId, SessionId};
use althing_web::{Actor, AppState, NotFound, Problem};

use crate::conversation::conversation::Conversation;
use crate::cycle::port::{Place, place_of, session_of};
use crate::error::Error;
use crate::session::port::{SessionFacts, readable};

/// The place of a component.
pub async fn component(state: &AppState, actor: &Actor, id: ComponentId) -> Result<Place, Problem> {
    let place = place_of(state.backbone.db(), id).await?;
    session::<ComponentId>(state, actor, place.session_id).await?;
    Ok(place)
}

/// The session of a cycle.
pub async fn cycle(state: &AppState, actor: &Actor, id: CycleId) -> Result<SessionFacts, Problem> {
    let session_id = session_of(state.backbone.db(), id).await?;
    session::<CycleId>(state, actor, session_id).await
}

/// A conversation.
pub async fn conversation(
    state: &AppState,
    actor: &Actor,
    id: ConversationId,
) -> Result<Conversation, Problem> {
    let found: Option<Conversation> = althing_backbone::read_aggregate(state.backbone.db(), id.0).await?;
    let conversation = found
        .filter(|one| one.started_at.is_some())
        .ok_or_else(Problem::not_found::<ConversationId>)?;
    session::<ConversationId>(state, actor, conversation.session_id).await?;
    Ok(conversation)
}

/// The session, or the 404 of the id that was asked for.
async fn session<T: NotFound>(
    state: &AppState,
    actor: &Actor,
    id: SessionId,
) -> Result<SessionFacts, Problem> {
    readable(state.backbone.db(), id, actor.user_id)
        .await
        .map_err(|error| match error {
            Error::NotFound(_) => Problem::not_found::<T>(),
            other => other.into(),
        })
}

macro_rules! path_ids {
    ($($(#[$doc:meta])* $name:ident($inner:ty) => $code:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name(pub $inner);
        impl NotFound for $name {
            const CODE: &'static str = $code;
        }
        impl FromStr for $name {
            type Err = <$inner as FromStr>::Err;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}
path_ids! {
    /// A suggestion to go back.
    RevisitId(Uuid) => "revisit_not_found";
    /// A question put to the user.
    ConfirmationId(Uuid) => "confirmation_not_found";
    /// The name of a tool.
    ToolName(String) => "tool_not_found";
}
