//! Who somebody is, and the secrets that open doors, are in no log, no figure and no
//! listing for operators.

use althing_backbone::{Batch, Db, sql};
use althing_testkit::{PASSWORD, Smtp, TestApp};
use serde_json::{Value, json};

use crate::BINARY;
use crate::office::{made, settled, text};

/// In front of every name of a person or of a place.
const CANARY: &str = "Canary9b2";
const METRICS: &str = "a-token-for-figures";
const FROM: (&str, &str) = ("ALTHING_MAIL_FROM", "Althing <althing@example.org>");

fn secret(link: &Value) -> String {
    let link = text(link);
    link.split_once('#').expect("a secret behind the #").1.to_owned()
}

/// Everything that people do with one another, with mail; what must be told to nobody.
async fn acquaintance(app: &TestApp, owner: &althing_testkit::Client, smtp: &Smtp) -> Vec<String> {
    let mut secrets = vec![PASSWORD.to_owned(), "ada@example.org".to_owned()];
    let place = json!({"name": format!("{CANARY} Harbour"), "description": format!("{CANARY} berths")});
    let ws = text(&made(owner.post("/api/workspaces", place).await, 201)["slug"]);
    let members = format!("/api/workspaces/{ws}/members");
    let address = format!("{}.una@example.org", CANARY.to_lowercase());
    let invite = json!({"email": address, "role": "member"});
    let invited = made(owner.post(&members, invite).await, 201);
    // With mail, the link goes to the invited alone.
    let una = app.anonymous();
    let mail = smtp.wait_for(1).await[0].readable();
    let token = mail
        .split(['\n', ' ', '\r'])
        .find_map(|word| word.split_once("/invitation#"))
        .expect("the mail has the link")
        .1
        .trim()
        .to_owned();
    secrets.extend([token.clone(), address.clone()]);
    let who = json!({"first_name": CANARY, "last_name": "Reyes", "email": address, "password": PASSWORD, "invitation_token": token});
    let registered = una.post("/api/auth/register", who).await;
    assert!(registered.status < 300, "{}", registered.text);
    made(
        owner
            .patch(
                &format!("{members}/{}", text(&invited["member"]["id"])),
                json!({"role": "guest"}),
            )
            .await,
        200,
    );

    let decision = json!({"title": format!("{CANARY} where?")});
    let session = text(&made(owner.post("/api/sessions", decision).await, 201)["id"]);
    let link = made(
        owner
            .post(&format!("/api/sessions/{session}/share-links"), json!({}))
            .await,
        201,
    );
    let shown = text(&link["token"]);
    let exchange = json!({"token": shown});
    assert_eq!(
        app.anonymous()
            .post("/api/share-links/exchange", exchange)
            .await
            .status,
        200
    );
    let by_header = [("x-share-token", shown.as_str())];
    let path = format!("/api/sessions/{session}/dashboard");
    assert_eq!(
        app.anonymous().send("GET", &path, &by_header, None).await.status,
        200
    );
    secrets.push(shown);

    let program = json!({"name": format!("{CANARY} program"), "scopes": ["*"], "workspaces": []});
    let key = text(&made(owner.post("/api/api-keys", program).await, 201)["token"]);
    let bearer = format!("Bearer {key}");
    let by_key = [("authorization", bearer.as_str())];
    assert_eq!(
        app.anonymous()
            .send("GET", "/api/sessions", &by_key, None)
            .await
            .status,
        200
    );
    secrets.push(key);

    let users = owner.get("/api/admin/users").await;
    let una = users
        .data()
        .as_array()
        .expect("a list")
        .iter()
        .find(|user| user["email"] == address.as_str());
    let una = text(&una.expect("she registered")["id"]);
    let reset = made(
        owner
            .post(&format!("/api/admin/users/{una}/reset-link"), json!({}))
            .await,
        200,
    );
    let reset = secret(&reset["link"]);
    let wrong = json!({"token": reset, "password": "short", "password_confirmation": "short"});
    let refused = app.anonymous().post("/api/auth/password/reset", wrong).await;
    assert!(
        refused.status >= 400 && !refused.text.contains(&reset),
        "{}",
        refused.text
    );
    secrets.push(reset);

    // Whatever is refused does not say what it was.
    for (path, body) in [
        (
            "/api/auth/login",
            json!({"email": address, "password": "four wrong words here"}),
        ),
        ("/api/auth/confirm", json!({"token": token, "password": PASSWORD})),
        (
            "/api/share-links/exchange",
            json!({"token": format!("{CANARY}-token")}),
        ),
        (
            "/api/invitations/preview",
            json!({"token": format!("{CANARY}-token")}),
        ),
    ] {
        let refused = app.anonymous().post(path, body).await;
        assert!(refused.status >= 400, "{path}: {}", refused.text);
        for told in secrets
            .iter()
            .map(String::as_str)
            .chain([CANARY, "four wrong words"])
        {
            assert!(!refused.text.contains(told), "{path}: {}", refused.text);
        }
    }
    secrets
}

