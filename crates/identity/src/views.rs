//! Accounts as they are read: by id, by address, all of them.

use althing_backbone::{Db, DbError, FromRow, Query, Row, Statement, Timestamp, sql};
use althing_events::UserId;
use althing_web::{InstanceRole, Membership, Tier};
use schemars::JsonSchema;
use serde::Serialize;

use crate::fields::Email;
use crate::session::role_of;
use crate::user::User;

/// An account as its owner and the operator see it.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Account {
    /// Its id.
    pub id: UserId,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// The address.
    pub email: String,
    /// What it may do with the instance.
    pub instance_role: InstanceRole,
    /// active, suspended or deleted.
    #[serde(skip)]
    pub status: String,
    /// The last sign-in.
    #[serde(skip)]
    pub last_login_at: Option<Timestamp>,
    /// The membership of its own, if it has one.
    #[serde(skip)]
    pub membership: Option<Membership>,
}

const COLUMNS: &str =
    "id, first_name, last_name, email, instance_role, status, last_login_at, tier, valid_until";

impl FromRow for Account {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let role: String = row.get(4)?;
        Ok(Self {
            id: UserId(row.get(0)?),
            first_name: row.get(1)?,
            last_name: row.get(2)?,
            email: row.get(3)?,
            instance_role: role_of(&role),
            status: row.get(5)?,
            last_login_at: row.get(6)?,
            membership: membership(row, 7)?,
        })
    }
}

/// The membership that stands in two columns of an account.
pub(crate) fn membership(row: &Row<'_>, first: usize) -> Result<Option<Membership>, DbError> {
    let (tier, valid_until): (Option<String>, Option<Timestamp>) = (row.get(first)?, row.get(first + 1)?);
    Ok(Membership::stored(tier.as_deref(), valid_until))
}

/// Whether nobody has an account yet.
pub async fn setup_required(on: &impl Query) -> Result<bool, DbError> {
    let any: Option<i64> = sql("SELECT 1 FROM user_account LIMIT 1").optional(on).await?;
    Ok(any.is_none())
}

/// Every account, in the order of registration.
pub async fn accounts(db: &Db) -> Result<Vec<Account>, DbError> {
    sql(format!(
        "SELECT {COLUMNS} FROM user_account ORDER BY registered_at, id"
    ))
    .all(db)
    .await
}

/// One account.
pub(crate) async fn account(on: &impl Query, id: UserId) -> Result<Option<Account>, DbError> {
    sql(format!("SELECT {COLUMNS} FROM user_account WHERE id = $1"))
        .bind(id)
        .optional(on)
        .await
}

/// Who has an address.
pub(crate) async fn id_by_email(on: &impl Query, email: &Email) -> Result<Option<UserId>, DbError> {
    let id: Option<althing_backbone::Uuid> = sql("SELECT id FROM user_account WHERE email = $1")
        .bind(email.as_str())
        .optional(on)
        .await?;
    Ok(id.map(UserId))
}

/// Adds the account's row; its unique address decides between two at once.
pub(crate) fn insert(user: &User) -> Statement {
    sql("INSERT INTO user_account (id, email, first_name, last_name, status, instance_role, confirmed_at, registered_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
    .bind(user.id)
    .bind(user.email.as_str())
    .bind(user.first_name.as_str())
    .bind(user.last_name.as_str())
    .bind(user.status.as_str())
    .bind(user.instance_role.as_str())
    .bind(user.confirmed_at)
    .bind(user.registered_at)
}

/// Writes the account's names.
pub(crate) fn rename(user: &User) -> Statement {
    sql("UPDATE user_account SET first_name = $1, last_name = $2 WHERE id = $3")
        .bind(user.first_name.as_str())
        .bind(user.last_name.as_str())
        .bind(user.id)
}

/// Notes a sign-in.
pub(crate) fn note_login(user: UserId, now: Timestamp) -> Statement {
    sql("UPDATE user_account SET last_login_at = $1 WHERE id = $2")
        .bind(now)
        .bind(user)
}

/// Writes that the account's address is confirmed.
pub(crate) fn confirm(user: &User) -> Statement {
    sql("UPDATE user_account SET confirmed_at = $1 WHERE id = $2")
        .bind(user.confirmed_at)
        .bind(user.id)
}

/// Writes the account's address; of two with the same one the second fails.
pub(crate) fn set_email(user: &User) -> Statement {
    sql("UPDATE user_account SET email = $1 WHERE id = $2")
        .bind(user.email.as_str())
        .bind(user.id)
}

/// Writes what is left of an account that is gone.
pub(crate) fn forget(user: &User) -> Statement {
    sql("UPDATE user_account SET first_name = $1, last_name = $2, email = $3, status = $4, instance_role = $5, \
         confirmed_at = NULL, last_login_at = NULL WHERE id = $6")
    .bind(user.first_name.as_str())
    .bind(user.last_name.as_str())
    .bind(user.email.as_str())
    .bind(user.status.as_str())
    .bind(user.instance_role.as_str())
    .bind(user.id)
}

/// Writes the account's membership.
pub(crate) fn set_membership(user: &User) -> Statement {
    sql("UPDATE user_account SET tier = $1, valid_until = $2 WHERE id = $3")
        .bind(user.tier.map(Tier::as_str))
        .bind(user.valid_until)
        .bind(user.id)
}

/// Writes whether the account may be used.
pub(crate) fn set_status(user: &User) -> Statement {
    sql("UPDATE user_account SET status = $1 WHERE id = $2")
        .bind(user.status.as_str())
        .bind(user.id)
}
