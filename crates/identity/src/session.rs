//! Browser sessions: issued at sign-in, resolved at every request, renewed in time.

use std::time::Duration;

use althing_backbone::{
    Backbone, Batch, Db, DbError, Envelope, FromRow, Row, Statement, Timestamp, Uuid, sql,
};
use althing_events::identity::{
    ApiKeyRevoked, ApiKeyUpdated, UserDeleted, UserLoggedOut, UserPasswordChanged, UserSuspended,
};
use althing_events::{LoginSessionId, UserId};
use althing_web::{Actor, Code, InstanceRole, Problem, SignOuts};
use schemars::JsonSchema;
use serde::Serialize;

use crate::secret::{random_token, same, sha256};
use crate::views::membership;

/// How long a session lives without being renewed.
pub(crate) const LIFE: Duration = Duration::from_secs(14 * 24 * 60 * 60);
/// From this age on it is issued anew.
const RENEWED_FROM: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How long a sign-in counts as fresh.
const FRESH: Duration = Duration::from_secs(20 * 60);
/// How long the token before is still taken.
const GRACE: Duration = Duration::from_secs(60);

/// A new session, with the only copy of its token.
#[derive(Clone)]
pub(crate) struct NewSession {
    pub id: LoginSessionId,
    pub token: String,
    pub csrf_token: String,
    pub remember: bool,
    /// The browser's name for itself, cut to 255 characters.
    pub user_agent: Option<String>,
}

impl NewSession {
    pub fn begin(id: LoginSessionId, remember: bool, user_agent: Option<String>) -> Self {
        Self {
            id,
            token: random_token(),
            csrf_token: random_token(),
            remember,
            user_agent,
        }
    }

    /// Stores the session.
    pub fn insert(&self, user: UserId, now: Timestamp) -> Statement {
        sql("INSERT INTO user_token (id, user_id, context, token_hash, csrf_token, remember, authenticated_at, inserted_at, \
             begun_at, user_agent) VALUES ($1, $2, 'session', $3, $4, $5, $6, $6, $6, $7)")
        .bind(self.id)
        .bind(user)
        .bind(sha256(self.token.as_bytes()))
        .bind(&self.csrf_token)
        .bind(self.remember)
        .bind(now)
        .bind(self.user_agent.as_deref())
    }
}

/// The session a request came through, in its extensions.
#[derive(Clone)]
pub struct CurrentSession {
    /// Its id.
    pub id: LoginSessionId,
    /// What its changing requests carry in `X-CSRF-Token`.
    pub csrf_token: String,
    /// Whether its cookie outlives the browser.
    pub(crate) remember: bool,
    /// When its owner last proved who they are.
    pub(crate) authenticated_at: Timestamp,
}

impl CurrentSession {
    /// Whether its owner proved who they are a short while ago. Acts that could lock
    /// them out of their own account want that.
    pub(crate) fn is_fresh(&self, now: Timestamp) -> bool {
        self.authenticated_at > now.minus(FRESH)
    }

    /// Refuses with the question for the password, unless it is fresh.
    pub(crate) fn require_fresh(&self, now: Timestamp) -> Result<(), Problem> {
        if self.is_fresh(now) {
            return Ok(());
        }
        Err(Problem::new(
            Code::Reauthenticate,
            "confirm your password first: the last sign-in is more than 20 minutes ago",
        ))
    }
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
    authenticated_at: Timestamp,
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
            authenticated_at: row.get(10)?,
            actor: Actor {
                user_id: UserId(row.get(5)?),
                name: format!("{first_name} {last_name}"),
                email: row.get(8)?,
                instance_role: role_of(&role),
                login: Some(id),
                key: None,
                membership: membership(row, 11)?,
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
         u.email, u.instance_role, t.authenticated_at, u.tier, u.valid_until FROM user_token t JOIN user_account u ON u.id = t.user_id \
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
        remember: stored.remember,
        authenticated_at: stored.authenticated_at,
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
    sql("DELETE FROM user_token WHERE (context = 'session' AND inserted_at <= $1) OR expires_at <= $2")
        .bind(now.minus(LIFE))
        .bind(now)
}

/// Ends whatever there is of an account: browser sessions, and links that were not used.
pub(crate) fn delete_all(user: UserId) -> Statement {
    sql("DELETE FROM user_token WHERE user_id = $1").bind(user)
}

/// A browser session, as its owner sees it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OpenSession {
    pub id: LoginSessionId,
    /// Whether it is the one that asks.
    pub current: bool,
    pub signed_in_at: Timestamp,
    /// When it ends if nobody comes back.
    pub expires_at: Timestamp,
    /// The browser's name for itself.
    pub user_agent: Option<String>,
}

