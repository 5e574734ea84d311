//! Modules as the server mounts them, driven through a router.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use althing_backbone::{Backbone, Batch, Command, Db, Ids, UnitOfWork, sql};
use althing_events::{SessionId, UserId};
use axum::Router;
use axum::body::{Body as HttpBody, to_bytes};
use axum::http::{Request, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use serde::Deserialize;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::*;

#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Thing {
    name: String,
}

#[derive(Clone)]
struct Calls(Arc<AtomicUsize>);

fn module() -> Module {
    Module::new("things")
        .get(
            "/api/things/{id}",
            Access::SignedIn,
            "Shows a thing.",
            async |PathId(id): PathId<SessionId>| Ok::<_, Problem>(Data(id)),
        )
        .post(
            "/api/things",
            Access::SignedIn,
            "Makes a thing.",
            async |axum::extract::State(state): axum::extract::State<AppState>, Body(thing): Body<Thing>| {
                let count = state.get::<Calls>().0.fetch_add(1, Ordering::SeqCst) + 1;
                if thing.name == "broken" {
                    return Err(Problem::fault(anyhow::anyhow!("the secret cause")));
                }
                if thing.name.is_empty() {
                    return Err(Problem::validation(vec![FieldProblem::new(
                        "/name",
                        "required",
                        "is required",
                    )]));
                }
                Ok(Created(json!({ "name": thing.name, "count": count })))
            },
        )
        .post(
            "/api/shelves",
            Access::SignedIn,
            "Puts up a shelf; its answer tells what is known of the key at that moment.",
            put_up,
        )
        .get("/api/operate", Access::InstanceAdmin, "For admins.", async || {
            NoContent
        })
        .get("/api/open", Access::Public, "For all.", async || {
            List::whole(vec![1, 2])
        })
        .provide(|_| Calls(Arc::default()))
}

#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Shelf {
    /// Does as if another process took the key first.
    #[serde(default)]
    beaten: bool,
    #[serde(default)]
    breaks: bool,
}

struct PutUp;

impl Command for PutUp {
    type Output = ();
    type Error = althing_backbone::Error;

    async fn run(&self, uow: &mut UnitOfWork) -> althing_backbone::Result<()> {
        uow.execute(sql("INSERT INTO shelf (id) VALUES ($1)").bind(uow.new_id()));
        Ok(())
    }
}

async fn put_up(
    axum::extract::State(state): axum::extract::State<AppState>,
    Ctx(context): Ctx,
    Body(shelf): Body<Shelf>,
) -> Answer<Created<Value>> {
    let db = state.backbone.db();
    if shelf.beaten {
        run(db, "INSERT INTO idempotency_key (user_id, route, key, fingerprint, status, body, stored_at, turn) \
                 SELECT user_id, '/api/shelves', 'k', fingerprint, status, body, stored_at, 'another' FROM idempotency_key").await;
    }
    state.backbone.execute(context.clone(), &PutUp).await?;
    state.backbone.execute(context, &PutUp).await?;
    if shelf.breaks {
        return Err(Problem::fault(anyhow::anyhow!("after the commit")));
    }
    let statuses: Vec<i64> = sql("SELECT status FROM idempotency_key").all(db).await?;
    Ok(Created(json!({ "statuses": statuses })))
}

async fn run(db: &Db, statement: &'static str) {
    let mut batch = Batch::new();
    batch.run(sql(statement));
    db.commit(batch).await.unwrap();
}

async fn shelves(db: &Db) -> i64 {
    sql("SELECT count(*) FROM shelf").one(db).await.unwrap()
}

/// The router with somebody signed in, or nobody.
async fn app(role: Option<InstanceRole>) -> Router {
    app_on(&Db::temporary().await.unwrap(), role).await
}

