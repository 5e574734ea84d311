//! Bad input, everywhere: a clear problem (status, code, place), and nothing changed.

mod bodies;
mod files;
mod hostile;
mod limits;
mod outputs;
mod people;
mod random;
mod requests;
mod secrets;
mod sockets;

use althing_testkit::{Client, Reply, TestApp};
use serde_json::{Value, json};

use crate::app;
use crate::office::{Decision, settled};

/// What a request is expected to be refused with: status, code, and the place of the fault.
type Refusal = (u16, &'static str, Option<String>);

fn refusal(status: u16, code: &'static str, place: &str) -> Refusal {
    (status, code, Some(place.to_owned()))
}

/// Without a place.
fn plain(status: u16, code: &'static str) -> Refusal {
    (status, code, None)
}

/// A server with a decision, and everything that went otherwise than expected.
struct Trial {
    app: TestApp,
    decision: Decision,
    before: Value,
    head: i64,
    faults: Vec<String>,
    tried: usize,
}

impl Trial {
    /// A decision whose steps are complete up to and including `last`.
    async fn after(last: &str) -> Self {
        let app = app().await;
        let decision = Decision::up_to(app.owner(), "Which office?", 7, last).await;
        Self::of(app, decision).await
    }

    async fn of(app: TestApp, decision: Decision) -> Self {
        let mut trial = Self {
            app,
            decision,
            before: Value::Null,
            head: 0,
            faults: Vec::new(),
            tried: 0,
        };
        trial.now_is_before().await;
        trial
    }

    /// What is there from now on must stay as it is.
    async fn now_is_before(&mut self) {
        self.head = settled(self.app.owner()).await;
        self.before = self.decision.export(self.app.owner()).await;
    }

    fn client(&self) -> &Client {
        self.app.owner()
    }

    /// The request is refused like this, and the log has not grown.
    async fn refused(&mut self, method: &str, path: &str, body: Value, expected: Refusal) {
        let what = format!("{method} {path} {}", excerpt(&body.to_string()));
        let reply = self
            .client()
            .send(method, path, &[], Some(body.to_string().into_bytes()))
            .await;
        self.judge(&what, &reply, &expected).await;
    }

    /// The same for any bytes and headers.
    async fn refused_raw(
        &mut self,
        request: (&str, &str),
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
        expected: Refusal,
    ) {
        let shown = body
            .map(|body| excerpt(&String::from_utf8_lossy(body)))
            .unwrap_or_default();
        let what = format!("{} {} {headers:?} {shown}", request.0, request.1);
        let reply = self
            .client()
            .send(request.0, request.1, headers, body.map(<[u8]>::to_vec))
            .await;
        self.judge(&what, &reply, &expected).await;
    }

    async fn judge(&mut self, what: &str, reply: &Reply, (status, code, place): &Refusal) {
        self.tried += 1;
        let places: Vec<&str> = reply.body["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|error| error["field"].as_str())
            .collect();
        let mut found = Vec::new();
        let mut fault = |text: String| found.push(format!("{what}: {text}"));
        if reply.refusal() != (*status, *code) {
            fault(format!(
                "expected {status} {code}, got {} {}",
                reply.status,
                excerpt(&reply.text)
            ));
        } else if place
            .as_ref()
            .is_some_and(|place| !places.contains(&place.as_str()))
        {
            fault(format!(
                "expected a fault at {:?}, got {places:?}",
                place.as_deref().unwrap_or_default()
            ));
        } else if reply.header("content-type") != "application/problem+json"
            || reply.body["request_id"].is_null()
        {
            fault(format!("is no whole problem: {}", reply.text));
        }
        let head = self.head().await;
        if head != self.head {
            fault(format!("the log grew from {} to {head}", self.head));
            self.head = head;
        }
        self.faults.extend(found);
    }

    /// The request is accepted with this status; what it changed is the new normal.
    async fn accepted(&mut self, method: &str, path: &str, body: Value, status: u16) -> Value {
        let reply = self
            .client()
            .send(method, path, &[], Some(body.to_string().into_bytes()))
            .await;
        if reply.status != status {
            let what = excerpt(&body.to_string());
            self.faults.push(format!(
                "{method} {path} {what}: expected {status}, got {} {}",
                reply.status,
                excerpt(&reply.text)
            ));
        }
        self.now_is_before().await;
        reply.data().clone()
    }

    async fn head(&self) -> i64 {
        let list = self.app.owner().get("/api/admin/subscriptions").await;
        list.data()[0]["head"].as_i64().expect("a position")
    }

    /// Nothing went otherwise, nothing changed, nothing panicked.
    async fn done(self) {
        assert!(
            self.faults.is_empty(),
            "{} of {} went wrong:\n{}",
            self.faults.len(),
            self.tried,
            self.faults.join("\n")
        );
        let after = self.decision.export(self.app.owner()).await;
        assert!(after == self.before, "the decision changed: {after:#}");
        assert_healthy(&self.app);
    }
}

fn assert_healthy(app: &TestApp) {
    let log = app.log();
    let bad: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("panicked") || line.contains("request failed"))
        .collect();
    assert!(bad.is_empty(), "{bad:#?}");
}

/// Short enough to print.
fn excerpt(text: &str) -> String {
    let short: String = text.chars().take(300).collect();
    if short.len() < text.len() {
        format!("{short}… ({} bytes)", text.len())
    } else {
        short
    }
}

/// The value with something else at a JSON pointer.
fn with(mut value: Value, pointer: &str, new: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer into the value");
    match value
        .pointer_mut(parent)
        .unwrap_or_else(|| panic!("there is no {parent}"))
    {
        Value::Object(fields) => drop(fields.insert(key.replace("~1", "/"), new)),
        Value::Array(items) if key == "-" => items.push(new),
        Value::Array(items) => items[key.parse::<usize>().expect("an index")] = new,
        _ => panic!("{parent} holds nothing"),
    }
    value
}

/// Pointers of everything inside a value that passes, the value itself first.
fn places(value: &Value, wanted: &dyn Fn(&Value) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    visit(value, String::new(), &mut |pointer, value| {
        if wanted(value) {
            found.push(pointer.to_owned());
        }
    });
    found
}

fn visit(value: &Value, pointer: String, see: &mut impl FnMut(&str, &Value)) {
    see(&pointer, value);
    match value {
        Value::Object(fields) => {
            for (key, field) in fields {
                visit(
                    field,
                    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1")),
                    see,
                );
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                visit(item, format!("{pointer}/{index}"), see);
            }
        }
        _ => {}
    }
}

/// A put of an output upon version 1 or any other.
fn put(output: Value, version: impl Into<Value>) -> Value {
    json!({"output": output, "expected_version": version.into()})
}
