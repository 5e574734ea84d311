//! What people read of their notifications.

use althing_backbone::{DbError, FromRow, Query, Row, Timestamp, Uuid, sql};
use althing_events::notifications::NotificationAction;
use althing_events::{NotificationId, UserId};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::directory::Ending;
use crate::kind::Kind;
use crate::words::{Facts, say};

/// A notification as the API answers it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct NotificationView {
    pub id: Uuid,
    /// One of the words of [`Kind`]; another one is of a later version.
    pub r#type: String,
    pub title: String,
    pub body: String,
    /// Ids and names of what it speaks of.
    pub data: Map<String, Value>,
    pub read: bool,
    pub read_at: Option<Timestamp>,
    pub action: Option<String>,
    pub action_taken_at: Option<Timestamp>,
    /// Whether it can be accepted or declined now.
    pub actionable: bool,
    /// How the invitation ended, if it has: accepted, declined, revoked, expired or renewed.
    pub ended: Option<&'static str>,
    pub inserted_at: Timestamp,
    #[serde(skip)]
    pub place: Place,
}

/// A row with the names that the directory knows.
struct Stored {
    id: Uuid,
    user_id: Uuid,
    kind: String,
    source_position: i64,
    person_id: Option<Uuid>,
    workspace_id: Option<Uuid>,
    member_id: Option<Uuid>,
    role: Option<String>,
    old_role: Option<String>,
    reason: Option<String>,
    session_id: Option<Uuid>,
    cycle_id: Option<Uuid>,
    is_read: bool,
    read_at: Option<Timestamp>,
    action: Option<String>,
    action_taken_at: Option<Timestamp>,
    inserted_at: Timestamp,
    person: Option<String>,
    asked_position: Option<i64>,
    ended: Option<String>,
    workspace: Option<String>,
    decision: Option<String>,
}

/// Names of things are those that they had at the position of the event.
const SELECT: &str = "SELECT n.id, n.user_id, n.type, n.source_position, n.person_id, n.workspace_id, n.member_id, n.role, \
     n.old_role, n.reason, n.session_id, n.cycle_id, n.is_read, n.read_at, n.action, n.action_taken_at, n.inserted_at, \
     p.name, i.asked_position, i.ended, \
     (SELECT w.name FROM notification_name w WHERE w.thing_id = n.workspace_id AND w.position <= n.source_position \
      ORDER BY w.position DESC LIMIT 1), \
     (SELECT s.name FROM notification_name s WHERE s.thing_id = n.session_id AND s.position <= n.source_position \
      ORDER BY s.position DESC LIMIT 1) \
     FROM notification n LEFT JOIN notification_person p ON p.user_id = n.person_id \
     LEFT JOIN notification_invitation i ON i.member_id = n.member_id";

impl FromRow for Stored {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: row.get(0)?,
            user_id: row.get(1)?,
            kind: row.get(2)?,
            source_position: row.get(3)?,
            person_id: row.get(4)?,
            workspace_id: row.get(5)?,
            member_id: row.get(6)?,
            role: row.get(7)?,
            old_role: row.get(8)?,
            reason: row.get(9)?,
            session_id: row.get(10)?,
            cycle_id: row.get(11)?,
            is_read: row.get(12)?,
            read_at: row.get(13)?,
            action: row.get(14)?,
            action_taken_at: row.get(15)?,
            inserted_at: row.get(16)?,
            person: row.get(17)?,
            asked_position: row.get(18)?,
            ended: row.get(19)?,
            workspace: row.get(20)?,
            decision: row.get(21)?,
        })
    }
}

impl Stored {
    fn kind(&self) -> Option<Kind> {
        Kind::parse(&self.kind)
    }

    /// An invitation ends by what became of it, or by one that was sent after it.
    fn ending(&self) -> Option<Ending> {
        if self.kind() != Some(Kind::WorkspaceInvitation) {
            return None;
        }
        match self.asked_position {
            Some(asked) if asked > self.source_position => Some(Ending::Renewed),
            _ => self.ended.as_deref().and_then(Ending::parse),
        }
    }

