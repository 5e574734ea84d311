//! What notifications need to know of others: a projection of identity's and decisions'
//! events. Whatever changes is kept with the position from which on it held, so that a
//! late notification says what a timely one would have said.

use althing_backbone::{
    DbError, Event, HandlerResult, Meta, Query, Statement, Subscription, Tx, Uuid, projection, sql,
};
use althing_events::decisions::{SessionCreated, SessionRenamed};
use althing_events::identity::{
    InvitationDeclined, InvitationExpired, InvitationRevoked, MemberInvited, MemberJoined, UserDeleted,
    UserEmailChanged, UserRegistered, UserUpdated, WorkspaceCreated, WorkspaceUpdated,
};
use althing_events::{MemberId, UserId};

/// The subscription's name.
pub const NAME: &str = "notification-directory";

/// Keeps people, names, owners and invitations.
pub fn subscription() -> Subscription {
    projection(NAME)
        .table(
            "notification_person",
            "CREATE TABLE {notification_person} (user_id TEXT PRIMARY KEY, email TEXT NOT NULL, first_name TEXT NOT NULL, \
             last_name TEXT NOT NULL, name TEXT NOT NULL, names_seq BIGINT NOT NULL, email_seq BIGINT NOT NULL)",
        )
        .table(
            "notification_name",
            "CREATE TABLE {notification_name} (thing_id TEXT NOT NULL, position BIGINT NOT NULL, name TEXT NOT NULL, \
             PRIMARY KEY (thing_id, position))",
        )
        .table(
            "notification_session",
            "CREATE TABLE {notification_session} (session_id TEXT PRIMARY KEY, owner_id TEXT NOT NULL)",
        )
        .table(
            "notification_invitation",
            "CREATE TABLE {notification_invitation} (member_id TEXT PRIMARY KEY, asked_position BIGINT NOT NULL, ended TEXT)",
        )
        .on(registered)
        .on(renamed)
        .on(moved)
        .on(deleted)
        .on(workspace_created)
        .on(workspace_updated)
        .on(invited)
        .on(joined)
        .on(declined)
        .on(revoked)
        .on(expired)
        .on(session_created)
        .on(session_renamed)
        .into()
}

async fn registered(Event(user): Event<UserRegistered>, meta: Meta, tx: Tx) -> HandlerResult {
    let (first, last) = (user.first_name.trim(), user.last_name.trim());
    tx.execute(
        sql(
            "INSERT INTO {notification_person} (user_id, email, first_name, last_name, name, names_seq, email_seq) \
             VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (user_id) DO NOTHING",
        )
        .bind(user.user_id)
        .bind(user.email)
        .bind(first)
        .bind(last)
        .bind(format!("{first} {last}").trim())
        .bind(meta.aggregate_seq),
    )
    .await;
    Ok(())
}

/// Only what changed is told.
async fn renamed(Event(user): Event<UserUpdated>, meta: Meta, tx: Tx) -> HandlerResult {
    let new = |field: &str| user.changes.new_value(field).map(|name| name.trim().to_owned());
    tx.execute(
        sql(
            "UPDATE {notification_person} SET first_name = coalesce($1, first_name), last_name = coalesce($2, last_name), \
             name = trim(coalesce($1, first_name) || ' ' || coalesce($2, last_name)), names_seq = $3 \
             WHERE user_id = $4 AND names_seq < $3",
        )
        .bind(new("first_name"))
        .bind(new("last_name"))
        .bind(meta.aggregate_seq)
        .bind(user.user_id),
    )
    .await;
    Ok(())
}

async fn moved(Event(user): Event<UserEmailChanged>, meta: Meta, tx: Tx) -> HandlerResult {
    tx.execute(
        sql("UPDATE {notification_person} SET email = $1, email_seq = $2 WHERE user_id = $3 AND email_seq < $2")
            .bind(user.email)
            .bind(meta.aggregate_seq)
            .bind(user.user_id),
    )
    .await;
    Ok(())
}

/// Whoever was told of them is not told their name any more.
async fn deleted(Event(user): Event<UserDeleted>, meta: Meta, tx: Tx) -> HandlerResult {
    tx.execute(
        sql(
            "UPDATE {notification_person} SET first_name = 'deleted', last_name = 'user', name = 'deleted user', email = '', \
             names_seq = $1, email_seq = $1 WHERE user_id = $2 AND names_seq < $1",
        )
        .bind(meta.aggregate_seq)
        .bind(user.user_id),
    )
    .await;
    Ok(())
}

