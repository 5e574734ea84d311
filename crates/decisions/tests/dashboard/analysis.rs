//! The analysis over HTTP, and what completing a component publishes.

use althing_backbone::Selection;
use althing_events::decisions::{DqScoresComputed, PughScoresComputed, TradeoffsAnalyzed};
use serde_json::{Value, json};

use super::kit::{ADA, App};
use super::world::{QUALITY, World, alternative, objective, quality};

#[tokio::test]
async fn completing_publishes_what_follows_exactly_once_with_its_cause() {
    let app = App::start().await;
    let world = World::up_to(&app, "decision_quality").await;
    let all = app.backbone.log().select(&Selection::default()).await.unwrap();
    let only = |kind: &str| {
        let found: Vec<_> = all.iter().filter(|event| event.event_type == kind).collect();
        assert_eq!(found.len(), 1, "{kind}");
        found[0]
    };
    let cause_of = |kind: &str, step: &str| {
        let event = only(kind);
        let cause = all
            .iter()
            .find(|one| Some(one.event_id) == event.causation_id)
            .unwrap();
        assert_eq!(
            (&*cause.event_type, event.correlation_id),
            ("component.completed", cause.correlation_id)
        );
        assert!(cause.data.contains(&format!("\"component_type\":\"{step}\"")));
        assert_eq!(event.actor_id, Some(ADA.0));
    };
    cause_of("pugh_scores.computed", "consequences");
    cause_of("tradeoffs.analyzed", "tradeoffs");
    cause_of("dq_scores.computed", "decision_quality");
    let pugh: PughScoresComputed = only("pugh_scores.computed").decode().unwrap();
    let totals: Vec<_> = [0, 2, 3, 1, 0]
        .into_iter()
        .enumerate()
        .map(|(a, score)| (alternative(a), score))
        .collect();
    assert_eq!(pugh.scores.0, totals, "in the order of the table");
    assert_eq!(pugh.dominated, [alternative(0), alternative(3), alternative(4)]);
    assert_eq!(
        (pugh.dominated_count, pugh.irrelevant, pugh.best),
        (3, vec![objective(3)], Some(alternative(2)))
    );
    let found: TradeoffsAnalyzed = only("tradeoffs.analyzed").decode().unwrap();
    assert_eq!(
        (found.viable_count, found.dominated_count, found.irrelevant_count),
        (2, 3, 1)
    );
    let counts: Vec<_> = found
        .tensions
        .iter()
        .map(|one| {
            (
                one.alternative_id,
                one.gains_count,
                one.losses_count,
                one.net_score,
            )
        })
        .collect();
    assert_eq!(counts, [(alternative(1), 1, 2, 2), (alternative(2), 2, 1, 3)]);
    let quality: DqScoresComputed = only("dq_scores.computed").decode().unwrap();
    let names: Vec<&str> = quality
        .element_scores
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!((names, quality.overall_score), (QUALITY.to_vec(), 65));
    assert_eq!(quality.weakest, QUALITY[6]);
    assert_eq!(quality.suggestions, [QUALITY[6], QUALITY[3], QUALITY[2]]);
    assert_eq!(
        app.get(&format!("/api/sessions/{}", world.session)).await["dq_score"],
        65
    );
}

#[tokio::test]
async fn scores_are_those_of_the_completion_even_if_it_is_handled_late() {
    let app = App::start().await;
    let world = World::up_to(&app, "recommendation").await;
    world.start("decision_quality").await;
    app.backbone
        .operator("test")
        .pause("analysis-trigger")
        .await
        .unwrap();
    app.backbone.wake();
    world.put("decision_quality", quality([80; 7])).await;
    world.complete("decision_quality").await;
    world.revise("decision_quality").await;
    world.put("decision_quality", quality([10; 7])).await;
    app.backbone
        .operator("test")
        .resume("analysis-trigger")
        .await
        .unwrap();
    app.backbone.wake();
    app.settle().await;
    let found = app
        .backbone
        .event_store()
        .by_type("dq_scores.computed", 0, 9)
        .await
        .unwrap();
    let scores: Vec<u8> = found
        .iter()
        .map(|event| event.decode::<DqScoresComputed>().unwrap().overall_score)
        .collect();
    assert_eq!(scores, [80]);
}

