//! The usual ports under their usual names, and a bus in memory for tests.
//!
//! [`MessageBus`] is what brokers have in common: groups that share messages,
//! redelivery, dead letters, trimming. One contract suite holds for the bus in
//! memory, Redis Streams and NATS JetStream.

mod groups;
mod message_bus;

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt;

use crate::envelope::Envelope;
use crate::handler::HandlerError;
use crate::topics::covers_type;

pub use groups::InMemoryMessageBus;
pub use message_bus::{
    BoxFuture, Buried, BusError, Fetched, Inbox, MessageBus, MessageId, Received, Trimmed,
};

/// What a handler's future answers.
pub type Handled<'a> = Pin<Box<dyn Future<Output = Result<(), HandlerError>> + Send + 'a>>;

/// The object-safe form of a handler.
pub trait EventHandler: Send + Sync {
    /// Its name, for messages.
    fn name(&self) -> &str;
    /// Handles one event.
    fn handle<'a>(&'a self, event: &'a Envelope) -> Handled<'a>;
}

/// Publishes events.
pub trait EventPublisher: Send + Sync {
    /// Publishes one event.
    fn publish(&self, event: Envelope) -> impl Future<Output = Result<(), PublishError>> + Send;
    /// Publishes all of them or none.
    fn publish_all(&self, events: Vec<Envelope>) -> impl Future<Output = Result<(), PublishError>> + Send;
}

/// Takes handlers in.
pub trait EventSubscriber: Send + Sync {
    /// Hands events whose type matches `pattern` (`*` for all, `a.*` for a prefix) to the handler.
    fn subscribe(&self, pattern: &str, handler: Arc<dyn EventHandler>);
}

/// Why nothing was published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The same event id was published before.
    #[error("event {0} was published before")]
    Repeated(uuid::Uuid),
    /// The payload is no JSON.
    #[error("the payload of event {0} is not JSON")]
    NotJson(uuid::Uuid),
}

/// A bus without a database: every handler has run, in order, before `publish`
/// returns. No lock is held while a handler runs, so handlers may publish.
#[derive(Default)]
pub struct InMemoryEventBus {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    groups: groups::Groups,
    published: Vec<Envelope>,
    handlers: Vec<(String, Arc<dyn EventHandler>)>,
    failures: Vec<(String, String)>,
}

impl InMemoryEventBus {
    /// An empty bus.
    pub fn new() -> Self {
        Self::default()
    }

    /// Everything published so far, in order, numbered from 1.
    pub fn published_events(&self) -> Vec<Envelope> {
        self.lock().published.clone()
    }

    /// What was published under one type.
    pub fn events_of_type(&self, event_type: &str) -> Vec<Envelope> {
        self.lock()
            .published
            .iter()
            .filter(|event| event.event_type == event_type)
            .cloned()
            .collect()
    }

    /// Handlers that failed, with their errors; a failing one does not disturb the others.
    pub fn failures(&self) -> Vec<(String, String)> {
        self.lock().failures.clone()
    }

    /// Forgets published events, groups and failures; handlers stay.
    pub fn clear(&self) {
        let mut state = self.lock();
        state.published.clear();
        state.failures.clear();
        state.groups = groups::Groups::default();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Numbers and stores the events, or refuses all of them.
    fn accept(&self, events: Vec<Envelope>) -> Result<Vec<Envelope>, PublishError> {
        let mut state = self.lock();
        let mut accepted: Vec<Envelope> = Vec::with_capacity(events.len());
        for mut event in events {
            let known = state
                .published
                .iter()
                .chain(&accepted)
                .any(|other| other.event_id == event.event_id);
            if known {
                return Err(PublishError::Repeated(event.event_id));
            }
            if serde_json::from_str::<serde_json::Value>(&event.data).is_err() {
                return Err(PublishError::NotJson(event.event_id));
            }
            event.position = i64::try_from(state.published.len() + accepted.len() + 1).unwrap_or(i64::MAX);
            event.aggregate_seq = 1 + i64::try_from(
                state
                    .published
                    .iter()
                    .chain(&accepted)
                    .filter(|other| {
                        other.aggregate_id == event.aggregate_id
                            && other.aggregate_type == event.aggregate_type
                    })
                    .count(),
            )
            .unwrap_or(i64::MAX);
            accepted.push(event);
        }
        state.published.extend(accepted.iter().cloned());
        Ok(accepted)
    }

    async fn deliver(&self, event: &Envelope) {
        let handlers: Vec<_> = self
            .lock()
            .handlers
            .iter()
            .filter(|(pattern, _)| covers_type(pattern, &event.event_type))
            .map(|(_, handler)| handler.clone())
            .collect();
        for handler in handlers {
            let handled = AssertUnwindSafe(handler.handle(event)).catch_unwind().await;
            let failure = match handled {
                Ok(Ok(())) => continue,
                Ok(Err(error)) => error.to_string(),
                Err(_) => "the handler panicked".to_owned(),
            };
            self.lock().failures.push((handler.name().to_owned(), failure));
        }
    }
}

impl EventPublisher for InMemoryEventBus {
    async fn publish(&self, event: Envelope) -> Result<(), PublishError> {
        self.publish_all(vec![event]).await
    }

    async fn publish_all(&self, events: Vec<Envelope>) -> Result<(), PublishError> {
        for event in self.accept(events)? {
            self.deliver(&event).await;
        }
        Ok(())
    }
}

impl EventSubscriber for InMemoryEventBus {
    fn subscribe(&self, pattern: &str, handler: Arc<dyn EventHandler>) {
        self.lock().handlers.push((pattern.to_owned(), handler));
    }
}
