//! Who is told what when something happened.

use std::collections::BTreeSet;
use std::time::Duration;

use althing_backbone::{
    Event, HandlerError, HandlerResult, Meta, Reads, Subscription, Uow, Uuid, reaction, read_aggregate, sql,
};
use althing_events::decisions::CycleCompleted;
use althing_events::identity::{
    MemberInvited, MemberJoined, MemberRemoved, MemberRole, MemberRoleChanged, RemovalReason,
};
use althing_events::notifications::NotificationCreated;
use althing_events::{CycleId, MemberId, NotificationId, SessionId, UserId, WorkspaceId};

use crate::directory;
use crate::kind::{Channel, Kind};
use crate::preferences::Preferences;
use crate::teardown::is_gone;

/// The subscription's name.
pub const NAME: &str = "notifications";

/// How long an event waits for the directory before it is tried again later.
const PATIENCE: Duration = Duration::from_secs(1);
const LOOK: Duration = Duration::from_millis(10);

/// Makes notifications of what happens from now on.
pub fn subscription() -> Subscription {
    reaction(NAME)
        .on(invited)
        .on(joined)
        .on(removed)
        .on(role_changed)
        .on(cycle_completed)
        .into()
}

/// What is said, by ids.
#[derive(Clone, Debug, Default)]
struct News {
    /// Somebody else whom it speaks of.
    person: Option<UserId>,
    workspace: Option<WorkspaceId>,
    member: Option<MemberId>,
    role: Option<MemberRole>,
    old_role: Option<MemberRole>,
    reason: Option<RemovalReason>,
    session: Option<SessionId>,
    cycle: Option<CycleId>,
}

/// Only those who have an account can be told; others get a mail of identity's.
async fn invited(Event(invited): Event<MemberInvited>, meta: Meta, uow: Uow) -> HandlerResult {
    let news = News {
        person: Some(invited.inviter_id),
        workspace: Some(invited.workspace_id),
        member: Some(invited.member_id),
        role: Some(invited.role),
        ..News::default()
    };
    tell(
        uow,
        &meta,
        invited.invitee_user_id,
        Kind::WorkspaceInvitation,
        &news,
    )
    .await
}

async fn joined(Event(joined): Event<MemberJoined>, meta: Meta, uow: Uow) -> HandlerResult {
    let news = News {
        person: Some(joined.user_id),
        workspace: Some(joined.workspace_id),
        member: Some(joined.member_id),
        role: Some(joined.role),
        ..News::default()
    };
    let both = [Some(joined.user_id), joined.inviter_id];
    tell(
        uow,
        &meta,
        both.into_iter().flatten(),
        Kind::WorkspaceMemberJoined,
        &news,
    )
    .await
}

/// Nobody is left to be told when an account was deleted.
async fn removed(Event(removed): Event<MemberRemoved>, meta: Meta, uow: Uow) -> HandlerResult {
    let told = Some(removed.user_id).filter(|_| removed.reason != RemovalReason::UserDeleted);
    let news = News {
        person: Some(removed.removed_by),
        workspace: Some(removed.workspace_id),
        role: Some(removed.role),
        reason: Some(removed.reason),
        ..News::default()
    };
    tell(uow, &meta, told, Kind::WorkspaceMemberRemoved, &news).await
}

async fn role_changed(Event(changed): Event<MemberRoleChanged>, meta: Meta, uow: Uow) -> HandlerResult {
    let news = News {
        person: meta.actor_id.map(UserId),
        workspace: Some(changed.workspace_id),
        role: Some(changed.new_role),
        old_role: Some(changed.old_role),
        ..News::default()
    };
    tell(uow, &meta, [changed.user_id], Kind::RoleChanged, &news).await
}

