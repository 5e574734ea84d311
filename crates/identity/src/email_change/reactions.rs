//! The address before is told: if it was not its owner who moved, they learn of it there.

use althing_backbone::{Effects, Event, HandlerError, HandlerResult, State, Subscription, Timeout, reaction};
use althing_events::identity::UserEmailChanged;
use althing_web::Mailer;

use crate::letters;

pub(crate) fn subscription(mailer: &Mailer) -> Subscription {
    reaction("email-change-mail")
        .state(mailer.clone())
        .on(moved)
        .layer(Timeout::secs(90))
        .into()
}

async fn moved(
    Event(moved): Event<UserEmailChanged>,
    State(mailer): State<Mailer>,
    effects: Effects,
) -> HandlerResult {
    // Of an account that was deleted meanwhile there is no address.
    if !mailer.is_on() || !moved.previous_email.contains('@') {
        return Ok(());
    }
    effects
        .once("mail", |key| async move {
            let mail = letters::address_left(&mailer, key, &moved.previous_email);
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
