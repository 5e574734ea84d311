//! The read model of the live channel: one row per frame, numbered within its session.
//!
//! It knows from its own tables alone which cycles and conversations a session
//! has. An event that names another session than the one its aggregate belongs to
//! is forged: it changes nothing and becomes a dead letter.

use althing_backbone::{
    Event, FromRow, HandlerError, HandlerResult, Meta, Row, Subscription, Tx, Uuid, projection, sql,
};
use althing_events::decisions::{
    ComponentCompleted, ComponentMarkedForRevision, ComponentOutputUpdated, ComponentStarted,
    ConversationCompleted, ConversationDataExtracted, ConversationStarted, CycleArchived, CycleBranched,
    CycleCompleted, CycleCreated, CycleNavigated, DqScoresComputed, MessageSent, PughScoresComputed,
    SessionArchived, SessionCreated, SessionDescribed, SessionOutcomeRecorded, SessionRenamed,
    ShareLinkCreated, ShareLinkRevoked, TradeoffsAnalyzed,
};

use super::frames::{Begins, LiveEvent};

/// The name of the projection; the bridge follows its position.
pub(super) const NAME: &str = "dashboard";

const SESSIONS: &str = "CREATE TABLE {dashboard_session} (
  session_id TEXT PRIMARY KEY,
  owner_id TEXT NOT NULL,
  seq BIGINT NOT NULL,
  last_at TEXT NOT NULL
)";

const CYCLES: &str = "CREATE TABLE {dashboard_cycle} (
  cycle_id TEXT PRIMARY KEY,
  session_id TEXT NOT NULL
)";

const CONVERSATIONS: &str = "CREATE TABLE {dashboard_conversation} (
  conversation_id TEXT PRIMARY KEY,
  session_id TEXT NOT NULL,
  cycle_id TEXT,
  component_id TEXT NOT NULL,
  component_type TEXT NOT NULL
);
CREATE INDEX {dashboard_conversation}_by_component ON {dashboard_conversation} (component_id)";

/// `number` counts all frames, so that a follower sees what is new in one look.
const FRAMES: &str = "CREATE TABLE {session_frame} (
  number BIGINT PRIMARY KEY,
  session_id TEXT NOT NULL,
  seq BIGINT NOT NULL,
  event_id TEXT NOT NULL UNIQUE,
  event_type TEXT NOT NULL,
  data TEXT NOT NULL,
  occurred_at TEXT NOT NULL,
  correlation_id TEXT NOT NULL,
  caused_by TEXT,
  actor_id TEXT,
  position BIGINT NOT NULL,
  cycle_id TEXT,
  component_type TEXT,
  conversation_id TEXT,
  UNIQUE (session_id, seq)
);
CREATE INDEX {session_frame}_by_conversation ON {session_frame} (conversation_id)";

/// DashboardUpdateHandler: every event of the catalogue has its frame or is ignored by name.
pub(super) fn subscription() -> Subscription {
    projection(NAME)
        .table("dashboard_session", SESSIONS)
        .table("dashboard_cycle", CYCLES)
        .table("dashboard_conversation", CONVERSATIONS)
        .table("session_frame", FRAMES)
        .on(show::<SessionCreated>)
        .on(show::<SessionArchived>)
        .on(show::<SessionRenamed>)
        .on(show::<SessionDescribed>)
        .on(show::<SessionOutcomeRecorded>)
        .on(show::<CycleCreated>)
        .on(show::<CycleBranched>)
        .on(show::<CycleNavigated>)
        .on(show::<CycleArchived>)
        .on(show::<CycleCompleted>)
        .on(show::<ComponentStarted>)
        .on(show::<ComponentOutputUpdated>)
        .on(show::<ComponentCompleted>)
        .on(show::<ComponentMarkedForRevision>)
        .on(show::<ConversationStarted>)
        .on(show::<MessageSent>)
        .on(show::<ConversationDataExtracted>)
        .on(show::<ConversationCompleted>)
        .on(show::<PughScoresComputed>)
        .on(show::<TradeoffsAnalyzed>)
        .on(show::<DqScoresComputed>)
        .ignore::<ShareLinkCreated>()
        .ignore::<ShareLinkRevoked>()
        .into()
}

