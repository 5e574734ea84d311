//! What an operator sees and does: lag, dead letters, redeliver, skip, rebuild.
//! Every act is recorded with who did it.

use althing_db::{Batch, Db, FromRow, Row, Timestamp, sql};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::core::Core;
use crate::log::with_newest;
use crate::{Error, Result};

/// A subscription as an operator sees it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SubscriptionStatus {
    /// Its name.
    pub name: String,
    /// projection, reaction, process, relay or consumer.
    pub kind: String,
    /// The version of its code that the tables belong to.
    pub version: i64,
    /// Everything up to here is handled, parked or of no interest.
    pub position: i64,
    /// The newest position of the log.
    pub head: i64,
    /// How many events lie between.
    pub lag: i64,
    /// How long the oldest of them has waited; 0 if there is none.
    pub lag_seconds: f64,
    /// running, paused, stopped or rebuilding.
    pub status: String,
    /// Keys with a waiting event.
    pub parked_keys: i64,
    /// Events that will be tried again by themselves.
    pub retries_due: i64,
    /// Events that wait for an operator.
    pub dead_letters: i64,
    /// The newest error.
    pub last_error: Option<String>,
    /// Which process runs it.
    pub owner: Option<String>,
    /// Rises with each change of owner.
    pub epoch: i64,
    /// Milliseconds since the owner's newest sign of life; absent without leases.
    pub lease_age_ms: Option<i64>,
    /// How many events may be under way at once.
    pub lanes: i64,
    /// The oldest position that is not finished; absent if there is none.
    pub oldest_unfinished: Option<i64>,
    /// Events above it that are finished already.
    pub finished_ahead: i64,
}

/// An event that a subscription could not handle.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DeadLetter {
    /// `subscription:position`.
    pub id: String,
    /// Whose dead letter it is; others are not concerned.
    pub subscription: String,
    /// The event.
    pub event_id: Uuid,
    /// Its type.
    pub event_type: String,
    /// Its position.
    pub position: i64,
    /// The key that waits behind it.
    pub key: String,
    /// Why the last attempt failed.
    pub error: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it first failed.
    pub first_failed_at: Option<Timestamp>,
    /// When it last failed.
    pub last_failed_at: Option<Timestamp>,
}

const LETTER: &str = "subscription, event_id, event_type, position, event_key, coalesce(error, ''), attempts, \
                      first_failed_at, last_failed_at";

impl FromRow for DeadLetter {
    fn from_row(row: &Row<'_>) -> althing_db::Result<Self> {
        let subscription: String = row.get(0)?;
        let position: i64 = row.get(3)?;
        Ok(Self {
            id: format!("{subscription}:{position}"),
            subscription,
            event_id: row.get(1)?,
            event_type: row.get(2)?,
            position,
            key: row.get(4)?,
            error: row.get(5)?,
            attempts: row.get(6)?,
            first_failed_at: row.get(7)?,
            last_failed_at: row.get(8)?,
        })
    }
}

/// The operator's hands. Works beside a running server (which notices within a
/// second) as well as on a folder at rest.
#[derive(Clone)]
pub struct Operator {
    core: Core,
    actor: String,
}

impl Operator {
    pub(crate) fn new(core: &Core, actor: &str) -> Self {
        Self {
            core: core.clone(),
            actor: actor.to_owned(),
        }
    }

    pub(crate) fn core(&self) -> &Core {
        &self.core
    }

    pub(crate) fn actor(&self) -> &str {
        &self.actor
    }

    pub(crate) fn db(&self) -> &Db {
        &self.core.db
    }

