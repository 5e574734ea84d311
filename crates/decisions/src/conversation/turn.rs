//! One turn of a talk: what an adapter is given, and what comes of asking it. Nothing here changes anything.

use std::future::Future;
use std::sync::Arc;

use althing_backbone::{Backbone, Query};
use althing_events::MessageId;
use althing_web::Code;
use futures::StreamExt;

use super::ai::{
    AiError, AiSettings, Extraction, Notes, Piece, Prompt, clean_items, clean_reply, estimate_tokens,
    system_prompt,
};
use super::conversation::{Conversation, LastTurn};
use super::draft;
use super::guide::GuideState;
use super::phase::lower_bound;
use super::port;
use super::store::{self, Message, Role};
use crate::cycle::port::{Place, Surroundings, surroundings};
use crate::error::{Error, Result};
use crate::outputs::DraftItem;

/// How many messages an adapter is given.
const HISTORY: usize = 20;

/// What a turn answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Message(MessageId),
    ThatIsAll,
    /// This reply shall be given anew.
    Again(Message),
}

/// A turn that is ready to be taken.
pub struct Turn {
    prompt: Prompt,
    around: Surroundings,
    draft_items: Vec<DraftItem>,
    /// The messages that are read with this turn.
    read: Vec<MessageId>,
    /// Whether something is drawn from what is read; it is not drawn a second time.
    draws: bool,
    /// The user speaks first: until then no model is asked.
    has_spoken: bool,
    has_said_enough: bool,
}

/// What came of a turn, to be stored.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub reply: Option<NewReply>,
    pub drawn: Vec<DraftItem>,
    pub is_inconsistent: bool,
    pub guide: Option<GuideState>,
    pub pending_questions: Option<Vec<String>>,
    pub read: Vec<MessageId>,
    pub draws: bool,
    pub prompt_tokens: u32,
}

/// A reply that has no number yet.
#[derive(Clone, Debug, PartialEq)]
pub struct NewReply {
    pub content: String,
    pub incomplete: bool,
    pub tokens: u32,
}

/// Why a turn was not finished, with what had been said until then.
#[derive(Clone, Debug)]
pub struct Broken {
    pub cause: Cause,
    pub partial: String,
}

/// What broke a turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    Cancelled,
    Failed(AiError),
}

impl Turn {
    /// Collects what the adapters will be given.
    pub async fn prepare(backbone: &Backbone, place: &Place, kind: Kind) -> Result<Self> {
        let db = backbone.db();
        let conversation = store::read(db, place.component_id)
            .await?
            .ok_or(Error::NotFound(Code::ConversationNotFound))?;
        let around = surroundings(db, place.cycle_id, place.component_type).await?;
        let mut draft_items = port::draft_of(db, place.component_id)
            .await?
            .map(|draft| draft.items)
            .unwrap_or_default();
        let mut guide = conversation.guide.clone();
        let mut read = unread_until(&conversation, &kind);
        let draws = kind == Kind::ThatIsAll || !read.is_empty();
        if !draws {
            // The same question again: from before it was answered, and without drawing from it a second time.
            guide = conversation.guide_before.clone();
            draft_items.retain(|item| !conversation.last_items.contains(&item.id));
            read = match (&kind, conversation.last_turn) {
                (Kind::Message(message), _) => vec![*message],
                (_, LastTurn::Message(message)) => vec![message],
                (_, LastTurn::Opening | LastTurn::ThatIsAll) => Vec::new(),
            };
        }
        let is_finished = kind == Kind::ThatIsAll
            || (matches!(kind, Kind::Again(_)) && conversation.last_turn == LastTurn::ThatIsAll);
        let prompt = Prompt {
            component: place.component_type,
            content: draft::content(around.output.as_ref(), &draft_items),
            outputs: Arc::new(around.outputs.clone()),
            system: system_prompt(place.component_type),
            history: history(db, &conversation, &kind).await?,
            said: texts(db, &read).await?,
            is_finished,
            guide,
            rejected: Vec::new(),
            ids: backbone.ids().clone(),
        };
        let has_said_enough = is_finished
            || conversation.that_is_all
            || conversation.user_messages >= lower_bound(place.component_type);
        let has_spoken = conversation.user_messages > 0;
        Ok(Self {
            prompt,
            around,
            draft_items,
            read,
            draws,
            has_spoken,
            has_said_enough,
        })
    }

