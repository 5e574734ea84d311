//! Whose account it is.

use serde_json::{Value, json};

use super::visitor::{House, refused};
use crate::tests::harness::{PASSWORD, account};
use crate::{Registration, Settings};

async fn me(house: &House, session: &str) -> Value {
    house.door.get("/api/me", Some(session)).await.body["data"]["user"].clone()
}

#[tokio::test]
async fn a_first_sign_in_makes_an_account_and_a_later_one_finds_it_whatever_its_address() {
    let house = House::open().await;
    let methods = house.door.get("/api/auth/methods", None).await.body;
    assert_eq!(methods["data"]["methods"], json!(["password", "oidc"]));
    assert_eq!(
        methods["data"]["providers"],
        json!([{"slug": "home", "label": "Home"}])
    );
    let before = house.door.recorded().await.len();
    let session = house.sign_in_well(json!({})).await;
    let ada = me(&house, &session).await;
    assert_eq!(
        (&ada["email"], &ada["first_name"], &ada["last_name"]),
        (&json!("ada@example.org"), &json!("Ada"), &json!("Byron"))
    );
    assert_eq!(
        house.recorded_since(before).await,
        [
            "user_registered",
            "user_confirmed",
            "external_identity_linked",
            "user_logged_in"
        ]
    );
    let events = house.door.events().await;
    let actors = &events[before..];
    assert!(
        actors
            .iter()
            .all(|event| event.actor_id.map(|id| id.to_string()).as_deref() == ada["id"].as_str())
    );
    assert!(
        !events.iter().any(|event| event.data.contains("ada-1")),
        "subjects are sealed"
    );

    let before = house.door.recorded().await.len();
    let session = house
        .sign_in_well(json!({"email": "new@example.org", "given_name": "Augusta"}))
        .await;
    assert_eq!(me(&house, &session).await, ada, "a subject is who somebody is");
    assert_eq!(house.recorded_since(before).await, ["user_logged_in"]);
    let password = house.door.log_in("ada@example.org", PASSWORD).await;
    assert_eq!(password.body["code"], "invalid_credentials");
}

#[tokio::test]
async fn a_verified_address_leads_to_the_account_that_has_it_and_another_does_not() {
    let house = House::open().await;
    house.door.create_user("ada@example.org").await.unwrap();
    for unverified in [json!({"email_verified": false}), json!({"email_verified": null})] {
        assert_eq!(
            house.sign_in(unverified).await,
            refused("sso_not_allowed", "unverified")
        );
    }
    let before = house.door.recorded().await.len();
    let session = house.sign_in_well(json!({})).await;
    assert_eq!(
        me(&house, &session).await["last_name"],
        "Babbage",
        "the account there was"
    );
    assert_eq!(
        house.recorded_since(before).await,
        ["external_identity_linked", "user_logged_in"]
    );
    assert_eq!(house.door.log_in("ada@example.org", PASSWORD).await.status, 200);
    house.sign_in_well(json!({"email_verified": false})).await;
}

#[tokio::test]
async fn a_password_that_a_stranger_chose_before_opens_nothing_afterwards() {
    let house = House::with(
        Settings {
            registration: Registration::Open,
            ..Settings::default()
        },
        json!({}),
    )
    .await;
    let registered = house
        .door
        .post("/api/auth/register", None, &account("ada@example.org"))
        .await;
    assert_eq!(registered.status, 202);
    let list = house.door.get("/api/admin/users", Some(&house.owner)).await.body;
    let id = list["data"][1]["id"].as_str().unwrap().to_owned();
    let link = house
        .door
        .post(
            &format!("/api/admin/users/{id}/confirmation-link"),
            Some(&house.owner),
            &json!({}),
        )
        .await;
    let link = link.body["data"]["link"].as_str().unwrap().to_owned();
    let before = house.door.recorded().await.len();
    let session = house.sign_in_well(json!({})).await;
    assert_eq!(me(&house, &session).await["id"], id.as_str());
    assert_eq!(
        house.recorded_since(before).await,
        ["user_confirmed", "external_identity_linked", "user_logged_in"]
    );
    assert_eq!(
        house.door.log_in("ada@example.org", PASSWORD).await.body["code"],
        "invalid_credentials"
    );
    let token = link.split_once('#').unwrap().1;
    let confirm = json!({"token": token, "password": PASSWORD});
    let confirmed = house.door.post("/api/auth/confirm", None, &confirm).await;
    assert_eq!(confirmed.body["code"], "invalid_or_expired");
}

#[tokio::test]
async fn accounts_are_made_only_where_provider_and_instance_allow_it() {
    let house = House::with(Settings::default(), json!({"may_create_accounts": false})).await;
    let nobody = || refused("sso_not_allowed", "no_account");
    assert_eq!(house.sign_in(json!({})).await, nobody());
    house.change(json!({"may_create_accounts": true})).await;
    assert_eq!(
        house.sign_in(json!({"email_verified": false})).await,
        refused("sso_not_allowed", "unverified"),
        "the provider itself doubts the address"
    );
    house.sign_in_well(json!({"email_verified": null})).await;

    let closed = Settings {
        registration: Registration::Closed,
        ..Settings::default()
    };
    let house = House::with(closed, json!({})).await;
    assert_eq!(house.sign_in(json!({})).await, nobody());
    house.door.create_user("ada@example.org").await.unwrap();
    house.sign_in_well(json!({})).await;
}

#[tokio::test]
async fn a_closed_account_stays_closed() {
    let house = House::open().await;
    house.sign_in_well(json!({})).await;
    house.door.set_status("suspended").await;
    let before = house.door.recorded().await.len();
    assert_eq!(
        house.sign_in(json!({})).await,
        refused("sso_not_allowed", "closed")
    );
    assert_eq!(
        house
            .sign_in(json!({"sub": "owner-2", "email": "owner@example.org"}))
            .await,
        refused("sso_not_allowed", "closed")
    );
    assert!(house.recorded_since(before).await.is_empty());
}

#[tokio::test]
async fn nothing_leads_into_a_deleted_account_and_who_comes_again_is_somebody_new() {
    let house = House::open().await;
    let session = house.sign_in_well(json!({})).await;
    let before = me(&house, &session).await["id"].clone();
    let deleted = house
        .door
        .send("DELETE", "/api/me", Some(&session), &json!({}))
        .await;
    assert_eq!(deleted.status, 204);
    let session = house.sign_in_well(json!({})).await;
    assert_ne!(me(&house, &session).await["id"], before);
}
