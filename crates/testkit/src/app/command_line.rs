//! The program's command line, on the same folder and database as its server.

use std::io::Write;
use std::process::Stdio;

use serde_json::Value;

use super::TestApp;

/// What a command of the command line answered.
#[derive(Debug)]
pub struct CommandOutput {
    /// Whether it ended well.
    pub ok: bool,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl CommandOutput {
    /// Standard output as one JSON value for each line.
    pub fn lines(&self) -> Vec<Value> {
        self.stdout
            .lines()
            .map(|line| serde_json::from_str(line).expect("a JSON object on each line"))
            .collect()
    }
}

impl TestApp {
    /// Runs the command line on this server's folder.
    pub async fn command(&self, arguments: &[&str]) -> CommandOutput {
        self.command_with(arguments, "").await
    }

    /// The same with something on standard input.
    pub async fn command_with(&self, arguments: &[&str], input: &str) -> CommandOutput {
        let mut command = self.base_command();
        command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let input = input.to_owned();
        let output = tokio::task::spawn_blocking(move || {
            let mut child = command.spawn().expect("the binary starts");
            let mut stdin = child.stdin.take().expect("standard input is a pipe");
            // A command that does not read it has closed it already.
            drop(stdin.write_all(input.as_bytes()));
            drop(stdin);
            child.wait_with_output().expect("the command ends")
        })
        .await
        .expect("the command's thread ends");
        CommandOutput {
            ok: output.status.success(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}
