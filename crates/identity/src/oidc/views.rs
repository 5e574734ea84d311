//! What is read of providers, and the statements that keep them.

use althing_backbone::{DbError, FromRow, Query, Row, Statement, Uuid, sql};
use althing_events::{OidcProviderId, UserId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::provider::Provider;

const COLUMNS: &str = "id, slug, label, issuer, client_id, client_secret, scopes, group_claim, group_map, \
     may_create_accounts, created_at, updated_at";

impl FromRow for Provider {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: OidcProviderId(row.get(0)?),
            slug: row.get(1)?,
            label: row.get(2)?,
            issuer: row.get(3)?,
            client_id: row.get(4)?,
            client_secret: row.get(5)?,
            scopes: json(row, 6)?,
            group_claim: row.get(7)?,
            group_map: json(row, 8)?,
            may_create_accounts: row.get(9)?,
            created_at: row.get(10)?,
            updated_at: row.get(11)?,
        })
    }
}

fn json<T: for<'de> Deserialize<'de>>(row: &Row<'_>, column: usize) -> Result<Vec<T>, DbError> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|_| DbError::Column {
        column,
        wanted: std::any::type_name::<Vec<T>>(),
    })
}

/// What leads from elsewhere into an account that is deleted, and what was on its way there.
pub(crate) fn forget(user: UserId) -> [Statement; 2] {
    [
        sql("DELETE FROM external_identity WHERE user_id = $1").bind(user),
        sql("DELETE FROM oidc_attempt WHERE link_to = $1").bind(user),
    ]
}

/// Every provider, in the order in which they were made.
pub(super) async fn all(on: &impl Query) -> Result<Vec<Provider>, DbError> {
    sql(format!(
        "SELECT {COLUMNS} FROM oidc_provider ORDER BY created_at, id"
    ))
    .all(on)
    .await
}

pub(super) async fn by_id(on: &impl Query, id: OidcProviderId) -> Result<Option<Provider>, DbError> {
    sql(format!("SELECT {COLUMNS} FROM oidc_provider WHERE id = $1"))
        .bind(id)
        .optional(on)
        .await
}

pub(super) async fn by_slug(on: &impl Query, slug: &str) -> Result<Option<Provider>, DbError> {
    sql(format!("SELECT {COLUMNS} FROM oidc_provider WHERE slug = $1"))
        .bind(slug)
        .optional(on)
        .await
}

/// A provider as the page offers it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Offered {
    pub slug: String,
    pub label: String,
}

impl FromRow for Offered {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            slug: row.get(0)?,
            label: row.get(1)?,
        })
    }
}

/// What somebody can sign in with.
pub(crate) async fn offered(on: &impl Query) -> Result<Vec<Offered>, DbError> {
    sql("SELECT slug, label FROM oidc_provider ORDER BY created_at, id")
        .all(on)
        .await
}

/// Writes a provider; its unique slug decides between two at once.
pub(super) fn put(provider: &Provider) -> serde_json::Result<Statement> {
    let statement = sql(
        "INSERT INTO oidc_provider (id, slug, label, issuer, client_id, client_secret, scopes, group_claim, group_map, \
         may_create_accounts, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
         ON CONFLICT (id) DO UPDATE SET label = excluded.label, issuer = excluded.issuer, client_id = excluded.client_id, \
         client_secret = excluded.client_secret, scopes = excluded.scopes, group_claim = excluded.group_claim, \
         group_map = excluded.group_map, may_create_accounts = excluded.may_create_accounts, \
         updated_at = excluded.updated_at",
    );
    Ok(statement
        .bind(provider.id)
        .bind(&provider.slug)
        .bind(&provider.label)
        .bind(&provider.issuer)
        .bind(&provider.client_id)
        .bind(provider.client_secret.as_deref())
        .bind(serde_json::to_string(&provider.scopes)?)
        .bind(provider.group_claim.as_deref())
        .bind(serde_json::to_string(&provider.group_map)?)
        .bind(provider.may_create_accounts)
        .bind(provider.created_at)
        .bind(provider.updated_at))
}

/// Removes a provider and the attempts that are under way with it.
pub(super) fn delete(id: Uuid) -> [Statement; 2] {
    [
        sql("DELETE FROM oidc_provider WHERE id = $1").bind(id),
        sql("DELETE FROM oidc_attempt WHERE provider_id = $1").bind(id),
    ]
}

/// The short name of a workspace, for whoever reads a group map.
pub(super) async fn slug_of(on: &impl Query, workspace: Uuid) -> Result<Option<String>, DbError> {
    sql("SELECT slug FROM workspace WHERE id = $1")
        .bind(workspace)
        .optional(on)
        .await
}

/// The workspace that a group map names by its slug or id.
pub(super) async fn workspace(on: &impl Query, slug_or_id: &str) -> Result<Option<Uuid>, DbError> {
    sql("SELECT id FROM workspace WHERE slug = $1 OR id = $2")
        .bind(slug_or_id)
        .bind(Uuid::try_parse(slug_or_id).ok())
        .optional(on)
        .await
}
