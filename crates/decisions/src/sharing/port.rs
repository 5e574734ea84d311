//! What a token that somebody shows is worth.

use std::time::Duration;

use althing_backbone::{Batch, Db, DbError, FromRow, Query, Row, Timestamp, sql};
use althing_events::{SessionId, ShareLinkId};
use althing_web::{Actor, AppState, HashedAddress, Incident, IncidentKind, Incidents, RequestId};
use axum::http::request::Parts;

use super::token;
use crate::access::{Grant, Scope};

/// The last use of a link is noted no more often than this.
const NOTED: Duration = Duration::from_secs(60);

impl FromRow for Grant {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let scope: String = row.get(2)?;
        let (link_ends, pass_ends): (Timestamp, Timestamp) = (row.get(3)?, row.get(4)?);
        Ok(Self {
            link: ShareLinkId(row.get(0)?),
            session: SessionId(row.get(1)?),
            scope: Scope::parse(&scope),
            expires_at: link_ends.min(pass_ends),
        })
    }
}

/// What a link's token is worth, if it is one and lives.
pub async fn of_token(db: &Db, token: &str, now: Timestamp) -> Result<Option<Grant>, DbError> {
    let grant = sql(
        "SELECT id, session_id, scope, expires_at, expires_at FROM share_link \
         WHERE token_hash = $1 AND revoked_at IS NULL AND expires_at > $2",
    )
    .bind(token::hash(token))
    .bind(now)
    .optional(db)
    .await?;
    touch(db, grant.as_ref(), now).await?;
    Ok(grant)
}

/// What a pass is worth, if it is one, and it and its link live.
pub async fn of_pass(db: &Db, pass: &str, now: Timestamp) -> Result<Option<Grant>, DbError> {
    let grant = sql(
        "SELECT l.id, l.session_id, l.scope, l.expires_at, p.expires_at FROM share_pass p \
         JOIN share_link l ON l.id = p.share_link_id \
         WHERE p.token_hash = $1 AND p.expires_at > $2 AND l.revoked_at IS NULL AND l.expires_at > $2",
    )
    .bind(token::hash(pass))
    .bind(now)
    .optional(db)
    .await?;
    touch(db, grant.as_ref(), now).await?;
    Ok(grant)
}

/// Whether a link has neither ended nor been revoked.
pub async fn is_alive(on: &impl Query, link: ShareLinkId, now: Timestamp) -> Result<bool, DbError> {
    let found: Option<i64> =
        sql("SELECT 1 FROM share_link WHERE id = $1 AND revoked_at IS NULL AND expires_at > $2")
            .bind(link)
            .bind(now)
            .optional(on)
            .await?;
    Ok(found.is_some())
}

/// Notes for the audit log that somebody came by a link.
pub fn note_use(state: &AppState, grant: &Grant, request: &Parts) {
    let address = request.extensions.get::<HashedAddress>();
    let incident = Incident {
        actor: request.extensions.get::<Actor>().map(|actor| actor.user_id),
        address_hash: address.map(|HashedAddress(hash)| hash.clone()),
        session: Some(grant.session),
        thing: Some(grant.link.0),
        ..Incident::of(IncidentKind::ShareLinkUsed)
    };
    let id = request.extensions.get::<RequestId>().map(|id| id.0);
    let now = state.backbone.clock().now();
    state.get::<Incidents>().note(incident, id, now);
}

async fn touch(db: &Db, grant: Option<&Grant>, now: Timestamp) -> Result<(), DbError> {
    let Some(grant) = grant else { return Ok(()) };
    let noted: Option<Option<Timestamp>> = sql("SELECT last_used_at FROM share_link WHERE id = $1")
        .bind(grant.link)
        .optional(db)
        .await?;
    if noted.flatten().is_some_and(|noted| noted > now.minus(NOTED)) {
        return Ok(());
    }
    tracing::info!(share_link_id = %grant.link, session_id = %grant.session, "a share link is used");
    let mut batch = Batch::new();
    batch.run(
        sql("UPDATE share_link SET last_used_at = $1 WHERE id = $2")
            .bind(now)
            .bind(grant.link),
    );
    db.commit(batch).await.map(drop)
}
