//! A decision to try things on: which office to rent, every field filled in, over HTTP.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use althing_testkit::{Client, Reply};
use serde_json::{Map, Value, json};

/// The nine steps in their order.
pub const STEPS: [&str; 9] = [
    "issue_raising",
    "problem_frame",
    "objectives",
    "alternatives",
    "consequences",
    "tradeoffs",
    "recommendation",
    "decision_quality",
    "notes_next_steps",
];

const ALTERNATIVES: [&str; 5] = ["Stay in Parkway", "Lombard", "Baranov", "Montana 語", "Pierpoint"];
/// Name, metric, direction, unit, tolerance, weight, quantities and ratings.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    u8,
    f64,
    [u32; 5],
    [i8; 5],
);
const OBJECTIVES: [Row; 5] = [
    (
        "Short ways",
        "median commute",
        "minimize",
        "min",
        5,
        0.3,
        [45, 25, 20, 25, 30],
        [0, 2, 2, 2, 1],
    ),
    (
        "Customer access",
        "within 30 minutes",
        "maximize",
        "%",
        5,
        0.2,
        [50, 80, 70, 85, 75],
        [0, 2, 1, 2, 1],
    ),
    (
        "Office services",
        "grade",
        "maximize",
        "grade",
        0,
        0.1,
        [3, 2, 1, 3, 1],
        [0, -1, -2, 0, -2],
    ),
    (
        "Room to grow",
        "floor area",
        "maximize",
        "sq ft",
        50,
        0.15,
        [800, 700, 500, 950, 700],
        [0, -1, -2, 1, -1],
    ),
    (
        "Low cost",
        "monthly cost",
        "minimize",
        "$",
        100,
        0.25,
        [1850, 1700, 1500, 1900, 1750],
        [0, 1, 2, -1, 1],
    ),
];

/// One person's decision.
pub struct Decision {
    pub session: String,
    pub cycle: String,
    pub components: BTreeMap<String, String>,
    seed: u32,
}

impl Decision {
    /// A session with an empty cycle. Decisions of different seeds share no id.
    pub async fn begin(client: &Client, title: &str, seed: u32) -> Self {
        Self::begin_in(client, title, seed, None).await
    }

    /// The same, shared with a workspace.
    pub async fn begin_in(client: &Client, title: &str, seed: u32, workspace: Option<&str>) -> Self {
        let description = "The lease ends in June. Žluťoučký kůň 🐎";
        let visibility = workspace.map_or("private", |_| "workspace");
        let new = json!({"title": title, "description": description, "workspace_id": workspace, "visibility": visibility});
        let session = made(client.post("/api/sessions", new).await, 201);
        let session = text(&session["id"]);
        let cycle = made(
            client
                .post(
                    &format!("/api/sessions/{session}/cycles"),
                    json!({"label": "First walk"}),
                )
                .await,
            201,
        );
        Self {
            session,
            cycle: text(&cycle["id"]),
            components: components_of(&cycle),
            seed,
        }
    }

    /// Only what outputs are made of.
    pub fn ids_only(seed: u32) -> Self {
        Self {
            session: String::new(),
            cycle: String::new(),
            components: BTreeMap::new(),
            seed,
        }
    }

    /// The decision with every step up to and including `last` complete.
    pub async fn up_to(client: &Client, title: &str, seed: u32, last: &str) -> Self {
        let decision = Self::begin(client, title, seed).await;
        decision.go_up_to(client, last).await;
        decision
    }

    /// Completes all steps up to one.
    pub async fn go_up_to(&self, client: &Client, last: &str) {
        for step in STEPS {
            self.start(client, step).await;
            self.save(client, step, self.output(step)).await;
            self.complete(client, step).await;
            if step == last {
                break;
            }
        }
    }

    /// Where a step lives.
    pub fn step(&self, step: &str) -> String {
        format!("/api/cycles/{}/components/{step}", self.cycle)
    }

    /// The id of a step's component.
    pub fn component(&self, step: &str) -> &str {
        &self.components[step]
    }

    pub async fn start(&self, client: &Client, step: &str) {
        made(
            client
                .post(&format!("{}/start", self.step(step)), json!({}))
                .await,
            200,
        );
    }

    /// Saves an output upon whatever version there is; answers the component.
    pub async fn save(&self, client: &Client, step: &str, output: Value) -> Value {
        let version = made(client.get(&self.step(step)).await, 200)["version"].clone();
        let body = json!({"output": output, "expected_version": version});
        made(client.put(&self.step(step), body).await, 200)
    }

    pub async fn complete(&self, client: &Client, step: &str) {
        made(
            client
                .post(&format!("{}/complete", self.step(step)), json!({}))
                .await,
            200,
        );
    }

