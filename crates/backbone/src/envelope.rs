//! What surrounds an event: identity, order, who, why, when.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use althing_db::{FromRow, Row, Timestamp};
use serde_json::json;
use uuid::Uuid;

use crate::event::{DecodeError, DomainEvent};
use crate::registry::interned;

/// An event as it is stored. `data` and `metadata` are JSON texts that are only
/// parsed when somebody wants them.
#[derive(Clone, PartialEq)]
pub struct Envelope {
    /// Contiguous from 1; 0 until the commit gave it one.
    pub position: i64,
    /// UUIDv7, made once.
    pub event_id: Uuid,
    /// See [`DomainEvent::TYPE`].
    pub event_type: Cow<'static, str>,
    /// See [`DomainEvent::VERSION`].
    pub event_version: u32,
    /// See [`DomainEvent::AGGREGATE`].
    pub aggregate_type: Cow<'static, str>,
    /// The aggregate.
    pub aggregate_id: Uuid,
    /// Consecutive from 1 within the aggregate; 0 until committed.
    pub aggregate_seq: i64,
    /// The workspace, if there is one.
    pub workspace_id: Option<Uuid>,
    /// Who did it; `None` for system actors, which the metadata names.
    pub actor_id: Option<Uuid>,
    /// The same for everything that one request set off.
    pub correlation_id: Uuid,
    /// The event or command that led directly here.
    pub causation_id: Option<Uuid>,
    /// W3C traceparent of the request.
    pub trace: Option<String>,
    /// A JSON object.
    pub metadata: Box<str>,
    /// The payload, a JSON object; personal fields are sealed.
    pub data: Box<str>,
    /// When it happened.
    pub occurred_at: Timestamp,
}

impl Envelope {
    /// Whether this is an `E`, of whatever version.
    pub fn is<E: DomainEvent>(&self) -> bool {
        self.event_type == E::TYPE
    }

    /// The typed payload. Sealed personal fields read as "erased"; handlers get
    /// them opened through [`crate::Event`].
    pub fn decode<E: DomainEvent>(&self) -> Result<E, DecodeError> {
        if E::PERSONAL.is_empty() {
            E::decode(self.event_version, &self.data)
        } else {
            E::decode(
                self.event_version,
                &crate::personal::blank(&self.data, E::PERSONAL),
            )
        }
    }

    /// The outward form, CloudEvents 1.0 in JSON. Metadata stays inside.
    pub fn to_cloud_event(&self, source: &str, epoch: i64) -> serde_json::Value {
        let data: serde_json::Value = serde_json::from_str(&self.data).unwrap_or_default();
        let mut event = json!({
            "specversion": "1.0",
            "id": self.event_id,
            "type": self.event_type,
            "source": source,
            "subject": format!("{}/{}", self.aggregate_type, self.aggregate_id),
            "time": self.occurred_at,
            "datacontenttype": "application/json",
            "data": data,
            "eventversion": self.event_version,
            "aggregateseq": self.aggregate_seq,
            "correlationid": self.correlation_id,
            "position": Cursor { epoch, position: self.position }.to_string(),
        });
        let extensions = [
            ("workspaceid", self.workspace_id),
            ("actorid", self.actor_id),
            ("causationid", self.causation_id),
        ];
        for (name, id) in extensions {
            if let Some(id) = id {
                event[name] = json!(id);
            }
        }
        event
    }

    pub(crate) const COLUMNS: &'static str = "position, id, event_type, event_version, aggregate_type, aggregate_id, \
        aggregate_seq, workspace_id, actor_id, correlation_id, causation_id, trace, metadata, data, occurred_at";
}

/// Ids and types only: a payload never reaches a log.
impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope")
            .field("position", &self.position)
            .field("event_id", &self.event_id)
            .field("event_type", &self.event_type)
            .field("event_version", &self.event_version)
            .field("aggregate_type", &self.aggregate_type)
            .field("aggregate_id", &self.aggregate_id)
            .field("aggregate_seq", &self.aggregate_seq)
            .finish_non_exhaustive()
    }
}

impl FromRow for Envelope {
    fn from_row(row: &Row<'_>) -> althing_db::Result<Self> {
        Ok(Self {
            position: row.get(0)?,
            event_id: row.get(1)?,
            event_type: interned(row.text(2)?),
            event_version: row.get(3)?,
            aggregate_type: interned(row.text(4)?),
            aggregate_id: row.get(5)?,
            aggregate_seq: row.get(6)?,
            workspace_id: row.get(7)?,
            actor_id: row.get(8)?,
            correlation_id: row.get(9)?,
            causation_id: row.get(10)?,
            trace: row.get(11)?,
            metadata: row.text(12)?.into(),
            data: row.text(13)?.into(),
            occurred_at: row.get(14)?,
        })
    }
}

/// A place in the log that survives dump and restore: after a restore the epoch
/// has risen, and a client with an older cursor is told so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// The log's epoch.
    pub epoch: i64,
    /// The last position seen; 0 for the beginning.
    pub position: i64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch, self.position)
    }
}

/// The text was not `epoch.position`.
#[derive(Debug, thiserror::Error)]
#[error("a cursor looks like 1.42")]
pub struct CursorFormat;

impl FromStr for Cursor {
    type Err = CursorFormat;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (epoch, position) = text.split_once('.').ok_or(CursorFormat)?;
        Ok(Self {
            epoch: epoch.parse().map_err(|_| CursorFormat)?,
            position: position.parse().map_err(|_| CursorFormat)?,
        })
    }
}
