//! Signing in by a mailed link.

use std::time::Duration;

use althing_events::identity::{LoginMethod, UserLoggedIn};
use althing_testkit::Smtp;
use serde_json::json;

use super::harness::{Answered, Door, PASSWORD};
use super::mails::{mailer, secret};
use crate::{Registration, Settings};

async fn instance(smtp: &Smtp) -> Door {
    let door = Door::running_with(Settings {
        mailer: mailer(smtp),
        registration: Registration::Open,
        ..Settings::default()
    })
    .await;
    door.set_up("ada@example.org").await;
    door
}

async fn ask(door: &Door, email: &str) -> Answered {
    door.post("/api/auth/magic-link", None, &json!({ "email": email }))
        .await
}

async fn redeem(door: &Door, token: &str, remember: bool) -> Answered {
    let body = json!({ "token": token, "remember": remember });
    door.post("/api/auth/magic-link/redeem", None, &body).await
}

#[tokio::test]
async fn a_link_signs_in_once_and_the_answer_does_not_tell_who_has_an_account() {
    let smtp = Smtp::start().await;
    let door = instance(&smtp).await;
    let methods = door.get("/api/auth/methods", None).await;
    assert_eq!(methods.body["data"]["methods"], json!(["password", "link"]));
    let (unknown, known) = (
        ask(&door, "nobody@example.org").await,
        ask(&door, "Ada@example.org").await,
    );
    assert_eq!((unknown.status, &unknown.body), (202, &known.body));
    let mails = smtp.wait_for(1).await;
    assert_eq!(mails[0].to, ["ada@example.org"]);
    let token = secret(&mails[0].readable(), "sign-in/link");
    let signed_in = redeem(&door, &token, true).await;
    assert_eq!(signed_in.status, 200);
    assert!(
        signed_in.set_cookie.as_ref().unwrap().contains("Max-Age"),
        "remembered"
    );
    let me = door.get("/api/me", signed_in.token().as_deref()).await;
    assert_eq!(me.body["data"]["user"]["email"], "ada@example.org");
    let again = redeem(&door, &token, true).await;
    assert_eq!(
        (again.status, &again.body["code"]),
        (422, &json!("invalid_or_expired"))
    );
    let events = door.events().await;
    let login = events
        .iter()
        .rev()
        .find(|event| event.is::<UserLoggedIn>())
        .unwrap();
    assert_eq!(login.decode::<UserLoggedIn>().unwrap().method, LoginMethod::Link);
    assert_eq!(smtp.mails().len(), 1, "the unknown address got none");
}

#[tokio::test]
async fn only_the_last_link_works_for_a_quarter_of_an_hour_and_not_for_a_closed_account() {
    let smtp = Smtp::start().await;
    let door = instance(&smtp).await;
    let link = async |count: usize| {
        ask(&door, "ada@example.org").await;
        let mails = smtp.wait_for(count).await;
        secret(&mails[count - 1].readable(), "sign-in/link")
    };
    let (first, second) = (link(1).await, link(2).await);
    assert_eq!(redeem(&door, &first, false).await.status, 422);
    door.advance(Duration::from_secs(15 * 60));
    assert_eq!(redeem(&door, &second, false).await.status, 422, "too old");
    let third = link(3).await;
    door.set_status("suspended").await;
    assert_eq!(redeem(&door, &third, false).await.status, 422);
    door.set_status("active").await;
    let signed_in = redeem(&door, &third, false).await;
    assert!(
        !signed_in.set_cookie.unwrap().contains("Max-Age"),
        "until the browser closes"
    );
    for _ in 0..2 {
        assert_eq!(ask(&door, "ada@example.org").await.status, 202);
    }
    let sixth = ask(&door, "ada@example.org").await;
    assert_eq!(
        (sixth.status, &sixth.body["code"]),
        (429, &json!("too_many_requests"))
    );
}

#[tokio::test]
async fn an_unconfirmed_account_gets_its_confirmation_instead() {
    let smtp = Smtp::start().await;
    let door = instance(&smtp).await;
    let body = json!({"first_name": "Zoe", "last_name": "Zuse", "email": "zoe@example.org", "password": "chosen by a stranger"});
    assert_eq!(door.post("/api/auth/register", None, &body).await.status, 202);
    smtp.wait_for(1).await;
    assert_eq!(ask(&door, "zoe@example.org").await.status, 202);
    let mails = smtp.wait_for(2).await;
    let token = secret(&mails[1].readable(), "confirm");
    assert_eq!(
        redeem(&door, &token, false).await.status,
        422,
        "it is no sign-in link"
    );
    let body = json!({"token": token, "password": PASSWORD});
    assert_eq!(door.post("/api/auth/confirm", None, &body).await.status, 200);
    assert_eq!(
        door.log_in("zoe@example.org", "chosen by a stranger")
            .await
            .status,
        401
    );
}

#[tokio::test]
async fn without_mail_no_link_is_offered() {
    let door = Door::open().await;
    door.set_up("ada@example.org").await;
    let methods = door.get("/api/auth/methods", None).await;
    assert_eq!(methods.body["data"]["methods"], json!(["password"]));
    let refused = ask(&door, "ada@example.org").await;
    assert_eq!((refused.status, &refused.body["code"]), (409, &json!("mail_off")));
}
