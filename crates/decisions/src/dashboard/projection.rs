//! The read model of the live channel: one row per frame, numbered within its session.
//!
//! It knows from its own tables alone which cycles and conversations a session
//! has. An event that names another session than the one its aggregate belongs to
//! is forged: it changes nothing and becomes a dead letter.

use std::collections::{HashMap, HashSet};

use althing_backbone::{
    Envelope, Event, FromRow, HandlerError, HandlerResult, Meta, Row, Subscription, Timestamp, Tx, Uuid,
    projection, sql,
};
use althing_events::CycleId;
use althing_events::decisions::{
    ComponentCompleted, ComponentMarkedForRevision, ComponentOutputUpdated, ComponentStarted,
    ConversationCompleted, ConversationDataExtracted, ConversationStarted, CycleArchived, CycleBranched,
    CycleCompleted, CycleCreated, CycleNavigated, DqScoresComputed, MessageSent, PughScoresComputed,
    SessionArchived, SessionCreated, SessionDescribed, SessionOutcomeRecorded, SessionRenamed,
    ShareLinkCreated, ShareLinkRevoked, TradeoffsAnalyzed,
};

use serde::{Deserialize, Serialize};

use super::frames::{Begins, LiveEvent};
use super::teardown;

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
        .on(teardown::workspace_deleted)
        .on(teardown::user_deleted)
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
    let number = known.last_number + 1;
    remember(&tx, &event, &begins, &meta).await;
    let last_at = tx.with_memory(|page: &mut Page| {
        page.note(&event, &begins, meta.event_id, &known, (seq, number));
        page.last_at(&event, meta.occurred_at)
    });
    let (cycle_id, component_type) = match known.conversation {
        Some((_, cycle, ref component)) => (cycle, Some(component.clone())),
        None => (event.cycle().map(|id| id.0), event.component().map(str::to_owned)),
    };
    tx.execute(
        sql("INSERT INTO {session_frame} (number, session_id, seq, event_id, event_type, data, occurred_at, correlation_id, \
             caused_by, actor_id, position, cycle_id, component_type, conversation_id) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)")
        .for_many(
            "INSERT INTO {session_frame} (number, session_id, seq, event_id, event_type, data, occurred_at, correlation_id, \
             caused_by, actor_id, position, cycle_id, component_type, conversation_id) \
             SELECT * FROM unnest($1::BIGINT[], $2::TEXT[], $3::BIGINT[], $4::TEXT[], $5::TEXT[], $6::TEXT[], $7::TEXT[], $8::TEXT[], \
             $9::TEXT[], $10::TEXT[], $11::BIGINT[], $12::TEXT[], $13::TEXT[], $14::TEXT[])",
        )
        .bind(number)
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
    // An event that comes late is not the last thing that happened.
    let newest =
        sql("UPDATE {dashboard_session} SET seq = $1, last_at = CASE WHEN last_at < $2 THEN $2 ELSE last_at END \
             WHERE session_id = $3")
        .for_many(
            "UPDATE {dashboard_session} AS s SET seq = v.seq, last_at = CASE WHEN s.last_at < v.at THEN v.at ELSE s.last_at END \
             FROM unnest($1::BIGINT[], $2::TEXT[], $3::TEXT[]) AS v(seq, at, session_id) WHERE s.session_id = v.session_id",
        )
        .bind(seq)
        .bind(last_at)
        .bind(event.session());
    tx.execute_at_end(event.session().to_string(), newest).await;
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

/// What this page was told by the tables, and what it has written that they do not
/// say yet.
#[derive(Default)]
struct Page {
    /// What the tables say about the places of each event to come.
    before: HashMap<Uuid, Known>,
    was_read: bool,
    /// When the newest event of each session happened.
    last_at: HashMap<Uuid, Timestamp>,
    /// The last frame and the owner of each session.
    sessions: HashMap<Uuid, (i64, Uuid)>,
    /// The session of each cycle that began.
    cycles: HashMap<Uuid, Uuid>,
    /// Session, cycle and component type of each conversation that began.
    conversations: HashMap<Uuid, (Uuid, Option<Uuid>, String)>,
    events: HashSet<Uuid>,
    last_number: i64,
}

impl Page {
    /// When the newest of the session's events on this page happened.
    fn last_at<E: LiveEvent>(&mut self, event: &E, occurred_at: Timestamp) -> Timestamp {
        let last = self.last_at.entry(event.session().0).or_insert(occurred_at);
        *last = occurred_at.max(*last);
        *last
    }

    /// The event has become frame `seq` of its session, the `number`th of all.
    fn note<E: LiveEvent>(
        &mut self,
        event: &E,
        begins: &Begins,
        event_id: Uuid,
        known: &Known,
        (seq, number): (i64, i64),
    ) {
        let session = event.session().0;
        let owner = match (begins, known.session) {
            (Begins::Session { owner }, _) => Some(owner.0),
            (_, Some((_, owner))) => Some(owner),
            (_, None) => None,
        };
        self.sessions.extend(owner.map(|owner| (session, (seq, owner))));
        match begins {
            Begins::Cycle { .. } => {
                self.cycles.extend(event.cycle().map(|cycle| (cycle.0, session)));
            }
            Begins::Conversation { .. } => {
                let of = (
                    session,
                    event.cycle().map(|cycle| cycle.0),
                    event.component().unwrap_or_default().to_owned(),
                );
                self.conversations
                    .extend(event.conversation().map(|id| (id.0, of)));
            }
            Begins::Session { .. } | Begins::Nothing => {}
        }
        self.events.insert(event_id);
        self.last_number = number;
    }
}

/// The places an event names, whatever its type.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Places {
    event_id: Uuid,
    session_id: Option<Uuid>,
    cycle_id: Option<Uuid>,
    parent_cycle_id: Option<Uuid>,
    conversation_id: Option<Uuid>,
    /// Who did it, as the envelope says.
    actor_id: Option<Uuid>,
}

