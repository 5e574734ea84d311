//! One's own account: names, password, browsers; and links for whoever forgot.

use std::time::Duration;

use althing_backbone::DomainEvent;
use althing_events::identity::{
    PasswordChange, UserLoggedIn, UserLoggedOut, UserPasswordChanged, UserUpdated,
};
use serde_json::{Value, json};

use super::harness::{Answered, Door, PASSWORD};

const NEW: &str = "a much better password";
const A_WHILE: Duration = Duration::from_secs(20 * 60);

fn fields(answer: &Answered) -> Vec<(&str, &str)> {
    let errors = answer.body["errors"].as_array().unwrap();
    errors
        .iter()
        .map(|error| (error["field"].as_str().unwrap(), error["code"].as_str().unwrap()))
        .collect()
}

fn wanted(password: &str) -> Value {
    json!({ "password": password, "confirmation": password })
}

#[tokio::test]
async fn names_change_and_only_what_differs_is_told() {
    let door = Door::open().await;
    let token = door.set_up("ada@example.org").await.token();
    let before = door.recorded().await.len();
    let same = json!({ "first_name": " Ada " });
    let answer = door.send("PATCH", "/api/me", token.as_deref(), &same).await;
    assert_eq!((answer.status, door.recorded().await.len()), (200, before));

    let new = json!({ "first_name": "Augusta", "last_name": "Lovelace" });
    let answer = door.send("PATCH", "/api/me", token.as_deref(), &new).await;
    assert_eq!(answer.body["data"]["user"]["first_name"], "Augusta");
    let me = door.get("/api/me", token.as_deref()).await;
    assert_eq!(me.body["data"]["user"]["first_name"], "Augusta");
    let events = door.events().await;
    assert_eq!(door.recorded().await[before..], [UserUpdated::TYPE]);
    assert!(!events[before].data.contains("Augusta"), "names are sealed");
    let opened: UserUpdated = door.state.backbone.open_event(&events[before]).await.unwrap();
    assert_eq!(opened.changes.new_value("first_name"), Some("Augusta"));
    assert_eq!(opened.changes.new_value("last_name"), None);
}

#[tokio::test]
async fn wrong_names_are_refused_beside_their_fields() {
    let door = Door::open().await;
    let token = door.set_up("ada@example.org").await.token();
    let before = door.recorded().await.len();
    let wrong = json!({ "first_name": " ", "last_name": "x".repeat(256) });
    let answer = door.send("PATCH", "/api/me", token.as_deref(), &wrong).await;
    assert_eq!(
        (answer.status, fields(&answer)),
        (422, vec![("/first_name", "required"), ("/last_name", "too_long")])
    );
    let unknown = json!({ "instance_role": "owner" });
    let answer = door.send("PATCH", "/api/me", token.as_deref(), &unknown).await;
    assert_eq!(answer.status, 422);
    assert_eq!(door.recorded().await.len(), before);
}

#[tokio::test]
async fn a_new_password_signs_every_other_browser_out_and_this_one_in_again() {
    let door = Door::open().await;
    let elsewhere = door.set_up("ada@example.org").await.token();
    let here = door.log_in_remembered("ada@example.org").await;
    let link = door.reset_link("ada@example.org").await.unwrap();
    let before = door.recorded().await.len();
    let answer = door
        .send("PUT", "/api/me/password", here.token().as_deref(), &wanted(NEW))
        .await;
    assert_eq!(answer.status, 200);
    assert!(
        answer.set_cookie.as_ref().unwrap().contains("Max-Age"),
        "it is still remembered"
    );
    assert_ne!(answer.body["data"]["csrf_token"], here.body["data"]["csrf_token"]);
    for gone in [&elsewhere, &here.token()] {
        assert_eq!(door.get("/api/me", gone.as_deref()).await.status, 401);
    }
    assert_eq!(door.get("/api/me", answer.token().as_deref()).await.status, 200);
    assert_eq!(door.log_in("ada@example.org", PASSWORD).await.status, 401);
    assert_eq!(door.log_in("ada@example.org", NEW).await.status, 200);
    let mut reset = wanted(NEW);
    reset["token"] = json!(link);
    let reset = door.post("/api/auth/password/reset", None, &reset).await;
    assert_eq!(reset.body["code"], "invalid_token", "links end too");
    assert_eq!(
        door.recorded().await[before..],
        [UserPasswordChanged::TYPE, UserLoggedIn::TYPE]
    );
    let told: UserPasswordChanged = door.events().await[before].decode().unwrap();
    assert_eq!(told.method, PasswordChange::Change);
}

