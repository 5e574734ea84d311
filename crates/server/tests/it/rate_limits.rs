//! How much may be asked, through the real binary, and how it is refused.

use althing_testkit::{Client, Reply, TestApp};
use serde_json::json;

use crate::office::{Decision, made};
use crate::{BINARY, app};

async fn with(settings: &[(&str, &str)]) -> TestApp {
    TestApp::start_set_up_with(BINARY, settings).await
}

/// Asks until it is refused; how often it was let through, and the refusal.
async fn until_refused(most: usize, ask: impl AsyncFn() -> Reply) -> (usize, Reply) {
    for count in 0..=most {
        let reply = ask().await;
        if reply.status == 429 {
            return (count, reply);
        }
    }
    panic!("never refused in {most}");
}

fn says_when(reply: &Reply, scope: &str) {
    assert_eq!(reply.refusal(), (429, "rate_limited"), "{}", reply.body);
    assert_eq!(reply.body["scope"], scope);
    let wait: u64 = reply.header("retry-after").parse().unwrap();
    assert!(wait >= 1, "{}", reply.body);
    assert_eq!(reply.body["retry_after_secs"], wait);
}

#[tokio::test]
async fn people_have_their_own_limits_by_tier_and_see_what_is_left() {
    // Refilled so slowly that no stall of the machine brings many back: three in a minute.
    let app = with(&[
        ("ALTHING_LIMITS_REQUESTS_PER_MINUTE", "3,30,1000"),
        ("ALTHING_MEMBERSHIP_DEFAULT_TIER", "free"),
    ])
    .await;
    let bob = app.user("Bob").await;
    let first = bob.get("/api/rate-limits").await;
    assert_eq!(first.header("x-ratelimit-limit"), "3");
    assert_eq!(first.data()["tier"], "free");
    let requests = &first.data()["limits"][0];
    assert_eq!(
        (&requests["scope"], &requests["window_secs"]),
        (&json!("requests"), &json!(60))
    );
    assert_eq!(
        requests["remaining"].to_string(),
        first.header("x-ratelimit-remaining")
    );
    assert_eq!(
        first.data()["live_connections"],
        json!({"limit": 10000, "open": 0})
    );
    let (_, refused) = until_refused(50, async || bob.get("/api/me").await).await;
    says_when(&refused, "requests");
    assert_eq!(refused.header("x-ratelimit-limit"), "3");
    assert_eq!(refused.header("x-ratelimit-remaining"), "0");
    let others = app.user("Cid").await;
    assert_eq!(others.get("/api/me").await.status, 200, "nobody else is held up");
}

#[tokio::test]
async fn whoever_has_no_user_is_counted_by_address_and_pages_are_not_counted() {
    let app = with(&[("ALTHING_LIMITS_ADDRESS_REQUESTS_PER_MINUTE", "5")]).await;
    let nobody = app.anonymous();
    let (_, refused) = until_refused(50, async || nobody.get("/api/nowhere").await).await;
    says_when(&refused, "address");
    let key = [("authorization", "Bearer alt_nothing")];
    let with_key = nobody.send("GET", "/api/me", &key, None).await;
    says_when(&with_key, "address");
    let told = nobody
        .send(
            "GET",
            "/api/nowhere",
            &[("x-forwarded-for", "198.51.100.9")],
            None,
        )
        .await;
    says_when(&told, "address");
    assert_eq!(nobody.get("/").await.status, 200);
    assert_eq!(nobody.get("/health/ready").await.status, 200);
    assert_eq!(
        app.owner().get("/api/me").await.status,
        200,
        "who is signed in is another matter"
    );
}

#[tokio::test]
async fn a_configured_proxy_says_whose_requests_they_are() {
    let app = with(&[
        ("ALTHING_LIMITS_ADDRESS_REQUESTS_PER_MINUTE", "5"),
        ("ALTHING_TRUSTED_PROXIES", "127.0.0.1"),
    ])
    .await;
    let from = async |address: &str| {
        app.anonymous()
            .send("GET", "/api/nowhere", &[("x-forwarded-for", address)], None)
            .await
    };
    let (_, refused) = until_refused(50, async || from("198.51.100.9").await).await;
    says_when(&refused, "address");
    assert_eq!(from("198.51.100.10").await.status, 404);
}

#[tokio::test]
async fn attempts_to_sign_in_are_counted_by_address_unless_they_succeed() {
    let app = with(&[("ALTHING_LIMITS_SIGN_IN_ATTEMPTS_PER_HOUR", "3")]).await;
    app.user("Bob").await;
    for _ in 0..5 {
        app.sign_in("bob@example.org").await;
    }
    let attempt = async |number: usize| {
        let wrong = json!({"email": format!("{number}@example.org"), "password": "guess guess guess"});
        app.anonymous().post("/api/auth/login", wrong).await
    };
    for number in 0..3 {
        assert_eq!(attempt(number).await.refusal(), (401, "invalid_credentials"));
    }
    says_when(&attempt(4).await, "sign_in_attempts");
    let link = json!({"token": "guess"});
    let by_link = app.anonymous().post("/api/auth/magic-link/redeem", link).await;
    says_when(&by_link, "sign_in_attempts");
    let again = json!({"password": "guess guess guess"});
    let again = app.owner().post("/api/auth/reauthenticate", again).await;
    says_when(&again, "sign_in_attempts");
    assert_eq!(app.owner().get("/api/me").await.status, 200);
}

