//! What can be done to a conversation: say something, store what came of it, take a draft away.

mod count_message;
mod dismiss_draft;
mod send_message;
mod store_turn;

pub use count_message::CountMessage;
pub use dismiss_draft::DismissDraft;
pub use send_message::{SendMessage, Sent};
pub use store_turn::{Extracted, StoreTurn, Stored};

use althing_backbone::{UnitOfWork, sql};

use super::conversation::Conversation;
use crate::cycle::CycleStatus;
use crate::cycle::port::Surroundings;
use crate::error::{Error, Refusal, Result};
use crate::outputs::ComponentStatus;
use crate::session::port as sessions;

/// How much of a message its event shows.
const PREVIEW: usize = 100;

/// Refuses unless session, cycle and component take changes, also at the moment of the commit.
pub(super) async fn require_writable(
    uow: &mut UnitOfWork,
    conversation: &Conversation,
    around: &Surroundings,
) -> Result<()> {
    let plan = sessions::require_writable(uow, conversation.session_id).await?;
    sessions::has_component(&plan, around.component.component_type)?;
    match around.cycle.status {
        CycleStatus::Active => {}
        CycleStatus::Completed => return Err(Refusal::CycleCompleted.into()),
        CycleStatus::Archived => return Err(Refusal::CycleArchived.into()),
    }
    match around.component.status {
        ComponentStatus::NotStarted => return Err(Refusal::ComponentNotStarted.into()),
        ComponentStatus::Complete => return Err(Refusal::ConversationComplete.into()),
        ComponentStatus::InProgress | ComponentStatus::NeedsRevision => {}
    }
    if !conversation.is_open() {
        return Err(Error::Refused(Refusal::ConversationComplete));
    }
    uow.expect(
        1,
        "active cycle",
        sql("UPDATE conversation SET id = id WHERE id = $1 AND EXISTS \
             (SELECT 1 FROM decision_cycle WHERE id = $2 AND status = 'active')")
        .bind(conversation.id)
        .bind(conversation.cycle_id),
    );
    Ok(())
}
