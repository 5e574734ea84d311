//! Random bodies for every route that takes one: never a fault, never a panic.

use serde_json::{Map, Value, json};

use super::{Trial, assert_healthy, excerpt, places, with};
use crate::chance::{Chance, number, seed};

/// How many bodies each route gets; `ALTHING_BODIES` makes it more.
const BODIES: u64 = 40;

fn leaf(chance: &mut Chance, known: &[String]) -> Value {
    match chance.below(16) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(0),
        3 => json!(-1),
        4 => json!(*chance.one_of(&[1, 2, 254, 256, 300, 65_536])),
        5 => json!(*chance.one_of(&[i64::MIN, i64::MAX])),
        6 => json!(u64::MAX),
        7 => json!(*chance.one_of(&[0.5, -0.0, 1e-300, 1e300])),
        8 => json!(""),
        9 => json!("\0\u{1}\u{7f}\u{202e}\u{feff}"),
        10 => json!("🐎".repeat(chance.below(12_000))),
        11 => json!(*chance.one_of(&[
            "issue_raising",
            "objectives",
            "consequences",
            "nothing",
            "private",
            "accept",
            "+2",
            "-2"
        ])),
        12 => json!(chance.id()),
        13 | 14 if !known.is_empty() => json!(chance.one_of(known)),
        _ => json!(format!("text {}", chance.below(9))),
    }
}

pub(super) fn tree(chance: &mut Chance, known: &[String], depth: usize) -> Value {
    match (depth, chance.below(5)) {
        (0, _) | (_, 0 | 1) => leaf(chance, known),
        (_, 2) => Value::Array(
            (0..chance.below(4))
                .map(|_| tree(chance, known, depth - 1))
                .collect(),
        ),
        _ => {
            let names = [
                "title",
                "output",
                "parameters",
                "id",
                "label",
                "reason",
                "content",
                "items",
                "expected_version",
                "text",
                "component",
                "description",
                "table",
                "cells",
                "alt",
                "obj",
                "rating",
                "ratings",
                "options",
                "name",
                "~/",
                "",
            ];
            let one = |chance: &mut Chance| {
                (
                    (*chance.one_of(&names)).to_owned(),
                    tree(chance, known, depth - 1),
                )
            };
            Value::Object((0..chance.below(5)).map(|_| one(chance)).collect::<Map<_, _>>())
        }
    }
}

/// A good body with up to two places changed.
pub(super) fn mutated(chance: &mut Chance, good: &Value, known: &[String]) -> Value {
    let mut body = good.clone();
    for _ in 0..chance.below(3) {
        let all = places(&body, &|_| true);
        let place = chance.one_of(&all).clone();
        let new = tree(chance, known, 2);
        body = if place.is_empty() {
            new
        } else {
            with(body, &place, new)
        };
    }
    body
}

/// A body that the route takes.
fn good(trial: &Trial, template: &str, file: &Value) -> Value {
    let decision = &trial.decision;
    match template {
        "/api/sessions" => json!({"title": "Another", "description": "One"}),
        "/api/sessions/import" => file.clone(),
        "/api/sessions/{id}" => json!({"title": "Another", "description": null}),
        "/api/sessions/{id}/outcomes" => {
            json!({"cycle_id": decision.cycle, "satisfaction": "neutral", "would_decide_same": true,
            "chosen_alternative_id": decision.alternative(1), "surprises": "a", "actual_consequences": "b"})
        }
        "/api/sessions/{id}/cycles" => json!({"label": "One"}),
        "/api/cycles/{id}/branch" => json!({"branch_point": "objectives", "label": "One"}),
        "/api/cycles/{id}/navigate" => json!({"to": "objectives"}),
        "/api/cycles/{id}/components/{type}" => {
            json!({"output": decision.output("consequences"), "expected_version": 1})
        }
        "/api/cycles/{id}/components/{type}/revise" => json!({"reason": "so"}),
        "/api/components/{id}/messages" => {
            json!({"content": "- one\n- two: three\nA / 1: +2 because", "message_id": decision.id(99)})
        }
        "/api/components/{id}/draft/confirm" => {
            json!({"expected_version": 1, "items": [decision.id(98), {"id": decision.id(97), "value": {}}]})
        }
        "/api/cycles/{id}/tools/{name}" => {
            json!({"component": "consequences", "parameters": {"alt": decision.alternative(1),
            "obj": decision.objective(1), "rating": 1, "reasoning": "so", "description": "d", "component": "objectives", "text": "t",
            "reason": "r", "priority": "high", "trigger": "t", "resolvable": true, "summary": "s", "options": ["a", "b"], "id": decision.id(9),
            "name": "n", "measure": "m", "direction": "maximize", "is_fundamental": true, "ratings": [{"alt": "A", "obj": "1", "rating": 2, "reasoning": "x"}]}})
        }
        "/api/cycles/{id}/revisits/{rid}/resolve" => json!({"decision": "dismiss", "reason": "so"}),
        "/api/cycles/{id}/confirmations/{cid}/respond" => json!({"choice": "a"}),
        "/api/cycles/{id}/analysis/quantities" => json!({"tolerances": {(decision.objective(1)): "5"}}),
        "/api/auth/login" => json!({"email": "nobody@example.org", "password": "wrong", "remember": true}),
        "/api/setup" => {
            json!({"first_name": "A", "last_name": "B", "email": "a@b.c", "password": "long enough for all"})
        }
        "/api/admin/dead-letters/{id}/skip" => json!({"reason": "so"}),
        "/api/admin/dead-letters/{id}/redeliver" => json!({"whole_key": true}),
        _ => json!({}),
    }
}

