//! An event on its way through a broker: CloudEvents 1.0 in JSON.

use std::sync::Arc;

use althing_db::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::envelope::{Cursor, Envelope};
use crate::registry::interned;
use crate::topics;

/// An event as brokers carry it: the envelope, which log it comes from, and its topics.
///
/// Metadata stays inside. Personal fields are carried sealed: whoever has no key
/// reads them as [`crate::ERASED`], and deleting the key erases the copies too.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// The log it comes from: `/althing/{instance}`.
    pub source: Arc<str>,
    /// The epoch of that log; with the envelope's position it tells duplicates and gaps.
    pub epoch: i64,
    /// See [`crate::topics::topics_of`].
    pub topics: Vec<String>,
    /// The event.
    pub envelope: Arc<Envelope>,
}

/// The bytes are no event. The text never quotes them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a CloudEvent of this backbone: {0}")]
pub struct Unreadable(pub(crate) String);

/// Attributes in the order in which people read them. The names are those of
/// [`Envelope::to_cloud_event`], which lacks `sequence`, `topics` and `traceparent`.
#[derive(Serialize)]
struct Outward<'a> {
    specversion: &'static str,
    id: Uuid,
    source: &'a str,
    #[serde(rename = "type")]
    event_type: &'a str,
    subject: String,
    time: Timestamp,
    datacontenttype: &'static str,
    sequence: String,
    eventversion: u32,
    aggregateseq: i64,
    correlationid: Uuid,
    topics: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspaceid: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actorid: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    causationid: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<&'a str>,
    data: &'a RawValue,
}

#[derive(Deserialize)]
struct Inward {
    specversion: String,
    id: Uuid,
    source: String,
    #[serde(rename = "type")]
    event_type: String,
    subject: String,
    time: Timestamp,
    sequence: String,
    eventversion: u32,
    aggregateseq: i64,
    correlationid: Uuid,
    #[serde(default)]
    topics: String,
    workspaceid: Option<Uuid>,
    actorid: Option<Uuid>,
    causationid: Option<Uuid>,
    traceparent: Option<String>,
    data: Box<RawValue>,
}

impl Message {
    /// The JSON text. Fails only if the payload is no JSON.
    pub fn encode(&self) -> Result<String, Unreadable> {
        let event = &*self.envelope;
        let data: &RawValue = serde_json::from_str(&event.data).map_err(|error| place_of(&error))?;
        let outward = Outward {
            specversion: "1.0",
            id: event.event_id,
            source: &self.source,
            event_type: &event.event_type,
            subject: format!("{}/{}", event.aggregate_type, event.aggregate_id),
            time: event.occurred_at,
            datacontenttype: "application/json",
            sequence: self.cursor().to_string(),
            eventversion: event.event_version,
            aggregateseq: event.aggregate_seq,
            correlationid: event.correlation_id,
            topics: self.topics.join(" "),
            workspaceid: event.workspace_id,
            actorid: event.actor_id,
            causationid: event.causation_id,
            traceparent: event.trace.as_deref(),
            data,
        };
        serde_json::to_string(&outward).map_err(|error| place_of(&error))
    }

    /// The opposite of [`Message::encode`].
    pub fn decode(text: &[u8]) -> Result<Self, Unreadable> {
        let inward: Inward = serde_json::from_slice(text).map_err(|error| place_of(&error))?;
        if inward.specversion != "1.0" {
            return Err(Unreadable("its specversion is not 1.0".into()));
        }
        let cursor: Cursor = inward
            .sequence
            .parse()
            .map_err(|_| Unreadable("its sequence is not epoch.position".into()))?;
        let (aggregate_type, aggregate_id) = inward
            .subject
            .rsplit_once('/')
            .and_then(|(kind, id)| Some((kind, id.parse::<Uuid>().ok()?)))
            .ok_or_else(|| Unreadable("its subject is not aggregate/id".into()))?;
        let envelope = Envelope {
            position: cursor.position,
            event_id: inward.id,
            event_type: interned(&inward.event_type),
            event_version: inward.eventversion,
            aggregate_type: interned(aggregate_type),
            aggregate_id,
            aggregate_seq: inward.aggregateseq,
            workspace_id: inward.workspaceid,
            actor_id: inward.actorid,
            correlation_id: inward.correlationid,
            causation_id: inward.causationid,
            trace: inward.traceparent,
            metadata: "{}".into(),
            data: inward.data.get().into(),
            occurred_at: inward.time,
        };
        Ok(Self {
            source: inward.source.into(),
            epoch: cursor.epoch,
            topics: inward.topics.split_whitespace().map(str::to_owned).collect(),
            envelope: Arc::new(envelope),
        })
    }

