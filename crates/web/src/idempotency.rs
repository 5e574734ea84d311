//! `Idempotency-Key`: the same POST twice is done once and answered twice.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use althing_backbone::{Batch, Db, FromRow, Row, sql};
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::{Actor, AppState, Code, Problem, RequestId};

/// How long an answer is kept.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);
const HEADER: &str = "idempotency-key";

/// Keeps the answers of a signed-in caller's POSTs that carry an
/// `Idempotency-Key`, per user and address, for 24 hours. The same key and body
/// get the stored answer (with `Idempotency-Replayed: true`), another body is
/// refused. Faults (5xx) and 429 are not kept, so that trying again may succeed; nor
/// is an answer that sets a cookie.
///
/// Two at once: the second waits for the first. After a crash between the
/// command's commit and this note of its answer, the same POST is done again.
pub async fn remember(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let actor = request.extensions().get::<Actor>().map(|actor| actor.user_id);
    let (Some(user), true) = (
        actor,
        request.method() == Method::POST && request.headers().contains_key(HEADER),
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
    once(&state, place, request, next)
        .await
        .unwrap_or_else(IntoResponse::into_response)
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
}

impl FromRow for Stored {
    fn from_row(row: &Row<'_>) -> Result<Self, althing_backbone::DbError> {
        Ok(Self {
            fingerprint: row.get(0)?,
            status: row.get(1)?,
            content_type: row.get(2)?,
            body: row.get(3)?,
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
    if let Some(stored) = find(db, &place, now.minus(KEPT)).await? {
        return replay(stored, &fingerprint, parts.extensions.get::<RequestId>().copied());
    }
    let response = next.run(Request::from_parts(parts, Body::from(bytes))).await;
    if !may_be_kept(&response) {
        return Ok(response);
    }
    let (head, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.map_err(Problem::fault)?;
    let content_type = head
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let mut batch = Batch::new();
    batch.run(sql("DELETE FROM idempotency_key WHERE stored_at < $1").bind(now.minus(KEPT)));
    batch.run(
        sql("INSERT INTO idempotency_key (user_id, route, key, fingerprint, status, content_type, body, stored_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (user_id, route, key) DO NOTHING")
        .bind(place.user)
        .bind(place.route)
        .bind(place.key)
        .bind(fingerprint)
        .bind(u32::from(head.status.as_u16()))
        .bind(content_type)
        .bind(body.to_vec())
        .bind(now),
    );
    db.commit(batch).await?;
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

async fn find(db: &Db, place: &Place, since: althing_backbone::Timestamp) -> Result<Option<Stored>, Problem> {
    Ok(sql(
        "SELECT fingerprint, status, content_type, body FROM idempotency_key \
            WHERE user_id = $1 AND route = $2 AND key = $3 AND stored_at >= $4",
    )
    .bind(&place.user)
    .bind(&place.route)
    .bind(&place.key)
    .bind(since)
    .optional(db)
    .await?)
}

fn replay(mut stored: Stored, fingerprint: &str, request: Option<RequestId>) -> Result<Response, Problem> {
    if stored.fingerprint != fingerprint {
        return Err(Problem::new(
            Code::IdempotencyKeyReused,
            "this Idempotency-Key came before with another body",
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
