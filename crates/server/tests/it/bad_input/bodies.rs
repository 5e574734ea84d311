//! Bodies that are no JSON, and JSON of another shape.

use serde_json::{Value, json};

use super::{Trial, plain, refusal};

#[tokio::test]
async fn a_body_that_is_no_json_is_malformed_everywhere() {
    let mut trial = Trial::after("issue_raising").await;
    let reference: Value =
        serde_json::from_str(&trial.app.command(&["dump-reference"]).await.stdout).unwrap();
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let bodies: [(&[u8], &str); 10] = [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"{\"title\": nul}", "application/json"),
        (b"{\"title\": \"a\"} x", "application/json"),
        (b"{'title': 'a'}", "application/json"),
        (b"{\"title\": \"\xff\xfe\"}", "application/json"),
        (b"{\"title\": \"a\nb\"}", "application/json"),
        (b"{\"title\": \"a\"}", "text/plain"),
        (b"title=a", "application/x-www-form-urlencoded"),
        (b"{}", "application/json-seq"),
    ];
    // JSON in form, with a content that no value can hold: which of the two is told depends on where it stands.
    let odd: [&[u8]; 5] = [
        b"{\"title\": \"\\ud800\"}",
        b"{\"output\": \"\\udc00\\ud800\", \"expected_version\": 1}",
        b"{\"output\": 1e99999, \"expected_version\": 1}",
        b"{\"expected_version\": 99999999999999999999999999999999999999999}",
        deep.as_bytes(),
    ];
    let mut routes = 0;
    for route in reference["routes"].as_array().unwrap() {
        let (method, template) = (route["method"].as_str().unwrap(), route["path"].as_str().unwrap());
        if !takes_a_body(method, template) {
            continue;
        }
        routes += 1;
        let path = template
            .replace("{type}", "issue_raising")
            .replace("{name}", "add_note")
            .replace("{rid}", &trial.decision.id(1))
            .replace("{cid}", &trial.decision.id(1));
        let path = match path.split('/').nth(2) {
            Some("sessions") => path.replace("{id}", &trial.decision.session),
            Some("components") => path.replace("{id}", trial.decision.component("issue_raising")),
            _ => path.replace("{id}", &trial.decision.cycle),
        };
        for (body, kind) in bodies {
            trial
                .refused_raw(
                    (method, &path),
                    &[("content-type", kind)],
                    Some(body),
                    plain(400, "malformed_request"),
                )
                .await;
        }
        for body in odd {
            let reply = trial.client().send(method, &path, &[], Some(body.to_vec())).await;
            if !matches!(
                reply.refusal(),
                (400, "malformed_request") | (422, "validation_failed" | "invalid_component_output")
            ) {
                trial.faults.push(format!(
                    "{method} {path} {}: {}",
                    super::excerpt(&String::from_utf8_lossy(body)),
                    reply.text
                ));
            }
        }
    }
    assert!(routes >= 20, "{routes}");
    trial.done().await;
}

/// Routes whose handler reads a body. Of the others nothing is read.
fn takes_a_body(method: &str, path: &str) -> bool {
    let none = [
        "/logout",
        "/regenerate",
        "/extract",
        "/dismiss",
        "/pause",
        "/resume",
        "/rebuild",
        "/restore",
        "/leave",
        "/resend",
        "/revoke",
        "/accept",
        "/decline",
        "/read",
        "/read-all",
        "/unsubscribe",
        "/reactivate",
        "/confirmation-link",
        "/reset-link",
        "/email-link",
        "/test",
        "{ws}/archive",
    ];
    let link = path == "/api/invitations/accept";
    method != "GET" && method != "DELETE" && (link || none.iter().all(|end| !path.ends_with(end)))
}

