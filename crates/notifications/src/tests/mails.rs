//! Mails at once, through a real mail server.

use std::time::Duration;

use althing_testkit::Smtp;
use althing_web::{MailSettings, Mailer, SmtpAddress};

use super::house::House;
use crate::commands::{Unsubscribe, Unsubscribed};
use crate::kind::{Channel, Kind};
use crate::unsubscribe::Signer;

pub fn mailer(smtp: &Smtp) -> Mailer {
    let address = SmtpAddress::parse(&smtp.url()).unwrap();
    let settings = MailSettings::new(address, "Althing <althing@example.org>", None).unwrap();
    Mailer::new(Some(settings), "https://althing.example.org")
}

/// Ada wants decisions by mail; Bob has completed one.
async fn a_mail_is_due(smtp: &Smtp) -> House {
    let house = House::with(mailer(smtp)).await;
    house
        .choose(house.ada, Kind::DecisionCompleted, Channel::Mail, 7, "UTC")
        .await;
    house.acts(house.bob);
    house.complete_cycle().await;
    house
}

#[tokio::test]
async fn what_is_wanted_by_mail_is_mailed_once_with_a_way_to_end_it() {
    let smtp = Smtp::start().await;
    let house = a_mail_is_due(&smtp).await;
    house.invite().await;
    house.kit.settle().await;
    house.kit.settle().await;
    let mails = smtp.mails();
    assert_eq!(mails.len(), 1, "identity mails invitations: {mails:?}");
    let mail = &mails[0];
    assert_eq!(mail.to, ["ada@example.org"]);
    assert_eq!(mail.header("Subject"), "Decision completed");
    assert!(
        mail.header("Message-ID").starts_with("<notification-mail/"),
        "{}",
        mail.text
    );
    assert_eq!(mail.header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    let link = mail.header("List-Unsubscribe");
    let token = link.rsplit_once("token=").unwrap().1.trim_end_matches('>');
    let signer = Signer::of(house.kit.db()).await.unwrap();
    let ended = Some((house.ada, Unsubscribed::Kind(Kind::DecisionCompleted)));
    assert_eq!(signer.read(token), ended);
    let page = format!("https://althing.example.org/decisions/{}", house.session);
    assert!(mail.readable().contains(&page), "{}", mail.text);
}

#[tokio::test]
async fn whoever_unsubscribed_sees_it_in_the_app_alone() {
    let smtp = Smtp::start().await;
    let house = a_mail_is_due(&smtp).await;
    let command = Unsubscribe {
        user_id: house.ada,
        what: Unsubscribed::Kind(Kind::DecisionCompleted),
    };
    house
        .kit
        .when(&command)
        .await
        .then_recorded(["notifications.notification_preferences_changed"]);
    house.kit.when(&command).await.then_recorded([]);
    house.kit.settle().await;
    assert_eq!((house.told(house.ada).await.len(), smtp.mails().len()), (1, 0));
}

#[tokio::test]
async fn a_server_that_says_later_is_asked_again_and_one_that_says_no_is_not() {
    let smtp = Smtp::start().await;
    smtp.refuse("451 4.3.0 not now, ada@example.org");
    let house = a_mail_is_due(&smtp).await;
    house.kit.settle().await;
    assert!(smtp.mails().is_empty());
    assert!(house.kit.operator().dead_letters(None).await.unwrap().is_empty());
    smtp.accept();
    house.kit.advance(Duration::from_secs(1));
    house.kit.settle().await;
    assert_eq!(smtp.mails().len(), 1);

    smtp.refuse("550 5.1.1 no ada@example.org here");
    house.complete_cycle().await;
    house.kit.settle().await;
    let letters = house.kit.operator().dead_letters(None).await.unwrap();
    assert_eq!((letters.len(), letters[0].attempts), (1, 1));
    assert_eq!(
        letters[0].error,
        "the mail server refused the mail for good (550)"
    );
    assert_eq!(smtp.mails().len(), 1);
}

#[tokio::test]
async fn a_mail_that_comes_late_finds_it_read_and_stays_at_home() {
    let smtp = Smtp::start().await;
    smtp.refuse("451 not now");
    let house = a_mail_is_due(&smtp).await;
    house.kit.settle().await;
    let (id, _) = house.only_one(house.ada).await;
    let user_id = house.ada;
    let read = crate::commands::MarkRead { user_id, id };
    house.kit.when(&read).await.into_result().unwrap();
    smtp.accept();
    house.kit.advance(Duration::from_secs(1));
    house.kit.settle().await;
    assert!(smtp.mails().is_empty());
}
