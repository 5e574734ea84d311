//! Who acts and why: what every event of one command shares.

use althing_db::Statement;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::envelope::Envelope;

/// Actor, workspace, correlation and cause of a command.
#[derive(Clone, Debug)]
pub struct Context {
    /// The authenticated caller.
    pub actor: Option<Uuid>,
    /// The workspace the command is about.
    pub workspace: Option<Uuid>,
    /// The root request.
    pub correlation: Uuid,
    /// The event or command that led here; `None` at the root.
    pub causation: Option<Uuid>,
    /// W3C traceparent.
    pub trace: Option<String>,
    /// Goes into each event's metadata: request id, `system_actor`, `import` …
    pub metadata: Map<String, Value>,
    /// Set while a handler runs: event ids are derived from the handled event, so
    /// that a second run of the same handler makes the same ids.
    pub(crate) derive_from: Option<(String, Uuid)>,
    /// What every commit under this context must achieve besides.
    pub(crate) guard: Option<(&'static str, Statement)>,
}

impl Context {
    /// A person's request; `correlation` is usually the request id.
    pub fn of_actor(actor: Uuid, correlation: Uuid) -> Self {
        Self {
            actor: Some(actor),
            ..Self::anonymous(correlation)
        }
    }

    /// A part of the system acts by itself; `name` is kept in the metadata.
    pub fn of_system(name: &str, correlation: Uuid) -> Self {
        let mut context = Self::anonymous(correlation);
        context.metadata.insert("system_actor".into(), name.into());
        context
    }

    /// Nobody is known yet, as at sign-up.
    pub fn anonymous(correlation: Uuid) -> Self {
        Self {
            actor: None,
            workspace: None,
            correlation,
            causation: None,
            trace: None,
            metadata: Map::new(),
            derive_from: None,
            guard: None,
        }
    }

    /// Each commit under this context also runs the statement, which must change
    /// exactly one row; else nothing of the commit happens and the command is a
    /// conflict. So a caller can note in the same commit that a command was done.
    #[must_use]
    pub fn guarded_by(mut self, tag: &'static str, statement: Statement) -> Self {
        self.guard = Some((tag, statement));
        self
    }

    /// The context of what a handler of `envelope` does: same actor, workspace and
    /// correlation, caused by the event. Ids of events recorded under it are derived
    /// from the cause, so that a command that a handler issues once more after a
    /// crash is recognised and not done twice.
    pub fn caused_by(envelope: &Envelope, subscription: &str) -> Self {
        let mut metadata: Map<String, Value> = serde_json::from_str(&envelope.metadata).unwrap_or_default();
        metadata.insert("handler".into(), subscription.into());
        Self {
            actor: envelope.actor_id,
            workspace: envelope.workspace_id,
            correlation: envelope.correlation_id,
            causation: Some(envelope.event_id),
            trace: envelope.trace.clone(),
            metadata,
            derive_from: Some((subscription.to_owned(), envelope.event_id)),
            guard: None,
        }
    }

    /// Adds a metadata entry.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.metadata.insert(key.into(), value.into());
        self
    }

    /// Sets the workspace.
    #[must_use]
    pub fn in_workspace(mut self, workspace: Option<Uuid>) -> Self {
        self.workspace = workspace;
        self
    }
}

/// The id of the `ordinal`-th thing that `scope` (a subscription) makes because
/// of `cause`, named `what` and belonging to `whose`: a valid UUIDv7 with the
/// cause's time, the rest a hash of all five.
pub(crate) fn derived_id(scope: &str, cause: Uuid, ordinal: usize, what: &str, whose: Uuid) -> Uuid {
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    let parts = scope
        .bytes()
        .chain([0])
        .chain(cause.into_bytes())
        .chain(ordinal.to_le_bytes());
    let bytes = parts.chain(what.bytes()).chain([0]).chain(whose.into_bytes());
    for byte in bytes {
        hash ^= u128::from(byte);
        hash = hash.wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    }
    let time = cause.as_u128() & 0xffff_ffff_ffff_0000_0000_0000_0000_0000;
    let random = hash & 0x0000_0000_0000_0fff_3fff_ffff_ffff_ffff;
    Uuid::from_u128(time | 0x0000_0000_0000_7000_8000_0000_0000_0000 | random)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_ids_are_stable_distinct_and_version_7() {
        let cause = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001);
        let whose = Uuid::from_u128(7);
        let first = derived_id("a", cause, 0, "t", whose);
        assert_eq!(first, derived_id("a", cause, 0, "t", whose));
        assert_ne!(first, derived_id("a", cause, 1, "t", whose));
        assert_ne!(first, derived_id("b", cause, 0, "t", whose));
        assert_ne!(first, derived_id("a", cause, 0, "u", whose));
        assert_ne!(first, derived_id("a", cause, 0, "t", cause));
        assert_eq!(first.get_version_num(), 7);
    }
}
