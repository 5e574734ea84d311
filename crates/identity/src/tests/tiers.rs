//! Which membership people have.

use althing_backbone::DomainEvent;
use althing_events::identity::{Tier, UserTierChanged};
use serde_json::json;

use super::harness::Door;
use crate::resolve;

#[tokio::test]
async fn an_operator_gives_a_tier_and_takes_it_away() {
    let door = Door::open().await;
    let owner = door.set_up("ada@example.org").await.token();
    door.create_user("bob@example.org").await.unwrap();
    let users = door.get("/api/admin/users", owner.as_deref()).await;
    let bob = users.body["data"][1]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/admin/users/{bob}/tier");
    let before = door.recorded().await.len();
    let monthly = json!({"tier": "monthly", "valid_until": "2030-01-01T00:00:00Z"});
    for _ in 0..2 {
        assert_eq!(
            door.send("PUT", &path, owner.as_deref(), &monthly).await.status,
            204
        );
    }
    assert_eq!(
        door.recorded().await[before..],
        [UserTierChanged::TYPE],
        "the same is no change"
    );
    let told: UserTierChanged = door.events().await[before].decode().unwrap();
    assert_eq!((told.old_tier, told.new_tier), (None, Some(Tier::Monthly)));
    assert!(told.by.is_some() && told.new_valid_until.is_some());
    let users = door.get("/api/admin/users", owner.as_deref()).await;
    assert_eq!(
        (
            &users.body["data"][1]["tier"],
            &users.body["data"][1]["valid_until"]
        ),
        (&json!("monthly"), &json!("2030-01-01T00:00:00.000000Z"))
    );
    let bobs = door
        .log_in("bob@example.org", super::harness::PASSWORD)
        .await
        .token();
    let bobs = bobs.unwrap();
    let membership = async || {
        resolve(&door.state.backbone, &bobs)
            .await
            .unwrap()
            .unwrap()
            .actor
            .membership
    };
    assert_eq!(membership().await.unwrap().tier, Tier::Monthly);
    assert_eq!(
        door.send("PUT", &path, owner.as_deref(), &json!({})).await.status,
        204
    );
    assert_eq!(membership().await, None);
    for (body, field) in [
        (json!({"tier": "gold"}), "/tier"),
        (json!({"tier": "free", "valid_until": "soon"}), "/valid_until"),
        (json!({"valid_until": "2030-01-01T00:00:00Z"}), "/valid_until"),
    ] {
        let refused = door.send("PUT", &path, owner.as_deref(), &body).await;
        assert_eq!(
            (refused.status, &refused.body["errors"][0]["field"]),
            (422, &json!(field))
        );
    }
    let nobody = "/api/admin/users/0190a6c2-5d4e-7b3a-9c1f-2e6d8a4b7f99/tier";
    assert_eq!(
        door.send("PUT", nobody, owner.as_deref(), &monthly).await.status,
        404
    );
}

#[tokio::test]
async fn keys_are_made_where_the_tier_has_them() {
    let door = Door::open().await;
    let answer = door.set_up("ada@example.org").await;
    let (owner, id) = (
        answer.token(),
        answer.body["data"]["user"]["id"].as_str().unwrap().to_owned(),
    );
    let key = json!({"name": "A program", "scopes": ["*"], "workspaces": []});
    let tier = format!("/api/admin/users/{id}/tier");
    let make = async |body| {
        assert_eq!(door.send("PUT", &tier, owner.as_deref(), &body).await.status, 204);
        let made = door.post("/api/api-keys", owner.as_deref(), &key).await;
        (made.status, made.body)
    };
    let (status, refused) = make(json!({"tier": "monthly"})).await;
    assert_eq!((status, &refused["code"]), (403, &json!("feature_not_included")));
    assert_eq!(
        (&refused["feature"], &refused["required_tier"]),
        (&json!("api_keys"), &json!("annual"))
    );
    let ended = json!({"tier": "annual", "valid_until": "2001-01-01T00:00:00Z"});
    let (status, refused) = make(ended).await;
    assert_eq!((status, &refused["code"]), (403, &json!("membership_expired")));
    let (_, refused) = make(json!({"tier": "none"})).await;
    assert_eq!(refused["code"], "membership_required");
    assert_eq!(make(json!({"tier": "annual"})).await.0, 201);
}
