//! Loading and storing conversations, their messages and drafts.

use althing_backbone::{FromRow, Query, Row, Timestamp, UnitOfWork, Uuid, sql};
use althing_events::{ComponentId, ConversationId, DraftId, MessageId, UserId};
use althing_web::Code;
use schemars::JsonSchema;
use serde::Serialize;

use super::conversation::Conversation;
use super::port::Draft;
use crate::error::{Error, Result};
use crate::outputs::{DraftItem, wire_enum};

wire_enum! {
    /// Who speaks.
    Role { System = "system", User = "user", Assistant = "assistant" }
}

/// A message as it is stored and shown. Messages are only ever added.
#[derive(Clone, PartialEq, Serialize, JsonSchema)]
pub struct Message {
    pub id: MessageId,
    #[serde(skip)]
    pub number: i64,
    pub role: Role,
    pub content: String,
    pub created_at: Timestamp,
    pub author_id: Option<UserId>,
    /// The user's message that this one answers.
    #[serde(skip)]
    pub reply_to: Option<MessageId>,
    /// Another reply has taken its place.
    pub superseded: bool,
    /// A reply that broke off.
    pub incomplete: bool,
    #[serde(skip)]
    pub tokens: u32,
}

/// Ids and lengths only: what people write never reaches a log.
impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message")
            .field("id", &self.id)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

impl FromRow for Message {
    fn from_row(row: &Row<'_>) -> Result<Self, althing_backbone::DbError> {
        Ok(Self {
            id: MessageId(row.get(0)?),
            number: row.get(1)?,
            role: Role::parse(row.text(2)?).unwrap_or(Role::System),
            content: row.get(3)?,
            created_at: row.get(4)?,
            author_id: row.get::<Option<Uuid>>(5)?.map(UserId),
            reply_to: row.get::<Option<Uuid>>(6)?.map(MessageId),
            superseded: row.get(7)?,
            incomplete: row.get(8)?,
            tokens: row.get(9)?,
        })
    }
}

const COLUMNS: &str =
    "id, number, role, content, created_at, author_id, reply_to, superseded, incomplete, tokens";

/// The id of a component's conversation, opened or not.
pub async fn id_of(on: &impl Query, component: ComponentId) -> Result<Option<ConversationId>> {
    let id: Option<Uuid> = sql("SELECT id FROM conversation WHERE component_id = $1")
        .bind(component)
        .optional(on)
        .await?;
    Ok(id.map(ConversationId))
}

/// A component's conversation to look at; `None` before it was opened.
pub async fn read(on: &impl Query, component: ComponentId) -> Result<Option<Conversation>> {
    let Some(id) = id_of(on, component).await? else {
        return Ok(None);
    };
    let conversation: Option<Conversation> = althing_backbone::read_aggregate(on, id.0).await?;
    Ok(conversation.filter(|one| one.started_at.is_some()))
}

/// A component's conversation to decide upon.
pub async fn load(uow: &mut UnitOfWork, component: ComponentId) -> Result<Conversation> {
    let absent = || Error::NotFound(Code::ConversationNotFound);
    let id = id_of(uow, component).await?.ok_or_else(absent)?;
    let conversation: Option<Conversation> = uow.load(id.0).await?;
    conversation
        .filter(|one| one.started_at.is_some())
        .ok_or_else(absent)
}