#[tokio::test]
async fn random_bodies_never_meet_a_fault() {
    let mut chance = Chance::new(seed());
    let mut trial = Trial::after("alternatives").await;
    trial.decision.start(trial.client(), "consequences").await;
    trial.decision.conversation(trial.client(), "consequences").await;
    let file = trial.decision.export(trial.client()).await;
    let file = with(file, "/exported_at", json!("2026-01-01T00:00:00.000000Z"));
    let tools: Vec<String> = trial
        .client()
        .get(&format!("/api/cycles/{}/tools", trial.decision.cycle))
        .await
        .data()
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["name"].as_str().unwrap().to_owned())
        .collect();
    let known: Vec<String> = (0..3)
        .flat_map(|place| [trial.decision.alternative(place), trial.decision.objective(place)])
        .chain([
            trial.decision.session.clone(),
            trial.decision.cycle.clone(),
            trial.decision.component("consequences").to_owned(),
        ])
        .collect();
    let reference: Value =
        serde_json::from_str(&trial.app.command(&["dump-reference"]).await.stdout).unwrap();
    let mut answers: Map<String, Value> = Map::new();
    for round in 0..number("ALTHING_BODIES").unwrap_or(BODIES) {
        for route in reference["routes"].as_array().unwrap() {
            let (method, template) = (route["method"].as_str().unwrap(), route["path"].as_str().unwrap());
            let ends_all = ["/logout", "/archive", "/pause", "/rebuild"]
                .iter()
                .any(|end| template.ends_with(end));
            if !matches!(method, "POST" | "PUT" | "PATCH") || ends_all {
                continue;
            }
            let path = match template.split('/').nth(2) {
                Some("sessions") => template.replace("{id}", &trial.decision.session),
                Some("components") => template.replace("{id}", trial.decision.component("consequences")),
                Some("admin") => template
                    .replace("{id}", "dashboard:1")
                    .replace("{name}", "dashboard"),
                _ => template.replace("{id}", &trial.decision.cycle),
            };
            let path = path
                .replace("{type}", "consequences")
                .replace("{name}", chance.one_of::<String>(&tools));
            let path = path.replace("{rid}", &chance.id()).replace("{cid}", &chance.id());
            let body = if round % 4 == 0 {
                tree(&mut chance, &known, 4)
            } else {
                mutated(&mut chance, &good(&trial, template, &file), &known)
            };
            // Where no body is wanted, a large one is not read, and the connection ends after the answer: then on a new one.
            let bytes = body.to_string().into_bytes();
            let reply = match trial
                .client()
                .try_send(method, &path, &[], Some(bytes.clone()))
                .await
            {
                Ok(reply) => reply,
                Err(_) => trial.client().send(method, &path, &[], Some(bytes)).await,
            };
            assert!(
                reply.status < 500,
                "{method} {path} {}: {}",
                excerpt(&body.to_string()),
                reply.text
            );
            assert!(
                reply.status < 400 || !reply.code().is_empty(),
                "{method} {path}: {}",
                reply.text
            );
            let count = answers
                .entry(format!("{method} {template} {}", reply.status))
                .or_insert(json!(0));
            *count = json!(count.as_u64().unwrap_or_default() + 1);
        }
    }
    println!("{:#}", Value::Object(answers));
    crate::office::settled(trial.app.owner()).await;
    let letters = trial.app.owner().get("/api/admin/dead-letters").await;
    assert_eq!(letters.data(), &json!([]), "whatever was accepted can be handled");
    // What was accepted can also be read, in every form, and comes back from its file.
    trial.now_is_before().await;
    for path in [
        "/document",
        "/document/export?format=html",
        "/analysis",
        "/document/history",
    ] {
        let read = trial
            .client()
            .get(&format!("/api/cycles/{}{path}", trial.decision.cycle))
            .await;
        assert_eq!(read.status, 200, "{path}: {}", read.text);
    }
    assert_eq!(
        trial
            .client()
            .get(&format!("/api/sessions/{}/dashboard", trial.decision.session))
            .await
            .status,
        200
    );
    let file = with(
        trial.decision.export(trial.client()).await,
        "/exported_at",
        json!("2026-01-01T00:00:00.000000Z"),
    );
    let back = trial.client().post("/api/sessions/import", file).await;
    assert_eq!(back.status, 201, "{}", back.text);
    assert_healthy(&trial.app);
}
