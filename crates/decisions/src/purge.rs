//! WorkspaceTeardown: the sessions of a workspace go with it, and private ones with the
//! account of their owner. Shared ones stay when their owner's account goes.
//!
//! Only ids are kept of what went: events of purged sessions that come late, or again in a
//! rebuild, must not bring anything back.

use althing_backbone::{
    Event, HandlerResult, Query, Statement, Subscription, UnitOfWork, Uow, Uuid, reaction, sql,
};
use althing_events::decisions::ShareLinkRevoked;
use althing_events::identity::{UserDeleted, WorkspaceDeleted};
use althing_events::{SessionId, ShareLinkId, UserId};

use crate::error::Result;

/// Removes what nobody can reach any more.
pub fn subscription() -> Subscription {
    reaction("decision-teardown")
        .from_beginning()
        .on(workspace_deleted)
        .on(user_deleted)
        .into()
}

/// Whose sessions go.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Which {
    /// Those that a workspace shared.
    Workspace(Uuid),
    /// Those that somebody had for themselves.
    Owner(Uuid),
}

impl Which {
    fn id(self) -> Uuid {
        match self {
            Self::Workspace(id) | Self::Owner(id) => id,
        }
    }

    /// Their rows among the sessions that there are; `$1` is the id.
    const fn there(self) -> &'static str {
        match self {
            Self::Workspace(_) => {
                "SELECT id FROM decision_session WHERE workspace_id = $1 AND visibility = 'workspace'"
            }
            Self::Owner(_) => {
                "SELECT id FROM decision_session WHERE owner_id = $1 AND visibility = 'private'"
            }
        }
    }

    /// Their ids among those that were purged; `$1` is the id.
    const fn purged(self) -> &'static str {
        match self {
            Self::Workspace(_) => "SELECT session_id FROM decision_purged WHERE workspace_id = $1",
            Self::Owner(_) => {
                "SELECT session_id FROM decision_purged WHERE owner_id = $1 AND workspace_id IS NULL"
            }
        }
    }

    /// A statement about them, whether they are still there or not. `{sessions}` stands for
    /// their ids.
    pub fn statement(self, text: &str) -> Statement {
        let sessions = format!("({} UNION {})", self.there(), self.purged());
        sql(text.replace("{sessions}", &sessions)).bind(self.id())
    }
}

/// Whether a session was purged.
pub(crate) async fn is_purged(on: &impl Query, session: SessionId) -> Result<bool> {
    let found: Option<i64> = sql("SELECT 1 FROM decision_purged WHERE session_id = $1")
        .bind(session)
        .optional(on)
        .await?;
    Ok(found.is_some())
}

async fn workspace_deleted(Event(deleted): Event<WorkspaceDeleted>, mut uow: Uow) -> HandlerResult {
    purge(&mut uow, Which::Workspace(deleted.workspace_id.0)).await
}

async fn user_deleted(Event(deleted): Event<UserDeleted>, mut uow: Uow) -> HandlerResult {
    purge(&mut uow, Which::Owner(deleted.user_id.0)).await
}

async fn purge(uow: &mut UnitOfWork, which: Which) -> HandlerResult {
    end_links(uow, which).await?;
    uow.execute(
        sql(format!(
            "INSERT INTO decision_purged (session_id, workspace_id, owner_id, purged_at) \
             SELECT id, CASE WHEN visibility = 'workspace' THEN workspace_id END, owner_id, CAST($2 AS TEXT) \
             FROM decision_session WHERE id IN ({}) ON CONFLICT (session_id) DO NOTHING",
            which.there()
        ))
        .bind(which.id())
        .bind(uow.now()),
    );
    for statement in STATEMENTS {
        uow.execute(which.statement(statement));
    }
    Ok(())
}

/// Whoever looks at one through its link is told that the link has ended.
async fn end_links(uow: &mut UnitOfWork, which: Which) -> HandlerResult {
    let text = "SELECT l.id, l.session_id, s.owner_id FROM share_link l JOIN decision_session s ON s.id = l.session_id \
         WHERE l.revoked_at IS NULL AND l.session_id IN {sessions} ORDER BY l.id";
    let links: Vec<(Uuid, Uuid, Uuid)> = which.statement(text).all(uow).await?;
    let now = uow.now();
    for (link, session, owner) in links {
        uow.record(&ShareLinkRevoked {
            session_id: SessionId(session),
            share_link_id: ShareLinkId(link),
            user_id: UserId(owner),
            revoked_at: now,
        })?;
    }
    Ok(())
}

/// In this order: what is found through something goes before it.
const STATEMENTS: &[&str] = &[
    "DELETE FROM component_output WHERE cycle_id IN (SELECT id FROM decision_cycle WHERE session_id IN {sessions})",
    "DELETE FROM cycle_change WHERE cycle_id IN (SELECT id FROM decision_cycle WHERE session_id IN {sessions})",
    "DELETE FROM tool_invocation WHERE cycle_id IN (SELECT id FROM decision_cycle WHERE session_id IN {sessions})",
    "DELETE FROM revisit_suggestion WHERE cycle_id IN (SELECT id FROM decision_cycle WHERE session_id IN {sessions})",
    "DELETE FROM confirmation_request WHERE cycle_id IN (SELECT id FROM decision_cycle WHERE session_id IN {sessions})",
    "DELETE FROM flagged_uncertainty WHERE cycle_id IN (SELECT id FROM decision_cycle WHERE session_id IN {sessions})",
    "DELETE FROM conversation_draft WHERE component_id IN (SELECT id FROM decision_component WHERE session_id IN {sessions})",
    "DELETE FROM conversation_message WHERE conversation_id IN (SELECT id FROM conversation WHERE session_id IN {sessions})",
    "DELETE FROM share_pass WHERE share_link_id IN (SELECT id FROM share_link WHERE session_id IN {sessions})",
    "DELETE FROM aggregate WHERE kind = 'Conversation' AND id IN (SELECT id FROM conversation WHERE session_id IN {sessions})",
    "DELETE FROM aggregate WHERE kind = 'Cycle' AND id IN (SELECT id FROM decision_cycle WHERE session_id IN {sessions})",
    "DELETE FROM decision_quota WHERE id IN {sessions}",
    "DELETE FROM aggregate WHERE kind = 'Session' AND id IN {sessions}",
    "DELETE FROM conversation WHERE session_id IN {sessions}",
    "DELETE FROM decision_component WHERE session_id IN {sessions}",
    "DELETE FROM decision_cycle WHERE session_id IN {sessions}",
    "DELETE FROM decision_session_cycle WHERE session_id IN {sessions}",
    "DELETE FROM decision_outcome WHERE session_id IN {sessions}",
    "DELETE FROM session_change WHERE session_id IN {sessions}",
    "DELETE FROM share_link WHERE session_id IN {sessions}",
    "DELETE FROM decision_session WHERE id IN {sessions}",
];