async fn workspace_created(Event(workspace): Event<WorkspaceCreated>, meta: Meta, tx: Tx) -> HandlerResult {
    tx.execute(named(workspace.workspace_id.0, meta.position, &workspace.name))
        .await;
    Ok(())
}

async fn workspace_updated(Event(workspace): Event<WorkspaceUpdated>, meta: Meta, tx: Tx) -> HandlerResult {
    if workspace.changes.contains_key("name") {
        tx.execute(named(workspace.workspace_id.0, meta.position, &workspace.name))
            .await;
    }
    Ok(())
}

async fn session_created(Event(session): Event<SessionCreated>, meta: Meta, tx: Tx) -> HandlerResult {
    tx.execute(named(session.session_id.0, meta.position, &session.title))
        .await;
    tx.execute(
        sql(
            "INSERT INTO {notification_session} (session_id, owner_id) VALUES ($1, $2) \
             ON CONFLICT (session_id) DO NOTHING",
        )
        .bind(session.session_id)
        .bind(session.user_id),
    )
    .await;
    Ok(())
}

async fn session_renamed(Event(session): Event<SessionRenamed>, meta: Meta, tx: Tx) -> HandlerResult {
    tx.execute(named(session.session_id.0, meta.position, &session.new_title))
        .await;
    Ok(())
}

fn named(thing: Uuid, position: i64, name: &str) -> Statement {
    sql(
        "INSERT INTO {notification_name} (thing_id, position, name) VALUES ($1, $2, $3) \
         ON CONFLICT (thing_id, position) DO NOTHING",
    )
    .bind(thing)
    .bind(position)
    .bind(name)
}

/// Asked again, an invitation is open again.
async fn invited(Event(invited): Event<MemberInvited>, meta: Meta, tx: Tx) -> HandlerResult {
    tx.execute(
        sql(
            "INSERT INTO {notification_invitation} (member_id, asked_position, ended) \
             VALUES ($1, $2, NULL) ON CONFLICT (member_id) DO UPDATE SET asked_position = excluded.asked_position, ended = NULL \
             WHERE {notification_invitation}.asked_position < excluded.asked_position",
        )
        .bind(invited.member_id)
        .bind(meta.position),
    )
    .await;
    Ok(())
}

async fn joined(Event(joined): Event<MemberJoined>, meta: Meta, tx: Tx) -> HandlerResult {
    tx.execute(ended(joined.member_id, Ending::Accepted, meta.position))
        .await;
    Ok(())
}

async fn declined(Event(declined): Event<InvitationDeclined>, meta: Meta, tx: Tx) -> HandlerResult {
    tx.execute(ended(declined.member_id, Ending::Declined, meta.position))
        .await;
    Ok(())
}

async fn revoked(Event(revoked): Event<InvitationRevoked>, meta: Meta, tx: Tx) -> HandlerResult {
    tx.execute(ended(revoked.member_id, Ending::Revoked, meta.position))
        .await;
    Ok(())
}

async fn expired(Event(expired): Event<InvitationExpired>, meta: Meta, tx: Tx) -> HandlerResult {
    tx.execute(ended(expired.member_id, Ending::Expired, meta.position))
        .await;
    Ok(())
}

fn ended(member: MemberId, how: Ending, position: i64) -> Statement {
    sql("UPDATE {notification_invitation} SET ended = $1 \
         WHERE member_id = $2 AND asked_position < $3 AND ended IS NULL")
    .bind(how.as_str())
    .bind(member)
    .bind(position)
}

/// How an invitation came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Accepted,
    Declined,
    Revoked,
    Expired,
    /// It was sent anew, and the later notification counts.
    Renewed,
}

impl Ending {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::Renewed => "renewed",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        [
            Self::Accepted,
            Self::Declined,
            Self::Revoked,
            Self::Expired,
            Self::Renewed,
        ]
        .into_iter()
        .find(|ending| ending.as_str() == word)
    }
}

/// Whose decision it is, if its beginning was seen.
pub async fn owner_of(on: &impl Query, session: Uuid) -> Result<Option<UserId>, DbError> {
    let owner: Option<Uuid> = sql("SELECT owner_id FROM notification_session WHERE session_id = $1")
        .bind(session)
        .optional(on)
        .await?;
    Ok(owner.map(UserId))
}

/// Where somebody is written to, if their account was seen and has not been erased.
pub async fn address_of(on: &impl Query, user: UserId) -> Result<Option<String>, DbError> {
    let email: Option<String> = sql("SELECT email FROM notification_person WHERE user_id = $1")
        .bind(user)
        .optional(on)
        .await?;
    Ok(email.filter(|email| email.contains('@')))
}
