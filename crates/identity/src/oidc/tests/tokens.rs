//! What is believed, and for how long.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::fake::{CLIENT, Key, NOW, unsigned, with_shared_secret};
use super::visitor::{House, refused};

fn not_believed() -> super::visitor::Came {
    refused("sso_failed", "not_believed")
}

#[tokio::test]
async fn the_provider_is_asked_with_proofs_that_only_this_attempt_has() {
    let house = House::open().await;
    let begun = house.begin().await;
    let asked = |name: &str| begun.asked[name].as_str();
    assert_eq!((asked("response_type"), asked("client_id")), ("code", CLIENT));
    assert_eq!(asked("scope"), "openid profile email");
    assert_eq!(asked("code_challenge_method"), "S256");
    assert_eq!(
        asked("redirect_uri"),
        "http://localhost/api/auth/oidc/home/callback"
    );
    assert!(!begun.asked.contains_key("prompt"));
    let claims = house.fake.claims(asked("nonce"), json!({}));
    let came = house.come_back(&begun, house.key.sign(&claims)).await;
    assert_eq!(came.to, "/decisions");
    {
        let said = house.fake.said();
        let request = &said.token_requests[0];
        let verifier = request["code_verifier"].as_str().unwrap();
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
        assert_eq!(challenge, asked("code_challenge"));
        assert_eq!(request["redirect_uri"], asked("redirect_uri"));
    }
    let other = house.begin().await;
    for secret in ["state", "nonce", "code_challenge"] {
        assert_ne!(other.asked[secret], begun.asked[secret]);
    }
    let fresh = house.door.visit("/api/auth/oidc/home/start?fresh=true", "").await;
    assert_eq!(super::visitor::Begun::of(&fresh).asked["prompt"], "login");
}

