//! Overviews: what they show, when they are served from the cache, and what survives a restart.

use althing_backbone::{Db, Durability};
use serde_json::{Value, json};

use super::kit::App;
use super::world::{QUALITY, W1, World, alternative, consequences, objective, output, recommendation, table};

#[tokio::test]
async fn before_there_is_data_everything_is_null_or_empty() {
    let app = App::start().await;
    let session = app
        .act("POST", "/api/sessions", json!({ "title": "Where to live" }))
        .await;
    let session = session["id"].as_str().unwrap().to_owned();
    app.settle().await;
    let empty = app.snapshot(&session, None).await;
    assert_eq!(
        empty,
        json!({
            "sessionId": session, "title": "Where to live", "description": null, "sessionStatus": "active",
            "cycleId": null, "cycleStatus": null, "cycleLabel": null, "decisionStatement": null,
            "objectives": [], "alternatives": [], "consequencesTable": null, "totals": null, "recommendation": null,
            "dqScore": null, "dqElements": null, "dqWeakest": null, "components": [],
            "progress": { "completed": 0, "total": 9, "percent": 0, "currentStep": "issue_raising" },
            "activeCycleId": null, "cycleCount": 0, "lastUpdated": empty["lastUpdated"], "snapshotVersion": 1
        })
    );
    let world = World::begin(&app).await;
    app.settle().await;
    let overview = world.overview().await;
    assert_eq!(overview["components"].as_array().unwrap().len(), 9);
    assert_eq!(
        (&overview["totals"], &overview["cycleCount"]),
        (&Value::Null, &json!(1))
    );
    assert_eq!(overview["activeCycleId"], world.cycle);
}

