//! The access table, route by route.

use std::time::Duration;

use althing_testkit::{Client, TestApp};
use serde_json::{Value, json};

use crate::app;

/// An id that nothing has.
const ABSENT: &str = "0190a6c2-5d4e-7b3a-9c1f-2e6d8a4b7f99";

/// Each route with something in the place of its parameters.
async fn routes(app: &TestApp) -> Vec<(String, String, String)> {
    let reference = app.command(&["dump-reference"]).await;
    let reference: Value = serde_json::from_str(&reference.stdout).expect("a JSON document");
    let routes = reference["routes"].as_array().expect("a list of routes");
    routes
        .iter()
        .map(|route| {
            (
                text(&route["method"]),
                filled(&text(&route["path"])),
                text(&route["access"]),
            )
        })
        .collect()
}

fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| match part {
        "{type}" => "issue_raising",
        part if part.starts_with('{') => ABSENT,
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn nobody_gets_further_than_the_public_routes() {
    let app = app().await;
    let routes = routes(&app).await;
    assert!(routes.len() >= 13, "{routes:?}");
    let mut public = Vec::new();
    for (method, path, access) in routes {
        let reply = app.anonymous().send(&method, &path, &[], None).await;
        if access == "public" {
            public.push(path.clone());
            assert_ne!(reply.body["code"], "not_found", "{method} {path} is not mounted");
        } else {
            assert_eq!(reply.refusal(), (401, "unauthenticated"), "{method} {path}");
        }
    }
    assert_eq!(
        public,
        [
            "/api/auth/methods",
            "/api/setup",
            "/api/auth/login",
            "/api/auth/password/reset",
            "/api/auth/register",
            "/api/auth/confirm",
            "/api/invitations/preview",
            "/api/auth/password/forgot",
            "/api/auth/magic-link",
            "/api/auth/magic-link/redeem",
            "/api/auth/email/confirm",
            "/api/auth/oidc/0190a6c2-5d4e-7b3a-9c1f-2e6d8a4b7f99/start",
            "/api/auth/oidc/0190a6c2-5d4e-7b3a-9c1f-2e6d8a4b7f99/callback",
            "/api/share-links/exchange",
            "/api/notifications/unsubscribe",
            "/api/notifications/unsubscribe",
            "/api/openapi.json"
        ],
        "a new public route is a decision: name it here"
    );
}

#[tokio::test]
async fn a_user_without_office_does_not_operate_the_instance() {
    let app = app().await;
    let bob = app.user("Bob").await;
    for (method, path, access) in routes(&app).await {
        if access == "instance_admin" {
            let refused = bob.send(&method, &path, &[], None).await;
            assert_eq!(refused.refusal(), (403, "forbidden"), "{method} {path}");
            let owner = app.owner().send(&method, &path, &[], None).await;
            assert_ne!(owner.status, 403, "{method} {path}");
        }
    }
}

/// Whatever a stranger tries, somebody's thing answers as one that does not exist.
#[tokio::test]
async fn to_a_stranger_the_things_of_others_do_not_exist() {
    let app = app().await;
    let bob = app.user("Bob").await;
    let owner = app.owner();
    let session = owner
        .post("/api/sessions", json!({"title": "Where to live"}))
        .await
        .data()["id"]
        .clone();
    let cycle = owner
        .post(&format!("/api/sessions/{}/cycles", text(&session)), json!({}))
        .await
        .data()
        .clone();
    let component = &cycle["components"][0];
    let started = owner
        .post_empty(&format!(
            "/api/cycles/{}/components/issue_raising/start",
            text(&cycle["id"])
        ))
        .await;
    assert_eq!(started.status, 200, "{}", started.body);
    let conversation = conversation_of(owner, &text(&component["id"])).await;
    let real = |path: &str| {
        let id = match path.split('/').nth(2) {
            Some("sessions") => text(&session),
            Some("cycles") => text(&cycle["id"]),
            Some("components") => text(&component["id"]),
            Some("conversations") => conversation.clone(),
            other => panic!("{path}: whose id is {other:?}?"),
        };
        path.replacen(ABSENT, &id, 1)
    };
    let mut tried = 0;
    for (method, path, access) in routes(&app).await {
        let is_of_a_session = access.starts_with("session_") || access.starts_with("conversation_");
        if !is_of_a_session || !path.contains(ABSENT) {
            continue;
        }
        let absent = bob.send(&method, &path, &[], None).await;
        let foreign = bob.send(&method, &real(&path), &[], None).await;
        let malformed = bob
            .send(&method, &path.replacen(ABSENT, "nonsense", 1), &[], None)
            .await;
        assert_eq!(foreign.refusal(), absent.refusal(), "{method} {path}");
        if method == "GET" && absent.status == 404 {
            assert_eq!(malformed.refusal(), absent.refusal(), "{method} {path}");
        }
        assert_eq!(foreign.body["detail"], absent.body["detail"], "{method} {path}");
        assert!(
            matches!(foreign.status, 400 | 404 | 422),
            "{method} {path}: {} {}",
            foreign.status,
            foreign.text
        );
        tried += 1;
    }
    assert!(tried > 20, "{tried} routes tried");
    let left = owner.get(&format!("/api/sessions/{}", text(&session))).await;
    assert_eq!(
        (left.status, &left.data()["status"]),
        (200, &json!("active")),
        "nothing was changed"
    );
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no text"))
        .to_owned()
}

/// It is made by itself shortly after the start.
async fn conversation_of(client: &Client, component: &str) -> String {
    for _ in 0..200 {
        let reply = client
            .get(&format!("/api/components/{component}/conversation"))
            .await;
        if reply.status == 200 {
            return text(&reply.data()["id"]);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no conversation was made");
}
