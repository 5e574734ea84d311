//! Who a request with a key acts for.

use std::time::Duration;

use althing_backbone::{Backbone, Batch, DbError, FromRow, Row, Timestamp, sql};
use althing_events::{ApiKeyId, UserId};
use althing_web::{Actor, Code, KeyGrant, Problem};

use super::views::list;
use crate::secret::{same, sha256};
use crate::session::role_of;
use crate::views::membership;

/// How exactly the last use of a key is known.
const EXACT: Duration = Duration::from_secs(60);

/// Why a key opens nothing.
#[derive(Debug, thiserror::Error)]
pub enum KeyRefusal {
    /// There is none like it.
    #[error("this key is not valid")]
    Invalid,
    /// It was revoked, has expired, or its owner may not sign in.
    #[error("this key is out of use")]
    Inactive,
    /// Something broke.
    #[error(transparent)]
    Fault(#[from] althing_backbone::Error),
}

impl From<DbError> for KeyRefusal {
    fn from(error: DbError) -> Self {
        KeyRefusal::Fault(error.into())
    }
}

impl From<KeyRefusal> for Problem {
    fn from(refusal: KeyRefusal) -> Self {
        match refusal {
            KeyRefusal::Invalid => Problem::new(Code::InvalidKey, refusal.to_string()),
            KeyRefusal::Inactive => Problem::new(Code::InactiveKey, refusal.to_string()),
            KeyRefusal::Fault(error) => error.into(),
        }
    }
}

struct Stored {
    id: ApiKeyId,
    hashed_token: String,
    is_good: bool,
    last_used_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    scopes: String,
    workspaces: String,
    actor: Actor,
}

impl FromRow for Stored {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let (first_name, last_name): (String, String) = (row.get(7)?, row.get(8)?);
        let role: String = row.get(10)?;
        let is_active: bool = row.get(2)?;
        let (status, confirmed_at): (String, Option<Timestamp>) = (row.get(11)?, row.get(12)?);
        Ok(Self {
            id: ApiKeyId(row.get(0)?),
            hashed_token: row.get(1)?,
            is_good: is_active && status == "active" && confirmed_at.is_some(),
            last_used_at: row.get(3)?,
            expires_at: row.get(4)?,
            scopes: row.get(5)?,
            workspaces: row.get(6)?,
            actor: Actor {
                user_id: UserId(row.get(13)?),
                name: format!("{first_name} {last_name}"),
                email: row.get(9)?,
                instance_role: role_of(&role),
                login: None,
                key: None,
                membership: membership(row, 14)?,
            },
        })
    }
}

/// Who acts by a key, and what it may.
pub async fn verify_key(backbone: &Backbone, key: &str) -> Result<Actor, KeyRefusal> {
    let (db, now) = (backbone.db(), backbone.clock().now());
    let hash = sha256(key.as_bytes());
    let stored: Option<Stored> = sql(
        "SELECT k.id, k.hashed_token, k.is_active, k.last_used_at, k.expires_at, k.scopes, k.workspaces, \
         u.first_name, u.last_name, u.email, u.instance_role, u.status, u.confirmed_at, u.id, u.tier, u.valid_until \
         FROM api_key k JOIN user_account u ON u.id = k.user_id WHERE k.hashed_token = $1",
    )
    .bind(&hash)
    .optional(db)
    .await?;
    let stored = stored.filter(|stored| same(&stored.hashed_token, &hash));
    let stored = stored.ok_or(KeyRefusal::Invalid)?;
    if !stored.is_good || stored.expires_at.is_some_and(|end| end <= now) {
        return Err(KeyRefusal::Inactive);
    }
    if stored.last_used_at.is_none_or(|last| last.plus(EXACT) <= now) {
        note_use(backbone, stored.id, now).await?;
    }
    Ok(Actor {
        key: Some(KeyGrant {
            id: stored.id,
            scopes: list(&stored.scopes).into(),
            workspaces: list(&stored.workspaces).into(),
        }),
        ..stored.actor
    })
}

/// Of requests at once one writes it.
async fn note_use(backbone: &Backbone, id: ApiKeyId, now: Timestamp) -> Result<(), KeyRefusal> {
    let mut batch = Batch::new();
    batch.run(
        sql("UPDATE api_key SET last_used_at = $1 WHERE id = $2 AND (last_used_at IS NULL OR last_used_at <= $3)")
            .bind(now)
            .bind(id)
            .bind(now.minus(EXACT)),
    );
    backbone.db().commit(batch).await?;
    Ok(())
}
