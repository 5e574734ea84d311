//! The classic port: append to one aggregate, read by aggregate, type or position.

use uuid::Uuid;

use crate::backbone::Backbone;
use crate::context::Context;
use crate::envelope::Envelope;
use crate::event::DomainEvent;
use crate::log::Selection;
use crate::unit_of_work::UnitOfWork;
use crate::{Receipt, Result};

/// An event store in the usual sense, for services that keep no other state.
pub struct EventStore<'a> {
    backbone: &'a Backbone,
}

impl Backbone {
    /// The log as an event store.
    pub fn event_store(&self) -> EventStore<'_> {
        EventStore { backbone: self }
    }
}

impl EventStore<'_> {
    /// Appends events of one aggregate, all or none. `expected` is the sequence
    /// number of its last event (0 for none yet), or `None` to append whatever it
    /// is; [`crate::Error::WrongSequence`] tells the true one.
    pub async fn append<E: DomainEvent>(
        &self,
        context: Context,
        events: &[E],
        expected: Option<i64>,
    ) -> Result<Receipt> {
        let Some(first) = events.first() else {
            return Ok(Receipt::of_nothing());
        };
        if events
            .iter()
            .any(|event| event.aggregate_id() != first.aggregate_id())
        {
            return Err(crate::Error::SeveralAggregates {
                aggregate_type: E::AGGREGATE,
            });
        }
        let mut uow = UnitOfWork::begin(self.backbone.core(), context);
        for event in events {
            uow.record(event)?;
        }
        let prepared = uow.prepare().await?;
        let aggregate = (E::AGGREGATE, first.aggregate_id());
        let log = &self.backbone.core().log;
        let receipt = log.append(prepared, aggregate, expected).await?;
        // Whoever appends to a store reads it back from there.
        log.resolve_receipt(receipt).await.map(Receipt::at)
    }

    /// Every event of one aggregate, oldest first.
    pub async fn by_aggregate(&self, aggregate_type: &str, id: Uuid) -> Result<Vec<Envelope>> {
        let aggregate = Some((aggregate_type.to_owned(), id));
        self.backbone
            .log()
            .select(&Selection {
                aggregate,
                limit: i32::MAX as usize,
                ..Selection::default()
            })
            .await
    }

    /// Events of one type after a position, oldest first.
    pub async fn by_type(&self, event_type: &str, after: i64, limit: usize) -> Result<Vec<Envelope>> {
        let types = vec![event_type.to_owned()];
        self.backbone
            .log()
            .select(&Selection {
                types,
                after,
                limit,
                ..Selection::default()
            })
            .await
    }

    /// Events after a position, oldest first.
    pub async fn by_position(&self, after: i64, limit: usize) -> Result<Vec<Envelope>> {
        self.backbone
            .log()
            .select(&Selection {
                after,
                limit,
                ..Selection::default()
            })
            .await
    }
}
