//! Coming to have an account: by an invitation, by oneself where the instance is open to
//! everybody, and the confirmation of one's address.

pub(crate) mod http;

use std::time::Duration;

use althing_backbone::{Command, DbError, Query, Timestamp, UnitOfWork};
use althing_events::{UserId, WorkspaceId};
use althing_web::InstanceRole;
use serde::{Deserialize, Serialize};

use crate::commands::{Credentials, Failure, SignIn, sign_in};
use crate::link_token::{self, Purpose};
use crate::password::PasswordHash;
use crate::secret::random_token;
use crate::session::{delete_all, delete_expired};
use crate::user::{Refusal, User};
use crate::views;
use crate::workspace::commands::members::{Acceptance, find, join};

/// Who may make an account for themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Registration {
    /// Whoever was invited.
    #[default]
    Invite,
    /// Anybody.
    Open,
    /// Nobody.
    Closed,
}

impl Registration {
    /// The word in the configuration and in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Registration::Invite => "invite",
            Registration::Open => "open",
            Registration::Closed => "closed",
        }
    }

    /// The mode with that word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Invite, Self::Open, Self::Closed]
            .into_iter()
            .find(|mode| mode.as_str() == word)
    }
}

/// Makes the account of somebody who was invited: confirmed, as their link proves the
/// address; signed in; and in the workspace.
pub(crate) struct RegisterInvited {
    pub user_id: UserId,
    pub credentials: Credentials,
    pub token: String,
    pub sign_in: SignIn,
}

impl Command for RegisterInvited {
    type Output = WorkspaceId;
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<WorkspaceId, Failure> {
        let (workspace_id, member_id) = find(uow, &Acceptance::Link(self.token.clone())).await?;
        if views::id_by_email(uow, &self.credentials.email).await?.is_some() {
            return Err(Refusal::EmailTaken.into());
        }
        uow.context_mut().actor = Some(self.user_id.0);
        let user = crate::commands::register(uow, self.user_id, &self.credentials, InstanceRole::User)?;
        sign_in(uow, self.user_id, &self.sign_in)?;
        join(uow, workspace_id, member_id, &user).await?;
        Ok(workspace_id)
    }
}

/// Makes an account whose address is not confirmed, so that nobody can sign in with it yet.
/// Where the address has an account nothing happens, and nobody can tell.
pub(crate) struct Register {
    pub user_id: UserId,
    pub credentials: Credentials,
}

impl Command for Register {
    type Output = ();
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Failure> {
        if views::id_by_email(uow, &self.credentials.email).await?.is_some() {
            return Ok(());
        }
        uow.context_mut().actor = Some(self.user_id.0);
        let Credentials {
            names,
            email,
            password,
        } = self.credentials.clone();
        let role = InstanceRole::User;
        let (user, registered) = User::register(self.user_id, names, email, password, role, uow.now());
        uow.save(&user)?;
        uow.execute(views::insert(&user));
        uow.record(&registered)?;
        Ok(())
    }
}

/// Makes a confirmation link for an account that waits for it; those made before end.
pub(crate) struct MakeConfirmationLink {
    pub user_id: UserId,
    pub life: Duration,
}

impl Command for MakeConfirmationLink {
    type Output = String;
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<String, Failure> {
        let user: User = uow.load(self.user_id.0).await?.ok_or(Refusal::UnknownUser)?;
        if !user.is_active() {
            return Err(Refusal::UnknownUser.into());
        }
        if user.confirmed_at.is_some() {
            return Err(Refusal::AlreadyConfirmed.into());
        }
        let token = random_token();
        uow.execute(delete_expired(uow.now()));
        uow.execute(link_token::delete_of(self.user_id, Purpose::Confirmation));
        let life = (uow.now(), self.life);
        uow.execute(link_token::insert(
            uow.new_id(),
            &user,
            Purpose::Confirmation,
            &token,
            life,
        ));
        Ok(token)
    }
}

/// Confirms an address by its link, with the password typed there: what a stranger may have
/// chosen at the registration opens nothing.
pub(crate) struct Confirm {
    pub token: String,
    pub password: PasswordHash,
    pub sign_in: SignIn,
}

impl Confirm {
    /// Whether a token is good, before anything costly is done for it.
    pub async fn is_good(on: &impl Query, token: &str, now: Timestamp) -> Result<bool, DbError> {
        Ok(link_token::find(on, Purpose::Confirmation, token, now)
            .await?
            .is_some())
    }
}

impl Command for Confirm {
    type Output = UserId;
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<UserId, Failure> {
        let link = link_token::find(uow, Purpose::Confirmation, &self.token, uow.now())
            .await?
            .ok_or(Refusal::InvalidOrExpired)?;
        let mut user: User = uow.load(link.user_id.0).await?.ok_or(Refusal::InvalidOrExpired)?;
        let confirmed = user
            .confirm(self.password.clone(), uow.now())
            .ok_or(Refusal::InvalidOrExpired)?;
        uow.context_mut().actor = Some(user.id.0);
        uow.save(&user)?;
        uow.execute(views::confirm(&user));
        uow.expect(1, "confirmation link", link_token::delete(link.id));
        uow.execute(delete_all(user.id));
        uow.record(&confirmed)?;
        sign_in(uow, user.id, &self.sign_in)?;
        Ok(user.id)
    }
}