async fn app_on(db: &Db, role: Option<InstanceRole>) -> Router {
    let db = db.clone();
    run(&db, "CREATE TABLE IF NOT EXISTS shelf (id TEXT NOT NULL)").await;
    let backbone = Backbone::builder(db).ids(Ids::counted()).open().await.unwrap();
    MIGRATIONS
        .apply(backbone.db(), backbone.clock().now())
        .await
        .unwrap();
    let parts = module().into_parts();
    let state = parts
        .providers
        .into_iter()
        .fold(AppState::new(backbone), |state, provide| provide(state));
    let sign_in = from_fn(
        move |mut request: axum::extract::Request, next: axum::middleware::Next| {
            if let Some(instance_role) = role {
                let user_id = UserId(uuid::Uuid::from_u128(7));
                let actor = Actor {
                    user_id,
                    name: "Ada".into(),
                    email: "ada@example.org".into(),
                    instance_role,
                    login: None,
                    key: None,
                    membership: None,
                };
                request.extensions_mut().insert(actor);
            }
            next.run(request)
        },
    );
    parts
        .router
        .layer(from_fn_with_state(state.clone(), remember))
        .layer(sign_in)
        .layer(from_fn_with_state(state.clone(), stamp))
        .with_state(state)
}

async fn call(
    app: &Router,
    method: &str,
    path: &str,
    key: Option<&str>,
    body: &str,
) -> (StatusCode, Value, Option<String>) {
    let mut request = Request::builder().method(method).uri(path);
    if !body.is_empty() {
        request = request.header("content-type", "application/json");
    }
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    let response = app
        .clone()
        .oneshot(request.body(HttpBody::from(body.to_owned())).unwrap())
        .await
        .unwrap();
    let status = response.status();
    let id = response
        .headers()
        .get("x-request-id")
        .map(|id| id.to_str().unwrap().to_owned());
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null), id)
}

#[tokio::test]
async fn access_is_checked_before_anything_is_read() {
    let nobody = app(None).await;
    let (status, problem, id) = call(&nobody, "POST", "/api/things", None, "not json").await;
    assert_eq!(
        (status.as_u16(), &problem["code"]),
        (401, &json!("unauthenticated"))
    );
    assert_eq!(problem["request_id"], json!(id.unwrap()));
    assert_eq!(
        call(&nobody, "GET", "/api/open", None, "").await.1,
        json!({"data": [1, 2], "meta": {"total": 2}})
    );
    let user = app(Some(InstanceRole::User)).await;
    assert_eq!(
        call(&user, "GET", "/api/operate", None, "").await.1["code"],
        "forbidden"
    );
    let admin = app(Some(InstanceRole::Admin)).await;
    assert_eq!(
        call(&admin, "GET", "/api/operate", None, "").await.0,
        StatusCode::NO_CONTENT
    );
}

