//! Frames of sessions that were purged go.

use althing_backbone::{Event, HandlerResult, Tx};
use althing_events::identity::{UserDeleted, WorkspaceDeleted};

use crate::purge::Which;

pub(super) async fn workspace_deleted(Event(deleted): Event<WorkspaceDeleted>, tx: Tx) -> HandlerResult {
    forget(&tx, Which::Workspace(deleted.workspace_id.0)).await;
    Ok(())
}

pub(super) async fn user_deleted(Event(deleted): Event<UserDeleted>, tx: Tx) -> HandlerResult {
    forget(&tx, Which::Owner(deleted.user_id.0)).await;
    Ok(())
}

/// The newest frame of all stays, empty, so that the next one gets a number that no follower
/// has seen.
async fn forget(tx: &Tx, which: Which) {
    for statement in [
        "DELETE FROM {session_frame} WHERE session_id IN {sessions} \
         AND number < (SELECT max(number) FROM {session_frame})",
        "UPDATE {session_frame} SET data = '{}', actor_id = NULL WHERE session_id IN {sessions}",
        "DELETE FROM {dashboard_conversation} WHERE session_id IN {sessions}",
        "DELETE FROM {dashboard_cycle} WHERE session_id IN {sessions}",
        "DELETE FROM {dashboard_session} WHERE session_id IN {sessions}",
    ] {
        tx.execute(which.statement(statement)).await;
    }
}
