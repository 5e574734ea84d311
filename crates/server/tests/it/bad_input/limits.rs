//! Every limit: accepted at it, refused one above, counted in characters of any script.

use althing_testkit::{PASSWORD, TestApp};
use serde_json::{Value, json};

use super::{Trial, plain, put, refusal, with};
use crate::BINARY;

/// So many characters, of four bytes each.
fn characters(count: usize) -> String {
    "🐎".repeat(count)
}

/// Surrounded by blanks, which do not count.
fn padded(count: usize) -> String {
    format!(" \n{}\t ", "語".repeat(count))
}

#[tokio::test]
async fn names_and_descriptions() {
    let mut trial = Trial::after("issue_raising").await;
    let session = format!("/api/sessions/{}", trial.decision.session);
    let cycles = format!("{session}/cycles");
    let branch = format!("/api/cycles/{}/branch", trial.decision.cycle);
    let revise = format!("{}/revise", trial.decision.step("issue_raising"));
    for (method, path, field, limit, status) in [
        ("POST", "/api/sessions", "title", 200, 201),
        ("POST", "/api/sessions", "description", 2_000, 201),
        ("PATCH", session.as_str(), "title", 200, 200),
        ("PATCH", &session, "description", 2_000, 200),
        ("POST", &cycles, "label", 100, 201),
        ("POST", &branch, "label", 100, 201),
        ("POST", &revise, "reason", 1_000, 200),
    ] {
        let body = |text: String| {
            let whole = match path {
                "/api/sessions" => json!({"title": "A title", field: text}),
                _ if path == branch => json!({"branch_point": "issue_raising", field: text}),
                _ => json!({field: text}),
            };
            with(whole, &format!("/{field}"), json!(text))
        };
        let place = format!("/{field}");
        for above in [characters(limit + 1), padded(limit + 1)] {
            trial
                .refused(
                    method,
                    path,
                    body(above),
                    refusal(422, "validation_failed", &place),
                )
                .await;
        }
        if matches!(field, "title" | "reason") {
            for nothing in ["", " \u{3000}\n"] {
                trial
                    .refused(
                        method,
                        path,
                        body(nothing.to_owned()),
                        refusal(422, "validation_failed", &place),
                    )
                    .await;
            }
        }
        trial
            .refused(
                method,
                path,
                body("a\0b".to_owned()),
                refusal(422, "validation_failed", &place),
            )
            .await;
        trial.accepted(method, path, body(padded(limit)), status).await;
        if method != "POST" || path != revise {
            trial
                .accepted(method, path, body(characters(limit)), status)
                .await;
        }
    }
    trial.done().await;
}

#[tokio::test]
async fn messages() {
    let mut trial = Trial::after("issue_raising").await;
    trial.decision.start(trial.client(), "problem_frame").await;
    trial.decision.conversation(trial.client(), "problem_frame").await;
    trial.now_is_before().await;
    let path = format!(
        "/api/components/{}/messages",
        trial.decision.component("problem_frame")
    );
    trial
        .refused(
            "POST",
            &path,
            json!({"content": characters(10_001)}),
            plain(422, "message_too_long"),
        )
        .await;
    for nothing in ["", " \n\u{2003}"] {
        trial
            .refused(
                "POST",
                &path,
                json!({"content": nothing}),
                refusal(422, "validation_failed", "/content"),
            )
            .await;
    }
    trial
        .refused(
            "POST",
            &path,
            json!({"content": "a\0b"}),
            refusal(422, "validation_failed", "/content"),
        )
        .await;
    trial
        .accepted("POST", &path, json!({"content": characters(10_000)}), 201)
        .await;
    trial.done().await;
}

