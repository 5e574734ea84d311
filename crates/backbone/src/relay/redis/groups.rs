//! Groups of a stream: publishing to them directly, how far they are, what they gave up.

use redis::streams::{StreamInfoGroup, StreamInfoGroupsReply, StreamPendingReply, StreamRangeReply};
use redis::{Cmd, Pipeline};
use std::sync::Arc;

use super::RedisStreams;
use super::inbox::RedisInbox;
use super::link::is_code;
use crate::bus::{BoxFuture, Buried, BusError, Inbox, MessageBus, MessageId, Trimmed};
use crate::envelope::Envelope;
use crate::registry::EventRegistry;
use crate::relay::transport::{Mark, Transport};
use crate::relay::{Message, Patterns};
use crate::topics::topics_of;

impl RedisStreams {
    async fn groups(&self) -> Result<Vec<StreamInfoGroup>, BusError> {
        let exists: bool = self.link.ask(Cmd::new().arg("EXISTS").arg(&*self.stream)).await?;
        if !exists {
            return Ok(Vec::new());
        }
        let reply: StreamInfoGroupsReply = self
            .link
            .ask(Cmd::new().arg("XINFO").arg("GROUPS").arg(&*self.stream))
            .await?;
        Ok(reply.groups)
    }

    /// How far the slowest group has acknowledged everything; `None` without a group.
    pub(super) async fn slowest_acknowledged(&self) -> Result<Option<Mark>, BusError> {
        let groups = self.groups().await?;
        let mut slowest: Option<Mark> = None;
        for group in groups {
            let acknowledged = if group.pending == 0 {
                Mark::parse(&group.last_delivered_id)
            } else {
                self.before_oldest_pending(&group.name).await?
            };
            // An id of another making counts as the very beginning: nothing is trimmed.
            let acknowledged = acknowledged.unwrap_or_default();
            slowest = Some(slowest.map_or(acknowledged, |slowest| slowest.min(acknowledged)));
        }
        Ok(slowest)
    }

    async fn before_oldest_pending(&self, group: &str) -> Result<Option<Mark>, BusError> {
        let pending: StreamPendingReply = self
            .link
            .ask(Cmd::new().arg("XPENDING").arg(&*self.stream).arg(group))
            .await?;
        Ok(match pending {
            StreamPendingReply::Data(data) => Mark::parse(&data.start_id).map(|oldest| Mark {
                position: oldest.position - 1,
                ..oldest
            }),
            // Acknowledged in between: the next look sees it.
            _ => None,
        })
    }

    /// Makes the group if it is not there; it begins with the oldest entry.
    pub(super) async fn make_group(&self, group: &str) -> Result<(), BusError> {
        let mut make = Cmd::new();
        make.arg("XGROUP").arg("CREATE").arg(&*self.stream);
        make.arg(group).arg("0").arg("MKSTREAM");
        match self.link.ask::<()>(&make).await {
            Err(error) if is_code(&error, "BUSYGROUP") => Ok(()),
            other => other,
        }
    }
}

impl MessageBus for RedisStreams {
    fn publish_all<'a>(&'a self, events: &'a [Arc<Envelope>]) -> BoxFuture<'a, Result<(), BusError>> {
        Box::pin(async move {
            let registry = EventRegistry::collect().map_err(BusError::refused)?;
            let mut all = Pipeline::new();
            all.atomic();
            for envelope in events {
                let message = Message {
                    source: self.source.clone(),
                    epoch: 0,
                    topics: topics_of(envelope, &registry),
                    envelope: envelope.clone(),
                };
                all.cmd("XADD").arg(&*self.stream).arg("0-*");
                all.arg("type").arg(&*envelope.event_type);
                all.arg("event").arg(message.encode()?).ignore();
            }
            self.link.ask_all(&all).await
        })
    }

    fn subscribe<'a>(
        &'a self,
        group: &'a str,
        consumer: &'a str,
        patterns: Patterns,
    ) -> BoxFuture<'a, Result<Box<dyn Inbox>, BusError>> {
        Box::pin(async move {
            self.make_group(group).await?;
            let groups = self.groups().await?;
            let seen = groups.into_iter().find(|known| known.name == group);
            let seen = seen.and_then(|group| Mark::parse(&group.last_delivered_id));
            let inbox = RedisInbox::new(self, group, consumer, patterns, seen.unwrap_or_default());
            let inbox: Box<dyn Inbox> = Box::new(inbox);
            Ok(inbox)
        })
    }

    fn trim(&self) -> BoxFuture<'_, Result<Trimmed, BusError>> {
        Transport::trim(self, 0)
    }

    fn dead_letters<'a>(&'a self, group: &'a str) -> BoxFuture<'a, Result<Vec<Buried>, BusError>> {
        Box::pin(async move {
            let mut range = Cmd::new();
            range.arg("XRANGE").arg(self.dead_key(group)).arg("-").arg("+");
            let entries: StreamRangeReply = self.link.ask(&range).await?;
            let buried = entries.ids.into_iter().map(|entry| Buried {
                id: MessageId(entry.get("id").unwrap_or_default()),
                error: entry.get("error").unwrap_or_default(),
                body: entry.get("event").unwrap_or_default(),
            });
            Ok(buried.collect())
        })
    }
}