#[tokio::test]
async fn a_key_has_a_limit_of_its_own_and_its_person_is_not_locked_out() {
    let app = with(&[("ALTHING_LIMITS_KEY_REQUESTS_PER_MINUTE", "4")]).await;
    let owner = app.owner();
    let workspace = made(
        owner.post("/api/workspaces", json!({"name": "Office"})).await,
        201,
    );
    let wanted = json!({"name": "Script", "scopes": ["*"], "workspaces": [workspace["id"]]});
    let key = made(owner.post("/api/api-keys", wanted).await, 201);
    let bearer = format!("Bearer {}", key["token"].as_str().unwrap());
    let headers = [("authorization", bearer.as_str())];
    let program = app.anonymous();
    let ask = async || program.send("GET", "/api/rate-limits", &headers, None).await;
    let seen = ask().await;
    let lines = seen.data()["limits"].as_array().unwrap();
    assert_eq!(lines.last().unwrap()["scope"], "key");
    let (_, refused) = until_refused(50, ask).await;
    says_when(&refused, "key");
    assert_eq!(owner.get("/api/me").await.status, 200);
}

#[tokio::test]
async fn sessions_messages_and_exports_are_counted_for_what_they_are() {
    let app = with(&[
        ("ALTHING_LIMITS_SESSION_OPERATIONS_PER_HOUR", "1,1,4"),
        ("ALTHING_LIMITS_MESSAGES_PER_MINUTE", "1,1,2"),
        ("ALTHING_LIMITS_EXPORTS_PER_HOUR", "1,1,0"),
    ])
    .await;
    let owner = app.owner();
    let decision = Decision::begin_in(owner, "Which office?", 1, None).await;
    decision.start(owner, "issue_raising").await;
    let (_, refused) = until_refused(50, async || {
        owner.post("/api/sessions", json!({"title": "More"})).await
    })
    .await;
    says_when(&refused, "session_operations");
    let file = owner
        .get(&format!("/api/sessions/{}/export", decision.session))
        .await;
    says_when(&file, "exports");
    assert_eq!(file.body["detail"], "your membership does not include this");
    let messages = format!("/api/components/{}/messages", decision.component("issue_raising"));
    let say = async || owner.post(&messages, json!({"content": "- Where to live"})).await;
    let (_, refused) = until_refused(50, say).await;
    says_when(&refused, "messages");
    let stream = format!("/api/components/{}/stream", decision.component("issue_raising"));
    let mut socket = owner.socket(&stream).await;
    let id = "018f0000-0000-7000-8000-000000000001";
    socket
        .send(json!({"type": "send_message", "message_id": id, "content": "- And here"}))
        .await;
    let frame = socket.next_of("stream_error").await;
    assert_eq!(
        frame["error_code"], "rate_limited",
        "what is said over a socket counts as well: {frame}"
    );
}

#[tokio::test]
async fn connections_of_each_kind_are_counted_while_they_are_open() {
    let app = with(&[("ALTHING_LIMITS_LIVE_CONNECTIONS", "1,1,1")]).await;
    let owner = app.owner();
    let decision = Decision::begin_in(owner, "Which office?", 1, None).await;
    decision.start(owner, "issue_raising").await;
    let paths = [
        format!("/api/sessions/{}/live", decision.session),
        format!("/api/components/{}/stream", decision.component("issue_raising")),
        "/api/notifications/live".to_owned(),
    ];
    let mut open = Vec::new();
    for path in &paths {
        open.push(owner.socket(path).await);
        assert_eq!(owner.try_socket(path, None).await.err(), Some(429), "{path}");
    }
    let state = owner.get("/api/rate-limits").await;
    assert_eq!(state.data()["live_connections"], json!({"limit": 1, "open": 1}));
    drop(open);
    for path in &paths {
        reopened(owner, path).await;
    }
}

/// The server hears of the end of a connection when it hears of it.
async fn reopened(client: &Client, path: &str) {
    for _ in 0..600 {
        if client.try_socket(path, None).await.is_ok() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{path} stays taken");
}

#[tokio::test]
async fn ordinary_answers_say_what_is_left_and_the_instance_has_a_limit_too() {
    let app = app().await;
    let reply = app.owner().get("/api/me").await;
    assert_eq!(reply.header("x-ratelimit-limit"), "1000000");
    let app = with(&[("ALTHING_LIMITS_INSTANCE_REQUESTS_PER_MINUTE", "6")]).await;
    let (_, refused) = until_refused(50, async || app.owner().get("/api/me").await).await;
    says_when(&refused, "instance");
}
