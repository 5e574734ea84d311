//! A person at the keyboard, for tests: says things, confirms drafts, completes components.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{GuideContext, GuideReply, GuideState, finish, opening, respond};
use crate::outputs::{ComponentType, Output, Outputs, References, apply, validate_partial, validate_strict};

pub struct Talk {
    pub outputs: Outputs,
    pub component: ComponentType,
    pub content: Value,
    pub state: GuideState,
    next_id: u128,
}

impl Talk {
    pub fn about(component: ComponentType, outputs: Outputs) -> Self {
        Self {
            outputs,
            component,
            content: Value::Null,
            state: GuideState::default(),
            next_id: 1_000,
        }
    }

    pub fn opening(&self) -> String {
        opening(&GuideContext {
            component: self.component,
            content: &self.content,
            outputs: &self.outputs,
        })
    }

    /// Says something; the draft items are applied at once.
    pub fn say(&mut self, text: &str) -> GuideReply {
        let context = GuideContext {
            component: self.component,
            content: &self.content,
            outputs: &self.outputs,
        };
        let reply = respond(&context, &self.state, text, &mut ids(&mut self.next_id));
        self.take(reply)
    }

    pub fn that_is_all(&mut self) -> GuideReply {
        let context = GuideContext {
            component: self.component,
            content: &self.content,
            outputs: &self.outputs,
        };
        let reply = finish(&context, &self.state, &mut ids(&mut self.next_id));
        self.take(reply)
    }

    fn take(&mut self, reply: GuideReply) -> GuideReply {
        self.content = apply(&self.content, &reply.draft_items).unwrap();
        let references = References::of(&self.outputs);
        validate_partial(self.component, &self.content, &references).unwrap();
        let stored = serde_json::to_value(&reply.state).unwrap();
        self.state = serde_json::from_value(stored).unwrap();
        reply
    }

    /// Confirms the draft, completes the component and goes on to another.
    pub fn complete(&mut self, next: ComponentType) -> Value {
        let references = References::of(&self.outputs);
        let output = validate_strict(self.component, &self.content, &references)
            .unwrap_or_else(|errors| panic!("{}: {errors:?}", self.component));
        let stored = output.to_value();
        assert_eq!(Output::load(self.component, &stored).unwrap().to_value(), stored);
        self.outputs.insert(output);
        self.component = next;
        self.content = Value::Null;
        self.state = GuideState::default();
        stored
    }
}

fn ids(next: &mut u128) -> impl FnMut() -> Uuid {
    || {
        *next += 1;
        Uuid::from_u128(*next)
    }
}

/// A cycle with one objective list and one list of alternatives, the first of which is the status quo.
pub fn cycle(objectives: &[&str], alternatives: &[&str]) -> Outputs {
    let id = |base: u128, place: usize| Uuid::from_u128(base + place as u128);
    let rows: Vec<Value> = objectives
        .iter()
        .enumerate()
        .map(|(place, name)| json!({ "id": id(100, place), "name": name }))
        .collect();
    let columns: Vec<Value> = alternatives
        .iter()
        .enumerate()
        .map(|(place, name)| json!({ "id": id(200, place), "name": name, "is_status_quo": place == 0, "assumptions": [] }))
        .collect();
    let load = |component, value: Value| Output::load(component, &value).unwrap();
    Outputs::from_iter([
        load(
            ComponentType::Objectives,
            json!({ "fundamental_objectives": rows, "means_objectives": [] }),
        ),
        load(
            ComponentType::Alternatives,
            json!({ "alternatives": columns, "status_quo_id": id(200, 0) }),
        ),
    ])
}
