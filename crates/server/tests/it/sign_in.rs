//! From the first visit to signing out.

use althing_backbone::{Db, sql};
use althing_testkit::{Client, PASSWORD, TestApp};
use serde_json::json;

use crate::office::settled;
use crate::{BINARY, app};

#[tokio::test]
async fn the_first_visitor_sets_up_signs_out_and_in_again() {
    let app = TestApp::start_empty(BINARY).await;
    let nobody = app.anonymous();
    let methods = nobody.get("/api/auth/methods").await;
    assert_eq!(
        methods.data(),
        &json!({"setup_required": true, "methods": ["password"], "providers": [], "registration": "invite", "mail": false})
    );
    assert_eq!(nobody.get("/api/me").await.refusal(), (401, "unauthenticated"));

    let owner = app.set_up().await;
    assert_eq!(owner.user()["instance_role"], "owner");
    let me = owner.get("/api/me").await;
    assert_eq!(me.data()["user"], *owner.user());
    assert_eq!(
        nobody.get("/api/auth/methods").await.data()["setup_required"],
        false
    );

    assert_eq!(owner.post_empty("/api/auth/logout").await.status, 204);
    assert_eq!(owner.get("/api/me").await.refusal(), (401, "unauthenticated"));
    let again = app.sign_in("ada@example.org").await;
    assert_eq!(
        again.get("/api/me").await.data()["user"]["email"],
        "ada@example.org"
    );
}

#[tokio::test]
async fn of_two_simultaneous_setups_one_makes_the_owner() {
    let app = TestApp::start_empty(BINARY).await;
    let set_up = async |email: &str| {
        let account = json!({"first_name": "A", "last_name": "B", "email": email, "password": PASSWORD});
        app.anonymous().post("/api/setup", account).await
    };
    let replies = futures_join(&set_up).await;
    let won = replies.iter().filter(|reply| reply.status == 201).count();
    assert_eq!(won, 1);
    for reply in replies.iter().filter(|reply| reply.status != 201) {
        assert_eq!(reply.refusal(), (409, "setup_done"));
    }
    let users = app.command(&["admin", "list-users", "--json"]).await.lines();
    assert_eq!((users.len(), &users[0]["instance_role"]), (1, &json!("owner")));
}

async fn futures_join<F: AsyncFn(&str) -> althing_testkit::Reply>(set_up: &F) -> [althing_testkit::Reply; 4] {
    let (a, b, c, d) = tokio::join!(
        set_up("a@x.org"),
        set_up("b@x.org"),
        set_up("c@x.org"),
        set_up("d@x.org")
    );
    [a, b, c, d]
}

#[tokio::test]
async fn wrong_passwords_are_refused_alike_and_then_throttled() {
    let app = app().await;
    let nobody = app.anonymous();
    let log_in = async |email: &str| {
        nobody
            .post(
                "/api/auth/login",
                json!({"email": email, "password": "not the password"}),
            )
            .await
    };
    let wrong = log_in("ada@example.org").await;
    let unknown = log_in("eve@example.org").await;
    assert_eq!(wrong.refusal(), (401, "invalid_credentials"));
    assert_eq!(
        (unknown.refusal(), &unknown.body["detail"]),
        (wrong.refusal(), &wrong.body["detail"])
    );
    for _ in 2..=10 {
        assert_eq!(log_in("ada@example.org").await.status, 401);
    }
    let refused = log_in("ada@example.org").await;
    assert_eq!(refused.refusal(), (429, "too_many_requests"));
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((880..=900).contains(&wait), "{wait}");
}

#[tokio::test]
async fn a_changing_request_without_its_token_is_refused() {
    let app = app().await;
    let owner = app.owner();
    for token in [None, Some("invented"), Some("")] {
        let refused = owner.with_csrf_token(token).post_empty("/api/auth/logout").await;
        assert_eq!(refused.refusal(), (403, "csrf_failed"), "{token:?}");
    }
    assert_eq!(
        owner.with_csrf_token(None).get("/api/me").await.status,
        200,
        "reading needs none"
    );
    let other = app.user("Bob").await;
    let token = other.get("/api/me").await.data()["csrf_token"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        owner
            .with_csrf_token(Some(&token))
            .post_empty("/api/auth/logout")
            .await
            .code(),
        "csrf_failed"
    );
    assert_eq!(owner.get("/api/me").await.status, 200);
}

#[tokio::test]
async fn behind_https_the_cookie_is_secure_and_browsers_stay_with_it() {
    let app = TestApp::start_with(
        BINARY,
        &[
            ("ALTHING_PUBLIC_URL", "https://althing.example.org"),
            ("ALTHING_LISTEN", "127.0.0.1:1"),
        ],
    )
    .await;
    let account = json!({"first_name": "Ada", "last_name": "L", "email": "a@x.org", "password": PASSWORD});
    let reply = app.anonymous().post("/api/setup", account).await;
    assert!(
        reply.header("set-cookie").contains("; Secure"),
        "{}",
        reply.header("set-cookie")
    );
    assert_eq!(
        reply.header("strict-transport-security"),
        "max-age=31536000; includeSubDomains"
    );
}