#[tokio::test]
async fn a_password_is_changed_only_after_a_fresh_sign_in() {
    let door = Door::open().await;
    let token = door.set_up("ada@example.org").await.token();
    let before = door.recorded().await.len();
    door.advance(A_WHILE);
    let change = async || {
        door.send("PUT", "/api/me/password", token.as_deref(), &wanted(NEW))
            .await
    };
    let refused = change().await;
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (403, &json!("reauthenticate"))
    );
    let confirm = async |password: &str| {
        let body = json!({ "password": password });
        door.post("/api/auth/reauthenticate", token.as_deref(), &body)
            .await
    };
    let wrong = confirm("not the password").await;
    assert_eq!(
        (wrong.status, fields(&wrong)),
        (422, vec![("/password", "wrong")])
    );
    assert_eq!(change().await.status, 403);
    assert_eq!(confirm(PASSWORD).await.status, 204);
    assert_eq!(door.recorded().await.len(), before, "nothing happened yet");
    door.advance(A_WHILE - Duration::from_secs(1));
    assert_eq!(change().await.status, 200);
}

#[tokio::test]
async fn guessing_ones_own_password_is_throttled_like_signing_in() {
    let door = Door::open().await;
    let token = door.set_up("ada@example.org").await.token();
    let confirm = async |password: &str| {
        let body = json!({ "password": password });
        door.post("/api/auth/reauthenticate", token.as_deref(), &body)
            .await
    };
    for _ in 0..10 {
        assert_eq!(confirm("not the password").await.status, 422);
    }
    assert_eq!(confirm(PASSWORD).await.body["code"], "too_many_requests");
    assert_eq!(
        door.log_in("ada@example.org", PASSWORD).await.status,
        429,
        "they count together"
    );
}