#[tokio::test]
async fn who_somebody_is_and_what_opens_doors_is_told_to_no_operator() {
    let smtp = Smtp::start().await;
    let (url, metrics) = (smtp.url(), ("ALTHING_METRICS_TOKEN", METRICS));
    let mail = ("ALTHING_MAIL_SMTP_URL", url.as_str());
    let level = ("ALTHING_LOG_LEVEL", "trace");
    let mut app = TestApp::start_with(BINARY, &[mail, FROM, metrics, level]).await;
    let owner = app.set_up().await;
    let mut secrets = acquaintance(&app, &owner, &smtp).await;
    settled(&owner).await;
    for cookie in [
        owner.csrf_token().unwrap(),
        owner.cookie().unwrap().split_once('=').unwrap().1,
    ] {
        secrets.push(cookie.to_owned());
    }
    let bearer = format!("Bearer {METRICS}");
    let figures = [("authorization", bearer.as_str())];
    let figures = app.anonymous().send("GET", "/metrics", &figures, None).await;
    assert_eq!(figures.status, 200);
    let audience = [
        ("figures", figures.text),
        ("subscriptions", owner.get("/api/admin/subscriptions").await.text),
        ("settings", app.command(&["config", "check"]).await.stdout),
    ];
    assert!(app.stop().await.success());
    bury_all(&app).await;
    let letters = app.command(&["events", "dead-letters", "--json"]).await.stdout;
    assert!(letters.lines().count() > 10, "{letters}");
    let history = app.command(&["events", "history", "--json"]).await.stdout;
    assert!(history.contains("member_invited"), "{history}");
    let log = app.log();
    assert!(log.contains("TRACE"), "everything that can be logged is: {log}");
    secrets.push(CANARY.to_owned());
    secrets.push(CANARY.to_lowercase());
    for (place, said) in
        audience
            .into_iter()
            .chain([("letters", letters), ("history", history), ("log", log)])
    {
        for told in &secrets {
            let lines: Vec<&str> = said.lines().filter(|line| line.contains(told)).take(3).collect();
            assert!(lines.is_empty(), "the {place} tell {told}: {lines:#?}");
        }
    }
}

/// Every event of the log as a dead letter, in a folder at rest.
async fn bury_all(app: &TestApp) {
    let db = Db::at(&app.database()).await.expect("the folder is at rest");
    let mut batch = Batch::new();
    batch.run(sql(
        "INSERT INTO parked_event (subscription, position, event_id, event_type, event_key, status, attempts, error) \
         SELECT 'people', position, id, event_type, aggregate_type || '/' || aggregate_id || '/' || position, 'dead', 6, \
         'the table is full' FROM event_log",
    ));
    db.commit(batch).await.expect("the letters are buried");
}
