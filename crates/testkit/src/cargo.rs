//! Commands as a person would give them, from inside a program that cargo runs.

use std::process::Command;

/// Takes away what cargo says of the package whose program runs. With it, a cargo
/// inside the command would build anew what reads these variables (ring), and all that
/// depends on it; and the next one outside would, too.
pub fn forget_package(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let of_a_package = name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_")
                || name.starts_with("CARGO_MANIFEST_")
                || name.starts_with("CARGO_BIN_")
                || name == "CARGO_CRATE_NAME"
        });
        if of_a_package {
            command.env_remove(name);
        }
    }
}
