//! Rules about what the program itself knows: routes, events, subscriptions.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::Context;
use serde_json::Value;

use crate::{files, shown};

/// The reference as the binary prints it.
pub fn read(root: &Path) -> anyhow::Result<Value> {
    let output = Command::new(env!("CARGO"))
        .args([
            "run",
            "--quiet",
            "--package",
            "althing-server",
            "--bin",
            "althing",
            "--",
            "dump-reference",
        ])
        .current_dir(root)
        .output()?;
    anyhow::ensure!(
        output.status.success(),
        "althing dump-reference failed:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).context("althing dump-reference does not print JSON")
}

pub fn check(root: &Path) -> anyhow::Result<Vec<String>> {
    let reference = read(root)?;
    let mut faults = routes_outside_the_table(root)?;
    faults.extend(repeated(
        &reference,
        "subscriptions",
        "name",
        "two subscriptions are called",
    ));
    faults.extend(repeated(
        &reference,
        "error_codes",
        "code",
        "two errors are called",
    ));
    faults.extend(events_without_sample(root, &reference)?);
    faults.extend(events_nobody_thought_of(&reference));
    Ok(faults)
}

/// `Module` adds a route and its line in the access table together; whoever calls
/// axum's `route` directly would go around it.
fn routes_outside_the_table(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut faults = Vec::new();
    for context in ["audit", "decisions", "identity", "notifications", "server"] {
        let folder = root.join("crates").join(context).join("src");
        for path in files(&folder, &[".rs"])? {
            // What tests put beside the product is no part of it.
            let inside = path.strip_prefix(&folder).unwrap_or(&path);
            if inside.components().any(|part| part.as_os_str() == "tests") {
                continue;
            }
            let text = std::fs::read_to_string(&path)?;
            // Tests put routes of their own around what they test.
            let product = text.lines().take_while(|line| !line.contains("#[cfg(test)]"));
            for (number, line) in product.enumerate() {
                let adds =
                    line.contains(".route(\"") || line.contains(".route_service(") || line.contains(".nest(");
                // Pages and the operator's health routes lie outside /api and have no access table.
                if adds && !line.contains("\"/health/") {
                    let place = shown(root, &path);
                    faults.push(format!(
                        "{place}:{}: a route outside the access table; use Module",
                        number + 1
                    ));
                }
            }
        }
    }
    Ok(faults)
}

fn repeated(reference: &Value, list: &str, field: &str, words: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    entries(reference, list)
        .filter_map(|entry| entry[field].as_str())
        .filter(|name| !seen.insert(name.to_owned()))
        .map(|name| format!("{words} {name}"))
        .collect()
}

fn events_without_sample(root: &Path, reference: &Value) -> anyhow::Result<Vec<String>> {
    let mut faults = Vec::new();
    for event in entries(reference, "events") {
        let (context, name, version) = (
            text(event, "context"),
            text(event, "event_type"),
            &event["version"],
        );
        for ending in ["json", "schema.json"] {
            let sample = format!("crates/events/samples/{context}/{name}.v{version}.{ending}");
            if !root.join(&sample).is_file() {
                faults.push(format!("{sample} is missing"));
            }
        }
    }
    Ok(faults)
}

/// Every event of the decisions context has a dashboard effect or is ignored on purpose.
fn events_nobody_thought_of(reference: &Value) -> Vec<String> {
    let dashboard: BTreeSet<&str> = entries(reference, "subscriptions")
        .filter(|subscription| text(subscription, "name") == "dashboard")
        .flat_map(|subscription| subscription["events"].as_array().into_iter().flatten())
        .filter_map(Value::as_str)
        .collect();
    entries(reference, "events")
        .filter(|event| {
            text(event, "context") == "decisions" && !dashboard.contains(text(event, "event_type"))
        })
        .map(|event| {
            format!(
                "the dashboard neither shows nor ignores {}",
                text(event, "event_type")
            )
        })
        .collect()
}

pub fn entries<'a>(reference: &'a Value, list: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    reference[list].as_array().into_iter().flatten()
}

pub fn text<'a>(entry: &'a Value, field: &str) -> &'a str {
    entry[field].as_str().unwrap_or_default()
}
