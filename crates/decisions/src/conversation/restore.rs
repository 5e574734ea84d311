//! Writing a conversation down, and bringing one back with an imported decision.

use std::collections::HashMap;

use althing_backbone::{FromRow, Query, Row, UnitOfWork, Uuid, sql};
use althing_events::decisions::MessageSent;
use althing_events::{ComponentId, ConversationId, CycleId, MessageId, SessionId};
use althing_web::FieldProblem;

use super::ai::estimate_tokens;
use super::conversation::{Conversation, Opened};
use super::store::{self, Role};
use crate::error::{Error, Result};
use crate::outputs::ComponentType;
use crate::outputs::text::{NOT_STORABLE, cut_chars, is_storable, trimmed_length};
use crate::portable::{Author, PortableMessage};

/// A conversation with all its messages.
pub struct Transcript {
    pub id: ConversationId,
    pub messages: Vec<TranscriptMessage>,
}

/// One message and who wrote it, here or elsewhere.
pub struct TranscriptMessage {
    message: PortableMessage,
    author_id: Option<Uuid>,
    imported_author: Option<String>,
}

impl TranscriptMessage {
    /// With the author's name.
    pub fn into_portable(self, names: &HashMap<Uuid, String>) -> PortableMessage {
        let known = self
            .author_id
            .map(|id| names.get(&id).cloned().unwrap_or_else(|| "Somebody".into()));
        let author = self.imported_author.or(known).map(|name| Author { name });
        PortableMessage {
            author,
            ..self.message
        }
    }
}

impl FromRow for TranscriptMessage {
    fn from_row(row: &Row<'_>) -> Result<Self, althing_backbone::DbError> {
        let message = PortableMessage {
            id: row.get(0)?,
            role: row.get(1)?,
            content: row.get(2)?,
            author: None,
            at: row.get(3)?,
            superseded: row.get(4)?,
            incomplete: row.get(5)?,
        };
        Ok(Self {
            message,
            author_id: row.get(6)?,
            imported_author: row.get(7)?,
        })
    }
}

/// Everything that was said about a component.
pub async fn transcript(on: &impl Query, component: ComponentId) -> Result<Option<Transcript>> {
    let Some(id) = store::id_of(on, component).await? else {
        return Ok(None);
    };
    let messages = sql(
        "SELECT id, role, content, created_at, superseded, incomplete, author_id, imported_author \
         FROM conversation_message WHERE conversation_id = $1 ORDER BY number",
    )
    .bind(id)
    .all(on)
    .await?;
    Ok(Some(Transcript { id, messages }))
}

/// Which component a restored conversation belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Restored {
    pub session_id: SessionId,
    pub cycle_id: CycleId,
    pub component_id: ComponentId,
    pub component_type: ComponentType,
}

/// Longest message: a user's, and a reply.
const USER_MAX: usize = 10_000;
const REPLY_MAX: usize = 100_000;
/// How much of a message its event shows.
const PREVIEW: usize = 100;

/// Stores the messages under new ids, without asking any model. The subscription
/// that opens conversations finds this one and leaves it as it is.
pub fn restore(uow: &mut UnitOfWork, target: &Restored, messages: &[PortableMessage]) -> Result<()> {
    let now = uow.now();
    let component = (target.component_id, target.component_type);
    let mut conversation = Conversation::new(component, target.cycle_id, target.session_id);
    // Before every event of this import, so that each of them counts.
    if let Opened::Started(started) = conversation.open(1, now) {
        uow.record(&started)?;
    }
    store::add_row(uow, &conversation);
    let is_said = |message: &PortableMessage| message.role != Role::System.as_str();
    let first = messages.iter().position(is_said);
    for (index, message) in messages.iter().enumerate() {
        // The first question stands there by itself: nobody sent it.
        let is_opening = first == Some(index) && message.role == Role::Assistant.as_str();
        restore_message(uow, &mut conversation, message, is_opening).map_err(|(field, text)| {
            Error::InvalidFields(vec![FieldProblem::new(
                format!("/messages/{index}{field}"),
                "out_of_range",
                text,
            )])
        })?;
    }
    if conversation.user_messages > 0 {
        conversation.begin();
    }
    uow.save(&conversation)?;
    Ok(())
}

type Fault = (&'static str, &'static str);

/// Stores a message; an event tells of it if one did when it was said: the opening and broken replies have none.
fn restore_message(
    uow: &mut UnitOfWork,
    conversation: &mut Conversation,
    message: &PortableMessage,
    is_opening: bool,
) -> Result<(), Fault> {
    let role = Role::parse(&message.role).ok_or(("/role", "must be system, user or assistant"))?;
    let limit = if role == Role::User { USER_MAX } else { REPLY_MAX };
    if trimmed_length(&message.content) > limit {
        return Err(("/content", "is longer than a message may be"));
    }
    if !is_storable(&message.content) {
        return Err(("/content", NOT_STORABLE));
    }
    let message_id = MessageId(uow.new_id());
    let tokens = estimate_tokens(&message.content);
    let number = conversation.count_message(tokens);
    conversation.user_messages += u32::from(role == Role::User);
    uow.execute(
        sql("INSERT INTO conversation_message (id, conversation_id, number, role, content, imported_author, created_at, \
             superseded, incomplete, tokens) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")
        .bind(message_id)
        .bind(conversation.id)
        .bind(number)
        .bind(role.as_str())
        .bind(message.content.as_str())
        .bind(message.author.as_ref().map(|author| author.name.clone()))
        .bind(message.at)
        .bind(message.superseded)
        .bind(message.incomplete)
        .bind(tokens),
    );
    if role != Role::System && !is_opening && !message.incomplete {
        let sent = MessageSent {
            session_id: conversation.session_id,
            conversation_id: conversation.id,
            message_id,
            role: role.as_str().to_owned(),
            content_preview: cut_chars(&message.content, PREVIEW).to_owned(),
            sent_at: uow.now(),
        };
        uow.record(&sent).map_err(|_| ("", "could not be recorded"))?;
    }
    Ok(())
}
