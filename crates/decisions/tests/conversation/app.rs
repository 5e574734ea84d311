//! The decisions module behind a router, with whoever a test says signed in.

use std::time::Duration;

use althing_backbone::{Backbone, Clock, Db, Envelope, Selection, Timestamp, Uuid};
use althing_decisions::conversation::ai::AiSettings;
use althing_events::UserId;
use althing_web::{Actor, AppState, InstanceRole, stamp};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum::middleware::{from_fn, from_fn_with_state};
use serde_json::{Value, json};
use tower::ServiceExt;

/// The header by which a test says who calls.
const WHO: &str = "x-test-user";

pub struct App {
    pub backbone: Backbone,
    pub router: Router,
    pub clock: Clock,
}

/// A started step of a fresh decision.
pub struct Step {
    pub session: String,
    pub cycle: String,
    pub component: String,
    pub kind: &'static str,
}

pub const ADA: u128 = 1;
pub const BOB: u128 = 2;

impl App {
    pub async fn new() -> Self {
        Self::with(AiSettings::default()).await
    }

    pub async fn with(settings: AiSettings) -> Self {
        let clock = Clock::manual(Timestamp::from_micros(1_900_000_000_000_000));
        let db = Db::temporary().await.unwrap();
        let parts = althing_decisions::module().into_parts();
        for migrations in &parts.migrations {
            migrations.apply(&db, clock.now()).await.unwrap();
        }
        let backbone = Backbone::builder(db)
            .clock(clock.clone())
            .subscribe_all(parts.subscriptions)
            .start()
            .await
            .unwrap();
        let state = parts
            .providers
            .into_iter()
            .fold(AppState::new(backbone.clone()), |state, provide| provide(state));
        let state = state.with(settings);
        let router = parts
            .router
            .layer(from_fn(sign_in))
            .layer(from_fn_with_state(state.clone(), stamp))
            .with_state(state);
        Self {
            backbone,
            router,
            clock,
        }
    }

    pub async fn call(&self, who: u128, method: &str, path: &str, body: Value) -> (u16, Value) {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(WHO, who.to_string());
        let mut bytes = Body::empty();
        if !body.is_null() {
            request = request.header("content-type", "application/json");
            bytes = Body::from(body.to_string());
        }
        let response = self
            .router
            .clone()
            .oneshot(request.body(bytes).unwrap())
            .await
            .unwrap();
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    pub async fn get(&self, path: &str) -> Value {
        let (status, answer) = self.call(ADA, "GET", path, Value::Null).await;
        assert_eq!(status, 200, "GET {path}: {answer}");
        answer["data"].clone()
    }

    /// A call that succeeds; answers its data.
    pub async fn post(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(ADA, "POST", path, body).await;
        assert!((200..300).contains(&status), "POST {path}: {status} {answer}");
        answer["data"].clone()
    }

    /// A call that is refused; answers status and code.
    pub async fn refused(&self, path: &str, body: Value) -> (u16, String) {
        let (status, answer) = self.call(ADA, "POST", path, body).await;
        (status, answer["code"].as_str().unwrap_or_default().to_owned())
    }

    /// Waits until every subscription has seen everything.
    pub async fn settle(&self) {
        self.backbone.settled(Duration::from_secs(60)).await.unwrap();
    }

    /// A decision whose first step is started.
    pub async fn first_step(&self) -> Step {
        let session = self
            .post("/api/sessions", json!({ "title": "Where to live" }))
            .await;
        let session = text(&session["id"]);
        let cycle = self
            .post(&format!("/api/sessions/{session}/cycles"), json!({}))
            .await;
        self.start(&session, &text(&cycle["id"]), "issue_raising").await
    }

    pub async fn start(&self, session: &str, cycle: &str, kind: &'static str) -> Step {
        let component = self
            .post(&format!("/api/cycles/{cycle}/components/{kind}/start"), json!({}))
            .await;
        Step {
            session: session.to_owned(),
            cycle: cycle.to_owned(),
            component: text(&component["id"]),
            kind,
        }
    }

    pub async fn say(&self, step: &Step, content: &str) -> Value {
        self.post(&step.path("messages"), json!({ "content": content }))
            .await
    }

    pub async fn talk_of(&self, step: &Step) -> Value {
        self.get(&step.path("conversation")).await
    }

    /// The step as it stands.
    pub async fn component(&self, step: &Step) -> Value {
        self.get(&format!("/api/cycles/{}/components/{}", step.cycle, step.kind))
            .await
    }

    /// Everything that happened, in order.
    pub async fn log(&self) -> Vec<Envelope> {
        self.backbone.log().select(&Selection::default()).await.unwrap()
    }

    /// How often an event type happened.
    pub async fn count(&self, event_type: &str) -> usize {
        self.log()
            .await
            .iter()
            .filter(|event| &*event.event_type == event_type)
            .count()
    }
}

impl Step {
    pub fn path(&self, rest: &str) -> String {
        format!("/api/components/{}/{rest}", self.component)
    }

    pub fn act(&self, act: &str) -> String {
        format!("/api/cycles/{}/components/{}/{act}", self.cycle, self.kind)
    }
}

async fn sign_in(
    mut request: axum::extract::Request,
    next: axum::middleware::Next,
) -> axum::response::Response {
    let who = request
        .headers()
        .get(WHO)
        .and_then(|who| who.to_str().ok())
        .and_then(|who| who.parse().ok());
    if let Some(number) = who {
        request.extensions_mut().insert(actor(number));
    }
    next.run(request).await
}

pub fn actor(number: u128) -> Actor {
    Actor {
        user_id: UserId(Uuid::from_u128(number)),
        name: "Ada Lovelace".into(),
        email: "ada@example.org".into(),
        instance_role: InstanceRole::User,
        login: None,
        key: None,
        membership: None,
    }
}

pub fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no text"))
        .to_owned()
}

/// The texts of a field in a list.
pub fn texts<'v>(list: &'v Value, field: &str) -> Vec<&'v str> {
    list.as_array()
        .into_iter()
        .flatten()
        .map(|one| one[field].as_str().unwrap_or_default())
        .collect()
}
