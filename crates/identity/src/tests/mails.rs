//! What is mailed, through a real mail server; and the answers that come through notifications.

use std::time::{Duration, Instant};

use althing_backbone::{Command, Context, DomainEvent, Error, UnitOfWork, Uuid};
use althing_events::identity::{InvitationDeclined, MemberInvited, MemberJoined, UserPasswordChanged};
use althing_events::notifications::{NotificationAction, NotificationActionTaken};
use althing_events::{NotificationId, UserId};
use althing_testkit::Smtp;
use althing_web::{MailSettings, Mailer, SmtpAddress};
use serde_json::{Value, json};

use super::harness::{Door, PASSWORD};
use crate::{Registration, Settings};

pub(super) fn mailer(smtp: &Smtp) -> Mailer {
    let address = SmtpAddress::parse(&smtp.url()).unwrap();
    let settings = MailSettings::new(address, "Althing <althing@example.org>", None).unwrap();
    Mailer::new(Some(settings), "https://althing.example.org")
}

async fn instance(smtp: &Smtp) -> (Door, String) {
    let door = Door::running_with(Settings {
        mailer: mailer(smtp),
        registration: Registration::Open,
        ..Settings::default()
    })
    .await;
    let owner = door.set_up("ada@example.org").await.token().unwrap();
    door.post("/api/workspaces", Some(&owner), &json!({"name": "Engines"}))
        .await;
    (door, owner)
}

/// The secret behind the `#` of a mailed link.
pub(super) fn secret(mail: &str, page: &str) -> String {
    let start = format!("https://althing.example.org/{page}#");
    let rest = mail
        .split_once(&start)
        .unwrap_or_else(|| panic!("{start} is not in {mail}"))
        .1;
    rest.chars()
        .take_while(|sign| sign.is_ascii_alphanumeric() || "-_".contains(*sign))
        .collect()
}

#[tokio::test]
async fn an_invitation_is_mailed_and_its_link_lets_a_newcomer_in() {
    let smtp = Smtp::start().await;
    let (door, owner) = instance(&smtp).await;
    let zoe = json!({"email": "zoe@example.org", "role": "member"});
    let invited = door
        .post("/api/workspaces/engines/members", Some(&owner), &zoe)
        .await;
    assert_eq!(
        invited.body["data"]["link"],
        Value::Null,
        "what is mailed is not shown"
    );
    let mails = smtp.wait_for(1).await;
    assert_eq!(mails[0].to, ["zoe@example.org"]);
    assert_eq!(mails[0].header("Subject"), "Ada Lovelace invites you to Engines");
    let token = secret(&mails[0].readable(), "invitation");
    let body = json!({"first_name": "Zoe", "last_name": "Zuse", "email": "zoe@example.org", "password": PASSWORD, "invitation_token": token});
    assert_eq!(door.post("/api/auth/register", None, &body).await.status, 201);
}