async fn show<E: LiveEvent>(Event(event): Event<E>, meta: Meta, tx: Tx) -> HandlerResult {
    let begins = event.begins();
    let known = Known::read(&tx, &event, &begins, &meta).await?;
    if known.was_shown {
        return Ok(());
    }
    let seq = known.check(&event, &begins, &meta)? + 1;
    remember(&tx, &event, &begins, &meta).await;
    let (cycle_id, component_type) = match known.conversation {
        Some((_, cycle, ref component)) => (cycle, Some(component.clone())),
        None => (event.cycle().map(|id| id.0), event.component().map(str::to_owned)),
    };
    tx.execute(
        sql("INSERT INTO {session_frame} (number, session_id, seq, event_id, event_type, data, occurred_at, correlation_id, \
             caused_by, actor_id, position, cycle_id, component_type, conversation_id) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)")
        .bind(known.last_number + 1)
        .bind(event.session())
        .bind(seq)
        .bind(meta.event_id)
        .bind(E::TYPE)
        .bind(event.data()?.to_string())
        .bind(meta.occurred_at)
        .bind(meta.correlation_id)
        .bind(meta.causation_id)
        .bind(meta.actor_id)
        .bind(meta.position)
        .bind(cycle_id)
        .bind(component_type)
        .bind(event.conversation()),
    )
    .await;
    tx.execute(
        // An event that comes late is not the last thing that happened.
        sql("UPDATE {dashboard_session} SET seq = $1, last_at = CASE WHEN last_at < $2 THEN $2 ELSE last_at END \
             WHERE session_id = $3")
            .bind(seq)
            .bind(meta.occurred_at)
            .bind(event.session()),
    )
    .await;
    Ok(())
}

