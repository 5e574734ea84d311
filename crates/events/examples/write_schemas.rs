//! Writes the schemas of event versions that have none yet; never changes one that
//! exists. Run it after adding an event and its sample:
//! `cargo run -p althing-events --example write_schemas`.

use std::path::Path;

use althing_backbone::EventRegistry;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Naming one item links the crate, whose derives fill the catalogue.
    let _ = althing_events::UserId(althing_backbone::Uuid::nil());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let written = EventRegistry::collect()?.write_missing_schemas(&folder)?;
    println!("{written} schemas written to {}", folder.display());
    Ok(())
}