#[tokio::test]
async fn a_password_must_be_long_enough_and_typed_the_same_way_twice() {
    let door = Door::open().await;
    let token = door.set_up("ada@example.org").await.token();
    let body = json!({ "password": "short", "confirmation": "other" });
    let answer = door
        .send("PUT", "/api/me/password", token.as_deref(), &body)
        .await;
    assert_eq!(
        (answer.status, fields(&answer)),
        (
            422,
            vec![("/password", "too_short"), ("/confirmation", "mismatch")]
        )
    );
    assert_eq!(door.log_in("ada@example.org", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn the_list_of_browsers_tells_which_is_which_and_each_can_be_signed_out() {
    let door = Door::open().await;
    let first = door.set_up("ada@example.org").await.token();
    door.advance(Duration::from_secs(60));
    let here = door.log_in("ada@example.org", PASSWORD).await.token();
    door.create_user("bob@example.org").await.unwrap();
    let bobs = door.log_in("bob@example.org", PASSWORD).await.token();
    let before = door.recorded().await.len();

    let list = async |token: &Option<String>| {
        let answer = door.get("/api/me/sessions", token.as_deref()).await;
        answer.body["data"].as_array().unwrap().clone()
    };
    let mine = list(&here).await;
    assert_eq!(mine.len(), 2);
    assert_eq!(
        (&mine[0]["current"], &mine[1]["current"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(mine[0]["user_agent"], "test browser");
    assert!(mine[0]["signed_in_at"].as_str() > mine[1]["signed_in_at"].as_str());
    assert!(mine[0]["expires_at"].as_str() > mine[0]["signed_in_at"].as_str());

    let other = mine[1]["id"].as_str().unwrap();
    let path = format!("/api/me/sessions/{other}");
    let end = async |token: &Option<String>| door.send("DELETE", &path, token.as_deref(), &json!({})).await;
    assert_eq!(end(&bobs).await.body["code"], "not_found", "of somebody else");
    assert_eq!(door.get("/api/me", first.as_deref()).await.status, 200);
    assert_eq!(end(&here).await.status, 204);
    assert_eq!(door.get("/api/me", first.as_deref()).await.status, 401);
    assert_eq!(end(&here).await.status, 404);
    assert_eq!(list(&here).await.len(), 1);

    let own = format!("/api/me/sessions/{}", mine[0]["id"].as_str().unwrap());
    let gone = door.send("DELETE", &own, here.as_deref(), &json!({})).await;
    assert!(gone.set_cookie.unwrap().contains("Max-Age=0"));
    assert_eq!(
        door.recorded().await[before..],
        [UserLoggedOut::TYPE, UserLoggedOut::TYPE]
    );
}

#[tokio::test]
async fn an_operators_link_sets_a_password_once_within_an_hour() {
    let door = Door::open().await;
    let token = door.set_up("ada@example.org").await.token();
    let old = door.reset_link("ada@example.org").await.unwrap();
    let link = door.reset_link("ADA@example.org").await.unwrap();
    let before = door.recorded().await.len();
    let reset = async |token: &str, password: &str| {
        let mut body = wanted(password);
        body["token"] = json!(token);
        door.post("/api/auth/password/reset", None, &body).await
    };
    assert_eq!(
        reset(&old, NEW).await.body["code"],
        "invalid_token",
        "a newer one was made"
    );
    assert_eq!(reset("nonsense", NEW).await.status, 422);
    assert_eq!(fields(&reset(&link, "short").await), [("/password", "too_short")]);
    assert_eq!(door.recorded().await.len(), before);
    assert_eq!(reset(&link, NEW).await.status, 204);
    assert_eq!(
        reset(&link, NEW).await.body["code"],
        "invalid_token",
        "it was used"
    );
    assert_eq!(door.get("/api/me", token.as_deref()).await.status, 401);
    assert_eq!(door.log_in("ada@example.org", NEW).await.status, 200);
    let told: UserPasswordChanged = door.events().await[before].decode().unwrap();
    assert_eq!(told.method, PasswordChange::Admin);

    let late = door.reset_link("ada@example.org").await.unwrap();
    door.advance(Duration::from_secs(60 * 60));
    assert_eq!(reset(&late, NEW).await.body["code"], "invalid_token", "too old");
}

#[tokio::test]
async fn of_two_who_use_a_link_at_once_one_sets_the_password() {
    let door = Door::open().await;
    door.set_up("ada@example.org").await;
    let link = door.reset_link("ada@example.org").await.unwrap();
    let reset = async |password: &str| {
        let mut body = wanted(password);
        body["token"] = json!(link);
        door.post("/api/auth/password/reset", None, &body).await.status
    };
    let (one, two) = tokio::join!(reset(NEW), reset("another good password"));
    let mut statuses = [one, two];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 422]);
}

#[tokio::test]
async fn no_link_is_made_for_an_unknown_or_suspended_account() {
    let door = Door::open().await;
    door.set_up("ada@example.org").await;
    let unknown = Err("no account has this address".to_owned());
    assert_eq!(door.reset_link("eve@example.org").await, unknown);
    let link = door.reset_link("ada@example.org").await.unwrap();
    door.set_status("suspended").await;
    assert_eq!(door.reset_link("ada@example.org").await, unknown);
    let mut body = wanted(NEW);
    body["token"] = json!(link);
    let answer = door.post("/api/auth/password/reset", None, &body).await;
    assert_eq!(answer.body["code"], "invalid_token");
}

#[tokio::test]
async fn the_old_password_opens_no_session_beside_its_change() {
    let door = Door::open().await;
    let mut here = door.set_up("ada@example.org").await.token();
    let mut old = PASSWORD.to_owned();
    for round in 0..4 {
        let new = format!("a better password, number {round}");
        let body = wanted(&new);
        let (changed, beside) = tokio::join!(
            door.send("PUT", "/api/me/password", here.as_deref(), &body),
            door.log_in("ada@example.org", &old)
        );
        assert_eq!(changed.status, 200);
        // Either it came too late, or what it opened has ended.
        match beside.status {
            200 => assert_eq!(door.get("/api/me", beside.token().as_deref()).await.status, 401),
            status => assert_eq!(status, 401),
        }
        (here, old) = (changed.token(), new);
    }
}
