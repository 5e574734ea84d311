//! Component detail, comparison, cycle tree, activity, and who may see any of it.

use serde_json::{Value, json};

use super::kit::{ADA, App, EVE, nothing};
use super::world::{STEPS, W1, World, alternative, consequences, output, quality};

#[tokio::test]
async fn a_component_in_detail() {
    let app = App::start().await;
    let world = World::up_to(&app, "tradeoffs").await;
    let detail = async |step: &str| {
        app.get(&format!("/api/cycles/{}/components/{step}/detail", world.cycle))
            .await
    };
    let consequences = detail("consequences").await;
    assert_eq!(
        (&consequences["status"], &consequences["version"]),
        (&json!("complete"), &json!(2))
    );
    assert_eq!(
        (&consequences["previous"], &consequences["next"]),
        (&json!("alternatives"), &json!("tradeoffs"))
    );
    assert_eq!(
        (
            &consequences["canBranch"],
            &consequences["canRevise"],
            &consequences["canStart"]
        ),
        (&json!(true), &json!(true), &json!(false))
    );
    assert_eq!(
        consequences["output"]["table"]["alternative_ids"][1],
        json!(alternative(1))
    );
    assert_eq!(
        consequences["analysis"]["pugh"]["best_alternative"],
        json!(alternative(2))
    );
    assert_eq!(detail("objectives").await["analysis"], Value::Null);
    let next = detail("recommendation").await;
    assert_eq!(
        (&next["canStart"], &next["canRevise"], &next["canBranch"]),
        (&json!(true), &json!(false), &json!(false))
    );
    assert_eq!((&next["output"], &next["version"]), (&Value::Null, &json!(1)));
    assert_eq!(detail("issue_raising").await["previous"], Value::Null);
    app.act("DELETE", &format!("/api/sessions/{}", world.session), Value::Null)
        .await;
    let closed = detail("recommendation").await;
    assert_eq!(
        (&closed["canStart"], &detail("objectives").await["canBranch"]),
        (&json!(false), &json!(false))
    );
}

