//! Files that nobody exported like this.

use althing_testkit::Client;
use serde_json::{Value, json};

use super::{Trial, excerpt, places, plain, with};
use crate::office::made;

const IMPORT: &str = "/api/sessions/import";

/// A decision with a branch of a branch, an outcome and messages, and its file.
async fn a_file() -> (Trial, Value) {
    let mut trial = Trial::after("decision_quality").await;
    let client = trial.client().clone();
    let (session, cycle) = (trial.decision.session.clone(), trial.decision.cycle.clone());
    made(
        client
            .post(&format!("/api/cycles/{cycle}/complete"), json!({}))
            .await,
        200,
    );
    let outcome = json!({"cycle_id": cycle, "satisfaction": "satisfied", "would_decide_same": true, "surprises": "None"});
    made(
        client
            .post(&format!("/api/sessions/{session}/outcomes"), outcome)
            .await,
        201,
    );
    let branch = made(
        client
            .post(
                &format!("/api/cycles/{cycle}/branch"),
                json!({"branch_point": "consequences", "label": "Late"}),
            )
            .await,
        201,
    );
    let branch = branch["id"].as_str().unwrap().to_owned();
    made(
        client
            .post(
                &format!("/api/cycles/{branch}/branch"),
                json!({"branch_point": "objectives"}),
            )
            .await,
        201,
    );
    trial.now_is_before().await;
    let file = client.get(&format!("/api/sessions/{session}/export")).await;
    assert_eq!(file.status, 200);
    (trial, file.body)
}

async fn sessions(client: &Client) -> Value {
    client.get("/api/sessions").await.body["meta"]["total"].clone()
}

#[tokio::test]
async fn a_file_of_another_kind_is_refused() {
    let (mut trial, file) = a_file().await;
    let before = sessions(trial.client()).await;
    let whole = file.to_string();
    for length in [0, 1, whole.len() / 3, whole.len() / 2, whole.len() - 1] {
        let part = whole.as_bytes()[..length].to_vec();
        trial
            .refused_raw(
                ("POST", IMPORT),
                &[],
                Some(&part),
                plain(400, "malformed_request"),
            )
            .await;
    }
    for strange in [
        json!(null),
        json!([]),
        json!("file"),
        json!({}),
        json!({"document": {}}),
        json!({"format": "althing.decision"}),
        json!([file]),
    ] {
        trial
            .refused("POST", IMPORT, strange, plain(422, "validation_failed"))
            .await;
    }
    for version in [
        json!(0),
        json!(2),
        json!(-1),
        json!(1.0),
        json!("1"),
        json!(null),
        json!(1e99),
    ] {
        trial
            .refused(
                "POST",
                IMPORT,
                with(file.clone(), "/format_version", version),
                plain(422, "validation_failed"),
            )
            .await;
    }
    for format in ["althing.session", "", "ALTHING.DECISION"] {
        trial
            .refused(
                "POST",
                IMPORT,
                with(file.clone(), "/format", json!(format)),
                plain(422, "validation_failed"),
            )
            .await;
    }
    assert_eq!(sessions(trial.client()).await, before);
    trial.done().await;
}

#[tokio::test]
async fn a_file_with_an_unknown_field_at_any_level_is_refused() {
    let (mut trial, file) = a_file().await;
    let free = |place: &str| {
        ["/cells", "/input_versions"]
            .iter()
            .any(|end| place.ends_with(end))
    };
    let mut kinds = std::collections::BTreeSet::new();
    for place in places(&file, &Value::is_object) {
        // One object of each kind is enough.
        let kind: String = place
            .split('/')
            .map(|part| {
                if part.parse::<u32>().is_ok() || part.contains(':') {
                    "*/"
                } else {
                    part
                }
            })
            .collect();
        if !free(&place) && kinds.insert(kind) {
            trial
                .refused(
                    "POST",
                    IMPORT,
                    with(file.clone(), &format!("{place}/colour"), json!("red")),
                    plain(422, "validation_failed"),
                )
                .await;
        }
    }
    assert!(kinds.len() > 25, "{kinds:?}");
    trial.done().await;
}

