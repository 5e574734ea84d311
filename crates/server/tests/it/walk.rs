//! A walk through a decision over HTTP: one person, one cycle, the calls that a page makes.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU32, Ordering};

use althing_testkit::{Client, Reply};
use serde_json::{Value, json};

use crate::office::{components_of, made, text};

/// Somebody's cycle.
#[derive(Clone)]
pub struct Walk {
    pub client: Client,
    pub session: String,
    pub cycle: String,
    pub components: BTreeMap<String, String>,
}

impl Walk {
    /// A session with an empty cycle.
    pub async fn begin(client: &Client, title: &str) -> Self {
        let session = made(client.post("/api/sessions", json!({"title": title})).await, 201);
        let path = format!("/api/sessions/{}/cycles", text(&session["id"]));
        let cycle = made(client.post(&path, json!({})).await, 201);
        Self::on(client, &cycle)
    }

    /// A cycle that was answered as a whole.
    pub fn on(client: &Client, cycle: &Value) -> Self {
        Self {
            client: client.clone(),
            session: text(&cycle["session_id"]),
            cycle: text(&cycle["id"]),
            components: components_of(cycle),
        }
    }

    /// A branch of this cycle at a step.
    pub async fn branch(&self, point: &str, label: &str) -> Self {
        let body = json!({"branch_point": point, "label": label});
        Self::on(&self.client, &made(self.post("branch", body).await, 201))
    }

    /// The id of a step's component.
    pub fn component(&self, step: &str) -> &str {
        &self.components[step]
    }

    /// POST to the cycle's own address.
    pub async fn post(&self, rest: &str, body: Value) -> Reply {
        self.client
            .post(&format!("/api/cycles/{}/{rest}", self.cycle), body)
            .await
    }

    /// What stands at the cycle's own address.
    pub async fn read(&self, rest: &str) -> Value {
        made(
            self.client
                .get(&format!("/api/cycles/{}{rest}", self.cycle))
                .await,
            200,
        )
    }

    /// What stands at the session's own address.
    pub async fn of_session(&self, rest: &str) -> Value {
        made(
            self.client
                .get(&format!("/api/sessions/{}{rest}", self.session))
                .await,
            200,
        )
    }

    pub async fn step(&self, step: &str) -> Value {
        self.read(&format!("/components/{step}")).await
    }

    pub async fn start(&self, step: &str) -> Value {
        made(
            self.post(&format!("components/{step}/start"), json!({})).await,
            200,
        )
    }

    /// Saves an output upon whatever version there is.
    pub async fn save(&self, step: &str, output: Value) -> Reply {
        let version = self.step(step).await["version"].clone();
        let path = format!("/api/cycles/{}/components/{step}", self.cycle);
        self.client
            .put(&path, json!({"output": output, "expected_version": version}))
            .await
    }

    pub async fn complete(&self, step: &str) -> Reply {
        self.post(&format!("components/{step}/complete"), json!({})).await
    }

    /// Starts a step, saves its output and completes it; answers the component.
    pub async fn fill(&self, step: &str, output: Value) -> Value {
        self.start(step).await;
        made(self.save(step, output).await, 200);
        made(self.complete(step).await, 200)
    }

    /// The overview of this cycle.
    pub async fn dashboard(&self) -> Value {
        self.of_session(&format!("/dashboard?cycleId={}", self.cycle))
            .await
    }

    /// All outputs in the order of the steps.
    pub async fn outputs(&self) -> Vec<Value> {
        let cycle = self.read("").await;
        let all = cycle["components"].as_array().expect("a whole cycle");
        all.iter().map(|one| one["output"].clone()).collect()
    }
}

/// A new id; no two are alike within a run of the tests.
pub fn new_id() -> String {
    static LAST: AtomicU32 = AtomicU32::new(0);
    format!(
        "0193c000-0000-7000-8000-{:012x}",
        LAST.fetch_add(1, Ordering::Relaxed) + 1
    )
}

/// Puts numbers in the place of ids, in the order of their appearance, over several values.
#[derive(Default)]
pub struct Numbers(HashMap<String, usize>);

impl Numbers {
    pub fn number(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(items) => items.iter().map(|item| self.number(item)).collect(),
            Value::Object(fields) => Value::Object(
                fields
                    .iter()
                    .map(|(key, value)| (self.text(key), self.number(value)))
                    .collect(),
            ),
            other => other.clone(),
        }
    }

    fn text(&mut self, text: &str) -> String {
        let parts: Vec<String> = text
            .split(':')
            .map(|part| {
                if is_id(part) {
                    self.of(part)
                } else {
                    part.to_owned()
                }
            })
            .collect();
        parts.join(":")
    }

    fn of(&mut self, id: &str) -> String {
        let next = self.0.len() + 1;
        format!("#{}", self.0.entry(id.to_owned()).or_insert(next))
    }
}

fn is_id(text: &str) -> bool {
    text.len() == 36
        && text
            .chars()
            .all(|letter| letter == '-' || letter.is_ascii_hexdigit())
}
