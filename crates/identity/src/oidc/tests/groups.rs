//! What groups give, at each sign-in.

use serde_json::{Value, json};

use super::visitor::House;
use crate::Settings;

/// Ada's groups decide about "engines"; "ops" look after the instance.
async fn house() -> House {
    let house = House::with(Settings::default(), json!({"group_claim": "groups"})).await;
    for name in ["Engines", "Looms"] {
        let made = house
            .door
            .post("/api/workspaces", Some(&house.owner), &json!({"name": name}))
            .await;
        assert_eq!(made.status, 201);
    }
    let member = |group: &str, workspace: &str, role: &str| json!({"grants": "membership", "group": group, "workspace": workspace, "role": role});
    house
        .change(json!({"group_map": [
            member("staff", "engines", "guest"), member("makers", "engines", "admin"), member("weavers", "looms", "member"),
            {"grants": "instance_admin", "group": "ops"},
        ]}))
        .await;
    house
}

async fn roles(house: &House, session: &str) -> Vec<(String, String)> {
    let list = house.door.get("/api/workspaces", Some(session)).await.body;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut roles: Vec<(String, String)> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (text(&one["slug"]), text(&one["role"])))
        .collect();
    roles.sort();
    roles
}

fn pairs(wanted: &[(&str, &str)]) -> Vec<(String, String)> {
    wanted
        .iter()
        .map(|(slug, role)| ((*slug).to_owned(), (*role).to_owned()))
        .collect()
}

#[tokio::test]
async fn groups_give_places_change_roles_and_take_places_back() {
    let house = house().await;
    let before = house.door.recorded().await.len();
    let session = house
        .sign_in_well(json!({"groups": ["staff", "weavers", "others"]}))
        .await;
    assert_eq!(
        roles(&house, &session).await,
        pairs(&[("engines", "guest"), ("looms", "member")])
    );
    assert_eq!(
        house.recorded_since(before).await[3..],
        ["user_logged_in", "member_joined", "member_joined"]
    );
    let before = house.door.recorded().await.len();
    house.sign_in_well(json!({"groups": ["staff", "weavers"]})).await;
    assert_eq!(
        house.recorded_since(before).await,
        ["user_logged_in"],
        "nothing changed"
    );

    let before = house.door.recorded().await.len();
    let session = house.sign_in_well(json!({"groups": ["staff", "makers"]})).await;
    assert_eq!(roles(&house, &session).await, pairs(&[("engines", "admin")]));
    let mut told = house.recorded_since(before).await;
    told.sort();
    assert_eq!(told, ["member_removed", "member_role_changed", "user_logged_in"]);
    let removed = house.door.events().await;
    let removed = removed
        .iter()
        .rfind(|event| event.event_type.as_ref() == "identity.member_removed")
        .unwrap();
    let data: Value = serde_json::from_str(&removed.data).unwrap();
    assert_eq!(data["reason"], "oidc");

    house.fake.said().user_info = Some(json!({"sub": "ada-1"}));
    let session = house.sign_in_well(json!({})).await;
    assert_eq!(roles(&house, &session).await, pairs(&[]), "no groups, no places");
}

#[tokio::test]
async fn places_that_somebody_has_for_another_reason_stay_and_owners_stay_owners() {
    let house = house().await;
    let owner = json!({"sub": "owner-1", "email": "owner@example.org", "groups": ["staff"]});
    let session = house.sign_in_well(owner.clone()).await;
    let both = pairs(&[("engines", "owner"), ("looms", "owner")]);
    assert_eq!(roles(&house, &session).await, both);
    let mut nowhere = owner;
    nowhere["groups"] = json!([]);
    let session = house.sign_in_well(nowhere).await;
    assert_eq!(roles(&house, &session).await, both);

    // Ada is invited, comes by her group, and is made the owner of what the group gave her.
    let invited = json!({"email": "ada@example.org", "role": "member"});
    let members = "/api/workspaces/engines/members";
    let invited = house.door.post(members, Some(&house.owner), &invited).await;
    assert_eq!(invited.status, 201);
    let place = invited.body["data"]["member"]["id"].clone();
    let session = house.sign_in_well(json!({"groups": ["makers"]})).await;
    let list = house.door.get(members, Some(&session)).await.body;
    let all = list["data"].as_array().unwrap();
    assert_eq!(all.len(), 2, "the invitation became her place: {list}");
    assert!(all.iter().any(|one| one["id"] == place && one["role"] == "admin"));
    let transfer = json!({ "member_id": place });
    let transferred = house
        .door
        .post("/api/workspaces/engines/transfer", Some(&house.owner), &transfer)
        .await;
    assert_eq!(transferred.status, 200, "{}", transferred.body);
    let session = house.sign_in_well(json!({"groups": []})).await;
    assert_eq!(roles(&house, &session).await, pairs(&[("engines", "owner")]));
}

#[tokio::test]
async fn without_a_group_claim_and_in_archived_workspaces_nothing_is_followed() {
    let house = house().await;
    house.sign_in_well(json!({"groups": ["staff"]})).await;
    house.change(json!({"group_claim": ""})).await;
    let session = house.sign_in_well(json!({"groups": []})).await;
    assert_eq!(roles(&house, &session).await, pairs(&[("engines", "guest")]));
    house.change(json!({"group_claim": "groups"})).await;
    let archived = house
        .door
        .post("/api/workspaces/looms/archive", Some(&house.owner), &json!({}))
        .await;
    assert_eq!(archived.status, 200);
    let session = house.sign_in_well(json!({"groups": ["weavers", "staff"]})).await;
    assert_eq!(roles(&house, &session).await, pairs(&[("engines", "guest")]));
}

#[tokio::test]
async fn a_group_makes_admins_of_the_instance_and_unmakes_only_those() {
    let house = house().await;
    let role = async |claims: Value| {
        let session = house.sign_in_well(claims).await;
        let me = house.door.get("/api/me", Some(&session)).await.body;
        me["data"]["user"]["instance_role"].clone()
    };
    assert_eq!(role(json!({"groups": ["staff"]})).await, "user");
    let before = house.door.recorded().await.len();
    assert_eq!(role(json!({"groups": ["staff", "ops"]})).await, "admin");
    assert_eq!(
        house.recorded_since(before).await,
        ["user_updated", "user_logged_in"]
    );
    assert_eq!(role(json!({"groups": ["staff"]})).await, "user");
    let owner = json!({"sub": "owner-1", "email": "owner@example.org", "groups": []});
    assert_eq!(role(owner).await, "owner");
}
