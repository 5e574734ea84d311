//! Another address for an account. Whoever wants it proves that the new one is theirs: a link
//! goes there, or an operator hands it on, and nothing changes before it is used.

pub(crate) mod http;
mod reactions;

use std::time::Duration;

use althing_backbone::{Command, DbError, Query, Statement, Timestamp, UnitOfWork, Uuid, sql};
use althing_events::UserId;
pub(crate) use reactions::subscription;

use crate::commands::Failure;
use crate::fields::Email;
use crate::secret::{random_token, sha256};
use crate::session::delete_expired;
use crate::user::{Refusal, User};
use crate::views::{self, id_by_email};

/// How long the link is good.
const LIFE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Notes which address somebody wants; what they wanted before is forgotten. Answers the
/// link's token, of which there is no other copy.
pub(crate) struct AskForAddress {
    pub user_id: UserId,
    pub email: Email,
}

impl Command for AskForAddress {
    type Output = String;
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<String, Failure> {
        let user = usable(uow, self.user_id).await?;
        if user.email == self.email {
            return Err(Refusal::SameAddress.into());
        }
        Ok(replace_link(uow, &user, &self.email))
    }
}

/// Makes another link for the address that somebody asked for, for an operator to hand on;
/// the one before ends.
pub(crate) struct CopyAddressLink {
    pub user_id: UserId,
}

impl Command for CopyAddressLink {
    type Output = String;
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<String, Failure> {
        let user: User = uow.load(self.user_id.0).await?.ok_or(Refusal::UnknownUser)?;
        if !user.is_active() {
            return Err(Refusal::UnknownUser.into());
        }
        let wanted = wanted_address(uow, self.user_id, uow.now()).await?;
        let email = wanted.ok_or(Refusal::NoAddressChange)?;
        if id_by_email(uow, &email).await?.is_some() {
            return Err(Refusal::EmailTaken.into());
        }
        Ok(replace_link(uow, &user, &email))
    }
}

/// Gives the account the address that a link was made for. The other links of the account
/// were for the address before and end; its browsers stay signed in.
pub(crate) struct TakeAddress {
    pub token: String,
}

impl Command for TakeAddress {
    type Output = Email;
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<Email, Failure> {
        let found = find(uow, &self.token, uow.now()).await?;
        let (id, user_id, email) = found.ok_or(Refusal::InvalidToken)?;
        let mut user: User = uow.load(user_id.0).await?.ok_or(Refusal::InvalidToken)?;
        if id_by_email(uow, &email).await?.is_some() {
            return Err(Refusal::EmailTaken.into());
        }
        let moved = user.move_to(email.clone()).ok_or(Refusal::InvalidToken)?;
        uow.context_mut().actor = Some(user_id.0);
        uow.save(&user)?;
        // Of two accounts at once the second violates the address's key and is decided anew.
        uow.execute(views::set_email(&user));
        uow.expect(1, "address link", crate::link_token::delete(id));
        uow.execute(delete_links(user_id));
        uow.record(&moved)?;
        Ok(email)
    }
}

/// The address that somebody has asked for and not taken yet.
pub(crate) async fn wanted_address(
    on: &impl Query,
    user: UserId,
    now: Timestamp,
) -> Result<Option<Email>, DbError> {
    let row: Option<String> = sql(
        "SELECT t.sent_to FROM user_token t JOIN user_account u ON u.id = t.user_id \
         WHERE t.user_id = $1 AND t.context = 'change:' || u.email AND t.expires_at > $2",
    )
    .bind(user)
    .bind(now)
    .optional(on)
    .await?;
    Ok(row.and_then(|text| Email::parse("/email", &text).ok()))
}

async fn usable(uow: &mut UnitOfWork, id: UserId) -> Result<User, Failure> {
    let user: Option<User> = uow.load(id.0).await?;
    let user = user.filter(User::is_active);
    Ok(user.ok_or(Refusal::InvalidCredentials)?)
}

/// There is one at a time. It belongs to the address before, so that it ends with it.
fn replace_link(uow: &mut UnitOfWork, user: &User, email: &Email) -> String {
    let (token, now) = (random_token(), uow.now());
    let context = format!("change:{}", user.email.as_str());
    uow.execute(delete_expired(now));
    uow.execute(sql("DELETE FROM user_token WHERE user_id = $1 AND context LIKE 'change:%'").bind(user.id));
    uow.execute(
        sql("INSERT INTO user_token (id, user_id, context, token_hash, csrf_token, remember, authenticated_at, inserted_at, \
             expires_at, sent_to) VALUES ($1, $2, $3, $4, '', FALSE, $5, $5, $6, $7)")
        .bind(uow.new_id())
        .bind(user.id)
        .bind(context)
        .bind(sha256(token.as_bytes()))
        .bind(now)
        .bind(now.plus(LIFE))
        .bind(email.as_str()),
    );
    token
}

async fn find(
    on: &impl Query,
    token: &str,
    now: Timestamp,
) -> Result<Option<(Uuid, UserId, Email)>, DbError> {
    let row: Option<(Uuid, Uuid, String)> = sql(
        "SELECT t.id, t.user_id, t.sent_to FROM user_token t JOIN user_account u ON u.id = t.user_id \
         WHERE t.context = 'change:' || u.email AND t.token_hash = $1 AND t.expires_at > $2",
    )
    .bind(sha256(token.as_bytes()))
    .bind(now)
    .optional(on)
    .await?;
    Ok(row.and_then(|(id, user, email)| Some((id, UserId(user), Email::parse("/email", &email).ok()?))))
}

fn delete_links(user: UserId) -> Statement {
    sql("DELETE FROM user_token WHERE user_id = $1 AND context <> 'session'").bind(user)
}
