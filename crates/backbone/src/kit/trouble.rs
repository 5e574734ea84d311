//! What goes wrong in a rehearsal: handlers that refuse or panic until released.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use althing_db::{Batch, sql};
use tower::{Service, ServiceExt};
use uuid::Uuid;

use super::must;
use crate::backbone::Backbone;
use crate::handler::{HandlerError, service_from};
use crate::subscription::Subscription;

/// Deliveries of these events fail until the trouble is over.
#[derive(Clone)]
pub(super) struct Trouble {
    events: Arc<HashSet<Uuid>>,
    over: Arc<AtomicBool>,
    panics: bool,
}

impl Trouble {
    /// The handler is not called; the event is held back by parking.
    pub fn hold_back(events: HashSet<Uuid>) -> Self {
        Self {
            events: Arc::new(events),
            over: Arc::default(),
            panics: false,
        }
    }

    /// The handler panics.
    pub fn panic(events: HashSet<Uuid>) -> Self {
        Self {
            panics: true,
            ..Self::hold_back(events)
        }
    }

    /// Puts itself before every handler of the subscription.
    pub fn cause(&self, subscription: &mut Subscription) {
        subscription.most_parked_keys = usize::MAX;
        subscription.handlers = std::mem::take(&mut subscription.handlers)
            .into_iter()
            .map(|(event_type, handler)| {
                let trouble = self.clone();
                let troubled = service_from(move |delivery| {
                    let (trouble, handler) = (trouble.clone(), handler.clone());
                    Box::pin(async move {
                        trouble.strike(delivery.envelope.event_id)?;
                        let mut handler = handler;
                        handler.ready().await?.call(delivery).await
                    })
                });
                (event_type, troubled)
            })
            .collect();
    }

    fn strike(&self, event_id: Uuid) -> Result<(), HandlerError> {
        if self.over.load(Ordering::SeqCst) || !self.events.contains(&event_id) {
            return Ok(());
        }
        if self.panics {
            // Without the hook, which would print it.
            std::panic::resume_unwind(Box::new("the test kit asked for this panic"));
        }
        Err(HandlerError::permanent(anyhow::anyhow!(
            "held back by the test kit"
        )))
    }

    /// Whether every event it was meant for has met it.
    pub async fn has_struck(&self, backbone: &Backbone, subscription: &str) -> bool {
        let parked: Vec<Uuid> = must(
            "read parked events",
            sql("SELECT event_id FROM parked_event WHERE subscription = $1 AND status <> 'queued'")
                .bind(subscription)
                .all(backbone.db())
                .await,
        );
        self.events.iter().all(|event| parked.contains(event))
    }

    /// Lets the events through; they are delivered again at once.
    pub async fn end(&self, backbone: &Backbone, subscription: &str) {
        self.over.store(true, Ordering::SeqCst);
        let mut release = Batch::new();
        for event in &*self.events {
            release.run(
                sql(
                    "UPDATE parked_event SET status = 'retry', attempts = 0, due_at = NULL \
                     WHERE subscription = $1 AND event_id = $2 AND status <> 'queued'",
                )
                .bind(subscription)
                .bind(*event),
            );
        }
        release.run(sql("UPDATE subscription SET acts = acts + 1 WHERE name = $1").bind(subscription));
        must("release parked events", backbone.db().commit(release).await);
        backbone.wake();
    }
}
