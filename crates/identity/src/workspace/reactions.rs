//! What follows from events: invitations are mailed, and answered through notifications.

use althing_backbone::{
    Command, Effects, Event, HandlerError, HandlerResult, Meta, Reads, State, Subscription, Timeout, Uow,
    reaction,
};
use althing_events::UserId;
use althing_events::identity::{MemberInvited, UserConfirmed, UserEmailChanged};
use althing_events::notifications::{NotificationAction, NotificationActionTaken};
use althing_web::Mailer;
use serde_json::Value;

use super::commands::members::{Acceptance, Decline, Joining, find_invitations};
use super::{link, views};
use crate::commands::Failure;
use crate::fields::Email;
use crate::letters;

/// The reactions of workspaces.
pub(crate) fn subscriptions(mailer: &Mailer) -> Vec<Subscription> {
    vec![
        reaction("invitation-answer").on(answered).into(),
        reaction("pending-invitations").on(confirmed).on(moved).into(),
        reaction("invitation-mail")
            .state(mailer.clone())
            .on(invited)
            .layer(Timeout::secs(90))
            .into(),
    ]
}

/// Accepts or declines. An invitation that has ended meanwhile stays as it is; its
/// notification says so.
async fn answered(Event(taken): Event<NotificationActionTaken>, mut uow: Uow) -> HandlerResult {
    let (user_id, member_id) = (taken.user_id, taken.member_id);
    let done = match taken.action {
        NotificationAction::Accepted => {
            let by = Acceptance::Place(member_id);
            Joining { user_id, by }.run(&mut uow).await.map(|_| ())
        }
        NotificationAction::Declined => Decline { user_id, member_id }.run(&mut uow).await,
    };
    match done {
        Err(Failure::Workspace(_)) | Ok(()) => Ok(()),
        Err(failure) => Err(failure.into()),
    }
}

/// PendingInvitationLinker: an address that was invited has an account now.
async fn confirmed(Event(confirmed): Event<UserConfirmed>, uow: Uow) -> HandlerResult {
    find(uow, confirmed.user_id, &confirmed.email).await
}

async fn moved(Event(moved): Event<UserEmailChanged>, uow: Uow) -> HandlerResult {
    find(uow, moved.user_id, &moved.email).await
}

async fn find(mut uow: Uow, user: UserId, email: &str) -> HandlerResult {
    // What was erased is no address.
    let Ok(email) = Email::parse("/email", email) else {
        return Ok(());
    };
    uow.context_mut().metadata.insert(FOUND.into(), true.into());
    Ok(find_invitations(&mut uow, user, &email).await?)
}

/// Marks what tells the account of an invitation that its address was mailed before.
const FOUND: &str = "found";

fn was_mailed_before(meta: &Meta) -> bool {
    serde_json::from_str::<Value>(&meta.metadata).is_ok_and(|metadata| metadata.get(FOUND).is_some())
}

/// Mails the link of an invitation that still waits. Whatever becomes of the mail, the
/// invitation stands.
async fn invited(
    Event(invited): Event<MemberInvited>,
    meta: Meta,
    State(mailer): State<Mailer>,
    reads: Reads,
    effects: Effects,
) -> HandlerResult {
    let db = &reads.0;
    if was_mailed_before(&meta) {
        return Ok(());
    }
    if !mailer.is_on() || !views::waits_until(db, invited.member_id, invited.expires_at).await? {
        return Ok(());
    }
    let token = link::token(db, invited.member_id, invited.expires_at).await?;
    effects
        .once("mail", |key| async move {
            let mail = letters::invitation(&mailer, key, &invited, &token);
            mailer
                .send(&mail)
                .await
                .map_err(|error| match error.is_permanent() {
                    true => HandlerError::permanent(error),
                    false => HandlerError::transient(error),
                })
        })
        .await
}
