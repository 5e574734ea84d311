//! From an id to its session, and whether the caller may do this with it.

use std::str::FromStr;

use althing_backbone::Uuid;
use althing_events::{ComponentId, ConversationId, CycleId};
use althing_web::{AppState, NotFound, Problem};

use crate::access::{Caller, Right};
use crate::conversation::conversation::Conversation;
use crate::cycle::port::{Place, place_of, session_of};
use crate::session::port::{SessionFacts, has_component, require};

/// The place of a component.
pub async fn component(
    state: &AppState,
    caller: &Caller,
    id: ComponentId,
    need: Right,
) -> Result<Place, Problem> {
    let place = place_of(state.backbone.db(), id).await?;
    let facts = require::<ComponentId>(state, caller, place.session_id, need).await?;
    has_component(&facts.plan, place.component_type)?;
    Ok(place)
}

/// The session of a cycle.
pub async fn cycle(
    state: &AppState,
    caller: &Caller,
    id: CycleId,
    need: Right,
) -> Result<SessionFacts, Problem> {
    let session_id = session_of(state.backbone.db(), id).await?;
    require::<CycleId>(state, caller, session_id, need).await
}

/// A conversation.
pub async fn conversation(
    state: &AppState,
    caller: &Caller,
    id: ConversationId,
    need: Right,
) -> Result<Conversation, Problem> {
    let found: Option<Conversation> = althing_backbone::read_aggregate(state.backbone.db(), id.0).await?;
    let conversation = found
        .filter(|one| one.started_at.is_some())
        .ok_or_else(Problem::not_found::<ConversationId>)?;
    let facts = require::<ConversationId>(state, caller, conversation.session_id, need).await?;
    has_component(&facts.plan, conversation.component_type)?;
    Ok(conversation)
}

macro_rules! path_ids {
    ($($(#[$doc:meta])* $name:ident($inner:ty) => $code:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, schemars::JsonSchema)]
        #[schemars(inline)]
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
