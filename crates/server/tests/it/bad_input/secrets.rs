//! What people write is in no log, no problem and no metric.

use althing_testkit::{Client, PASSWORD, Reply, TestApp};
use serde_json::{Value, json};

use super::{assert_healthy, places, with};
use crate::BINARY;
use crate::office::{Decision, STEPS, made, settled};

/// In front of every confidential text.
const CANARY: &str = "canary-7f3a";

/// The value with the canary in every text that people write freely.
fn marked(value: Value) -> Value {
    let written = [
        "description",
        "notes",
        "text",
        "driver",
        "statement",
        "outcome",
        "trigger",
        "ultimate_aim",
        "rationale",
        "source",
        "synthesis",
        "impact",
        "resolution_path",
        "sensitivity_notes",
        "improvement_path",
        "action",
        "owner",
        "explanation",
        "reason",
        "metric",
        "uncertainty_impact",
    ];
    let mut marked = value.clone();
    let mut number = 0;
    for place in places(&value, &Value::is_string) {
        let parts: Vec<&str> = place.split('/').collect();
        let field = parts
            .iter()
            .rev()
            .find(|part| part.parse::<usize>().is_err())
            .copied()
            .unwrap_or_default();
        let is_name = field == "name" && !place.starts_with("/elements");
        let is_text =
            written.contains(&field) || is_name || ["concerns", "assumptions", "in", "out"].contains(&field);
        if is_text {
            let text = value.pointer(&place).and_then(Value::as_str).unwrap_or_default();
            marked = with(marked, &place, json!(format!("{CANARY}-{number} {text}")));
            number += 1;
        }
    }
    assert!(number > 0, "nothing to mark in {value}");
    marked
}

/// Refused, and without a word of what was sent.
fn silent(reply: &Reply) {
    assert!(reply.status >= 400, "{}", reply.text);
    assert!(!reply.text.contains(CANARY), "{} {}", reply.status, reply.text);
}

#[tokio::test]
async fn nothing_that_people_write_reaches_logs_problems_or_metrics() {
    let app = TestApp::start_with(
        BINARY,
        &[
            ("ALTHING_LOG_LEVEL", "trace"),
            ("ALTHING_LOG_FORMAT", "json"),
            ("ALTHING_METRICS_TOKEN", "a-token-for-figures"),
        ],
    )
    .await;
    let owner = app.set_up().await;
    let decision = whole_decision(&owner).await;
    refusals(&owner, &decision).await;
    let document = decision.export(&owner).await.to_string();
    let found = document.matches(CANARY).count();
    assert!(found > 150, "the document holds what was written, {found} times");
    settled(&owner).await;
    let allowed = [("authorization", "Bearer a-token-for-figures")];
    let metrics = owner.send("GET", "/metrics", &allowed, None).await;
    assert_eq!(metrics.status, 200);
    assert!(!metrics.text.contains(CANARY));
    let log = app.log();
    assert!(log.contains("TRACE"), "everything that can be logged is: {log}");
    let told: Vec<&str> = log.lines().filter(|line| line.contains(CANARY)).take(5).collect();
    assert!(told.is_empty(), "{told:#?}");
    for secret in [
        PASSWORD,
        owner.csrf_token().unwrap(),
        owner.cookie().unwrap().split_once('=').unwrap().1,
        "ada@example.org",
    ] {
        assert!(!log.contains(secret), "{secret}");
    }
    assert_healthy(&app);
}

/// A whole decision by forms, tools and talk, with the canary wherever one can write.
async fn whole_decision(owner: &Client) -> Decision {
    let decision = Decision::begin(owner, &format!("{CANARY} title"), 3).await;
    let session = format!("/api/sessions/{}", decision.session);
    made(
        owner
            .patch(&session, json!({"description": format!("{CANARY} description")}))
            .await,
        200,
    );
    let mut live = owner.socket(&format!("{session}/live")).await;
    for step in STEPS {
        decision.start(owner, step).await;
        decision.save(owner, step, marked(decision.output(step))).await;
        let component = decision.component(step);
        decision
            .say(owner, step, &format!("- {CANARY} said\n{CANARY} name: and more"))
            .await;
        owner
            .post_empty(&format!("/api/components/{component}/regenerate"))
            .await;
        owner
            .post_empty(&format!("/api/components/{component}/extract"))
            .await;
        owner
            .post_empty(&format!("/api/components/{component}/draft/dismiss"))
            .await;
        made(
            owner
                .post(
                    &format!("{}/revise", decision.step(step)),
                    json!({"reason": format!("{CANARY} reason")}),
                )
                .await,
            200,
        );
        decision.save(owner, step, marked(decision.output(step))).await;
        if step != "notes_next_steps" {
            decision.complete(owner, step).await;
        }
    }
    let mut stream = owner
        .socket(&format!(
            "/api/components/{}/stream",
            decision.component("notes_next_steps")
        ))
        .await;
    stream.send(json!({"type": "send_message", "message_id": decision.id(500), "content": format!("- {CANARY} streamed")})).await;
    stream.next_of("stream_complete").await;
    for (tool, parameters) in [
        (
            "flag_uncertainty",
            json!({"description": CANARY, "component": "objectives", "resolvable": true, "impact": CANARY}),
        ),
        (
            "suggest_revisit",
            json!({"component": "objectives", "reason": CANARY, "priority": "high", "trigger": CANARY}),
        ),
        (
            "request_confirmation",
            json!({"summary": CANARY, "options": [CANARY, "no"]}),
        ),
        ("add_note", json!({"text": CANARY})),
    ] {
        decision.tool(owner, tool, parameters).await;
    }
    for path in ["dashboard", "cycle-tree", "activity", "outcomes", "export"] {
        assert_eq!(
            owner.get(&format!("{session}/{path}")).await.status,
            200,
            "{path}"
        );
    }
    let cycle = format!("/api/cycles/{}", decision.cycle);
    for path in [
        "analysis",
        "document",
        "document/export?format=html",
        "tools/invocations",
    ] {
        assert_eq!(owner.get(&format!("{cycle}/{path}")).await.status, 200, "{path}");
    }
    live.next_of("connected").await;
    live.send(json!({"type": "request.state"})).await;
    live.next_of("state").await;
    let file = owner.get(&format!("{session}/export")).await.body;
    made(owner.post("/api/sessions/import", file).await, 201);
    decision
}

