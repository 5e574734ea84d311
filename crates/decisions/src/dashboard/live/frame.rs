//! Frames as they go over the wire: exactly six keys, whatever they carry.

use althing_backbone::{DbError, DomainEvent, FromRow, Query, Row, Timestamp, Uuid, sql};
use althing_events::SessionId;
use althing_events::decisions::{CycleCompleted, DqScoresComputed};
use axum::extract::ws::Utf8Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::access::Right;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a, D> {
    r#type: &'a str,
    data: D,
    seq: i64,
    event_id: Option<Uuid>,
    occurred_at: Timestamp,
    correlation_id: Option<Uuid>,
}

impl<'a, D> Wire<'a, D> {
    /// The same frame with other data.
    fn with<E>(&self, data: E) -> Wire<'a, E> {
        Wire {
            r#type: self.r#type,
            data,
            seq: self.seq,
            event_id: self.event_id,
            occurred_at: self.occurred_at,
            correlation_id: self.correlation_id,
        }
    }
}

impl<D: Serialize> Wire<'_, D> {
    fn encode(&self) -> Utf8Bytes {
        serde_json::to_string(self)
            .expect("frames have text keys and finite numbers only")
            .into()
    }
}

/// A frame that is no event: `connected`, `state`, `error`, `ping`, `pong`.
pub fn control(kind: &str, data: impl Serialize, seq: i64, now: Timestamp) -> Utf8Bytes {
    Wire {
        r#type: kind,
        data,
        seq,
        event_id: None,
        occurred_at: now,
        correlation_id: None,
    }
    .encode()
}

/// A stored frame, encoded for everybody.
pub struct EventFrame {
    pub seq: i64,
    pub texts: Texts,
}

/// A frame in two versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts {
    whole: Utf8Bytes,
    /// With ids only, if it is about a conversation.
    brief: Option<Utf8Bytes>,
}

impl Texts {
    /// What somebody with that right may see.
    pub fn for_right(&self, right: Right) -> Utf8Bytes {
        match &self.brief {
            Some(brief) if right < Right::ViewConversation => brief.clone(),
            _ => self.whole.clone(),
        }
    }
}

/// The frame as somebody sees it whose plan has no decision quality: the scores are left out.
pub fn without_quality(text: Utf8Bytes) -> Utf8Bytes {
    let Ok(mut frame) = serde_json::from_str::<Value>(&text) else {
        return text;
    };
    match (
        frame["type"].as_str(),
        frame.get("data").and_then(Value::as_object),
    ) {
        (Some(DqScoresComputed::TYPE), Some(data)) => {
            let mut data = data.clone();
            data.retain(|name, _| name.ends_with("Id"));
            frame["data"] = data.into();
        }
        (Some(CycleCompleted::TYPE), Some(_)) => frame["data"]["dqScore"] = Value::Null,
        _ => return text,
    }
    frame.to_string().into()
}

#[cfg(test)]
impl From<&str> for Texts {
    fn from(text: &str) -> Self {
        Self {
            whole: text.into(),
            brief: None,
        }
    }
}

/// Whether an event tells of what people and the assistant say.
fn is_of_a_conversation(event_type: &str) -> bool {
    event_type.starts_with("conversation.") || event_type.starts_with("message.")
}

/// Only the ids of a payload.
fn ids(data: &RawValue) -> Result<Map<String, Value>, serde_json::Error> {
    let mut fields: Map<String, Value> = serde_json::from_str(data.get())?;
    fields.retain(|name, _| name.ends_with("Id"));
    Ok(fields)
}

impl FromRow for EventFrame {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let seq = row.get(0)?;
        let no_json = |_| DbError::Column {
            column: 2,
            wanted: "json",
        };
        let data: &RawValue = serde_json::from_str(row.text(2)?).map_err(no_json)?;
        let wire = Wire {
            r#type: row.text(1)?,
            data,
            seq,
            event_id: row.get(3)?,
            occurred_at: row.get(4)?,
            correlation_id: row.get(5)?,
        };
        let brief = if is_of_a_conversation(wire.r#type) {
            Some(wire.with(ids(data).map_err(no_json)?).encode())
        } else {
            None
        };
        let whole = wire.encode();
        Ok(Self {
            seq,
            texts: Texts { whole, brief },
        })
    }
}

const COLUMNS: &str = "seq, event_type, data, event_id, occurred_at, correlation_id";

/// The newest frames after a number, at most `limit`, oldest first.
pub async fn newest_after(
    on: &impl Query,
    session: SessionId,
    after: i64,
    limit: usize,
) -> Result<Vec<EventFrame>, DbError> {
    let mut frames: Vec<EventFrame> = sql(format!(
        "SELECT {COLUMNS} FROM session_frame WHERE session_id = $1 AND seq > $2 ORDER BY seq DESC LIMIT $3"
    ))
    .bind(session)
    .bind(after)
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .all(on)
    .await?;
    frames.reverse();
    Ok(frames)
}