#[tokio::test]
async fn signing_out_ends_the_open_connections_of_that_browser_only() {
    let app = TestApp::start(BINARY).await;
    let here = app.sign_in("ada@example.org").await;
    let there = app.sign_in("ada@example.org").await;
    let session = here
        .post("/api/sessions", json!({"title": "Where to live"}))
        .await
        .data()["id"]
        .clone();
    let session = session.as_str().unwrap();
    let cycle = here
        .post_empty(&format!("/api/sessions/{session}/cycles"))
        .await
        .data()
        .clone();
    let cycle_id = cycle["id"].as_str().unwrap();
    let started = here
        .post_empty(&format!("/api/cycles/{cycle_id}/components/issue_raising/start"))
        .await;
    let component = started.data()["id"].as_str().unwrap().to_owned();

    let mut live = here.socket(&format!("/api/sessions/{session}/live")).await;
    let mut stream = here.socket(&format!("/api/components/{component}/stream")).await;
    let mut elsewhere = there.socket(&format!("/api/sessions/{session}/live")).await;
    live.next_of("connected").await;
    elsewhere.next_of("connected").await;

    assert_eq!(here.post_empty("/api/auth/logout").await.status, 204);
    assert_eq!(live.closed().await, Some(1008));
    assert_eq!(stream.closed().await, Some(1008));
    there
        .post(&format!("/api/cycles/{cycle_id}/archive"), json!({}))
        .await;
    assert_eq!(
        elsewhere.next_of("cycle.archived").await["data"]["cycleId"],
        cycle_id
    );
}

#[tokio::test]
async fn a_new_password_ends_the_open_connections_of_all_other_browsers() {
    let app = TestApp::start(BINARY).await;
    let mut here = app.sign_in("ada@example.org").await;
    let there = app.sign_in("ada@example.org").await;
    let bob = app.user("Bob").await;
    let session = |client: &Client| {
        let client = client.clone();
        async move {
            let made = client
                .post("/api/sessions", json!({"title": "Where to live"}))
                .await;
            made.data()["id"].as_str().unwrap().to_owned()
        }
    };
    let (mine, bobs) = (session(&here).await, session(&bob).await);
    let mut elsewhere = there.socket(&format!("/api/sessions/{mine}/live")).await;
    let mut somebody_elses = bob.socket(&format!("/api/sessions/{bobs}/live")).await;
    elsewhere.next_of("connected").await;
    somebody_elses.next_of("connected").await;

    let new = json!({"password": "a much better password", "confirmation": "a much better password"});
    let changed = here.put("/api/me/password", new).await;
    assert_eq!(changed.status, 200);
    assert_eq!(elsewhere.closed().await, Some(1008));
    assert_eq!(there.get("/api/me").await.refusal(), (401, "unauthenticated"));
    here.adopt(&changed);
    let mut live = here.socket(&format!("/api/sessions/{mine}/live")).await;
    live.next_of("connected").await;
    let title = json!({"title": "Where to work"});
    here.patch(&format!("/api/sessions/{mine}"), title.clone()).await;
    live.next_of("session.renamed").await;
    bob.patch(&format!("/api/sessions/{bobs}"), title).await;
    somebody_elses.next_of("session.renamed").await;
}

#[tokio::test]
async fn a_new_name_reaches_what_others_read() {
    let app = TestApp::start(BINARY).await;
    let owner = app.owner();
    let made = owner
        .post("/api/sessions", json!({"title": "Where to live"}))
        .await;
    let session = made.data()["id"].as_str().unwrap();
    owner.patch("/api/me", json!({"first_name": "Augusta"})).await;
    settled(owner).await;
    let activity = owner.get(&format!("/api/sessions/{session}/activity")).await;
    let name = &activity.data()[0]["actor"]["name"];
    assert_eq!(name, "Augusta Lovelace", "{}", activity.body);
}

#[tokio::test]
async fn no_hash_of_a_password_is_kept_under_an_idempotency_key() {
    let app = TestApp::start(BINARY).await;
    let owner = app.owner();
    let headers = [("idempotency-key", "once"), ("content-type", "application/json")];
    let confirm = json!({ "password": PASSWORD }).to_string().into_bytes();
    for _ in 0..2 {
        let reply = owner
            .send(
                "POST",
                "/api/auth/reauthenticate",
                &headers,
                Some(confirm.clone()),
            )
            .await;
        assert_eq!((reply.status, reply.header("idempotency-replayed")), (204, ""));
    }
    let db = Db::at(&app.database()).await.unwrap();
    let kept: i64 = sql("SELECT count(*) FROM idempotency_key")
        .one(&db)
        .await
        .unwrap();
    assert_eq!(kept, 0);
    let title = json!({"title": "Where to live"}).to_string().into_bytes();
    owner.send("POST", "/api/sessions", &headers, Some(title)).await;
    let kept: i64 = sql("SELECT count(*) FROM idempotency_key")
        .one(&db)
        .await
        .unwrap();
    assert_eq!(kept, 1, "everywhere else it is");
}

#[tokio::test]
async fn a_deleted_account_is_out_at_once_wherever_it_was_open() {
    let app = app().await;
    let bob = app.user("Bob").await;
    let elsewhere = app.sign_in("bob@example.org").await;
    let mut bell = elsewhere.socket("/api/notifications/live").await;
    bell.next().await;
    let session = bob
        .post("/api/sessions", json!({"title": "Whether to stay"}))
        .await;
    let live = format!("/api/sessions/{}/live", session.data()["id"].as_str().unwrap());
    let mut picture = elsewhere.socket(&live).await;
    picture.next_of("connected").await;
    assert_eq!(bob.delete("/api/me").await.status, 204);
    for socket in [&mut bell, &mut picture] {
        socket.closed().await;
    }
    for browser in [&bob, &elsewhere] {
        assert_eq!(browser.get("/api/me").await.refusal(), (401, "unauthenticated"));
    }
    let login = json!({"email": "bob@example.org", "password": PASSWORD});
    let refused = app.anonymous().post("/api/auth/login", login).await;
    assert_eq!(refused.refusal(), (401, "invalid_credentials"));
}
