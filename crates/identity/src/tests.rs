//! Identity over its router on a throw-away database: who gets in, what is told.

mod deletion;
mod email_change;
pub(crate) mod harness;
mod instance_settings;
mod login_link;
mod mails;
mod own_account;
mod registration;
mod tiers;
mod timers;
mod workspaces;

use std::time::Duration;

use althing_backbone::DomainEvent;
use althing_backbone::sql;
use althing_events::identity::{UserConfirmed, UserLoggedIn, UserLoggedOut, UserRegistered};
use serde_json::json;

use harness::{Answered, Door, PASSWORD};

#[tokio::test]
async fn the_first_account_is_the_owners_and_is_signed_in() {
    let door = Door::open().await;
    assert_eq!(
        door.get("/api/auth/methods", None).await.body["data"],
        json!({"setup_required": true, "methods": ["password"], "providers": [], "registration": "invite", "mail": false})
    );
    let answer = door.set_up("Ada@Example.org").await;
    assert_eq!(answer.status, 201);
    let user = &answer.body["data"]["user"];
    assert_eq!(
        (&user["email"], &user["instance_role"]),
        (&json!("ada@example.org"), &json!("owner"))
    );
    assert_eq!(
        user.as_object().unwrap().len(),
        5,
        "id, names, address and role: {user}"
    );
    let cookie = answer.set_cookie.clone().unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"),
        "{cookie}"
    );
    assert!(
        !cookie.contains("Secure") && !cookie.contains("Max-Age"),
        "{cookie}"
    );
    let me = door.get("/api/me", answer.token().as_deref()).await;
    assert_eq!(me.body, json!({"data": answer.body["data"]}));
    assert_eq!(
        door.recorded().await,
        [UserRegistered::TYPE, UserConfirmed::TYPE, UserLoggedIn::TYPE]
    );
    assert_eq!(
        door.get("/api/auth/methods", None).await.body["data"]["setup_required"],
        false
    );
}

#[tokio::test]
async fn every_event_of_the_setup_names_the_owner_as_actor_and_hides_what_is_personal() {
    let door = Door::open().await;
    let owner = door.set_up("ada@example.org").await.body["data"]["user"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let events = door.events().await;
    for event in &events {
        assert_eq!(event.actor_id.unwrap().to_string(), owner);
        assert_eq!(event.aggregate_id.to_string(), owner);
        assert_eq!(event.correlation_id, events[0].correlation_id);
        for secret in ["ada@example.org", "Ada", "Lovelace", "test browser"] {
            assert!(!event.data.contains(secret), "{secret} in {}", event.event_type);
        }
    }
    let opened: UserLoggedIn = door.state.backbone.open_event(&events[2]).await.unwrap();
    assert_eq!(opened.user_agent.as_deref(), Some("test browser"));
    assert_eq!(opened.ip_hash.unwrap().len(), 32);
}

#[tokio::test]
async fn of_two_setups_at_once_one_wins() {
    let door = Door::open().await;
    let (one, two) = tokio::join!(door.set_up("ada@example.org"), door.set_up("bob@example.org"));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    let loser = if one.status == 409 { one } else { two };
    assert_eq!(loser.body["code"], "setup_done");
    assert!(loser.set_cookie.is_none());
    assert_eq!(door.count("user_account").await, 1);
    assert_eq!(door.count("user_token").await, 1);
    assert_eq!(door.recorded().await.len(), 3);
    assert_eq!(door.set_up("eve@example.org").await.body["code"], "setup_done");
}

#[tokio::test]
async fn a_setup_with_wrong_fields_records_nothing_and_names_each() {
    let door = Door::open().await;
    let body = json!({"first_name": " ", "last_name": "L", "email": "nobody", "password": "short"});
    let answer = door.post("/api/setup", None, &body).await;
    let fields: Vec<_> = answer.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["field"].clone())
        .collect();
    assert_eq!(
        (answer.status, fields),
        (
            422,
            vec![json!("/first_name"), json!("/email"), json!("/password")]
        )
    );
    assert_eq!(door.recorded().await, [""; 0]);
    assert_eq!(door.count("user_account").await, 0);
}

