//! The description of the API: it knows every route, and everybody may read it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::app;
use crate::office::text;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

#[tokio::test]
async fn it_has_every_route_with_what_it_takes_and_answers() {
    let app = app().await;
    let description = app.anonymous().get("/api/openapi.json").await.body;
    let reference: Value = serde_json::from_str(&app.command(&["dump-reference"]).await.stdout).unwrap();
    let routes: BTreeSet<(String, String)> = reference["routes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|route| (text(&route["method"]).to_lowercase(), text(&route["path"])))
        .collect();
    let mut described = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for (path, operations) in description["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            assert!(METHODS.contains(&method.as_str()), "{method} {path}");
            described.insert((method.clone(), path.clone()));
            assert!(ids.insert(text(&operation["operationId"])), "{method} {path}");
            let answers = operation["responses"].as_object().unwrap();
            let succeeds = |status: &&String| status.as_str() < "400";
            assert!(
                answers.keys().any(|status| succeeds(&status)),
                "{method} {path} answers nothing"
            );
            let named = path.matches('{').count();
            let told = operation["parameters"].as_array().into_iter().flatten();
            let told = told.filter(|one| one["in"] == "path").count();
            assert_eq!(named, told, "{method} {path}");
        }
    }
    assert_eq!(described, routes);
}

#[tokio::test]
async fn every_reference_inside_it_leads_somewhere() {
    let app = app().await;
    let description = app.anonymous().get("/api/openapi.json").await.body;
    let mut references = BTreeSet::new();
    gather(&description, &mut references);
    assert!(references.len() > 100, "{references:?}");
    for reference in references {
        let place = reference.strip_prefix('#').unwrap();
        assert!(description.pointer(place).is_some(), "{reference} leads nowhere");
    }
}

fn gather(value: &Value, references: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            references.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| gather(member, references));
        }
        Value::Array(entries) => entries.iter().for_each(|entry| gather(entry, references)),
        _ => {}
    }
}

#[tokio::test]
async fn it_can_be_kept_and_is_printed_too() {
    let app = app().await;
    let anonymous = app.anonymous();
    let served = anonymous.get("/api/openapi.json").await;
    let printed: Value = serde_json::from_str(&app.command(&["openapi"]).await.stdout).unwrap();
    assert_eq!(served.body, printed);
    let tag = served.header("etag").to_owned();
    let again = anonymous
        .send("GET", "/api/openapi.json", &[("if-none-match", &tag)], None)
        .await;
    assert_eq!((again.status, again.text.as_str()), (304, ""));
}
