//! What a handler may ask for, besides its event.
//!
//! | | projection | reaction |
//! |---|---|---|
//! | [`Meta`] | yes | yes |
//! | [`Tx`] | yes | |
//! | [`State`], [`Effects`], [`Uow`], [`Reads`] | | yes |
//!
//! A projection can be rebuilt from the log at any time, so it may touch nothing
//! but its own tables; asking for more does not compile.

mod effects;
mod tx;
mod uow;

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;

use althing_db::{Db, sql};

pub use effects::Effects;
pub use tx::{BeforePage, Tx};
pub(crate) use tx::{PageTransaction, TableNames};
pub use uow::Uow;
pub(crate) use uow::{WorkSlot, take_work};

use crate::core::Core;
use crate::envelope::Envelope;
use crate::event::{DecodeError, DomainEvent};
use crate::handler::{HandlerError, HandlerResult};

/// Type-level kinds of subscription.
pub mod kind {
    /// Writes rows to read, in its own tables; replayable.
    #[derive(Debug)]
    pub enum Projection {}
    /// Reaches outside or changes other state; runs once per event, never in a rebuild.
    #[derive(Debug)]
    pub enum Reaction {}
}

/// One event on its way to one handler.
pub struct Delivery {
    pub(crate) envelope: Arc<Envelope>,
    pub(crate) core: Core,
    pub(crate) subscription: Arc<str>,
    pub(crate) attempt: u32,
    /// The runner's fencing epoch.
    pub(crate) epoch: i64,
    pub(crate) page: Option<Arc<PageTransaction>>,
    pub(crate) work: WorkSlot,
    pub(crate) states: Arc<States>,
}

impl Delivery {
    /// The event's envelope.
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// The subscription's name.
    pub fn subscription(&self) -> &str {
        &self.subscription
    }
}

/// Something that can be made for a handler of kind `K`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not for handlers of kind `{K}`",
    label = "a handler of kind `{K}` may not ask for this",
    note = "a projection can be rebuilt from the log at any time, so it may take `Event`, `Meta` and `Tx` only",
    note = "what reaches outside (State, Effects), issues commands (Uow) or reads other state (Reads) belongs in a `reaction(…)`"
)]
pub trait Extract<K>: Sized {
    /// Makes it for one delivery.
    fn extract(delivery: &Delivery) -> impl Future<Output = HandlerResult<Self>> + Send;
}

/// The typed event; always the first argument.
#[derive(Clone, Debug)]
pub struct Event<E>(pub E);

impl<E: DomainEvent> Event<E> {
    pub(crate) async fn of(delivery: &Delivery) -> HandlerResult<Self> {
        Ok(Self(open(&delivery.core, &delivery.envelope).await?))
    }
}

/// Decodes an event and opens its personal fields with the subject's key.
pub(crate) async fn open<E: DomainEvent>(core: &Core, envelope: &Envelope) -> Result<E, DecodeError> {
    let sealed: E = envelope.decode()?;
    let Some(subject) = sealed.subject().filter(|_| !E::PERSONAL.is_empty()) else {
        return Ok(sealed);
    };
    let key = crate::personal::stored_key(&core.db, subject)
        .await
        .map_err(|_| DecodeError::Personal { event_type: E::TYPE })?;
    let data = crate::personal::open(&envelope.data, E::PERSONAL, key.as_ref(), envelope.event_id);
    E::decode(envelope.event_version, &data)
}

/// The envelope: ids, order, actor, cause.
#[derive(Clone, Debug)]
pub struct Meta(Arc<Envelope>);

impl Deref for Meta {
    type Target = Envelope;
    fn deref(&self) -> &Envelope {
        &self.0
    }
}

impl<K> Extract<K> for Meta {
    async fn extract(delivery: &Delivery) -> HandlerResult<Self> {
        Ok(Self(delivery.envelope.clone()))
    }
}

/// A value that was given to the subscription with `.state(…)`: a mailer, a client.
#[derive(Clone, Debug)]
pub struct State<T>(pub T);

impl<T: Clone + Send + Sync + 'static> Extract<kind::Reaction> for State<T> {
    async fn extract(delivery: &Delivery) -> HandlerResult<Self> {
        delivery.states.wanted(&delivery.subscription).map(Self)
    }
}

/// The database for reading, as it is now (which may be later than the event).
#[derive(Clone, Debug)]
pub struct Reads(pub Db);

impl Reads {
    /// Whether another subscription has handled (or parked) everything up to this
    /// position, so that what it keeps tells of whatever happened before.
    pub async fn has_passed(&self, subscription: &str, position: i64) -> HandlerResult<bool> {
        let passed: Option<i64> = sql("SELECT 1 FROM subscription WHERE name = $1 AND position >= $2")
            .bind(subscription)
            .bind(position)
            .optional(&self.0)
            .await?;
        Ok(passed.is_some())
    }
}

impl Extract<kind::Reaction> for Reads {
    async fn extract(delivery: &Delivery) -> HandlerResult<Self> {
        Ok(Self(delivery.core.db.clone()))
    }
}

/// Values by their type.
#[derive(Default)]
pub(crate) struct States(HashMap<TypeId, Box<dyn Any + Send + Sync>>);

impl States {
    pub fn insert<T: Clone + Send + Sync + 'static>(&mut self, value: T) {
        self.0.insert(TypeId::of::<T>(), Box::new(value));
    }

    fn get<T: Clone + 'static>(&self) -> Option<T> {
        self.0.get(&TypeId::of::<T>())?.downcast_ref::<T>().cloned()
    }

    /// The value of that type, or who forgot to give it.
    pub fn wanted<T: Clone + 'static>(&self, subscription: &str) -> HandlerResult<T> {
        self.get().ok_or_else(|| {
            HandlerError::permanent(anyhow::anyhow!(
                "{subscription} asks for State<{}>, which was not given to it",
                std::any::type_name::<T>()
            ))
        })
    }
}
