//! What the broker lost is read from the log it came from.

use std::collections::VecDeque;
use std::sync::Arc;

use super::held::Item;
use super::running::{Running, Stop};
use crate::envelope::Envelope;
use crate::relay::Message;
use crate::topics::topics_of;

/// How many positions are reloaded at once.
const RELOADED: i64 = 1_000;

impl Running {
    /// Events that are gone from the stream are read from their log. They come
    /// before what was taken after them.
    pub(super) async fn reload_what_was_lost(&mut self) -> Result<(), Stop> {
        while let Some(range) = self.lost.first().cloned() {
            let (from, to) = (*range.start(), *range.end());
            let Some(reload) = self.reload.clone() else {
                tracing::error!(
                    subscription = %self.inbound.def.name, from, to,
                    "events were removed from the stream before they were handled, and there is nowhere to reload them from"
                );
                self.complain(Some(format!("events {from} to {to} were lost")))
                    .await?;
                self.has_lost = true;
                self.lost.clear();
                return Ok(());
            };
            let part = from..=to.min(from + RELOADED - 1);
            let events = reload(part.clone()).await.map_err(Stop::Reload)?;
            tracing::warn!(
                subscription = %self.inbound.def.name, from, to = part.end(), events = events.len(),
                "events were removed from the stream before they were handled; reloaded from the log"
            );
            let (mut first, later): (VecDeque<_>, VecDeque<_>) = std::mem::take(&mut self.backlog)
                .into_iter()
                .partition(|item| item.message.envelope.position < from);
            first.extend(events.into_iter().filter_map(|event| self.reloaded(event)));
            self.backlog = first;
            let handled = self.handle_backlog().await;
            self.backlog.extend(later);
            handled?;
            let left: Vec<_> = (*part.end() < to)
                .then(|| part.end() + 1..=to)
                .into_iter()
                .collect();
            self.inbound.note_losses(&left, Some(&range)).await?;
            self.lost.splice(..1, left);
        }
        Ok(())
    }

    fn reloaded(&self, envelope: Envelope) -> Option<Item> {
        let topics = topics_of(&envelope, &self.inbound.core.registry);
        self.patterns.cover(&envelope.event_type, &topics).then(|| Item {
            id: None,
            deliveries: 1,
            message: Message {
                source: "log".into(),
                epoch: 0,
                topics,
                envelope: Arc::new(envelope),
            },
        })
    }
}
