//! Attempts to sign in: begun here, continued at the provider, ended here, once.

use std::time::Duration;

use althing_backbone::{Batch, Db, DbError, FromRow, Row, Timestamp, Uuid, sql};
use althing_events::{OidcProviderId, UserId};

use crate::secret::{random_token, same, sha256};

/// How long somebody may take at the provider.
pub(super) const LIFE: Duration = Duration::from_secs(10 * 60);

/// An attempt that begins, with the only copy of its secrets.
pub(super) struct Begun {
    /// Goes to the provider and back.
    pub state: String,
    /// Stays in the browser, in a cookie.
    pub browser: String,
    /// Comes back within the token.
    pub nonce: String,
    /// Proves that who exchanges the code has begun the attempt (PKCE).
    pub verifier: String,
}

/// An attempt that comes back.
pub(super) struct Attempt {
    pub provider_id: OidcProviderId,
    pub nonce: String,
    pub verifier: String,
    pub return_to: String,
    /// Whose account is to be linked; none if somebody signs in.
    pub link_to: Option<UserId>,
    browser_hash: String,
    expires_at: Timestamp,
}

impl FromRow for Attempt {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            provider_id: OidcProviderId(row.get(0)?),
            browser_hash: row.get(1)?,
            nonce: row.get(2)?,
            verifier: row.get(3)?,
            return_to: row.get(4)?,
            link_to: row.get::<Option<Uuid>>(5)?.map(UserId),
            expires_at: row.get(6)?,
        })
    }
}

/// Begins an attempt, and forgets those that nobody will end.
pub(super) async fn begin(
    db: &Db,
    provider: OidcProviderId,
    link_to: Option<UserId>,
    return_to: &str,
    now: Timestamp,
) -> Result<Begun, DbError> {
    let begun = Begun {
        state: random_token(),
        browser: random_token(),
        nonce: random_token(),
        verifier: random_token(),
    };
    let mut batch = Batch::new();
    batch.run(sql("DELETE FROM oidc_attempt WHERE expires_at <= $1").bind(now));
    batch.run(
        sql(
            "INSERT INTO oidc_attempt (state_hash, provider_id, browser_hash, nonce, verifier, return_to, link_to, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(sha256(begun.state.as_bytes()))
        .bind(provider)
        .bind(sha256(begun.browser.as_bytes()))
        .bind(&begun.nonce)
        .bind(&begun.verifier)
        .bind(return_to)
        .bind(link_to.map(|user| user.0))
        .bind(now.plus(LIFE)),
    );
    db.commit(batch).await?;
    Ok(begun)
}

/// Ends an attempt: of two that come back with one state, one finds it. Whether it began in
/// this browser is asked afterwards, so that a state that leaked is of no use either way.
pub(super) async fn end(
    db: &Db,
    state: &str,
    browser: Option<&str>,
    now: Timestamp,
) -> Result<Option<Attempt>, DbError> {
    let hash = sha256(state.as_bytes());
    let found: Option<Attempt> = sql(
        "SELECT provider_id, browser_hash, nonce, verifier, return_to, link_to, expires_at FROM oidc_attempt \
         WHERE state_hash = $1",
    )
    .bind(&hash)
    .optional(db)
    .await?;
    let Some(found) = found else { return Ok(None) };
    let mut batch = Batch::new();
    batch.expect(
        1,
        "sign-in attempt",
        sql("DELETE FROM oidc_attempt WHERE state_hash = $1").bind(&hash),
    );
    match db.commit(batch).await {
        Ok(_) => {}
        Err(error) if error.is_conflict() => return Ok(None),
        Err(error) => return Err(error),
    }
    let is_here = browser.is_some_and(|browser| same(&sha256(browser.as_bytes()), &found.browser_hash));
    Ok(Some(found).filter(|found| is_here && found.expires_at > now))
}
