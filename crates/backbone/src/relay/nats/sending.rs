//! Outward: the relay's end of a stream.

use async_nats::HeaderMap;
use async_nats::jetstream::context::PublishErrorKind;
use async_nats::jetstream::message::{PublishMessage, StreamMessage};
use async_nats::jetstream::stream::{RawMessageErrorKind, Stream};
use futures::TryStreamExt;

use super::{AFTER, MARK, NatsJetStream, ONE, SOURCE, TYPE};
use crate::bus::{BoxFuture, BusError, Trimmed};
use crate::relay::transport::{Mark, Sending, Transport};

/// How many messages are under way at once.
const PIPELINE: usize = 100;

impl Transport for NatsJetStream {
    fn kind(&self) -> &'static str {
        "nats"
    }

    fn newest<'a>(&'a self, source: &'a str) -> BoxFuture<'a, Result<Option<Mark>, BusError>> {
        Box::pin(async move {
            let stream = self.events().await?;
            let end = self.end_of(&stream, source).await?;
            Ok(end.map(|(_, mark)| mark))
        })
    }

    fn append(&self, sending: Sending) -> BoxFuture<'_, Result<(), BusError>> {
        Box::pin(async move {
            let sent = self.send(sending).await;
            if sent.is_err() {
                // Nothing of it may arrive later than what is sent next.
                self.link.forget().await;
            }
            sent
        })
    }

    fn trim(&self, lap: i64) -> BoxFuture<'_, Result<Trimmed, BusError>> {
        Box::pin(async move {
            let stream = self.events().await?;
            let consumers: Vec<_> = stream
                .consumers()
                .try_collect()
                .await
                .map_err(BusError::unreachable)?;
            let slowest = consumers
                .iter()
                .map(|group| group.ack_floor.stream_sequence)
                .min();
            let Some(slowest) = slowest.filter(|sequence| *sequence > 0) else {
                return Ok(Trimmed::default());
            };
            let mark = raw(&stream, slowest).await?.as_ref().and_then(mark_of);
            let purged = stream
                .purge()
                // The last one that everybody has stays: it tells where the stream
                // ends, and to each group what it has.
                .sequence(slowest)
                .await
                .map_err(BusError::unreachable)?;
            Ok(Trimmed {
                removed: purged.purged,
                acknowledged: mark.filter(|mark| mark.lap == lap).map(|mark| mark.position),
            })
        })
    }
}

impl NatsJetStream {
    pub(super) async fn events(&self) -> Result<Stream, BusError> {
        self.link.stream(&self.stream, &self.subject(">")).await
    }

    /// The last message's sequence and mark.
    async fn end_of(&self, stream: &Stream, source: &str) -> Result<Option<(u64, Mark)>, BusError> {
        let last = stream
            .get_info()
            .await
            .map_err(BusError::unreachable)?
            .state
            .last_sequence;
        if last == 0 {
            return Ok(None);
        }
        let Some(message) = raw(stream, last).await? else {
            // Somebody removed it: where the stream ended is not known, so that
            // everything that was not acknowledged is sent again.
            return Ok(Some((last, Mark::default())));
        };
        let found = message.headers.get(SOURCE).map(|value| value.as_str());
        match (found, mark_of(&message)) {
            (Some(found), Some(mark)) if found == source => Ok(Some((last, mark))),
            (found, _) => Err(BusError::OtherSource {
                stream: self.stream.to_string(),
                found: found
                    .unwrap_or("somebody who publishes to it directly")
                    .to_owned(),
            }),
        }
    }

    async fn send(&self, sending: Sending) -> Result<(), BusError> {
        let stream = self.events().await?;
        let end = self.end_of(&stream, &sending.source).await?;
        if end.map(|(_, mark)| mark) != sending.after {
            return Err(self.moved());
        }
        let context = self.link.jetstream().await?;
        let mut sequence = end.map_or(0, |(sequence, _)| sequence);
        let mut before = sending.after.filter(|after| after.lap == sending.lap);
        for part in sending.events.chunks(PIPELINE) {
            let mut answers = Vec::with_capacity(part.len());
            for message in part {
                let mark = Mark {
                    lap: sending.lap,
                    position: message.envelope.position,
                };
                let mut headers = HeaderMap::new();
                headers.insert(MARK, mark.to_string());
                headers.insert(SOURCE, &*sending.source);
                headers.insert(TYPE, ONE);
                if let Some(before) = before {
                    headers.insert(AFTER, before.position.to_string());
                }
                let publish = PublishMessage::build()
                    .payload(message.encode()?.into())
                    .headers(headers)
                    .expected_last_sequence(sequence);
                let subject = self.subject(&message.envelope.event_type);
                answers.push(
                    context
                        .send_publish(subject, publish)
                        .await
                        .map_err(BusError::unreachable)?,
                );
                sequence += 1;
                before = Some(mark);
            }
            for answer in answers {
                answer.await.map_err(|error| match error.kind() {
                    PublishErrorKind::WrongLastSequence => self.moved(),
                    _ => BusError::unreachable(error),
                })?;
            }
        }
        Ok(())
    }

    fn moved(&self) -> BusError {
        BusError::Moved {
            stream: self.stream.to_string(),
        }
    }
}

/// The message with that sequence, if it is still there.
pub(super) async fn raw(stream: &Stream, sequence: u64) -> Result<Option<StreamMessage>, BusError> {
    match stream.get_raw_message(sequence).await {
        Ok(message) => Ok(Some(message)),
        Err(error) if error.kind() == RawMessageErrorKind::NoMessageFound => Ok(None),
        Err(error) => Err(BusError::unreachable(error)),
    }
}

pub(super) fn mark_of(message: &StreamMessage) -> Option<Mark> {
    Mark::parse(message.headers.get(MARK)?.as_str())
}
