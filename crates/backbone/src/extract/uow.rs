//! A reaction's unit of work: what it records is committed with the checkpoint.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Delivery, Extract, kind};
use crate::context::Context;
use crate::handler::HandlerResult;
use crate::unit_of_work::UnitOfWork;

/// Where the handler leaves its unit of work for the runner to commit.
pub(crate) type WorkSlot = Arc<Mutex<Option<UnitOfWork>>>;

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
        *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = self.work.take();
    }
}

impl Extract<kind::Reaction> for Uow {
    async fn extract(delivery: &Delivery) -> HandlerResult<Self> {
        Ok(Self::for_delivery(delivery))
    }
}

impl Uow {
    pub(crate) fn for_delivery(delivery: &Delivery) -> Self {
        let context = Context::caused_by(&delivery.envelope, &delivery.subscription);
        Self { work: Some(UnitOfWork::begin(&delivery.core, context)), slot: delivery.work.clone() }
    }
}