#[tokio::test]
async fn the_analysis_and_the_sensitivity_of_one_cell() {
    let app = App::start().await;
    let world = World::up_to(&app, "consequences").await;
    let analysis = app.get(&format!("/api/cycles/{}/analysis", world.cycle)).await;
    assert_eq!(analysis["pugh"]["verdict"], "leads_with_tradeoffs");
    assert_eq!(
        analysis["dominance"]["viable"],
        json!([alternative(1), alternative(2)])
    );
    assert_eq!(
        (&analysis["decision_quality"], &analysis["quantities"]),
        (&Value::Null, &Value::Null)
    );
    let path = format!("/api/cycles/{}/analysis/sensitivity", world.cycle);
    let cell = app
        .get(&format!("{path}?alt={}&obj={}", alternative(2), objective(2)))
        .await;
    assert_eq!(cell["rating"], 2);
    let entries: Vec<(i64, i64, &Value)> = cell["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["value"].as_i64().unwrap(),
                one["change"].as_i64().unwrap(),
                &one["leaders"],
            )
        })
        .collect();
    let (a, tie) = (json!([alternative(1)]), json!([alternative(1), alternative(2)]));
    assert_eq!(entries, [(-2, -4, &a), (-1, -3, &a), (0, -2, &a), (1, -1, &tie)]);
    for (alt, obj, fields) in [
        (alternative(0), objective(0), vec!["/alt"]),
        (alternative(8), objective(0), vec!["/alt"]),
        (alternative(1), objective(8), vec!["/obj"]),
        (alternative(8), objective(8), vec!["/alt", "/obj"]),
    ] {
        let (status, problem) = app
            .call(Some(ADA), "GET", &format!("{path}?alt={alt}&obj={obj}"), None)
            .await;
        let named: Vec<&str> = problem["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["field"].as_str().unwrap())
            .collect();
        assert_eq!((status.as_u16(), named), (422, fields));
    }
}

/// The office to rent: commute and cost, measured.
#[tokio::test]
async fn measured_values_are_compared_with_the_callers_tolerances() {
    let app = App::start().await;
    let world = World::up_to(&app, "problem_frame").await;
    let names = ["Parkway", "Lombard", "Baranov", "Montana", "Pierpoint"];
    let (commute, access, cost) = (
        [45, 25, 20, 25, 30],
        [50, 80, 70, 85, 75],
        [1850, 1700, 1500, 1900, 1750],
    );
    let measure = |place: usize, direction: &str, units: &str| json!({ "id": objective(place), "name": format!("O{place}"), "performance_measure": { "metric": "m", "direction": direction, "units": units } });
    let objectives = json!({ "fundamental_objectives": [
        measure(0, "minimize", "min"), measure(1, "maximize", "%"), measure(2, "minimize", "$")
    ], "means_objectives": [] });
    let alternatives: Vec<Value> = names
        .iter()
        .enumerate()
        .map(|(place, name)| json!({ "id": alternative(place), "name": name, "is_status_quo": place == 0, "assumptions": [] }))
        .collect();
    for (step, output) in [
        ("objectives", objectives),
        (
            "alternatives",
            json!({ "alternatives": alternatives, "status_quo_id": alternative(0) }),
        ),
    ] {
        world.start(step).await;
        world.put(step, output).await;
        world.complete(step).await;
    }
    let mut table = super::world::table(5, 3, |_, _| Some(0));
    for (o, (values, unit)) in [(commute, "min"), (access, "%"), (cost, "$")]
        .into_iter()
        .enumerate()
    {
        for (a, value) in values.into_iter().enumerate() {
            let key = format!("{}:{}", alternative(a), objective(o));
            table["table"]["cells"][key]["quantity"] = json!({ "value": value.to_string(), "unit": unit });
        }
    }
    world.start("consequences").await;
    world.put("consequences", table).await;
    let path = format!("/api/cycles/{}/analysis/quantities", world.cycle);
    let plain = app.act("POST", &path, json!({})).await;
    assert_eq!(
        (&plain["practical"], &plain["complete"]),
        (&json!([]), &json!(true))
    );
    let ranks = |at: usize| -> Vec<i64> {
        plain["ranks"][at]["ranks"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["rank"].as_i64().unwrap())
            .collect()
    };
    assert_eq!((ranks(0), ranks(2)), (vec![5, 2, 1, 2, 4], vec![4, 2, 1, 5, 3]));
    let wide = app
        .act(
            "POST",
            &path,
            json!({ "tolerances": { objective(2).to_string(): "50" } }),
        )
        .await;
    let pair = json!({ "a": alternative(3), "b": alternative(0), "objectives": [{ "objective_id": objective(2), "difference": "50", "tolerance": "50" }] });
    assert!(wide["practical"].as_array().unwrap().contains(&pair), "{wide}");
    let read = app.get(&format!("/api/cycles/{}/analysis", world.cycle)).await;
    assert_eq!(read["quantities"], plain);
    for (objective, value, code) in [
        (objective(2).to_string(), "-1", "bad_format"),
        (objective(2).to_string(), "much", "bad_format"),
        (objective(7).to_string(), "1", "unknown_reference"),
    ] {
        let (status, problem) = app
            .call(
                Some(ADA),
                "POST",
                &path,
                Some(&json!({ "tolerances": { &*objective: value } })),
            )
            .await;
        let wanted = json!({ "field": format!("/tolerances/{objective}"), "code": code });
        assert_eq!(status.as_u16(), 422);
        assert_eq!(
            (&problem["errors"][0]["field"], &problem["errors"][0]["code"]),
            (&wanted["field"], &wanted["code"])
        );
    }
}
