//! TierReadModel: which membership everybody has, from the identity context's events.
//!
//! The table is read together with the session it is asked about, so an answer is never
//! older than the table. Whoever has no tier of their own has that of the instance, which
//! lies beside it: a command knows nothing but the database.

use althing_backbone::{
    Batch, Db, DbError, Event, FromRow, HandlerResult, Meta, Query, Row, Subscription, Timestamp, Tx,
    UnitOfWork, Uuid, projection, sql,
};
use althing_events::identity::UserTierChanged;
use althing_events::{SessionId, UserId};
use althing_web::{Code, Membership, Tier};

use crate::error::{Error, Result};

/// The projection's name.
pub const NAME: &str = "decisions-tiers";

/// Keeps everybody's tier.
pub fn subscription() -> Subscription {
    projection(NAME).on(changed).into()
}

/// Somebody whose tier was taken away keeps a row that says so: an older event that comes
/// again must not bring it back.
async fn changed(Event(event): Event<UserTierChanged>, meta: Meta, tx: Tx) -> HandlerResult {
    tx.execute(
        sql(
            "INSERT INTO decision_tier (user_id, tier, valid_until, seq) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (user_id) DO UPDATE SET tier = excluded.tier, valid_until = excluded.valid_until, \
             seq = excluded.seq WHERE decision_tier.seq < excluded.seq",
        )
        .bind(event.user_id)
        .bind(event.new_tier.map(Tier::as_str))
        .bind(event.new_valid_until)
        .bind(meta.aggregate_seq),
    )
    .await;
    Ok(())
}

/// Notes the tier that the configuration gives to whoever has none of their own.
pub async fn note_default(db: &Db, tier: Tier) -> std::result::Result<(), DbError> {
    let mut batch = Batch::new();
    batch.run(
        sql("INSERT INTO decision_default_tier (one, tier) VALUES (1, $1) \
             ON CONFLICT (one) DO UPDATE SET tier = excluded.tier")
        .bind(tier.as_str()),
    );
    db.commit(batch).await.map(drop)
}

/// Three columns of a row, from `first` on: the tier, its end, the instance's tier.
pub(crate) fn in_columns(row: &Row<'_>, first: usize) -> std::result::Result<Membership, DbError> {
    let (tier, valid_until): (Option<String>, Option<Timestamp>) = (row.get(first)?, row.get(first + 1)?);
    let usual: Option<String> = row.get(first + 2)?;
    let usual = usual.map_or(Tier::default(), |word| Tier::parse(&word).unwrap_or(Tier::None));
    Ok(Membership::stored(tier.as_deref(), valid_until).unwrap_or(Membership::of(usual)))
}

struct Stored(Membership);

impl FromRow for Stored {
    fn from_row(row: &Row<'_>) -> std::result::Result<Self, DbError> {
        in_columns(row, 0).map(Self)
    }
}

/// What somebody has.
pub async fn membership(on: &impl Query, user: UserId) -> Result<Membership> {
    let Stored(found) = sql(
        "SELECT t.tier, t.valid_until, d.tier FROM (SELECT CAST($1 AS TEXT) AS user_id) u \
         LEFT JOIN decision_tier t ON t.user_id = u.user_id LEFT JOIN decision_default_tier d ON d.one = 1",
    )
    .bind(user)
    .one(on)
    .await?;
    Ok(found)
}

/// The membership of a session's owner.
pub async fn of_owner(on: &impl Query, session: SessionId) -> Result<Membership> {
    let found: Option<Stored> = sql("SELECT t.tier, t.valid_until, d.tier FROM decision_session s \
         LEFT JOIN decision_tier t ON t.user_id = s.owner_id LEFT JOIN decision_default_tier d ON d.one = 1 \
         WHERE s.id = $1")
    .bind(session)
    .optional(on)
    .await?;
    found
        .map(|Stored(found)| found)
        .ok_or(Error::NotFound(Code::SessionNotFound))
}

struct Both {
    owner: Membership,
    actor: Membership,
}

impl FromRow for Both {
    fn from_row(row: &Row<'_>) -> std::result::Result<Self, DbError> {
        Ok(Self {
            owner: in_columns(row, 0)?,
            actor: in_columns(row, 3)?,
        })
    }
}

/// Lets a command go on only where the memberships of whoever acts and of the session's
/// owner allow changes; answers the owner's. What the server does by itself has no actor.
pub async fn may_write(uow: &UnitOfWork, session: SessionId) -> Result<Membership> {
    may_be_written(uow.db(), uow.context().actor, uow.now(), session).await
}

/// The same beside another question. Every command asks this, so those that come at the
/// same time ask together.
pub async fn may_be_written(
    db: &Db,
    actor: Option<Uuid>,
    now: Timestamp,
    session: SessionId,
) -> Result<Membership> {
    let both = sql(
        "SELECT o.tier, o.valid_until, d.tier, a.tier, a.valid_until, d.tier FROM decision_session s \
         LEFT JOIN decision_tier o ON o.user_id = s.owner_id \
         LEFT JOIN decision_tier a ON a.user_id = CAST($2 AS TEXT) \
         LEFT JOIN decision_default_tier d ON d.one = 1 WHERE s.id = $1",
    )
    .for_many(
        "SELECT o.tier, o.valid_until, d.tier, a.tier, a.valid_until, d.tier, v.place \
         FROM unnest($1::TEXT[], $2::TEXT[]) WITH ORDINALITY AS v(session_id, actor_id, place) \
         JOIN decision_session s ON s.id = v.session_id \
         LEFT JOIN decision_tier o ON o.user_id = s.owner_id \
         LEFT JOIN decision_tier a ON a.user_id = v.actor_id \
         LEFT JOIN decision_default_tier d ON d.one = 1",
    )
    .bind(session)
    .bind(actor);
    let both: Option<Both> = db.lookup(both).await?;
    let both = both.ok_or(Error::NotFound(Code::SessionNotFound))?;
    if actor.is_some() {
        both.actor.may_write(now)?;
    }
    both.owner.may_write(now)?;
    Ok(both.owner)
}
