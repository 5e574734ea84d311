//! Keys for programs: the rights of their owner, of their scopes and of their workspaces.

use althing_testkit::{Client, Reply, TestApp};
use serde_json::{Value, json};

use crate::app;
use crate::office::{made, text};

/// An id that nothing has.
const ABSENT: &str = "0190a6c2-5d4e-7b3a-9c1f-2e6d8a4b7f99";

/// Makes a key; its id and the key itself.
async fn key(owner: &Client, scopes: &[&str], workspaces: &[&str]) -> (String, String) {
    let body = json!({"name": "A program", "scopes": scopes, "workspaces": workspaces});
    let made = made(owner.post("/api/api-keys", body).await, 201);
    (text(&made["key"]["id"]), text(&made["token"]))
}

async fn by_key(app: &TestApp, key: &str, method: &str, path: &str, body: Option<Value>) -> Reply {
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", bearer.as_str())];
    let body = body.map(|body| body.to_string().into_bytes());
    app.anonymous().send(method, path, &headers, body).await
}

async fn workspace(owner: &Client, name: &str) -> (String, String) {
    let made = made(owner.post("/api/workspaces", json!({"name": name})).await, 201);
    (text(&made["id"]), text(&made["slug"]))
}

/// From the access table: a new route without a word about keys is closed to them.
#[tokio::test]
async fn without_its_scope_a_key_opens_no_route_and_some_open_to_no_key() {
    let app = app().await;
    let (_, nothing) = key(app.owner(), &[], &[]).await;
    let (_, everything) = key(app.owner(), &["*"], &[]).await;
    let reference = app.command(&["dump-reference"]).await;
    let reference: Value = serde_json::from_str(&reference.stdout).expect("a JSON document");
    let (mut open, mut closed) = (0, 0);
    for route in reference["routes"].as_array().expect("a list of routes") {
        let (method, path) = (text(&route["method"]), text(&route["path"]));
        let path = path
            .split('/')
            .map(|part| if part.starts_with('{') { ABSENT } else { part })
            .collect::<Vec<_>>()
            .join("/");
        if route["access"] == "public" {
            continue;
        }
        let refused = by_key(&app, &nothing, &method, &path, None).await;
        assert_eq!(refused.refusal(), (403, "forbidden"), "{method} {path}");
        let reply = by_key(&app, &everything, &method, &path, None).await;
        match route["scope"].as_str() {
            Some(scope) => {
                open += 1;
                assert!(refused.text.contains(scope), "{method} {path}: {}", refused.text);
                assert!(
                    !reply.text.contains("missing_scope"),
                    "{method} {path}: {}",
                    reply.text
                );
            }
            None => {
                closed += 1;
                assert_eq!(reply.refusal(), (403, "forbidden"), "{method} {path}");
            }
        }
    }
    assert!(open >= 8 && closed >= 20, "{open} open, {closed} closed");
}

#[tokio::test]
async fn a_key_acts_for_its_owner_in_its_workspaces_only() {
    let app = app().await;
    let owner = app.owner();
    let ((one, slug), (two, other)) = (workspace(owner, "One").await, workspace(owner, "Two").await);
    let (_, token) = key(owner, &["workspaces:*"], &[&one]).await;
    let list = made(by_key(&app, &token, "GET", "/api/workspaces", None).await, 200);
    let ids: Vec<String> = list
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| text(&one["id"]))
        .collect();
    assert_eq!(ids, [one.as_str()]);
    for inside in [&one, &slug] {
        let path = format!("/api/workspaces/{inside}");
        assert_eq!(
            by_key(&app, &token, "GET", &path, None).await.status,
            200,
            "{path}"
        );
    }
    for outside in [two.as_str(), other.as_str(), ABSENT, "nowhere"] {
        let path = format!("/api/workspaces/{outside}");
        let refused = by_key(&app, &token, "GET", &path, None).await;
        assert_eq!(refused.refusal(), (403, "forbidden"), "{path}");
    }
    let renamed = json!({"name": "Uno"});
    let path = format!("/api/workspaces/{one}");
    let changed = by_key(&app, &token, "PATCH", &path, Some(renamed)).await;
    assert_eq!(
        changed.data()["name"],
        "Uno",
        "no CSRF token is wanted of a program"
    );
}

