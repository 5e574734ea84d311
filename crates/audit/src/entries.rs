//! `audit-log`: an entry for each event that somebody may be asked about.

use althing_backbone::{
    DomainEvent, Event, HandlerResult, Meta, Statement, Subscription, Timestamp, Tx, Uuid, projection, sql,
};
use althing_events::decisions::{
    ComponentCompleted, ComponentMarkedForRevision, ComponentOutputUpdated, ComponentStarted, CycleArchived,
    CycleBranched, CycleCompleted, CycleCreated, SessionArchived, SessionCreated, SessionDescribed,
    SessionOutcomeRecorded, SessionRenamed, ShareLinkCreated, ShareLinkRevoked,
};
use althing_events::identity::{
    ApiKeyCreated, ApiKeyRevoked, ApiKeyUpdated, ExternalIdentityLinked, ExternalIdentityUnlinked,
    InstanceSettingsChanged, InvitationDeclined, InvitationExpired, InvitationRevoked, MemberInvited,
    MemberJoined, MemberRemoved, MemberRoleChanged, OwnershipTransferred, UserConfirmed, UserDeleted,
    UserEmailChanged, UserLoggedIn, UserLoggedOut, UserPasswordChanged, UserReactivated, UserRegistered,
    UserSuspended, UserTierChanged, UserUpdated, WorkspaceArchived, WorkspaceCreated, WorkspaceDeleted,
    WorkspaceRestored, WorkspaceUpdated,
};
use serde::Deserialize;

use crate::facts::{Audited, Facts, Old};
use crate::retention;

/// The subscription's name.
pub(crate) const NAME: &str = "audit-log";

pub(crate) fn subscription() -> Subscription {
    projection(NAME)
        .on(session_created)
        .on(keep::<SessionArchived>)
        .on(keep::<SessionRenamed>)
        .on(keep::<SessionDescribed>)
        .on(keep::<SessionOutcomeRecorded>)
        .on(keep::<ShareLinkCreated>)
        .on(keep::<ShareLinkRevoked>)
        .on(keep::<CycleCreated>)
        .on(keep::<CycleBranched>)
        .on(keep::<CycleArchived>)
        .on(keep::<CycleCompleted>)
        .on(keep::<ComponentStarted>)
        .on(keep::<ComponentOutputUpdated>)
        .on(keep::<ComponentCompleted>)
        .on(keep::<ComponentMarkedForRevision>)
        .on(keep::<UserRegistered>)
        .on(keep::<UserConfirmed>)
        .on(keep::<UserLoggedIn>)
        .on(keep::<UserLoggedOut>)
        .on(keep::<UserPasswordChanged>)
        .on(keep::<UserEmailChanged>)
        .on(keep::<UserUpdated>)
        .on(keep::<UserSuspended>)
        .on(keep::<UserReactivated>)
        .on(keep::<UserTierChanged>)
        .on(keep::<UserDeleted>)
        .on(keep::<ExternalIdentityLinked>)
        .on(keep::<ExternalIdentityUnlinked>)
        .on(keep::<InstanceSettingsChanged>)
        .on(keep::<WorkspaceCreated>)
        .on(keep::<WorkspaceUpdated>)
        .on(keep::<WorkspaceArchived>)
        .on(keep::<WorkspaceRestored>)
        .on(keep::<WorkspaceDeleted>)
        .on(keep::<MemberInvited>)
        .on(keep::<MemberJoined>)
        .on(keep::<MemberRemoved>)
        .on(keep::<MemberRoleChanged>)
        .on(keep::<OwnershipTransferred>)
        .on(keep::<InvitationDeclined>)
        .on(keep::<InvitationRevoked>)
        .on(keep::<InvitationExpired>)
        .on(keep::<ApiKeyCreated>)
        .on(keep::<ApiKeyUpdated>)
        .on(keep::<ApiKeyRevoked>)
        .into()
}

