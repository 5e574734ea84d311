//! The part of the tour in which people work: sessions, components, talks, tools.

use serde_json::{Value, json};

use super::Tourist;
use crate::office::{STEPS, made, settled, text};
use crate::outputs::{self, KOELN, id};
use crate::walk::{Walk, new_id};

pub async fn see_sessions(tourist: &Tourist) -> Walk {
    let session = tourist
        .post("/api/sessions", &[], json!({"title": "A tour 🏠"}), 201)
        .await;
    let id = text(&session["id"]);
    let all = tourist
        .go("GET", "/api/sessions", &[], "?status=active&limit=1", None)
        .await;
    assert_eq!(
        (&all.body["data"][0]["id"], &all.body["meta"]["total"]),
        (&json!(id), &json!(1))
    );
    assert_eq!(
        tourist.get("/api/sessions/{id}", &[&id]).await["title"],
        "A tour 🏠"
    );
    let changed = tourist
        .go(
            "PATCH",
            "/api/sessions/{id}",
            &[&id],
            "",
            Some(json!({"description": "größer"})),
        )
        .await;
    assert_eq!(made(changed, 200)["description"], "größer");
    let cycle = tourist
        .post(
            "/api/sessions/{id}/cycles",
            &[&id],
            json!({"label": "first"}),
            201,
        )
        .await;
    assert_eq!(
        tourist.get("/api/sessions/{id}/cycles", &[&id]).await[0]["label"],
        "first"
    );
    let walk = Walk::on(&tourist.client, &cycle);
    assert_eq!(
        tourist.get("/api/cycles/{id}", &[&walk.cycle]).await["components"]
            .as_array()
            .map(Vec::len),
        Some(9)
    );
    walk
}

pub async fn see_components(tourist: &Tourist, walk: &Walk) {
    let cycle = walk.cycle.as_str();
    for step in &STEPS[..7] {
        let started = tourist
            .post(
                "/api/cycles/{id}/components/{type}/start",
                &[cycle, step],
                json!({}),
                200,
            )
            .await;
        assert_eq!(started["status"], "in_progress");
        let body = json!({"output": outputs::full(step), "expected_version": 1});
        let saved = tourist
            .go(
                "PUT",
                "/api/cycles/{id}/components/{type}",
                &[cycle, step],
                "",
                Some(body),
            )
            .await;
        assert_eq!(made(saved, 200)["version"], 2);
        assert_eq!(
            tourist
                .get("/api/cycles/{id}/components/{type}", &[cycle, step])
                .await["output"],
            outputs::full(step)
        );
        let completed = tourist
            .post(
                "/api/cycles/{id}/components/{type}/complete",
                &[cycle, step],
                json!({}),
                200,
            )
            .await;
        assert_eq!(completed["status"], "complete");
    }
    let detail = tourist
        .get(
            "/api/cycles/{id}/components/{type}/detail",
            &[cycle, "consequences"],
        )
        .await;
    assert_eq!(
        (&detail["canRevise"], &detail["next"]),
        (&json!(true), &json!("tradeoffs"))
    );
    let revised = tourist
        .post(
            "/api/cycles/{id}/components/{type}/revise",
            &[cycle, "issue_raising"],
            json!({"reason": "more"}),
            200,
        )
        .await;
    assert_eq!(revised["status"], "needs_revision");
    let moved = tourist
        .post(
            "/api/cycles/{id}/navigate",
            &[cycle],
            json!({"to": "objectives"}),
            200,
        )
        .await;
    assert_eq!(moved["current_step"], "objectives");
    settled(&tourist.client).await;
}

pub async fn see_talks(tourist: &Tourist, walk: &Walk) {
    let component = walk.component("issue_raising");
    let conversation = tourist
        .get("/api/components/{id}/conversation", &[component])
        .await;
    assert_eq!(conversation["component_type"], "issue_raising");
    let said = tourist
        .post(
            "/api/components/{id}/messages",
            &[component],
            json!({"content": "decision: Wann?", "message_id": new_id()}),
            201,
        )
        .await;
    assert!(text(&said["reply"]["content"]).contains("Wann?"), "{said}");
    let again = tourist
        .post("/api/components/{id}/regenerate", &[component], json!({}), 200)
        .await;
    assert_ne!(again["reply"]["id"], said["reply"]["id"]);
    tourist.upgrade("/api/components/{id}/stream", component).await;
    let messages = tourist
        .get("/api/conversations/{id}/messages", &[&text(&conversation["id"])])
        .await;
    assert_eq!(messages.as_array().map(Vec::len), Some(5));
    let draft = tourist.get("/api/components/{id}/draft", &[component]).await;
    let version = draft["base_version"].clone();
    let confirmed = tourist
        .post(
            "/api/components/{id}/draft/confirm",
            &[component],
            json!({"expected_version": version}),
            200,
        )
        .await;
    assert_eq!(
        confirmed["output"]["potential_decisions"][2]["description"],
        "Wann?"
    );
    tourist
        .post(
            "/api/components/{id}/messages",
            &[component],
            json!({"content": "objective: Ruhe"}),
            201,
        )
        .await;
    assert_eq!(
        tourist
            .go(
                "POST",
                "/api/components/{id}/draft/dismiss",
                &[component],
                "",
                Some(json!({}))
            )
            .await
            .status,
        204
    );
    let over = tourist
        .post("/api/components/{id}/extract", &[component], json!({}), 200)
        .await;
    assert!(over["phase"].is_string() && over["reply"].is_object(), "{over}");
}

pub async fn see_tools(tourist: &Tourist, walk: &Walk) {
    let cycle = walk.cycle.as_str();
    let tools = tourist.get("/api/cycles/{id}/tools", &[cycle]).await;
    assert!(
        tools
            .as_array()
            .expect("tools")
            .iter()
            .any(|tool| tool["name"] == "clear_dominated" && tool["user_only"] == true)
    );
    let call = async |name: &str, parameters: Value| {
        let done = tourist
            .post(
                "/api/cycles/{id}/tools/{name}",
                &[cycle, name],
                json!({"parameters": parameters}),
                200,
            )
            .await;
        assert_eq!(done["result"], "success", "{name}");
        done["data"].clone()
    };
    let totals = call("compute_pugh_totals", json!({})).await;
    assert!(totals.to_string().contains(&id(KOELN)), "{totals}");
    call(
        "suggest_revisit",
        json!({"component": "objectives", "reason": "one is missing", "priority": "low", "trigger": "talk"}),
    )
    .await;
    call(
        "request_confirmation",
        json!({"summary": "Shall we go on?", "options": ["yes", "no"]}),
    )
    .await;
    let calls = tourist.get("/api/cycles/{id}/tools/invocations", &[cycle]).await;
    assert_eq!(calls.as_array().map(Vec::len), Some(3));
    let revisits = tourist.get("/api/cycles/{id}/revisits", &[cycle]).await;
    let revisit = text(&revisits[0]["id"]);
    let resolved = tourist
        .post(
            "/api/cycles/{id}/revisits/{rid}/resolve",
            &[cycle, &revisit],
            json!({"decision": "dismiss", "reason": "no"}),
            200,
        )
        .await;
    assert_eq!(resolved["status"], "dismissed");
    let pending = tourist
        .get("/api/cycles/{id}/confirmations/pending", &[cycle])
        .await;
    let confirmation = text(&pending[0]["id"]);
    let answered = tourist
        .post(
            "/api/cycles/{id}/confirmations/{cid}/respond",
            &[cycle, &confirmation],
            json!({"choice": "yes"}),
            200,
        )
        .await;
    assert_eq!(answered["status"], "confirmed");
}
