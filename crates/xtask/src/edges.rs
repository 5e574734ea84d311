//! The dependency rule: contexts never know one another, and nothing points upwards.

use std::path::Path;

use cargo_metadata::{DependencyKind, MetadataCommand};

/// What each package of the house may depend on. Tests may use the test kit.
const ALLOWED: &[(&str, &[&str])] = &[
    ("althing-db", &[]),
    ("althing-backbone-macros", &[]),
    ("althing-backbone", &["althing-db", "althing-backbone-macros"]),
    ("althing-events", &["althing-backbone"]),
    ("althing-web", &["althing-backbone", "althing-events"]),
    (
        "althing-identity",
        &["althing-web", "althing-backbone", "althing-events"],
    ),
    (
        "althing-decisions",
        &["althing-web", "althing-backbone", "althing-events"],
    ),
    (
        "althing-notifications",
        &["althing-web", "althing-backbone", "althing-events"],
    ),
    (
        "althing-audit",
        &["althing-web", "althing-backbone", "althing-events"],
    ),
    (
        "althing-testkit",
        &["althing-backbone", "althing-db", "althing-events"],
    ),
];

/// They know everything: the server puts it together, the others look at it from outside.
const SEES_ALL: &[&str] = &["althing-server", "xtask", "althing-bench"];

pub fn check(root: &Path) -> anyhow::Result<Vec<String>> {
    let metadata = MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .no_deps()
        .exec()?;
    let mut faults = Vec::new();
    for package in &metadata.packages {
        let name = package.name.as_str();
        if SEES_ALL.contains(&name) {
            continue;
        }
        let Some((_, allowed)) = ALLOWED.iter().find(|(package, _)| *package == name) else {
            faults.push(format!(
                "{name} is not in the dependency rule (crates/xtask/src/edges.rs)"
            ));
            continue;
        };
        for dependency in &package.dependencies {
            let target = dependency.name.as_str();
            let is_ours = target.starts_with("althing-");
            let is_test = dependency.kind == DependencyKind::Development;
            let may = allowed.contains(&target) || target == name || (is_test && target == "althing-testkit");
            if is_ours && !may {
                faults.push(format!("{name} must not depend on {target}"));
            }
        }
    }
    Ok(faults)
}
