//! What came of a turn: the reply, what was drawn into the draft, and how far the talk is.

use althing_backbone::{Command, Timestamp, UnitOfWork};
use althing_events::decisions::{ConversationDataExtracted, MessageSent};
use althing_events::{DraftId, MessageId};

use super::PREVIEW;
use crate::conversation::conversation::{Conversation, LastTurn};
use crate::conversation::draft;
use crate::conversation::phase::{Findings, Phase, lower_bound};
use crate::conversation::port::{self, Draft};
use crate::conversation::store::{self, Message, Role};
use crate::conversation::turn::{Kind, NewReply, Outcome};
use crate::cycle::port::{Place, Surroundings, surroundings};
use crate::error::{Error, Result};
use crate::outputs::text::cut_chars;
use crate::outputs::{DraftItem, Output, summary};

/// Stores the outcome of a turn in one commit. A message gets one finished reply, however often this runs.
#[derive(Clone, Debug)]
pub struct StoreTurn {
    pub place: Place,
    pub kind: Kind,
    pub outcome: Outcome,
}

/// How things stand after a turn.
#[derive(Clone, Debug)]
pub struct Stored {
    pub conversation: Conversation,
    pub phase_before: Phase,
    pub reply: Option<Message>,
    pub draft: Option<Draft>,
    pub extracted: Option<Extracted>,
}

/// What was drawn from the talk.
#[derive(Clone, Debug)]
pub struct Extracted {
    pub items: Vec<DraftItem>,
    pub at: Timestamp,
}

impl Command for StoreTurn {
    type Output = Stored;
    type Error = Error;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<Stored> {
        let mut conversation = store::load(uow, self.place.component_id).await?;
        let before = port::draft_of(uow, self.place.component_id).await?;
        let phase_before = conversation.phase;
        let standing = self.standing_reply(uow).await?;
        if let Some(reply) = standing
            .as_ref()
            .filter(|reply| !reply.incomplete && self.replaces() != Some(reply.id))
        {
            let reply = Some(reply.clone());
            return Ok(Stored {
                conversation,
                phase_before,
                reply,
                draft: before,
                extracted: None,
            });
        }
        let is_broken = self.outcome.reply.as_ref().is_some_and(|reply| reply.incomplete);
        let reply = match &self.outcome.reply {
            None => None,
            Some(new) => {
                if let Some(old) = &standing {
                    store::supersede(uow, old.id);
                }
                Some(self.store_reply(uow, &mut conversation, new)?)
            }
        };
        let mut stored = Stored {
            conversation,
            phase_before,
            reply,
            draft: before,
            extracted: None,
        };
        if !is_broken && stored.conversation.is_open() {
            self.move_on(uow, &mut stored).await?;
        }
        uow.save(&stored.conversation)?;
        Ok(stored)
    }
}

impl StoreTurn {
    /// The reply that stands where this one would.
    async fn standing_reply(&self, uow: &UnitOfWork) -> Result<Option<Message>> {
        match &self.kind {
            Kind::Message(message) => store::reply_to(uow, *message).await,
            Kind::Again(old) => Ok(Some(old.clone())),
            Kind::ThatIsAll => Ok(None),
        }
    }

    fn replaces(&self) -> Option<MessageId> {
        match &self.kind {
            Kind::Again(old) => Some(old.id),
            Kind::Message(_) | Kind::ThatIsAll => None,
        }
    }

    fn store_reply(
        &self,
        uow: &mut UnitOfWork,
        conversation: &mut Conversation,
        new: &NewReply,
    ) -> Result<Message> {
        let message = Message {
            id: MessageId(uow.new_id()),
            number: conversation.count_message(new.tokens),
            role: Role::Assistant,
            content: new.content.clone(),
            created_at: uow.now(),
            author_id: None,
            reply_to: match &self.kind {
                Kind::Message(message) => Some(*message),
                Kind::Again(old) => old.reply_to,
                Kind::ThatIsAll => None,
            },
            superseded: false,
            incomplete: new.incomplete,
            tokens: new.tokens,
        };
        store::add_message(uow, conversation.id, &message);
        if !message.incomplete {
            uow.record(&MessageSent {
                session_id: conversation.session_id,
                conversation_id: conversation.id,
                message_id: message.id,
                role: Role::Assistant.as_str().to_owned(),
                content_preview: cut_chars(&message.content, PREVIEW).to_owned(),
                sent_at: message.created_at,
            })?;
        }
        Ok(message)
    }

