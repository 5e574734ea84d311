//! Sign-in with a real provider, from the button to a place in a workspace.

use althing_testkit::{Client, Oidc, OidcPerson, Reply, TestApp};
use serde_json::{Value, json};

use crate::app;
use crate::office::{made, settled, text};

const START: &str = "/api/auth/oidc/house/start?return_to=/w/engines";

pub const GRACE: OidcPerson = OidcPerson {
    login: "grace",
    email: "grace@example.org",
    names: ("Grace", "Hopper"),
    groups: &["makers", "everybody"],
};

/// A server that knows under which address it is reached.
pub async fn addressed() -> TestApp {
    let mut app = app().await;
    assert!(app.stop().await.success());
    app.start_again().await;
    app
}

/// A provider that sends browsers back to this server.
pub async fn provider_for(app: &TestApp, people: &[OidcPerson]) -> Oidc {
    let callback = format!("{}/api/auth/oidc/house/callback", app.url());
    Oidc::start(&callback, people).await
}

/// What the owner says about it.
pub fn described(oidc: &Oidc) -> Value {
    json!({
        "slug": "house", "label": "House", "issuer": oidc.issuer(), "client_id": Oidc::CLIENT_ID,
        "client_secret": Oidc::CLIENT_SECRET, "scopes": ["profile", "email", "groups"], "group_claim": "groups",
        "may_create_accounts": true,
    })
}

/// `name=value` of a cookie that an answer sets.
fn cookie<'a>(reply: &'a Reply, name: &str) -> Option<&'a str> {
    reply
        .headers
        .get_all("set-cookie")
        .iter()
        .filter_map(|cookie| cookie.to_str().ok())
        .find(|cookie| cookie.starts_with(&format!("{name}=")))
        .and_then(|cookie| cookie.split(';').next())
}

/// Goes the way of a browser; what it gets at the end.
pub async fn sign_in(app: &TestApp, oidc: &Oidc, login: &str) -> Reply {
    let nobody = app.anonymous();
    let started = nobody.get(START).await;
    assert_eq!(started.status, 303, "{}", started.text);
    let all = started.header("set-cookie").to_owned();
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/api/auth/oidc", "Max-Age=600"] {
        assert!(all.contains(attribute), "{all}");
    }
    let kept = cookie(&started, "althing_sso").unwrap().to_owned();
    let back = oidc.log_in(started.header("location"), login).await;
    let path = back.strip_prefix(&app.url()).unwrap();
    nobody.send("GET", path, &[("cookie", &kept)], None).await
}

/// The roles of whoever has this answer's session, by workspace.
async fn roles(app: &TestApp, reply: &Reply) -> (Value, Vec<(String, String)>) {
    let session = cookie(reply, "althing_session").expect("a session");
    let with = [("cookie", session)];
    let nobody: Client = app.anonymous();
    let me = made(nobody.send("GET", "/api/me", &with, None).await, 200);
    let list = made(nobody.send("GET", "/api/workspaces", &with, None).await, 200);
    let pairs = list.as_array().unwrap().iter();
    let pairs = pairs
        .map(|one| (text(&one["slug"]), text(&one["role"])))
        .collect();
    (me["user"].clone(), pairs)
}

#[tokio::test]
async fn a_first_sign_in_makes_the_account_and_a_group_gives_the_role() {
    let app = addressed().await;
    let owner = app.owner();
    let oidc = provider_for(&app, &[GRACE]).await;
    made(
        owner.post("/api/workspaces", json!({"name": "Engines"})).await,
        201,
    );
    let mut provider = described(&oidc);
    provider["group_map"] =
        json!([{"grants": "membership", "group": "makers", "workspace": "engines", "role": "admin"}]);
    let provider = made(owner.post("/api/admin/oidc-providers", provider).await, 201);
    assert_eq!(
        provider["callback_url"],
        format!("{}/api/auth/oidc/house/callback", app.url())
    );
    let one = format!("/api/admin/oidc-providers/{}", text(&provider["id"]));
    let tested = made(owner.post_empty(&format!("{one}/test")).await, 200);
    assert_eq!(
        (&tested["issuer"], &tested["signs_as_needed"]),
        (&json!(oidc.issuer()), &json!(true))
    );

    let reply = sign_in(&app, &oidc, "grace").await;
    assert_eq!((reply.status, reply.header("location")), (303, "/w/engines"));
    let (grace, places) = roles(&app, &reply).await;
    assert_eq!(
        (&grace["email"], &grace["first_name"], &grace["last_name"]),
        (&json!("grace@example.org"), &json!("Grace"), &json!("Hopper"))
    );
    assert_eq!(places, [("engines".to_owned(), "admin".to_owned())]);

    let none = made(owner.patch(&one, json!({"group_map": []})).await, 200);
    assert_eq!(none["group_map"], json!([]));
    let (again, places) = roles(&app, &sign_in(&app, &oidc, "grace").await).await;
    assert_eq!(again, grace, "the same account");
    assert!(places.is_empty());
    settled(owner).await;

    let refused = sign_in(&app, &oidc, "nobody").await;
    let location = "/sign-in?error=sso_failed&reason=access_denied&return_to=%2Fw%2Fengines";
    assert_eq!((refused.status, refused.header("location")), (303, location));
    let log = app.log();
    for secret in ["grace", "Hopper", Oidc::CLIENT_SECRET] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_named_to_operators_and_harms_nobody_else() {
    let app = app().await;
    let owner = app.owner();
    let nowhere = json!({"label": "House", "issuer": "http://127.0.0.1:9", "client_id": "a"});
    let provider = made(owner.post("/api/admin/oidc-providers", nowhere).await, 201);
    let test = format!("/api/admin/oidc-providers/{}/test", text(&provider["id"]));
    let tested = owner.post_empty(&test).await;
    assert_eq!(tested.refusal(), (502, "sso_failed"));
    assert!(tested.text.contains("does not answer"), "{}", tested.text);
    let started = app.anonymous().get(START).await;
    let location = "/sign-in?error=sso_failed&reason=unreachable&return_to=%2Fw%2Fengines";
    assert_eq!((started.status, started.header("location")), (303, location));
    let login = json!({"email": "ada@example.org", "password": althing_testkit::PASSWORD});
    made(app.anonymous().post("/api/auth/login", login).await, 200);
}
