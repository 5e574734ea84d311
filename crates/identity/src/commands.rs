//! Setting up, signing in and out, making accounts: each one commit.

use althing_backbone::{Command, Error, UnitOfWork, Uuid, sql};
use althing_events::identity::{LoginMethod, UserLoggedIn, UserLoggedOut};
use althing_events::{LoginSessionId, UserId};
use althing_web::InstanceRole;

use crate::fields::{Email, Name};
use crate::password::PasswordHash;
use crate::session::{NewSession, delete_expired};
use crate::user::{Refusal, User};
use crate::views;

/// Why a command did nothing.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Something broke.
    #[error(transparent)]
    Fault(#[from] Error),
}

impl From<althing_backbone::DbError> for Failure {
    fn from(error: althing_backbone::DbError) -> Self {
        Failure::Fault(error.into())
    }
}

/// Names, address and hashed password of a new account.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// First and last name.
    pub names: (Name, Name),
    /// The address.
    pub email: Email,
    /// The hashed password.
    pub password: PasswordHash,
}

/// What is known of the browser that signs in.
#[derive(Clone, Debug, Default)]
pub struct Visit {
    /// A keyed hash of its network address.
    pub ip_hash: Option<String>,
    /// Its name for itself, cut to 255 characters.
    pub user_agent: Option<String>,
}

/// Makes the instance's owner and signs them in. Open while nobody has an account.
pub struct SetUp {
    pub(crate) user_id: UserId,
    pub(crate) credentials: Credentials,
    pub(crate) session: NewSession,
    pub(crate) visit: Visit,
}

impl Command for SetUp {
    type Output = UserId;
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<UserId, Failure> {
        if !views::setup_required(uow).await? {
            return Err(Refusal::SetupDone.into());
        }
        uow.context_mut().actor = Some(self.user_id.0);
        // Of two at once the second violates this key, decides again, and is refused.
        uow.execute(sql("INSERT INTO instance_owner (one, user_id) VALUES (1, $1)").bind(self.user_id));
        register(uow, self.user_id, &self.credentials, InstanceRole::Owner)?;
        sign_in(uow, self.user_id, &self.session, &self.visit)?;
        Ok(self.user_id)
    }
}

/// Signs in somebody whose password was verified.
pub struct LogIn {
    pub(crate) user_id: UserId,
    /// The hash that the password was verified against.
    pub(crate) verified: PasswordHash,
    pub(crate) session: NewSession,
    pub(crate) visit: Visit,
}

impl Command for LogIn {
    type Output = ();
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Failure> {
        let user: User = uow
            .load(self.user_id.0)
            .await?
            .ok_or(Refusal::InvalidCredentials)?;
        user.may_sign_in(&self.verified)?;
        uow.context_mut().actor = Some(self.user_id.0);
        uow.execute(delete_expired(uow.now()));
        sign_in(uow, self.user_id, &self.session, &self.visit)
    }
}

/// Ends a browser session. Ending one that has ended is no event.
pub struct LogOut {
    /// Whose session.
    pub user_id: UserId,
    /// Which one.
    pub session_id: LoginSessionId,
}

impl Command for LogOut {
    type Output = ();
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Failure> {
        let open: Option<Uuid> = sql("SELECT id FROM user_token WHERE id = $1 AND user_id = $2")
            .bind(self.session_id)
            .bind(self.user_id)
            .optional(uow)
            .await?;
        if open.is_none() {
            return Ok(());
        }
        uow.expect(
            1,
            "session",
            sql("DELETE FROM user_token WHERE id = $1").bind(self.session_id),
        );
        uow.record(&UserLoggedOut {
            user_id: self.user_id,
            session_id: self.session_id,
        })?;
        Ok(())
    }
}

/// Makes a confirmed account of role user; for the operator's command line.
pub struct CreateUser {
    /// Its id.
    pub user_id: UserId,
    /// Names, address, password.
    pub credentials: Credentials,
}

impl Command for CreateUser {
    type Output = UserId;
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<UserId, Failure> {
        if views::setup_required(uow).await? {
            return Err(Refusal::NotSetUp.into());
        }
        if views::id_by_email(uow, &self.credentials.email).await?.is_some() {
            return Err(Refusal::EmailTaken.into());
        }
        register(uow, self.user_id, &self.credentials, InstanceRole::User)?;
        Ok(self.user_id)
    }
}

fn register(uow: &mut UnitOfWork, id: UserId, new: &Credentials, role: InstanceRole) -> Result<(), Failure> {
    let (user, registered, confirmed) = User::register_confirmed(
        id,
        new.names.clone(),
        new.email.clone(),
        new.password.clone(),
        role,
        uow.now(),
    );
    uow.save(&user)?;
    uow.execute(views::insert(&user));
    uow.record(&registered)?;
    uow.record(&confirmed)?;
    Ok(())
}

fn sign_in(
    uow: &mut UnitOfWork,
    user_id: UserId,
    session: &NewSession,
    visit: &Visit,
) -> Result<(), Failure> {
    uow.execute(session.insert(user_id, uow.now()));
    uow.execute(views::note_login(user_id, uow.now()));
    uow.record(&UserLoggedIn {
        user_id,
        method: LoginMethod::Password,
        session_id: session.id,
        ip_hash: visit.ip_hash.clone(),
        user_agent: visit.user_agent.clone(),
    })?;
    Ok(())
}
