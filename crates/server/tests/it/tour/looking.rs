//! The part of the tour in which people look: analysis, document, views, operations, the front door.

use althing_testkit::TestApp;
use serde_json::json;

use super::Tourist;
use crate::office::{settled, text};
use crate::outputs::{self, COST, KOELN, id};
use crate::walk::Walk;

pub async fn see_what_follows(tourist: &Tourist, walk: &Walk) {
    let (cycle, session) = (walk.cycle.as_str(), walk.session.as_str());
    assert_eq!(
        tourist.get("/api/cycles/{id}/analysis", &[cycle]).await["pugh"]["best_alternative"],
        id(KOELN)
    );
    let cell = format!("?alt={}&obj={}", id(KOELN), id(COST));
    let entries = tourist
        .ask("/api/cycles/{id}/analysis/sensitivity", &[cycle], &cell)
        .await;
    assert_eq!(entries["entries"].as_array().map(Vec::len), Some(4));
    let quantities = tourist
        .post(
            "/api/cycles/{id}/analysis/quantities",
            &[cycle],
            json!({"tolerances": {id(COST): "50"}}),
            200,
        )
        .await;
    assert_eq!(quantities["complete"], true);
    let document = tourist.get("/api/cycles/{id}/document", &[cycle]).await;
    assert_eq!(text(&document["checksum"]).len(), 64);
    let first = tourist
        .ask("/api/cycles/{id}/document", &[cycle], "?version=3")
        .await;
    assert_eq!(first["version"], 3);
    let history = tourist.get("/api/cycles/{id}/document/history", &[cycle]).await;
    assert_eq!(history[0]["version"], document["version"]);
    let file = tourist
        .go(
            "GET",
            "/api/cycles/{id}/document/export",
            &[cycle],
            "?format=html",
            None,
        )
        .await;
    assert!(file.status == 200 && file.text.starts_with("<!"), "{}", file.text);
    settled(&tourist.client).await;
    assert_eq!(
        tourist
            .ask(
                "/api/sessions/{id}/dashboard",
                &[session],
                &format!("?cycleId={cycle}")
            )
            .await["cycleId"],
        cycle
    );
    let activity = tourist
        .ask("/api/sessions/{id}/activity", &[session], "?limit=5")
        .await;
    assert_eq!(activity.as_array().map(Vec::len), Some(5));
    assert!(
        activity
            .as_array()
            .expect("a list")
            .iter()
            .all(|one| one["summary"].as_str().is_some_and(|summary| !summary.is_empty()))
    );
    tourist.upgrade("/api/sessions/{id}/live", session).await;
}

pub async fn see_the_end(tourist: &Tourist, walk: &Walk) {
    let (cycle, session) = (walk.cycle.as_str(), walk.session.as_str());
    walk.fill("decision_quality", outputs::full("decision_quality"))
        .await;
    assert_eq!(
        tourist
            .post("/api/cycles/{id}/complete", &[cycle], json!({}), 200)
            .await["dq_score"],
        65
    );
    let outcome = json!({"cycle_id": cycle, "satisfaction": "satisfied", "would_decide_same": true});
    tourist
        .post("/api/sessions/{id}/outcomes", &[session], outcome, 201)
        .await;
    assert_eq!(
        tourist.get("/api/sessions/{id}/outcomes", &[session]).await[0]["satisfaction"],
        "satisfied"
    );
    let child = tourist
        .post(
            "/api/cycles/{id}/branch",
            &[cycle],
            json!({"branch_point": "tradeoffs"}),
            201,
        )
        .await;
    let child = text(&child["id"]);
    assert_eq!(
        tourist.get("/api/sessions/{id}/cycle-tree", &[session]).await[0]["children"][0]["cycleId"],
        child.as_str()
    );
    let compared = tourist
        .ask(
            "/api/sessions/{id}/compare",
            &[session],
            &format!("?cycles={cycle},{child}"),
        )
        .await;
    assert_eq!(compared["cycles"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        tourist
            .post("/api/cycles/{id}/archive", &[&child], json!({}), 200)
            .await["status"],
        "archived"
    );
    let file = tourist
        .go("GET", "/api/sessions/{id}/export", &[session], "", None)
        .await;
    let copy = tourist.post("/api/sessions/import", &[], file.body, 201).await;
    let copy = text(&copy["id"]);
    assert_eq!(
        tourist
            .go("DELETE", "/api/sessions/{id}", &[&copy], "", None)
            .await
            .status,
        204
    );
    assert_eq!(
        tourist.get("/api/sessions/{id}", &[&copy]).await["status"],
        "archived"
    );
}

pub async fn see_operations(app: &TestApp, tourist: &Tourist, walk: &Walk) {
    settled(&tourist.client).await;
    let subscriptions = tourist.get("/api/admin/subscriptions", &[]).await;
    assert!(
        subscriptions
            .as_array()
            .expect("a list")
            .iter()
            .any(|one| one["name"] == "dashboard")
    );
    for act in ["pause", "resume", "rebuild"] {
        let route = format!("/api/admin/subscriptions/{{name}}/{act}");
        assert_eq!(
            tourist.go("POST", &route, &["dashboard"], "", None).await.status,
            204,
            "{act}"
        );
    }
    settled(&tourist.client).await;
    assert_eq!(
        tourist.get("/api/admin/dead-letters", &[]).await,
        json!([]),
        "nothing failed on the way"
    );
    for act in ["redeliver", "skip"] {
        let route = format!("/api/admin/dead-letters/{{id}}/{act}");
        let reply = tourist
            .go(
                "POST",
                &route,
                &["dashboard:1"],
                "",
                Some(json!({"reason": "old"})),
            )
            .await;
        assert!(matches!(reply.status, 404 | 422), "{act}: {}", reply.text);
    }
    let catalogue = tourist.get("/api/events/catalogue", &[]).await;
    assert!(
        catalogue
            .as_array()
            .expect("a list")
            .iter()
            .any(|event| event["event_type"] == "component.completed")
    );
    assert_eq!(walk.of_session("/dashboard").await["cycleCount"], 2);
    assert!(!app.log().contains("A tour"), "titles are in no log");
}

pub async fn see_doors(app: &TestApp, tourist: &Tourist) {
    assert_eq!(
        tourist.get("/api/auth/methods", &[]).await["setup_required"],
        false
    );
    assert_eq!(
        tourist.get("/api/me", &[]).await["user"]["email"],
        "ada@example.org"
    );
    let again = json!({"first_name": "B", "last_name": "C", "email": "b@example.org", "password": "correct horse battery"});
    assert_eq!(
        tourist
            .go("POST", "/api/setup", &[], "", Some(again))
            .await
            .refusal(),
        (409, "setup_done")
    );
    let login = json!({"email": "ada@example.org", "password": althing_testkit::PASSWORD});
    tourist.post("/api/auth/login", &[], login, 200).await;
    assert_eq!(
        tourist.go("POST", "/api/auth/logout", &[], "", None).await.status,
        204
    );
    assert_eq!(
        app.owner().get("/api/me").await.refusal(),
        (401, "unauthenticated")
    );
}