/// Notes what begins to exist with the event.
async fn remember<E: LiveEvent>(tx: &Tx, event: &E, begins: &Begins, meta: &Meta) {
    let statement = match begins {
        Begins::Nothing => return,
        Begins::Session { owner } => {
            sql("INSERT INTO {dashboard_session} (session_id, owner_id, seq, last_at) VALUES ($1, $2, 0, $3)")
                .bind(event.session())
                .bind(*owner)
                .bind(meta.occurred_at)
        }
        Begins::Cycle { .. } => sql("INSERT INTO {dashboard_cycle} (cycle_id, session_id) VALUES ($1, $2)")
            .bind(event.cycle())
            .bind(event.session()),
        Begins::Conversation { component } => sql(
            "INSERT INTO {dashboard_conversation} (conversation_id, session_id, cycle_id, component_id, component_type) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(event.conversation())
        .bind(event.session())
        .bind(event.cycle())
        .bind(*component)
        .bind(event.component()),
    };
    tx.execute(statement).await;
}

/// What the tables say about the places an event names.
struct Known {
    /// The session's last frame and its owner.
    session: Option<(i64, Uuid)>,
    /// The session of the cycle.
    cycle: Option<Uuid>,
    /// The session of the parent cycle.
    parent: Option<Uuid>,
    /// Session, cycle and component type of the conversation.
    conversation: Option<(Uuid, Option<Uuid>, String)>,
    was_shown: bool,
    last_number: i64,
}

impl FromRow for Known {
    fn from_row(row: &Row<'_>) -> Result<Self, althing_backbone::DbError> {
        let (seq, owner): (Option<i64>, Option<Uuid>) = (row.get(0)?, row.get(1)?);
        let (session, component): (Option<Uuid>, Option<String>) = (row.get(4)?, row.get(6)?);
        let cycle_of_conversation: Option<Uuid> = row.get(5)?;
        Ok(Self {
            session: seq.zip(owner),
            cycle: row.get(2)?,
            parent: row.get(3)?,
            conversation: session
                .zip(component)
                .map(|(session, component)| (session, cycle_of_conversation, component)),
            was_shown: row.get(7)?,
            last_number: row.get(8)?,
        })
    }
}

impl Known {
    async fn read<E: LiveEvent>(tx: &Tx, event: &E, begins: &Begins, meta: &Meta) -> HandlerResult<Self> {
        let parent = match begins {
            Begins::Cycle { parent } => *parent,
            _ => None,
        };
        Ok(sql("SELECT s.seq, s.owner_id, \
                (SELECT session_id FROM {dashboard_cycle} WHERE cycle_id = $2), \
                (SELECT session_id FROM {dashboard_cycle} WHERE cycle_id = $3), \
                c.session_id, c.cycle_id, c.component_type, \
                EXISTS (SELECT 1 FROM {session_frame} WHERE event_id = $5), \
                (SELECT coalesce(max(number), 0) FROM {session_frame}) \
                FROM (SELECT 1 AS one) o LEFT JOIN {dashboard_session} s ON s.session_id = $1 \
                LEFT JOIN {dashboard_conversation} c ON c.conversation_id = $4")
        .bind(event.session())
        .bind(event.cycle())
        .bind(parent)
        .bind(event.conversation())
        .bind(meta.event_id)
        .one(tx)
        .await?)
    }

    /// The session's last frame so far, if everything the event names belongs to
    /// its session. What is not known yet may come: the event is tried again.
    fn check<E: LiveEvent>(&self, event: &E, begins: &Begins, meta: &Meta) -> HandlerResult<i64> {
        let session = event.session().0;
        if meta.aggregate_id != event.aggregate_id() || &*meta.aggregate_type != E::AGGREGATE {
            return Err(forged::<E>(
                "its payload names another aggregate than its envelope",
            ));
        }
        let last = match (self.session, begins) {
            (None, Begins::Session { .. }) => return Ok(0),
            (Some(_), Begins::Session { .. }) => return Err(forged::<E>("the session exists already")),
            (None, _) => return Err(not_yet::<E>("session")),
            (Some((last, owner)), _) if meta.actor_id.is_none_or(|actor| actor == owner) => last,
            (Some(_), _) => return Err(forged::<E>("its actor has no part in the session")),
        };
        match (event.cycle(), begins, self.cycle) {
            (None, _, _) | (Some(_), Begins::Cycle { parent: None }, None) => {}
            (Some(_), Begins::Cycle { parent: Some(_) }, None) => match self.parent {
                None => return Err(not_yet::<E>("parent cycle")),
                Some(of) if of == session => {}
                Some(_) => return Err(forged::<E>("the parent cycle belongs to another session")),
            },
            (Some(_), Begins::Cycle { .. }, Some(_)) => return Err(forged::<E>("the cycle exists already")),
            (Some(_), _, None) => return Err(not_yet::<E>("cycle")),
            (Some(_), _, Some(of)) if of == session => {}
            (Some(_), _, Some(_)) => return Err(forged::<E>("the cycle belongs to another session")),
        }
        match (event.conversation(), begins, &self.conversation) {
            (None, _, _) | (Some(_), Begins::Conversation { .. }, None) => Ok(last),
            (Some(_), Begins::Conversation { .. }, Some(_)) => {
                Err(forged::<E>("the conversation exists already"))
            }
            (Some(_), _, None) => Err(not_yet::<E>("conversation")),
            (Some(_), _, Some((of, _, _))) if *of == session => Ok(last),
            (Some(_), _, Some(_)) => Err(forged::<E>("the conversation belongs to another session")),
        }
    }
}

fn forged<E: LiveEvent>(why: &'static str) -> HandlerError {
    HandlerError::permanent(anyhow::anyhow!("{} is not believed: {why}", E::TYPE))
}

fn not_yet<E: LiveEvent>(what: &'static str) -> HandlerError {
    HandlerError::transient(anyhow::anyhow!("the {what} of {} is not known", E::TYPE))
}
