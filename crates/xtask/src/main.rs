//! The rules of the house (`check`), the generated references (`docs`), and commands
//! beside throw-away servers (`with`).

mod docs;
mod edges;
mod length;
mod modules;
mod reference;
mod with;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Rules and references of the house.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Fails if a rule of the house is broken.
    Check,
    /// Writes the generated references under docs/.
    Docs,
    /// Runs a command beside throw-away servers, such as `with postgres -- cargo test`.
    With(with::Arguments),
}

fn main() -> anyhow::Result<ExitCode> {
    let root = root();
    match Arguments::parse().task {
        Task::Docs => docs::write(&root)?,
        Task::With(arguments) => return with::run(&arguments),
        Task::Check => {
            let mut faults = edges::check(&root)?;
            faults.extend(modules::check(&root)?);
            faults.extend(length::check(&root)?);
            faults.extend(reference::check(&root)?);
            faults.extend(docs::check(&root)?);
            for fault in &faults {
                eprintln!("✗ {fault}");
            }
            if !faults.is_empty() {
                return Ok(ExitCode::FAILURE);
            }
            println!("The rules of the house hold.");
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every file below `folder` with one of these endings, in order.
fn files(folder: &Path, endings: &[&str]) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            if path.is_dir() {
                if !matches!(
                    name,
                    "target" | "node_modules" | "build" | "generated" | "paraglide"
                ) && !name.starts_with('.')
                {
                    folders.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The path as people write it.
fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}