#[tokio::test]
async fn texts_of_outputs() {
    let mut trial = Trial::after("decision_quality").await;
    let long: &[(&str, &str, usize)] = &[
        ("issue_raising", "/potential_decisions/0/description", 10_000),
        ("issue_raising", "/considerations/0/text", 10_000),
        ("problem_frame", "/focal_decision/statement", 10_000),
        (
            "problem_frame",
            "/focal_decision/constraints/0/description",
            10_000,
        ),
        ("problem_frame", "/parties/0/concerns/0", 10_000),
        ("objectives", "/fundamental_objectives/0/description", 10_000),
        ("alternatives", "/alternatives/1/name", 100),
        ("alternatives", "/alternatives/1/description", 10_000),
        ("recommendation", "/synthesis", 10_000),
        ("decision_quality", "/elements/0/rationale", 10_000),
    ];
    for (step, place, limit) in long {
        let path = trial.decision.step(step);
        trial
            .accepted(
                "POST",
                &format!("{path}/revise"),
                json!({"reason": "to try lengths"}),
                200,
            )
            .await;
        let version = trial.client().get(&path).await.data()["version"]
            .as_i64()
            .unwrap();
        let output = |text: String| with(trial.decision.output(step), place, json!(text));
        let (above, nul, at) = (
            output(padded(limit + 1)),
            output("a\0b".into()),
            output(characters(*limit)),
        );
        let expected = || refusal(422, "invalid_component_output", &format!("/output{place}"));
        trial.refused("PUT", &path, put(above, version), expected()).await;
        trial.refused("PUT", &path, put(nul, version), expected()).await;
        let saved = trial.accepted("PUT", &path, put(at.clone(), version), 200).await;
        if saved["output"].pointer(place) != at.pointer(place) {
            trial.faults.push(format!("{step}{place} is not what was saved"));
        }
    }
    trial.done().await;
}

#[tokio::test]
async fn sizes_of_outputs_and_tables() {
    let mut trial = Trial::after("alternatives").await;
    trial.decision.start(trial.client(), "consequences").await;
    trial
        .accepted(
            "POST",
            &format!("{}/revise", trial.decision.step("issue_raising")),
            json!({"reason": "more"}),
            200,
        )
        .await;
    let path = trial.decision.step("issue_raising");
    let considerations: Vec<Value> = (0..60)
        .map(|number| json!({"id": trial.decision.id(1000 + number), "text": "x".repeat(9_000)}))
        .collect();
    let output = with(
        trial.decision.output("issue_raising"),
        "/considerations",
        json!(considerations),
    );
    trial
        .refused(
            "PUT",
            &path,
            put(output, 2),
            refusal(422, "invalid_component_output", "/output"),
        )
        .await;

    let table = |columns: u32, rows: u32, decision: &crate::office::Decision| {
        let columns: Vec<String> = (0..columns).map(|number| decision.id(0x1000 + number)).collect();
        let rows: Vec<String> = (0..rows).map(|number| decision.id(0x2000 + number)).collect();
        json!({"table": {"alternative_ids": columns, "objective_ids": rows, "cells": {}}, "uncertainties": []})
    };
    let path = trial.decision.step("consequences");
    for (columns, rows, place) in [(51, 50, "alternative_ids"), (50, 51, "objective_ids")] {
        let output = table(columns, rows, &trial.decision);
        trial
            .refused(
                "PUT",
                &path,
                put(output, 1),
                refusal(422, "invalid_component_output", &format!("/output/table/{place}")),
            )
            .await;
    }
    let output = table(50, 50, &trial.decision);
    trial.accepted("PUT", &path, put(output, 1), 200).await;

    // What measures hold: 15 digits before and 6 after the point, a unit of 40 characters.
    let cell = format!(
        "/table/cells/{}:{}/quantity",
        trial.decision.alternative(1),
        trial.decision.objective(1)
    );
    let quantity = |value: Value, unit: Value, decision: &crate::office::Decision| {
        with(
            decision.output("consequences"),
            &cell,
            json!({"value": value, "unit": unit}),
        )
    };
    for value in [
        json!("1234567890123456"),
        json!("0.1234567"),
        json!("1e3"),
        json!("NaN"),
        json!("١٢"),
        json!("0x10"),
        json!("--1"),
        json!(" 1"),
    ] {
        let output = quantity(value, json!("min"), &trial.decision);
        trial
            .refused(
                "PUT",
                &path,
                put(output, 2),
                refusal(422, "invalid_component_output", &format!("/output{cell}/value")),
            )
            .await;
    }
    let output = quantity(json!("1"), json!(characters(41)), &trial.decision);
    trial
        .refused(
            "PUT",
            &path,
            put(output, 2),
            refusal(422, "invalid_component_output", &format!("/output{cell}/unit")),
        )
        .await;
    let output = quantity(
        json!("-123456789012345.123456"),
        json!(characters(40)),
        &trial.decision,
    );
    trial.accepted("PUT", &path, put(output, 2), 200).await;
    trial.done().await;
}

