//! A person says something.

use althing_backbone::{Command, UnitOfWork, Uuid};
use althing_events::decisions::MessageSent;
use althing_events::{MessageId, UserId};

use super::{PREVIEW, require_writable};
use crate::access::quota;
use crate::conversation::ai::estimate_tokens;
use crate::conversation::conversation::Conversation;
use crate::conversation::phase::Phase;
use crate::conversation::store::{self, Message, Role};
use crate::conversation::text::MessageText;
use crate::cycle::port::{Place, surroundings};
use crate::error::{Error, Result};
use crate::outputs::text::cut_chars;
use crate::session::field;

/// Stores a message of a person. The same id a second time stores nothing and answers what is stored.
#[derive(Clone, Debug)]
pub struct SendMessage {
    pub place: Place,
    pub user_id: UserId,
    pub message_id: MessageId,
    pub text: MessageText,
    /// A language model answers it; such messages are counted.
    pub for_model: bool,
}

/// A message that is stored.
#[derive(Clone, Debug)]
pub struct Sent {
    pub conversation: Conversation,
    pub message: Message,
    pub phase_before: Phase,
    /// The event that tells of it; `None` if it was stored before.
    pub event: Option<Uuid>,
}

impl Command for SendMessage {
    type Output = Sent;
    type Error = Error;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<Sent> {
        let mut conversation = store::load(uow, self.place.component_id).await?;
        let phase_before = conversation.phase;
        if let Some((owner, message)) = store::message(uow, self.message_id).await? {
            let is_the_same = owner == conversation.id && message.author_id == Some(self.user_id);
            return if is_the_same {
                Ok(Sent {
                    conversation,
                    message,
                    phase_before,
                    event: None,
                })
            } else {
                Err(field(
                    "/message_id",
                    "duplicate",
                    "is in use already; send the message with another id",
                ))
            };
        }
        let around = surroundings(uow, self.place.cycle_id, self.place.component_type).await?;
        require_writable(uow, &conversation, &around).await?;
        if self.for_model {
            quota::for_message(uow, self.user_id).await?;
        }
        let tokens = estimate_tokens(self.text.as_str());
        let message = Message {
            id: self.message_id,
            number: conversation.count_message(tokens),
            role: Role::User,
            content: self.text.as_str().to_owned(),
            created_at: uow.now(),
            author_id: Some(self.user_id),
            reply_to: None,
            superseded: false,
            incomplete: false,
            tokens,
        };
        conversation.user_said(message.id);
        store::add_message(uow, conversation.id, &message);
        uow.save(&conversation)?;
        let event = uow.record(&MessageSent {
            session_id: conversation.session_id,
            conversation_id: conversation.id,
            message_id: message.id,
            role: Role::User.as_str().to_owned(),
            content_preview: cut_chars(&message.content, PREVIEW).to_owned(),
            sent_at: message.created_at,
        })?;
        Ok(Sent {
            conversation,
            message,
            phase_before,
            event: Some(event),
        })
    }
}