/// A row by which a new conversation is found.
pub fn add_row(uow: &mut UnitOfWork, one: &Conversation) {
    uow.execute(
        sql(
            "INSERT INTO conversation (id, component_id, cycle_id, session_id, component_type, started_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(one.id)
        .bind(one.component_id)
        .bind(one.cycle_id)
        .bind(one.session_id)
        .bind(one.component_type.as_str())
        .bind(one.started_at),
    );
}

/// The time from which others may see it.
pub fn mark_started(uow: &mut UnitOfWork, one: &Conversation) {
    uow.execute(
        sql("UPDATE conversation SET started_at = $1 WHERE id = $2")
            .bind(one.started_at)
            .bind(one.id),
    );
}

/// A message that was never stored under this id.
pub fn add_message(uow: &mut UnitOfWork, conversation: ConversationId, message: &Message) {
    uow.execute(
        sql("INSERT INTO conversation_message (id, conversation_id, number, role, content, author_id, reply_to, created_at, \
             superseded, incomplete, tokens) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)")
        .bind(message.id)
        .bind(conversation)
        .bind(message.number)
        .bind(message.role.as_str())
        .bind(message.content.as_str())
        .bind(message.author_id)
        .bind(message.reply_to)
        .bind(message.created_at)
        .bind(message.superseded)
        .bind(message.incomplete)
        .bind(message.tokens),
    );
}

/// Marks a reply as replaced; must come before the one that replaces it.
pub fn supersede(uow: &mut UnitOfWork, message: MessageId) {
    uow.expect(
        1,
        "superseded message",
        sql("UPDATE conversation_message SET superseded = TRUE WHERE id = $1 AND superseded = FALSE")
            .bind(message),
    );
}

/// A message by its id, with the conversation it belongs to.
pub async fn message(on: &impl Query, id: MessageId) -> Result<Option<(ConversationId, Message)>> {
    let conversation: Option<Uuid> = sql("SELECT conversation_id FROM conversation_message WHERE id = $1")
        .bind(id)
        .optional(on)
        .await?;
    let Some(conversation) = conversation else {
        return Ok(None);
    };
    let message = sql(format!(
        "SELECT {COLUMNS} FROM conversation_message WHERE id = $1"
    ))
    .bind(id)
    .one(on)
    .await?;
    Ok(Some((ConversationId(conversation), message)))
}

/// The reply that stands to a message, finished or broken off.
pub async fn reply_to(on: &impl Query, id: MessageId) -> Result<Option<Message>> {
    let text = format!(
        "SELECT {COLUMNS} FROM conversation_message WHERE reply_to = $1 AND superseded = FALSE AND reply_to IS NOT NULL"
    );
    Ok(sql(text).bind(id).optional(on).await?)
}

/// The last message that stands.
pub async fn last_message(on: &impl Query, conversation: ConversationId) -> Result<Option<Message>> {
    let text = format!(
        "SELECT {COLUMNS} FROM conversation_message WHERE conversation_id = $1 AND superseded = FALSE \
         ORDER BY number DESC LIMIT 1"
    );
    Ok(sql(text).bind(conversation).optional(on).await?)
}

/// The last messages, oldest first.
pub async fn last_messages(
    on: &impl Query,
    conversation: ConversationId,
    limit: i64,
) -> Result<Vec<Message>> {
    let text = format!(
        "SELECT {COLUMNS} FROM conversation_message WHERE conversation_id = $1 ORDER BY number DESC LIMIT $2"
    );
    let mut messages: Vec<Message> = sql(text).bind(conversation).bind(limit).all(on).await?;
    messages.reverse();
    Ok(messages)
}

/// A page of messages after a number, oldest first.
pub async fn messages_after(
    on: &impl Query,
    conversation: ConversationId,
    after: i64,
    limit: i64,
) -> Result<Vec<Message>> {
    let text = format!(
        "SELECT {COLUMNS} FROM conversation_message WHERE conversation_id = $1 AND number > $2 ORDER BY number LIMIT $3"
    );
    Ok(sql(text)
        .bind(conversation)
        .bind(after)
        .bind(limit)
        .all(on)
        .await?)
}

/// Stores a component's draft; without items there is none.
pub fn write_draft(uow: &mut UnitOfWork, draft: &Draft) {
    if draft.items.is_empty() {
        return delete_draft(uow, draft.id);
    }
    uow.execute(
        sql("INSERT INTO conversation_draft (component_id, id, component_type, base_version, items, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (component_id) DO UPDATE SET id = excluded.id, \
             base_version = excluded.base_version, items = excluded.items, updated_at = excluded.updated_at")
        .bind(draft.component_id)
        .bind(draft.id)
        .bind(draft.component_type.as_str())
        .bind(draft.base_version)
        .bind(items_text(&draft.items))
        .bind(draft.updated_at),
    );
}

pub fn delete_draft(uow: &mut UnitOfWork, id: DraftId) {
    uow.execute(sql("DELETE FROM conversation_draft WHERE id = $1").bind(id));
}

fn items_text(items: &[DraftItem]) -> String {
    serde_json::to_string(items).expect("draft items have text keys and finite numbers only")
}
