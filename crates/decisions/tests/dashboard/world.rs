//! A small decision: the first worked vector, step by step.

use althing_backbone::Uuid;
use serde_json::{Map, Value, json};

use super::kit::{App, nothing};

/// The ids of the vector: alternatives SQ, A, B, C, D and objectives O1 to O4.
pub fn alternative(place: usize) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0a00 + place as u128)
}

pub fn objective(place: usize) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0b00 + place as u128)
}

pub const NAMES: [&str; 5] = ["Stay", "Köln", "Hamburg", "Village", "Abroad"];
pub const W1: [[i64; 5]; 4] = [
    [0, 2, 1, 1, -1],
    [0, -1, 0, -1, -1],
    [0, 1, 2, 1, 2],
    [0, 0, 0, 0, 0],
];

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

pub const QUALITY: [&str; 7] = [
    "helpful_problem_frame",
    "clear_objectives",
    "creative_alternatives",
    "reliable_consequence_information",
    "logically_correct_reasoning",
    "clear_tradeoffs",
    "commitment_to_follow_through",
];

pub fn objectives() -> Value {
    let all: Vec<Value> = (0..4)
        .map(|place| json!({ "id": objective(place), "name": format!("O{}", place + 1) }))
        .collect();
    json!({ "fundamental_objectives": all, "means_objectives": [{ "id": objective(9), "description": "Short ways", "supports": [objective(0)] }] })
}

pub fn alternatives() -> Value {
    let one = |(place, name): (usize, &&str)| json!({ "id": alternative(place), "name": name, "is_status_quo": place == 0, "assumptions": [] });
    let all: Vec<Value> = NAMES.iter().enumerate().map(one).collect();
    json!({ "alternatives": all, "status_quo_id": alternative(0) })
}

/// A rating table; `None` leaves a cell out.
pub fn consequences(rating: impl Fn(usize, usize) -> Option<i64>) -> Value {
    table(5, 4, rating)
}

pub fn table(columns: usize, rows: usize, rating: impl Fn(usize, usize) -> Option<i64>) -> Value {
    let mut cells = Map::new();
    for o in 0..rows {
        for a in 0..columns {
            if let Some(rating) = rating(a, o) {
                let (alternative, objective) = (alternative(a), objective(o));
                let rationale =
                    format!("because of {a} and {o}: äöü and a longer story than fits into a preview of it");
                cells.insert(
                    format!("{alternative}:{objective}"),
                    json!({ "alternative_id": alternative, "objective_id": objective, "rating": rating, "rationale": rationale }),
                );
            }
        }
    }
    let alternative_ids: Vec<Uuid> = (0..columns).map(alternative).collect();
    let objective_ids: Vec<Uuid> = (0..rows).map(objective).collect();
    json!({ "table": { "alternative_ids": alternative_ids, "objective_ids": objective_ids, "cells": cells }, "uncertainties": [] })
}

pub fn quality(scores: [i64; 7]) -> Value {
    let elements: Vec<Value> = QUALITY
        .iter()
        .zip(scores)
        .map(|(name, score)| json!({ "name": name, "score": score }))
        .collect();
    json!({ "elements": elements })
}

pub fn recommendation(standout: Option<usize>) -> Value {
    json!({
        "synthesis": "Hamburg is better where it counts, and what it costs us is small enough to live with.",
        "standout_option": standout.map(|place| json!({ "alternative_id": alternative(place), "rationale": "the harbour" })),
        "caveats": [{ "id": objective(20), "text": "rents rise" }]
    })
}

/// The output of a step of W1.
pub fn output(step: &str) -> Value {
    match step {
        "issue_raising" => json!({
            "potential_decisions": [{ "id": objective(30), "description": "Where to live?" }],
            "objectives": [], "uncertainties": [], "considerations": []
        }),
        "problem_frame" => json!({
            "decision_maker": { "name": "Ada" },
            "focal_decision": { "statement": "Where shall we live from 2030 on?", "constraints": [] }
        }),
        "objectives" => objectives(),
        "alternatives" => alternatives(),
        "consequences" => consequences(|a, o| Some(W1[o][a])),
        "tradeoffs" => json!({
            "dominated_alternatives": [{ "alternative_id": alternative(0), "dominated_by": [alternative(2)] }],
            "irrelevant_objectives": [{ "objective_id": objective(3) }], "tensions": []
        }),
        "recommendation" => recommendation(Some(2)),
        "decision_quality" => quality([85, 90, 75, 70, 85, 80, 65]),
        _ => json!({ "notes": [{ "id": objective(40), "text": "talked it over at the table" }] }),
    }
}

/// One decision of Ada's.
pub struct World<'a> {
    pub app: &'a App,
    pub session: String,
    pub cycle: String,
}

impl<'a> World<'a> {
    /// A session with an empty cycle.
    pub async fn begin(app: &'a App) -> Self {
        let session = app
            .act("POST", "/api/sessions", json!({ "title": "Where to live" }))
            .await;
        let session = session["id"].as_str().unwrap().to_owned();
        let cycle = app
            .act("POST", &format!("/api/sessions/{session}/cycles"), nothing())
            .await;
        Self {
            app,
            session,
            cycle: cycle["id"].as_str().unwrap().to_owned(),
        }
    }

    /// The decision with every step up to and including `last` complete.
    pub async fn up_to(app: &'a App, last: &str) -> Self {
        let world = Self::begin(app).await;
        for step in STEPS {
            world.start(step).await;
            world.put(step, output(step)).await;
            world.complete(step).await;
            if step == last {
                break;
            }
        }
        app.settle().await;
        world
    }

    pub async fn start(&self, step: &str) {
        self.step("POST", step, "/start", nothing()).await;
    }

    pub async fn complete(&self, step: &str) {
        self.step("POST", step, "/complete", nothing()).await;
    }

    pub async fn revise(&self, step: &str) {
        self.step(
            "POST",
            step,
            "/revise",
            json!({ "reason": "we learnt something" }),
        )
        .await;
    }

    pub async fn put(&self, step: &str, output: Value) {
        let path = format!("/api/cycles/{}/components/{step}", self.cycle);
        let version = self.app.get(&path).await["version"].clone();
        self.step(
            "PUT",
            step,
            "",
            json!({ "output": output, "expected_version": version }),
        )
        .await;
    }

    pub async fn step(&self, method: &str, step: &str, what: &str, body: Value) -> Value {
        self.app
            .act(
                method,
                &format!("/api/cycles/{}/components/{step}{what}", self.cycle),
                body,
            )
            .await
    }

    /// A branch of this cycle, to go another way.
    pub async fn branch(&self, point: &str, label: &str) -> World<'a> {
        let path = format!("/api/cycles/{}/branch", self.cycle);
        let child = self
            .app
            .act("POST", &path, json!({ "branch_point": point, "label": label }))
            .await;
        World {
            app: self.app,
            session: self.session.clone(),
            cycle: child["id"].as_str().unwrap().to_owned(),
        }
    }

    pub async fn overview(&self) -> Value {
        self.app.snapshot(&self.session, Some(&self.cycle)).await
    }
}