#[tokio::test]
async fn a_configured_setup_token_is_wanted() {
    let door = Door::with_setup_token("swordfish").await;
    assert_eq!(door.set_up("ada@example.org").await.body["code"], "forbidden");
    let mut body = harness::account("ada@example.org");
    body["token"] = json!("swordfish");
    assert_eq!(door.post("/api/setup", None, &body).await.status, 201);
}

#[tokio::test]
async fn whoever_may_not_sign_in_reads_the_same_words() {
    let door = Door::open().await;
    door.set_up("ada@example.org").await;
    let before = door.recorded().await.len();
    let wrong = door.log_in("ada@example.org", "not the password").await;
    let unknown = door.log_in("eve@example.org", PASSWORD).await;
    let no_address = door.log_in("eve", PASSWORD).await;
    for answer in [&wrong, &unknown, &no_address] {
        assert_eq!(
            (answer.status, &answer.body["code"]),
            (401, &json!("invalid_credentials"))
        );
        assert_eq!(answer.body["detail"], wrong.body["detail"]);
        assert!(answer.set_cookie.is_none());
    }
    door.set_status("suspended").await;
    assert_eq!(
        door.log_in("ada@example.org", PASSWORD).await.body["detail"],
        wrong.body["detail"]
    );
    assert_eq!(door.recorded().await.len(), before, "a refusal records nothing");
}

#[tokio::test]
async fn signing_in_makes_a_new_session_and_signing_out_ends_only_that() {
    let door = Door::open().await;
    let first = door.set_up("ada@example.org").await;
    let second = door.log_in(" ADA@example.org ", PASSWORD).await;
    assert_eq!(second.status, 200);
    assert_ne!(first.token(), second.token());
    assert_ne!(
        first.body["data"]["csrf_token"],
        second.body["data"]["csrf_token"]
    );
    let out = door
        .post("/api/auth/logout", second.token().as_deref(), &json!({}))
        .await;
    assert_eq!(out.status, 204);
    assert!(out.set_cookie.unwrap().contains("Max-Age=0"));
    assert_eq!(door.get("/api/me", second.token().as_deref()).await.status, 401);
    assert_eq!(door.get("/api/me", first.token().as_deref()).await.status, 200);
    let again = door
        .post("/api/auth/logout", second.token().as_deref(), &json!({}))
        .await;
    assert_eq!(again.body["code"], "unauthenticated");
    assert_eq!(
        door.recorded().await[3..],
        [UserLoggedIn::TYPE, UserLoggedOut::TYPE]
    );
}

#[tokio::test]
async fn a_suspended_user_is_out_at_once() {
    let door = Door::open().await;
    let token = door.set_up("ada@example.org").await.token();
    door.set_status("suspended").await;
    assert_eq!(
        door.get("/api/me", token.as_deref()).await.body["code"],
        "unauthenticated"
    );
    door.set_status("active").await;
    assert_eq!(door.get("/api/me", token.as_deref()).await.status, 200);
}