impl Places {
    /// What cannot be read names none; its handler refuses it.
    fn of(event: &Envelope) -> Self {
        Self {
            event_id: event.event_id,
            actor_id: event.actor_id,
            ..serde_json::from_str(&event.data).unwrap_or_default()
        }
    }
}

/// What the tables say about the places an event names.
#[derive(Clone)]
struct Known {
    /// The session's last frame and its owner.
    session: Option<(i64, Uuid)>,
    /// The session of the cycle.
    cycle: Option<Uuid>,
    /// The session of the parent cycle.
    parent: Option<Uuid>,
    /// Session, cycle and component type of the conversation.
    conversation: Option<(Uuid, Option<Uuid>, String)>,
    /// The actor has, or once had, a role in the workspace that the session is shared with.
    has_part: bool,
    /// It has its frame, or its session was purged and gets none.
    was_shown: bool,
    last_number: i64,
}

/// The columns of [`Known::before`], with the event's id.
struct OfEvent(Uuid, Known);

impl FromRow for OfEvent {
    fn from_row(row: &Row<'_>) -> Result<Self, althing_backbone::DbError> {
        let (seq, owner): (Option<i64>, Option<Uuid>) = (row.get(0)?, row.get(1)?);
        let (session, component): (Option<Uuid>, Option<String>) = (row.get(4)?, row.get(6)?);
        let cycle_of_conversation: Option<Uuid> = row.get(5)?;
        let known = Known {
            session: seq.zip(owner),
            cycle: row.get(2)?,
            parent: row.get(3)?,
            conversation: session
                .zip(component)
                .map(|(session, component)| (session, cycle_of_conversation, component)),
            was_shown: row.get(7)?,
            last_number: row.get(8)?,
            has_part: row.get(10)?,
        };
        Ok(Self(row.get(9)?, known))
    }
}

