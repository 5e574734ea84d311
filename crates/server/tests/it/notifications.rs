//! Notifications from one person's click to another's bell and mailbox.

use std::time::Duration;

use althing_testkit::{Client, Smtp, TestApp};
use serde_json::{Value, json};

use crate::office::{eventually, made, settled, text};
use crate::{BINARY, app};

/// How long a loaded machine may take over what takes a moment.
const PATIENCE: Duration = Duration::from_secs(20);

/// Ada makes a workspace and invites Bob; the address of the invitation.
async fn invite(ada: &Client) -> String {
    let engines = made(ada.post("/api/workspaces", json!({"name": "Engines"})).await, 201);
    let workspace = format!("/api/workspaces/{}", text(&engines["slug"]));
    let invited = json!({"email": "Bob@example.org", "role": "member"});
    let invited = made(ada.post(&format!("{workspace}/members"), invited).await, 201);
    format!("{workspace}/invitations/{}", text(&invited["member"]["id"]))
}

async fn newest(client: &Client) -> Value {
    client.get("/api/notifications").await.data()[0].clone()
}

#[tokio::test]
async fn an_invitation_rings_the_bell_and_so_does_its_end() {
    let app = app().await;
    let (ada, bob) = (app.owner(), app.user("Bob").await);
    let mut bell = bob.socket("/api/notifications/live").await;
    let mut others = ada.socket("/api/notifications/live").await;
    assert_eq!(bell.next().await["data"]["unread"], 0);
    others.next().await;
    let invitation = invite(ada).await;
    // Of the invitation and of its notification: the last frame has it.
    let mut unread = json!(0);
    while let Some(frame) = bell.try_next(PATIENCE).await {
        unread = frame["data"]["unread"].clone();
        if unread == 1 {
            break;
        }
    }
    assert_eq!(unread, 1);
    let told = newest(&bob).await;
    assert_eq!(told["body"], "Ada Lovelace invites you to Engines as a member.");
    assert_eq!(told["actionable"], true);
    let back = ada.post_empty(&format!("{invitation}/revoke")).await;
    assert_eq!(back.status, 204, "{}", back.text);
    settled(ada).await;
    assert!(bell.try_next(PATIENCE).await.is_some());
    let told = newest(&bob).await;
    assert_eq!(
        (&told["actionable"], &told["ended"]),
        (&json!(false), &json!("revoked"))
    );
    let accept = format!("/api/notifications/{}/actions/accept", text(&told["id"]));
    assert_eq!(bob.post_empty(&accept).await.refusal(), (409, "invitation_ended"));
    assert_eq!(
        others.try_next(Duration::from_millis(50)).await,
        None,
        "it is none of Ada's"
    );
}

#[tokio::test]
async fn the_bell_closes_with_the_browsers_session() {
    let app = app().await;
    let bob = app.user("Bob").await;
    let mut bell = bob.socket("/api/notifications/live").await;
    bell.next().await;
    assert_eq!(
        app.anonymous()
            .try_socket("/api/notifications/live", None)
            .await
            .err(),
        Some(401)
    );
    let elsewhere = bob
        .try_socket("/api/notifications/live", Some("https://evil.example"))
        .await;
    assert_eq!(elsewhere.err(), Some(403));
    assert_eq!(bob.post_empty("/api/auth/logout").await.status, 204);
    let closed = tokio::time::timeout(PATIENCE, bell.closed()).await;
    assert_eq!(closed.expect("it closes"), Some(1008));
}

#[tokio::test]
async fn who_joins_is_mailed_to_whoever_wants_it_and_one_click_ends_that() {
    let smtp = Smtp::start().await;
    let settings = [
        ("ALTHING_MAIL_SMTP_URL", smtp.url()),
        ("ALTHING_MAIL_FROM", "althing@example.org".to_owned()),
    ];
    let settings: Vec<(&str, &str)> = settings
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let app = TestApp::start_with(BINARY, &settings).await;
    let (ada, bob) = (app.set_up().await, app.user("Bob").await);
    let wanted = json!({"channels": {"workspace_member_joined": "mail"}});
    made(ada.put("/api/me/notification-preferences", wanted).await, 200);
    let invitation = invite(&ada).await;
    made(bob.post_empty(&format!("{invitation}/accept")).await, 200);
    let about_joining = |mails: Vec<althing_testkit::TakenMail>| {
        mails
            .into_iter()
            .find(|mail| mail.header("Subject") == "Bob Tester joined Engines")
    };
    let mail = eventually(async || about_joining(smtp.mails())).await;
    assert_eq!(mail.to, ["ada@example.org"]);
    let link = mail.header("List-Unsubscribe");
    let path = &link[link.find("/api/").unwrap()..link.len() - 1];
    // As a mailbox does it: no session, a form.
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let body = Some(b"List-Unsubscribe=One-Click".to_vec());
    let ended = app.anonymous().send("POST", path, &form, body).await;
    assert_eq!(ended.status, 200, "{}", ended.text);
    let preferences = ada.get("/api/me/notification-preferences").await;
    assert_eq!(
        preferences.data()["channels"]["workspace_member_joined"],
        "in_app"
    );
    assert!(!app.log().contains("Engines") && !app.log().contains("ada@example.org"));
}
