//! What other modules may know of a session: who may touch it and whether it is open.

use althing_backbone::{Query, UnitOfWork, sql};
use althing_events::{SessionId, UserId};
use althing_web::Code;

use crate::error::{Error, Refusal, Result};

/// The little that others need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionFacts {
    pub id: SessionId,
    pub owner_id: UserId,
    pub title: String,
    pub is_archived: bool,
}

/// The session, if this user may read it; otherwise it does not exist for them.
pub async fn readable(on: &impl Query, id: SessionId, user: UserId) -> Result<SessionFacts> {
    let row: Option<(althing_backbone::Uuid, String, String)> =
        sql("SELECT owner_id, title, status FROM decision_session WHERE id = $1")
            .bind(id)
            .optional(on)
            .await?;
    row.map(|(owner, title, status)| SessionFacts {
        id,
        owner_id: owner.into(),
        title,
        is_archived: status == "archived",
    })
    .filter(|session| session.owner_id == user)
    .ok_or(Error::NotFound(Code::SessionNotFound))
}

/// Lets the command succeed only if the session is still open when it commits.
pub async fn require_open(uow: &mut UnitOfWork, id: SessionId) -> Result<()> {
    let status: Option<String> = sql("SELECT status FROM decision_session WHERE id = $1")
        .bind(id)
        .optional(uow)
        .await?;
    match status.as_deref() {
        Some("active") => {
            uow.expect(
                1,
                "open session",
                sql("UPDATE decision_session SET updated_at = $1 WHERE id = $2 AND status = 'active'")
                    .bind(uow.now())
                    .bind(id),
            );
            Ok(())
        }
        Some(_) => Err(Refusal::SessionArchived.into()),
        None => Err(Error::NotFound(Code::SessionNotFound)),
    }
}

/// How long a command waits for what people expect to see right after it.
const SOON: std::time::Duration = std::time::Duration::from_millis(300);

/// Waits a moment until the session's list has the cycles of this commit, so that
/// whoever made them sees them. The list is right a little later in any case.
pub async fn list_has_seen(backbone: &althing_backbone::Backbone, receipt: althing_backbone::Receipt) {
    if let Err(error) = backbone.seen_by("session-cycles", receipt).within(SOON).await {
        tracing::debug!(%error, "the session's list of cycles is a little behind");
    }
}