#[tokio::test]
async fn a_malformed_id_answers_like_an_absent_one_and_faults_keep_their_cause() {
    let app = app(Some(InstanceRole::User)).await;
    let (status, problem, _) = call(&app, "GET", "/api/things/17", None, "").await;
    assert_eq!(
        (status.as_u16(), &problem["code"]),
        (404, &json!("session_not_found"))
    );
    let (status, problem, _) = call(&app, "POST", "/api/things", None, r#"{"name":"broken"}"#).await;
    assert_eq!(
        (status.as_u16(), &problem["code"]),
        (500, &json!("internal_error"))
    );
    assert!(!problem.to_string().contains("secret"));
    let (status, problem, _) = call(&app, "GET", "/api/nowhere", None, "").await;
    assert_eq!((status.as_u16(), &problem["code"]), (404, &json!("not_found")));
    let (status, problem, _) = call(&app, "DELETE", "/api/things", None, "").await;
    assert_eq!(
        (status.as_u16(), &problem["code"]),
        (405, &json!("method_not_allowed"))
    );
}

#[tokio::test]
async fn a_post_with_a_key_is_done_once() {
    let app = app(Some(InstanceRole::User)).await;
    let ada = r#"{"name":"Ada"}"#;
    let (first, second) = tokio::join!(
        call(&app, "POST", "/api/things", Some("k"), ada),
        call(&app, "POST", "/api/things", Some("k"), ada)
    );
    assert_eq!(first.0, StatusCode::CREATED);
    assert_eq!((first.0, &first.1), (second.0, &second.1));
    assert_eq!(first.1["data"], json!({"name": "Ada", "count": 1}));
    let other = call(&app, "POST", "/api/things", Some("k"), r#"{"name":"Bob"}"#).await;
    assert_eq!(
        (other.0.as_u16(), &other.1["code"]),
        (422, &json!("idempotency_key_reused"))
    );
    let unkeyed = call(&app, "POST", "/api/things", None, ada).await;
    assert_eq!(unkeyed.1["data"]["count"], 2);
}

#[tokio::test]
async fn refusals_are_kept_under_the_key_and_faults_are_not() {
    let app = app(Some(InstanceRole::User)).await;
    for expected in [1, 2] {
        let fault = call(&app, "POST", "/api/things", Some("f"), r#"{"name":"broken"}"#).await;
        assert_eq!(fault.0.as_u16(), 500, "call {expected}");
    }
    let refused = call(&app, "POST", "/api/things", Some("r"), r#"{"name":""}"#).await;
    let again = call(&app, "POST", "/api/things", Some("r"), r#"{"name":""}"#).await;
    assert_eq!(
        (again.0.as_u16(), &again.1["errors"]),
        (422, &refused.1["errors"])
    );
    assert_eq!(again.1["request_id"], json!(again.2.unwrap()));
    let fresh = call(&app, "POST", "/api/things", None, r#"{"name":"Ada"}"#).await;
    assert_eq!(
        fresh.1["data"]["count"], 4,
        "two faults and one refusal ran before"
    );
    let long = "x".repeat(256);
    assert_eq!(
        call(&app, "POST", "/api/things", Some(&long), "{}").await.1["code"],
        "malformed_request"
    );
}

#[tokio::test]
async fn a_key_is_taken_in_the_commit_of_its_command() {
    let db = Db::temporary().await.unwrap();
    let app = app_on(&db, Some(InstanceRole::User)).await;
    let first = call(&app, "POST", "/api/shelves", Some("k"), "{}").await;
    assert_eq!(
        (first.0, &first.1["data"]["statuses"]),
        (StatusCode::CREATED, &json!([0])),
        "two commits of one request, and no answer yet"
    );
    assert_eq!(shelves(&db).await, 2);
    let again = call(&app, "POST", "/api/shelves", Some("k"), "{}").await;
    assert_eq!((again.0, &again.1, shelves(&db).await), (first.0, &first.1, 2));

    // As if the process had died before it noted the answer.
    run(&db, "UPDATE idempotency_key SET status = 0, content_type = NULL").await;
    let lost = call(&app, "POST", "/api/shelves", Some("k"), "{}").await;
    assert_eq!(
        (lost.0.as_u16(), &lost.1["code"], shelves(&db).await),
        (409, &json!("concurrency_conflict"), 2)
    );
    // A day later it is another request.
    run(
        &db,
        "UPDATE idempotency_key SET stored_at = '2020-01-01T00:00:00.000000Z'",
    )
    .await;
    let later = call(&app, "POST", "/api/shelves", Some("k"), "{}").await;
    assert_eq!((later.0, shelves(&db).await), (StatusCode::CREATED, 4));
}

#[tokio::test]
async fn of_two_processes_one_does_it_and_the_other_answers_the_same() {
    let db = Db::temporary().await.unwrap();
    let app = app_on(&db, Some(InstanceRole::User)).await;
    let other = call(&app, "POST", "/api/shelves", Some("other"), "{}").await;
    let beaten = call(&app, "POST", "/api/shelves", Some("k"), r#"{"beaten":true}"#).await;
    assert_eq!(
        (beaten.0.as_u16(), &beaten.1["code"]),
        (422, &json!("idempotency_key_reused")),
        "the other one had another body"
    );
    assert_eq!(
        (other.0, shelves(&db).await),
        (StatusCode::CREATED, 2),
        "the second did nothing"
    );
}

#[tokio::test]
async fn a_fault_after_the_commit_gives_the_key_back() {
    let db = Db::temporary().await.unwrap();
    let app = app_on(&db, Some(InstanceRole::User)).await;
    for expected in [2, 4] {
        let fault = call(&app, "POST", "/api/shelves", Some("k"), r#"{"breaks":true}"#).await;
        assert_eq!((fault.0.as_u16(), shelves(&db).await), (500, expected));
    }
    let kept: i64 = sql("SELECT count(*) FROM idempotency_key")
        .one(&db)
        .await
        .unwrap();
    assert_eq!(kept, 0);
}