#[tokio::test]
async fn texts_of_outcomes_and_tools() {
    let mut trial = Trial::after("decision_quality").await;
    let tool = |name: &str, decision: &crate::office::Decision| {
        format!("/api/cycles/{}/tools/{name}", decision.cycle)
    };
    for (name, field, whole) in [
        (
            "flag_uncertainty",
            "description",
            json!({"component": "consequences", "resolvable": true}),
        ),
        (
            "suggest_revisit",
            "reason",
            json!({"component": "objectives", "priority": "low", "trigger": "x"}),
        ),
        ("request_confirmation", "summary", json!({"options": ["a", "b"]})),
    ] {
        let path = tool(name, &trial.decision);
        let call =
            |text: String| json!({"parameters": with(whole.clone(), &format!("/{field}"), json!(text))});
        let place = format!("/parameters/{field}");
        trial
            .refused(
                "POST",
                &path,
                call(characters(10_001)),
                refusal(422, "validation_failed", &place),
            )
            .await;
        trial
            .refused(
                "POST",
                &path,
                call("a\0b".into()),
                refusal(422, "validation_failed", &place),
            )
            .await;
        trial.accepted("POST", &path, call(characters(10_000)), 200).await;
    }
    let cycle = trial.decision.cycle.clone();
    let path = format!("/api/sessions/{}/outcomes", trial.decision.session);
    let outcome = |field: &str, text: Value| {
        with(
            json!({"cycle_id": cycle, "satisfaction": "satisfied", "would_decide_same": true}),
            &format!("/{field}"),
            text,
        )
    };
    trial
        .refused(
            "POST",
            &path,
            outcome("surprises", json!("x")),
            plain(409, "invalid_state_transition"),
        )
        .await;
    trial
        .accepted("POST", &format!("/api/cycles/{cycle}/complete"), json!({}), 200)
        .await;
    for field in ["actual_consequences", "surprises"] {
        let place = format!("/{field}");
        for text in [characters(10_001), "a\0b".into()] {
            trial
                .refused(
                    "POST",
                    &path,
                    outcome(field, json!(text)),
                    refusal(422, "validation_failed", &place),
                )
                .await;
        }
        trial
            .accepted("POST", &path, outcome(field, json!(characters(10_000))), 201)
            .await;
    }
    for (field, value) in [
        ("satisfaction", json!("thrilled")),
        ("satisfaction", json!(3)),
        ("would_decide_same", json!("yes")),
        ("chosen_alternative_id", json!(trial.decision.id(0xbad))),
        ("chosen_alternative_id", json!("7")),
        ("cycle_id", json!(null)),
        ("colour", json!("red")),
    ] {
        trial
            .refused(
                "POST",
                &path,
                outcome(field, value),
                refusal(422, "validation_failed", &format!("/{field}")),
            )
            .await;
    }
    trial.done().await;
}

#[tokio::test]
async fn accounts() {
    let app = TestApp::start_empty(BINARY).await;
    let account = json!({"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.org", "password": PASSWORD});
    let long_address = format!("{}@x.org", "a".repeat(155));
    for (field, value) in [
        ("first_name", json!(characters(256))),
        ("first_name", json!(" ")),
        ("first_name", json!("A\0da")),
        ("first_name", json!("A\u{7}da")),
        ("last_name", json!(padded(256))),
        ("email", json!(long_address)),
        ("email", json!("ada")),
        ("email", json!("ada@@example.org")),
        ("email", json!("ada\0@example.org")),
        ("password", json!(characters(129))),
        ("password", json!(characters(11))),
        ("password", json!(null)),
        ("colour", json!("red")),
    ] {
        let reply = app
            .anonymous()
            .post("/api/setup", with(account.clone(), &format!("/{field}"), value))
            .await;
        assert_eq!(
            (reply.refusal(), &reply.body["errors"][0]["field"]),
            ((422, "validation_failed"), &json!(format!("/{field}"))),
            "{}",
            reply.text
        );
    }
    assert_eq!(
        app.anonymous().get("/api/auth/methods").await.data()["setup_required"],
        true,
        "nothing was set up"
    );
    let mut account = with(account, "/first_name", json!(padded(255)));
    for (field, value) in [
        ("last_name", characters(255)),
        ("email", format!("{}@x.org", "a".repeat(154))),
        ("password", characters(128)),
    ] {
        account = with(account, &format!("/{field}"), json!(value));
    }
    let made = app.anonymous().post("/api/setup", account.clone()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let sign_in = json!({"email": account["email"], "password": account["password"]});
    assert_eq!(app.anonymous().post("/api/auth/login", sign_in).await.status, 200);
}
