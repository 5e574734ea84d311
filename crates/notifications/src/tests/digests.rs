//! The daily mail, by a clock that is moved by hand: it stands at 1 January 2026, 00:00 UTC.

use std::time::Duration;

use althing_backbone::sql;
use althing_testkit::Smtp;

use super::house::House;
use super::mails::mailer;
use crate::commands::{MarkAllRead, Unsubscribe, Unsubscribed};
use crate::kind::{Channel, Kind};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Ada wants decisions by the daily mail at this hour; Bob acts.
async fn wanted(smtp: &Smtp, hour: u32, zone: &str) -> House {
    let house = House::with(mailer(smtp)).await;
    house
        .choose(house.ada, Kind::DecisionCompleted, Channel::Digest, hour, zone)
        .await;
    house.acts(house.bob);
    house
}

async fn runs(house: &House) -> Vec<String> {
    sql("SELECT period_key FROM notification_digest_run ORDER BY period_key")
        .all(house.kit.db())
        .await
        .unwrap()
}

#[tokio::test]
async fn the_daily_mail_comes_once_at_its_hour_with_what_is_unread() {
    let smtp = Smtp::start().await;
    let house = wanted(&smtp, 7, "UTC").await;
    house.complete_cycle().await;
    house.complete_cycle().await;
    house.kit.settle().await;
    house.kit.advance(HOUR * 6);
    house.kit.settle().await;
    assert!(smtp.mails().is_empty(), "it is six o'clock");
    house.kit.advance(HOUR);
    house.kit.settle().await;
    house.kit.settle().await;
    let mails = smtp.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].header("Subject"), "2 unread notifications");
    let id = format!("<notification-digest/{}/daily/2026-01-01@example.org>", house.ada);
    assert_eq!(mails[0].header("Message-ID"), id);
    assert_eq!(runs(&house).await, ["daily:2026-01-01"]);

    // What comes after it waits for the next day, also when the hour is moved.
    house.complete_cycle().await;
    house
        .choose(house.ada, Kind::DecisionCompleted, Channel::Digest, 20, "UTC")
        .await;
    house.kit.settle().await;
    house.kit.advance(HOUR * 14);
    house.kit.settle().await;
    assert_eq!(smtp.mails().len(), 1, "one a day");
    house.kit.advance(HOUR * 24);
    house.kit.settle().await;
    let mails = smtp.mails();
    assert_eq!(mails[1].header("Subject"), "3 unread notifications");
    assert_eq!(runs(&house).await, ["daily:2026-01-01", "daily:2026-01-02"]);
}

#[tokio::test]
async fn the_hour_is_that_of_the_readers_clock() {
    let smtp = Smtp::start().await;
    let house = wanted(&smtp, 7, "Asia/Kolkata").await;
    house.complete_cycle().await;
    house.kit.settle().await;
    house.kit.advance(HOUR);
    house.kit.settle().await;
    assert!(smtp.mails().is_empty(), "half past six in Kolkata");
    house.kit.advance(HOUR / 2);
    house.kit.settle().await;
    assert_eq!((smtp.mails().len(), runs(&house).await.len()), (1, 1));
}

#[tokio::test]
async fn nothing_is_mailed_when_there_is_nothing_to_tell() {
    let smtp = Smtp::start().await;
    let house = wanted(&smtp, 7, "UTC").await;
    house.complete_cycle().await;
    house.kit.settle().await;
    let user_id = house.ada;
    house
        .kit
        .when(&MarkAllRead { user_id })
        .await
        .into_result()
        .unwrap();
    house.kit.advance(HOUR * 8);
    house.kit.settle().await;
    assert_eq!((smtp.mails().len(), runs(&house).await.len()), (0, 0));
    let timers: i64 = sql("SELECT count(*) FROM timer")
        .one(house.kit.db())
        .await
        .unwrap();
    assert_eq!(timers, 0, "nobody without news has a timer");
}

#[tokio::test]
async fn whoever_unsubscribed_from_daily_mails_gets_none() {
    let smtp = Smtp::start().await;
    let house = wanted(&smtp, 7, "UTC").await;
    house.complete_cycle().await;
    house.kit.settle().await;
    let command = Unsubscribe {
        user_id: house.ada,
        what: Unsubscribed::Digest,
    };
    house.kit.when(&command).await.into_result().unwrap();
    house.kit.settle().await;
    house.kit.advance(HOUR * 8);
    house.kit.settle().await;
    assert!(smtp.mails().is_empty());
}

#[tokio::test]
async fn a_server_that_is_away_gets_the_daily_mail_later() {
    let smtp = Smtp::start().await;
    let house = wanted(&smtp, 7, "UTC").await;
    house.complete_cycle().await;
    house.kit.settle().await;
    smtp.stop().await;
    house.kit.advance(HOUR * 8);
    house.kit.settle().await;
    assert_eq!(runs(&house).await, Vec::<String>::new());
    smtp.start_again().await;
    house.kit.advance(Duration::from_secs(30));
    house.kit.settle().await;
    assert_eq!((smtp.mails().len(), runs(&house).await.len()), (1, 1));
}