#[tokio::test]
async fn a_token_with_anything_wrong_opens_nothing() {
    let house = House::open().await;
    let forger = Key::new("first", 8);
    let wrong: [(&str, Value); 9] = [
        ("another issuer", json!({"iss": "https://evil.example"})),
        ("another audience", json!({"aud": "another client"})),
        (
            "made for another client",
            json!({"aud": [CLIENT, "b"], "azp": "b"}),
        ),
        (
            "made for several, for nobody in particular",
            json!({"aud": [CLIENT, "b"]}),
        ),
        ("expired", json!({"exp": NOW - 61})),
        ("from the future", json!({"iat": NOW + 120})),
        ("not valid yet", json!({"nbf": NOW + 120})),
        ("another nonce", json!({"nonce": "another"})),
        ("no nonce", json!({"nonce": null})),
    ];
    for (what, claims) in wrong {
        assert_eq!(house.sign_in(claims).await, not_believed(), "{what}");
    }
    type Sign<'a> = &'a dyn Fn(&Value) -> String;
    let ways: [(&str, Sign<'_>); 4] = [
        ("signed by somebody else", &|claims| forger.sign(claims)),
        ("not signed", &unsigned),
        ("signed with the client's secret", &with_shared_secret),
        ("no token at all", &|_| "nonsense".to_owned()),
    ];
    for (what, sign) in ways {
        let begun = house.begin().await;
        let claims = house.fake.claims(&begun.asked["nonce"], json!({}));
        assert_eq!(
            house.come_back(&begun, sign(&claims)).await,
            not_believed(),
            "{what}"
        );
    }
    assert_eq!(house.door.count("user_account").await, 1, "nobody came in");
    assert_eq!(house.door.count("external_identity").await, 0);
}

#[tokio::test]
async fn clocks_may_differ_by_a_minute_and_tokens_may_be_meant_for_others_too() {
    let house = House::open().await;
    for claims in [
        json!({"exp": NOW - 59}),
        json!({"iat": NOW + 59, "nbf": NOW + 59}),
        json!({"aud": [CLIENT, "a project"], "azp": CLIENT}),
    ] {
        house.sign_in_well(claims).await;
    }
}

#[tokio::test]
async fn a_state_is_good_once_for_ten_minutes_and_in_its_own_browser() {
    let house = House::open().await;
    let expired = || super::visitor::Came {
        to: "/sign-in?error=sso_failed&reason=expired".to_owned(),
        session: None,
    };
    let begun = house.begin().await;
    let elsewhere = house.begin().await;
    let good = format!("code=good&state={}", begun.asked["state"]);
    assert_eq!(house.back_with(&good, &elsewhere.cookie).await, expired());
    assert_eq!(
        house.back_with(&good, &begun.cookie).await,
        expired(),
        "one that leaked is of no use to anybody"
    );
    assert_eq!(
        house.back_with("code=good&state=invented", &begun.cookie).await,
        expired()
    );
    assert_eq!(house.back_with("code=good", &begun.cookie).await, expired());
    assert!(
        house.fake.said().token_requests.is_empty(),
        "no code was exchanged"
    );

    let begun = house.begin().await;
    let claims = house.fake.claims(&begun.asked["nonce"], json!({}));
    assert_eq!(
        house.come_back(&begun, house.key.sign(&claims)).await.to,
        "/decisions"
    );
    assert_eq!(house.come_back(&begun, house.key.sign(&claims)).await, expired());

    let begun = house.begin().await;
    let claims = house.fake.claims(&begun.asked["nonce"], json!({}));
    house.door.advance(Duration::from_secs(600));
    assert_eq!(house.come_back(&begun, house.key.sign(&claims)).await, expired());
    house.begin().await;
    assert_eq!(
        house.door.count("oidc_attempt").await,
        1,
        "old ones are forgotten"
    );
}

#[tokio::test]
async fn a_key_that_is_new_is_asked_for_and_unknown_ones_ask_once_a_minute() {
    let house = House::open().await;
    house.sign_in_well(json!({})).await;
    house.sign_in_well(json!({})).await;
    let asked = || {
        let said = house.fake.said();
        (said.descriptions, said.key_lists)
    };
    assert_eq!(asked(), (1, 1), "both are kept");
    let with = async |key: &Key| {
        let begun = house.begin().await;
        let claims = house.fake.claims(&begun.asked["nonce"], json!({}));
        house.come_back(&begun, key.sign(&claims)).await
    };
    let second = Key::new("second", 9);
    house.fake.said().keys = vec![second.public()];
    assert_eq!(with(&second).await.to, "/decisions");
    assert_eq!(asked(), (1, 2));
    let unknown = Key::new("unknown", 10);
    for _ in 0..5 {
        assert_eq!(with(&unknown).await, not_believed());
    }
    assert_eq!(asked(), (1, 2), "a minute has not passed");
    house.door.advance(Duration::from_secs(60));
    for _ in 0..5 {
        assert_eq!(with(&unknown).await, not_believed());
    }
    assert_eq!(asked(), (1, 3));
    house.door.advance(Duration::from_secs(60 * 60));
    house.begin().await;
    assert_eq!(
        asked(),
        (2, 4),
        "after an hour the provider describes itself anew"
    );
}

#[tokio::test]
async fn what_the_provider_refuses_is_told_in_its_own_word() {
    let house = House::open().await;
    let begun = house.begin().await;
    let query = format!(
        "error=access_denied&error_description=no&state={}",
        begun.asked["state"]
    );
    assert_eq!(
        house.back_with(&query, &begun.cookie).await,
        refused("sso_failed", "access_denied")
    );
    let begun = house.begin().await;
    let query = format!("code=bad&state={}", begun.asked["state"]);
    assert_eq!(
        house.back_with(&query, &begun.cookie).await,
        refused("sso_failed", "invalid_grant")
    );
    let begun = house.begin().await;
    let query = format!(
        "code=good&iss=https://evil.example&state={}",
        begun.asked["state"]
    );
    assert_eq!(house.back_with(&query, &begun.cookie).await, not_believed());
}

#[tokio::test]
async fn what_the_token_leaves_open_is_asked_and_must_be_about_the_same_person() {
    let house = House::open().await;
    let short = json!({"email": null, "email_verified": null, "given_name": null, "family_name": null});
    assert_eq!(
        house.sign_in(short.clone()).await,
        refused("sso_failed", "unreachable"),
        "there is no answer"
    );
    house.fake.said().user_info = Some(json!({"sub": "eve", "email": "ada@example.org"}));
    assert_eq!(house.sign_in(short.clone()).await, not_believed());
    house.fake.said().user_info = Some(json!({"sub": "ada-1"}));
    assert_eq!(
        house.sign_in(short.clone()).await,
        refused("sso_failed", "no_address")
    );
    house.fake.said().user_info =
        Some(json!({"sub": "ada-1", "email": "Ada@Example.org", "name": "Ada King"}));
    let session = house.sign_in_well(short).await;
    let me = house.door.get("/api/me", Some(&session)).await.body;
    let user = &me["data"]["user"];
    assert_eq!(
        (&user["email"], &user["first_name"], &user["last_name"]),
        (&json!("ada@example.org"), &json!("Ada"), &json!("King"))
    );
}
