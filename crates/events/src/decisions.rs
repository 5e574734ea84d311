//! Events of the decisions context. The list is closed; every payload names its
//! session. Previews, titles and scores are confidential: they are in payloads,
//! never in logs.

use althing_backbone::{DomainEvent, JsonSchema, Timestamp, Uuid};
use serde::{Deserialize, Serialize};

use crate::{ComponentId, ConversationId, CycleId, MessageId, OutcomeId, SessionId, ShareLinkId, UserId};

/// One macro, so that each event says only what is its own: the attributes, the
/// derives and the topic `events:session:{id}` are the same for all.
macro_rules! events {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident = $type:literal of $aggregate:literal by $key:ident {
            $( $(#[$attribute:meta])* $field:ident: $kind:ty ),* $(,)?
        }
    )+) => {$(
        events!(@one $(#[doc = $doc])+ $name $type $aggregate $key { $( $(#[$attribute])* $field: $kind ),* });
    )+};
    (@one $(#[doc = $doc:literal])+ $name:ident $type:literal $aggregate:literal session_id { $( $(#[$attribute:meta])* $field:ident: $kind:ty ),* }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
        #[event(type = $type, version = 1, context = "decisions", aggregate = $aggregate)]
        pub struct $name {
            /// The session.
            #[event(aggregate_id, topic = "session")]
            pub session_id: SessionId,
            $( $(#[$attribute])* pub $field: $kind, )*
        }
    };
    (@one $(#[doc = $doc:literal])+ $name:ident $type:literal $aggregate:literal cycle_id { $( $(#[$attribute:meta])* $field:ident: $kind:ty ),* }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
        #[event(type = $type, version = 1, context = "decisions", aggregate = $aggregate)]
        pub struct $name {
            /// The session.
            #[event(topic = "session")]
            pub session_id: SessionId,
            /// The cycle.
            #[event(aggregate_id)]
            pub cycle_id: CycleId,
            $( $(#[$attribute])* pub $field: $kind, )*
        }
    };
    (@one $(#[doc = $doc:literal])+ $name:ident $type:literal $aggregate:literal conversation_id { $( $(#[$attribute:meta])* $field:ident: $kind:ty ),* }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
        #[event(type = $type, version = 1, context = "decisions", aggregate = $aggregate)]
        pub struct $name {
            /// The session.
            #[event(topic = "session")]
            pub session_id: SessionId,
            /// The conversation.
            #[event(aggregate_id)]
            pub conversation_id: ConversationId,
            $( $(#[$attribute])* pub $field: $kind, )*
        }
    };
}

events! {
    /// A decision session was begun.
    SessionCreated = "session.created" of "Session" by session_id {
        user_id: UserId,
        title: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<String>,
        created_at: Timestamp,
    }
    /// A session was archived; it is read-only from now on.
    SessionArchived = "session.archived" of "Session" by session_id {
        user_id: UserId,
        archived_at: Timestamp,
    }
    /// A session got another title.
    SessionRenamed = "session.renamed" of "Session" by session_id {
        user_id: UserId,
        old_title: String,
        new_title: String,
        renamed_at: Timestamp,
    }
    /// A session's description was changed.
    SessionDescribed = "session.described" of "Session" by session_id {
        user_id: UserId,
        old: Option<String>,
        new: Option<String>,
        updated_at: Timestamp,
    }
    /// It was recorded how a decision turned out.
    SessionOutcomeRecorded = "session.outcome_recorded" of "Session" by session_id {
        user_id: UserId,
        cycle_id: CycleId,
        outcome_id: OutcomeId,
        satisfaction: String,
        would_decide_same: bool,
        recorded_at: Timestamp,
    }
    /// A link was made that shows the session to people without an account.
    ShareLinkCreated = "share_link.created" of "Session" by session_id {
        share_link_id: ShareLinkId,
        user_id: UserId,
        scope: String,
        expires_at: Timestamp,
        created_at: Timestamp,
    }
    /// A share link was revoked.
    ShareLinkRevoked = "share_link.revoked" of "Session" by session_id {
        share_link_id: ShareLinkId,
        user_id: UserId,
        revoked_at: Timestamp,
    }
    /// A root cycle was begun.
    CycleCreated = "cycle.created" of "Cycle" by cycle_id {
        parent_cycle_id: Option<CycleId>,
        created_at: Timestamp,
    }
    /// A cycle was made from another one, to explore "what if".
    CycleBranched = "cycle.branched" of "Cycle" by cycle_id {
        parent_cycle_id: CycleId,
        branch_point: String,
        branched_at: Timestamp,
        inherited_components: Vec<String>,
    }
    /// The current step of a cycle changed.
    CycleNavigated = "cycle.navigated" of "Cycle" by cycle_id {
        from: String,
        to: String,
        navigated_at: Timestamp,
    }
    /// A cycle was archived.
    CycleArchived = "cycle.archived" of "Cycle" by cycle_id {
        archived_at: Timestamp,
    }
    /// A cycle was finished.
    CycleCompleted = "cycle.completed" of "Cycle" by cycle_id {
        dq_score: Option<u8>,
        completed_at: Timestamp,
    }
    /// Work on a component began.
    ComponentStarted = "component.started" of "Cycle" by cycle_id {
        component_id: ComponentId,
        component_type: String,
        started_at: Timestamp,
    }
    /// A component's output was replaced by a newer version.
    ComponentOutputUpdated = "component.output_updated" of "Cycle" by cycle_id {
        component_id: ComponentId,
        component_type: String,
        output_summary: String,
        updated_at: Timestamp,
        version: i64,
        source: String,
    }
    /// A component was completed.
    ComponentCompleted = "component.completed" of "Cycle" by cycle_id {
        component_id: ComponentId,
        component_type: String,
        completed_at: Timestamp,
        progress: Progress,
    }
    /// A component has to be worked on again.
    ComponentMarkedForRevision = "component.marked_for_revision" of "Cycle" by cycle_id {
        component_id: ComponentId,
        component_type: String,
        reason: String,
        marked_at: Timestamp,
    }
    /// A component got its conversation.
    ConversationStarted = "conversation.started" of "Conversation" by conversation_id {
        component_id: ComponentId,
        component_type: String,
        started_at: Timestamp,
        cycle_id: CycleId,
    }
    /// A message was stored: the user's, or a complete reply.
    MessageSent = "message.sent" of "Conversation" by conversation_id {
        message_id: MessageId,
        role: String,
        content_preview: String,
        sent_at: Timestamp,
    }
    /// Items were taken from a conversation into its draft.
    ConversationDataExtracted = "conversation.data_extracted" of "Conversation" by conversation_id {
        component_id: ComponentId,
        component_type: String,
        extraction_summary: String,
        extracted_at: Timestamp,
        item_count: u32,
    }
    /// A conversation ended with its component.
    ConversationCompleted = "conversation.completed" of "Conversation" by conversation_id {
        component_id: ComponentId,
        component_type: String,
        cycle_id: CycleId,
        total_messages: u32,
        total_tokens: u32,
        ended_at: Timestamp,
    }
    /// The totals of a completed rating table.
    PughScoresComputed = "pugh_scores.computed" of "Cycle" by cycle_id {
        scores: Scores,
        dominated_count: u32,
        computed_at: Timestamp,
        dominated: Vec<Uuid>,
        irrelevant: Vec<Uuid>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        best: Option<Uuid>,
    }
    /// The tensions of a completed rating table.
    TradeoffsAnalyzed = "tradeoffs.analyzed" of "Cycle" by cycle_id {
        viable_count: u32,
        dominated_count: u32,
        irrelevant_count: u32,
        tensions: Vec<TensionCounts>,
        computed_at: Timestamp,
    }
    /// The quality of a decision, as its makers judge it.
    DqScoresComputed = "dq_scores.computed" of "Cycle" by cycle_id {
        element_scores: Vec<(String, u8)>,
        overall_score: u8,
        computed_at: Timestamp,
        weakest: String,
        suggestions: Vec<String>,
    }
}

/// Totals by alternative, in the order of the table; a JSON object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scores(pub Vec<(Uuid, i64)>);

impl Serialize for Scores {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(id, score)| (id, score)))
    }
}

impl<'de> Deserialize<'de> for Scores {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> serde::de::Visitor<'de> for InOrder {
            type Value = Scores;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object from alternative to total")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Scores, A::Error> {
                let mut scores = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    scores.push(entry);
                }
                Ok(Scores(scores))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

impl JsonSchema for Scores {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Scores".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "object", "additionalProperties": { "type": "integer" } })
    }
}

/// How far a cycle is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Progress {
    /// Components that are complete.
    pub completed: u8,
    /// Nine.
    pub total: u8,
    /// `floor(100 · completed / 9)`.
    pub percent: u8,
    /// The component at which people work.
    pub current_step: String,
}

/// How many objectives an alternative wins and loses on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct TensionCounts {
    /// The alternative.
    pub alternative_id: Uuid,
    /// Objectives on which it beats another viable one.
    pub gains_count: u32,
    /// Objectives on which it is beaten.
    pub losses_count: u32,
    /// Its total.
    pub net_score: i64,
}
