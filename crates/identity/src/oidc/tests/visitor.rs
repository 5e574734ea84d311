//! A browser that signs in with the fake provider, and the instance it visits.

use std::collections::HashMap;

use axum::http::header;
use axum::response::Response;
use serde_json::{Value, json};
use url::Url;

use super::fake::{CLIENT, Fake, Key, SECRET};
use crate::Settings;
use crate::tests::harness::Door;

/// An instance with a provider that signs with one key.
pub struct House {
    pub door: Door,
    pub fake: Fake,
    pub key: Key,
    /// The session of the instance's owner.
    pub owner: String,
    pub provider: Value,
}

/// On the way: what the provider was asked, and what the browser keeps meanwhile.
pub struct Begun {
    pub asked: HashMap<String, String>,
    pub cookie: String,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Came {
    /// Where the browser was sent.
    pub to: String,
    /// The session it got.
    pub session: Option<String>,
}

impl House {
    pub async fn open() -> Self {
        Self::with(Settings::default(), json!({})).await
    }

    /// `more` is what the provider has beside the necessary.
    pub async fn with(settings: Settings, more: Value) -> Self {
        let key = Key::new("first", 7);
        let fake = Fake::start(&[&key]).await;
        let door = Door::with(settings).await;
        let owner = door.set_up("owner@example.org").await.token().unwrap();
        let mut provider = json!({
            "label": "Home", "issuer": fake.issuer, "client_id": CLIENT, "client_secret": SECRET,
            "may_create_accounts": true,
        });
        for (name, value) in more.as_object().unwrap() {
            provider[name] = value.clone();
        }
        let made = door
            .post("/api/admin/oidc-providers", Some(&owner), &provider)
            .await;
        assert_eq!(made.status, 201, "{}", made.body);
        let provider = made.body["data"].clone();
        Self {
            door,
            fake,
            key,
            owner,
            provider,
        }
    }

    pub async fn change(&self, what: Value) {
        let path = format!(
            "/api/admin/oidc-providers/{}",
            self.provider["id"].as_str().unwrap()
        );
        let changed = self.door.send("PATCH", &path, Some(&self.owner), &what).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
    }

    /// Goes to the provider.
    pub async fn begin(&self) -> Begun {
        let start = "/api/auth/oidc/home/start?return_to=/decisions";
        Begun::of(&self.door.visit(start, "").await)
    }

    /// Comes back with a good code and this token.
    pub async fn come_back(&self, begun: &Begun, token: String) -> Came {
        self.fake.said().token = token;
        let query = format!("code=good&state={}", begun.asked["state"]);
        self.back_with(&query, &begun.cookie).await
    }

    pub async fn back_with(&self, query: &str, cookies: &str) -> Came {
        let path = format!("/api/auth/oidc/home/callback?{query}");
        Came::of(&self.door.visit(&path, cookies).await)
    }

    /// The whole way, with a token that says this of Ada.
    pub async fn sign_in(&self, more: Value) -> Came {
        let begun = self.begin().await;
        let claims = self.fake.claims(&begun.asked["nonce"], more);
        self.come_back(&begun, self.key.sign(&claims)).await
    }

    /// The same, for somebody who gets in.
    pub async fn sign_in_well(&self, more: Value) -> String {
        let came = self.sign_in(more).await;
        assert_eq!(came.to, "/decisions");
        came.session.unwrap()
    }

    /// The events since `before`, without what led there.
    pub async fn recorded_since(&self, before: usize) -> Vec<String> {
        let all = self.door.recorded().await;
        all[before..]
            .iter()
            .map(|event| event.trim_start_matches("identity.").to_owned())
            .collect()
    }
}

impl Begun {
    pub fn of(response: &Response) -> Self {
        assert_eq!(response.status(), 303);
        let location = Url::parse(&text(response, header::LOCATION)).unwrap();
        Self {
            asked: location.query_pairs().into_owned().collect(),
            cookie: cookie(response, "althing_sso").unwrap(),
        }
    }
}

impl Came {
    fn of(response: &Response) -> Self {
        assert_eq!(response.status(), 303);
        assert_eq!(
            cookie(response, "althing_sso").as_deref(),
            Some("althing_sso="),
            "the attempt's cookie is taken back"
        );
        let session = cookie(response, "althing_session");
        Self {
            to: text(response, header::LOCATION),
            session: session.map(|pair| pair.split_once('=').unwrap().1.to_owned()),
        }
    }
}

pub fn refused(code: &str, reason: &str) -> Came {
    Came {
        to: format!("/sign-in?error={code}&reason={reason}&return_to=%2Fdecisions"),
        session: None,
    }
}

fn text(response: &Response, name: header::HeaderName) -> String {
    response.headers()[name].to_str().unwrap().to_owned()
}

/// `name=value` of a cookie that an answer sets.
fn cookie(response: &Response, name: &str) -> Option<String> {
    let all = response.headers().get_all(header::SET_COOKIE);
    all.iter()
        .map(|cookie| cookie.to_str().unwrap())
        .find(|cookie| cookie.starts_with(&format!("{name}=")))
        .map(|cookie| cookie.split(';').next().unwrap().to_owned())
}
