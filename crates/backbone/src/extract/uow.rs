//! A reaction's unit of work: what it records is committed with the checkpoint.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Delivery, Extract, kind};
use crate::context::Context;
use crate::handler::{HandlerError, HandlerResult};
use crate::unit_of_work::UnitOfWork;

/// Where the handler leaves its unit of work for the runner to commit.
pub(crate) type WorkSlot = Arc<Mutex<Slot>>;

#[derive(Default)]
pub(crate) enum Slot {
    /// The handler did not ask for one.
    #[default]
    Unused,
    /// The handler has it.
    Lent,
    /// The handler is done with it.
    Returned(Box<UnitOfWork>),
}

/// What the handler recorded, if it asked for a unit of work at all.
pub(crate) fn take_work(slot: &WorkSlot) -> HandlerResult<Option<UnitOfWork>> {
    match std::mem::take(&mut *slot.lock().unwrap_or_else(PoisonError::into_inner)) {
        Slot::Unused => Ok(None),
        Slot::Returned(work) => Ok(Some(*work)),
        Slot::Lent => Err(HandlerError::permanent(anyhow::anyhow!(
            "the handler returned but kept its unit of work, so nothing of it can be committed"
        ))),
    }
}

/// Commands and events of a handler. Everything in it is committed in the
/// transaction that moves the checkpoint: exactly once, however often the
/// handler runs. Events get the handled one as their cause, and ids derived
/// from it.
pub struct Uow {
    work: Option<UnitOfWork>,
    slot: WorkSlot,
}

impl Deref for Uow {
    type Target = UnitOfWork;
    fn deref(&self) -> &UnitOfWork {
        self.work.as_ref().expect("it is only taken when dropped")
    }
}

impl DerefMut for Uow {
    fn deref_mut(&mut self) -> &mut UnitOfWork {
        self.work.as_mut().expect("it is only taken when dropped")
    }
}

impl Drop for Uow {
    fn drop(&mut self) {
        if let Some(work) = self.work.take() {
            *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = Slot::Returned(Box::new(work));
        }
    }
}

impl Extract<kind::Reaction> for Uow {
    async fn extract(delivery: &Delivery) -> HandlerResult<Self> {
        Self::for_delivery(delivery)
    }
}

impl Uow {
    pub(crate) fn for_delivery(delivery: &Delivery) -> HandlerResult<Self> {
        let slot = delivery.work.clone();
        let earlier = std::mem::replace(
            &mut *slot.lock().unwrap_or_else(PoisonError::into_inner),
            Slot::Lent,
        );
        if !matches!(earlier, Slot::Unused) {
            return Err(HandlerError::permanent(anyhow::anyhow!(
                "a handler has one unit of work and cannot ask for two"
            )));
        }
        let context = Context::caused_by(&delivery.envelope, &delivery.subscription);
        Ok(Self {
            work: Some(UnitOfWork::begin_delivery(&delivery.core, context)),
            slot,
        })
    }
}
