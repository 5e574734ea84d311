//! Browser sessions: issued at sign-in, resolved at every request, renewed in time.

use std::time::Duration;

use althing_backbone::{Backbone, Batch, DbError, FromRow, Row, Statement, Timestamp, sql};
use althing_events::identity::UserLoggedOut;
use althing_events::{LoginSessionId, UserId};
use althing_web::{Actor, InstanceRole, SignOuts};

use crate::secret::{random_token, same, sha256};

/// How long a session lives without being renewed.
pub(crate) const LIFE: Duration = Duration::from_secs(14 * 24 * 60 * 60);
/// From this age on it is issued anew.
const RENEWED_FROM: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How long the token before is still taken.
const GRACE: Duration = Duration::from_secs(60);

/// A new session, with the only copy of its token.
#[derive(Clone)]
pub(crate) struct NewSession {
    pub id: LoginSessionId,
    pub token: String,
    pub csrf_token: String,
    pub remember: bool,
}

impl NewSession {
    pub fn begin(id: LoginSessionId, remember: bool) -> Self {
        Self {
            id,
            token: random_token(),
            csrf_token: random_token(),
            remember,
        }
    }

    /// Stores the session.
    pub fn insert(&self, user: UserId, now: Timestamp) -> Statement {
        sql("INSERT INTO user_token (id, user_id, context, token_hash, csrf_token, remember, authenticated_at, inserted_at) \
             VALUES ($1, $2, 'session', $3, $4, $5, $6, $6)")
        .bind(self.id)
        .bind(user)
        .bind(sha256(self.token.as_bytes()))
        .bind(&self.csrf_token)
        .bind(self.remember)
        .bind(now)
    }
}

/// The session a request came through, in its extensions.
#[derive(Clone)]
pub struct CurrentSession {
    /// Its id.
    pub id: LoginSessionId,
    /// What its changing requests carry in `X-CSRF-Token`.
    pub csrf_token: String,
}

/// Who a cookie belongs to.
#[derive(Clone)]
pub struct Resolved {
    /// The caller.
    pub actor: Actor,
    /// Their session.
    pub session: CurrentSession,
    /// A new token for the cookie, if it was time.
    pub renewal: Option<Renewal>,
}

/// A new token for the cookie.
#[derive(Clone)]
pub struct Renewal {
    /// The token.
    pub token: String,
    /// Whether the cookie outlives the browser.
    pub remember: bool,
}

struct Stored {
    id: LoginSessionId,
    csrf_token: String,
    remember: bool,
    inserted_at: Timestamp,
    current: bool,
    actor: Actor,
}

impl FromRow for Stored {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let id = LoginSessionId(row.get(0)?);
        let (first_name, last_name): (String, String) = (row.get(6)?, row.get(7)?);
        let role: String = row.get(9)?;
        Ok(Self {
            id,
            csrf_token: row.get(1)?,
            remember: row.get(2)?,
            inserted_at: row.get(3)?,
            current: row.get(4)?,
            actor: Actor {
                user_id: UserId(row.get(5)?),
                name: format!("{first_name} {last_name}"),
                email: row.get(8)?,
                instance_role: role_of(&role),
                login: Some(id),
            },
        })
    }
}

/// An unknown word gives no rights.
pub(crate) fn role_of(word: &str) -> InstanceRole {
    match word {
        "owner" => InstanceRole::Owner,
        "admin" => InstanceRole::Admin,
        _ => InstanceRole::User,
    }
}

/// Whose cookie this is, if its session lives and the account is active. Renews
/// the session when it is a week old.
pub async fn resolve(backbone: &Backbone, token: &str) -> althing_backbone::Result<Option<Resolved>> {
    let now = backbone.clock().now();
    let hash = sha256(token.as_bytes());
    let stored: Option<Stored> = sql("SELECT t.id, t.csrf_token, t.remember, t.inserted_at, t.token_hash = $1, u.id, u.first_name, u.last_name, \
         u.email, u.instance_role FROM user_token t JOIN user_account u ON u.id = t.user_id \
         WHERE t.context = 'session' AND (t.token_hash = $1 OR (t.previous_hash = $1 AND t.previous_until > $2)) \
         AND t.inserted_at > $3 AND u.status = 'active'")
    .bind(&hash)
    .bind(now)
    .bind(now.minus(LIFE))
    .optional(backbone.db())
    .await?;
    let Some(stored) = stored else { return Ok(None) };
    let due = stored.current && stored.inserted_at <= now.minus(RENEWED_FROM);
    let renewal = if due {
        renew(backbone, &stored, &hash, now).await?
    } else {
        None
    };
    let session = CurrentSession {
        id: stored.id,
        csrf_token: stored.csrf_token,
    };
    Ok(Some(Resolved {
        actor: stored.actor,
        session,
        renewal,
    }))
}

/// Of two requests that come at once, one renews; the other goes on with the old token.
async fn renew(
    backbone: &Backbone,
    stored: &Stored,
    hash: &str,
    now: Timestamp,
) -> althing_backbone::Result<Option<Renewal>> {
    let token = random_token();
    let mut batch = Batch::new();
    batch.expect(
        1,
        "session",
        sql("UPDATE user_token SET token_hash = $1, previous_hash = $2, previous_until = $3, inserted_at = $4 \
             WHERE id = $5 AND token_hash = $2")
        .bind(sha256(token.as_bytes()))
        .bind(hash)
        .bind(now.plus(GRACE))
        .bind(now)
        .bind(stored.id),
    );
    match backbone.db().commit(batch).await {
        Ok(_) => Ok(Some(Renewal {
            token,
            remember: stored.remember,
        })),
        Err(error) if error.is_conflict() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whether a request carries its session's CSRF token; compared in constant time.
pub fn token_is(session: &CurrentSession, given: Option<&str>) -> bool {
    given.is_some_and(|given| same(&session.csrf_token, given))
}

/// Removes what nobody can use any more.
pub(crate) fn delete_expired(now: Timestamp) -> Statement {
    sql("DELETE FROM user_token WHERE context = 'session' AND inserted_at <= $1").bind(now.minus(LIFE))
}

/// Follows the log and tells open connections which browser sessions have ended,
/// wherever that happened.
pub(crate) fn follow_sign_outs(backbone: &Backbone) -> SignOuts {
    let sign_outs = SignOuts::default();
    let told = sign_outs.clone();
    match backbone.feed(None, vec!["events:identity:user".to_owned()]) {
        Ok(mut feed) => drop(tokio::spawn(async move {
            loop {
                match feed.next().await {
                    Ok(event) if event.is::<UserLoggedOut>() => match event.decode::<UserLoggedOut>() {
                        Ok(ended) => told.tell(ended.session_id),
                        Err(error) => tracing::error!(%error, "a sign-out cannot be read"),
                    },
                    Ok(_) => {}
                    Err(error) => {
                        tracing::error!(%error, "cannot follow sign-outs; trying again");
                        tokio::time::sleep(Duration::from_secs(1)).await;
                    }
                }
            }
        })),
        Err(error) => tracing::error!(%error, "cannot follow sign-outs"),
    }
    sign_outs
}
