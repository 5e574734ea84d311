//! The record of everything that happened, as an operator reads it beside the running server.

use std::collections::HashMap;

use althing_testkit::TestApp;
use serde_json::Value;

use crate::office::text;

/// All events in the order of their positions.
pub struct Record(pub Vec<Value>);

impl Record {
    pub async fn read(app: &TestApp) -> Self {
        let arguments = ["events", "history", "--json", "--payload", "--limit", "100000"];
        let output = app.command(&arguments).await;
        assert!(output.ok, "{}", output.stderr);
        Self(output.lines())
    }

    /// Positions without gaps, each aggregate's numbers without gaps, and causes that
    /// stand earlier and belong to the same request.
    pub fn assert_sound(&self) {
        let mut last_of: HashMap<String, i64> = HashMap::new();
        let mut correlation_of: HashMap<String, Value> = HashMap::new();
        for (place, event) in self.0.iter().enumerate() {
            assert_eq!(event["position"], place + 1, "{event}");
            let aggregate = format!("{}/{}", event["aggregate_type"], event["aggregate_id"]);
            let last = last_of.entry(aggregate).or_default();
            *last += 1;
            assert_eq!(event["aggregate_seq"], *last, "{event}");
            if let Some(cause) = event["causation_id"].as_str() {
                let correlation = correlation_of.get(cause);
                assert_eq!(
                    correlation,
                    Some(&event["correlation_id"]),
                    "its cause is earlier and of one request: {event}"
                );
            }
            correlation_of.insert(text(&event["event_id"]), event["correlation_id"].clone());
        }
    }

    pub fn of_session(&self, session: &str) -> Vec<&Value> {
        self.0
            .iter()
            .filter(|event| event["data"]["session_id"] == session)
            .collect()
    }

    /// What happened to one component: its own events and those of its conversation.
    pub fn of_component(&self, component: &str) -> Vec<&Value> {
        let conversation = self.0.iter().find_map(|event| {
            let is_its =
                event["event_type"] == "conversation.started" && event["data"]["component_id"] == component;
            is_its.then(|| event["data"]["conversation_id"].clone())
        });
        let is_its = |event: &&Value| {
            let data = &event["data"];
            data["component_id"] == component
                || conversation
                    .as_ref()
                    .is_some_and(|id| data["conversation_id"] == *id)
        };
        self.0.iter().filter(is_its).collect()
    }

    /// The event that another one names as its cause.
    pub fn cause_of(&self, event: &Value) -> Option<&Value> {
        let cause = event["causation_id"].as_str()?;
        self.0.iter().find(|one| one["event_id"] == cause)
    }

    pub fn of_type(&self, event_type: &str) -> Vec<&Value> {
        self.0
            .iter()
            .filter(|event| event["event_type"] == event_type)
            .collect()
    }
}

/// The types, in order.
pub fn types<'a>(events: &[&'a Value]) -> Vec<&'a str> {
    events
        .iter()
        .map(|event| event["event_type"].as_str().expect("a type"))
        .collect()
}
