//! What a page does with frames: an overview plus frames is a later overview.
//!
//! Frames carry statuses, versions, titles and progress, which are set from them
//! alone. What an output says is not in its frame; it is read again when a frame
//! tells that an output changed.

use serde_json::{Value, json};

/// Fields that say what outputs say.
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
fn depends_on(component: &str) -> &'static [&'static str] {
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

pub struct Store {
    pub overview: Value,
    /// An output changed: its content has to be read.
    pub wants_content: bool,
}

impl Store {
    pub fn new(snapshot: Value) -> Self {
        Self {
            overview: snapshot,
            wants_content: false,
        }
    }

    pub fn seq(&self) -> i64 {
        self.overview["snapshotVersion"].as_i64().unwrap()
    }

    /// Takes what outputs say from a snapshot; nothing else of it.
    pub fn take_content(&mut self, snapshot: &Value) {
        for field in CONTENT {
            self.overview[field] = snapshot[field].clone();
        }
        self.wants_content = false;
    }

    pub fn apply(&mut self, frame: &Value) {
        let seq = frame["seq"].as_i64().unwrap();
        if seq <= self.seq() {
            return;
        }
        assert_eq!(seq, self.seq() + 1);
        let (kind, data) = (frame["type"].as_str().unwrap(), &frame["data"]);
        let is_shown = data["cycleId"] == self.overview["cycleId"];
        match kind {
            "session.renamed" => self.overview["title"] = data["newTitle"].clone(),
            "session.described" => self.overview["description"] = data["new"].clone(),
            "session.archived" => self.overview["sessionStatus"] = json!("archived"),
            "cycle.created" | "cycle.branched" => {
                self.overview["cycleCount"] = json!(self.overview["cycleCount"].as_i64().unwrap() + 1);
                self.overview["activeCycleId"] = data["cycleId"].clone();
            }
            "cycle.completed" if is_shown => {
                self.overview["cycleStatus"] = json!("completed");
                self.overview["activeCycleId"] = Value::Null;
            }
            "cycle.navigated" if is_shown => self.overview["progress"]["currentStep"] = data["to"].clone(),
            "component.started" if is_shown => {
                self.component(data, |one| one["status"] = json!("in_progress"))
            }
            "component.completed" if is_shown => {
                self.component(data, |one| one["status"] = json!("complete"));
                self.overview["progress"] = data["progress"].clone();
            }
            "component.marked_for_revision" if is_shown => {
                self.component(data, |one| one["status"] = json!("needs_revision"));
            }
            "component.output_updated" if is_shown => self.output_updated(data),
            _ => {}
        }
        if kind.starts_with("component.") {
            self.overview["activeCycleId"] = data["cycleId"].clone();
            self.count();
        }
        if frame["occurredAt"].as_str() > self.overview["lastUpdated"].as_str() {
            self.overview["lastUpdated"] = frame["occurredAt"].clone();
        }
        self.overview["snapshotVersion"] = json!(seq);
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
        let changed = data["componentType"].as_str().unwrap();
        for one in self.overview["components"].as_array_mut().unwrap() {
            let has_output = one["version"].as_i64().unwrap() > 1;
            if has_output && depends_on(one["type"].as_str().unwrap()).contains(&changed) {
                one["basedOnOlderInput"] = json!(true);
            }
        }
        self.wants_content = true;
    }

    fn component(&mut self, data: &Value, change: impl FnOnce(&mut Value)) {
        let all = self.overview["components"].as_array_mut().unwrap();
        change(
            all.iter_mut()
                .find(|one| one["id"] == data["componentId"])
                .unwrap(),
        );
    }

    fn count(&mut self) {
        let all = self.overview["components"].as_array().unwrap();
        let completed = all.iter().filter(|one| one["status"] == "complete").count();
        self.overview["progress"]["completed"] = json!(completed);
        self.overview["progress"]["percent"] = json!(100 * completed / 9);
    }
}
