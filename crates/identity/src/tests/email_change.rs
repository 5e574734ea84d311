//! Another address: asked for, proved, taken; and the invitations that wait there.

use std::time::Duration;

use althing_backbone::{DomainEvent, ERASED};
use althing_events::identity::{MemberInvited, UserConfirmed, UserEmailChanged};
use althing_testkit::Smtp;
use serde_json::{Value, json};

use super::harness::{Answered, Door, PASSWORD};
use super::mails::{mailer, secret};
use crate::Settings;

const NEW: &str = "augusta@example.org";

async fn ask(door: &Door, token: &str, email: &str) -> Answered {
    let body = json!({ "email": email });
    door.send("PUT", "/api/me/email", Some(token), &body).await
}

async fn take(door: &Door, link: &str) -> Answered {
    let body = json!({ "token": link });
    door.post("/api/auth/email/confirm", None, &body).await
}

async fn id_of(door: &Door, owner: &str, email: &str) -> String {
    let users = door.get("/api/admin/users", Some(owner)).await;
    let users = users.body["data"].as_array().unwrap().clone();
    let user = users.iter().find(|user| user["email"] == email).unwrap();
    user["id"].as_str().unwrap().to_owned()
}

/// What an operator copies for somebody.
async fn copied(door: &Door, owner: &str, id: &str) -> Answered {
    let path = format!("/api/admin/users/{id}/email-link");
    door.post(&path, Some(owner), &json!({})).await
}

fn behind_the_hash(answer: &Answered) -> String {
    let link = answer.body["data"]["link"].as_str().unwrap();
    let (page, token) = link.split_once('#').unwrap();
    assert!(page.ends_with("/confirm-email"), "{page}");
    token.to_owned()
}

