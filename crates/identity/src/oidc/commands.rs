//! Signing in with a provider, linking and unlinking: each one commit.

use althing_backbone::{Command, UnitOfWork, sql};
use althing_events::identity::{ExternalIdentityLinked, ExternalIdentityUnlinked};
use althing_events::{ExternalIdentityId, UserId};

use super::failure::{NotAllowed, SsoError};
use super::identity;
use super::person::Person;
use super::provider::Provider;
use crate::commands::{Failure, SignIn, sign_in};
use crate::session::{delete_all, delete_expired};
use crate::user::{Refusal, User};
use crate::views;
use crate::workspace::groups;

/// Signs in whom a provider vouches for; at the first time an account is found or made.
pub(super) struct SignInWith {
    pub provider: Provider,
    pub person: Person,
    /// Of the account, if one is made.
    pub user_id: UserId,
    /// Whether the instance lets a provider make accounts.
    pub may_register: bool,
    pub sign_in: SignIn,
}

impl Command for SignInWith {
    type Output = UserId;
    type Error = SsoError;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<UserId, SsoError> {
        let now = uow.now();
        let issuer = &self.provider.issuer;
        let mut user = match identity::find(uow, issuer, &self.person.subject).await? {
            Some((_, user_id)) => usable(uow, user_id).await?,
            None => self.first_time(uow).await?,
        };
        uow.context_mut().actor = Some(user.id.0);
        if let Some(groups) = &self.person.groups {
            let is_admin = self.provider.granted(groups).instance_admin;
            if let Some(updated) = user.follow_admins(self.provider.id, is_admin) {
                uow.execute(
                    sql("UPDATE user_account SET instance_role = $1 WHERE id = $2")
                        .bind(user.instance_role.as_str())
                        .bind(user.id),
                );
                uow.record(&updated)?;
            }
        }
        // Decided anew if the account changes meanwhile: nobody gets into one that is closed.
        uow.save(&user)?;
        uow.execute(delete_expired(now));
        uow.execute(identity::note_login(issuer, &self.person, now));
        sign_in(uow, user.id, &self.sign_in)?;
        if let Some(groups) = &self.person.groups {
            let granted = self.provider.granted(groups);
            groups::follow(uow, &user, self.provider.id, &granted.places).await?;
        }
        Ok(user.id)
    }
}

impl SignInWith {
    /// The account of the address, if the provider has verified it; else a new one.
    async fn first_time(&self, uow: &mut UnitOfWork) -> Result<User, SsoError> {
        let now = uow.now();
        let known = views::id_by_email(uow, &self.person.email).await?;
        let user = match known {
            Some(_) if self.person.email_verified != Some(true) => return Err(NotAllowed::Unverified.into()),
            Some(user_id) => {
                let mut user = usable(uow, user_id).await?;
                uow.context_mut().actor = Some(user.id.0);
                if let Some(confirmed) = user.confirmed_by_provider(now) {
                    uow.execute(views::confirm(&user));
                    uow.execute(delete_all(user.id));
                    uow.record(&confirmed)?;
                }
                user
            }
            None if !self.may_register || !self.provider.may_create_accounts => {
                return Err(NotAllowed::NoAccount.into());
            }
            // A provider that does not speak of it is a directory, which its admin trusts.
            None if self.person.email_verified == Some(false) => return Err(NotAllowed::Unverified.into()),
            None => {
                let (user, registered, confirmed) = User::from_provider(self.user_id, &self.person, now);
                uow.context_mut().actor = Some(user.id.0);
                uow.execute(views::insert(&user));
                uow.record(&registered)?;
                uow.record(&confirmed)?;
                user
            }
        };
        link(uow, user.id, &self.provider.issuer, &self.person)?;
        Ok(user)
    }
}

/// Links an account elsewhere to one's own; a second time does nothing.
pub(super) struct Link {
    pub user_id: UserId,
    pub issuer: String,
    pub person: Person,
}

impl Command for Link {
    type Output = ();
    type Error = SsoError;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), SsoError> {
        match identity::find(uow, &self.issuer, &self.person.subject).await? {
            Some((_, user_id)) if user_id == self.user_id => Ok(()),
            Some(_) => Err(NotAllowed::Taken.into()),
            None => {
                let user = usable(uow, self.user_id).await?;
                uow.save(&user)?;
                link(uow, user.id, &self.issuer, &self.person)
            }
        }
    }
}

fn link(uow: &mut UnitOfWork, user_id: UserId, issuer: &str, person: &Person) -> Result<(), SsoError> {
    let id = ExternalIdentityId(uow.new_id());
    uow.execute(identity::insert(id, user_id, issuer, person, uow.now()));
    uow.record(&ExternalIdentityLinked {
        user_id,
        issuer: issuer.to_owned(),
        subject: person.subject.clone(),
    })?;
    Ok(())
}

/// The account, unless it is closed.
async fn usable(uow: &mut UnitOfWork, id: UserId) -> Result<User, SsoError> {
    let user: Option<User> = uow.load(id.0).await?;
    user.filter(User::is_active)
        .ok_or_else(|| NotAllowed::Closed.into())
}

/// Ends a link, unless nothing else would lead into the account.
pub(super) struct Unlink {
    pub user_id: UserId,
    pub id: ExternalIdentityId,
}

impl Command for Unlink {
    type Output = ();
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Failure> {
        let (issuer, subject) = identity::own(uow, self.user_id, self.id)
            .await?
            .ok_or(Refusal::UnknownIdentity)?;
        let user: User = uow.load(self.user_id.0).await?.ok_or(Refusal::UnknownIdentity)?;
        if user.password.is_none() && !identity::has_another(uow, self.user_id, self.id).await? {
            return Err(Refusal::LastWayIn.into());
        }
        // Of two that end at once the second decides anew: one of them must stay.
        uow.save(&user)?;
        uow.expect(1, "linked account", identity::delete(self.id));
        uow.record(&ExternalIdentityUnlinked {
            user_id: self.user_id,
            issuer,
            subject,
        })?;
        Ok(())
    }
}