    /// Says something, once the conversation is there.
    pub async fn say(&self, client: &Client, step: &str, content: &str) -> Value {
        self.conversation(client, step).await;
        made(
            client
                .post(
                    &format!("/api/components/{}/messages", self.component(step)),
                    json!({"content": content}),
                )
                .await,
            201,
        )
    }

    /// The conversation of a step; it is made by itself shortly after the start.
    pub async fn conversation(&self, client: &Client, step: &str) -> Value {
        let path = format!("/api/components/{}/conversation", self.component(step));
        eventually(async || {
            let reply = client.get(&path).await;
            (reply.status == 200).then(|| reply.data().clone())
        })
        .await
    }

    /// A tool's result data.
    pub async fn tool(&self, client: &Client, name: &str, parameters: Value) -> Value {
        let path = format!("/api/cycles/{}/tools/{name}", self.cycle);
        made(client.post(&path, json!({"parameters": parameters})).await, 200)["data"].clone()
    }

    /// The session as a document, without the time of writing.
    pub async fn export(&self, client: &Client) -> Value {
        exported(client, &self.session).await
    }

    /// The id of this decision with a number of its own.
    pub fn id(&self, number: u32) -> String {
        format!("0193b000-0000-7000-8000-{:06x}{number:06x}", self.seed)
    }

    pub fn alternative(&self, place: usize) -> String {
        self.id(0x100 + u32::try_from(place).unwrap())
    }

    pub fn objective(&self, place: usize) -> String {
        self.id(0x200 + u32::try_from(place).unwrap())
    }

    /// The whole output of a step, valid in this cycle.
    pub fn output(&self, step: &str) -> Value {
        match step {
            "issue_raising" => json!({
                "potential_decisions": [
                    {"id": self.id(1), "description": "Which office do we rent?", "priority": "high", "notes": "Notice by March"},
                    {"id": self.id(2), "description": "A third day at home?", "priority": "low"}],
                "focal_decision_id": self.id(1),
                "objectives": [{"id": self.id(3), "description": "Shorter ways for everybody"}],
                "uncertainties": [{"id": self.id(4), "description": "How many of us there will be", "driver": "The tender"}],
                "considerations": [{"id": self.id(5), "text": "Moving costs us about a week"}]
            }),
            "problem_frame" => json!({
                "decision_maker": {"name": "Ada", "role": "managing partner"},
                "focal_decision": {
                    "statement": "Choose the office that we rent from July on.",
                    "scope": {"in": ["Rooms for 14 to 18 people"], "out": ["Buying"]},
                    "constraints": [{"type": "financial", "description": "At most $2,000 a month"}],
                    "trigger": "The lease ends.", "deadline": {"date": "2027-03-31", "hard": true}},
                "decision_hierarchy": {
                    "already_made": [{"id": self.id(6), "statement": "We stay in this city", "outcome": "Decided last year"}],
                    "deferred": [{"id": self.id(7), "statement": "Which furniture we take along"}]},
                "parties": [{"id": self.id(8), "name": "The team", "role": "affected_party", "influence": "high", "concerns": ["Quiet"]}],
                "ultimate_aim": "A place where good work is easy.",
                "linked_decisions": [{"description": "Whether we hire two more people", "relationship": "depends_on"}]
            }),
            "objectives" => self.objectives(),
            "alternatives" => self.alternatives(),
            "consequences" => {
                self.consequences(|objective, alternative| OBJECTIVES[objective].7[alternative].into())
            }
            "tradeoffs" => json!({
                "dominated_alternatives": [{"alternative_id": self.alternative(4), "dominated_by": [self.alternative(1)],
                    "explanation": "Worse in almost everything", "cleared": {"reason": "The view of the harbour"}}],
                "irrelevant_objectives": [],
                "tensions": [{"alternative_id": self.alternative(3), "gains": [self.objective(1)], "losses": [self.objective(4)],
                    "net_score": 4, "uncertainty_impact": "The tram"}]
            }),
            "recommendation" => json!({
                "synthesis": "Montana leads by a single step: the shortest way for the team and room to grow, for a little more than today.",
                "standout_option": {"alternative_id": self.alternative(3), "rationale": "Best on access and size."},
                "key_considerations": [{"id": self.id(10), "text": "The lead hangs on one rating."}],
                "caveats": [{"id": self.id(11), "text": "Lombard is full soon."}],
                "remaining_uncertainties": [{"description": "Will the tram run?", "impact": "Without it Lombard leads", "resolution_path": "Ask"}],
                "sensitivity_notes": "One step less for Montana makes it a tie."
            }),
            "decision_quality" => json!({"elements": self.elements()}),
            "notes_next_steps" => json!({
                "notes": [{"id": self.id(12), "text": "Photos are in the shared folder."}],
                "open_questions": [{"id": self.id(13), "text": "Does Montana allow dogs?"}],
                "planned_actions": [{"action": "Ask the council", "owner": "Jonas", "due_date": "2027-02-15", "status": "planned"}],
                "revisit_triggers": [{"id": self.id(14), "text": "The tram is postponed"}],
                "further_analysis_paths": [{"id": self.id(15), "text": "What if we hire four?"}]
            }),
            other => panic!("there is no step {other}"),
        }
    }

