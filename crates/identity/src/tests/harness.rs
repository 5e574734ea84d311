//! The module's router on a throw-away database, with a clock that is moved by hand.

use std::time::Duration;

use althing_backbone::{Backbone, Builder, Clock, Context, Db, Envelope, Selection, Timestamp, sql};
use althing_events::UserId;
use althing_web::{AppState, ClientAddress, MembershipViews};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum_extra::extract::cookie::CookieJar;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{
    COOKIE, CookiePolicy, CreateUser, Credentials, Email, MIGRATIONS, MakeResetLink, NewAccount, Passwords,
    Settings, module, resolve,
};

pub const PASSWORD: &str = "correct horse battery";

pub struct Door {
    pub state: AppState,
    router: Router,
}

pub struct Answered {
    pub status: u16,
    pub body: Value,
    pub set_cookie: Option<String>,
    pub retry_after: Option<u64>,
}

impl Answered {
    pub fn token(&self) -> Option<String> {
        let (_, rest) = self.set_cookie.as_ref()?.split_once("althing_session=")?;
        rest.split(';').next().map(str::to_owned)
    }
}

pub fn account(email: &str) -> Value {
    json!({"first_name": "Ada", "last_name": "Lovelace", "email": email, "password": PASSWORD})
}

impl Door {
    pub async fn open() -> Self {
        Self::with(Settings::default()).await
    }

    pub async fn with_setup_token(token: &str) -> Self {
        Self::with(Settings {
            setup_token: Some(token.into()),
            ..Settings::default()
        })
        .await
    }

    pub async fn with(settings: Settings) -> Self {
        let backbone = Self::builder().await.open().await.unwrap();
        Self::on(backbone, settings)
    }

    /// With what happens by itself.
    pub async fn running() -> Self {
        Self::running_with(Settings::default()).await
    }

    pub async fn running_with(settings: Settings) -> Self {
        let parts = module(settings.clone()).into_parts();
        let builder = Self::builder().await.subscribe_all(parts.subscriptions);
        Self::on(builder.start().await.unwrap(), settings)
    }

    async fn builder() -> Builder {
        let db = Db::temporary().await.unwrap();
        let start = Timestamp::from_micros(1_800_000_000_000_000);
        MIGRATIONS.apply(&db, start).await.unwrap();
        Backbone::builder(db).clock(Clock::manual(start))
    }

    fn on(backbone: Backbone, settings: Settings) -> Self {
        let parts = module(settings).into_parts();
        let state = AppState::new(backbone).with(MembershipViews::default());
        let state = parts
            .providers
            .into_iter()
            .fold(state, |state, provide| provide(state));
        let router = parts
            .router
            .layer(from_fn_with_state(state.clone(), edge))
            .with_state(state.clone());
        Self { state, router }
    }

    pub fn advance(&self, by: Duration) {
        self.state.backbone.clock().advance(by);
    }

    pub async fn get(&self, path: &str, token: Option<&str>) -> Answered {
        self.call("GET", path, token, Body::empty()).await
    }

    pub async fn post(&self, path: &str, token: Option<&str>, body: &Value) -> Answered {
        self.call("POST", path, token, Body::from(body.to_string())).await
    }

    pub async fn send(&self, method: &str, path: &str, token: Option<&str>, body: &Value) -> Answered {
        self.call(method, path, token, Body::from(body.to_string())).await
    }

