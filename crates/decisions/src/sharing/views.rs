//! What the people who manage a session see of its links.

use althing_backbone::{DbError, FromRow, Query, Row, Timestamp, Uuid, sql};
use althing_events::{SessionId, ShareLinkId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::access::Scope;
use crate::error::Result;
use crate::people::Person;

/// A link, without its token.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ShareLinkView {
    pub id: Uuid,
    pub scope: Scope,
    pub created_by: Person,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
    /// To the minute.
    pub last_used_at: Option<Timestamp>,
}

impl FromRow for ShareLinkView {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let scope: String = row.get(1)?;
        Ok(Self {
            id: row.get(0)?,
            scope: Scope::parse(&scope),
            created_by: Person::known_as(row.get(2)?, row.get(3)?),
            created_at: row.get(4)?,
            expires_at: row.get(5)?,
            revoked_at: row.get(6)?,
            last_used_at: row.get(7)?,
        })
    }
}

const LINKS: &str = "SELECT l.id, l.scope, l.created_by, p.name, l.created_at, l.expires_at, l.revoked_at, l.last_used_at \
     FROM share_link l LEFT JOIN decision_person p ON p.user_id = l.created_by";

/// The links of a session, the newest first.
pub async fn list(on: &impl Query, session: SessionId) -> Result<Vec<ShareLinkView>> {
    Ok(sql(format!(
        "{LINKS} WHERE l.session_id = $1 ORDER BY l.created_at DESC, l.id DESC"
    ))
    .bind(session)
    .all(on)
    .await?)
}

/// One link.
pub async fn one(on: &impl Query, id: ShareLinkId) -> Result<ShareLinkView> {
    Ok(sql(format!("{LINKS} WHERE l.id = $1")).bind(id).one(on).await?)
}
