//! Keys as their owner reads them.

use althing_backbone::{Db, DbError, FromRow, Query, Row, Statement, Timestamp, Uuid, sql};
use althing_events::{ApiKeyId, UserId, WorkspaceId};
use schemars::JsonSchema;
use serde::Serialize;

use super::api_key::ApiKey;

/// A key without its secret.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct KeyView {
    pub id: ApiKeyId,
    pub name: String,
    pub description: Option<String>,
    /// The part that may be shown.
    pub prefix: String,
    pub scopes: Vec<String>,
    pub workspaces: Vec<WorkspaceId>,
    pub is_active: bool,
    pub last_used_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

impl FromRow for KeyView {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: ApiKeyId(row.get(0)?),
            name: row.get(1)?,
            description: row.get(2)?,
            prefix: row.get(3)?,
            scopes: list(&row.get::<String>(4)?),
            workspaces: list(&row.get::<String>(5)?),
            is_active: row.get(6)?,
            last_used_at: row.get(7)?,
            expires_at: row.get(8)?,
            created_at: row.get(9)?,
        })
    }
}

/// A stored list; what cannot be read gives no rights.
pub(super) fn list<T: serde::de::DeserializeOwned>(text: &str) -> Vec<T> {
    serde_json::from_str(text).unwrap_or_else(|error| {
        tracing::error!(%error, "a key's list cannot be read");
        Vec::new()
    })
}

const COLUMNS: &str =
    "id, name, description, prefix, scopes, workspaces, is_active, last_used_at, expires_at, created_at";

/// One's own keys, all, those in use, or the revoked ones; the newest first.
pub(super) async fn keys(db: &Db, user: UserId, is_active: Option<bool>) -> Result<Vec<KeyView>, DbError> {
    let all = is_active.is_none();
    sql(format!(
        "SELECT {COLUMNS} FROM api_key WHERE user_id = $1 AND ($2 OR is_active = $3) ORDER BY created_at DESC, id DESC"
    ))
    .bind(user)
    .bind(all)
    .bind(is_active.unwrap_or_default())
    .all(db)
    .await
}

/// One of one's own keys.
pub(super) async fn key(db: &Db, user: UserId, id: ApiKeyId) -> Result<Option<KeyView>, DbError> {
    sql(format!(
        "SELECT {COLUMNS} FROM api_key WHERE user_id = $1 AND id = $2"
    ))
    .bind(user)
    .bind(id)
    .optional(db)
    .await
}

/// All keys of somebody.
pub(super) async fn ids_of(on: &impl Query, user: UserId) -> Result<Vec<ApiKeyId>, DbError> {
    let ids: Vec<Uuid> = sql("SELECT id FROM api_key WHERE user_id = $1 ORDER BY id")
        .bind(user)
        .all(on)
        .await?;
    Ok(ids.into_iter().map(ApiKeyId).collect())
}

pub(super) fn delete_all(user: UserId) -> Statement {
    sql("DELETE FROM api_key WHERE user_id = $1").bind(user)
}

fn written<T: Serialize>(list: &[T]) -> String {
    serde_json::to_string(list).expect("texts and ids can always be written as JSON")
}

pub(super) fn insert(key: &ApiKey) -> Statement {
    sql("INSERT INTO api_key (id, user_id, name, description, prefix, hashed_token, workspaces, scopes, is_active, \
         expires_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)")
    .bind(key.id)
    .bind(key.user_id)
    .bind(key.name.as_str())
    .bind(key.description.as_deref())
    .bind(&key.prefix)
    .bind(&key.hashed_token)
    .bind(written(&key.workspaces))
    .bind(written(&key.scopes))
    .bind(key.is_active)
    .bind(key.expires_at)
    .bind(key.created_at)
}

pub(super) fn update(key: &ApiKey) -> Statement {
    sql("UPDATE api_key SET name = $1, description = $2, workspaces = $3, scopes = $4, is_active = $5 WHERE id = $6")
        .bind(key.name.as_str())
        .bind(key.description.as_deref())
        .bind(written(&key.workspaces))
        .bind(written(&key.scopes))
        .bind(key.is_active)
        .bind(key.id)
}