    /// Asks the adapters. `on_text` gets the reply as it comes; when `cancelled` resolves, the turn is broken off.
    pub async fn take(
        self,
        settings: &AiSettings,
        mut on_text: impl FnMut(&str) + Send,
        cancelled: impl Future<Output = ()> + Send,
    ) -> Result<Outcome, Broken> {
        let Self {
            mut prompt,
            around,
            draft_items,
            read,
            draws,
            has_spoken,
            has_said_enough,
        } = self;
        let extractor = settings.extraction.info();
        let mut outcome = Outcome {
            read,
            draws,
            prompt_tokens: tokens_of(&prompt),
            ..Outcome::default()
        };
        if draws && extractor.is_on && !extractor.is_model {
            let found = settings
                .extraction
                .extract(prompt.clone())
                .await
                .map_err(|error| failed(error, ""))?;
            note(&mut outcome, found, &mut prompt, &around, &draft_items);
        }
        let chat = settings.chat.info();
        if chat.is_on && (has_spoken || !chat.is_model) {
            let (text, notes) = listen(settings, prompt.clone(), &mut on_text, cancelled).await?;
            let content = if chat.is_model { clean_reply(&text) } else { text };
            let tokens = notes
                .tokens
                .map_or_else(|| estimate_tokens(&content), |(_, completion)| completion);
            prompt.history.push((Role::Assistant, content.clone()));
            outcome.reply = Some(NewReply {
                content,
                incomplete: false,
                tokens,
            });
            outcome.pending_questions = Some(notes.pending_questions);
            outcome.guide = outcome.guide.or(notes.guide);
        }
        if draws && extractor.is_on && extractor.is_model && has_spoken && has_said_enough {
            match settings.extraction.extract(prompt.clone()).await {
                Ok(found) => {
                    let found = Extraction {
                        items: clean_items(found.items),
                        ..found
                    };
                    note(&mut outcome, found, &mut prompt, &around, &draft_items);
                }
                // The reply stands; what could not be drawn now can be drawn with the next message.
                Err(error) => tracing::warn!(%error, adapter = extractor.name, "extraction failed"),
            }
        }
        Ok(outcome)
    }
}

/// What this turn reads: a message with everything unread before it, or all that is unread.
fn unread_until(conversation: &Conversation, kind: &Kind) -> Vec<MessageId> {
    let unread = &conversation.unread;
    match kind {
        Kind::Message(message) => match unread.iter().position(|one| one == message) {
            Some(place) => unread[..=place].to_vec(),
            None => Vec::new(),
        },
        Kind::ThatIsAll | Kind::Again(_) => unread.clone(),
    }
}

/// Keeps what was found if the output would accept it; else the reply says why not.
fn note(
    outcome: &mut Outcome,
    found: Extraction,
    prompt: &mut Prompt,
    around: &Surroundings,
    draft_items: &[DraftItem],
) {
    let all = draft::joined(draft_items.to_vec(), found.items.clone());
    match draft::check(around, &all, &mut || prompt.ids.next()) {
        Ok(_) => {
            outcome.drawn = found.items;
            outcome.guide = found.guide;
            outcome.is_inconsistent = found.is_inconsistent;
        }
        Err(errors) => {
            prompt.rejected = errors.into_iter().map(|error| error.message).collect();
            outcome.is_inconsistent = true;
        }
    }
}

async fn listen(
    settings: &AiSettings,
    prompt: Prompt,
    on_text: &mut (impl FnMut(&str) + Send),
    cancelled: impl Future<Output = ()> + Send,
) -> Result<(String, Notes), Broken> {
    let mut pieces = settings.chat.stream(prompt);
    let mut text = String::new();
    let deadline = tokio::time::sleep(settings.longest_reply);
    tokio::pin!(deadline, cancelled);
    loop {
        let piece = tokio::select! {
            biased;
            () = &mut cancelled => return Err(Broken { cause: Cause::Cancelled, partial: text }),
            () = &mut deadline => return Err(failed(AiError::Timeout, &text)),
            piece = pieces.next() => piece,
        };
        match piece {
            Some(Ok(Piece::Text(more))) => {
                on_text(&more);
                text.push_str(&more);
            }
            Some(Ok(Piece::Done(notes))) => return Ok((text, notes)),
            Some(Err(error)) => return Err(failed(error, &text)),
            None => return Ok((text, Notes::default())),
        }
    }
}

fn failed(error: AiError, partial: &str) -> Broken {
    Broken {
        cause: Cause::Failed(error),
        partial: partial.to_owned(),
    }
}

async fn history(on: &impl Query, conversation: &Conversation, kind: &Kind) -> Result<Vec<(Role, String)>> {
    let left_out = match kind {
        Kind::Again(message) => Some(message.id),
        Kind::Message(_) | Kind::ThatIsAll => None,
    };
    let messages = store::last_messages(on, conversation.id, 3 * HISTORY as i64).await?;
    let standing = messages
        .into_iter()
        .filter(|one| one.role != Role::System && !one.superseded && Some(one.id) != left_out)
        .map(|one| (one.role, one.content))
        .collect::<Vec<_>>();
    Ok(standing[standing.len().saturating_sub(HISTORY)..].to_vec())
}

async fn texts(on: &impl Query, ids: &[MessageId]) -> Result<Vec<String>> {
    let mut texts = Vec::with_capacity(ids.len());
    for id in ids {
        texts.extend(store::message(on, *id).await?.map(|(_, message)| message.content));
    }
    Ok(texts)
}

fn tokens_of(prompt: &Prompt) -> u32 {
    let history: u32 = prompt.history.iter().map(|(_, text)| estimate_tokens(text)).sum();
    history + estimate_tokens(&prompt.system)
}
