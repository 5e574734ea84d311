//! `Idempotency-Key`: the same POST twice is done once and answered twice.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use althing_backbone::{Batch, Context, Db, FromRow, Row, Statement, Timestamp, Uuid, sql};
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, Request, State};
use axum::http::response::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use tracing::Instrument;

use crate::{Actor, AppState, Code, Problem, RequestId};

/// How long an answer is kept.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);
/// The status of a key whose command is committed and whose answer is not noted yet.
const UNANSWERED: u32 = 0;
const HEADER: &str = "idempotency-key";
/// Where bodies hold passwords.
const SECRETS: &str = "/api/auth/";

/// Keeps the answers of a signed-in caller's POSTs that carry an
/// `Idempotency-Key`, per user and address, for 24 hours. The same key and body
/// get the stored answer (with `Idempotency-Replayed: true`), another body is
/// refused. Faults (5xx) and 429 are not kept, so that trying again may succeed; nor
/// is an answer that sets a cookie. Below `/api/auth/` nothing is kept: bodies hold
/// passwords there, of which not even a fast hash may lie in the database.
///
/// A command is done once under a key, whatever happens: its commit takes the key
/// ([`KeyedTurn`]), so of two processes only one commits. Within one process the
/// second waits for the first. If the process dies after the commit and before the
/// answer is noted, the same POST is told that it was done, and nothing is repeated.
/// A caller who hangs up changes nothing: the work goes on and its answer is noted.
pub async fn remember(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let actor = request.extensions().get::<Actor>().map(|actor| actor.user_id);
    let (Some(user), true) = (
        actor,
        request.method() == Method::POST
            && request.headers().contains_key(HEADER)
            && !request.uri().path().starts_with(SECRETS),
    ) else {
        return next.run(request).await;
    };
    let key = match key_of(request.headers()) {
        Ok(key) => key,
        Err(problem) => return problem.into_response(),
    };
    let place = Place {
        user: user.to_string(),
        route: request.uri().to_string(),
        key,
    };
    let work = async move { once(&state, place, request, next).await };
    tokio::spawn(work.in_current_span())
        .await
        .map_err(Problem::fault)
        .flatten()
        .unwrap_or_else(IntoResponse::into_response)
}

/// An answer that carries this holds a secret that is shown once: it is not kept. The
/// key stays taken, so the same POST is told that it was done.
#[derive(Clone, Copy, Debug)]
pub struct ShownOnce;

/// A request that works under a key, in its extensions.
#[derive(Clone)]
pub(crate) struct KeyedTurn {
    place: Place,
    fingerprint: String,
    id: Uuid,
}

impl KeyedTurn {
    /// Each commit under the context takes the key, or finds that this request has it.
    pub(crate) fn guard(&self, context: Context, now: Timestamp) -> Context {
        let take = sql(
            "INSERT INTO idempotency_key (user_id, route, key, fingerprint, status, body, stored_at, turn) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (user_id, route, key) DO UPDATE SET turn = excluded.turn \
             WHERE idempotency_key.turn = excluded.turn",
        )
        .bind(&self.place.user)
        .bind(&self.place.route)
        .bind(&self.place.key)
        .bind(&self.fingerprint)
        .bind(UNANSWERED)
        .bind(Vec::<u8>::new())
        .bind(now)
        .bind(self.id);
        context.guarded_by("idempotency key", take)
    }

    /// Notes the answer, unless another request took the key meanwhile.
    fn answer(&self, head: &Parts, body: &[u8], now: Timestamp) -> Batch {
        let content_type = head
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok());
        let mut batch = Batch::new();
        batch.run(forget_before(now.minus(KEPT)));
        batch.run(
            sql("INSERT INTO idempotency_key (user_id, route, key, fingerprint, status, content_type, body, stored_at, turn) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (user_id, route, key) DO UPDATE SET \
                 status = excluded.status, content_type = excluded.content_type, body = excluded.body \
                 WHERE idempotency_key.turn = excluded.turn")
            .bind(&self.place.user)
            .bind(&self.place.route)
            .bind(&self.place.key)
            .bind(&self.fingerprint)
            .bind(u32::from(head.status.as_u16()))
            .bind(content_type)
            .bind(body.to_vec())
            .bind(now)
            .bind(self.id),
        );
        batch
    }

    /// Gives the key back, so that trying again may succeed.
    fn give_back(&self) -> Batch {
        let mut batch = Batch::new();
        batch.run(
            sql("DELETE FROM idempotency_key WHERE user_id = $1 AND route = $2 AND key = $3 AND turn = $4")
                .bind(&self.place.user)
                .bind(&self.place.route)
                .bind(&self.place.key)
                .bind(self.id),
        );
        batch
    }
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Place {
    user: String,
    route: String,
    key: String,
}

struct Stored {
    fingerprint: String,
    status: u32,
    content_type: Option<String>,
    body: Vec<u8>,
    stored_at: Timestamp,
}

impl FromRow for Stored {
    fn from_row(row: &Row<'_>) -> Result<Self, althing_backbone::DbError> {
        Ok(Self {
            fingerprint: row.get(0)?,
            status: row.get(1)?,
            content_type: row.get(2)?,
            body: row.get(3)?,
            stored_at: row.get(4)?,
        })
    }
}

