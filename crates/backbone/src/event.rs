//! What an event is: a past-tense fact with a type name, a version and an aggregate.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// A typed event. Derive it; see [`macro@crate::DomainEvent`].
pub trait DomainEvent: Serialize + DeserializeOwned + JsonSchema + Send + Sync + Sized + 'static {
    /// The name under which it is stored, never the name of the Rust type.
    const TYPE: &'static str;
    /// From 1; rises when the payload's shape changes.
    const VERSION: u32;
    /// Which context publishes it.
    const CONTEXT: &'static str;
    /// Which kind of aggregate it belongs to.
    const AGGREGATE: &'static str;
    /// One sentence for the catalogue.
    const DESCRIPTION: &'static str;
    /// Fields that are stored encrypted under the subject's key.
    const PERSONAL: &'static [&'static str];
    /// Further topics: `(word, field)` gives `events:{word}:{value of field}`.
    const TOPICS: &'static [(&'static str, &'static str)];
    /// The version before this one, if there is one.
    const PREVIOUS: Option<fn() -> EventDescriptor>;

    /// The aggregate this event belongs to; order is kept by it.
    fn aggregate_id(&self) -> Uuid;

    /// Whose personal data it carries.
    fn subject(&self) -> Option<Uuid>;

    /// Reads stored JSON of any version up to this one, lifting older ones.
    /// Unknown fields are tolerated; a newer version is an error.
    fn decode(version: u32, data: &str) -> Result<Self, DecodeError>;
}

/// Why stored JSON could not be read as an event.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Stored by a newer build. The key is parked until this build is replaced.
    #[error("{event_type} is stored in version {found}, this build knows versions up to {known}")]
    Newer {
        /// The event's type.
        event_type: &'static str,
        /// The version found.
        found: u32,
        /// The newest version known.
        known: u32,
    },
    /// An old version whose upcast is missing.
    #[error("{event_type} version {found} cannot be lifted: its upcast is missing")]
    NoUpcast {
        /// The event's type.
        event_type: &'static str,
        /// The version found.
        found: u32,
    },
    /// The JSON does not have the shape of the version. The text names line and
    /// column, never the content.
    #[error("{event_type} cannot be read (line {line}, column {column})")]
    Unreadable {
        /// The event's type.
        event_type: &'static str,
        /// Where in the JSON.
        line: usize,
        /// Where in the JSON.
        column: usize,
    },
    /// The key of the person was looked for and the database failed.
    #[error("{event_type}: personal fields could not be opened")]
    Personal {
        /// The event's type.
        event_type: &'static str,
    },
}

impl DecodeError {
    #[doc(hidden)]
    pub fn newer(event_type: &'static str, found: u32, known: u32) -> Self {
        Self::Newer {
            event_type,
            found,
            known,
        }
    }

    #[doc(hidden)]
    pub fn no_upcast(event_type: &'static str, found: u32) -> Self {
        Self::NoUpcast { event_type, found }
    }

    #[doc(hidden)]
    pub fn read<E: DeserializeOwned>(event_type: &'static str, data: &str) -> Result<E, Self> {
        serde_json::from_str(data).map_err(|error| Self::Unreadable {
            event_type,
            line: error.line(),
            column: error.column(),
        })
    }
}

/// What the catalogue knows of one version of an event.
#[derive(Clone)]
pub struct EventDescriptor {
    /// See [`DomainEvent::TYPE`].
    pub event_type: &'static str,
    /// See [`DomainEvent::VERSION`].
    pub version: u32,
    /// See [`DomainEvent::CONTEXT`].
    pub context: &'static str,
    /// See [`DomainEvent::AGGREGATE`].
    pub aggregate: &'static str,
    /// See [`DomainEvent::DESCRIPTION`].
    pub description: &'static str,
    /// See [`DomainEvent::PERSONAL`].
    pub personal: &'static [&'static str],
    /// See [`DomainEvent::TOPICS`].
    pub topics: &'static [(&'static str, &'static str)],
    /// The version before.
    pub previous: Option<fn() -> EventDescriptor>,
    schema: fn(&mut SchemaGenerator) -> Schema,
    check: fn(u32, &str) -> Result<String, DecodeError>,
}

impl EventDescriptor {
    /// The descriptor of a Rust type.
    pub fn of<E: DomainEvent>() -> Self {
        Self {
            event_type: E::TYPE,
            version: E::VERSION,
            context: E::CONTEXT,
            aggregate: E::AGGREGATE,
            description: E::DESCRIPTION,
            personal: E::PERSONAL,
            topics: E::TOPICS,
            previous: E::PREVIOUS,
            schema: |generator| E::json_schema(generator),
            check: |version, data| {
                let event = E::decode(version, data)?;
                serde_json::to_string(&event).map_err(|_| DecodeError::no_upcast(E::TYPE, version))
            },
        }
    }

    /// The JSON Schema of the payload.
    pub fn schema(&self) -> serde_json::Value {
        let mut generator = schemars::generate::SchemaSettings::draft2020_12()
            .with(|settings| settings.inline_subschemas = true)
            .into_generator();
        (self.schema)(&mut generator).to_value()
    }

    /// Decodes stored JSON of `version` and prints it back in this version.
    pub fn lift(&self, version: u32, data: &str) -> Result<String, DecodeError> {
        (self.check)(version, data)
    }

    /// This version and every older one that can be lifted to it, newest first.
    pub fn chain(&self) -> Vec<EventDescriptor> {
        let mut chain = vec![self.clone()];
        while let Some(previous) = chain.last().and_then(|newest| newest.previous) {
            chain.push(previous());
        }
        chain
    }
}

impl fmt::Debug for EventDescriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} v{}", self.event_type, self.version)
    }
}

/// Collected at link time from every derive.
#[doc(hidden)]
pub struct Registered(pub fn() -> EventDescriptor);

inventory::collect!(Registered);