    fn view(self) -> NotificationView {
        let ended = self.ending();
        let facts = Facts {
            person: self.person.as_deref(),
            person_is_reader: self.person_id == Some(self.user_id),
            workspace: self.workspace.as_deref(),
            decision: self.decision.as_deref(),
            role: self.role.as_deref(),
            old_role: self.old_role.as_deref(),
            reason: self.reason.as_deref(),
            ended,
        };
        let (title, body) = self.kind().map_or_else(
            || ("Something happened".to_owned(), String::new()),
            |kind| say(kind, &facts),
        );
        NotificationView {
            actionable: self.kind() == Some(Kind::WorkspaceInvitation)
                && self.action.is_none()
                && ended.is_none(),
            data: self.data(),
            id: self.id,
            r#type: self.kind,
            title,
            body,
            read: self.is_read,
            read_at: self.read_at,
            action: self.action,
            action_taken_at: self.action_taken_at,
            ended: ended.map(Ending::as_str),
            inserted_at: self.inserted_at,
            place: (self.source_position, self.id),
        }
    }

    fn data(&self) -> Map<String, Value> {
        let inviter = (self.kind() == Some(Kind::WorkspaceInvitation)).then_some(&self.person);
        let fields = [
            ("workspace_id", json!(self.workspace_id)),
            ("workspace_name", json!(self.workspace)),
            ("member_id", json!(self.member_id)),
            ("inviter_name", json!(inviter)),
            ("role", json!(self.role)),
            ("old_role", json!(self.old_role)),
            ("session_id", json!(self.session_id)),
            ("session_title", json!(self.decision)),
            ("cycle_id", json!(self.cycle_id)),
        ];
        fields
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }
}

/// Where a page of the list ends: what happened later stands before it.
pub type Place = (i64, Uuid);

/// Which of somebody's notifications are wanted.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    All,
    Unread,
    /// Those that are not read, of these kinds only.
    UnreadOf(&'a [Kind]),
}

impl Which<'_> {
    fn condition(self) -> String {
        match self {
            Self::All => String::new(),
            Self::Unread => "AND n.is_read = FALSE".to_owned(),
            Self::UnreadOf(kinds) => {
                let words: Vec<String> = kinds.iter().map(|kind| format!("'{}'", kind.as_str())).collect();
                format!("AND n.is_read = FALSE AND n.type IN ({})", words.join(", "))
            }
        }
    }
}

/// A page of somebody's notifications, the newest first.
pub async fn list(
    on: &impl Query,
    user: UserId,
    which: Which<'_>,
    before: Option<Place>,
    limit: usize,
) -> Result<Vec<NotificationView>, DbError> {
    let (position, id) = before.map_or((None, None), |(position, id)| (Some(position), Some(id)));
    let which = which.condition();
    let rows: Vec<Stored> = sql(format!(
        "{SELECT} WHERE n.user_id = $1 {which} \
         AND (CAST($2 AS BIGINT) IS NULL OR n.source_position < $2 OR (n.source_position = $2 AND n.id < $3)) \
         ORDER BY n.source_position DESC, n.id DESC LIMIT $4"
    ))
    .bind(user)
    .bind(position)
    .bind(id)
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .all(on)
    .await?;
    Ok(rows.into_iter().map(Stored::view).collect())
}

/// One of somebody's own; anybody else's does not exist for them.
pub async fn one(
    on: &impl Query,
    user: UserId,
    id: NotificationId,
) -> Result<Option<NotificationView>, DbError> {
    let row: Option<Stored> = sql(format!("{SELECT} WHERE n.id = $1 AND n.user_id = $2"))
        .bind(id)
        .bind(user)
        .optional(on)
        .await?;
    Ok(row.map(Stored::view))
}

/// How many they have not read.
pub async fn unread(on: &impl Query, user: UserId) -> Result<i64, DbError> {
    sql("SELECT count(*) FROM notification WHERE user_id = $1 AND is_read = FALSE")
        .bind(user)
        .one(on)
        .await
}

impl NotificationView {
    /// What was answered, if something was.
    pub fn answered(&self) -> Option<NotificationAction> {
        self.action.as_deref().and_then(NotificationAction::parse)
    }

    /// The page on which one sees more.
    pub fn page(&self) -> String {
        match self.data.get("session_id").and_then(Value::as_str) {
            Some(session) => format!("/decisions/{session}"),
            None => "/notifications".to_owned(),
        }
    }
}
