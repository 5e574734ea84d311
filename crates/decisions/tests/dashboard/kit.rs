//! The decisions context as a server would mount it, on a throw-away database.

use std::net::SocketAddr;
use std::time::Duration;

use althing_backbone::{Backbone, Clock, Command, Context, Db, DomainEvent, UnitOfWork, Uuid};
use althing_decisions::dashboard::{Dashboard, LiveSettings};
use althing_events::UserId;
use althing_web::{Actor, AppState, InstanceRole, PerTier, RateLimits, RateNumbers, Shutdown, Tier, stamp};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use serde_json::{Value, json};
use tower::ServiceExt;

/// Who owns the decisions of these tests, and somebody else.
pub const ADA: UserId = UserId(Uuid::from_u128(0xada));
pub const EVE: UserId = UserId(Uuid::from_u128(0xe5e));
pub const SOON: Duration = Duration::from_secs(60);

/// The header by which a test says who calls.
pub const WHO: &str = "x-test-user";

pub struct App {
    pub backbone: Backbone,
    pub state: AppState,
    pub router: Router,
}

/// Plenty for tests that connect in crowds, and that leave a client alone while a slow
/// machine works.
pub fn many_attempts() -> LiveSettings {
    LiveSettings {
        attempts_per_minute: 100_000,
        silence: Duration::from_secs(600),
        ..LiveSettings::default()
    }
}

impl App {
    pub async fn start() -> Self {
        Self::on(Db::temporary().await.unwrap()).await
    }

    pub async fn on(db: Db) -> Self {
        Self::with(db, many_attempts()).await
    }

    pub async fn with(db: Db, live: LiveSettings) -> Self {
        Self::without(db, live, &[]).await
    }

    /// Nobody runs these subscriptions here, as if they were far behind.
    pub async fn without(db: Db, live: LiveSettings, missing: &[&str]) -> Self {
        let mut parts = althing_decisions::module().into_parts();
        parts.subscriptions.retain(|one| !missing.contains(&one.name()));
        for migrations in &parts.migrations {
            migrations.apply(&db, Clock::system().now()).await.unwrap();
        }
        let backbone = Backbone::builder(db)
            .subscribe_all(parts.subscriptions)
            .start()
            .await
            .unwrap();
        // Rooms are about more connections of one person than anybody needs.
        let numbers = RateNumbers {
            live_connections: PerTier::new(1_000, 1_000, 1_000),
            ..RateNumbers::default()
        };
        let state = AppState::new(backbone.clone())
            .with(Shutdown::default())
            .with(RateLimits::new(numbers, Tier::default()));
        let state = parts
            .providers
            .into_iter()
            .fold(state, |state, provide| provide(state));
        let state = state.with(Dashboard::start(&backbone, live));
        let router = parts
            .router
            .layer(from_fn(sign_in))
            .layer(from_fn_with_state(state.clone(), stamp))
            .with_state(state.clone());
        Self {
            backbone,
            state,
            router,
        }
    }

    pub fn db(&self) -> &Db {
        self.backbone.db()
    }

    pub fn dashboard(&self) -> Dashboard {
        self.state.get()
    }

    /// Everything that was written has had all its consequences.
    pub async fn settle(&self) {
        self.backbone.settled(SOON).await.unwrap();
    }

    pub async fn response(
        &self,
        who: Option<UserId>,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Response {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(who) = who {
            request = request.header(WHO, who.to_string());
        }
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        self.router
            .clone()
            .oneshot(request.body(body).unwrap())
            .await
            .unwrap()
    }

    pub async fn call(
        &self,
        who: Option<UserId>,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> (StatusCode, Value) {
        let response = self.response(who, method, path, body).await;
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    /// Somebody with these headers.
    pub async fn sent(
        &self,
        headers: &[(&str, String)],
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> (StatusCode, HeaderMap, Value) {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let response = self
            .router
            .clone()
            .oneshot(request.body(body).unwrap())
            .await
            .unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (
            status,
            headers,
            serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        )
    }

    /// Something happened in another context; answers its position.
    pub async fn happened<E: DomainEvent + Clone>(&self, event: E) -> i64 {
        let context = Context::anonymous(self.backbone.ids().next());
        let done = self.backbone.execute(context, &Happened(event)).await.unwrap();
        self.backbone.position_of_receipt(done.receipt).await.unwrap()
    }

    /// Ada reads; the answer's `data`.
    pub async fn get(&self, path: &str) -> Value {
        let (status, answer) = self.call(Some(ADA), "GET", path, None).await;
        assert_eq!(status, StatusCode::OK, "GET {path}: {answer}");
        answer["data"].clone()
    }

    /// Ada reads what is no envelope with `data`.
    pub async fn get_whole(&self, path: &str) -> Value {
        let (status, answer) = self.call(Some(ADA), "GET", path, None).await;
        assert_eq!(status, StatusCode::OK, "GET {path}: {answer}");
        answer
    }

    /// Ada does something that must succeed; the answer's `data`.
    pub async fn act(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(Some(ADA), method, path, Some(&body)).await;
        assert!(status.is_success(), "{method} {path}: {status} {answer}");
        answer["data"].clone()
    }

    /// The overview without what depends on the moment of reading.
    pub async fn snapshot(&self, session: &str, cycle: Option<&str>) -> Value {
        let which = cycle.map(|cycle| format!("?cycleId={cycle}")).unwrap_or_default();
        let mut overview = self
            .get(&format!("/api/sessions/{session}/dashboard{which}"))
            .await;
        overview.as_object_mut().unwrap().remove("freshness");
        overview
    }

    /// Serves on a free port until the test ends, with small buffers: what a slow client
    /// does not take soon waits in its room.
    pub async fn serve(&self) -> SocketAddr {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.set_send_buffer_size(32 * 1024).unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1024).unwrap();
        let address = listener.local_addr().unwrap();
        let router = self.router.clone();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        address
    }
}

/// What another context records.
struct Happened<E>(E);

impl<E: DomainEvent + Clone> Command for Happened<E> {
    type Output = ();
    type Error = althing_backbone::Error;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Self::Error> {
        uow.record(&self.0).map(drop)
    }
}

async fn sign_in(mut request: Request, next: Next) -> Response {
    let who = request
        .headers()
        .get(WHO)
        .and_then(|who| who.to_str().ok())
        .and_then(|who| who.parse().ok());
    if let Some(user_id) = who {
        let (name, email) = ("Ada Lovelace".to_owned(), "ada@example.org".to_owned());
        request.extensions_mut().insert(Actor {
            user_id,
            name,
            email,
            instance_role: InstanceRole::User,
            login: None,
            key: None,
            membership: None,
        });
    }
    next.run(request).await
}

/// The body of POSTs that take nothing.
pub fn nothing() -> Value {
    json!({})
}

/// Waits until something holds, looking often.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + SOON;
    while !holds().await {
        assert!(
            tokio::time::Instant::now() < deadline,
            "waited in vain until {what}"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
