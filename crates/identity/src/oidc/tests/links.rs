//! One's own linked accounts.

use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use super::visitor::{Came, House};
use crate::tests::harness::PASSWORD;

const IDENTITIES: &str = "/api/me/identities";

/// Goes to the provider to link, and comes back in the browser of `with`.
async fn link(house: &House, session: &str, with: &str, claims: Value) -> Came {
    let request = json!({"provider": "home"});
    let begun = house.door.post(IDENTITIES, Some(session), &request).await;
    assert_eq!(begun.status, 200, "{}", begun.body);
    let location = begun.body["data"]["location"].as_str().unwrap();
    let location = Url::parse(location).unwrap();
    let asked: std::collections::HashMap<String, String> = location.query_pairs().into_owned().collect();
    let cookie = begun.set_cookie.unwrap();
    let cookie = cookie.split(';').next().unwrap();
    let token = house.key.sign(&house.fake.claims(&asked["nonce"], claims));
    house.fake.said().token = token;
    let query = format!("code=good&state={}", asked["state"]);
    house
        .back_with(&query, &format!("{cookie}; althing_session={with}"))
        .await
}

fn gone_to(page: &str) -> Came {
    Came {
        to: page.to_owned(),
        session: None,
    }
}

#[tokio::test]
async fn an_account_is_linked_from_its_settings_whatever_its_address_and_unlinked_again() {
    let house = House::open().await;
    let before = house.door.recorded().await.len();
    let claims = json!({"email": "private@example.net", "email_verified": false});
    let owner = house.owner.as_str();
    assert_eq!(
        link(&house, owner, owner, claims.clone()).await,
        gone_to("/account")
    );
    assert_eq!(
        link(&house, owner, owner, claims.clone()).await,
        gone_to("/account")
    );
    assert_eq!(
        house.recorded_since(before).await,
        ["external_identity_linked"],
        "a second time does nothing"
    );
    let list = house.door.get(IDENTITIES, Some(owner)).await.body;
    let identity = &list["data"][0];
    assert_eq!(identity["provider"], json!({"slug": "home", "label": "Home"}));
    assert_eq!(
        (&identity["email"], &identity["issuer"]),
        (&json!("private@example.net"), &json!(house.fake.issuer))
    );
    let session = house.sign_in_well(claims).await;
    let me = house.door.get("/api/me", Some(&session)).await.body;
    assert_eq!(me["data"]["user"]["email"], "owner@example.org");

    let one = format!("{IDENTITIES}/{}", identity["id"].as_str().unwrap());
    let before = house.door.recorded().await.len();
    assert_eq!(
        house
            .door
            .send("DELETE", &one, Some(owner), &json!({}))
            .await
            .status,
        204
    );
    assert_eq!(house.recorded_since(before).await, ["external_identity_unlinked"]);
    let again = house.door.send("DELETE", &one, Some(owner), &json!({})).await;
    assert_eq!(
        (again.status, &again.body["code"]),
        (404, &json!("identity_not_found"))
    );
}

#[tokio::test]
async fn the_only_way_in_stays() {
    let house = House::open().await;
    let session = house.sign_in_well(json!({})).await;
    let first = |list: Value| list["data"][0]["id"].as_str().unwrap().to_owned();
    let id = first(house.door.get(IDENTITIES, Some(&session)).await.body);
    let end = async |id: &str| {
        let one = format!("{IDENTITIES}/{id}");
        let ended = house.door.send("DELETE", &one, Some(&session), &json!({})).await;
        (ended.status, ended.body["code"].clone())
    };
    assert_eq!(end(&id).await, (409, json!("last_way_in")));
    let strangers = format!("{IDENTITIES}/{id}");
    let by_owner = house
        .door
        .send("DELETE", &strangers, Some(&house.owner), &json!({}))
        .await;
    assert_eq!(by_owner.status, 404, "it is nobody else's");
    // A second one; then the first may go, and the second stays.
    let came = link(&house, &session, &session, json!({"sub": "ada-2"})).await;
    assert_eq!(came, gone_to("/account"));
    assert_eq!(end(&id).await, (204, Value::Null));
    let id = first(house.door.get(IDENTITIES, Some(&session)).await.body);
    assert_eq!(end(&id).await, (409, json!("last_way_in")));
    let password = json!({"password": PASSWORD, "confirmation": PASSWORD});
    let set = house
        .door
        .send("PUT", "/api/me/password", Some(&session), &password)
        .await;
    let session = set.token().unwrap();
    let one = format!("{IDENTITIES}/{id}");
    assert_eq!(
        house
            .door
            .send("DELETE", &one, Some(&session), &json!({}))
            .await
            .status,
        204
    );
}

#[tokio::test]
async fn nobody_links_what_is_somebody_elses_or_in_somebody_elses_browser() {
    let house = House::open().await;
    let ada = house.sign_in_well(json!({})).await;
    let owner = house.owner.as_str();
    let refused = |reason: &str| gone_to(&format!("/account?error=sso_not_allowed&reason={reason}"));
    assert_eq!(link(&house, owner, owner, json!({})).await, refused("taken"));
    let new = json!({"sub": "ada-2"});
    assert_eq!(
        link(&house, owner, &ada, new.clone()).await,
        refused("somebody_else")
    );
    assert_eq!(link(&house, owner, "nobody", new).await, refused("somebody_else"));
    assert_eq!(house.door.count("external_identity").await, 1);

    let unknown = json!({"provider": "nowhere"});
    let answer = house.door.post(IDENTITIES, Some(owner), &unknown).await;
    assert_eq!(
        (answer.status, &answer.body["errors"][0]["field"]),
        (422, &json!("/provider"))
    );
    house.door.advance(Duration::from_secs(20 * 60));
    let late = house
        .door
        .post(IDENTITIES, Some(owner), &json!({"provider": "home"}))
        .await;
    assert_eq!((late.status, &late.body["code"]), (403, &json!("reauthenticate")));
}