/// A shared decision is remembered with its workspace: later events name the decision alone.
async fn session_created(Event(event): Event<SessionCreated>, meta: Meta, tx: Tx) -> HandlerResult {
    if let Some(workspace) = meta.workspace_id {
        tx.execute(
            sql(
                "INSERT INTO audit_session (session_id, workspace_id) VALUES ($1, $2) \
                 ON CONFLICT (session_id) DO NOTHING",
            )
            .bind(event.session_id)
            .bind(workspace),
        )
        .await;
    }
    tx.execute(entry(&event.facts(), &meta)).await;
    Ok(())
}

async fn keep<E: DomainEvent + Audited>(Event(event): Event<E>, meta: Meta, tx: Tx) -> HandlerResult {
    tx.execute(entry(&event.facts(), &meta)).await;
    Ok(())
}

/// What the metadata says of where a request came from.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Origin {
    address_hash: Option<String>,
    api_key_id: Option<Uuid>,
    system_actor: Option<String>,
    /// Whatever it is, it is there.
    import: Option<serde_json::Value>,
}

fn entry(facts: &Facts, meta: &Meta) -> Statement {
    // Metadata is written by this program alone; what cannot be read says nothing.
    let origin: Origin = serde_json::from_str(&meta.metadata).unwrap_or_default();
    let kind = match (&*meta.event_type, &origin.import) {
        ("session.created", Some(_)) => "session.imported",
        (event_type, _) => event_type,
    };
    Row {
        id: meta.event_id,
        kind,
        occurred_at: meta.occurred_at,
        actor: meta.actor_id,
        system_actor: origin.system_actor.as_deref(),
        workspace: meta.workspace_id,
        facts,
        seq: Some(meta.aggregate_seq),
        times: 1,
        correlation: Some(meta.correlation_id),
        key: origin.api_key_id,
        address_hash: origin.address_hash.as_deref(),
    }
    .insert()
}

/// An entry on its way into the table.
pub(crate) struct Row<'a> {
    pub id: Uuid,
    pub kind: &'a str,
    pub occurred_at: Timestamp,
    pub actor: Option<Uuid>,
    pub system_actor: Option<&'a str>,
    pub workspace: Option<Uuid>,
    pub facts: &'a Facts,
    /// Orders the entries of one thing.
    pub seq: Option<i64>,
    pub times: i64,
    pub correlation: Option<Uuid>,
    pub key: Option<Uuid>,
    pub address_hash: Option<&'a str>,
}

impl Row<'_> {
    /// Written once: an entry that is there stays as it is.
    pub fn insert(self) -> Statement {
        let facts = self.facts;
        let (old, is_last) = match &facts.old {
            Old::None => (None, false),
            Old::Value(value) => (Some(value.as_str()), false),
            Old::Last => (None, true),
        };
        sql(
            "INSERT INTO audit_entry (id, kind, occurred_at, actor_id, system_actor, workspace_id, session_id, cycle_id, \
             thing_id, thing_seq, person_id, old_value, new_value, detail, times, correlation_id, api_key_id, address_hash, \
             keep_until) VALUES ($1, $2, $3, $4, $5, \
             coalesce(CAST($6 AS TEXT), (SELECT s.workspace_id FROM audit_session s WHERE s.session_id = CAST($7 AS TEXT))), \
             $7, $8, $9, $10, $11, \
             CASE WHEN CAST($12 AS BOOLEAN) THEN (SELECT e.new_value FROM audit_entry e WHERE e.thing_id = CAST($9 AS TEXT) \
             AND e.thing_seq < CAST($10 AS BIGINT) ORDER BY e.thing_seq DESC LIMIT 1) ELSE CAST($13 AS TEXT) END, \
             $14, $15, $16, $17, $18, $19, $20) ON CONFLICT (id) DO NOTHING",
        )
        .bind(self.id)
        .bind(self.kind)
        .bind(self.occurred_at)
        .bind(self.actor)
        .bind(self.system_actor)
        .bind(self.workspace.or(facts.workspace))
        .bind(facts.session)
        .bind(facts.cycle)
        .bind(facts.thing)
        .bind(self.seq)
        .bind(facts.person)
        .bind(is_last)
        .bind(old)
        .bind(facts.new.as_deref())
        .bind(facts.detail.as_deref())
        .bind(self.times)
        .bind(self.correlation)
        .bind(self.key)
        .bind(self.address_hash)
        .bind(retention::end(self.kind, self.occurred_at))
    }
}
