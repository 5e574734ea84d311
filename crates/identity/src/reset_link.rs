//! Links by which somebody who forgot their password sets another one.

use std::time::Duration;

use althing_backbone::{Command, DbError, Query, Timestamp, UnitOfWork};
use althing_events::UserId;
use althing_events::identity::PasswordChange;

use crate::commands::Failure;
use crate::fields::Email;
use crate::link_token::{self, Found, Purpose};
use crate::password::PasswordHash;
use crate::secret::random_token;
use crate::session::{delete_all, delete_expired};
use crate::user::{Refusal, User};
use crate::views;

/// How long a link from the command line is good for.
pub(crate) const LIFE: Duration = Duration::from_secs(60 * 60);

/// Whose account is meant.
#[derive(Clone, Debug)]
pub enum Whose {
    /// Of the account with this address.
    Address(Email),
    /// Of this account.
    Account(UserId),
}

impl Whose {
    pub(crate) async fn id(&self, on: &impl Query) -> Result<Option<UserId>, DbError> {
        match self {
            Whose::Address(email) => views::id_by_email(on, email).await,
            Whose::Account(id) => Ok(Some(*id)),
        }
    }
}

/// Makes a link for an account that may be used; those made before end. Answers its
/// token, of which there is no other copy.
pub struct MakeResetLink {
    /// Whose password was forgotten.
    pub whose: Whose,
    /// Copied or mailed.
    pub(crate) purpose: Purpose,
    /// How long it is good for.
    pub(crate) life: Duration,
}

impl MakeResetLink {
    /// One that an operator makes on the command line, good for an hour.
    pub fn at_once(email: Email) -> Self {
        Self {
            whose: Whose::Address(email),
            purpose: Purpose::Reset,
            life: LIFE,
        }
    }
}

impl Command for MakeResetLink {
    type Output = String;
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<String, Failure> {
        let id = self.whose.id(uow).await?;
        let id = id.ok_or(Refusal::UnknownAddress)?;
        let user: User = uow.load(id.0).await?.ok_or(Refusal::UnknownAddress)?;
        if !user.is_active() {
            return Err(Refusal::UnknownAddress.into());
        }
        let token = random_token();
        uow.execute(delete_expired(uow.now()));
        uow.execute(link_token::delete_of(id, self.purpose));
        let life = (uow.now(), self.life);
        uow.execute(link_token::insert(
            uow.new_id(),
            &user,
            self.purpose,
            &token,
            life,
        ));
        Ok(token)
    }
}

/// Sets another password, once; every browser is signed out, and other links end.
pub(crate) struct ResetPassword {
    pub token: String,
    pub password: PasswordHash,
}

impl ResetPassword {
    /// Whether a token is good, before anything costly is done for it.
    pub async fn is_good(on: &impl Query, token: &str, now: Timestamp) -> Result<bool, DbError> {
        Ok(find(on, token, now).await?.is_some())
    }
}

/// The link, and whether an operator or its owner asked for it.
async fn find(
    on: &impl Query,
    token: &str,
    now: Timestamp,
) -> Result<Option<(Found, PasswordChange)>, DbError> {
    if let Some(link) = link_token::find(on, Purpose::MailedReset, token, now).await? {
        return Ok(Some((link, PasswordChange::Reset)));
    }
    let copied = link_token::find(on, Purpose::Reset, token, now).await?;
    Ok(copied.map(|link| (link, PasswordChange::Admin)))
}

impl Command for ResetPassword {
    type Output = ();
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Failure> {
        let found = find(uow, &self.token, uow.now()).await?;
        let (link, method) = found.ok_or(Refusal::InvalidToken)?;
        let mut user: User = uow.load(link.user_id.0).await?.ok_or(Refusal::InvalidToken)?;
        if !user.is_active() {
            return Err(Refusal::InvalidToken.into());
        }
        uow.context_mut().actor = Some(user.id.0);
        let changed = user.set_password(self.password.clone(), method);
        uow.save(&user)?;
        uow.expect(1, "reset link", link_token::delete(link.id));
        uow.execute(delete_all(user.id));
        uow.record(&changed)?;
        Ok(())
    }
}
