//! The decision document over HTTP: versions, branches, downloads.

use axum::body::to_bytes;
use axum::http::StatusCode;
use serde_json::{Value, json};

use althing_backbone::Db;
use althing_events::identity::UserRegistered;

use super::kit::{ADA, App, many_attempts, nothing};
use super::world::{World, output};

/// Lets the local view of people know Ada.
async fn register_ada(app: &App) {
    let event = UserRegistered {
        user_id: ADA,
        email: "ada@example.org".into(),
        first_name: "Ada".into(),
        last_name: "Lovelace".into(),
    };
    let context = althing_backbone::Context::anonymous(app.backbone.ids().next());
    app.backbone
        .event_store()
        .append(context, &[event], Some(0))
        .await
        .unwrap();
    app.settle().await;
}

#[tokio::test]
async fn a_version_for_each_change_and_older_ones_stay_readable() {
    let app = App::start().await;
    register_ada(&app).await;
    let world = World::begin(&app).await;
    let path = format!("/api/cycles/{}/document", world.cycle);
    let mut seen: Vec<Value> = vec![app.get(&path).await];
    let look = async |seen: &mut Vec<Value>| {
        let document = app.get(&path).await;
        assert_eq!(document["version"], seen.len() + 1, "each change is one version");
        seen.push(document);
    };
    for step in ["issue_raising", "problem_frame", "objectives"] {
        world.start(step).await;
        look(&mut seen).await;
        world.put(step, output(step)).await;
        look(&mut seen).await;
        world.complete(step).await;
        look(&mut seen).await;
    }
    app.act(
        "POST",
        &format!("/api/cycles/{}/navigate", world.cycle),
        json!({ "to": "problem_frame" }),
    )
    .await;
    assert_eq!(app.get(&path).await["version"], 10, "moving about is no version");
    world.revise("objectives").await;
    look(&mut seen).await;
    let newest = &seen[10];
    assert_eq!(
        (&newest["sections"][2]["status"], &newest["letters"]["r"]),
        (&json!("needs_revision"), &json!("in_progress"))
    );
    assert_eq!(
        newest["last_changed_by"],
        json!({ "id": ADA, "name": "Ada Lovelace" })
    );
    assert!(newest["markdown"].as_str().unwrap().contains("by Ada Lovelace"));
    for (place, document) in seen.iter().enumerate() {
        let again = app.get(&format!("{path}?version={}", place + 1)).await;
        assert_eq!(&again, document, "version {}", place + 1);
    }
    let checksums: std::collections::HashSet<&str> =
        seen.iter().map(|one| one["checksum"].as_str().unwrap()).collect();
    assert_eq!(checksums.len(), seen.len());
    let (status, problem) = app
        .call(Some(ADA), "GET", &format!("{path}?version=99"), None)
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::NOT_FOUND, &json!("document_not_found"))
    );

    let (_, history) = app
        .call(Some(ADA), "GET", &format!("{path}/history?limit=4"), None)
        .await;
    let lines: Vec<(i64, &Value)> = history["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["version"].as_i64().unwrap(), &one["changed_sections"]))
        .collect();
    let changed = json!(["objectives"]);
    assert_eq!(
        lines,
        [(11, &changed), (10, &changed), (9, &changed), (8, &changed)]
    );
    assert_eq!(
        (&history["meta"]["total"], &history["data"][0]["user"]["name"]),
        (&json!(11), &json!("Ada Lovelace"))
    );
    let cursor = history["meta"]["next_cursor"].as_str().unwrap();
    let (_, rest) = app
        .call(Some(ADA), "GET", &format!("{path}/history?cursor={cursor}"), None)
        .await;
    assert_eq!(rest["data"].as_array().unwrap().len(), 7);
    assert_eq!(rest["data"][6]["changed_sections"], json!([]));
}

#[tokio::test]
async fn a_branch_names_its_parent_and_marks_what_it_inherited() {
    let app = App::start().await;
    let world = World::up_to(&app, "consequences").await;
    let child = world.branch("alternatives", "other ways").await;
    let document = async |world: &World<'_>| app.get(&format!("/api/cycles/{}/document", world.cycle)).await;
    let first = document(&child).await;
    let inherited = |document: &Value| -> Vec<bool> {
        document["sections"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["inherited"].as_bool().unwrap())
            .collect()
    };
    assert_eq!(
        inherited(&first),
        [true, true, true, true, false, false, false, false, false]
    );
    assert_eq!(first["version"], 1);
    let markdown = first["markdown"].as_str().unwrap();
    assert!(
        markdown.contains("from the first cycle, at Alternatives"),
        "{markdown}"
    );
    assert!(markdown.contains("Inherited from the first cycle"));
    child.put("alternatives", output("alternatives")).await;
    assert!(!inherited(&document(&child).await)[3]);
    assert_eq!(
        inherited(&document(&world).await),
        [false; 9],
        "the parent is as it was"
    );
    // What was worked out from an input that has changed since says so.
    world.revise("alternatives").await;
    world.put("alternatives", output("alternatives")).await;
    let parent = document(&world).await;
    assert_eq!(parent["sections"][4]["based_on_older_input"], true);
    assert!(
        parent["markdown"]
            .as_str()
            .unwrap()
            .contains("Based on older input")
    );
    let overview = world.overview().await;
    assert_eq!(overview["components"][4]["basedOnOlderInput"], true);
}

