//! Replies on their way: each is made once in this process, whoever and however many wait for it.
//!
//! A reply belongs to the message it answers. It goes on when the connection that asked for it is gone; the same
//! message sent again finds it and gets the text so far. Turns of one conversation are taken one after another.

mod answer;

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use althing_backbone::Context;
use althing_events::{ComponentId, MessageId, UserId};
use althing_web::{AppState, FieldProblem, Problem, RateLimits, Scope};
use tokio::sync::watch;
use tracing::Instrument;

pub use answer::{Answered, Failure, FailureKind, Usage};

use super::ai::AiSettings;
use super::commands::{CountMessage, SendMessage, Sent, StoreTurn, Stored};
use super::opening::when_open;
use super::text::MessageText;
use super::turn::{Broken, Cause, Kind, NewReply, Outcome, Turn};
use super::{port, store};
use crate::access::tiers;
use crate::cycle::port::Place;
use crate::error::{Error, Refusal};
use crate::figures::message_sent;

/// All replies on their way in this process.
#[derive(Clone, Default)]
pub struct Replies(Arc<Shared>);

#[derive(Default)]
struct Shared {
    running: Mutex<HashMap<MessageId, Arc<Running>>>,
    /// Held while a conversation is written.
    gates: Locks,
    /// Held while a turn is taken.
    turns: Locks,
}

type Locks = Mutex<HashMap<ComponentId, Weak<tokio::sync::Mutex<()>>>>;

/// A reply on its way, or just finished.
pub struct Running {
    component: ComponentId,
    author: UserId,
    progress: watch::Sender<Progress>,
    cancel: watch::Sender<bool>,
}

/// How far a reply is.
#[derive(Clone, Default)]
pub struct Progress {
    pub pieces: Vec<Arc<str>>,
    pub end: Option<Arc<Result<Answered, Failure>>>,
}

impl Running {
    fn new(component: ComponentId, author: UserId) -> Arc<Self> {
        let (progress, _) = watch::channel(Progress::default());
        let (cancel, _) = watch::channel(false);
        Arc::new(Self {
            component,
            author,
            progress,
            cancel,
        })
    }

    /// What there is, and a signal when there is more.
    pub fn watch(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// Stops the reply; what was said until then is kept as broken off.
    pub fn cancel(&self) {
        self.cancel.send_replace(true);
    }

    /// Waits for the end.
    pub async fn finished(&self) -> Arc<Result<Answered, Failure>> {
        let mut progress = self.watch();
        let ended = progress.wait_for(|progress| progress.end.is_some()).await;
        ended
            .ok()
            .and_then(|progress| progress.end.clone())
            .unwrap_or_else(|| Arc::new(Err(Failure::internal())))
    }

    async fn cancelled(&self) {
        if self
            .cancel
            .subscribe()
            .wait_for(|is_cancelled| *is_cancelled)
            .await
            .is_err()
        {
            std::future::pending::<()>().await;
        }
    }

    fn end(&self, result: Result<Answered, Failure>) {
        self.progress.send_modify(|progress| {
            progress.end.get_or_insert_with(|| Arc::new(result));
        });
    }
}

/// Ends a reply whose task ended without a word, so that nobody waits for ever.
struct EndsAtLast {
    replies: Replies,
    message: MessageId,
    running: Arc<Running>,
}

impl Drop for EndsAtLast {
    fn drop(&mut self) {
        self.running.end(Err(Failure::internal()));
        locked(&self.replies.0.running).remove(&self.message);
    }
}

impl Replies {
    /// Accepts a message and begins its reply, or finds the one that was begun.
    pub async fn say(
        &self,
        state: &AppState,
        context: Context,
        place: &Place,
        user_id: UserId,
        (message_id, text): (MessageId, MessageText),
    ) -> Result<Arc<Running>, Problem> {
        let gate = lock_of(&self.0.gates, place.component_id);
        let _held = gate.lock().await;
        if let Some(running) = locked(&self.0.running).get(&message_id).cloned() {
            let is_the_same = running.component == place.component_id && running.author == user_id;
            return if is_the_same {
                Ok(running)
            } else {
                Err(id_in_use())
            };
        }
        let command = SendMessage {
            place: place.clone(),
            user_id,
            message_id,
            text,
            for_model: state.get::<AiSettings>().chat.info().is_model,
        };
        let sent = send(state, context.clone(), &command).await?;
        let running = Running::new(place.component_id, user_id);
        if !sent.conversation.unread.contains(&message_id) {
            running.end(Ok(stored_answer(state, sent).await?));
            return Ok(running);
        }
        locked(&self.0.running).insert(message_id, running.clone());
        let ends = EndsAtLast {
            replies: self.clone(),
            message: message_id,
            running: running.clone(),
        };
        let (replies, state, place) = (self.clone(), state.clone(), place.clone());
        let task = async move {
            let mut context = context;
            context.causation = sent.event;
            let result = replies.reply(&state, context, &place, &sent, &ends.running).await;
            ends.running.end(result);
        };
        tokio::spawn(task.in_current_span());
        Ok(running)
    }

