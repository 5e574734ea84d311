//! The modules of `decisions` speak only by events: one may read another through
//! its `port`, and nothing else. Doors (`http.rs`) may call commands of several.

use std::path::Path;

use crate::{files, shown};

const MODULES: &[&str] = &[
    "session",
    "cycle",
    "conversation",
    "analysis",
    "dashboard",
    "sharing",
];

/// What every module may use: names of things, pure functions, and the answer types.
const SHARED: &[&str] = &["access", "error", "outputs", "people", "document"];

pub fn check(root: &Path) -> anyhow::Result<Vec<String>> {
    let source = root.join("crates/decisions/src");
    let mut faults = Vec::new();
    for module in MODULES {
        for path in files(&source.join(module), &[".rs"])? {
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            let is_door = matches!(name, "http.rs" | "stream.rs" | "live.rs")
                || path
                    .components()
                    .any(|part| part.as_os_str() == "http" || part.as_os_str() == "live");
            if is_door || name.contains("tests") || path.components().any(|part| part.as_os_str() == "tests")
            {
                continue;
            }
            let text = std::fs::read_to_string(&path)?;
            for (number, line) in text.lines().enumerate() {
                if let Some(fault) = reaches_out(module, line) {
                    faults.push(format!("{}:{}: {fault}", shown(root, &path), number + 1));
                }
            }
        }
    }
    Ok(faults)
}

fn reaches_out(module: &str, line: &str) -> Option<String> {
    if line.trim_start().starts_with("//") {
        return None;
    }
    let target = line.split("crate::").nth(1)?;
    let other = target
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .next()?;
    if other == module || SHARED.contains(&other) || !MODULES.contains(&other) {
        return None;
    }
    let rest = &target[other.len()..];
    // Types of a module and its pure functions stand at its root; commands, views
    // and stores do not. Analysis is pure throughout.
    let reads = rest.starts_with("::port") || other == "analysis";
    let names_only =
        rest.starts_with("::{") || rest.starts_with("::") && rest[2..].starts_with(char::is_uppercase);
    let is_field_error = other == "session" && rest.starts_with("::field");
    if reads || names_only || is_field_error {
        return None;
    }
    Some(format!(
        "{module} reaches into {other}{rest}; read through {other}::port, or listen to its events"
    ))
}

#[cfg(test)]
mod tests {
    use super::reaches_out;

    #[test]
    fn commands_of_another_module_are_out_of_reach() {
        assert!(reaches_out("conversation", "use crate::cycle::commands::StartComponent;").is_some());
        assert!(reaches_out("dashboard", "use crate::session::views;").is_some());
        assert!(reaches_out("dashboard", "use crate::cycle::port as cycles;").is_none());
        assert!(reaches_out("dashboard", "use crate::cycle::Cycle;").is_none());
        assert!(reaches_out("cycle", "use crate::cycle::store::load;").is_none());
        assert!(reaches_out("cycle", "use crate::outputs::Output;").is_none());
    }
}