    /// Where the event stands in its log.
    pub fn cursor(&self) -> Cursor {
        Cursor {
            epoch: self.epoch,
            position: self.envelope.position,
        }
    }
}

fn place_of(error: &serde_json::Error) -> Unreadable {
    Unreadable(format!("line {}, column {}", error.line(), error.column()))
}

/// Which messages a group wants. A pattern that begins with `events:` chooses by
/// topic (`events:decisions:*`), any other by type (`cycle.completed`, `cycle.*`,
/// `*`). No pattern means every message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patterns(Vec<String>);

impl Patterns {
    /// Every message.
    pub fn all() -> Self {
        Self::default()
    }

    /// Adds a pattern.
    #[must_use]
    pub fn or(mut self, pattern: impl Into<String>) -> Self {
        self.0.push(pattern.into());
        self
    }

    /// Whether one of the patterns covers the type or one of the topics.
    pub fn cover(&self, event_type: &str, its_topics: &[String]) -> bool {
        self.0.is_empty()
            || self.0.iter().any(|pattern| {
                if pattern.starts_with("events:") {
                    its_topics.iter().any(|topic| topics::matches(pattern, topic))
                } else {
                    topics::covers_type(pattern, event_type)
                }
            })
    }
}

impl From<&str> for Patterns {
    fn from(pattern: &str) -> Self {
        Self::all().or(pattern)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Message {
        let envelope = Envelope {
            position: 42,
            event_id: Uuid::from_u128(1),
            event_type: "shop.order_placed".into(),
            event_version: 2,
            aggregate_type: "Order".into(),
            aggregate_id: Uuid::from_u128(2),
            aggregate_seq: 3,
            workspace_id: Some(Uuid::from_u128(4)),
            actor_id: None,
            correlation_id: Uuid::from_u128(5),
            causation_id: Some(Uuid::from_u128(6)),
            trace: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into()),
            metadata: "{}".into(),
            data: r#"{"cents": 12.50, "note": "a \"b\" ü"}"#.into(),
            occurred_at: "2026-01-01T00:00:00.000001Z".parse().unwrap(),
        };
        Message {
            source: "/althing/x".into(),
            epoch: 7,
            topics: vec!["events:shop".into(), "events:shop:order".into()],
            envelope: Arc::new(envelope),
        }
    }

    #[test]
    fn an_event_comes_out_as_it_went_in_and_is_a_cloud_event() {
        let text = message().encode().unwrap();
        assert_eq!(Message::decode(text.as_bytes()).unwrap(), message());
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["specversion"], "1.0");
        assert_eq!(json["sequence"], "7.42");
        let same = message().envelope.to_cloud_event("/althing/x", 7);
        for (name, value) in same
            .as_object()
            .unwrap()
            .iter()
            .filter(|(name, _)| *name != "position")
        {
            assert_eq!(&json[name], value, "{name}");
        }
    }

    #[test]
    fn what_is_no_event_is_refused_without_quoting_it() {
        for text in [
            "secret",
            r#"{"specversion":"0.3","data":"secret"}"#,
            &message().encode().unwrap().replace("7.42", "secret"),
        ] {
            let error = Message::decode(text.as_bytes()).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn patterns_choose_by_type_and_by_topic() {
        let topics = message().topics;
        let covers = |patterns: Patterns| patterns.cover("shop.order_placed", &topics);
        assert!(covers(Patterns::all()));
        assert!(covers("shop.*".into()));
        assert!(covers("shop.order_placed".into()));
        assert!(covers("events:shop:*".into()));
        assert!(covers(Patterns::from("x.y").or("events:shop")));
        assert!(!covers("events:stock:*".into()));
        assert!(!covers("shop.order_paid".into()));
    }
}
