//! Coming to have an account, and what operators do with accounts.

use std::time::Duration;

use althing_backbone::DomainEvent;
use althing_events::identity::{
    MemberJoined, UserConfirmed, UserLoggedIn, UserReactivated, UserRegistered, UserSuspended,
};
use serde_json::{Value, json};

use super::harness::{Answered, Door, PASSWORD};
use crate::{Registration, Settings};

fn newcomer(email: &str, token: Option<&str>) -> Value {
    json!({"first_name": "Zoe", "last_name": "Zuse", "email": email, "password": PASSWORD, "invitation_token": token})
}

fn refusal(answer: &Answered) -> (u16, &str) {
    (answer.status, answer.body["code"].as_str().unwrap_or_default())
}

async fn instance(registration: Registration) -> (Door, String) {
    let door = Door::with(Settings {
        registration,
        ..Settings::default()
    })
    .await;
    let owner = door.set_up("ada@example.org").await.token().unwrap();
    (door, owner)
}

/// The secret of an invitation's link into a new workspace.
async fn invited(door: &Door, owner: &str, email: &str) -> String {
    door.post("/api/workspaces", Some(owner), &json!({"name": "Engines"}))
        .await;
    let body = json!({"email": email, "role": "member"});
    let invited = door
        .post("/api/workspaces/engines/members", Some(owner), &body)
        .await;
    let link = invited.body["data"]["link"].as_str().unwrap();
    link.split_once('#').unwrap().1.to_owned()
}