#[tokio::test]
async fn without_mail_an_operator_hands_the_link_on() {
    let door = Door::open().await;
    let owner = door.set_up("ada@example.org").await.token().unwrap();
    door.create_user("bob@example.org").await.unwrap();
    let bob = door.log_in("bob@example.org", PASSWORD).await.token().unwrap();
    let id = id_of(&door, &owner, "bob@example.org").await;
    let early = copied(&door, &owner, &id).await;
    assert_eq!(
        (early.status, &early.body["code"]),
        (409, &json!("invalid_state_transition"))
    );
    let asked = ask(&door, &bob, " Robert@Example.org ").await;
    assert_eq!(
        (asked.status, &asked.body["data"]),
        (202, &json!({"email": "robert@example.org", "mailed": false}))
    );
    let me = door.get("/api/me", Some(&bob)).await.body["data"].clone();
    assert_eq!(
        (&me["user"]["email"], &me["new_email"]),
        (&json!("bob@example.org"), &json!("robert@example.org"))
    );
    let users = door.get("/api/admin/users", Some(&owner)).await;
    assert_eq!(users.body["data"][1]["new_email"], "robert@example.org");
    let first = behind_the_hash(&copied(&door, &owner, &id).await);
    let second = behind_the_hash(&copied(&door, &owner, &id).await);
    assert_eq!(
        take(&door, &first).await.body["code"],
        "invalid_token",
        "the later link counts"
    );
    let before = door.recorded().await.len();
    let taken = take(&door, &second).await;
    assert_eq!(taken.body["data"]["email"], "robert@example.org");
    assert_eq!(door.recorded().await[before..], [UserEmailChanged::TYPE]);
    let me = door.get("/api/me", Some(&bob)).await;
    assert_eq!(
        (&me.body["data"]["user"]["email"], &me.body["data"]["new_email"]),
        (&json!("robert@example.org"), &Value::Null),
        "the browser stays signed in"
    );
    assert_eq!(
        take(&door, &second).await.body["code"],
        "invalid_token",
        "it works once"
    );
    assert_eq!(door.log_in("bob@example.org", PASSWORD).await.status, 401);
    assert_eq!(door.log_in("robert@example.org", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn another_address_wants_a_fresh_sign_in_and_must_be_another_one() {
    let door = Door::open().await;
    let token = door.set_up("ada@example.org").await.token().unwrap();
    for (email, code) in [
        ("ADA@example.org", "unchanged"),
        ("nobody", "invalid"),
        (" ", "required"),
    ] {
        let refused = ask(&door, &token, email).await;
        assert_eq!(refused.status, 422);
        assert_eq!(refused.body["errors"][0]["code"], code, "{email}");
        assert_eq!(refused.body["errors"][0]["field"], "/email");
    }
    door.advance(Duration::from_secs(20 * 60));
    let stale = ask(&door, &token, NEW).await;
    assert_eq!(
        (stale.status, &stale.body["code"]),
        (403, &json!("reauthenticate"))
    );
    assert_eq!(
        door.get("/api/me", Some(&token)).await.body["data"]["new_email"],
        Value::Null
    );
}

#[tokio::test]
async fn a_link_to_an_address_ends_after_a_week() {
    let door = Door::open().await;
    let owner = door.set_up("ada@example.org").await.token().unwrap();
    let id = id_of(&door, &owner, "ada@example.org").await;
    let week = Duration::from_secs(7 * 24 * 60 * 60);
    for (waited, status) in [(week - Duration::from_secs(1), 200), (week, 422)] {
        let owner = door.log_in("ada@example.org", PASSWORD).await.token();
        let owner = match owner {
            Some(owner) => owner,
            None => door.log_in(NEW, PASSWORD).await.token().unwrap(),
        };
        let wanted = if status == 200 { NEW } else { "ada@example.org" };
        assert_eq!(ask(&door, &owner, wanted).await.status, 202);
        let link = behind_the_hash(&copied(&door, &owner, &id).await);
        door.advance(waited);
        assert_eq!(take(&door, &link).await.status, status);
    }
}

#[tokio::test]
async fn the_new_address_gets_the_link_and_the_old_one_is_told_and_nobody_learns_who_has_an_account() {
    let smtp = Smtp::start().await;
    let door = Door::running_with(Settings {
        mailer: mailer(&smtp),
        ..Settings::default()
    })
    .await;
    let ada = door.set_up("ada@example.org").await.token().unwrap();
    door.create_user("bob@example.org").await.unwrap();
    let (free, known) = (
        ask(&door, &ada, NEW).await,
        ask(&door, &ada, "bob@example.org").await,
    );
    assert_eq!((free.status, known.status), (202, 202));
    assert_eq!(free.body["data"]["mailed"], known.body["data"]["mailed"]);
    let mails = smtp.wait_for(2).await;
    let to = |address: &str| mails.iter().find(|mail| mail.to == [address]).unwrap();
    let link = secret(&to(NEW).readable(), "confirm-email");
    assert!(!to("bob@example.org").readable().contains('#'));
    assert_eq!(
        take(&door, &link).await.body["code"],
        "invalid_token",
        "another address was asked for since"
    );
    ask(&door, &ada, NEW).await;
    let mails = smtp.wait_for(3).await;
    let link = secret(&mails[2].readable(), "confirm-email");
    assert_eq!(take(&door, &link).await.status, 200);
    let mails = smtp.wait_for(4).await;
    assert_eq!(mails[3].to, ["ada@example.org"]);
    assert_eq!(mails[3].header("Subject"), "Your account has another address");
    assert!(!mails[3].readable().contains(NEW));
    let events = door.events().await;
    let moved = events
        .iter()
        .find(|event| event.is::<UserEmailChanged>())
        .unwrap();
    assert_eq!(
        moved.decode::<UserEmailChanged>().unwrap().email,
        ERASED,
        "it is sealed"
    );
}

#[tokio::test]
async fn an_address_that_somebody_else_has_taken_meanwhile_is_not_taken_twice() {
    let door = Door::open().await;
    let owner = door.set_up("ada@example.org").await.token().unwrap();
    ask(&door, &owner, NEW).await;
    let id = id_of(&door, &owner, "ada@example.org").await;
    let link = behind_the_hash(&copied(&door, &owner, &id).await);
    door.create_user(NEW).await.unwrap();
    for refused in [take(&door, &link).await, copied(&door, &owner, &id).await] {
        assert_eq!(
            (refused.status, &refused.body["code"]),
            (409, &json!("email_taken"))
        );
    }
}

#[tokio::test]
async fn invitations_that_wait_at_an_address_find_its_account_once() {
    let door = Door::running().await;
    let owner = door.set_up("ada@example.org").await.token().unwrap();
    for name in ["Engines", "Looms"] {
        door.post("/api/workspaces", Some(&owner), &json!({ "name": name }))
            .await;
    }
    let invite = async |ws: &str, email: &str| {
        let body = json!({"email": email, "role": "member"});
        let path = format!("/api/workspaces/{ws}/members");
        door.post(&path, Some(&owner), &body).await
    };
    invite("engines", "zoe@example.org").await;
    invite("looms", "zoe@example.org").await;
    invite("engines", "zara@example.org").await;
    let found = async || {
        door.state
            .backbone
            .settled(Duration::from_secs(30))
            .await
            .unwrap();
        let mut found = Vec::new();
        for event in door
            .events()
            .await
            .iter()
            .filter(|event| event.is::<MemberInvited>())
        {
            let told: MemberInvited = door.state.backbone.open_event(event).await.unwrap();
            if told.invitee_user_id.is_some() {
                assert_eq!(
                    (told.inviter_name.as_str(), event.workspace_id),
                    ("Ada Lovelace", Some(told.workspace_id.0))
                );
                found.push((told.workspace_name, told.invitee_email));
            }
        }
        found
    };
    let told = |workspace: &str, email: &str| (workspace.to_owned(), email.to_owned());
    assert_eq!(found().await, []);
    door.create_user("zoe@example.org").await.unwrap();
    assert!(door.recorded().await.contains(&UserConfirmed::TYPE.to_owned()));
    let zoes = [
        told("Engines", "zoe@example.org"),
        told("Looms", "zoe@example.org"),
    ];
    assert_eq!(found().await, zoes);

    // To another address, and back again.
    let zoe = door.log_in("zoe@example.org", PASSWORD).await.token().unwrap();
    let id = id_of(&door, &owner, "zoe@example.org").await;
    for email in ["zara@example.org", "zoe@example.org"] {
        assert_eq!(ask(&door, &zoe, email).await.status, 202);
        let link = behind_the_hash(&copied(&door, &owner, &id).await);
        assert_eq!(take(&door, &link).await.status, 200);
        let mut expected = zoes.to_vec();
        expected.push(told("Engines", "zara@example.org"));
        assert_eq!(found().await, expected, "at {email}");
    }
}
