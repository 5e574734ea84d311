//! A decision with a branch exported, imported and exported again; and files that are not right.

use std::collections::BTreeMap;

use althing_testkit::Client;
use serde_json::{Value, json};

use crate::app;
use crate::journey_branch::two_paths;
use crate::office::{made, settled, text};
use crate::outputs::{KOELN, id};
use crate::record::Record;
use crate::walk::{Numbers, Walk};

async fn export(client: &Client, session: &str) -> Value {
    let reply = client.get(&format!("/api/sessions/{session}/export")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.body
}

/// What two exports of the same decision have in common: all but the time of writing, and what belongs to the
/// importing instance: its ids, its owner, when the session was made there.
fn lasting(document: &Value) -> Value {
    let mut document = document.clone();
    document["exported_at"] = Value::Null;
    document["session"]["created_at"] = Value::Null;
    document["session"]["owner"] = Value::Null;
    Numbers::default().number(&document)
}

/// Ids inside outputs, in order; they stay.
fn item_ids(document: &Value) -> Vec<Value> {
    let cycles = document["cycles"].as_array().expect("a list").iter();
    let components = cycles.flat_map(|cycle| cycle["components"].as_array().expect("a list"));
    components
        .flat_map(|one| one["outputs"].as_array().expect("a list"))
        .map(|one| one["output"].clone())
        .collect()
}

#[tokio::test]
async fn export_import_and_export_again_lose_nothing() {
    let app = app().await;
    let (parent, branch) = two_paths(&app).await;
    let outcome = json!({"cycle_id": parent.cycle, "chosen_alternative_id": id(KOELN), "satisfaction": "very_satisfied",
        "actual_consequences": "Die Bahn fährt 🚆", "surprises": "keine", "would_decide_same": true});
    made(
        app.owner()
            .post(&format!("/api/sessions/{}/outcomes", parent.session), outcome)
            .await,
        201,
    );
    let renamed = app
        .owner()
        .patch(
            &format!("/api/sessions/{}", parent.session),
            json!({"title": "Wohnen, entschieden", "description": "ß"}),
        )
        .await;
    made(renamed, 200);
    made(
        branch
            .post(
                "components/consequences/revise",
                json!({"reason": "neuer Fahrplan"}),
            )
            .await,
        200,
    );
    settled(app.owner()).await;
    let first = export(app.owner(), &parent.session).await;
    assert_eq!(
        (&first["format"], &first["format_version"]),
        (&json!("althing.decision"), &json!(1))
    );

    let bob = app.user("Bob").await;
    let imported = made(bob.post("/api/sessions/import", first.clone()).await, 201);
    let session = text(&imported["id"]);
    settled(app.owner()).await;
    let second = export(&bob, &session).await;
    assert_eq!(lasting(&second), lasting(&first));
    assert_eq!(item_ids(&second), item_ids(&first), "ids inside outputs stay");
    for list in ["cycles", "conversations"] {
        for (old, new) in first[list]
            .as_array()
            .expect("a list")
            .iter()
            .zip(second[list].as_array().expect("a list"))
        {
            assert_ne!(old["id"], new["id"], "{list}");
        }
    }
    assert_eq!(second["session"]["owner"]["name"], "Bob Tester");
    assert_eq!(imported["owner_id"], bob.user_id());

    // The views of the copy are the views of the original.
    let cycles = imported["cycle_ids"].as_array().expect("a list").clone();
    let copy = Walk::on(
        &bob,
        &made(bob.get(&format!("/api/cycles/{}", text(&cycles[0]))).await, 200),
    );
    assert_eq!(copy.outputs().await, parent.outputs().await);
    assert_eq!(copy.read("/analysis").await, parent.read("/analysis").await);
    let letters = |tree: Value| {
        json!([
            tree[0]["letters"],
            tree[0]["children"][0]["letters"],
            tree[0]["children"][0]["dqScore"]
        ])
    };
    assert_eq!(
        letters(copy.of_session("/cycle-tree").await),
        letters(parent.of_session("/cycle-tree").await)
    );

    // What happened to the copy is what happened to the original, with the mark of an import.
    let record = Record::read(&app).await;
    record.assert_sound();
    assert_eq!(counts(&record, &session), counts(&record, &parent.session));
    let first_of_copy = record.of_session(&session)[0];
    assert!(first_of_copy["metadata"]["import"].is_string(), "{first_of_copy}");
    let talk = async |walk: &Walk| {
        let path = format!("/api/components/{}/conversation", walk.component("objectives"));
        let talk = made(walk.client.get(&path).await, 200);
        [
            talk["message_count"].clone(),
            talk["state"].clone(),
            talk["messages"][2]["content"].clone(),
        ]
    };
    assert_eq!(talk(&copy).await, talk(&parent).await);
}

/// How often each type happened in a session; what was drawn into drafts is working state and not exported.
fn counts(record: &Record, session: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for event in record.of_session(session) {
        *counts.entry(text(&event["event_type"])).or_default() += 1;
    }
    counts.remove("conversation.data_extracted");
    counts
}

#[tokio::test]
async fn a_file_that_is_not_right_is_refused_and_nothing_is_written() {
    let app = app().await;
    let (parent, _branch) = two_paths(&app).await;
    let good = export(app.owner(), &parent.session).await;
    let before = Record::read(&app).await.0.len();
    let mut forged: Vec<(&str, &str, Value)> = Vec::new();
    let mut change = |name, field, edit: &dyn Fn(&mut Value)| {
        let mut document = good.clone();
        edit(&mut document);
        forged.push((name, field, document));
    };
    change("unknown version", "/format_version", &|document| {
        document["format_version"] = json!(2)
    });
    change("another format", "/format", &|document| {
        document["format"] = json!("something.else")
    });
    change("forged status", "/cycles/0/components/8", &|document| {
        document["cycles"][0]["components"][8]["status"] = json!("needs_revision");
    });
    change("forged score", "/cycles/0", &|document| {
        document["cycles"][0]["dq_score"] = json!(100)
    });
    change("forged version", "/cycles/0/components/2", &|document| {
        document["cycles"][0]["components"][2]["version"] = json!(7)
    });
    change("forged title", "/session/title", &|document| {
        document["session"]["title"] = json!("Another")
    });
    change("skipped prerequisite", "/cycles/0/changes", &|document| {
        document["cycles"][0]["changes"]
            .as_array_mut()
            .expect("changes")
            .remove(1);
    });
    change("impossible rating", "/cycles/0/changes", &|document| {
        let output = &mut document["cycles"][0]["components"][4]["outputs"][0]["output"];
        let cells = output["table"]["cells"].as_object_mut().expect("cells");
        let (_, cell) = cells.iter_mut().nth(5).expect("a cell");
        cell["rating"] = json!(254);
    });
    change("orphaned branch", "/cycles/1/parent_cycle_id", &|document| {
        document["cycles"][1]["parent_cycle_id"] = json!(id(999));
    });
    change("orphaned talk", "/conversations/0/component_id", &|document| {
        document["conversations"][0]["component_id"] = json!(id(999));
    });
    change("unknown field", "", &|document| document["secrets"] = json!([]));
    change("missing field", "", &|document| {
        drop(
            document
                .as_object_mut()
                .expect("an object")
                .shift_remove("cycles"),
        )
    });
    for (name, field, document) in forged {
        let refused = app.owner().post("/api/sessions/import", document).await;
        assert_eq!(refused.status, 422, "{name}: {}", refused.text);
        let errors = refused.body["errors"]
            .as_array()
            .unwrap_or_else(|| panic!("{name}: {}", refused.text));
        let at = text(&errors[0]["field"]);
        assert!(at.starts_with(field), "{name}: {at} {}", refused.text);
        assert!(!text(&errors[0]["message"]).is_empty(), "{name}");
    }
    let cut = serde_json::to_string(&good).expect("JSON");
    let cut = cut.as_bytes()[..cut.len() / 2].to_vec();
    let corrupt = app
        .owner()
        .send("POST", "/api/sessions/import", &[], Some(cut))
        .await;
    assert_eq!(corrupt.refusal(), (400, "malformed_request"));
    settled(app.owner()).await;
    assert_eq!(Record::read(&app).await.0.len(), before, "nothing was written");
    let sessions = app.owner().get("/api/sessions").await;
    assert_eq!(sessions.body["meta"]["total"], 1);
}
