//! Files that nobody can hold in their head.

use std::path::Path;

use crate::{files, shown};

/// Think at 400; this is where it stops.
const MOST_LINES: usize = 650;

pub fn check(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut faults = Vec::new();
    for folder in ["crates", "bench", "ui/src"] {
        for path in files(&root.join(folder), &[".rs", ".ts", ".svelte"])? {
            let lines = std::fs::read_to_string(&path)?.lines().count();
            if lines > MOST_LINES {
                faults.push(format!(
                    "{} has {lines} lines; give it a second door",
                    shown(root, &path)
                ));
            }
        }
    }
    Ok(faults)
}