    /// Every subscription that was ever started.
    pub async fn subscriptions(&self) -> Result<Vec<SubscriptionStatus>> {
        // What is committed counts, also if it has no position yet.
        self.core.log.poll().await?;
        let head: i64 = with_newest("SELECT {newest}").one(self.db()).await?;
        let rows: Vec<StatusRow> = sql(format!("SELECT s.name, s.kind, s.version, s.position, s.status, s.rebuild_wanted, \
             (SELECT count(DISTINCT event_key) FROM parked_event p WHERE p.subscription = s.name), \
             (SELECT count(*) FROM parked_event p WHERE p.subscription = s.name AND p.status = 'retry'), \
             (SELECT count(*) FROM parked_event p WHERE p.subscription = s.name AND p.status = 'dead'), \
             coalesce(s.last_error, (SELECT p.error FROM parked_event p WHERE p.subscription = s.name AND p.error IS NOT NULL \
              ORDER BY p.last_failed_at DESC LIMIT 1)), s.owner, s.epoch, ({} - s.lease_until + s.lease_length) / 1000, s.lanes, \
             (SELECT count(*) FROM finished_event f WHERE f.subscription = s.name AND f.position > s.position), \
             (SELECT e.inserted_at FROM event_log e WHERE e.position > s.position ORDER BY e.position LIMIT 1) \
             FROM subscription s ORDER BY s.name", self.db().clock_micros()))
        .all(self.db())
        .await?;
        let now = self.core.clock.now();
        Ok(rows
            .into_iter()
            .map(|StatusRow(status, waiting_since)| {
                // A consumer's position is one of the log that feeds it, of whose
                // head this process knows nothing.
                let is_fed = status.kind == "consumer";
                let head = if is_fed { status.position } else { head };
                let waiting_since = waiting_since.filter(|_| !is_fed);
                SubscriptionStatus {
                    head,
                    lag: (head - status.position).max(0),
                    lag_seconds: waiting_since.map_or(0.0, |since| now.since(since).as_secs_f64()),
                    oldest_unfinished: (status.position < head).then_some(status.position + 1),
                    ..status
                }
            })
            .collect())
    }

    /// Dead letters, oldest first; of one subscription or of all.
    pub async fn dead_letters(&self, subscription: Option<&str>) -> Result<Vec<DeadLetter>> {
        Ok(sql(format!(
            "SELECT {LETTER} FROM parked_event WHERE status = 'dead' AND (CAST($1 AS TEXT) IS NULL OR subscription = $1) \
             ORDER BY position, subscription LIMIT 1000"
        ))
        .bind(subscription)
        .all(self.db())
        .await?)
    }

    /// The dead letter with this id.
    pub async fn dead_letter(&self, id: &str) -> Result<DeadLetter> {
        let (subscription, position) = id.rsplit_once(':').ok_or(Error::NoDeadLetter)?;
        let position: i64 = position.parse().map_err(|_| Error::NoDeadLetter)?;
        sql(format!(
            "SELECT {LETTER} FROM parked_event WHERE subscription = $1 AND position = $2 AND status = 'dead'"
        ))
        .bind(subscription)
        .bind(position)
        .optional(self.db())
        .await?
        .ok_or(Error::NoDeadLetter)
    }

    /// Delivers the event again: the same event id, a new attempt. What waits
    /// behind it follows in order once it succeeds.
    pub async fn redeliver(&self, id: &str) -> Result<()> {
        let letter = self.dead_letter(id).await?;
        let mut batch = Batch::new();
        batch.expect(
            1,
            "dead letter",
            sql(
                "UPDATE parked_event SET status = 'retry', attempts = 0, due_at = $1 \
                 WHERE subscription = $2 AND position = $3 AND status = 'dead'",
            )
            .bind(self.core.clock.now())
            .bind(letter.subscription.as_str())
            .bind(letter.position),
        );
        self.commit_on(&letter, batch, "redeliver", None).await
    }

    /// Gives the event up for this subscription, for a reason; its key goes on.
    /// A rebuild passes over it too.
    pub async fn skip(&self, id: &str, reason: &str) -> Result<()> {
        let letter = self.dead_letter(id).await?;
        let mut batch = Batch::new();
        batch.expect(
            1,
            "dead letter",
            sql("DELETE FROM parked_event WHERE subscription = $1 AND position = $2 AND status = 'dead'")
                .bind(letter.subscription.as_str())
                .bind(letter.position),
        );
        self.commit_on(&letter, batch, "skip", Some(reason)).await
    }

    /// Rebuilds a projection from position 0 beside the one that is read.
    pub async fn rebuild(&self, subscription: &str) -> Result<()> {
        let kind: Option<String> = sql("SELECT kind FROM subscription WHERE name = $1")
            .bind(subscription)
            .optional(self.db())
            .await?;
        match kind.as_deref() {
            None => return Err(Error::NoSubscription(subscription.to_owned())),
            Some("projection") => {}
            Some(_) => return Err(Error::NotAProjection(subscription.to_owned())),
        }
        self.set(
            subscription,
            "rebuild",
            sql("UPDATE subscription SET rebuild_wanted = TRUE, acts = acts + 1 WHERE name = $1"),
        )
        .await
    }