#[tokio::test]
async fn a_forged_or_damaged_state_is_refused() {
    let (mut trial, file) = a_file().await;
    let before = sessions(trial.client()).await;
    let (first, second, third) = (
        file["cycles"][0]["id"].clone(),
        file["cycles"][1]["id"].clone(),
        file["cycles"][2]["id"].clone(),
    );
    let objectives = "/cycles/0/components/2";
    let forgeries = [
        ("/session/title", json!("Another title")),
        ("/session/description", json!(null)),
        ("/session/status", json!("archived")),
        ("/session/status", json!("asleep")),
        ("/session/visibility", json!("public")),
        ("/session/changes", json!([])),
        ("/session/changes/0/kind", json!("archived")),
        ("/session/changes/0/title", json!("x".repeat(201))),
        ("/cycles/0/status", json!("active")),
        ("/cycles/0/status", json!("archived")),
        ("/cycles/0/dq_score", json!(99)),
        ("/cycles/0/dq_score", json!(256)),
        ("/cycles/0/current_step", json!("objectives")),
        ("/cycles/0/components", json!([])),
        ("/cycles/0/components/2/status", json!("in_progress")),
        ("/cycles/0/components/2/version", json!(9)),
        ("/cycles/0/components/2/component_type", json!("tradeoffs")),
        ("/cycles/0/components/2/outputs", json!([])),
        ("/cycles/0/components/2/outputs/0/version", json!(7)),
        ("/cycles/0/components/2/outputs/0/output", json!({})),
        ("/cycles/0/components/2/outputs/0/output", json!(7)),
        (
            "/cycles/0/components/2/outputs/0/output/fundamental_objectives/0/weight",
            json!(7),
        ),
        ("/cycles/0/changes", json!([])),
        ("/cycles/0/changes/0/kind", json!("branched")),
        ("/cycles/0/changes/1/kind", json!("completed")),
        ("/cycles/0/changes/1/kind", json!("danced")),
        ("/cycles/0/changes/1/component_type", json!("tradeoffs")),
        ("/cycles/0/changes/1/component_type", json!(null)),
        ("/cycles/0/changes/2/component_version", json!(7)),
        ("/cycles/0/changes/2/source", json!("<script>")),
        ("/cycles/0/changes/2/document_version", json!(7)),
        ("/cycles/0/changes/2/number", json!(7)),
        ("/cycles/0/components/4/outputs/0/input_versions", json!({})),
        (
            "/cycles/0/components/4/id",
            file["cycles"][0]["components"][3]["id"].clone(),
        ),
        ("/cycles/0/id", second.clone()),
        ("/cycles/0/parent_cycle_id", first.clone()),
        ("/cycles/1/parent_cycle_id", second.clone()),
        ("/cycles/1/parent_cycle_id", third),
        ("/cycles/1/parent_cycle_id", json!(trial.decision.id(0xbad))),
        ("/cycles/1/branch_point", json!(null)),
        ("/cycles/1/branch_point", json!("objectives")),
        ("/cycles/1/branched_after_change", json!(null)),
        ("/cycles/1/branched_after_change", json!(1)),
        ("/cycles/1/branched_after_change", json!(-1)),
        ("/cycles/1/label", json!("x".repeat(101))),
        ("/conversations/0/component_id", json!(trial.decision.id(0xbad))),
        ("/conversations/0/messages/0/role", json!("oracle")),
        ("/conversations/0/messages/0/content", json!("x".repeat(100_001))),
        ("/conversations/0/messages/0/content", json!("a\0b")),
        ("/outcomes/0/cycle_id", second),
        ("/outcomes/0/satisfaction", json!("thrilled")),
        ("/outcomes/0/surprises", json!("x".repeat(10_001))),
        (
            "/outcomes/0/chosen_alternative_id",
            json!(trial.decision.id(0xbad)),
        ),
    ];
    assert!(file.pointer(objectives).is_some());
    for (place, value) in forgeries {
        trial
            .refused(
                "POST",
                IMPORT,
                with(file.clone(), place, value),
                plain(422, "validation_failed"),
            )
            .await;
    }
    // The same conversation twice would be two for one component.
    let twice = with(file.clone(), "/conversations/-", file["conversations"][0].clone());
    trial
        .refused("POST", IMPORT, twice, plain(422, "validation_failed"))
        .await;
    // Two cycles that are one another's parents: there is no first one.
    let circle = with(
        with(
            file.clone(),
            "/cycles/0/parent_cycle_id",
            file["cycles"][1]["id"].clone(),
        ),
        "/cycles/1/parent_cycle_id",
        first,
    );
    trial
        .refused("POST", IMPORT, circle, plain(422, "validation_failed"))
        .await;
    // Changes in another order.
    let mut order = file["cycles"][0]["changes"].as_array().unwrap().clone();
    order.swap(2, 3);
    trial
        .refused(
            "POST",
            IMPORT,
            with(file.clone(), "/cycles/0/changes", json!(order)),
            plain(422, "validation_failed"),
        )
        .await;
    if sessions(trial.client()).await != before {
        trial.faults.push("sessions were made".to_owned());
    }
    // The file itself is fine.
    made(trial.client().post(IMPORT, file).await, 201);
    trial.done().await;
}