#[tokio::test]
async fn a_session_ends_after_fourteen_days_and_is_renewed_from_the_seventh() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let door = Door::open().await;
    door.set_up("ada@example.org").await;
    let kept = door.log_in_remembered("ada@example.org").await;
    assert!(kept.set_cookie.as_ref().unwrap().contains("Max-Age=1209600"));
    let left = door.log_in("ada@example.org", PASSWORD).await.token();
    door.advance(6 * DAY);
    assert_eq!(
        door.get("/api/me", kept.token().as_deref()).await.set_cookie,
        None
    );
    door.advance(DAY);
    let renewed = door.get("/api/me", kept.token().as_deref()).await;
    assert_eq!(
        renewed.body["data"]["csrf_token"],
        kept.body["data"]["csrf_token"]
    );
    assert!(renewed.set_cookie.as_ref().unwrap().contains("Max-Age=1209600"));
    assert_ne!(renewed.token(), kept.token());
    let under_way = door.get("/api/me", kept.token().as_deref()).await;
    assert_eq!(
        (under_way.status, under_way.set_cookie),
        (200, None),
        "the token before is taken for a minute"
    );
    door.advance(Duration::from_secs(61));
    assert_eq!(door.get("/api/me", kept.token().as_deref()).await.status, 401);
    door.advance(7 * DAY);
    assert_eq!(
        door.get("/api/me", left.as_deref()).await.status,
        401,
        "never renewed, fourteen days old"
    );
    assert_eq!(door.get("/api/me", renewed.token().as_deref()).await.status, 200);
    let rows = door.count("user_token").await;
    door.log_in("ada@example.org", PASSWORD).await;
    assert_eq!(
        door.count("user_token").await,
        rows - 1,
        "two expired ones went, one came"
    );
}

#[tokio::test]
async fn the_eleventh_attempt_within_a_quarter_of_an_hour_waits() {
    let door = Door::open().await;
    door.set_up("ada@example.org").await;
    for attempt in 1..=10 {
        assert_eq!(
            door.log_in("ada@example.org", "wrong password").await.status,
            401,
            "attempt {attempt}"
        );
    }
    let refused = door.log_in("ada@example.org", PASSWORD).await;
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (429, &json!("too_many_requests"))
    );
    assert_eq!(refused.retry_after, Some(900));
    assert_eq!(
        door.log_in("bob@example.org", PASSWORD).await.status,
        401,
        "another account is not concerned"
    );
    door.advance(Duration::from_secs(901));
    assert_eq!(door.log_in("ada@example.org", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn the_database_holds_neither_password_nor_token() {
    let door = Door::open().await;
    let answer: Answered = door.set_up("ada@example.org").await;
    let token = answer.token().unwrap();
    let body: String = sql("SELECT body FROM aggregate WHERE kind = 'user'")
        .one(door.state.backbone.db())
        .await
        .unwrap();
    assert!(body.contains("$argon2id$") && !body.contains(PASSWORD));
    let stored: String = sql("SELECT token_hash FROM user_token")
        .one(door.state.backbone.db())
        .await
        .unwrap();
    assert_eq!(stored, crate::secret::sha256(token.as_bytes()));
}

#[tokio::test]
async fn the_operator_makes_further_accounts_once_there_is_an_owner() {
    let door = Door::open().await;
    assert_eq!(
        door.create_user("bob@example.org").await,
        Err("set up the instance first: its first account is the owner's".into())
    );
    assert_eq!(door.recorded().await, [""; 0]);
    door.set_up("ada@example.org").await;
    door.create_user("Bob@example.org").await.unwrap();
    assert_eq!(
        door.create_user("bob@example.org").await,
        Err("another account has this address".into())
    );
    let bob = door.log_in("bob@example.org", PASSWORD).await;
    assert_eq!(bob.body["data"]["user"]["instance_role"], "user");
    assert_eq!(
        door.recorded().await[3..],
        [UserRegistered::TYPE, UserConfirmed::TYPE, UserLoggedIn::TYPE]
    );
    let created = &door.events().await[3];
    assert_eq!(
        (created.actor_id, created.metadata.contains("command line")),
        (None, true)
    );
}

#[tokio::test]
async fn two_accounts_with_one_address_at_once_make_one() {
    let door = Door::open().await;
    door.set_up("ada@example.org").await;
    let (one, two) = tokio::join!(
        door.create_user("bob@example.org"),
        door.create_user("bob@example.org")
    );
    assert_eq!([one.is_ok(), two.is_ok()].iter().filter(|ok| **ok).count(), 1);
    assert_eq!(door.count("user_account").await, 2);
}