/// The decision's owner, unless they did it themselves.
async fn cycle_completed(
    Event(completed): Event<CycleCompleted>,
    meta: Meta,
    reads: Reads,
    uow: Uow,
) -> HandlerResult {
    if is_imported(&meta) {
        return Ok(());
    }
    directory_has_passed(&reads, meta.position).await?;
    let owner = directory::owner_of(&reads.0, completed.session_id.0).await?;
    let owner = owner.ok_or_else(|| anyhow::anyhow!("the decision's owner is not known yet"))?;
    let news = News {
        person: meta.actor_id.map(UserId),
        session: Some(completed.session_id),
        cycle: Some(completed.cycle_id),
        ..News::default()
    };
    let told = Some(owner).filter(|owner| meta.actor_id != Some(owner.0));
    tell(uow, &meta, told, Kind::DecisionCompleted, &news).await
}

/// What the directory keeps tells of everything before this position.
async fn directory_has_passed(reads: &Reads, position: i64) -> HandlerResult {
    let passed = async {
        while !reads.has_passed(directory::NAME, position).await? {
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    };
    tokio::time::timeout(PATIENCE, passed).await.unwrap_or_else(|_| {
        Err(HandlerError::transient(anyhow::anyhow!(
            "{} has not got this far yet",
            directory::NAME
        )))
    })
}

/// What an import says has happened long ago, and elsewhere.
fn is_imported(meta: &Meta) -> bool {
    serde_json::from_str::<serde_json::Value>(&meta.metadata)
        .is_ok_and(|metadata| metadata.get("import").is_some())
}

/// Makes the notification of each person who wants one and has none of this event yet.
async fn tell(
    mut uow: Uow,
    meta: &Meta,
    people: impl IntoIterator<Item = UserId>,
    kind: Kind,
    news: &News,
) -> HandlerResult {
    if is_imported(meta) {
        return Ok(());
    }
    // Notifications are the person's own, wherever the cause lies.
    uow.context_mut().workspace = None;
    // Sorted, so that a second run gives each person the id of the first.
    for user in people.into_iter().collect::<BTreeSet<UserId>>() {
        let id = NotificationId(uow.new_id());
        let preferences: Option<Preferences> = read_aggregate(&*uow, user.0).await?;
        let is_off = preferences.unwrap_or_else(|| Preferences::of(user)).channel(kind) == Channel::Off;
        let is_gone = is_gone(&*uow, user.0, news.workspace.map(|workspace| workspace.0)).await?;
        if is_off || is_gone || is_told(&uow, user, meta.event_id, kind).await? {
            continue;
        }
        insert(&mut uow, id, user, meta, kind, news);
        uow.record(&NotificationCreated {
            notification_id: id,
            user_id: user,
            kind: kind.as_str().to_owned(),
        })?;
    }
    Ok(())
}

async fn is_told(uow: &Uow, user: UserId, event: Uuid, kind: Kind) -> HandlerResult<bool> {
    let found: Option<i64> =
        sql("SELECT 1 FROM notification WHERE user_id = $1 AND source_event_id = $2 AND type = $3")
            .bind(user)
            .bind(event)
            .bind(kind.as_str())
            .optional(&**uow)
            .await?;
    Ok(found.is_some())
}

fn insert(uow: &mut Uow, id: NotificationId, user: UserId, meta: &Meta, kind: Kind, news: &News) {
    uow.expect(
        1,
        "notification",
        sql(
            "INSERT INTO notification (id, user_id, type, source_event_id, source_position, person_id, workspace_id, \
             member_id, role, old_role, reason, session_id, cycle_id, is_read, inserted_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, FALSE, $14, $14) \
             ON CONFLICT (user_id, source_event_id, type) DO NOTHING",
        )
        .bind(id)
        .bind(user)
        .bind(kind.as_str())
        .bind(meta.event_id)
        .bind(meta.position)
        .bind(news.person)
        .bind(news.workspace)
        .bind(news.member)
        .bind(news.role.map(MemberRole::as_str))
        .bind(news.old_role.map(MemberRole::as_str))
        .bind(news.reason.map(word))
        .bind(news.session)
        .bind(news.cycle)
        // When it happened, however late it is told.
        .bind(meta.occurred_at),
    );
}

pub(crate) const fn word(reason: RemovalReason) -> &'static str {
    match reason {
        RemovalReason::Removed => "removed",
        RemovalReason::Left => "left",
        RemovalReason::Oidc => "oidc",
        RemovalReason::UserDeleted => "user_deleted",
    }
}