    /// Everything that follows from having read what was said.
    async fn move_on(&self, uow: &mut UnitOfWork, stored: &mut Stored) -> Result<()> {
        let outcome = &self.outcome;
        let conversation = &mut stored.conversation;
        if let Some(questions) = &outcome.pending_questions {
            conversation.pending_questions.clone_from(questions);
        }
        let is_read = |message: &MessageId| !conversation.unread.contains(message);
        if !outcome.draws || (!outcome.read.is_empty() && outcome.read.iter().all(is_read)) {
            return Ok(());
        }
        conversation
            .unread
            .retain(|message| !outcome.read.contains(message));
        conversation.guide_before = conversation.guide.clone();
        if let Some(guide) = &outcome.guide {
            conversation.guide.clone_from(guide);
        }
        match &self.kind {
            Kind::Message(message) => conversation.last_turn = LastTurn::Message(*message),
            Kind::ThatIsAll => {
                conversation.last_turn = LastTurn::ThatIsAll;
                conversation.user_finished();
            }
            Kind::Again(_) => {
                if let Some(last) = outcome.read.last() {
                    conversation.last_turn = LastTurn::Message(*last);
                }
            }
        }
        let around = surroundings(uow, self.place.cycle_id, self.place.component_type).await?;
        let content = self.store_draft(uow, stored, &around)?;
        let conversation = &mut stored.conversation;
        let has_said_enough = conversation.that_is_all
            || conversation.user_messages >= lower_bound(conversation.component_type);
        let is_ready = has_said_enough && content.is_some_and(|content| draft::is_complete(&around, content));
        conversation.after_reading(Findings {
            is_ready,
            is_inconsistent: outcome.is_inconsistent,
        });
        Ok(())
    }

    /// Joins what was drawn to the draft and tells of it, if the output would still accept it: somebody may have
    /// changed the output meanwhile. Answers the output with the draft.
    fn store_draft(
        &self,
        uow: &mut UnitOfWork,
        stored: &mut Stored,
        around: &Surroundings,
    ) -> Result<Option<Output>> {
        let old = stored
            .draft
            .as_ref()
            .map(|draft| draft.items.clone())
            .unwrap_or_default();
        let now = uow.now();
        let drawn = &self.outcome.drawn;
        stored.conversation.last_items.clear();
        if drawn.is_empty() || !around.component.status.accepts_updates() {
            return Ok(draft::check(around, &old, &mut || uow.new_id()).ok());
        }
        let items = draft::joined(old.clone(), drawn.clone());
        let Ok(content) = draft::check(around, &items, &mut || uow.new_id()) else {
            return Ok(draft::check(around, &old, &mut || uow.new_id()).ok());
        };
        let conversation = &mut stored.conversation;
        let count = u32::try_from(drawn.len()).unwrap_or(u32::MAX);
        let draft = Draft {
            id: stored
                .draft
                .as_ref()
                .map_or_else(|| DraftId(uow.new_id()), |draft| draft.id),
            component_id: self.place.component_id,
            component_type: self.place.component_type,
            base_version: around.component.version,
            items,
            updated_at: now,
        };
        store::write_draft(uow, &draft);
        conversation.last_items = drawn.iter().map(|item| item.id).collect();
        conversation.drafted(count);
        uow.record(&ConversationDataExtracted {
            session_id: conversation.session_id,
            conversation_id: conversation.id,
            component_id: conversation.component_id,
            component_type: conversation.component_type.as_str().to_owned(),
            extraction_summary: summary(&content),
            extracted_at: now,
            item_count: count,
        })?;
        stored.extracted = Some(Extracted {
            items: drawn.clone(),
            at: now,
        });
        stored.draft = (!draft.items.is_empty()).then_some(draft);
        Ok(Some(content))
    }
}