#[tokio::test]
async fn differences_are_weighed() {
    let app = App::start().await;
    let world = World::up_to(&app, "decision_quality").await;
    let compare = async |other: &World<'_>| {
        let path = format!(
            "/api/sessions/{}/compare?cycles={},{}",
            world.session, world.cycle, other.cycle
        );
        app.get(&path).await
    };
    let weights = |comparison: &Value| -> Vec<(String, String)> {
        let all = comparison["differences"].as_array().unwrap().iter();
        all.map(|one| {
            (
                one["component"].as_str().unwrap().to_owned(),
                one["significance"].as_str().unwrap().to_owned(),
            )
        })
        .collect()
    };
    let pairs = |wanted: &[(&str, &str)]| -> Vec<(String, String)> {
        wanted
            .iter()
            .map(|(component, weight)| ((*component).to_owned(), (*weight).to_owned()))
            .collect()
    };

    // Text only.
    let text = world.branch("problem_frame", "other words").await;
    let mut frame = output("problem_frame");
    frame["focal_decision"]["statement"] = json!("Where shall we live once we are old?");
    text.put("problem_frame", frame).await;
    let found = compare(&text).await;
    let minor: Vec<_> = weights(&found)
        .into_iter()
        .filter(|(component, _)| component == "problem_frame")
        .collect();
    assert_eq!(minor, pairs(&[("problem_frame", "minor")]));
    assert!(
        weights(&found).contains(&("alternatives".into(), "major".into())),
        "the branch has no alternatives yet"
    );

    // A rating that changes no leader, then one that does.
    let rated = world.branch("consequences", "rated anew").await;
    rated
        .put(
            "consequences",
            consequences(|a, o| Some(if (a, o) == (4, 2) { 1 } else { W1[o][a] })),
        )
        .await;
    let found = compare(&rated).await;
    let weight_of = |found: &Value, component: &str| -> Vec<String> {
        weights(found)
            .into_iter()
            .filter(|(one, _)| one == component)
            .map(|(_, weight)| weight)
            .collect()
    };
    assert_eq!(weight_of(&found, "consequences"), ["moderate"]);
    assert_eq!(weight_of(&found, "alternatives"), Vec::<String>::new());
    rated
        .put(
            "consequences",
            consequences(|a, o| Some(if (a, o) == (1, 1) { 1 } else { W1[o][a] })),
        )
        .await;
    let found = compare(&rated).await;
    assert_eq!(weight_of(&found, "consequences"), ["major", "moderate"]);
    let leads = found["differences"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["significance"] == "major")
        .unwrap();
    assert_eq!(
        (&leads["description"], &leads["cycle"]),
        (&json!("Köln leads instead of Hamburg"), &json!(rated.cycle))
    );
    let summary = &found["summary"]["cycles"];
    assert_eq!(
        (&summary[0]["leaders"], &summary[1]["leaders"]),
        (&json!([alternative(2)]), &json!([alternative(1)]))
    );
    assert_eq!(
        summary[1]["totals"][1],
        json!({ "id": alternative(1), "name": "Köln", "score": 4, "rank": 1, "isDominated": false })
    );
    assert_eq!(
        (&summary[0]["dqScore"], &summary[1]["dqScore"]),
        (&json!(65), &Value::Null)
    );
    assert_eq!(found["cycles"][1]["overview"]["cycleId"], rated.cycle);

    // Quality: 20 apart is major, less is moderate.
    let judged = world.branch("decision_quality", "judged anew").await;
    judged
        .put("decision_quality", quality([85, 90, 75, 70, 85, 80, 46]))
        .await;
    assert_eq!(
        weights(&compare(&judged).await),
        pairs(&[("decision_quality", "moderate")])
    );
    judged
        .put("decision_quality", quality([85, 90, 75, 70, 85, 80, 45]))
        .await;
    let found = compare(&judged).await;
    assert_eq!(weights(&found), pairs(&[("decision_quality", "major")]));
    assert_eq!(
        found["differences"][0]["description"],
        "Decision quality 45 instead of 65"
    );

    for (cycles, status, code) in [
        (world.cycle.clone(), 422, "validation_failed"),
        (format!("{0},{0}", world.cycle), 422, "validation_failed"),
        (
            format!("{},{}", world.cycle, World::begin(&app).await.cycle),
            404,
            "cycle_not_found",
        ),
    ] {
        let path = format!("/api/sessions/{}/compare?cycles={cycles}", world.session);
        let (found, problem) = app.call(Some(ADA), "GET", &path, None).await;
        assert_eq!((found.as_u16(), &problem["code"]), (status, &json!(code)));
    }
}

#[tokio::test]
async fn the_tree_has_branches_with_their_letters() {
    let app = App::start().await;
    let world = World::up_to(&app, "decision_quality").await;
    let child = world.branch("alternatives", "other ways").await;
    let grandchild = child.branch("objectives", "other aims").await;
    let other = app
        .act(
            "POST",
            &format!("/api/sessions/{}/cycles", world.session),
            nothing(),
        )
        .await;
    let tree = app
        .get(&format!("/api/sessions/{}/cycle-tree", world.session))
        .await;
    assert_eq!(tree.as_array().unwrap().len(), 2);
    let root = &tree[0];
    assert_eq!(
        (&root["cycleId"], &root["branchPoint"]),
        (&json!(world.cycle), &Value::Null)
    );
    let done = json!({ "p": "completed", "r": "completed", "o": "completed", "a": "completed", "c": "completed", "t": "completed" });
    assert_eq!((&root["letters"], &root["overallPercent"]), (&done, &json!(100)));
    let branch = &root["children"][0];
    assert_eq!(
        (&branch["cycleId"], &branch["label"]),
        (&json!(child.cycle), &json!("other ways"))
    );
    let half = json!({ "p": "completed", "r": "completed", "o": "in_progress", "a": "not_started", "c": "not_started", "t": "not_started" });
    assert_eq!(
        (
            &branch["letters"],
            &branch["overallPercent"],
            &branch["branchPoint"]
        ),
        (&half, &json!(33), &json!("alternatives"))
    );
    assert_eq!(branch["children"][0]["cycleId"], grandchild.cycle);
    assert_eq!(tree[1]["cycleId"], other["id"]);
}