/// The open sessions of an account: the one that asks, then the newest first.
pub(crate) async fn open_sessions(
    db: &Db,
    user: UserId,
    current: LoginSessionId,
    now: Timestamp,
) -> Result<Vec<OpenSession>, DbError> {
    let rows: Vec<(Uuid, Timestamp, Timestamp, Option<String>)> = sql(
        "SELECT id, coalesce(begun_at, authenticated_at), inserted_at, user_agent FROM user_token \
         WHERE user_id = $1 AND context = 'session' AND inserted_at > $2 ORDER BY coalesce(begun_at, authenticated_at) DESC, id",
    )
    .bind(user)
    .bind(now.minus(LIFE))
    .all(db)
    .await?;
    let mut sessions: Vec<OpenSession> = rows
        .into_iter()
        .map(|(id, signed_in_at, inserted_at, user_agent)| OpenSession {
            id: LoginSessionId(id),
            current: id == current.0,
            signed_in_at,
            expires_at: inserted_at.plus(LIFE),
            user_agent,
        })
        .collect();
    sessions.sort_by_key(|session| !session.current);
    Ok(sessions)
}

/// Follows the log and tells open connections which browser sessions have ended,
/// wherever that happened.
pub(crate) fn follow_sign_outs(backbone: &Backbone) -> SignOuts {
    let sign_outs = SignOuts::default();
    let (told, db) = (sign_outs.clone(), backbone.db().clone());
    match backbone.feed(
        None,
        vec![
            "events:identity:user".to_owned(),
            "events:identity:api_key".to_owned(),
        ],
    ) {
        Ok(mut feed) => drop(tokio::spawn(async move {
            loop {
                match feed.next().await {
                    Ok(event) => {
                        if let Err(error) = tell(&told, &db, &event).await {
                            tracing::error!(%error, "a sign-out cannot be read");
                        }
                    }
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

async fn tell(sign_outs: &SignOuts, db: &Db, event: &Envelope) -> althing_backbone::Result<()> {
    if event.is::<UserLoggedOut>() {
        sign_outs.tell(event.decode::<UserLoggedOut>()?.session_id);
    }
    if event.is::<UserSuspended>() {
        sign_outs.tell_everything(event.decode::<UserSuspended>()?.user_id);
    }
    if event.is::<UserDeleted>() {
        sign_outs.tell_everything(event.decode::<UserDeleted>()?.user_id);
    }
    if event.is::<ApiKeyRevoked>() {
        sign_outs.tell_key(event.decode::<ApiKeyRevoked>()?.api_key_id);
    }
    // What it may is decided when it comes back.
    if event.is::<ApiKeyUpdated>() {
        sign_outs.tell_key(event.decode::<ApiKeyUpdated>()?.api_key_id);
    }
    if event.is::<UserPasswordChanged>() {
        let user = event.decode::<UserPasswordChanged>()?.user_id;
        let open = sql("SELECT id FROM user_token WHERE user_id = $1 AND context = 'session'").bind(user);
        let open = open.all::<Uuid>(db).await.unwrap_or_else(|error| {
            // To be on the safe side everybody is told; who is still signed in comes back.
            tracing::error!(%error, "cannot read which sessions are open");
            Vec::new()
        });
        sign_outs.tell_all_but(user, open.into_iter().map(LoginSessionId).collect());
    }
    Ok(())
}
