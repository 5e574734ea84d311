//! Programs of the system.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Debian keeps servers outside an ordinary user's path.
const FURTHER_FOLDERS: &[&str] = &["/usr/local/sbin", "/usr/sbin", "/sbin"];

/// Where a program lies. If it is missing, the test fails with what installs it.
pub(super) fn find(program: &str, package: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(FURTHER_FOLDERS.iter().map(PathBuf::from))
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("{}", missing(program, package)))
}

/// What a person does about a missing program.
pub(super) fn missing(program: &str, package: &str) -> String {
    format!("{program} is missing; install it: apt-get install -y --no-install-recommends {package}")
}

/// A command that sees nothing of this process's environment but the path.
pub(super) fn clean(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("LC_ALL", "C.UTF-8");
    command
}

/// Runs it off the runtime and gives what it printed; fails the test if it fails.
pub(super) async fn run(mut command: Command) -> String {
    tokio::task::spawn_blocking(move || {
        let output = command.output();
        printed(&command, output)
    })
    .await
    .unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

/// The same at once, for where nobody can wait.
pub(super) fn run_now(mut command: Command) -> String {
    let output = command.output();
    printed(&command, output)
}

fn printed(command: &Command, output: std::io::Result<Output>) -> String {
    let output = output.unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

/// A word as a shell takes it literally.
pub(super) fn quoted(word: impl AsRef<str>) -> String {
    format!("'{}'", word.as_ref().replace('\'', r"'\''"))
}

/// A path as a shell takes it literally.
pub(super) fn quoted_path(path: &Path) -> String {
    quoted(path.to_str().expect("temporary folders have readable names"))
}