    async fn reply(
        &self,
        state: &AppState,
        context: Context,
        place: &Place,
        sent: &Sent,
        running: &Running,
    ) -> Result<Answered, Failure> {
        let turns = lock_of(&self.0.turns, place.component_id);
        let _turn = turns.lock().await;
        let kind = Kind::Message(sent.message.id);
        let turn = Turn::prepare(&state.backbone, place, kind.clone()).await?;
        let on_text = |text: &str| {
            running
                .progress
                .send_modify(|progress| progress.pieces.push(text.into()));
        };
        let settings = state.get::<AiSettings>();
        count_completion(state, &context, &settings)
            .await
            .map_err(Failure::refused)?;
        let command = |outcome| StoreTurn {
            place: place.clone(),
            kind: kind.clone(),
            outcome,
        };
        match turn.take(&settings, on_text, running.cancelled()).await {
            Ok(outcome) => {
                let usage = Usage::of(&outcome);
                let stored = self.store(state, context, &command(outcome)).await?;
                Ok(Answered::of(
                    sent.message.clone(),
                    Stored {
                        phase_before: sent.phase_before,
                        ..stored
                    },
                    usage,
                ))
            }
            Err(broken) => {
                if !broken.partial.trim().is_empty() {
                    self.store(state, context, &command(partial(&broken))).await?;
                }
                Err(broken.into())
            }
        }
    }

    /// "That is all", or the last reply anew; the caller waits for it.
    pub async fn turn(
        &self,
        state: &AppState,
        context: Context,
        place: &Place,
        kind: Kind,
    ) -> Result<Stored, Problem> {
        let turns = lock_of(&self.0.turns, place.component_id);
        let _turn = turns.lock().await;
        let turn = Turn::prepare(&state.backbone, place, kind.clone()).await?;
        let settings = state.get::<AiSettings>();
        count_completion(state, &context, &settings).await?;
        if let (Some(user), true) = (context.actor, settings.chat.info().is_model) {
            let count = CountMessage {
                user_id: UserId(user),
            };
            state.backbone.execute(context.clone(), &count).await?;
        }
        let outcome = turn
            .take(&settings, |_| {}, std::future::pending())
            .await
            .map_err(|broken| Failure::from(broken).into_problem())?;
        Ok(self
            .store(
                state,
                context,
                &StoreTurn {
                    place: place.clone(),
                    kind,
                    outcome,
                },
            )
            .await?)
    }

    /// Stores a turn between two messages: within one process nobody has to decide again because of the other.
    async fn store(&self, state: &AppState, context: Context, command: &StoreTurn) -> Result<Stored, Error> {
        let gate = lock_of(&self.0.gates, command.place.component_id);
        let _held = gate.lock().await;
        Ok(state.backbone.execute(context, command).await?.value)
    }
}

/// A model's replies are counted for whom they are made; the guide's cost nothing.
async fn count_completion(state: &AppState, context: &Context, settings: &AiSettings) -> Result<(), Problem> {
    let (Some(user), true) = (context.actor, settings.chat.info().is_model) else {
        return Ok(());
    };
    let tier = tiers::membership(state.backbone.db(), UserId(user)).await?.tier;
    let limits = state.get::<RateLimits>();
    let line = limits.user(UserId(user), tier, Scope::AiCompletions);
    limits.take(&[line], state.backbone.clock().now()).map(drop)
}

/// Sends it; a conversation that is about to be opened is waited for.
async fn send(state: &AppState, context: Context, command: &SendMessage) -> Result<Sent, Problem> {
    match state.backbone.execute(context.clone(), command).await {
        Ok(done) => Ok(noted(done.value)),
        Err(Error::NotFound(_) | Error::Refused(Refusal::ConversationComplete)) => {
            when_open(state, &command.place).await?;
            Ok(noted(state.backbone.execute(context, command).await?.value))
        }
        Err(other) => Err(other.into()),
    }
}

/// Counts a message that was not stored before.
fn noted(sent: Sent) -> Sent {
    if sent.event.is_some() {
        message_sent(sent.message.content.chars().count());
    }
    sent
}

/// What is stored about a message that was answered before.
async fn stored_answer(state: &AppState, sent: Sent) -> Result<Answered, Error> {
    let db = state.backbone.db();
    let Sent {
        conversation,
        message,
        phase_before,
        ..
    } = sent;
    let reply = store::reply_to(db, message.id).await?;
    let draft = port::draft_of(db, conversation.component_id).await?;
    let usage = Usage {
        prompt_tokens: 0,
        completion_tokens: reply.as_ref().map_or(0, |reply| reply.tokens),
    };
    Ok(Answered::of(
        message,
        Stored {
            conversation,
            phase_before,
            reply,
            draft,
            extracted: None,
        },
        usage,
    ))
}

fn partial(broken: &Broken) -> Outcome {
    let content = super::ai::clean_reply(&broken.partial);
    let tokens = super::ai::estimate_tokens(&content);
    Outcome {
        reply: Some(NewReply {
            content,
            incomplete: true,
            tokens,
        }),
        ..Outcome::default()
    }
}

fn id_in_use() -> Problem {
    let message = "is in use already; send the message with another id";
    Problem::validation(vec![FieldProblem::new("/message_id", "duplicate", message)])
}

impl From<Broken> for Failure {
    fn from(broken: Broken) -> Self {
        let kind = match broken.cause {
            Cause::Cancelled => FailureKind::Cancelled,
            Cause::Failed(error) => error.into(),
        };
        let partial = Some(broken.partial).filter(|partial| !partial.is_empty());
        let mut failure = Self::of(kind);
        failure.partial = partial;
        failure
    }
}

fn locked<K: Hash + Eq, V>(map: &Mutex<HashMap<K, V>>) -> std::sync::MutexGuard<'_, HashMap<K, V>> {
    map.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One lock for each component in use; forgotten when nobody holds it.
fn lock_of(locks: &Locks, component: ComponentId) -> Arc<tokio::sync::Mutex<()>> {
    let mut locks = locked(locks);
    if let Some(lock) = locks.get(&component).and_then(Weak::upgrade) {
        return lock;
    }
    locks.retain(|_, lock| lock.strong_count() > 0);
    let lock = Arc::new(tokio::sync::Mutex::new(()));
    locks.insert(component, Arc::downgrade(&lock));
    lock
}
