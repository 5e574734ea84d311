//! An open page: what it shows is the first state with every later frame applied.
//!
//! Frames carry statuses, versions, titles, scores and progress, which are set from
//! them alone. What an output says is not in its frame; a page reads it again when a
//! frame tells that an output changed.

use althing_testkit::{Client, Socket};
use serde_json::{Value, json};

use crate::office::{made, settled, text};

/// Fields that say what outputs say; they are read again.
const CONTENT: [&str; 9] = [
    "decisionStatement",
    "objectives",
    "alternatives",
    "consequencesTable",
    "totals",
    "recommendation",
    "dqScore",
    "dqElements",
    "dqWeakest",
];

/// Which components are worked out from which.
fn inputs_of(component: &str) -> &'static [&'static str] {
    match component {
        "problem_frame" => &["issue_raising"],
        "objectives" => &["problem_frame"],
        "alternatives" => &["problem_frame", "objectives"],
        "consequences" => &["objectives", "alternatives"],
        "tradeoffs" => &["objectives", "alternatives", "consequences"],
        "recommendation" => &["consequences", "tradeoffs"],
        "decision_quality" => &["recommendation"],
        _ => &[],
    }
}

/// A page that somebody has open.
pub struct OpenPage {
    client: Client,
    session: String,
    socket: Socket,
    pub overview: Value,
    /// Every frame of an event, in the order of arrival.
    pub frames: Vec<Value>,
    wants_content: bool,
    /// After it came back it may be sent a frame before those it missed, and again with them.
    came_back: bool,
}

impl OpenPage {
    /// Connects and asks for the state.
    pub async fn open(client: &Client, session: &str) -> Self {
        let mut socket = client.socket(&format!("/api/sessions/{session}/live")).await;
        let connected = socket.next().await;
        assert_eq!(
            (&connected["type"], &connected["data"]["sessionId"]),
            (&json!("connected"), &json!(session))
        );
        socket.send(json!({"type": "request.state", "data": {}})).await;
        let overview = socket.next_of("state").await["data"].clone();
        Self {
            client: client.clone(),
            session: session.to_owned(),
            socket,
            overview,
            frames: Vec::new(),
            wants_content: false,
            came_back: false,
        }
    }

    /// The number of the last frame it has.
    pub fn seq(&self) -> i64 {
        self.overview["snapshotVersion"].as_i64().expect("a number")
    }

    /// The connection is lost and made again; the server sends what was missed.
    pub async fn resume(&mut self) {
        self.socket = self
            .client
            .socket(&format!("/api/sessions/{}/live", self.session))
            .await;
        self.socket.next_of("connected").await;
        self.came_back = true;
        self.socket
            .send(json!({"type": "resume", "data": {"lastSeq": self.seq()}}))
            .await;
    }

    /// Once everything has been handled, the page shows what a new page would.
    pub async fn is_right(&mut self, admin: &Client) -> &Value {
        settled(admin).await;
        let path = format!(
            "/api/sessions/{}/dashboard?cycleId={}",
            self.session,
            text(&self.overview["cycleId"])
        );
        let mut fresh = made(self.client.get(&path).await, 200);
        let seq = fresh["snapshotVersion"].as_i64().expect("a number");
        while self.seq() < seq {
            let frame = self.socket.next().await;
            self.take(frame);
        }
        if self.wants_content {
            for field in CONTENT {
                self.overview[field] = fresh[field].clone();
            }
            self.wants_content = false;
        }
        for overview in [&mut fresh, &mut self.overview] {
            overview
                .as_object_mut()
                .expect("an object")
                .shift_remove("freshness");
        }
        assert_eq!(self.overview, fresh, "after {:?}", self.frames.last());
        &self.overview
    }

    /// The latest frame of a type.
    pub fn last(&self, frame_type: &str) -> &Value {
        let found = self.frames.iter().rev().find(|frame| frame["type"] == frame_type);
        found.unwrap_or_else(|| panic!("no {frame_type} came"))
    }

    fn take(&mut self, frame: Value) {
        let keys: Vec<&str> = frame
            .as_object()
            .expect("an object")
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(
            keys,
            ["type", "data", "seq", "eventId", "occurredAt", "correlationId"]
        );
        if frame["eventId"].is_null() {
            return;
        }
        if self.came_back && frame["seq"] != self.seq() + 1 {
            return;
        }
        assert_eq!(frame["seq"], self.seq() + 1, "no gap, nothing twice: {frame}");
        assert_eq!(frame["data"]["sessionId"], self.session.as_str());
        self.apply(&frame);
        self.frames.push(frame);
    }

    fn apply(&mut self, frame: &Value) {
        let (kind, data) = (frame["type"].as_str().expect("a type"), &frame["data"]);
        let overview = &mut self.overview;
        overview["snapshotVersion"] = frame["seq"].clone();
        // Frames stand in the order of the log; of two that happened almost at once the later may come first.
        if frame["occurredAt"].as_str() > overview["lastUpdated"].as_str() {
            overview["lastUpdated"] = frame["occurredAt"].clone();
        }
        match kind {
            "session.renamed" => overview["title"] = data["newTitle"].clone(),
            "session.described" => overview["description"] = data["new"].clone(),
            "session.archived" => overview["sessionStatus"] = json!("archived"),
            _ if data["cycleId"] != overview["cycleId"] => {}
            "cycle.navigated" => overview["progress"]["currentStep"] = data["to"].clone(),
            "cycle.completed" => {
                overview["cycleStatus"] = json!("completed");
                overview["activeCycleId"] = Value::Null;
            }
            "component.started" => self.component(data, |one| one["status"] = json!("in_progress")),
            "component.completed" => {
                self.component(data, |one| one["status"] = json!("complete"));
                self.overview["progress"] = data["progress"].clone();
            }
            "component.marked_for_revision" => {
                self.component(data, |one| one["status"] = json!("needs_revision"));
                self.count();
            }
            "component.output_updated" => self.output_updated(data),
            _ => {}
        }
    }

    fn output_updated(&mut self, data: &Value) {
        let is_removal = data["source"] == "removal";
        self.component(data, |one| {
            one["version"] = data["version"].clone();
            if !is_removal {
                one["status"] = json!("in_progress");
                one["basedOnOlderInput"] = json!(false);
            }
        });
        let changed = data["componentType"].as_str().expect("a type");
        for one in self.overview["components"].as_array_mut().expect("a list") {
            let has_output = one["version"].as_i64().expect("a number") > 1;
            if has_output && inputs_of(one["type"].as_str().expect("a type")).contains(&changed) {
                one["basedOnOlderInput"] = json!(true);
            }
        }
        self.wants_content = true;
    }

    fn component(&mut self, data: &Value, change: impl FnOnce(&mut Value)) {
        let all = self.overview["components"].as_array_mut().expect("a list");
        change(
            all.iter_mut()
                .find(|one| one["id"] == data["componentId"])
                .expect("one of the nine"),
        );
    }

    fn count(&mut self) {
        let all = self.overview["components"].as_array().expect("a list");
        let completed = all.iter().filter(|one| one["status"] == "complete").count();
        self.overview["progress"]["completed"] = json!(completed);
        self.overview["progress"]["percent"] = json!(100 * completed / 9);
    }
}
