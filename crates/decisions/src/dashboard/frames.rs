//! Which frame an event becomes, and where in a session it belongs.

use althing_backbone::DomainEvent;
use althing_events::decisions::{
    ComponentCompleted, ComponentMarkedForRevision, ComponentOutputUpdated, ComponentStarted,
    ConversationCompleted, ConversationDataExtracted, ConversationStarted, CycleArchived, CycleBranched,
    CycleCompleted, CycleCreated, CycleNavigated, DqScoresComputed, MessageSent, PughScoresComputed,
    SessionArchived, SessionCreated, SessionDescribed, SessionOutcomeRecorded, SessionRenamed,
    TradeoffsAnalyzed,
};
use althing_events::{ComponentId, ConversationId, CycleId, SessionId, UserId};
use serde_json::{Map, Value, json};

/// An event that people see on the live channel.
pub(super) trait LiveEvent: DomainEvent {
    fn session(&self) -> SessionId;

    fn cycle(&self) -> Option<CycleId> {
        None
    }

    fn component(&self) -> Option<&str> {
        None
    }

    fn conversation(&self) -> Option<ConversationId> {
        None
    }

    /// What exists from this event on.
    fn begins(&self) -> Begins {
        Begins::Nothing
    }

    /// The frame's `data`: the payload in camelCase.
    fn data(&self) -> serde_json::Result<Value> {
        Ok(camel_case(serde_json::to_value(self)?))
    }
}

/// What an event brings into being.
pub(super) enum Begins {
    Nothing,
    Session { owner: UserId },
    Cycle { parent: Option<CycleId> },
    Conversation { component: ComponentId },
}

macro_rules! live {
    ($event:ident: $($has:ident)*) => {
        impl LiveEvent for $event {
            fn session(&self) -> SessionId {
                self.session_id
            }
            $(live!(@ $has);)*
        }
    };
    (@ cycle) => {
        fn cycle(&self) -> Option<CycleId> {
            Some(self.cycle_id)
        }
    };
    (@ component) => {
        fn component(&self) -> Option<&str> {
            Some(&self.component_type)
        }
    };
    (@ conversation) => {
        fn conversation(&self) -> Option<ConversationId> {
            Some(self.conversation_id)
        }
    };
    (@ begins_session) => {
        fn begins(&self) -> Begins {
            Begins::Session { owner: self.user_id }
        }
    };
    (@ begins_root) => {
        fn begins(&self) -> Begins {
            Begins::Cycle { parent: self.parent_cycle_id }
        }
    };
    (@ begins_branch) => {
        fn begins(&self) -> Begins {
            Begins::Cycle { parent: Some(self.parent_cycle_id) }
        }
    };
    (@ begins_conversation) => {
        fn begins(&self) -> Begins {
            Begins::Conversation { component: self.component_id }
        }
    };
}

live!(SessionCreated: begins_session);
live!(SessionArchived:);
live!(SessionRenamed:);
live!(SessionDescribed:);
live!(CycleCreated: cycle begins_root);
live!(CycleBranched: cycle begins_branch);
live!(CycleNavigated: cycle);
live!(CycleArchived: cycle);
live!(CycleCompleted: cycle);
live!(ComponentStarted: cycle component);
live!(ComponentOutputUpdated: cycle component);
live!(ComponentCompleted: cycle component);
live!(ComponentMarkedForRevision: cycle component);
live!(ConversationStarted: cycle component conversation begins_conversation);
live!(MessageSent: conversation);
live!(ConversationDataExtracted: component conversation);
live!(ConversationCompleted: cycle component conversation);
live!(PughScoresComputed: cycle);
live!(TradeoffsAnalyzed: cycle);
live!(DqScoresComputed: cycle);

/// How it turned out is for the outcome's own page; the frame says only that there is one.
impl LiveEvent for SessionOutcomeRecorded {
    fn session(&self) -> SessionId {
        self.session_id
    }

    fn cycle(&self) -> Option<CycleId> {
        Some(self.cycle_id)
    }

    fn data(&self) -> serde_json::Result<Value> {
        Ok(json!({ "sessionId": self.session_id, "cycleId": self.cycle_id, "recordedAt": self.recorded_at }))
    }
}

/// The names of all fields in camelCase, at every depth; their order stays. Ids as keys have no underscores.
pub(super) fn camel_case(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(name, value)| (camel(&name), camel_case(value)))
                .collect::<Map<_, _>>(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(camel_case).collect()),
        other => other,
    }
}

fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

#[cfg(test)]
mod tests {
    use althing_backbone::{Timestamp, Uuid};
    use althing_events::OutcomeId;
    use althing_events::decisions::{Progress, Scores};

    use super::*;

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    #[test]
    fn payloads_are_in_camel_case_and_ids_as_keys_stay() {
        let event = PughScoresComputed {
            session_id: SessionId(id(1)),
            cycle_id: CycleId(id(2)),
            scores: Scores(vec![(id(9), 3), (id(8), -1)]),
            dominated_count: 0,
            computed_at: Timestamp::from_micros(0),
            dominated: vec![],
            irrelevant: vec![],
            best: Some(id(9)),
        };
        assert_eq!(
            event.data().unwrap().to_string(),
            format!(
                r#"{{"sessionId":"{}","cycleId":"{}","scores":{{"{}":3,"{}":-1}},"dominatedCount":0,"computedAt":"1970-01-01T00:00:00.000000Z","dominated":[],"irrelevant":[],"best":"{}"}}"#,
                id(1),
                id(2),
                id(9),
                id(8),
                id(9)
            )
        );
    }

    #[test]
    fn progress_is_camel_cased_inside() {
        let event = ComponentCompleted {
            session_id: SessionId(id(1)),
            cycle_id: CycleId(id(2)),
            component_id: ComponentId(id(3)),
            component_type: "objectives".into(),
            completed_at: Timestamp::from_micros(0),
            progress: Progress {
                completed: 3,
                total: 9,
                percent: 33,
                current_step: "alternatives".into(),
            },
        };
        let data = event.data().unwrap();
        let wanted = json!({ "completed": 3, "total": 9, "percent": 33, "currentStep": "alternatives" });
        assert_eq!(data["progress"], wanted);
        assert_eq!(data["componentType"], "objectives");
    }

    #[test]
    fn an_outcome_shows_only_that_it_was_recorded() {
        let event = SessionOutcomeRecorded {
            session_id: SessionId(id(1)),
            user_id: UserId(id(2)),
            cycle_id: CycleId(id(3)),
            outcome_id: OutcomeId(id(4)),
            satisfaction: "satisfied".into(),
            would_decide_same: true,
            recorded_at: Timestamp::from_micros(0),
        };
        let data = event.data().unwrap();
        let names: Vec<&str> = data.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["sessionId", "cycleId", "recordedAt"]);
    }
}
