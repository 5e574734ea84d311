//! Accounts elsewhere that people sign in with.

use althing_backbone::{DbError, FromRow, Query, Row, Statement, Timestamp, Uuid, sql};
use althing_events::{ExternalIdentityId, UserId};
use schemars::JsonSchema;
use serde::Serialize;

use super::person::Person;
use super::views::Offered;

/// Whose account is signed in to with this one.
pub(super) async fn find(
    on: &impl Query,
    issuer: &str,
    subject: &str,
) -> Result<Option<(ExternalIdentityId, UserId)>, DbError> {
    let found: Option<(Uuid, Uuid)> =
        sql("SELECT id, user_id FROM external_identity WHERE issuer = $1 AND subject = $2")
            .bind(issuer)
            .bind(subject)
            .optional(on)
            .await?;
    Ok(found.map(|(id, user)| (ExternalIdentityId(id), UserId(user))))
}

/// Links an account; a unique key decides between two at once.
pub(super) fn insert(
    id: ExternalIdentityId,
    user: UserId,
    issuer: &str,
    person: &Person,
    now: Timestamp,
) -> Statement {
    sql("INSERT INTO external_identity (id, user_id, issuer, subject, email, linked_at) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(id)
        .bind(user)
        .bind(issuer)
        .bind(&person.subject)
        .bind(person.email.as_str())
        .bind(now)
}

/// Notes a sign-in, and the address that the account elsewhere has by now.
pub(super) fn note_login(issuer: &str, person: &Person, now: Timestamp) -> Statement {
    sql("UPDATE external_identity SET email = $1, last_login_at = $2 WHERE issuer = $3 AND subject = $4")
        .bind(person.email.as_str())
        .bind(now)
        .bind(issuer)
        .bind(&person.subject)
}

pub(super) fn delete(id: ExternalIdentityId) -> Statement {
    sql("DELETE FROM external_identity WHERE id = $1").bind(id)
}

/// One of somebody's own, with what tells of it.
pub(super) async fn own(
    on: &impl Query,
    user: UserId,
    id: ExternalIdentityId,
) -> Result<Option<(String, String)>, DbError> {
    sql("SELECT issuer, subject FROM external_identity WHERE id = $1 AND user_id = $2")
        .bind(id)
        .bind(user)
        .optional(on)
        .await
}

/// Whether somebody could still sign in with another account elsewhere.
pub(super) async fn has_another(
    on: &impl Query,
    user: UserId,
    than: ExternalIdentityId,
) -> Result<bool, DbError> {
    let other: Option<Uuid> = sql(
        "SELECT e.id FROM external_identity e WHERE e.user_id = $1 AND e.id <> $2 \
         AND EXISTS (SELECT 1 FROM oidc_provider p WHERE p.issuer = e.issuer) LIMIT 1",
    )
    .bind(user)
    .bind(than)
    .optional(on)
    .await?;
    Ok(other.is_some())
}

/// A linked account as its owner sees it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct IdentityView {
    pub id: ExternalIdentityId,
    /// Absent when the instance no longer has a provider of that address.
    pub provider: Option<Offered>,
    pub issuer: String,
    /// The address that it had at the last sign-in.
    pub email: Option<String>,
    pub linked_at: Timestamp,
    pub last_login_at: Option<Timestamp>,
}

impl FromRow for IdentityView {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let (slug, label): (Option<String>, Option<String>) = (row.get(5)?, row.get(6)?);
        Ok(Self {
            id: ExternalIdentityId(row.get(0)?),
            issuer: row.get(1)?,
            email: row.get(2)?,
            linked_at: row.get(3)?,
            last_login_at: row.get(4)?,
            provider: slug.zip(label).map(|(slug, label)| Offered { slug, label }),
        })
    }
}

/// Somebody's linked accounts, the first one first. Of several providers with one address
/// the first stands for all.
pub(super) async fn of(on: &impl Query, user: UserId) -> Result<Vec<IdentityView>, DbError> {
    sql(
        "SELECT e.id, e.issuer, e.email, e.linked_at, e.last_login_at, p.slug, p.label FROM external_identity e \
         LEFT JOIN oidc_provider p ON p.id = (SELECT min(q.id) FROM oidc_provider q WHERE q.issuer = e.issuer) \
         WHERE e.user_id = $1 ORDER BY e.linked_at, e.id",
    )
    .bind(user)
    .all(on)
    .await
}
