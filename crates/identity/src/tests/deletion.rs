//! The end of an account.

use std::time::Duration;

use althing_backbone::{DomainEvent, ERASED, sql};
use althing_events::identity::{
    MemberInvited, MemberRemoved, RemovalReason, UserDeleted, UserLoggedIn, UserRegistered,
};
use serde_json::{Value, json};

use super::harness::{Answered, Door, PASSWORD};

async fn delete(door: &Door, token: &str) -> Answered {
    door.send("DELETE", "/api/me", Some(token), &json!({})).await
}

/// Bob is an admin of Ada's workspace and has a key.
async fn office() -> (Door, String, String) {
    let door = Door::open().await;
    let owner = door.set_up("ada@example.org").await.token().unwrap();
    door.create_user("bob@example.org").await.unwrap();
    let bob = door.log_in("bob@example.org", PASSWORD).await.token().unwrap();
    let name = json!({"name": "Engines"});
    door.post("/api/workspaces", Some(&owner), &name).await;
    let body = json!({"email": "bob@example.org", "role": "admin"});
    let invited = door
        .post("/api/workspaces/engines/members", Some(&owner), &body)
        .await;
    let id = invited.body["data"]["member"]["id"].as_str().unwrap();
    let accept = format!("/api/workspaces/engines/invitations/{id}/accept");
    assert_eq!(door.post(&accept, Some(&bob), &json!({})).await.status, 200);
    let key = json!({"name": "Bobs reports", "scopes": ["decisions:read"]});
    assert_eq!(door.post("/api/api-keys", Some(&bob), &key).await.status, 201);
    (door, owner, bob)
}

#[tokio::test]
async fn a_deleted_account_leaves_its_places_and_nothing_tells_who_it_was() {
    let (door, owner, bob) = office().await;
    let before = door.recorded().await.len();
    let gone = delete(&door, &bob).await;
    assert_eq!(gone.status, 204, "{}", gone.body);
    assert!(gone.set_cookie.unwrap().contains("Max-Age=0"));
    assert_eq!(
        door.recorded().await[before..],
        [MemberRemoved::TYPE, UserDeleted::TYPE]
    );
    let events = door.events().await;
    let removed: MemberRemoved = events[before].decode().unwrap();
    assert_eq!(removed.reason, RemovalReason::UserDeleted);
    assert_eq!(events[before].workspace_id, Some(removed.workspace_id.0));
    assert_eq!(events[before + 1].workspace_id, None);
    assert_eq!(door.get("/api/me", Some(&bob)).await.status, 401);
    assert_eq!(door.log_in("bob@example.org", PASSWORD).await.status, 401);
    let members = door.get("/api/workspaces/engines/members", Some(&owner)).await;
    assert_eq!(members.body["meta"]["total"], 1);
    let users = door.get("/api/admin/users", Some(&owner)).await;
    assert_eq!(users.body["data"].as_array().unwrap().len(), 1);

    // The log stays, unreadable.
    for event in &events {
        let opened = match &*event.event_type {
            UserRegistered::TYPE => {
                door.state
                    .backbone
                    .open_event::<UserRegistered>(event)
                    .await
                    .unwrap()
                    .email
            }
            MemberInvited::TYPE => {
                door.state
                    .backbone
                    .open_event::<MemberInvited>(event)
                    .await
                    .unwrap()
                    .invitee_email
            }
            UserLoggedIn::TYPE => continue,
            _ => continue,
        };
        assert!(["ada@example.org", ERASED].contains(&opened.as_str()), "{opened}");
    }
    let db = door.state.backbone.db();
    let bodies: Vec<String> = sql("SELECT body FROM aggregate").all(db).await.unwrap();
    let accounts: Vec<String> =
        sql("SELECT email || ' ' || first_name || ' ' || last_name FROM user_account")
            .all(db)
            .await
            .unwrap();
    let places: Vec<String> = sql("SELECT email FROM workspace_member").all(db).await.unwrap();
    for text in bodies.iter().chain(&accounts).chain(&places) {
        assert!(!text.contains("bob@") && !text.contains("Babbage"), "{text}");
    }
    assert!(!bodies.iter().any(|body| body.contains("Bobs reports")));
    assert_eq!(door.count("api_key").await, 0);
    assert_eq!(door.count("user_token").await, 1, "the owner's");

    door.create_user("bob@example.org").await.unwrap();
    assert_eq!(
        door.log_in("bob@example.org", PASSWORD).await.status,
        200,
        "the address is free"
    );
}

#[tokio::test]
async fn who_owns_something_cannot_go() {
    let (door, owner, bob) = office().await;
    let refused = delete(&door, &owner).await;
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (409, &json!("instance_owner"))
    );
    for name in ["Looms", "Archive"] {
        door.post("/api/workspaces", Some(&bob), &json!({ "name": name }))
            .await;
    }
    door.post("/api/workspaces/archive/archive", Some(&bob), &json!({}))
        .await;
    let before = door.recorded().await.len();
    let refused = delete(&door, &bob).await;
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (409, &json!("owns_workspaces"))
    );
    let named: Vec<&Value> = refused.body["workspaces"]
        .as_array()
        .unwrap()
        .iter()
        .map(|workspace| &workspace["slug"])
        .collect();
    assert_eq!(named, ["archive", "looms"]);
    assert_eq!(door.recorded().await.len(), before);
    assert_eq!(door.get("/api/me", Some(&bob)).await.status, 200);
}

#[tokio::test]
async fn an_account_is_deleted_only_after_a_fresh_sign_in() {
    let (door, _, bob) = office().await;
    door.advance(Duration::from_secs(20 * 60));
    let stale = delete(&door, &bob).await;
    assert_eq!(
        (stale.status, &stale.body["code"]),
        (403, &json!("reauthenticate"))
    );
    let confirm = json!({ "password": PASSWORD });
    door.post("/api/auth/reauthenticate", Some(&bob), &confirm).await;
    assert_eq!(delete(&door, &bob).await.status, 204);
}