async fn once(state: &AppState, place: Place, request: Request, next: Next) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let bytes = read(Request::from_parts(parts.clone(), body)).await?;
    let fingerprint = hex(&Sha256::digest(&bytes));
    let lock = lock_of(&place);
    let _turn = lock.lock().await;
    let (db, now) = (state.backbone.db(), state.backbone.clock().now());
    let request_id = parts.extensions.get::<RequestId>().copied();
    match find(db, &place).await? {
        Some(stored) if stored.stored_at >= now.minus(KEPT) => {
            return replay(stored, &fingerprint, request_id);
        }
        Some(_) => {
            let mut batch = Batch::new();
            batch.run(forget_before(now.minus(KEPT)));
            db.commit(batch).await?;
        }
        None => {}
    }
    let turn = KeyedTurn {
        place,
        fingerprint,
        id: state.backbone.ids().next(),
    };
    let mut request = Request::from_parts(parts, Body::from(bytes));
    request.extensions_mut().insert(turn.clone());
    let response = next.run(request).await;
    if response.status() == StatusCode::CONFLICT
        && let Some(stored) = find(db, &turn.place).await?
        && stored.status != UNANSWERED
    {
        // Another process was faster, and has answered.
        return replay(stored, &turn.fingerprint, request_id);
    }
    if response.extensions().get::<ShownOnce>().is_some() {
        return Ok(response);
    }
    if !may_be_kept(&response) {
        db.commit(turn.give_back()).await?;
        return Ok(response);
    }
    let (head, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.map_err(Problem::fault)?;
    db.commit(turn.answer(&head, &body, now)).await?;
    Ok(Response::from_parts(head, Body::from(body)))
}

/// Not what may go better next time, nor what opens or ends a session.
fn may_be_kept(response: &Response) -> bool {
    let status = response.status();
    let again = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
    !again && !response.headers().contains_key(header::SET_COOKIE)
}

async fn read(request: Request) -> Result<Bytes, Problem> {
    Bytes::from_request(request, &())
        .await
        .map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(),
            _ => Problem::new(Code::MalformedRequest, "the body could not be read"),
        })
}

async fn find(db: &Db, place: &Place) -> Result<Option<Stored>, Problem> {
    Ok(sql(
        "SELECT fingerprint, status, content_type, body, stored_at FROM idempotency_key \
         WHERE user_id = $1 AND route = $2 AND key = $3",
    )
    .bind(&place.user)
    .bind(&place.route)
    .bind(&place.key)
    .optional(db)
    .await?)
}

fn forget_before(time: Timestamp) -> Statement {
    sql("DELETE FROM idempotency_key WHERE stored_at < $1").bind(time)
}

fn replay(mut stored: Stored, fingerprint: &str, request: Option<RequestId>) -> Result<Response, Problem> {
    if stored.fingerprint != fingerprint {
        return Err(Problem::new(
            Code::IdempotencyKeyReused,
            "this Idempotency-Key came before with another body",
        ));
    }
    if stored.status == UNANSWERED {
        return Err(Problem::new(
            Code::ConcurrencyConflict,
            "this was done before under the same Idempotency-Key, but its answer is not there; load again to see what it did",
        ));
    }
    if let (true, Some(RequestId(id))) = (stored.status >= 400, request)
        && let Ok(mut problem) = serde_json::from_slice::<serde_json::Value>(&stored.body)
    {
        problem["request_id"] = id.to_string().into();
        stored.body = problem.to_string().into_bytes();
    }
    let mut response = Response::new(Body::from(stored.body));
    *response.status_mut() = u16::try_from(stored.status)
        .ok()
        .and_then(|status| StatusCode::from_u16(status).ok())
        .ok_or_else(|| Problem::fault(anyhow::anyhow!("a stored answer has an impossible status")))?;
    let headers = response.headers_mut();
    if let Some(kind) = stored
        .content_type
        .and_then(|kind| HeaderValue::from_str(&kind).ok())
    {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
    Ok(response)
}

fn key_of(headers: &HeaderMap) -> Result<String, Problem> {
    headers
        .get(HEADER)
        .and_then(|key| key.to_str().ok())
        .map(str::trim)
        .filter(|key| (1..=255).contains(&key.len()))
        .map(str::to_owned)
        .ok_or_else(|| {
            Problem::new(
                Code::MalformedRequest,
                "an Idempotency-Key has 1 to 255 ASCII characters",
            )
        })
}

type Turn = tokio::sync::Mutex<()>;

/// One lock for each key in use; forgotten when nobody holds it.
fn lock_of(place: &Place) -> Arc<Turn> {
    static TURNS: OnceLock<Mutex<HashMap<Place, Weak<Turn>>>> = OnceLock::new();
    let mut turns = TURNS
        .get_or_init(Mutex::default)
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    if let Some(turn) = turns.get(place).and_then(Weak::upgrade) {
        return turn;
    }
    turns.retain(|_, turn| turn.strong_count() > 0);
    let turn = Arc::new(Turn::new(()));
    turns.insert(place.clone(), Arc::downgrade(&turn));
    turn
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