async fn id_of(door: &Door, owner: &str, email: &str) -> String {
    let users = door.get("/api/admin/users", Some(owner)).await;
    let users = users.body["data"].as_array().unwrap().clone();
    let user = users.iter().find(|user| user["email"] == email).unwrap();
    user["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn whoever_was_invited_registers_signs_in_and_joins_at_once() {
    let (door, owner) = instance(Registration::Invite).await;
    let token = invited(&door, &owner, "zoe@example.org").await;
    let before = door.recorded().await.len();
    let other = door
        .post(
            "/api/auth/register",
            None,
            &newcomer("eve@example.org", Some(&token)),
        )
        .await;
    assert_eq!(
        (other.status, &other.body["errors"][0]["field"]),
        (422, &json!("/email"))
    );
    let done = door
        .post(
            "/api/auth/register",
            None,
            &newcomer("Zoe@example.org", Some(&token)),
        )
        .await;
    assert_eq!(done.status, 201);
    assert_eq!(done.body["data"]["workspace"]["slug"], "engines");
    assert_eq!(done.body["data"]["workspace"]["role"], "member");
    let me = done.token().unwrap();
    assert_eq!(door.get("/api/workspaces/engines", Some(&me)).await.status, 200);
    let told = door.recorded().await.split_off(before);
    assert_eq!(
        told,
        [
            UserRegistered::TYPE,
            UserConfirmed::TYPE,
            UserLoggedIn::TYPE,
            MemberJoined::TYPE
        ]
    );
    let events = door.events().await;
    let last = events.last().unwrap();
    assert!(last.workspace_id.is_some() && events[events.len() - 4].workspace_id.is_none());
    let again = door
        .post(
            "/api/auth/register",
            None,
            &newcomer("zoe@example.org", Some(&token)),
        )
        .await;
    assert_eq!(refusal(&again), (404, "invitation_not_found"));
}

#[tokio::test]
async fn a_link_for_an_address_with_an_account_makes_no_second_one() {
    let (door, owner) = instance(Registration::Invite).await;
    door.create_user("bob@example.org").await.unwrap();
    let token = invited(&door, &owner, "bob@example.org").await;
    let before = door.recorded().await.len();
    let taken = door
        .post(
            "/api/auth/register",
            None,
            &newcomer("bob@example.org", Some(&token)),
        )
        .await;
    assert_eq!(refusal(&taken), (409, "email_taken"));
    assert_eq!(door.recorded().await.len(), before);
}

#[tokio::test]
async fn without_an_invitation_the_mode_decides() {
    for (mode, with_link, without) in [
        (Registration::Invite, 201, 403),
        (Registration::Open, 201, 202),
        (Registration::Closed, 403, 403),
    ] {
        let (door, owner) = instance(mode).await;
        let token = invited(&door, &owner, "zoe@example.org").await;
        let methods = door.get("/api/auth/methods", None).await;
        assert_eq!(methods.body["data"]["registration"], mode.as_str());
        let by_link = door
            .post(
                "/api/auth/register",
                None,
                &newcomer("zoe@example.org", Some(&token)),
            )
            .await;
        assert_eq!(by_link.status, with_link, "{mode:?}");
        let alone = door
            .post("/api/auth/register", None, &newcomer("eve@example.org", None))
            .await;
        assert_eq!(alone.status, without, "{mode:?}");
        if without == 403 {
            assert_eq!(alone.body["code"], "registration_closed");
        }
    }
}

#[tokio::test]
async fn who_registers_alone_is_confirmed_by_a_link_with_a_password_typed_there() {
    let (door, owner) = instance(Registration::Open).await;
    let known = door
        .post("/api/auth/register", None, &newcomer("ada@example.org", None))
        .await;
    let new = door
        .post("/api/auth/register", None, &newcomer("zoe@example.org", None))
        .await;
    assert_eq!(
        (known.status, &known.body),
        (new.status, &new.body),
        "nobody can tell which address is known"
    );
    assert!(new.set_cookie.is_none());
    assert_eq!(
        door.log_in("zoe@example.org", PASSWORD).await.status,
        401,
        "not confirmed yet"
    );
    let id = id_of(&door, &owner, "zoe@example.org").await;
    let link = async || {
        let path = format!("/api/admin/users/{id}/confirmation-link");
        let made = door.post(&path, Some(&owner), &json!({})).await;
        made.body["data"]["link"]
            .as_str()
            .unwrap()
            .split_once("/confirm#")
            .unwrap()
            .1
            .to_owned()
    };
    let (first, second) = (link().await, link().await);
    let confirm = async |token: &str, password: &str| {
        door.post(
            "/api/auth/confirm",
            None,
            &json!({"token": token, "password": password}),
        )
        .await
    };
    assert_eq!(
        refusal(&confirm(&first, PASSWORD).await),
        (422, "invalid_or_expired"),
        "a newer link ends it"
    );
    assert_eq!(
        refusal(&confirm(&second, "short").await),
        (422, "validation_failed")
    );
    let done = confirm(&second, "another long password").await;
    assert_eq!(
        (done.status, &done.body["data"]["user"]["email"]),
        (200, &json!("zoe@example.org"))
    );
    assert!(done.token().is_some());
    assert_eq!(
        refusal(&confirm(&second, PASSWORD).await),
        (422, "invalid_or_expired")
    );
    assert_eq!(
        door.log_in("zoe@example.org", PASSWORD).await.status,
        401,
        "what somebody chose at the registration opens nothing"
    );
    assert_eq!(
        door.log_in("zoe@example.org", "another long password")
            .await
            .status,
        200
    );
    let path = format!("/api/admin/users/{id}/confirmation-link");
    let confirmed = door.post(&path, Some(&owner), &json!({})).await;
    assert_eq!(refusal(&confirmed), (409, "invalid_state_transition"));
}

#[tokio::test]
async fn a_copied_link_lives_for_a_day() {
    let (door, owner) = instance(Registration::Open).await;
    door.post("/api/auth/register", None, &newcomer("zoe@example.org", None))
        .await;
    let id = id_of(&door, &owner, "zoe@example.org").await;
    let path = format!("/api/admin/users/{id}/confirmation-link");
    let made = door.post(&path, Some(&owner), &json!({})).await;
    let token = made.body["data"]["link"]
        .as_str()
        .unwrap()
        .split_once('#')
        .unwrap()
        .1
        .to_owned();
    door.advance(Duration::from_secs(24 * 60 * 60));
    let late = door
        .post(
            "/api/auth/confirm",
            None,
            &json!({"token": token, "password": PASSWORD}),
        )
        .await;
    assert_eq!(refusal(&late), (422, "invalid_or_expired"));
}

#[tokio::test]
async fn a_suspended_account_is_out_at_once_and_back_when_it_is_opened() {
    let (door, owner) = instance(Registration::Invite).await;
    door.create_user("bob@example.org").await.unwrap();
    let bob = door.log_in("bob@example.org", PASSWORD).await.token().unwrap();
    assert_eq!(
        refusal(&door.get("/api/admin/users", Some(&bob)).await),
        (403, "forbidden")
    );
    let id = id_of(&door, &owner, "bob@example.org").await;
    for _ in 0..2 {
        let path = format!("/api/admin/users/{id}/suspend");
        assert_eq!(
            door.post(&path, Some(&owner), &json!({"reason": "left"}))
                .await
                .status,
            204
        );
    }
    assert_eq!(door.get("/api/me", Some(&bob)).await.status, 401);
    assert_eq!(
        refusal(&door.log_in("bob@example.org", PASSWORD).await),
        (401, "invalid_credentials")
    );
    for _ in 0..2 {
        let path = format!("/api/admin/users/{id}/reactivate");
        assert_eq!(door.post(&path, Some(&owner), &json!({})).await.status, 204);
    }
    assert_eq!(door.log_in("bob@example.org", PASSWORD).await.status, 200);
    let told = door.recorded().await;
    let count = |name: &str| told.iter().filter(|told| *told == name).count();
    assert_eq!((count(UserSuspended::TYPE), count(UserReactivated::TYPE)), (1, 1));
}

#[tokio::test]
async fn the_owner_and_oneself_cannot_be_suspended() {
    let (door, owner) = instance(Registration::Invite).await;
    let id = id_of(&door, &owner, "ada@example.org").await;
    let path = format!("/api/admin/users/{id}/suspend");
    assert_eq!(
        refusal(&door.post(&path, Some(&owner), &json!({})).await),
        (403, "forbidden")
    );
    let nobody = "/api/admin/users/0190a6c2-5d4e-7b3a-9c1f-2e6d8a4b7f99/suspend";
    assert_eq!(
        refusal(&door.post(nobody, Some(&owner), &json!({})).await),
        (404, "user_not_found")
    );
    assert_eq!(door.get("/api/me", Some(&owner)).await.status, 200);
}

#[tokio::test]
async fn an_operator_hands_on_a_link_for_a_forgotten_password() {
    let (door, owner) = instance(Registration::Invite).await;
    door.create_user("bob@example.org").await.unwrap();
    let id = id_of(&door, &owner, "bob@example.org").await;
    let path = format!("/api/admin/users/{id}/reset-link");
    let made = door.post(&path, Some(&owner), &json!({})).await;
    let token = made.body["data"]["link"]
        .as_str()
        .unwrap()
        .split_once("/reset#")
        .unwrap()
        .1
        .to_owned();
    let body =
        json!({"token": token, "password": "another long password", "confirmation": "another long password"});
    door.advance(Duration::from_secs(23 * 60 * 60));
    assert_eq!(
        door.post("/api/auth/password/reset", None, &body).await.status,
        204
    );
    assert_eq!(
        door.log_in("bob@example.org", "another long password")
            .await
            .status,
        200
    );
}
