//! Groups of a stream: publishing to them directly, and what they gave up.

use std::sync::Arc;

use async_nats::HeaderMap;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{RawMessageErrorKind, Stream};

use super::inbox::NatsInbox;
use super::{BATCH, ERROR, NatsJetStream, ONE, TYPE};
use crate::bus::{BoxFuture, Buried, BusError, Inbox, MessageBus, MessageId, Trimmed};
use crate::envelope::Envelope;
use crate::registry::EventRegistry;
use crate::relay::transport::Transport;
use crate::relay::{Message, Patterns};
use crate::topics::topics_of;

impl MessageBus for NatsJetStream {
    fn publish_all<'a>(&'a self, events: &'a [Arc<Envelope>]) -> BoxFuture<'a, Result<(), BusError>> {
        Box::pin(async move {
            let registry = EventRegistry::collect().map_err(BusError::refused)?;
            let encode = |envelope: &Arc<Envelope>| {
                let message = Message {
                    source: "bus".into(),
                    epoch: 0,
                    topics: topics_of(envelope, &registry),
                    envelope: envelope.clone(),
                };
                message.encode()
            };
            let texts = events.iter().map(encode).collect::<Result<Vec<_>, _>>()?;
            let (subject, kind, body) = match (events, texts.as_slice()) {
                ([], _) => return Ok(()),
                ([event], [text]) => (self.subject(&event.event_type), ONE, text.clone()),
                _ => (self.subject("batch"), BATCH, format!("[{}]", texts.join(","))),
            };
            self.events().await?;
            let mut headers = HeaderMap::new();
            headers.insert(TYPE, kind);
            let publish = PublishMessage::build().payload(body.into()).headers(headers);
            let context = self.link.jetstream().await?;
            let answer = context.send_publish(subject, publish).await;
            answer
                .map_err(BusError::unreachable)?
                .await
                .map_err(BusError::unreachable)?;
            Ok(())
        })
    }

    fn subscribe<'a>(
        &'a self,
        group: &'a str,
        _consumer: &'a str,
        patterns: Patterns,
    ) -> BoxFuture<'a, Result<Box<dyn Inbox>, BusError>> {
        Box::pin(async move {
            let mut inbox = NatsInbox::new(self, group, patterns);
            inbox.join().await?;
            let inbox: Box<dyn Inbox> = Box::new(inbox);
            Ok(inbox)
        })
    }

    fn trim(&self) -> BoxFuture<'_, Result<Trimmed, BusError>> {
        Transport::trim(self, 0)
    }

    fn dead_letters<'a>(&'a self, group: &'a str) -> BoxFuture<'a, Result<Vec<Buried>, BusError>> {
        Box::pin(async move {
            let stream = self.dead().await?;
            let subject = self.dead_subject(group);
            let mut buried = Vec::new();
            let mut next = 1;
            loop {
                let found = stream
                    .raw_message_builder()
                    .sequence(next)
                    .next_by_subject(subject.clone())
                    .send()
                    .await;
                let message = match found {
                    Ok(message) => message,
                    Err(error) if error.kind() == RawMessageErrorKind::NoMessageFound => return Ok(buried),
                    Err(error) => return Err(BusError::unreachable(error)),
                };
                next = message.sequence + 1;
                let header = |name: &'static str| {
                    let value = message.headers.get(name);
                    value.map_or(String::new(), |value| value.as_str().to_owned())
                };
                buried.push(Buried {
                    id: MessageId(header("Nats-Msg-Id")),
                    error: header(ERROR),
                    body: message.payload.to_vec(),
                });
            }
        })
    }
}

impl NatsJetStream {
    pub(super) async fn dead(&self) -> Result<Stream, BusError> {
        let subjects = format!("{}.dead.>", self.stream.to_lowercase());
        self.link.stream(&self.dead_stream(), &subjects).await
    }
}
