//! Providers, as those who run the instance keep them.

use std::time::Duration;

use althing_backbone::sql;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::fake::SECRET;
use super::visitor::House;

const PROVIDERS: &str = "/api/admin/oidc-providers";

fn one(house: &House) -> String {
    format!("{PROVIDERS}/{}", house.provider["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_secret_is_stored_sealed_used_and_never_shown() {
    let house = House::open().await;
    let list = house.door.get(PROVIDERS, Some(&house.owner)).await.body;
    let seen = &list["data"][0];
    assert_eq!(
        (&seen["has_secret"], &seen["slug"], &seen["scopes"]),
        (&json!(true), &json!("home"), &json!(["profile", "email"]))
    );
    assert_eq!(
        seen["callback_url"],
        "http://localhost/api/auth/oidc/home/callback"
    );
    assert!(!list.to_string().contains(SECRET));
    let stored: String = sql("SELECT client_secret FROM oidc_provider")
        .one(house.door.state.backbone.db())
        .await
        .unwrap();
    assert!(!stored.contains(SECRET));
    let events = house.door.events().await;
    assert!(!events.iter().any(|event| event.data.contains(SECRET)));
}

#[tokio::test]
async fn what_changes_is_told_by_name_and_the_same_again_is_not_told() {
    let house = House::open().await;
    let before = house.door.recorded().await.len();
    house
        .change(json!({"label": "Our home", "scopes": ["email"]}))
        .await;
    house.change(json!({"label": "Our home"})).await;
    let removed = house
        .door
        .send("DELETE", &one(&house), Some(&house.owner), &json!({}))
        .await;
    assert_eq!(removed.status, 204);
    let keys: Vec<Value> = house.door.events().await[before..]
        .iter()
        .map(|event| serde_json::from_str::<Value>(&event.data).unwrap()["keys"].clone())
        .collect();
    assert_eq!(
        keys,
        [
            json!(["oidc_providers.home.label", "oidc_providers.home.scopes"]),
            json!(["oidc_providers.home"])
        ]
    );
    let gone = house
        .door
        .send("PATCH", &one(&house), Some(&house.owner), &json!({}))
        .await;
    assert_eq!(gone.body["code"], "oidc_provider_not_found");
    let start = house.door.visit("/api/auth/oidc/home/start", "").await;
    assert_eq!(
        start.headers()["location"],
        "/sign-in?error=sso_failed&reason=unknown_provider"
    );
}

#[tokio::test]
async fn all_that_is_wrong_with_a_provider_is_said_at_once() {
    let house = House::open().await;
    let send = async |method: &str, path: &str, body: Value| {
        let answer = house.door.send(method, path, Some(&house.owner), &body).await;
        let errors = answer.body["errors"].as_array().cloned().unwrap_or_default();
        let mut fields: Vec<String> = errors
            .iter()
            .map(|error| error["field"].as_str().unwrap().to_owned())
            .collect();
        fields.sort();
        (answer.status, fields)
    };
    let empty = send("POST", PROVIDERS, json!({})).await;
    let required = ["/client_id", "/issuer", "/label", "/slug"]
        .map(str::to_owned)
        .to_vec();
    assert_eq!(empty, (422, required));
    for issuer in [
        "http://id.example.org",
        "https://id.example.org?x",
        "https://a:b@id.example.org",
        "id",
    ] {
        let answer = send(
            "PATCH",
            &one(&house),
            json!({ "issuer": issuer, "client_secret": "x" }),
        )
        .await;
        assert_eq!(answer, (422, vec!["/issuer".to_owned()]), "{issuer}");
    }
    let rules = json!({"group_map": [
        {"grants": "membership", "group": " ", "workspace": "nowhere", "role": "owner"},
    ]});
    let fields = [
        "/group_map/0/group",
        "/group_map/0/role",
        "/group_map/0/workspace",
    ];
    let wrong = send("PATCH", &one(&house), rules).await;
    assert_eq!(wrong, (422, fields.map(str::to_owned).to_vec()));
    let moved = send("PATCH", &one(&house), json!({"issuer": "https://evil.example"})).await;
    assert_eq!(
        moved,
        (422, vec!["/client_secret".to_owned()]),
        "a secret goes only to whom it was entered for"
    );
    let renamed = send("PATCH", &one(&house), json!({"slug": "other"})).await;
    assert_eq!(renamed, (422, vec!["/slug".to_owned()]));
    let again = json!({"label": "Home", "issuer": house.fake.issuer, "client_id": "b"});
    let taken = house.door.post(PROVIDERS, Some(&house.owner), &again).await;
    assert_eq!((taken.status, &taken.body["code"]), (409, &json!("slug_taken")));
    house.door.advance(Duration::from_secs(20 * 60));
    let late = house.door.post(PROVIDERS, Some(&house.owner), &again).await;
    assert_eq!(late.body["code"], "reauthenticate");
}

#[tokio::test]
async fn a_test_tells_what_the_provider_says_or_why_it_says_nothing() {
    let house = House::open().await;
    let test = async || {
        let path = format!("{}/test", one(&house));
        house.door.post(&path, Some(&house.owner), &json!({})).await
    };
    let tested = test().await;
    assert_eq!(tested.status, 200, "{}", tested.body);
    let data = &tested.body["data"];
    assert_eq!(
        (
            &data["issuer"],
            &data["keys"],
            &data["algorithms"],
            &data["signs_as_needed"]
        ),
        (
            &json!(house.fake.issuer),
            &json!(1),
            &json!(["ES256"]),
            &json!(true)
        )
    );
    let other = format!("{}/elsewhere", house.fake.issuer);
    let failing = [
        (StatusCode::NOT_FOUND, String::new(), "404"),
        (StatusCode::FOUND, "{}".to_owned(), "302"),
        (StatusCode::OK, "x".repeat(1024 * 1024 + 1), "megabyte"),
        (StatusCode::OK, "{}".to_owned(), "cannot be read"),
    ];
    for (status, body, said) in failing {
        house.fake.said().instead = Some((status, other.clone(), body));
        let tested = test().await;
        assert_eq!(
            (tested.status, &tested.body["code"]),
            (502, &json!("sso_failed")),
            "{said}"
        );
        let detail = tested.body["detail"].as_str().unwrap();
        assert!(detail.contains(said), "{detail}");
    }
}