/// The number of the session's last frame; 0 before the first.
pub async fn last_seq(on: &impl Query, session: SessionId) -> Result<i64, DbError> {
    let seq: Option<i64> = sql("SELECT seq FROM dashboard_session WHERE session_id = $1")
        .bind(session)
        .optional(on)
        .await?;
    Ok(seq.unwrap_or(0))
}

/// What a client may say.
#[derive(Debug, PartialEq)]
pub enum Said {
    Ping(Value),
    Pong,
    RequestState,
    Resume { last_seq: i64 },
}

#[derive(Deserialize)]
struct ClientFrame {
    r#type: String,
    #[serde(default)]
    data: Value,
}

/// Reads a client's frame; the error is a code and a sentence.
pub fn read(text: &str) -> Result<Said, (&'static str, &'static str)> {
    let frame: ClientFrame = serde_json::from_str(text)
        .map_err(|_| ("malformed_request", "a frame is a JSON object with type and data"))?;
    match frame.r#type.as_str() {
        "ping" => Ok(Said::Ping(frame.data["timestamp"].clone())),
        "pong" => Ok(Said::Pong),
        "request.state" => Ok(Said::RequestState),
        "resume" => frame.data["lastSeq"]
            .as_i64()
            .filter(|seq| *seq >= 0)
            .map(|last_seq| Said::Resume { last_seq })
            .ok_or((
                "validation_failed",
                "resume needs data.lastSeq, the number of the last frame you have",
            )),
        _ => Err((
            "validation_failed",
            "the type must be ping, pong, request.state or resume",
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn control_frames_have_all_six_keys() {
        let text = control("ping", json!({ "timestamp": 1 }), 7, Timestamp::from_micros(0));
        assert_eq!(
            text.as_str(),
            r#"{"type":"ping","data":{"timestamp":1},"seq":7,"eventId":null,"occurredAt":"1970-01-01T00:00:00.000000Z","correlationId":null}"#
        );
    }

    #[test]
    fn of_conversations_only_ids_are_left_for_those_who_may_not_read_them() {
        let data = r#"{"sessionId":"s","conversationId":"c","role":"user","contentPreview":"secret"}"#;
        let data: Box<RawValue> = serde_json::from_str(data).unwrap();
        assert_eq!(
            Value::from(ids(&data).unwrap()),
            json!({"sessionId": "s", "conversationId": "c"})
        );
        let texts = Texts {
            whole: "whole".into(),
            brief: Some("brief".into()),
        };
        assert_eq!(texts.for_right(Right::View).as_str(), "brief");
        assert_eq!(texts.for_right(Right::ViewConversation).as_str(), "whole");
        assert_eq!(Texts::from("event").for_right(Right::View).as_str(), "event");
        assert!(is_of_a_conversation("message.sent") && is_of_a_conversation("conversation.data_extracted"));
        assert!(!is_of_a_conversation("component.completed"));
    }

    #[test]
    fn scores_are_left_out_where_the_plan_has_none() {
        let stripped = |text: &str| serde_json::from_str::<Value>(&without_quality(text.into())).unwrap();
        let scores = r#"{"type":"dq_scores.computed","data":{"sessionId":"s","cycleId":"c","overallScore":65},"seq":3}"#;
        assert_eq!(
            stripped(scores),
            json!({"type": "dq_scores.computed", "data": {"sessionId": "s", "cycleId": "c"}, "seq": 3})
        );
        let completed = r#"{"type":"cycle.completed","data":{"cycleId":"c","dqScore":65},"seq":4}"#;
        assert_eq!(
            stripped(completed)["data"],
            json!({"cycleId": "c", "dqScore": null})
        );
        let other = r#"{"type":"cycle.archived","data":{"cycleId":"c"},"seq":5}"#;
        assert_eq!(without_quality(other.into()).as_str(), other);
    }

    #[test]
    fn client_frames_are_read_or_explained() {
        assert_eq!(
            read(r#"{"type":"resume","data":{"lastSeq":5}}"#),
            Ok(Said::Resume { last_seq: 5 })
        );
        assert_eq!(read(r#"{"type":"request.state"}"#), Ok(Said::RequestState));
        assert_eq!(
            read(r#"{"type":"ping","data":{"timestamp":"t"}}"#),
            Ok(Said::Ping(json!("t")))
        );
        assert_eq!(read("[]").unwrap_err().0, "malformed_request");
        assert_eq!(
            read(r#"{"type":"resume","data":{"lastSeq":-1}}"#).unwrap_err().0,
            "validation_failed"
        );
        assert_eq!(
            read(r#"{"type":"component.completed"}"#).unwrap_err().0,
            "validation_failed"
        );
    }
}