#[tokio::test]
async fn nobody_makes_a_key_for_a_workspace_they_are_not_in() {
    let app = app().await;
    let (id, _) = workspace(app.owner(), "One").await;
    let bob = app.user("Bob").await;
    let body = json!({"name": "A program", "scopes": ["*"], "workspaces": [id]});
    assert_eq!(
        bob.post("/api/api-keys", body).await.refusal(),
        (403, "forbidden")
    );
    let (own, _) = key(&bob, &["*"], &[]).await;
    let wider = json!({"workspaces": [id]});
    let refused = bob.patch(&format!("/api/api-keys/{own}"), wider).await;
    assert_eq!(refused.refusal(), (403, "forbidden"));
    let unknown = json!({"name": "A program", "scopes": ["workspaces:read", "workspaces:fly"]});
    let refused = bob.post("/api/api-keys", unknown).await;
    assert_eq!(refused.refusal(), (422, "unknown_scope"));
    assert_eq!(refused.body["errors"][0]["field"], "/scopes/1");
    let past = json!({"name": " ", "expires_at": "2001-01-01T00:00:00Z"});
    let refused = bob.post("/api/api-keys", past).await;
    let fields: Vec<String> = refused.body["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|error| text(&error["field"]))
        .collect();
    assert_eq!(fields, ["/name", "/expires_at"]);
    assert_eq!(
        made(bob.get("/api/api-keys").await, 200).as_array().map(Vec::len),
        Some(1)
    );
}

#[tokio::test]
async fn a_revoked_key_and_one_whose_owner_is_suspended_open_nothing() {
    let app = app().await;
    let bob = app.user("Bob").await;
    let (id, token) = key(&bob, &["workspaces:read"], &[]).await;
    let (_, other) = key(&bob, &["workspaces:read"], &[]).await;
    let ask = async |token: &str| by_key(&app, token, "GET", "/api/workspaces", None).await;
    assert_eq!(ask(&token).await.status, 200);
    let used = made(bob.get(&format!("/api/api-keys/{id}")).await, 200);
    assert!(used["last_used_at"].is_string(), "{used}");
    for _ in 0..2 {
        let revoked = bob.post_empty(&format!("/api/api-keys/{id}/revoke")).await;
        assert_eq!(revoked.status, 204);
    }
    assert_eq!(ask(&token).await.refusal(), (401, "inactive_key"));
    let changed = bob
        .patch(&format!("/api/api-keys/{id}"), json!({"name": "Again"}))
        .await;
    assert_eq!(changed.refusal(), (409, "key_revoked"));
    let mut wrong = other.clone();
    wrong.pop();
    for nobodys in [wrong.as_str(), "alt_12345678_", "x"] {
        assert_eq!(ask(nobodys).await.refusal(), (401, "invalid_key"), "{nobodys}");
    }
    assert_eq!(ask(&other).await.status, 200);
    let suspend = format!("/api/admin/users/{}/suspend", text(&bob.user()["id"]));
    assert_eq!(app.owner().post(&suspend, json!({})).await.status, 204);
    assert_eq!(ask(&other).await.refusal(), (401, "inactive_key"));
    assert_eq!(bob.get("/api/me").await.status, 401);
    let log = app.log();
    assert!(
        !log.contains(&token) && !log.contains(&other),
        "a key is in no log"
    );
}

#[tokio::test]
async fn the_key_is_told_once_and_is_in_no_event() {
    let app = app().await;
    let (id, token) = key(app.owner(), &["*"], &[]).await;
    let read = app.owner().get(&format!("/api/api-keys/{id}")).await;
    let secret = token.rsplit_once('_').expect("three parts").1;
    assert!(
        !read.text.contains(secret) && read.text.contains(&token[..12]),
        "{}",
        read.text
    );
    let history = app
        .command(&["events", "history", "--json", "--payload"])
        .await
        .stdout;
    assert!(history.contains("identity.api_key_created") && !history.contains(secret));
}

#[tokio::test]
async fn an_idempotency_key_keeps_neither_keys_nor_links() {
    let app = app().await;
    let owner = app.owner();
    workspace(owner, "One").await;
    for (path, body) in [
        ("/api/api-keys", json!({"name": "A program", "scopes": ["*"]})),
        (
            "/api/workspaces/one/members",
            json!({"email": "zoe@example.org", "role": "guest"}),
        ),
    ] {
        let send = async || {
            let body = body.to_string().into_bytes();
            owner
                .send("POST", path, &[("idempotency-key", "once")], Some(body))
                .await
        };
        let first = send().await;
        assert_eq!(first.status, 201, "{path}: {}", first.text);
        let secret = first.body["data"]["token"]
            .as_str()
            .or(first.body["data"]["link"].as_str());
        let secret = secret.expect("a secret").to_owned();
        let again = send().await;
        assert!(
            again.status >= 400 && !again.text.contains(&secret),
            "{path}: {}",
            again.text
        );
    }
    assert_eq!(
        made(owner.get("/api/api-keys").await, 200)
            .as_array()
            .map(Vec::len),
        Some(1)
    );
    let members = made(owner.get("/api/workspaces/one/members").await, 200);
    assert_eq!(members.as_array().map(Vec::len), Some(2));
}
