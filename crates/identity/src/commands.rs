//! Setting up, signing in and out, making accounts: each one commit.

use althing_backbone::{Command, Error, UnitOfWork, Uuid, sql};
use althing_events::identity::{LoginMethod, PasswordChange, UserLoggedIn, UserLoggedOut};
use althing_events::{LoginSessionId, UserId};
use althing_web::InstanceRole;

use crate::fields::{Email, Name};
use crate::password::PasswordHash;
use crate::session::{NewSession, delete_all, delete_expired};
use crate::user::{Refusal, User};
use crate::views;

/// Why a command did nothing.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The rules of workspaces say no.
    #[error(transparent)]
    Workspace(crate::workspace::Refusal),
    /// Something broke.
    #[error(transparent)]
    Fault(#[from] Error),
}

impl From<crate::workspace::Refusal> for Failure {
    fn from(refusal: crate::workspace::Refusal) -> Self {
        Failure::Workspace(refusal)
    }
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

/// A sign-in: its new session and how it came about.
pub(crate) struct SignIn {
    pub session: NewSession,
    pub visit: Visit,
    pub method: LoginMethod,
}

/// Makes the instance's owner and signs them in. Open while nobody has an account.
pub struct SetUp {
    pub(crate) user_id: UserId,
    pub(crate) credentials: Credentials,
    pub(crate) sign_in: SignIn,
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
        sign_in(uow, self.user_id, &self.sign_in)?;
        Ok(self.user_id)
    }
}

/// Signs in somebody whose password was verified.
pub struct LogIn {
    pub(crate) user_id: UserId,
    /// The hash that the password was verified against.
    pub(crate) verified: PasswordHash,
    pub(crate) sign_in: SignIn,
}

impl Command for LogIn {
    type Output = ();
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Failure> {
        let user = account(uow, self.user_id).await?;
        user.may_sign_in(&self.verified)?;
        // Decided anew if the account changes meanwhile: an old password must not open a
        // session that the change of the password has not ended.
        uow.save(&user)?;
        uow.context_mut().actor = Some(self.user_id.0);
        uow.execute(delete_expired(uow.now()));
        sign_in(uow, self.user_id, &self.sign_in)
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
    /// Whether it was open.
    type Output = bool;
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<bool, Failure> {
        let open: Option<Uuid> =
            sql("SELECT id FROM user_token WHERE id = $1 AND user_id = $2 AND context = 'session'")
                .bind(self.session_id)
                .bind(self.user_id)
                .optional(uow)
                .await?;
        if open.is_none() {
            return Ok(false);
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
        Ok(true)
    }
}

/// Notes that somebody who is signed in proved anew who they are.
pub(crate) struct Reauthenticate {
    pub user_id: UserId,
    pub session_id: LoginSessionId,
    /// The hash that the password was verified against.
    pub verified: PasswordHash,
}

impl Command for Reauthenticate {
    type Output = ();
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Failure> {
        let user: User = uow.load(self.user_id.0).await?.ok_or(Refusal::WrongPassword)?;
        user.may_sign_in(&self.verified)
            .map_err(|_| Refusal::WrongPassword)?;
        uow.save(&user)?;
        uow.execute(
            sql("UPDATE user_token SET authenticated_at = $1 WHERE id = $2 AND user_id = $3")
                .bind(uow.now())
                .bind(self.session_id)
                .bind(self.user_id),
        );
        Ok(())
    }
}

/// Changes one's own names; nothing is told if they are the same.
pub(crate) struct Rename {
    pub user_id: UserId,
    pub first_name: Option<Name>,
    pub last_name: Option<Name>,
}

impl Command for Rename {
    type Output = ();
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Failure> {
        let mut user = account(uow, self.user_id).await?;
        if let Some(updated) = user.rename(self.first_name.clone(), self.last_name.clone()) {
            uow.save(&user)?;
            uow.execute(views::rename(&user));
            uow.record(&updated)?;
        }
        Ok(())
    }
}

/// Changes one's own password: every browser is signed out, and this one in again.
pub(crate) struct ChangePassword {
    pub user_id: UserId,
    pub password: PasswordHash,
    pub session: NewSession,
}

impl Command for ChangePassword {
    type Output = ();
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Failure> {
        let mut user = account(uow, self.user_id).await?;
        let changed = user.set_password(self.password.clone(), PasswordChange::Change);
        uow.save(&user)?;
        uow.execute(delete_all(self.user_id));
        uow.execute(self.session.insert(self.user_id, uow.now()));
        uow.record(&changed)?;
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

/// The account of somebody who has proved, or is about to prove, who they are.
async fn account(uow: &mut UnitOfWork, id: UserId) -> Result<User, Failure> {
    let user: Option<User> = uow.load(id.0).await?;
    Ok(user.ok_or(Refusal::InvalidCredentials)?)
}

/// Makes a confirmed account.
pub(crate) fn register(
    uow: &mut UnitOfWork,
    id: UserId,
    new: &Credentials,
    role: InstanceRole,
) -> Result<User, Failure> {
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
    Ok(user)
}

/// Stores the new session and tells of it.
pub(crate) fn sign_in(uow: &mut UnitOfWork, user_id: UserId, with: &SignIn) -> Result<(), Failure> {
    let SignIn {
        session,
        visit,
        method,
    } = with;
    uow.execute(session.insert(user_id, uow.now()));
    uow.execute(views::note_login(user_id, uow.now()));
    uow.record(&UserLoggedIn {
        user_id,
        method: *method,
        session_id: session.id,
        ip_hash: visit.ip_hash.clone(),
        user_agent: visit.user_agent.clone(),
    })?;
    Ok(())
}