    fn objectives(&self) -> Value {
        let one = |(place, (name, metric, direction, units, tolerance, weight, _, _)): (usize, &Row)| {
            json!({"id": self.objective(place), "name": name, "description": format!("What {name} means"), "weight": weight,
                "performance_measure": {"metric": metric, "direction": direction, "units": units, "tolerance": tolerance}})
        };
        let all: Vec<Value> = OBJECTIVES.iter().enumerate().map(one).collect();
        let means = json!([{"id": self.id(9), "description": "Close to a tram stop", "supports": [self.objective(0), self.objective(1)]}]);
        json!({"fundamental_objectives": all, "means_objectives": means})
    }

    fn alternatives(&self) -> Value {
        let one = |(place, name): (usize, &&str)| {
            json!({"id": self.alternative(place), "name": name, "description": format!("About {name}"),
                "is_status_quo": place == 0, "assumptions": ["The rent stays"]})
        };
        let all: Vec<Value> = ALTERNATIVES.iter().enumerate().map(one).collect();
        json!({"alternatives": all, "status_quo_id": self.alternative(0)})
    }

    /// The rating table with other ratings, by objective and alternative.
    pub fn consequences(&self, rating: impl Fn(usize, usize) -> Value) -> Value {
        let mut cells = Map::new();
        for (o, row) in OBJECTIVES.iter().enumerate() {
            for (a, name) in ALTERNATIVES.iter().enumerate() {
                let (alternative, objective) = (self.alternative(a), self.objective(o));
                cells.insert(format!("{alternative}:{objective}"), json!({
                    "alternative_id": alternative, "objective_id": objective, "rating": rating(o, a),
                    "rationale": format!("Why {name}"), "uncertainty": {"level": "high", "driver": "The tram line"},
                    "quantity": {"value": row.6[a].to_string(), "unit": row.3, "source": "Visit"}}));
            }
        }
        let alternatives: Vec<String> = (0..ALTERNATIVES.len())
            .map(|place| self.alternative(place))
            .collect();
        let objectives: Vec<String> = (0..OBJECTIVES.len()).map(|place| self.objective(place)).collect();
        let uncertainties = json!([{"id": self.id(16), "description": "The tram may be late", "driver": "Council", "resolvable": true,
            "would_change_decision": true}]);
        json!({"table": {"alternative_ids": alternatives, "objective_ids": objectives, "cells": cells}, "uncertainties": uncertainties})
    }

    fn elements(&self) -> Vec<Value> {
        let names = [
            "helpful_problem_frame",
            "clear_objectives",
            "creative_alternatives",
            "reliable_consequence_information",
            "logically_correct_reasoning",
            "clear_tradeoffs",
            "commitment_to_follow_through",
        ];
        let scores = [90, 85, 70, 75, 85, 90, 80];
        let one = |(name, score): (&str, i32)| json!({"name": name, "score": score, "rationale": "We agree", "improvement_path": "Ask two more"});
        names.into_iter().zip(scores).map(one).collect()
    }
}

/// The data of an answer with this status.
#[track_caller]
pub fn made(reply: Reply, status: u16) -> Value {
    assert_eq!(reply.status, status, "{}", reply.text);
    reply.data().clone()
}

#[track_caller]
pub fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no text"))
        .to_owned()
}

pub fn components_of(cycle: &Value) -> BTreeMap<String, String> {
    let all = cycle["components"].as_array().expect("a whole cycle");
    all.iter()
        .map(|one| (text(&one["component_type"]), text(&one["id"])))
        .collect()
}

/// A session as a document, without the time of writing.
pub async fn exported(client: &Client, session: &str) -> Value {
    let reply = client.get(&format!("/api/sessions/{session}/export")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let mut document = reply.body;
    document
        .as_object_mut()
        .expect("an object")
        .shift_remove("exported_at");
    document
}

/// Asks again and again until there is an answer.
pub async fn eventually<T>(ask: impl AsyncFn() -> Option<T>) -> T {
    within(Duration::from_secs(60), ask).await
}

/// The same for what may take long.
pub async fn within<T>(patience: Duration, ask: impl AsyncFn() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(begun.elapsed() < patience, "it did not happen");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Waits until every subscription has handled the whole log; answers its head.
pub async fn settled(admin: &Client) -> i64 {
    eventually(async || {
        let list = admin.get("/api/admin/subscriptions").await;
        let all = list.data().as_array().expect("a list").clone();
        let rest = all
            .iter()
            .all(|one| one["lag"] == 0 && one["parked_keys"] == 0 && one["status"] == "running");
        rest.then(|| all[0]["head"].as_i64().expect("a position"))
    })
    .await
}
