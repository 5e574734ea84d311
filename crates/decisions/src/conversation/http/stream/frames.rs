//! The frames of the stream, in both directions.

use althing_backbone::Timestamp;
use althing_events::MessageId;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::conversation::commands::Extracted;
use crate::conversation::replies::{Answered, Failure};
use crate::outputs::ComponentType;

/// What a client may say.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientFrame {
    SendMessage { message_id: MessageId, content: String },
    CancelStream { message_id: MessageId },
    Ping,
}

/// Reads a frame; of one that cannot be read, the message it is about, if that much can be told.
pub fn read(text: &str) -> Result<ClientFrame, Option<MessageId>> {
    serde_json::from_str(text).map_err(|_| {
        let value: Value = serde_json::from_str(text).ok()?;
        value.get("message_id")?.as_str()?.parse().ok()
    })
}

pub fn chunk(message_id: MessageId, index: usize, delta: &str, is_final: bool) -> Value {
    json!({ "type": "stream_chunk", "message_id": message_id, "index": index, "delta": delta, "is_final": is_final })
}

pub fn complete(message_id: MessageId, answered: &Answered) -> Value {
    let usage = answered.usage;
    let mut frame = json!({
        "type": "stream_complete",
        "message_id": message_id,
        "full_content": answered.reply.as_ref().map_or("", |reply| reply.content.as_str()),
        "usage": {
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
            "total_tokens": usage.prompt_tokens + usage.completion_tokens,
            "estimated_cost_cents": 0,
        },
    });
    if let Some(transition) = answered.transition() {
        frame["phase_transition"] = json!(transition);
    }
    frame
}

pub fn failed(message_id: Option<MessageId>, failure: &Failure) -> Value {
    let mut frame = json!({
        "type": "stream_error",
        "message_id": message_id,
        "error_code": failure.kind,
        "error": failure.text,
        "recoverable": failure.is_recoverable,
    });
    if let Some(partial) = &failure.partial {
        frame["partial_content"] = json!(partial);
    }
    frame
}

pub fn extracted(component_type: ComponentType, extracted: &Extracted) -> Value {
    json!({
        "type": "data_extracted",
        "component_type": component_type,
        "data": { "items": extracted.items },
        "extracted_at": extracted.at,
    })
}

pub fn pong(now: Timestamp) -> Value {
    json!({ "type": "pong", "timestamp": now })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_that_cannot_be_read_name_their_message_if_they_can() {
        let id = "0190a0a0-0000-7000-8000-000000000001";
        assert!(matches!(read(r#"{"type":"ping"}"#), Ok(ClientFrame::Ping)));
        assert!(matches!(
            read(&format!(r#"{{"type":"send_message","message_id":"{id}"}}"#)),
            Err(Some(found)) if found.to_string() == id
        ));
        for text in [
            "",
            "[]",
            r#"{"type":"send_message","message_id":"7","content":"x"}"#,
            r#"{"type":"dance"}"#,
        ] {
            assert!(matches!(read(text), Err(None)), "{text}");
        }
    }
}
