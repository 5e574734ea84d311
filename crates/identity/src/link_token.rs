//! What links of an account carry: 32 random bytes, of which only the hash is stored. Each is
//! good once, for a while, and only while the account still has the address it was made for.

use std::time::Duration;

use althing_backbone::{DbError, Query, Statement, Timestamp, Uuid, sql};
use althing_events::UserId;

use crate::secret::sha256;
use crate::user::User;

/// How long a link lives that an operator copies and hands on.
pub(crate) const COPIED: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a link lives that is mailed to confirm an address or to sign in.
pub(crate) const MAILED: Duration = Duration::from_secs(15 * 60);

/// What a link is for; the stored word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Setting another password, by a link that an operator made.
    Reset,
    /// The same, by a link that was mailed.
    MailedReset,
    /// Confirming an address for the first time.
    Confirmation,
    /// Signing in, by a link that was mailed.
    Login,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Purpose::Reset => "reset_link",
            Purpose::MailedReset => "reset_password",
            Purpose::Confirmation => "confirmation",
            Purpose::Login => "login",
        }
    }
}

/// A link that is good.
pub(crate) struct Found {
    pub id: Uuid,
    pub user_id: UserId,
}

/// Stores a link.
pub(crate) fn insert(
    id: Uuid,
    user: &User,
    purpose: Purpose,
    token: &str,
    life: (Timestamp, Duration),
) -> Statement {
    let (now, life) = life;
    sql("INSERT INTO user_token (id, user_id, context, token_hash, csrf_token, remember, authenticated_at, inserted_at, \
         expires_at, sent_to) VALUES ($1, $2, $3, $4, '', FALSE, $5, $5, $6, $7)")
    .bind(id)
    .bind(user.id)
    .bind(purpose.as_str())
    .bind(sha256(token.as_bytes()))
    .bind(now)
    .bind(now.plus(life))
    .bind(user.email.as_str())
}

/// The link with this token, if it is good.
pub(crate) async fn find(
    on: &impl Query,
    purpose: Purpose,
    token: &str,
    now: Timestamp,
) -> Result<Option<Found>, DbError> {
    // Links from before addresses were kept have none; they live for an hour.
    let row: Option<(Uuid, Uuid)> = sql(
        "SELECT t.id, t.user_id FROM user_token t JOIN user_account u ON u.id = t.user_id WHERE t.context = $1 \
         AND t.token_hash = $2 AND t.expires_at > $3 AND coalesce(t.sent_to, u.email) = u.email",
    )
    .bind(purpose.as_str())
    .bind(sha256(token.as_bytes()))
    .bind(now)
    .optional(on)
    .await?;
    Ok(row.map(|(id, user_id)| Found {
        id,
        user_id: UserId(user_id),
    }))
}

/// Ends the links of this kind that an account has.
pub(crate) fn delete_of(user: UserId, purpose: Purpose) -> Statement {
    sql("DELETE FROM user_token WHERE user_id = $1 AND context = $2")
        .bind(user)
        .bind(purpose.as_str())
}

/// Uses a link up. Of two at once the second finds it used, decides anew and is refused.
pub(crate) fn delete(id: Uuid) -> Statement {
    sql("DELETE FROM user_token WHERE id = $1").bind(id)
}
