//! A provider that says whatever a test wants it to.

use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::{Form, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Map, Value, json};
use sha2::Sha256;

/// The second at which the tests' clock stands still.
pub const NOW: i64 = 1_800_000_000;
pub const CLIENT: &str = "althing";
pub const SECRET: &str = "a secret of the client";

/// What was asked of it, and what it answers.
#[derive(Default)]
pub struct Said {
    pub descriptions: usize,
    pub key_lists: usize,
    pub keys: Vec<Value>,
    pub token: String,
    pub token_requests: Vec<Map<String, Value>>,
    pub user_info: Option<Value>,
    /// Answered for the description instead of it.
    pub instead: Option<(StatusCode, String, String)>,
}

#[derive(Clone)]
pub struct Fake {
    pub issuer: String,
    said: Arc<Mutex<Said>>,
}

pub struct Key {
    pub kid: &'static str,
    signing: SigningKey,
}

impl Key {
    /// Of two with other seeds neither signs for the other.
    pub fn new(kid: &'static str, seed: u8) -> Self {
        let signing = SigningKey::from_slice(&[seed; 32]).unwrap();
        Self { kid, signing }
    }

    pub fn public(&self) -> Value {
        let point = self.signing.verifying_key().to_encoded_point(false);
        let part = |bytes: Option<&p256::FieldBytes>| BASE64.encode(bytes.unwrap());
        json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.kid,
            "x": part(point.x()), "y": part(point.y()),
        })
    }

    pub fn sign(&self, claims: &Value) -> String {
        let text = parts(&json!({"alg": "ES256", "kid": self.kid, "typ": "JWT"}), claims);
        let signature: Signature = self.signing.sign(text.as_bytes());
        format!("{text}.{}", BASE64.encode(signature.to_bytes()))
    }
}

/// Signed by nobody.
pub fn unsigned(claims: &Value) -> String {
    format!("{}.", parts(&json!({"alg": "none"}), claims))
}

/// Signed with what the client and the provider share.
pub fn with_shared_secret(claims: &Value) -> String {
    let text = parts(&json!({"alg": "HS256"}), claims);
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    format!("{text}.{}", BASE64.encode(mac.finalize().into_bytes()))
}

fn parts(head: &Value, claims: &Value) -> String {
    let encoded = |value: &Value| BASE64.encode(value.to_string());
    format!("{}.{}", encoded(head), encoded(claims))
}

impl Fake {
    pub async fn start(keys: &[&Key]) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let fake = Self {
            issuer: format!("http://{}", listener.local_addr().unwrap()),
            said: Arc::default(),
        };
        fake.said().keys = keys.iter().map(|key| key.public()).collect();
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(description))
            .route("/keys", get(keys_of))
            .route("/token", post(token))
            .route("/person", get(person))
            .with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        fake
    }

    pub fn said(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap()
    }

    /// What a token for this attempt says of Ada; `more` replaces and adds.
    pub fn claims(&self, nonce: &str, more: Value) -> Value {
        let mut claims = json!({
            "iss": self.issuer, "aud": CLIENT, "sub": "ada-1", "nonce": nonce, "iat": NOW, "exp": NOW + 300,
            "email": "ada@example.org", "email_verified": true, "given_name": "Ada", "family_name": "Byron",
        });
        for (name, value) in more.as_object().unwrap() {
            match value {
                Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
                value => claims[name] = value.clone(),
            }
        }
        claims
    }
}

async fn description(State(fake): State<Fake>) -> Response {
    let mut said = fake.said();
    said.descriptions += 1;
    if let Some((status, location, body)) = &said.instead {
        let body = body.clone();
        let kind = "application/json".to_owned();
        let headers = [(header::LOCATION, location.clone()), (header::CONTENT_TYPE, kind)];
        return (*status, headers, body).into_response();
    }
    let at = |path: &str| format!("{}{path}", fake.issuer);
    Json(json!({
        "issuer": fake.issuer, "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"),
        "userinfo_endpoint": at("/person"), "jwks_uri": at("/keys"), "response_types_supported": ["code"],
        "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["ES256"],
    }))
    .into_response()
}

async fn keys_of(State(fake): State<Fake>) -> Json<Value> {
    let mut said = fake.said();
    said.key_lists += 1;
    Json(json!({ "keys": said.keys }))
}

async fn token(State(fake): State<Fake>, Form(request): Form<Map<String, Value>>) -> Response {
    let mut said = fake.said();
    let is_known = request["code"] == "good";
    said.token_requests.push(request);
    if !is_known {
        return (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_grant"}))).into_response();
    }
    Json(json!({
        "access_token": "an access token", "token_type": "Bearer", "id_token": said.token,
    }))
    .into_response()
}

async fn person(State(fake): State<Fake>) -> Response {
    match &fake.said().user_info {
        Some(person) => Json(person.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
