//! State that commands decide upon: one JSON document with a version.

use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// A consistency boundary. Its document is saved with the events that changed it,
/// where the version is still the one that was loaded.
pub trait Aggregate: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The kind under which it is stored.
    const KIND: &'static str;

    /// Its id.
    fn id(&self) -> Uuid;

    /// The workspace it belongs to.
    fn workspace_id(&self) -> Option<Uuid> {
        None
    }
}