/// A branch of a branch of a branch…: each one needs its parent, and none of them may cost more than the one before.
#[tokio::test]
async fn a_long_line_of_branches_is_read_without_harm() {
    let (trial, file) = a_file().await;
    let mut cycles = vec![file["cycles"][1].clone()];
    let root = file["cycles"][0].clone();
    let mut fresh = root.clone();
    let unstarted = |component: &Value| json!({"id": component["id"], "component_type": component["component_type"], "status": "not_started", "version": 1, "outputs": []});
    let mut components: Vec<Value> = root["components"]
        .as_array()
        .unwrap()
        .iter()
        .map(unstarted)
        .collect();
    components[0]["status"] = json!("in_progress");
    for (place, value) in [
        ("status", json!("active")),
        ("current_step", json!("issue_raising")),
        ("dq_score", json!(null)),
        ("components", json!(components)),
        ("changes", json!(root["changes"].as_array().unwrap()[..2])),
    ] {
        fresh[place] = value;
    }
    cycles[0] = fresh.clone();
    for number in 1..3_000u32 {
        let mut branch = fresh.clone();
        branch["id"] = json!(trial.decision.id(0x10000 + number));
        branch["parent_cycle_id"] = cycles[number as usize - 1]["id"].clone();
        branch["branch_point"] = json!("issue_raising");
        branch["branched_after_change"] = json!(2);
        branch["label"] = json!(null);
        branch["components"][0]["status"] = json!("needs_revision");
        let change = |number: u32, kind: &str, status: &str| {
            let mut change = fresh["changes"][1].clone();
            for (field, value) in [
                ("number", json!(number)),
                ("kind", json!(kind)),
                ("component_status", json!(status)),
                ("document_version", json!(1)),
            ] {
                change[field] = value;
            }
            change
        };
        branch["changes"] = json!([
            change(1, "branched", "not_started"),
            change(2, "inherited", "needs_revision")
        ]);
        for (place, component) in (0u32..).zip(branch["components"].as_array_mut().unwrap()) {
            component["id"] = json!(trial.decision.id(0x20000 + 9 * number + place));
        }
        cycles.push(branch);
    }
    let deep = json!({"format": file["format"], "format_version": 1, "exported_at": file["exported_at"], "session": file["session"],
        "cycles": cycles, "conversations": [], "outcomes": []});
    // A request has thirty seconds; what grew with the square of the line would not end in time.
    let reply = trial.client().post(IMPORT, deep).await;
    assert_eq!(reply.status, 201, "{}", excerpt(&reply.text));
    trial.done().await;
}