#[tokio::test]
async fn an_invitation_that_has_ended_is_not_mailed_any_more() {
    let smtp = Smtp::start().await;
    smtp.refuse("451 come again");
    let (door, owner) = instance(&smtp).await;
    let zoe = json!({"email": "zoe@example.org", "role": "member"});
    let invited = door
        .post("/api/workspaces/engines/members", Some(&owner), &zoe)
        .await;
    let id = invited.body["data"]["member"]["id"].as_str().unwrap().to_owned();
    let deadline = Instant::now() + Duration::from_secs(60);
    while door.count("parked_event").await == 0 {
        assert!(Instant::now() < deadline, "the server has refused it for now");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let revoke = format!("/api/workspaces/engines/invitations/{id}/revoke");
    assert_eq!(door.post(&revoke, Some(&owner), &json!({})).await.status, 204);
    smtp.accept();
    for _ in 0..6 {
        door.advance(Duration::from_secs(200));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    door.state
        .backbone
        .settled(Duration::from_secs(30))
        .await
        .unwrap();
    assert_eq!(smtp.mails().len(), 0);
}

#[tokio::test]
async fn a_forgotten_password_is_answered_alike_and_mailed_to_whom_it_concerns() {
    let smtp = Smtp::start().await;
    let (door, _) = instance(&smtp).await;
    let ask = async |email: &str| {
        door.post("/api/auth/password/forgot", None, &json!({"email": email}))
            .await
    };
    let (known, unknown) = (ask("Ada@example.org").await, ask("nobody@example.org").await);
    assert_eq!((known.status, &known.body), (202, &unknown.body));
    assert_eq!(unknown.status, 202);
    let mails = smtp.wait_for(1).await;
    assert_eq!(mails[0].to, ["ada@example.org"]);
    let token = secret(&mails[0].readable(), "reset");
    let new = "another long password";
    let body = json!({"token": token, "password": new, "confirmation": new});
    assert_eq!(
        door.post("/api/auth/password/reset", None, &body).await.status,
        204
    );
    assert_eq!(door.log_in("ada@example.org", new).await.status, 200);
    assert!(
        door.recorded()
            .await
            .contains(&UserPasswordChanged::TYPE.to_owned())
    );
    for _ in 0..4 {
        ask("ada@example.org").await;
    }
    let sixth = ask("ada@example.org").await;
    assert_eq!(
        (sixth.status, sixth.body["code"].as_str()),
        (429, Some("too_many_requests"))
    );
}

#[tokio::test]
async fn who_registers_gets_a_mail_and_so_does_whose_address_is_known() {
    let smtp = Smtp::start().await;
    let (door, _) = instance(&smtp).await;
    let register = async |email: &str| {
        let body = json!({"first_name": "Zoe", "last_name": "Zuse", "email": email, "password": PASSWORD});
        door.post("/api/auth/register", None, &body).await
    };
    assert_eq!(register("zoe@example.org").await.status, 202);
    let mails = smtp.wait_for(1).await;
    let token = secret(&mails[0].readable(), "confirm");
    let body = json!({"token": token, "password": PASSWORD});
    assert_eq!(door.post("/api/auth/confirm", None, &body).await.status, 200);
    assert_eq!(register("ada@example.org").await.status, 202);
    let mails = smtp.wait_for(2).await;
    assert_eq!(mails[1].to, ["ada@example.org"]);
    assert_eq!(mails[1].header("Subject"), "You have an account already");
    assert!(!mails[1].readable().contains('#'), "nothing to confirm");
}

/// Tells that somebody answered through a notification.
struct Answer(NotificationActionTaken);

impl Command for Answer {
    type Output = ();
    type Error = Error;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Error> {
        uow.record(&self.0).map(|_| ())
    }
}

#[tokio::test]
async fn an_answer_through_a_notification_joins_or_declines_and_a_late_one_changes_nothing() {
    let door = Door::running().await;
    let owner = door.set_up("ada@example.org").await.token().unwrap();
    door.post("/api/workspaces", Some(&owner), &json!({"name": "Engines"}))
        .await;
    for email in ["bob@example.org", "eve@example.org"] {
        door.create_user(email).await.unwrap();
    }
    let mut answered = Vec::new();
    for (email, action) in [
        ("bob@example.org", NotificationAction::Accepted),
        ("eve@example.org", NotificationAction::Declined),
    ] {
        let body = json!({"email": email, "role": "member"});
        door.post("/api/workspaces/engines/members", Some(&owner), &body)
            .await;
        let events = door.events().await;
        let invited = events
            .iter()
            .rev()
            .find(|event| event.is::<MemberInvited>())
            .unwrap();
        let invited: MemberInvited = door.state.backbone.open_event(invited).await.unwrap();
        answered.push(NotificationActionTaken {
            notification_id: NotificationId(door.state.backbone.ids().next()),
            user_id: invited.invitee_user_id.unwrap(),
            action,
            kind: "workspace_invitation".into(),
            workspace_id: invited.workspace_id,
            member_id: invited.member_id,
        });
    }
    let stranger = NotificationActionTaken {
        user_id: UserId(Uuid::from_u128(7)),
        ..answered[0].clone()
    };
    let late = answered[1].clone();
    for taken in [vec![stranger], answered, vec![late]].concat() {
        let context = Context::of_actor(taken.user_id.0, door.state.backbone.ids().next());
        door.state
            .backbone
            .execute(context, &Answer(taken))
            .await
            .unwrap();
        door.state
            .backbone
            .settled(Duration::from_secs(30))
            .await
            .unwrap();
    }
    let told = door.recorded().await;
    let count = |name: &str| told.iter().filter(|told| *told == name).count();
    assert_eq!(
        (count(MemberJoined::TYPE), count(InvitationDeclined::TYPE)),
        (1, 1)
    );
    let members = door.get("/api/workspaces/engines/members", Some(&owner)).await;
    assert_eq!(members.body["meta"]["total"], 2);
}
