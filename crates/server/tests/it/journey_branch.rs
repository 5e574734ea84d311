//! A decision branched after three steps and taken down another path.

use althing_testkit::TestApp;
use serde_json::{Value, json};

use crate::app;
use crate::office::{STEPS, made, settled, text};
use crate::outputs::{self, COST, KOELN, QUIET, TIME, TOKYO, id};
use crate::record::Record;
use crate::talk::Talk;
use crate::walk::Walk;

/// A complete decision and, from its fourth step on, another path in which 東京 wins.
pub async fn two_paths(app: &TestApp) -> (Walk, Walk) {
    let parent = Walk::begin(app.owner(), "Wo wohnen wir? 🏠").await;
    for step in STEPS {
        parent.start(step).await;
        if step == "objectives" {
            Talk::about(&parent, step)
                .await
                .say("- Zeit: gemeinsame Abende")
                .await;
            let dismissed = app
                .owner()
                .post(
                    &format!("/api/components/{}/draft/dismiss", parent.component(step)),
                    json!({}),
                )
                .await;
            assert_eq!(dismissed.status, 204, "{}", dismissed.text);
        }
        made(parent.save(step, outputs::full(step)).await, 200);
        made(parent.complete(step).await, 200);
    }
    made(parent.post("complete", json!({})).await, 200);
    settled(app.owner()).await;
    let before = parent.read("").await;
    let branch = parent.branch("alternatives", "Was, wenn die Bahn 遅れる?").await;
    walk_elsewhere(&branch).await;
    settled(app.owner()).await;
    assert_eq!(parent.read("").await, before, "the parent is as it was");
    (parent, branch)
}

async fn walk_elsewhere(branch: &Walk) {
    made(
        branch.save("alternatives", outputs::full("alternatives")).await,
        200,
    );
    made(branch.complete("alternatives").await, 200);
    let ratings = [
        (TIME, [0, -1, 2, 0]),
        (QUIET, [0, -1, 1, 1]),
        (COST, [0, 1, 0, 1]),
    ];
    branch.fill("consequences", outputs::consequences(&ratings)).await;
    branch
        .fill(
            "tradeoffs",
            json!({"dominated_alternatives": [], "irrelevant_objectives": [], "tensions": []}),
        )
        .await;
    let synthesis = "Wenn die Bahn nicht kommt, bleibt nur 東京, und das ist für uns alle eine Überraschung.";
    branch
        .fill(
            "recommendation",
            json!({"synthesis": synthesis, "standout_option": Value::Null}),
        )
        .await;
    branch
        .fill(
            "decision_quality",
            json!({"elements": outputs::elements([80; 7])}),
        )
        .await;
}