    /// Stops handing out events until it is resumed.
    pub async fn pause(&self, subscription: &str) -> Result<()> {
        self.set(
            subscription,
            "pause",
            sql("UPDATE subscription SET status = 'paused', acts = acts + 1 WHERE name = $1"),
        )
        .await
    }

    /// Goes on after a pause or a stop.
    pub async fn resume(&self, subscription: &str) -> Result<()> {
        let resume = sql(
            "UPDATE subscription SET status = 'running', last_error = NULL, acts = acts + 1 WHERE name = $1",
        );
        self.set(subscription, "resume", resume).await
    }

    /// Forgets the results of outside calls that ended before `before` and whose event
    /// its subscription has passed: nobody will ask for them again. Answers how many.
    /// What belongs to a parked event stays, for it will be tried again.
    pub async fn forget_effects(&self, before: Timestamp) -> Result<u64> {
        let mut batch = Batch::new();
        batch.run(
            sql("DELETE FROM effect WHERE done_at IS NOT NULL AND done_at < $1 \
                 AND EXISTS (SELECT 1 FROM subscription s WHERE s.name = effect.subscription \
                 AND NOT EXISTS (SELECT 1 FROM event_log e WHERE e.id = effect.event_id AND e.position > s.position)) \
                 AND NOT EXISTS (SELECT 1 FROM parked_event p \
                 WHERE p.subscription = effect.subscription AND p.event_id = effect.event_id)")
            .bind(before),
        );
        let outcomes = self.db().commit(batch).await?;
        Ok(outcomes.first().map_or(0, |outcome| outcome.affected as u64))
    }

    /// Commits an act on a dead letter; another operator may have been faster.
    async fn commit_on(
        &self,
        letter: &DeadLetter,
        mut batch: Batch,
        act: &'static str,
        reason: Option<&str>,
    ) -> Result<()> {
        batch.run(
            sql("UPDATE subscription SET acts = acts + 1 WHERE name = $1").bind(letter.subscription.as_str()),
        );
        batch.run(self.act(&letter.subscription, act, Some(letter), reason));
        match self.core.db.commit(batch).await {
            Err(althing_db::Error::Conflict { .. }) => Err(Error::NoDeadLetter),
            other => Ok(other.map(|_| ())?),
        }
    }

    async fn set(&self, subscription: &str, act: &'static str, change: althing_db::Statement) -> Result<()> {
        let mut batch = Batch::new();
        batch.expect(1, "subscription", change.bind(subscription));
        batch.run(self.act(subscription, act, None, None));
        match self.core.db.commit(batch).await {
            Err(althing_db::Error::Conflict { .. }) => Err(Error::NoSubscription(subscription.to_owned())),
            other => Ok(other.map(|_| ())?),
        }
    }

    pub(crate) fn act(
        &self,
        subscription: &str,
        act: &'static str,
        letter: Option<&DeadLetter>,
        reason: Option<&str>,
    ) -> althing_db::Statement {
        sql(
            "INSERT INTO operator_act (id, subscription, act, position, event_id, actor, reason, done_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(self.core.ids.next())
        .bind(subscription)
        .bind(act)
        .bind(letter.map(|letter| letter.position))
        .bind(letter.map(|letter| letter.event_id))
        .bind(self.actor.as_str())
        .bind(reason)
        .bind(self.core.clock.now())
    }
}

/// With the moment at which the first event beyond the checkpoint was stored.
struct StatusRow(SubscriptionStatus, Option<Timestamp>);

impl FromRow for StatusRow {
    fn from_row(row: &Row<'_>) -> althing_db::Result<Self> {
        let stored: String = row.get(4)?;
        let rebuilding: bool = row.get(5)?;
        let status = SubscriptionStatus {
            name: row.get(0)?,
            kind: row.get(1)?,
            version: row.get(2)?,
            position: row.get(3)?,
            head: 0,
            lag: 0,
            lag_seconds: 0.0,
            status: if rebuilding && stored == "running" {
                "rebuilding".into()
            } else {
                stored
            },
            parked_keys: row.get(6)?,
            retries_due: row.get(7)?,
            dead_letters: row.get(8)?,
            last_error: row.get(9)?,
            owner: row.get(10)?,
            epoch: row.get(11)?,
            lease_age_ms: row.get(12)?,
            lanes: row.get(13)?,
            oldest_unfinished: None,
            finished_ahead: row.get(14)?,
        };
        Ok(Self(status, row.get(15)?))
    }
}