impl Known {
    async fn read<E: LiveEvent>(tx: &Tx, event: &E, begins: &Begins, meta: &Meta) -> HandlerResult<Self> {
        let parent = match begins {
            Begins::Cycle { parent } => *parent,
            _ => None,
        };
        if !tx.with_memory(|page: &mut Page| std::mem::replace(&mut page.was_read, true)) {
            let all = Self::before(tx, tx.page().iter().map(|event| Places::of(event)).collect()).await?;
            tx.with_memory(|page: &mut Page| page.before = all);
        }
        let before = tx.with_memory(|page: &mut Page| page.before.get(&meta.event_id).cloned());
        let mut known =
            before.ok_or_else(|| HandlerError::permanent(anyhow::anyhow!("not an event of its page")))?;
        tx.with_memory(|page: &mut Page| known.add(page, event, parent, meta));
        Ok(known)
    }

    /// What the tables say about the places of many events, in one question.
    async fn before(tx: &Tx, places: Vec<Places>) -> HandlerResult<HashMap<Uuid, Self>> {
        const SELECT: &str = "SELECT s.seq, s.owner_id, \
            (SELECT session_id FROM {dashboard_cycle} WHERE cycle_id = v.cycle_id), \
            (SELECT session_id FROM {dashboard_cycle} WHERE cycle_id = v.parent_cycle_id), \
            c.session_id, c.cycle_id, c.component_type, \
            (SELECT seq FROM {session_frame} WHERE event_id = v.event_id) IS NOT NULL \
            OR EXISTS (SELECT 1 FROM decision_purged g WHERE g.session_id = v.session_id), \
            (SELECT coalesce(max(number), 0) FROM {session_frame}), v.event_id, \
            EXISTS (SELECT 1 FROM decision_session d JOIN decision_member m ON m.workspace_id = d.workspace_id \
            WHERE d.id = v.session_id AND d.visibility = 'workspace' AND m.user_id = v.actor_id) FROM {places} AS v \
            LEFT JOIN {dashboard_session} s ON s.session_id = v.session_id \
            LEFT JOIN {dashboard_conversation} c ON c.conversation_id = v.conversation_id";
        let on_sqlite = "(SELECT value ->> 'event_id' AS event_id, value ->> 'session_id' AS session_id, \
            value ->> 'cycle_id' AS cycle_id, value ->> 'parent_cycle_id' AS parent_cycle_id, \
            value ->> 'conversation_id' AS conversation_id, value ->> 'actor_id' AS actor_id FROM json_each($1))";
        let on_postgres = "(SELECT * FROM json_to_recordset($1::JSON) \
            AS j(event_id TEXT, session_id TEXT, cycle_id TEXT, parent_cycle_id TEXT, conversation_id TEXT, actor_id TEXT))";
        let found: Vec<OfEvent> = sql(SELECT.replace("{places}", on_sqlite))
            .on_postgres(SELECT.replace("{places}", on_postgres))
            .bind(serde_json::to_string(&places)?)
            .all(&tx.before_page())
            .await?;
        Ok(found.into_iter().map(|OfEvent(id, known)| (id, known)).collect())
    }

    /// What this page has written counts more.
    fn add<E: LiveEvent>(&mut self, page: &Page, event: &E, parent: Option<CycleId>, meta: &Meta) {
        let session = page.sessions.get(&event.session().0);
        self.session = session.copied().or(self.session);
        let cycle_of = |id: Option<CycleId>| id.and_then(|id| page.cycles.get(&id.0).copied());
        self.cycle = cycle_of(event.cycle()).or(self.cycle);
        self.parent = cycle_of(parent).or(self.parent);
        let conversation = event.conversation().and_then(|id| page.conversations.get(&id.0));
        self.conversation = conversation.cloned().or(self.conversation.take());
        self.was_shown |= page.events.contains(&meta.event_id);
        self.last_number = self.last_number.max(page.last_number);
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
            (Some((last, owner)), _) if self.has_part || meta.actor_id.is_none_or(|actor| actor == owner) => {
                last
            }
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
