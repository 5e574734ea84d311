//! What becomes of a message: handled, tried again later, or given up.

use std::collections::HashSet;
use std::time::Duration;

use tokio::time::Instant;

use super::held::Item;
use super::running::{Running, Stop};
use crate::bus::MessageId;
use crate::handler::HandlerError;
use crate::relay::Message;
use crate::subscription::Kind;

/// When an event that was read from the log and cannot be buried is tried again.
const LONGEST_RETRY: Duration = Duration::from_secs(120);

impl Running {
    pub(super) async fn handle_backlog(&mut self) -> Result<(), Stop> {
        if self.backlog.is_empty() {
            return Ok(());
        }
        let messages: Vec<&Message> = self.backlog.iter().map(|item| &item.message).collect();
        let mut known: HashSet<_> = self.inbound.known(&messages).await?;
        let done = &mut self.done;
        self.backlog.retain(|item| {
            let is_new = known.insert(item.message.envelope.event_id);
            done.extend(item.id.clone().filter(|_| !is_new));
            is_new
        });
        if self.inbound.def.kind == Kind::Projection {
            self.project_backlog().await?;
        }
        // What is left, or all of a page with one at fault, goes one by one.
        while let Some(item) = self.backlog.front() {
            if self.held.has(&item.key()) {
                self.held.extend(self.backlog.pop_front());
                continue;
            }
            let result = self.attempt(item).await?;
            if let Some(item) = self.backlog.pop_front() {
                self.conclude(item, result).await?;
            }
        }
        Ok(())
    }

    /// All of it in one transaction, but for what waits behind an earlier failure.
    async fn project_backlog(&mut self) -> Result<(), Stop> {
        let is_free = |item: &&Item| !self.held.has(&item.key());
        let free: Vec<&Item> = self.backlog.iter().filter(is_free).collect();
        let page: Vec<_> = free.iter().map(|item| (&item.message, item.deliveries)).collect();
        if page.len() > 1 && self.inbound.project(&page).await?.is_ok() {
            self.done.extend(free.iter().filter_map(|item| item.id.clone()));
            self.backlog.retain(|item| self.held.has(&item.key()));
        }
        Ok(())
    }

    async fn conclude(&mut self, item: Item, result: Result<(), HandlerError>) -> Result<(), Stop> {
        let position = item.message.envelope.position;
        match result {
            Ok(()) if item.id.is_none() && item.deliveries > 1 => {
                self.inbound
                    .note_losses(&[], Some(&(position..=position)))
                    .await?;
            }
            Ok(()) => self.done.extend(item.id),
            Err(error) => self.failed(item, &error).await?,
        }
        Ok(())
    }

    pub(super) async fn try_again(&mut self, item: Item) -> Result<(), Stop> {
        match self.attempt(&item).await {
            Ok(result) => self.conclude(item, result).await,
            Err(stop) => {
                self.held.push_front(item, Instant::now());
                Err(stop)
            }
        }
    }

    async fn attempt(&self, item: &Item) -> Result<Result<(), HandlerError>, Stop> {
        // A retry may find that it was handled after all, by the commit whose
        // answer was lost.
        if item.deliveries > 1 && !self.inbound.known(&[&item.message]).await?.is_empty() {
            return Ok(Ok(()));
        }
        if self.inbound.def.kind == Kind::Projection {
            return Ok(self.inbound.project(&[(&item.message, item.deliveries)]).await?);
        }
        Ok(self.inbound.react(&item.message, item.deliveries).await?)
    }

    /// Plans the next attempt, or gives the message up.
    async fn failed(&mut self, mut item: Item, error: &HandlerError) -> Result<(), Stop> {
        let tries = usize::try_from(item.deliveries).unwrap_or(usize::MAX);
        let delay = self.inbound.def.retry.delays.get(tries - 1).copied();
        let delay = delay.filter(|_| !error.is_permanent());
        let envelope = &item.message.envelope;
        tracing::warn!(
            subscription = %self.inbound.def.name, position = envelope.position, event_type = %envelope.event_type,
            attempts = item.deliveries, dead = delay.is_none(), %error, "event failed"
        );
        let (id, position) = (item.id.clone(), envelope.position);
        match (delay, id) {
            (None, Some(id)) => match self.bury(&id, &error.to_string()).await {
                Ok(()) => Ok(()),
                Err(stop) => {
                    self.held.push_front(item, Instant::now() + self.pause);
                    Err(stop)
                }
            },
            (delay, id) => {
                item.deliveries += 1;
                self.held
                    .push_front(item, Instant::now() + delay.unwrap_or(LONGEST_RETRY));
                match id {
                    Some(id) => Ok(self.inbox().await?.keep(&[id], true).await?),
                    None => {
                        // No broker brings it again: it counts as missing until it is done.
                        self.inbound.note_losses(&[position..=position], None).await?;
                        self.complain(Some(error.to_string())).await
                    }
                }
            }
        }
    }

    async fn bury(&mut self, id: &MessageId, error: &str) -> Result<(), Stop> {
        Ok(self.inbox().await?.bury(id, error).await?)
    }
}