/// Requests that carry the canary and are refused, each in another place.
async fn refusals(owner: &Client, decision: &Decision) {
    let session = format!("/api/sessions/{}", decision.session);
    let cycle = format!("/api/cycles/{}", decision.cycle);
    let step = decision.step("notes_next_steps");
    let component = format!("/api/components/{}", decision.component("notes_next_steps"));
    let long = CANARY.repeat(1_000);
    // A word that looks like the end of one of serde's own sentences.
    let expected = format!("x`, expected {CANARY}");
    for text in [CANARY, long.as_str(), expected.as_str()] {
        silent(&owner.post("/api/sessions", json!({"title": [text]})).await);
        silent(
            &owner
                .post("/api/sessions", json!({"title": "a", "visibility": text}))
                .await,
        );
        silent(
            &owner
                .post("/api/sessions", json!({"title": "a", "workspace_id": text}))
                .await,
        );
        silent(
            &owner
                .post(
                    &format!("{session}/outcomes"),
                    json!({"cycle_id": text, "satisfaction": text, "would_decide_same": text}),
                )
                .await,
        );
        silent(
            &owner
                .post(
                    &format!("{session}/outcomes"),
                    json!({"cycle_id": decision.cycle, "satisfaction": text}),
                )
                .await,
        );
        silent(
            &owner
                .post(&format!("{cycle}/branch"), json!({"branch_point": text}))
                .await,
        );
        silent(
            &owner
                .post(&format!("{cycle}/navigate"), json!({"to": text}))
                .await,
        );
        silent(
            &owner
                .post(&format!("{step}/revise"), json!({"reason": {"a": text}}))
                .await,
        );
        silent(
            &owner
                .put(&step, json!({"output": text, "expected_version": 1}))
                .await,
        );
        silent(
            &owner
                .put(&step, json!({"output": {}, "expected_version": text}))
                .await,
        );
        let output = with(
            decision.output("notes_next_steps"),
            "/planned_actions/0/status",
            json!(text),
        );
        silent(&owner.put(&step, json!({"output": with(output, "/planned_actions/0/due_date", json!(text)), "expected_version": 1})).await);
        silent(
            &owner
                .post(&format!("{component}/messages"), json!({"content": [text]}))
                .await,
        );
        silent(
            &owner
                .post(
                    &format!("{component}/messages"),
                    json!({"content": "a", "message_id": text}),
                )
                .await,
        );
        silent(
            &owner
                .post(
                    &format!("{component}/draft/confirm"),
                    json!({"items": [text], "expected_version": 1}),
                )
                .await,
        );
        silent(
            &owner
                .post(
                    &format!("{cycle}/tools/add_party"),
                    json!({"parameters": {"name": text, "role": text, "concerns": text}}),
                )
                .await,
        );
        silent(
            &owner
                .post(
                    &format!("{cycle}/tools/rate_consequence"),
                    json!({"parameters": {"alt": text, "obj": text, "rating": text, "reasoning": text}}),
                )
                .await,
        );
        silent(
            &owner
                .post(
                    &format!("{cycle}/tools/flag_uncertainty"),
                    json!({"component": text}),
                )
                .await,
        );
        silent(
            &owner
                .post("/api/auth/login", json!({"email": [text], "password": text}))
                .await,
        );
        silent(
            &owner
                .send(
                    "POST",
                    "/api/sessions",
                    &[],
                    Some(format!("{{\"title\": \"{CANARY}\" {CANARY}").into_bytes()),
                )
                .await,
        );
        silent(
            &owner
                .send(
                    "POST",
                    "/api/sessions",
                    &[("content-type", "text/plain")],
                    Some(text.as_bytes().to_vec()),
                )
                .await,
        );
        let file = owner.get(&format!("{session}/export")).await.body;
        for place in [
            "/format",
            "/format_version",
            "/session/status",
            "/session/title",
            "/cycles/0/branch_point",
            "/cycles/0/changes/1/kind",
            "/cycles/0/components/0/status",
            "/outcomes",
            "/conversations/0/messages/0/role",
        ] {
            silent(
                &owner
                    .post("/api/sessions/import", with(file.clone(), place, json!(text)))
                    .await,
            );
        }
    }
    for query in [
        format!("/api/sessions?status={CANARY}"),
        format!("{session}/dashboard?cycleId={CANARY}"),
        format!("{session}/compare?cycles={CANARY},b"),
        format!("{cycle}/document?version={CANARY}"),
        format!("{cycle}/document/export?format={CANARY}"),
        format!("/api/sessions?cursor={CANARY}"),
        format!("{cycle}/analysis/sensitivity?alt={CANARY}&obj={CANARY}"),
    ] {
        silent(&owner.get(&query).await);
    }
}