#[tokio::test]
async fn the_history_always_gives_what_the_cycle_says() {
    let app = App::start().await;
    let world = World::up_to(&app, "decision_quality").await;
    world.revise("objectives").await;
    let mut fewer = output("alternatives");
    world.revise("alternatives").await;
    for step in ["consequences", "tradeoffs", "recommendation"] {
        world.revise(step).await;
    }
    // Taking an alternative away takes what refers to it along.
    fewer["alternatives"].as_array_mut().unwrap().pop();
    world.put("alternatives", fewer).await;
    let document = app.get(&format!("/api/cycles/{}/document", world.cycle)).await;
    let cycle = app.get(&format!("/api/cycles/{}", world.cycle)).await;
    assert_eq!(document["version"], cycle["document_version"]);
    for (section, component) in document["sections"]
        .as_array()
        .unwrap()
        .iter()
        .zip(cycle["components"].as_array().unwrap())
    {
        for field in ["component_type", "status", "inherited", "based_on_older_input"] {
            assert_eq!(
                section[field], component[field],
                "{field} of {}",
                component["component_type"]
            );
        }
    }
    assert!(!document["markdown"].as_str().unwrap().contains("Abroad"));
    app.act("POST", &format!("/api/cycles/{}/archive", world.cycle), nothing())
        .await;
    let archived = app.get(&format!("/api/cycles/{}/document", world.cycle)).await;
    assert!(archived["markdown"].as_str().unwrap().contains("Archived"));
    assert_eq!(archived["letters"]["t"], "in_progress");
    assert_eq!(archived["weakest_element"], "commitment_to_follow_through");
}

#[tokio::test]
async fn downloads_are_files_with_names() {
    let app = App::start().await;
    let world = World::up_to(&app, "problem_frame").await;
    let path = format!("/api/cycles/{}/document", world.cycle);
    let document = app.get(&path).await;
    for (format, kind, ending) in [("markdown", "text/markdown", "md"), ("html", "text/html", "html")] {
        let response = app
            .response(Some(ADA), "GET", &format!("{path}/export?format={format}"), None)
            .await;
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert!(header("content-type").starts_with(kind));
        assert!(
            header("content-disposition")
                .starts_with(&format!("attachment; filename=\"where-to-live.{ending}\""))
        );
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        assert_eq!(
            std::str::from_utf8(&body).unwrap(),
            document[format].as_str().unwrap()
        );
    }
    for format in ["pdf", "docx"] {
        let (status, problem) = app
            .call(Some(ADA), "GET", &format!("{path}/export?format={format}"), None)
            .await;
        assert_eq!(
            (status.as_u16(), &problem["errors"][0]["field"]),
            (422, &json!("/format")),
            "{format}"
        );
    }
}

#[tokio::test]
async fn an_import_answers_with_its_cycles_even_while_the_list_is_behind() {
    let whole = App::start().await;
    let world = World::begin(&whole).await;
    world.start("issue_raising").await;
    whole.settle().await;
    let export = format!("/api/sessions/{}/export", world.session);
    let document = whole.get_whole(&export).await;

    let db = Db::temporary().await.unwrap();
    let behind = App::without(db.clone(), many_attempts(), &["session-cycles"]).await;
    let imported = behind.act("POST", "/api/sessions/import", document).await;
    let cycles = imported["cycle_ids"].as_array().unwrap();
    assert_eq!(cycles.len(), 1, "{imported}");
    let cycle = format!("/api/cycles/{}", cycles[0].as_str().unwrap());
    assert_eq!(behind.get(&cycle).await["session_id"], imported["id"]);

    let session = format!("/api/sessions/{}", imported["id"].as_str().unwrap());
    assert_eq!(behind.get(&session).await["cycle_ids"], json!([]), "it is behind");
    let caught_up = App::on(db).await;
    caught_up.settle().await;
    assert_eq!(
        caught_up.get(&session).await["cycle_ids"],
        imported["cycle_ids"],
        "the list says the same"
    );
}
