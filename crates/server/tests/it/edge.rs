//! What lies around every route.

use std::collections::HashSet;

use althing_testkit::Client;
use serde_json::json;

use crate::app;

#[tokio::test]
async fn every_answer_carries_the_security_headers_and_its_own_id() {
    let app = app().await;
    let mut ids = HashSet::new();
    for path in [
        "/api/me",
        "/api/auth/methods",
        "/api/nowhere",
        "/",
        "/decisions/1",
        "/health/live",
    ] {
        let reply = app.anonymous().get(path).await;
        let header = |name: &str| reply.header(name).to_owned();
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
        assert_eq!(
            header("referrer-policy"),
            "strict-origin-when-cross-origin",
            "{path}"
        );
        assert_eq!(
            header("permissions-policy"),
            "camera=(), microphone=(), geolocation=()",
            "{path}"
        );
        assert_eq!(
            header("strict-transport-security"),
            "",
            "{path}: this server speaks plain http"
        );
        assert!(ids.insert(header("x-request-id")), "{path}");
        let policy = header("content-security-policy");
        let page = path == "/" || path.starts_with("/decisions");
        assert_eq!(policy.contains("'nonce-"), page, "{path}: {policy}");
        assert_eq!(
            policy.starts_with("default-src 'none'"),
            !page,
            "{path}: {policy}"
        );
    }
}

#[tokio::test]
async fn unknown_addresses_and_methods_are_problems_under_api() {
    let app = app().await;
    let owner = app.owner();
    let missing = owner.get("/api/nowhere").await;
    assert_eq!(missing.refusal(), (404, "not_found"));
    assert_eq!(missing.header("content-type"), "application/problem+json");
    assert_eq!(missing.body["request_id"], missing.header("x-request-id"));
    for member in [
        "type",
        "title",
        "status",
        "detail",
        "code",
        "errors",
        "request_id",
    ] {
        assert!(missing.body.get(member).is_some(), "{member}");
    }
    let method = owner.put("/api/me", json!({})).await;
    assert_eq!(
        (method.refusal(), method.header("allow")),
        ((405, "method_not_allowed"), "GET,HEAD,PATCH,DELETE")
    );
    let page = owner.post("/somewhere", json!({})).await;
    assert_eq!(page.refusal(), (405, "method_not_allowed"));
}

#[tokio::test]
async fn bodies_are_json_of_the_right_shape_and_size() {
    let app = app().await;
    let nobody = app.anonymous();
    let log_in = async |headers: &[(&str, &str)], body: &str| {
        nobody
            .send("POST", "/api/auth/login", headers, Some(body.as_bytes().to_vec()))
            .await
    };
    assert_eq!(
        log_in(&[], "{\"email\":").await.refusal(),
        (400, "malformed_request")
    );
    assert_eq!(
        log_in(&[("content-type", "text/plain")], "{}").await.refusal(),
        (400, "malformed_request")
    );
    let unknown = log_in(&[], r#"{"email":"a@b","password":"p","admin":true}"#).await;
    assert_eq!(
        (unknown.refusal(), &unknown.body["errors"][0]["field"]),
        ((422, "validation_failed"), &json!("/admin"))
    );
    let kind = log_in(&[], r#"{"email":["a@b"]}"#).await;
    assert_eq!(
        (kind.refusal(), &kind.body["errors"][0]["field"]),
        ((422, "validation_failed"), &json!("/email"))
    );
    let large = format!(r#"{{"email":"{}"}}"#, "x".repeat(1024 * 1024));
    assert_eq!(log_in(&[], &large).await.refusal(), (413, "payload_too_large"));
}

#[tokio::test]
async fn a_page_of_another_site_cannot_act() {
    let app = app().await;
    let owner = app.owner();
    let own = app.url();
    let log_out =
        async |headers: &[(&str, &str)]| owner.send("POST", "/api/auth/logout", headers, None).await;
    assert_eq!(
        log_out(&[("origin", "http://evil.example")]).await.refusal(),
        (403, "cross_site_request")
    );
    assert_eq!(
        log_out(&[("sec-fetch-site", "cross-site")]).await.refusal(),
        (403, "cross_site_request")
    );
    assert_eq!(
        log_out(&[("origin", "null")]).await.refusal(),
        (403, "cross_site_request")
    );
    assert_eq!(owner.get("/api/me").await.status, 200);
    assert_eq!(
        log_out(&[("origin", &own), ("sec-fetch-site", "same-origin")])
            .await
            .status,
        204
    );
}

#[tokio::test]
async fn a_signed_in_post_with_a_key_is_answered_twice_and_done_once() {
    let app = app().await;
    let owner = app.owner();
    let skip = async |key: &str, body: &str| {
        let headers = [("idempotency-key", key)];
        owner
            .send(
                "POST",
                "/api/admin/dead-letters/none:1/skip",
                &headers,
                Some(body.as_bytes().to_vec()),
            )
            .await
    };
    let first = skip("k1", r#"{"reason":"a"}"#).await;
    assert_eq!(first.refusal(), (404, "dead_letter_not_found"));
    let again = skip("k1", r#"{"reason":"a"}"#).await;
    assert_eq!(
        (again.refusal(), again.header("idempotency-replayed")),
        (first.refusal(), "true")
    );
    assert_eq!(
        skip("k1", r#"{"reason":"b"}"#).await.refusal(),
        (422, "idempotency_key_reused")
    );
}

#[tokio::test]
async fn pages_come_with_nonces_and_hashed_files_forever() {
    let app = app().await;
    let nobody = app.anonymous();
    let (one, two) = (nobody.get("/").await, nobody.get("/sign-in").await);
    assert_eq!((one.status, two.status), (200, 200));
    assert_eq!(one.header("content-type"), "text/html; charset=utf-8");
    let nonce = |policy: &str| {
        policy
            .split("'nonce-")
            .nth(1)
            .unwrap()
            .split('\'')
            .next()
            .unwrap()
            .to_owned()
    };
    let first = nonce(one.header("content-security-policy"));
    assert_ne!(first, nonce(two.header("content-security-policy")));
    for script in one.text.split("<script").skip(1) {
        assert!(
            script.starts_with(&format!(" nonce=\"{first}\"")),
            "{}",
            &script[..script.len().min(80)]
        );
    }
    assert_eq!(nobody.get("/_app/immutable/nothing.js").await.status, 404);
    let built = one
        .text
        .split("\"/_app/immutable/")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    if let Some(name) = built {
        let file = nobody.get(&format!("/_app/immutable/{name}")).await;
        assert_eq!(
            (file.status, file.header("cache-control")),
            (200, "public, max-age=31536000, immutable")
        );
        let tag = file.header("etag").to_owned();
        let path = format!("/_app/immutable/{name}");
        let known = nobody.send("GET", &path, &[("if-none-match", &tag)], None).await;
        assert_eq!((known.status, known.text.len()), (304, 0));
    }
}

#[tokio::test]
async fn sockets_open_for_the_owner_from_an_own_page_only() {
    let app = app().await;
    let owner = app.owner();
    let made = owner
        .post("/api/sessions", json!({"title": "Where to live"}))
        .await;
    let live = format!("/api/sessions/{}/live", made.data()["id"].as_str().unwrap());
    let refused = async |client: &Client, origin: Option<&str>| client.try_socket(&live, origin).await.err();
    assert_eq!(refused(&app.anonymous(), None).await, Some(401));
    assert_eq!(refused(&app.user("Bob").await, None).await, Some(404));
    assert_eq!(refused(owner, Some("http://evil.example")).await, Some(403));
    assert_eq!(refused(owner, Some(&app.url())).await, None);
}
