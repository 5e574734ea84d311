//! What other modules may know of a conversation: its draft.

use althing_backbone::{Query, Uuid, sql};
use althing_events::{ComponentId, DraftId};
use serde_json::Value;

use crate::error::Result;
use crate::outputs::{ComponentType, DraftItem};

/// Proposed content that nobody has confirmed.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    pub id: DraftId,
    pub component_id: ComponentId,
    pub component_type: ComponentType,
    pub base_version: i64,
    pub items: Vec<DraftItem>,
    pub updated_at: althing_backbone::Timestamp,
}

/// The component's draft, if there is one.
pub async fn draft_of(on: &impl Query, component: ComponentId) -> Result<Option<Draft>> {
    let row: Option<(Uuid, String, i64, Value, althing_backbone::Timestamp)> =
        sql("SELECT id, component_type, base_version, items, updated_at FROM conversation_draft WHERE component_id = $1")
            .bind(component)
            .optional(on)
            .await?;
    Ok(row.and_then(|(id, kind, base_version, items, updated_at)| {
        Some(Draft {
            id: DraftId(id),
            component_id: component,
            component_type: ComponentType::parse(&kind)?,
            base_version,
            items: serde_json::from_value(items).ok()?,
            updated_at,
        })
    }))
}

/// Whether a proposal waits for somebody's word.
pub async fn has_pending_draft(on: &impl Query, component: ComponentId) -> Result<bool> {
    let found: Option<i64> = sql("SELECT 1 FROM conversation_draft WHERE component_id = $1")
        .bind(component)
        .optional(on)
        .await?;
    Ok(found.is_some())
}