#[tokio::test]
async fn the_overview_of_the_first_worked_vector() {
    let app = App::start().await;
    let world = World::up_to(&app, "notes_next_steps").await;
    let overview = app
        .get(&format!("/api/sessions/{}/dashboard", world.session))
        .await;
    let items = overview["alternatives"].as_array().unwrap();
    let column = |name: &str| {
        items
            .iter()
            .map(|item| item[name].clone())
            .collect::<Vec<Value>>()
    };
    assert_eq!(column("letter"), ["A", "B", "C", "D", "E"]);
    assert_eq!(column("pughScore"), [0, 2, 3, 1, 0]);
    assert_eq!(column("rank"), [4, 2, 1, 3, 4]);
    assert_eq!(column("isDominated"), [true, false, false, true, true]);
    assert_eq!(column("isStatusQuo"), [true, false, false, false, false]);
    let totals = &overview["totals"];
    assert_eq!(totals["leaders"], json!([alternative(2)]));
    assert_eq!(
        (&totals["complete"], &totals["tied"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(
        (&totals["marginPercent"], &totals["verdict"]),
        (&json!(16.67), &json!("leads_with_tradeoffs"))
    );
    let flip = &totals["flip"];
    assert_eq!(
        (&flip["steps"], &flip["rivals"], &flip["singleCell"]),
        (&json!(1), &json!([alternative(1)]), &json!(true))
    );
    let both = json!([alternative(1), alternative(2)]);
    let first = json!({ "alternativeId": alternative(2), "objectiveId": objective(0), "from": 1, "to": 0, "leadersAfter": both });
    assert_eq!(
        (flip["cells"].as_array().unwrap().len(), &flip["cells"][0]),
        (7, &first)
    );
    let table = &overview["consequencesTable"];
    let colors: Vec<&str> = (0..5)
        .map(|a| table["cells"][0][a]["color"].as_str().unwrap())
        .collect();
    assert_eq!(colors, ["neutral", "dark_blue", "blue", "blue", "orange"]);
    assert_eq!(table["cells"][2][4]["rating"], 2);
    assert_eq!(table["objectives"][1], json!(objective(1)));
    let preview = table["cells"][0][1]["explanationPreview"].as_str().unwrap();
    assert_eq!(
        (preview.chars().count(), preview),
        (50, "because of 1 and 0: äöü and a longer story than fi")
    );
    assert_eq!(overview["decisionStatement"], "Where shall we live from 2030 on?");
    let means = json!({ "id": objective(9), "description": "Short ways", "isFundamental": false });
    assert_eq!(
        (
            overview["objectives"].as_array().unwrap().len(),
            &overview["objectives"][4]
        ),
        (5, &means)
    );
    assert_eq!(
        overview["recommendation"],
        json!({ "hasStandout": true, "standoutName": "Hamburg", "standoutIsDominated": false,
                "synthesisPreview": recommendation(None)["synthesis"], "caveatCount": 1 })
    );
    assert_eq!(
        (&overview["dqScore"], &overview["dqWeakest"]),
        (&json!(65), &json!(QUALITY[6]))
    );
    assert_eq!(
        overview["dqElements"][1],
        json!({ "name": QUALITY[1], "score": 90 })
    );
    assert_eq!(
        overview["progress"],
        json!({ "completed": 9, "total": 9, "percent": 100, "currentStep": "notes_next_steps" })
    );
    assert_eq!(overview["freshness"]["freshnessLevel"], "fresh");
    assert_eq!(overview["freshness"]["shouldRefresh"], false);
}

#[tokio::test]
async fn a_dominated_standout_is_shown_beside_its_contradiction() {
    let app = App::start().await;
    let world = World::up_to(&app, "tradeoffs").await;
    world.start("recommendation").await;
    world.put("recommendation", recommendation(Some(3))).await;
    assert_eq!(
        world.overview().await["recommendation"]["standoutIsDominated"],
        true
    );
}

#[tokio::test]
async fn while_a_rating_is_missing_nobody_leads_or_is_dominated() {
    let app = App::start().await;
    let world = World::up_to(&app, "alternatives").await;
    world.start("consequences").await;
    world
        .put(
            "consequences",
            consequences(|a, o| (a != 4 || o != 3).then_some(W1[o][a])),
        )
        .await;
    let overview = world.overview().await;
    let totals = &overview["totals"];
    assert_eq!(
        (&totals["complete"], &totals["verdict"]),
        (&json!(false), &json!("incomplete"))
    );
    assert_eq!((&totals["leaders"], &totals["flip"]), (&json!([]), &Value::Null));
    for one in overview["alternatives"].as_array().unwrap() {
        assert_eq!((one.get("rank"), &one["isDominated"]), (None, &json!(false)));
    }
    assert_eq!(overview["alternatives"][2]["pughScore"], 3);
    assert_eq!(overview["consequencesTable"]["cells"][3][4], Value::Null);
}

#[tokio::test]
async fn a_table_of_fifty_by_fifty_is_seen_analysed_and_rendered() {
    let app = App::start().await;
    let world = World::up_to(&app, "problem_frame").await;
    let rating = |a: usize, o: usize| Some(if a == 0 { 0 } else { (a * 7 + o * 3) as i64 % 5 - 2 });
    let objectives: Vec<Value> = (0..50)
        .map(|place| json!({ "id": objective(place), "name": format!("Objective {place}") }))
        .collect();
    let alternatives: Vec<Value> = (0..50)
        .map(|place| json!({ "id": alternative(place), "name": format!("Way {place}"), "is_status_quo": place == 0, "assumptions": [] }))
        .collect();
    for (step, output) in [
        (
            "objectives",
            json!({ "fundamental_objectives": objectives, "means_objectives": [] }),
        ),
        (
            "alternatives",
            json!({ "alternatives": alternatives, "status_quo_id": alternative(0) }),
        ),
    ] {
        world.start(step).await;
        world.put(step, output).await;
        world.complete(step).await;
    }
    world.start("consequences").await;
    let mut big = table(50, 50, rating);
    for cell in big["table"]["cells"].as_object_mut().unwrap().values_mut() {
        cell.as_object_mut().unwrap().remove("rationale");
    }
    world.put("consequences", big).await;
    world.complete("consequences").await;
    app.settle().await;
    let overview = world.overview().await;
    assert_eq!(overview["totals"]["complete"], true);
    assert_eq!(overview["alternatives"][49]["letter"], "AX");
    for (a, one) in overview["alternatives"].as_array().unwrap().iter().enumerate() {
        let wanted: i64 = (0..50).map(|o| rating(a, o).unwrap()).sum();
        assert_eq!(one["pughScore"], wanted, "way {a}");
    }
    let analysis = app.get(&format!("/api/cycles/{}/analysis", world.cycle)).await;
    assert_eq!(analysis["pugh"]["scores"].as_array().unwrap().len(), 50);
    let document = app.get(&format!("/api/cycles/{}/document", world.cycle)).await;
    assert!(document["markdown"].as_str().unwrap().contains("Way 49"));
    assert!(document["html"].as_str().unwrap().contains("Objective 49"));
    let tree = app
        .get(&format!("/api/sessions/{}/cycle-tree", world.session))
        .await;
    assert_eq!(tree[0]["letters"]["a"], "completed");
}

#[tokio::test]
async fn a_restart_with_an_empty_cache_shows_the_same() {
    let folder = std::env::temp_dir().join(format!("althing-views-{}", std::process::id()));
    let path = folder.join("althing.db");
    let open = async || Db::open_with(&path, Durability::Off).await.unwrap();
    let before = {
        let app = App::on(open().await).await;
        let world = World::up_to(&app, "decision_quality").await;
        let child = world.branch("alternatives", "what if").await;
        app.settle().await;
        let seen = see_all(&app, &world.session, &[&world.cycle, &child.cycle]).await;
        app.backbone.stop().await;
        (
            world.session.clone(),
            world.cycle.clone(),
            child.cycle.clone(),
            seen,
        )
    };
    let (session, cycle, child, seen) = before;
    let app = App::on(open().await).await;
    app.settle().await;
    assert_eq!(see_all(&app, &session, &[&cycle, &child]).await, seen);
    drop(app);
    std::fs::remove_dir_all(&folder).unwrap();
}

async fn see_all(app: &App, session: &str, cycles: &[&str]) -> Vec<Value> {
    let mut seen = vec![app.snapshot(session, None).await];
    for cycle in cycles {
        seen.push(app.snapshot(session, Some(cycle)).await);
        seen.push(
            app.get(&format!("/api/cycles/{cycle}/components/consequences/detail"))
                .await,
        );
        seen.push(app.get(&format!("/api/cycles/{cycle}/document")).await);
    }
    seen.push(app.get(&format!("/api/sessions/{session}/cycle-tree")).await);
    seen.push(
        app.get(&format!("/api/sessions/{session}/activity?limit=100"))
            .await,
    );
    seen
}

#[tokio::test]
async fn what_was_built_is_served_until_something_changes() {
    let app = App::start().await;
    let world = World::up_to(&app, "alternatives").await;
    let stats = || app.dashboard().views().cache_stats();
    let first = world.overview().await;
    let before = stats();
    assert_eq!(world.overview().await, first);
    assert_eq!((stats().hits, stats().misses), (before.hits + 1, before.misses));
    let refreshed = app
        .get(&format!(
            "/api/sessions/{}/dashboard?cycleId={}&refresh=true",
            world.session, world.cycle
        ))
        .await;
    assert_eq!(refreshed["components"], first["components"]);
    assert_eq!(
        (stats().hits, stats().misses),
        (before.hits + 1, before.misses),
        "a refresh asks no cache"
    );
    // A reader sees what was just written, before any event has been handled.
    world.start("consequences").await;
    assert_eq!(world.overview().await["components"][4]["status"], "in_progress");
    assert_eq!(stats().misses, before.misses + 1);
    // A message changes no output: the number moves on, the content is still right.
    app.settle().await;
    let again = world.overview().await;
    assert!(again["snapshotVersion"].as_i64() > first["snapshotVersion"].as_i64());
    assert_eq!(stats().misses, before.misses + 1);
}

#[tokio::test]
async fn readers_during_writes_see_one_state_each() {
    let app = std::sync::Arc::new(App::start().await);
    let world = World::begin(&app).await;
    world.start("issue_raising").await;
    let (session, cycle) = (world.session.clone(), world.cycle.clone());
    let reader = {
        let app = app.clone();
        tokio::spawn(async move {
            let mut last = (0, 0);
            for _ in 0..300 {
                let overview = app.snapshot(&session, Some(&cycle)).await;
                let version = overview["components"][0]["version"].as_i64().unwrap();
                let seen = (overview["snapshotVersion"].as_i64().unwrap(), version);
                assert!(seen.0 >= last.0 && seen.1 >= last.1, "{seen:?} after {last:?}");
                last = seen;
            }
        })
    };
    for _ in 0..60 {
        world.put("issue_raising", output("issue_raising")).await;
    }
    reader.await.unwrap();
    app.settle().await;
    assert_eq!(world.overview().await["components"][0]["version"], 61);
}
