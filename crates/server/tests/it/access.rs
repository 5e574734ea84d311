//! The access table, route by route.

use serde_json::Value;

use crate::app;

/// Each route with something in the place of its parameters.
async fn routes(app: &althing_testkit::TestApp) -> Vec<(String, String, String)> {
    let reference = app.command(&["dump-reference"]).await;
    let reference: Value = serde_json::from_str(&reference.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    reference["routes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|route| (text(&route["method"]), filled(&text(&route["path"])), text(&route["access"])))
        .collect()
}

fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { "0190a6c2-5d4e-7b3a-9c1f-2e6d8a4b7f99" } else { part });
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
            assert_ne!(reply.status, 404, "{method} {path} is not mounted");
        } else {
            assert_eq!(reply.refusal(), (401, "unauthenticated"), "{method} {path}");
        }
    }
    assert_eq!(public, ["/api/auth/methods", "/api/setup", "/api/auth/login"], "a new public route is a decision: name it here");
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

/// Whatever id a stranger tries, the answer is the one for ids that do not exist.
#[tokio::test]
async fn ids_that_are_none_and_ids_of_nobody_answer_alike() {
    let app = app().await;
    let bob = app.user("Bob").await;
    for (method, path, access) in routes(&app).await {
        if access != "session_owner" || !path.contains("0190a6c2") || method != "GET" {
            continue;
        }
        let absent = bob.send(&method, &path, &[], None).await;
        let malformed = bob.send(&method, &path.replace("0190a6c2-5d4e-7b3a-9c1f-2e6d8a4b7f99", "nonsense"), &[], None).await;
        assert_eq!((absent.status, absent.code()), (404, malformed.code()), "{path}");
    }
}
