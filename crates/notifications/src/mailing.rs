//! Mails at once: one for each notification whose reader wants it so.

use althing_backbone::{
    Effects, Event, HandlerError, HandlerResult, Reads, State, Subscription, Timeout, reaction,
    read_aggregate,
};
use althing_events::notifications::NotificationCreated;
use althing_web::{MailError, Mailer};

use crate::commands::Unsubscribed;
use crate::directory::address_of;
use crate::kind::{Channel, Kind};
use crate::letter::{Item, Letter};
use crate::preferences::Preferences;
use crate::unsubscribe::Signer;
use crate::views;

/// Mails what is new from now on. What the mail server does not take is tried again, and
/// is a dead letter when it refuses for good.
pub fn subscription(mailer: &Mailer) -> Subscription {
    reaction("notification-mail")
        .state(mailer.clone())
        .on(created)
        .layer(Timeout::secs(90))
        .into()
}

async fn created(
    Event(created): Event<NotificationCreated>,
    State(mailer): State<Mailer>,
    reads: Reads,
    effects: Effects,
) -> HandlerResult {
    let db = &reads.0;
    let (user, kind) = (created.user_id, Kind::parse(&created.kind));
    let Some(kind) = kind.filter(|kind| mailer.is_on() && !kind.is_mailed_elsewhere()) else {
        return Ok(());
    };
    let preferences: Option<Preferences> = read_aggregate(db, user.0).await?;
    let channel = preferences.unwrap_or_else(|| Preferences::of(user)).channel(kind);
    let news = views::one(db, user, created.notification_id).await?;
    let Some(news) = news.filter(|news| channel == Channel::Mail && !news.read) else {
        return Ok(());
    };
    // An account that was erased has none, and wants no mail.
    let Some(to) = address_of(db, user).await? else {
        return Ok(());
    };
    let unsubscribe = Signer::of(db).await?.token(user, Unsubscribed::Kind(kind));
    effects
        .once("mail", |key| async move {
            let page = news.page();
            let letter = Letter {
                id: key,
                to,
                subject: news.title.clone(),
                items: &[Item {
                    title: news.title,
                    body: news.body,
                    page,
                }],
                more: 0,
                unsubscribe,
                ends: "mails of this kind",
            };
            taken(mailer.send(&letter.mail(&mailer)).await)
        })
        .await
}

/// A mail that was refused for good is not tried again.
fn taken(sent: Result<(), MailError>) -> HandlerResult {
    sent.map_err(|error| match error.is_permanent() {
        true => HandlerError::permanent(error),
        false => HandlerError::transient(error),
    })
}
