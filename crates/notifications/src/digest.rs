//! The daily mail: what its reader has not read yet, at their hour, once a day.
//!
//! A timer is set when there is something to tell, so nobody without news has one. The
//! row of a day is written in the commit that removes its timer, after the mail server
//! took the mail; a crash in between repeats the mail, under the same id.

use althing_backbone::{
    DbError, HandlerResult, On, OnTimer, Process, ProcessContext, Query, Subscription, Timer, process,
    read_aggregate, sql,
};
use althing_events::UserId;
use althing_events::notifications::{NotificationCreated, NotificationPreferencesChanged};
use althing_web::{MailError, Mailer};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::commands::Unsubscribed;
use crate::directory::address_of;
use crate::kind::Kind;
use crate::letter::{Item, Letter};
use crate::preferences::Preferences;
use crate::unsubscribe::Signer;
use crate::views::{self, NotificationView, Which};

const TIMER: &str = "digest";
/// How many notifications a mail tells at most.
const MOST: usize = 50;

/// Sends daily mails.
pub fn subscription(mailer: &Mailer) -> Subscription {
    process::<DigestSender>()
        .on::<NotificationCreated>()
        .on::<NotificationPreferencesChanged>()
        .with_timers()
        .state(mailer.clone())
        .into()
}

/// One person's next daily mail.
#[derive(Debug, Default, Serialize, Deserialize, Process)]
#[process(name = "notification-digest", key = UserId)]
struct DigestSender {
    /// The day it is for, if its timer is set.
    period_key: Option<String>,
}

impl On<NotificationCreated> for DigestSender {
    fn key(event: &NotificationCreated) -> UserId {
        event.user_id
    }

    async fn on(&mut self, event: NotificationCreated, cx: &mut ProcessContext) -> HandlerResult {
        let preferences = preferences(cx).await?;
        let is_digested = preferences.digested().any(|kind| kind.as_str() == event.kind);
        match (is_digested, &self.period_key) {
            (true, None) => self.plan(&preferences, cx).await?,
            // Nothing is planned, so nothing is to be remembered.
            (false, None) => cx.finish(),
            (_, Some(_)) => {}
        }
        Ok(())
    }
}

impl On<NotificationPreferencesChanged> for DigestSender {
    fn key(event: &NotificationPreferencesChanged) -> UserId {
        event.user_id
    }

    /// Their hour may be another one, or there may be something to tell that was not before.
    async fn on(&mut self, _: NotificationPreferencesChanged, cx: &mut ProcessContext) -> HandlerResult {
        let preferences = preferences(cx).await?;
        if preferences.digested().next().is_some() {
            self.plan(&preferences, cx).await?;
        } else {
            cx.finish();
        }
        Ok(())
    }
}

impl OnTimer for DigestSender {
    async fn on_timer(&mut self, timer: &Timer, cx: &mut ProcessContext) -> HandlerResult {
        let period_key = timer.payload["period_key"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let mailer: Mailer = cx.state()?;
        if mailer.is_on() && !is_sent(cx.db(), user(cx), &period_key).await? {
            send(&mailer, &period_key, cx).await?;
        }
        cx.finish();
        Ok(())
    }
}

impl DigestSender {
    /// Sets (or moves) the timer to the next day that has had no mail.
    async fn plan(&mut self, preferences: &Preferences, cx: &mut ProcessContext) -> HandlerResult {
        let mut next = preferences.next_digest(cx.now());
        if is_sent(cx.db(), user(cx), &next.period_key()).await? {
            next = preferences.digest_after(&next);
        }
        let payload = json!({ "period_key": next.period_key() });
        cx.set_timer(TIMER, next.due_at, payload);
        self.period_key = Some(next.period_key());
        Ok(())
    }
}

fn user(cx: &ProcessContext) -> UserId {
    UserId(cx.key())
}

/// As they are now: the order of events does not matter.
async fn preferences(cx: &ProcessContext) -> HandlerResult<Preferences> {
    let known = read_aggregate(cx.db(), cx.key()).await?;
    Ok(known.unwrap_or_else(|| Preferences::of(user(cx))))
}

async fn is_sent(on: &impl Query, user: UserId, period_key: &str) -> Result<bool, DbError> {
    let found: Option<i64> =
        sql("SELECT 1 FROM notification_digest_run WHERE user_id = $1 AND period_key = $2")
            .bind(user)
            .bind(period_key)
            .optional(on)
            .await?;
    Ok(found.is_some())
}

/// Nothing is sent when there is nothing to tell. What the mail server does not take now
/// is tried again; what it refuses for good is given up for this day.
async fn send(mailer: &Mailer, period_key: &str, cx: &mut ProcessContext) -> HandlerResult {
    let kinds: Vec<Kind> = preferences(cx).await?.digested().collect();
    let (db, user) = (cx.db().clone(), user(cx));
    if kinds.is_empty() {
        return Ok(());
    }
    let mut news = views::list(&db, user, Which::UnreadOf(&kinds), None, MOST + 1).await?;
    let Some(to) = address_of(&db, user).await?.filter(|_| !news.is_empty()) else {
        return Ok(());
    };
    let more = news.len().saturating_sub(MOST);
    news.truncate(MOST);
    let items: Vec<Item> = news.into_iter().map(item).collect();
    let letter = Letter {
        id: format!("notification-digest/{user}/{}", period_key.replace(':', "/")),
        to,
        subject: subject(items.len() + more),
        items: &items,
        more,
        unsubscribe: Signer::of(&db).await?.token(user, Unsubscribed::Digest),
        ends: "daily mails",
    };
    match mailer.send(&letter.mail(mailer)).await {
        Ok(()) => {}
        Err(error @ MailError::Temporary { .. }) => return Err(error.into()),
        Err(error) => tracing::warn!(%error, "a daily mail is given up"),
    }
    let now = cx.now();
    cx.expect(
        1,
        "digest run",
        sql(
            "INSERT INTO notification_digest_run (user_id, period_key, sent_at) VALUES ($1, $2, $3) \
             ON CONFLICT (user_id, period_key) DO NOTHING",
        )
        .bind(user)
        .bind(period_key)
        .bind(now),
    );
    Ok(())
}

fn item(news: NotificationView) -> Item {
    let page = news.page();
    Item {
        title: news.title,
        body: news.body,
        page,
    }
}

fn subject(count: usize) -> String {
    match count {
        1 => "One unread notification".to_owned(),
        count if count > MOST => format!("More than {MOST} unread notifications"),
        count => format!("{count} unread notifications"),
    }
}