#[tokio::test]
async fn activity_names_who_did_what_and_why() {
    let app = App::start().await;
    let world = World::up_to(&app, "consequences").await;
    let path = format!("/api/sessions/{}/activity", world.session);
    let (_, answer) = app
        .call(Some(ADA), "GET", &format!("{path}?limit=100"), None)
        .await;
    let all = answer["data"].as_array().unwrap();
    assert_eq!(answer["meta"]["total"], all.len());
    assert_eq!(all.last().unwrap()["event_type"], "session.created");
    assert_eq!(all.last().unwrap()["summary"], "Began “Where to live”");
    assert!(
        all.windows(2)
            .all(|pair| pair[0]["position"].as_i64() > pair[1]["position"].as_i64())
    );
    let of = |kind: &str, step: &str| {
        all.iter()
            .find(|one| one["event_type"] == kind && (step.is_empty() || one["component_type"] == step))
            .unwrap()
    };
    let (completed, scores) = (
        of("component.completed", "consequences"),
        of("pugh_scores.computed", ""),
    );
    assert_eq!(scores["caused_by"], completed["event_id"]);
    assert_eq!(scores["correlation_id"], completed["correlation_id"]);
    assert_eq!(completed["caused_by"], Value::Null);
    assert_eq!(
        (&completed["cycle_id"], &completed["actor"]["id"]),
        (&json!(world.cycle), &json!(super::kit::ADA))
    );
    assert_eq!(completed["summary"], "Completed Consequences: 5 of 9 steps");
    // Page by page, nothing is missing and nothing comes twice.
    let mut paged: Vec<Value> = Vec::new();
    let mut next = String::new();
    loop {
        let (_, page) = app
            .call(Some(ADA), "GET", &format!("{path}?limit=7{next}"), None)
            .await;
        paged.extend(page["data"].as_array().unwrap().iter().cloned());
        let Some(cursor) = page["meta"]["next_cursor"].as_str() else {
            break;
        };
        next = format!("&cursor={cursor}");
    }
    assert_eq!(&paged, all);
}

#[tokio::test]
async fn others_and_unknown_ids_get_a_404_of_the_right_kind() {
    let app = App::start().await;
    let world = World::up_to(&app, STEPS[0]).await;
    let (s, c) = (&world.session, &world.cycle);
    let unknown = alternative(77).to_string();
    let sessions = |id: &str| {
        ["dashboard", "cycle-tree", "activity", "live"].map(|view| format!("/api/sessions/{id}/{view}"))
    };
    let cycles = |id: &str| {
        [
            "components/objectives/detail",
            "analysis",
            "document",
            "document/history",
            "document/export?format=html",
        ]
        .map(|view| format!("/api/cycles/{id}/{view}"))
    };
    let refused = async |who, path: &str, code: &str| {
        let (status, problem) = app.call(who, "GET", path, None).await;
        assert_eq!((status.as_u16(), &problem["code"]), (404, &json!(code)), "{path}");
    };
    for id in [s.as_str(), &unknown, "nonsense"] {
        for path in sessions(id) {
            refused(Some(EVE), &path, "session_not_found").await;
            assert_eq!(app.call(None, "GET", &path, None).await.0.as_u16(), 401, "{path}");
        }
    }
    for id in [c.as_str(), &unknown, "nonsense"] {
        for path in cycles(id) {
            refused(Some(EVE), &path, "cycle_not_found").await;
            assert_eq!(app.call(None, "GET", &path, None).await.0.as_u16(), 401, "{path}");
        }
    }
    refused(
        Some(ADA),
        &format!("/api/sessions/{s}/dashboard?cycleId={unknown}"),
        "cycle_not_found",
    )
    .await;
    refused(
        Some(ADA),
        &format!("/api/sessions/{s}/dashboard?cycleId=nonsense"),
        "cycle_not_found",
    )
    .await;
    refused(
        Some(ADA),
        &format!("/api/cycles/{c}/components/nonsense/detail"),
        "component_not_found",
    )
    .await;
}