    /// What a browser gets that comes with these cookies.
    pub async fn visit(&self, path: &str, cookies: &str) -> Response {
        let request = Request::builder()
            .uri(path)
            .header(header::COOKIE, cookies)
            .body(Body::empty())
            .unwrap();
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// What `althing admin reset-password` makes.
    pub async fn reset_link(&self, email: &str) -> Result<String, String> {
        let command = MakeResetLink::at_once(Email::parse("/email", email).unwrap());
        let context = Context::of_system("command line", self.state.backbone.ids().next());
        let made = self.state.backbone.execute(context, &command).await;
        made.map(|done| done.value).map_err(|failure| failure.to_string())
    }

    pub async fn set_up(&self, email: &str) -> Answered {
        self.post("/api/setup", None, &account(email)).await
    }

    pub async fn log_in(&self, email: &str, password: &str) -> Answered {
        self.post(
            "/api/auth/login",
            None,
            &json!({"email": email, "password": password}),
        )
        .await
    }

    pub async fn log_in_remembered(&self, email: &str) -> Answered {
        let body = json!({"email": email, "password": PASSWORD, "remember": true});
        self.post("/api/auth/login", None, &body).await
    }

    pub async fn create_user(&self, email: &str) -> Result<(), String> {
        let new = NewAccount::parse("Bob", "Babbage", email, PASSWORD).unwrap();
        let credentials = Credentials {
            names: (new.first_name, new.last_name),
            email: new.email,
            password: Passwords::default().hash(new.password).await.unwrap(),
        };
        let ids = self.state.backbone.ids();
        let command = CreateUser {
            user_id: UserId(ids.next()),
            credentials,
        };
        let context = Context::of_system("command line", ids.next());
        self.state
            .backbone
            .execute(context, &command)
            .await
            .map(|_| ())
            .map_err(|failure| failure.to_string())
    }

    pub async fn set_status(&self, status: &str) {
        let mut batch = althing_backbone::Batch::new();
        batch.run(sql("UPDATE user_account SET status = $1").bind(status));
        batch.run(
            sql("UPDATE aggregate SET body = json_set(body, '$.status', $1) WHERE kind = 'user'")
                .on_postgres(
                    "UPDATE aggregate SET body = jsonb_set(body::JSONB, '{status}', to_jsonb($1::TEXT))::TEXT WHERE kind = 'user'",
                )
                .bind(status),
        );
        self.state.backbone.db().commit(batch).await.unwrap();
    }

    pub async fn events(&self) -> Vec<Envelope> {
        self.state
            .backbone
            .log()
            .select(&Selection::default())
            .await
            .unwrap()
    }

    pub async fn recorded(&self) -> Vec<String> {
        self.events()
            .await
            .iter()
            .map(|event| event.event_type.to_string())
            .collect()
    }

    pub async fn count(&self, table: &str) -> i64 {
        sql(format!("SELECT count(*) FROM {table}"))
            .one(self.state.backbone.db())
            .await
            .unwrap()
    }

    async fn call(&self, method: &str, path: &str, token: Option<&str>, body: Body) -> Answered {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, "test browser");
        if let Some(token) = token {
            request = request.header(header::COOKIE, token);
        }
        let response = self
            .router
            .clone()
            .oneshot(request.body(body).unwrap())
            .await
            .unwrap();
        let text = |name: header::HeaderName| {
            response
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
        };
        let (set_cookie, retry_after) = (text(header::SET_COOKIE), text(header::RETRY_AFTER));
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answered {
            status,
            body,
            set_cookie,
            retry_after: retry_after.map(|seconds| seconds.parse().unwrap()),
        }
    }
}

/// What the server's edge does: the bare token may stand in the cookie header here.
async fn edge(
    axum::extract::State(state): axum::extract::State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    request
        .extensions_mut()
        .insert(ClientAddress(Some([203, 0, 113, 9].into())));
    let token = request
        .headers()
        .get(header::COOKIE)
        .map(|cookie| cookie.to_str().unwrap().to_owned());
    let jar = CookieJar::from_headers(request.headers());
    let token = jar.get(COOKIE).map(|cookie| cookie.value().to_owned()).or(token);
    let mut renewal = None;
    if let Some(token) = token
        && let Some(resolved) = resolve(&state.backbone, &token).await.unwrap()
    {
        request.extensions_mut().insert(resolved.actor);
        request.extensions_mut().insert(resolved.session);
        renewal = resolved.renewal;
    }
    let mut response = next.run(request).await;
    if let Some(renewal) = renewal {
        response
            .headers_mut()
            .append(header::SET_COOKIE, CookiePolicy::default().renewed(&renewal));
    }
    response
}
