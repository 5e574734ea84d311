//! What people read of the audit log.

use althing_backbone::{DbError, FromRow, Query, Row, Statement, Timestamp, Uuid, sql};
use althing_events::WorkspaceId;
use schemars::JsonSchema;
use serde::Serialize;

/// An entry: a code and its fields. Names are not here; whoever shows it knows them.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct EntryView {
    pub id: Uuid,
    /// What happened: an event's type, or the word of an incident.
    pub kind: String,
    pub occurred_at: Timestamp,
    /// Who did it; nobody where the system did, or where it is not known.
    pub actor_id: Option<Uuid>,
    /// Which part of the system did it.
    pub system_actor: Option<String>,
    pub workspace_id: Option<Uuid>,
    pub session_id: Option<Uuid>,
    pub cycle_id: Option<Uuid>,
    /// What else it is about: a component, a link, a member, a key.
    pub thing_id: Option<Uuid>,
    /// Whom it concerns.
    pub person_id: Option<Uuid>,
    pub old: Option<String>,
    pub new: Option<String>,
    pub detail: Option<String>,
    /// How often the same happened within a while.
    pub times: i64,
    pub correlation_id: Option<Uuid>,
    pub api_key_id: Option<Uuid>,
    /// The same for the same address, and on this instance only.
    pub address_hash: Option<String>,
}

const COLUMNS: &str = "id, kind, occurred_at, actor_id, system_actor, workspace_id, session_id, cycle_id, thing_id, \
     person_id, old_value, new_value, detail, times, correlation_id, api_key_id, address_hash";

impl FromRow for EntryView {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: row.get(0)?,
            kind: row.get(1)?,
            occurred_at: row.get(2)?,
            actor_id: row.get(3)?,
            system_actor: row.get(4)?,
            workspace_id: row.get(5)?,
            session_id: row.get(6)?,
            cycle_id: row.get(7)?,
            thing_id: row.get(8)?,
            person_id: row.get(9)?,
            old: row.get(10)?,
            new: row.get(11)?,
            detail: row.get(12)?,
            times: row.get(13)?,
            correlation_id: row.get(14)?,
            api_key_id: row.get(15)?,
            address_hash: row.get(16)?,
        })
    }
}

/// Whose log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// What happened in a workspace.
    Workspace(WorkspaceId),
    /// What happened in none.
    Instance,
}

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Search {
    pub actor: Option<Uuid>,
    /// A kind, or the beginning of one up to a point: `session`.
    pub kind: Option<String>,
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// Any id that an entry names.
    pub id: Option<Uuid>,
}

/// Where a page ended.
pub(crate) type Place = (Timestamp, Uuid);

/// The newest first, from behind a place on.
pub(crate) async fn page(
    on: &impl Query,
    of: Of,
    search: &Search,
    after: Option<Place>,
    limit: usize,
) -> Result<Vec<EntryView>, DbError> {
    select(of, search, after, limit).all(on).await
}

fn select(of: Of, search: &Search, after: Option<Place>, limit: usize) -> Statement {
    let mut wanted = Wanted::default();
    match of {
        Of::Workspace(id) => wanted.and("workspace_id = ?", id.0),
        Of::Instance => wanted.texts.push("workspace_id IS NULL".to_owned()),
    }
    if let Some(actor) = search.actor {
        wanted.and("actor_id = ?", actor);
    }
    if let Some(kind) = &search.kind {
        wanted.and("(kind = ? OR kind LIKE ? || '.%')", kind.as_str());
    }
    if let Some(from) = search.from {
        wanted.and("occurred_at >= ?", from);
    }
    if let Some(until) = search.until {
        wanted.and("occurred_at < ?", until);
    }
    if let Some(id) = search.id {
        wanted.and(
            "(id = ? OR session_id = ? OR cycle_id = ? OR thing_id = ? OR person_id = ? OR correlation_id = ? \
             OR api_key_id = ? OR actor_id = ?)",
            id,
        );
    }
    if let Some((time, id)) = after {
        wanted.and("occurred_at <= ?", time);
        let at = wanted.values.len();
        wanted.and(format!("(occurred_at < ${at} OR id < ?)"), id);
    }
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let text = format!(
        "SELECT {COLUMNS} FROM audit_entry WHERE {} ORDER BY occurred_at DESC, id DESC LIMIT {limit}",
        wanted.texts.join(" AND ")
    );
    wanted.values.into_iter().fold(sql(text), Statement::bind)
}

/// Conditions with their values: each `?` stands for the one value of its condition.
#[derive(Default)]
struct Wanted {
    texts: Vec<String>,
    values: Vec<althing_backbone::Value>,
}

impl Wanted {
    fn and(&mut self, text: impl Into<String>, value: impl Into<althing_backbone::Value>) {
        self.values.push(value.into());
        let place = format!("${}", self.values.len());
        self.texts.push(text.into().replace('?', &place));
    }
}
