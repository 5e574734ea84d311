//! Every version of every event that was ever stored can still be read.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use althing_backbone::EventRegistry;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")
}

fn catalogue() -> EventRegistry {
    // Naming one item links the crate, whose derives fill the catalogue.
    let _ = althing_events::UserId(althing_backbone::Uuid::nil());
    EventRegistry::collect().expect("names are unique and chains of versions whole")
}

#[test]
fn every_event_has_its_golden_sample_and_its_schema() {
    let faults = catalogue().check_samples(&folder());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// A sample without an event would be an event that somebody removed, and its log
/// entries would be unreadable.
#[test]
fn every_sample_has_its_event() {
    let known: BTreeSet<String> = catalogue()
        .events()
        .flat_map(|event| event.chain())
        .map(|event| format!("{}/{}.v{}", event.context, event.event_type, event.version))
        .collect();
    let mut strangers = Vec::new();
    for context in std::fs::read_dir(folder()).unwrap() {
        let context = context.unwrap();
        for file in std::fs::read_dir(context.path()).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            let stem = name
                .strip_suffix(".schema.json")
                .or(name.strip_suffix(".json"))
                .unwrap_or(&name);
            let full = format!("{}/{stem}", context.file_name().to_string_lossy());
            if !known.contains(&full) {
                strangers.push(full);
            }
        }
    }
    assert_eq!(strangers, Vec::<String>::new());
}

/// A schema is the promise of its version: only new versions get one.
#[test]
fn writing_missing_schemas_changes_none_that_exists() {
    let copy = std::env::temp_dir().join(format!("althing-samples-{}", std::process::id()));
    let schema = copy.join("identity/identity.user_logged_out.v1.schema.json");
    std::fs::create_dir_all(schema.parent().unwrap()).unwrap();
    std::fs::write(&schema, "{}").unwrap();
    let written = catalogue().write_missing_schemas(&copy).unwrap();
    let kept = std::fs::read_to_string(&schema).unwrap();
    let generated = copy.join("identity/identity.user_registered.v1.schema.json");
    let generated = std::fs::read_to_string(generated).unwrap();
    std::fs::remove_dir_all(&copy).unwrap();
    assert_eq!(kept, "{}");
    assert!(
        written >= 3 && generated.contains("\"email\""),
        "{written} written"
    );
}