#[tokio::test]
async fn bodies_of_another_shape_are_refused_at_their_place() {
    let mut trial = Trial::after("issue_raising").await;
    let (session, cycle) = (
        format!("/api/sessions/{}", trial.decision.session),
        format!("/api/cycles/{}", trial.decision.cycle),
    );
    let step = trial.decision.step("issue_raising");
    let component = format!("/api/components/{}", trial.decision.component("issue_raising"));
    let nested = (0..100).fold(json!(1), |inner, _| json!([inner]));
    for (method, path, body, place) in [
        ("POST", "/api/sessions".to_owned(), json!([]), ""),
        ("POST", "/api/sessions".to_owned(), json!({}), "/title"),
        (
            "POST",
            "/api/sessions".to_owned(),
            json!({"title": null}),
            "/title",
        ),
        ("POST", "/api/sessions".to_owned(), json!({"title": 7}), "/title"),
        (
            "POST",
            "/api/sessions".to_owned(),
            json!({"title": nested}),
            "/title",
        ),
        (
            "POST",
            "/api/sessions".to_owned(),
            json!({"title": "a", "owner_id": "b"}),
            "/owner_id",
        ),
        (
            "POST",
            "/api/sessions".to_owned(),
            json!({"title": "a", "workspace_id": trial.decision.id(1)}),
            "/workspace_id",
        ),
        (
            "POST",
            "/api/sessions".to_owned(),
            json!({"title": "a", "project_id": trial.decision.id(1)}),
            "/project_id",
        ),
        (
            "POST",
            "/api/sessions".to_owned(),
            json!({"title": "a", "workspace_id": "x"}),
            "/workspace_id",
        ),
        (
            "POST",
            "/api/sessions".to_owned(),
            json!({"title": "a", "visibility": "public"}),
            "/visibility",
        ),
        (
            "POST",
            "/api/sessions".to_owned(),
            json!({"title": "a", "visibility": "workspace"}),
            "/visibility",
        ),
        ("PATCH", session.clone(), json!({"status": "archived"}), "/status"),
        ("PATCH", session.clone(), json!({"title": ""}), "/title"),
        ("POST", format!("{session}/cycles"), json!({"label": 1}), "/label"),
        ("POST", format!("{cycle}/branch"), json!({}), "/branch_point"),
        (
            "POST",
            format!("{cycle}/branch"),
            json!({"branch_point": "objective"}),
            "/branch_point",
        ),
        (
            "POST",
            format!("{cycle}/branch"),
            json!({"branch_point": 1}),
            "/branch_point",
        ),
        (
            "POST",
            format!("{cycle}/navigate"),
            json!({"to": "nowhere"}),
            "/to",
        ),
        (
            "POST",
            format!("{cycle}/navigate"),
            json!({"to": "objectives", "via": "x"}),
            "/via",
        ),
        (
            "POST",
            format!("{cycle}/complete"),
            json!({"force": true}),
            "/force",
        ),
        (
            "POST",
            format!("{cycle}/archive"),
            json!({"force": true}),
            "/force",
        ),
        ("POST", format!("{step}/start"), json!({"force": true}), "/force"),
        (
            "POST",
            format!("{step}/complete"),
            json!({"force": true}),
            "/force",
        ),
        ("POST", format!("{step}/revise"), json!({}), "/reason"),
        (
            "POST",
            format!("{step}/revise"),
            json!({"reason": ["a"]}),
            "/reason",
        ),
        ("PUT", step.clone(), json!({"expected_version": 2}), "/output"),
        ("PUT", step.clone(), json!({"output": {}}), "/expected_version"),
        (
            "PUT",
            step.clone(),
            json!({"output": {}, "expected_version": 2, "draft_id": 1}),
            "/draft_id",
        ),
        (
            "PUT",
            step.clone(),
            json!({"output": {}, "expected_version": 2, "status": "complete"}),
            "/status",
        ),
        ("POST", format!("{component}/messages"), json!({}), "/content"),
        (
            "POST",
            format!("{component}/messages"),
            json!({"content": 1}),
            "/content",
        ),
        (
            "POST",
            format!("{component}/messages"),
            json!({"content": "a", "message_id": "b"}),
            "/message_id",
        ),
        (
            "POST",
            format!("{component}/messages"),
            json!({"content": "a", "role": "system"}),
            "/role",
        ),
        (
            "POST",
            format!("{component}/draft/confirm"),
            json!({}),
            "/expected_version",
        ),
        (
            "POST",
            format!("{component}/draft/confirm"),
            json!({"expected_version": 1, "items": "all"}),
            "/items",
        ),
        (
            "POST",
            format!("{cycle}/tools/add_note"),
            json!({"component": "nothing"}),
            "/component",
        ),
        (
            "POST",
            format!("{cycle}/tools/add_objective"),
            json!({"component": "alternatives"}),
            "/component",
        ),
        (
            "POST",
            format!("{cycle}/tools/flag_uncertainty"),
            json!({"parameters": {}}),
            "/parameters/description",
        ),
        (
            "POST",
            format!("{cycle}/tools/flag_uncertainty"),
            json!({"parameters": []}),
            "/parameters",
        ),
        (
            "POST",
            format!("{cycle}/tools/flag_uncertainty"),
            json!({"parameters": {"weight": 1}}),
            "/parameters/weight",
        ),
        (
            "POST",
            format!("{cycle}/revisits/{}/resolve", trial.decision.id(1)),
            json!({"decision": "later"}),
            "/decision",
        ),
        (
            "POST",
            format!("{cycle}/confirmations/{}/respond", trial.decision.id(1)),
            json!({"choice": 1}),
            "/choice",
        ),
        (
            "POST",
            format!("{cycle}/analysis/quantities"),
            json!({"tolerances": {"x": "1"}}),
            "/tolerances/x",
        ),
        (
            "POST",
            format!("{cycle}/analysis/quantities"),
            json!({"tolerances": {"a/b~c": 1}}),
            "/tolerances/a~1b~0c",
        ),
        (
            "POST",
            "/api/admin/dead-letters/a:1/redeliver".to_owned(),
            json!({"whole_key": "yes"}),
            "/whole_key",
        ),
        (
            "POST",
            "/api/admin/dead-letters/a:1/skip".to_owned(),
            json!({"reason": "x".repeat(1001)}),
            "/reason",
        ),
        (
            "POST",
            "/api/auth/login".to_owned(),
            json!({"email": 1, "password": "x"}),
            "/email",
        ),
    ] {
        trial
            .refused(method, &path, body, refusal(422, "validation_failed", place))
            .await;
    }
    trial
        .refused_raw(
            ("POST", "/api/sessions"),
            &[],
            Some(br#"{"title":"a","title":"b"}"#),
            refusal(422, "validation_failed", "/title"),
        )
        .await;
    trial.done().await;
}