#[tokio::test]
async fn a_branch_goes_its_own_way_and_leaves_its_parent_alone() {
    let app = app().await;
    let (parent, branch) = two_paths(&app).await;
    let child = branch.read("").await;
    assert_eq!(
        (&child["parent_cycle_id"], &child["branch_point"]),
        (&json!(parent.cycle), &json!("alternatives"))
    );
    assert_eq!(child["current_step"], "notes_next_steps");
    for (number, step) in STEPS.iter().enumerate() {
        let (mine, theirs) = (&child["components"][number], parent.step(step).await);
        assert_ne!(mine["id"], theirs["id"], "{step}");
        assert_eq!(
            mine["inherited"],
            number < 3,
            "{step}: the branch point was worked on since"
        );
        if number < 3 {
            assert_eq!(
                (&mine["output"], &mine["version"], &mine["status"]),
                (&theirs["output"], &theirs["version"], &theirs["status"])
            );
        }
    }
    assert_eq!(
        child["components"][3]["version"], 3,
        "the branch point's version and one more"
    );
    assert_eq!(child["components"][8]["status"], "not_started");
    let mut scores = Vec::new();
    for walk in [&parent, &branch] {
        let alternatives = walk.dashboard().await["alternatives"].clone();
        scores.push(
            alternatives
                .as_array()
                .expect("a list")
                .iter()
                .map(|one| one["pughScore"].clone())
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(json!(scores), json!([[0, 2, 0, -1], [0, -1, 3, 2]]));
    check_tree(&parent, &branch).await;
    check_comparison(&parent, &branch).await;
    check_talks(&parent, &branch).await;
    check_events(&Record::read(&app).await, &parent, &branch);
    let markdown = text(&branch.read("/document").await["markdown"]);
    assert!(markdown.contains("Was, wenn die Bahn 遅れる?"), "{markdown}");
    let listed = parent.of_session("/cycles").await;
    assert_eq!(listed.as_array().map(Vec::len), Some(2));
    let session = parent.of_session("").await;
    assert_eq!(
        (&session["cycle_ids"], &session["completed_cycles"]),
        (&json!([parent.cycle, branch.cycle]), &json!(1))
    );
}

async fn check_tree(parent: &Walk, branch: &Walk) {
    let tree = parent.of_session("/cycle-tree").await;
    assert_eq!(tree.as_array().map(Vec::len), Some(1), "one root");
    assert_eq!(
        (&tree[0]["cycleId"], &tree[0]["overallPercent"]),
        (&json!(parent.cycle), &json!(100))
    );
    let child = &tree[0]["children"][0];
    assert_eq!(
        (&child["cycleId"], &child["branchPoint"]),
        (&json!(branch.cycle), &json!("alternatives"))
    );
    let done = "completed";
    assert_eq!(
        child["letters"],
        json!({"p": done, "r": done, "o": done, "a": done, "c": done, "t": done})
    );
    assert_eq!(
        (&child["label"], &child["children"]),
        (&json!("Was, wenn die Bahn 遅れる?"), &json!([]))
    );
}

async fn check_comparison(parent: &Walk, branch: &Walk) {
    let compared = parent
        .of_session(&format!("/compare?cycles={},{}", parent.cycle, branch.cycle))
        .await;
    let sides = &compared["summary"]["cycles"];
    assert_eq!(
        (&sides[0]["leaders"], &sides[1]["leaders"]),
        (&json!([id(KOELN)]), &json!([id(TOKYO)]))
    );
    assert_eq!(
        (&sides[0]["dqScore"], &sides[1]["dqScore"]),
        (&json!(65), &json!(80))
    );
    let totals: Vec<&Value> = sides[1]["totals"]
        .as_array()
        .expect("totals")
        .iter()
        .map(|one| &one["score"])
        .collect();
    assert_eq!(totals, [0, -1, 3, 2]);
    let differences = compared["differences"].as_array().expect("a list");
    assert!(
        differences
            .iter()
            .all(|one| one["cycle"] == branch.cycle.as_str()),
        "{differences:?}"
    );
    let found = |component: &str, significance: &str| {
        differences
            .iter()
            .any(|one| one["component"] == component && one["significance"] == significance)
    };
    assert!(
        found("consequences", "major") || found("recommendation", "major"),
        "another leader: {differences:?}"
    );
    assert!(
        found("consequences", "moderate") || found("consequences", "major"),
        "other ratings: {differences:?}"
    );
    assert!(
        differences.iter().all(|one| one["component"] != "objectives"),
        "these are the same: {differences:?}"
    );
    let overviews: Vec<&Value> = compared["cycles"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| &one["overview"]["cycleId"])
        .collect();
    assert_eq!(overviews, [&json!(parent.cycle), &json!(branch.cycle)]);
}

/// A copied component has no talk until it is opened again; then the parent's is linked.
async fn check_talks(parent: &Walk, branch: &Walk) {
    let path = |walk: &Walk| format!("/api/components/{}/conversation", walk.component("objectives"));
    let theirs = made(parent.client.get(&path(parent)).await, 200);
    assert_eq!(
        branch.client.get(&path(branch)).await.refusal(),
        (404, "conversation_not_found")
    );
    made(
        branch
            .post("components/objectives/revise", json!({"reason": "andere Ziele"}))
            .await,
        200,
    );
    settled(&branch.client).await;
    let mine = made(branch.client.get(&path(branch)).await, 200);
    assert_eq!(mine["inherited_conversation_id"], theirs["id"]);
    assert_ne!(mine["id"], theirs["id"]);
    assert_eq!(mine["message_count"], 2, "the prompt and the opening question");
    let read = made(parent.client.get(&path(parent)).await, 200);
    assert_eq!(read, theirs, "the parent's talk is as it was");
}

fn check_events(record: &Record, parent: &Walk, branch: &Walk) {
    record.assert_sound();
    let [branched] = record.of_type("cycle.branched")[..] else {
        panic!("one branch")
    };
    assert_eq!(
        branched["data"]["inherited_components"],
        json!(["issue_raising", "problem_frame", "objectives", "alternatives"])
    );
    assert_eq!(branched["aggregate_id"], branch.cycle.as_str());
    assert_eq!(
        record.of_type("cycle.created").len(),
        1,
        "a branch is no new root"
    );
    let of = |walk: &Walk| -> Vec<&Value> {
        record
            .0
            .iter()
            .filter(|event| event["data"]["cycle_id"] == walk.cycle.as_str())
            .collect()
    };
    let later = |event: &&Value| event["position"].as_i64() > branched["position"].as_i64();
    assert!(
        !of(parent).iter().any(later),
        "nothing happens to the parent any more"
    );
    let mine = of(branch);
    assert_eq!(mine[0]["event_type"], "cycle.branched");
    let components: Vec<&str> = branch.components.values().map(String::as_str).collect();
    let strays = mine.iter().filter(|event| {
        event["data"]["component_id"]
            .as_str()
            .is_some_and(|id| !components.contains(&id))
    });
    assert_eq!(strays.count(), 0, "no cross-talk");
    let scores = record.of_type("pugh_scores.computed");
    assert_eq!(scores.len(), 2);
    assert_eq!(scores[1]["data"]["scores"][id(TOKYO)], 3);
}
