//! What somebody does with their notifications.

use althing_backbone::{Command, DbError, Error, UnitOfWork, Uuid, sql};
use althing_events::notifications::{NotificationAction, NotificationActionTaken, NotificationRead};
use althing_events::{MemberId, NotificationId, UserId, WorkspaceId};

use crate::kind::Kind;
use crate::preferences::{Preferences, Wanted};
use crate::views;

/// What the rules say no to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("there is nothing here that you can see")]
    NotFound,
    #[error("this notification asks for no answer")]
    AsksNothing,
    #[error("you have answered this already, in another way")]
    AlreadyActed,
    #[error("this invitation has ended")]
    InvitationEnded,
}

/// Why a command did nothing.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Fault(#[from] Error),
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        Self::Fault(error.into())
    }
}

/// Marks one as read. Once more does nothing.
pub struct MarkRead {
    pub user_id: UserId,
    pub id: NotificationId,
}

impl Command for MarkRead {
    type Output = ();
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Failure> {
        let known = views::one(uow, self.user_id, self.id).await?;
        if known.ok_or(Refusal::NotFound)?.read {
            return Ok(());
        }
        uow.expect(
            1,
            "unread notification",
            sql("UPDATE notification SET is_read = TRUE, read_at = $1, updated_at = $1 WHERE id = $2 AND is_read = FALSE")
                .bind(uow.now())
                .bind(self.id),
        );
        uow.record(&NotificationRead {
            notification_id: self.id,
            user_id: self.user_id,
        })?;
        Ok(())
    }
}

/// Marks everything as read that is there now.
pub struct MarkAllRead {
    pub user_id: UserId,
}

impl Command for MarkAllRead {
    /// How many were unread.
    type Output = usize;
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<usize, Failure> {
        let unread: Vec<Uuid> = sql(
            "SELECT id FROM notification WHERE user_id = $1 AND is_read = FALSE ORDER BY inserted_at, id",
        )
        .bind(self.user_id)
        .all(uow)
        .await?;
        if unread.is_empty() {
            return Ok(0);
        }
        // Decided again if one came, or was read, meanwhile: each has its event.
        uow.expect(
            unread.len(),
            "unread notifications",
            sql("UPDATE notification SET is_read = TRUE, read_at = $1, updated_at = $1 WHERE user_id = $2 AND is_read = FALSE")
                .bind(uow.now())
                .bind(self.user_id),
        );
        for id in &unread {
            uow.record(&NotificationRead {
                notification_id: NotificationId(*id),
                user_id: self.user_id,
            })?;
        }
        Ok(unread.len())
    }
}

/// Accepts or declines an invitation. The same answer again does nothing.
pub struct TakeAction {
    pub user_id: UserId,
    pub id: NotificationId,
    pub action: NotificationAction,
}

impl Command for TakeAction {
    type Output = ();
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Failure> {
        let known = views::one(uow, self.user_id, self.id)
            .await?
            .ok_or(Refusal::NotFound)?;
        match known.answered() {
            Some(answer) if answer == self.action => return Ok(()),
            Some(_) => return Err(Refusal::AlreadyActed.into()),
            None => {}
        }
        let (workspace_id, member_id) = self.invitation(uow).await?;
        if known.ended.is_some() {
            return Err(Refusal::InvitationEnded.into());
        }
        uow.expect(
            1,
            "unanswered notification",
            sql(
                "UPDATE notification SET action = $1, action_taken_at = $2, updated_at = $2, is_read = TRUE, \
                 read_at = coalesce(read_at, $2) WHERE id = $3 AND action IS NULL",
            )
            .bind(self.action.as_str())
            .bind(uow.now())
            .bind(self.id),
        );
        uow.record(&NotificationActionTaken {
            notification_id: self.id,
            user_id: self.user_id,
            action: self.action,
            kind: known.r#type,
            workspace_id,
            member_id,
        })?;
        if !known.read {
            uow.record(&NotificationRead {
                notification_id: self.id,
                user_id: self.user_id,
            })?;
        }
        Ok(())
    }
}

impl TakeAction {
    /// The workspace and the invitation that it is an answer to.
    async fn invitation(&self, uow: &UnitOfWork) -> Result<(WorkspaceId, MemberId), Failure> {
        let row: Option<(Uuid, Uuid)> =
            sql("SELECT workspace_id, member_id FROM notification WHERE id = $1 AND type = $2")
                .bind(self.id)
                .bind(Kind::WorkspaceInvitation.as_str())
                .optional(uow)
                .await?;
        let (workspace, member) = row.ok_or(Refusal::AsksNothing)?;
        Ok((WorkspaceId(workspace), MemberId(member)))
    }
}

/// Chooses how and when one is told.
pub struct SetPreferences {
    pub user_id: UserId,
    pub wanted: Wanted,
}

impl Command for SetPreferences {
    type Output = Preferences;
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<Preferences, Failure> {
        choose(uow, self.user_id, |_| self.wanted.clone()).await
    }
}

/// No more mails of these kinds, or no more daily mails.
pub struct Unsubscribe {
    pub user_id: UserId,
    pub what: Unsubscribed,
}

/// What somebody wants no mails of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsubscribed {
    /// Of one kind.
    Kind(Kind),
    /// The daily ones.
    Digest,
}

impl Command for Unsubscribe {
    type Output = Preferences;
    type Error = Failure;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<Preferences, Failure> {
        choose(uow, self.user_id, |known| match self.what {
            Unsubscribed::Kind(kind) => known.without_mail([kind]),
            Unsubscribed::Digest => known.without_mail(known.digested().collect::<Vec<_>>()),
        })
        .await
    }
}

async fn choose(
    uow: &mut UnitOfWork,
    user: UserId,
    wish: impl Fn(&Preferences) -> Wanted + Send,
) -> Result<Preferences, Failure> {
    let known: Option<Preferences> = uow.load(user.0).await?;
    let mut preferences = known.unwrap_or_else(|| Preferences::of(user));
    let wanted = wish(&preferences);
    if let Some(changed) = preferences.change(wanted) {
        uow.save(&preferences)?;
        uow.record(&changed)?;
    }
    Ok(preferences)
}
