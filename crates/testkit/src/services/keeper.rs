//! The keeper of one server: see `keeper.sh`, which is the other end of the pipe.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

const SCRIPT: &str = include_str!("keeper.sh");

/// How long a server may take to be gone after it was told to.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the keeper has reported so far.
#[derive(Clone, Copy, Default)]
struct State {
    starts: u32,
    ends: u32,
    process: u32,
}

impl State {
    fn is_running(self) -> bool {
        self.starts > self.ends
    }
}

/// A folder and at most one running server in it.
pub(super) struct Keeper {
    shell: Child,
    pipe: Mutex<Option<ChildStdin>>,
    folder: PathBuf,
    state: watch::Receiver<State>,
}

impl Keeper {
    /// A keeper with an empty folder, which has `name` in its own name.
    pub(super) fn new(name: &str) -> Self {
        let mut shell = Command::new("sh")
            .args(["-c", SCRIPT, "keeper", name])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Ctrl-C in a terminal goes to the whole group; the keeper has to survive it to clean up.
            .process_group(0)
            .spawn()
            .expect("sh exists");
        let pipe = shell.stdin.take().expect("standard input is a pipe");
        let mut lines = BufReader::new(shell.stdout.take().expect("standard output is a pipe"));
        let mut first = String::new();
        lines.read_line(&mut first).expect("the keeper's first line");
        let folder = first
            .strip_prefix("folder ")
            .unwrap_or_else(|| panic!("the keeper made no folder: {first:?}"));
        let (sender, state) = watch::channel(State::default());
        std::thread::spawn(move || follow(lines, &sender));
        Self {
            shell,
            pipe: Mutex::new(Some(pipe)),
            folder: PathBuf::from(folder.trim_end_matches('\n')),
            state,
        }
    }

    /// Where the server lies; removed with the keeper.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the server has printed, or has written to a file called `log`.
    pub(super) fn log(&self) -> String {
        let bytes = std::fs::read(self.folder.join("log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Runs the folder's script `start`; its process number.
    pub(super) async fn start(&self) -> u32 {
        let before = *self.state.borrow();
        assert!(!before.is_running(), "it runs already; stop or kill it first");
        self.tell("start");
        let mut state = self.state.clone();
        let wish = state.wait_for(|state| state.starts > before.starts);
        tokio::time::timeout(PATIENCE, wish)
            .await
            .expect("the keeper starts the server in time")
            .expect("the keeper runs")
            .process
    }

    /// Whether the server runs.
    pub(super) fn is_running(&self) -> bool {
        self.state.borrow().is_running()
    }

    /// Sends a signal to the server (not to its children).
    pub(super) fn signal(&self, name: &str) {
        self.tell(&format!("signal {name}"));
    }

    /// SIGKILL for the server and its children.
    pub(super) fn crash(&self) {
        self.tell("crash");
    }

    /// Waits until the server is gone.
    pub(super) async fn ended(&self) {
        let mut state = self.state.clone();
        let wish = state.wait_for(|state| !state.is_running());
        tokio::time::timeout(PATIENCE, wish)
            .await
            .unwrap_or_else(|_| panic!("the server does not end:\n{}", self.log()))
            .expect("the keeper runs");
    }

    fn tell(&self, line: &str) {
        let mut pipe = self.pipe.lock().unwrap_or_else(PoisonError::into_inner);
        let pipe = pipe
            .as_mut()
            .expect("the pipe is open until the keeper is dropped");
        writeln!(pipe, "{line}").expect("the keeper reads");
    }
}

fn follow(lines: BufReader<ChildStdout>, sender: &watch::Sender<State>) {
    for line in lines.lines() {
        let Ok(line) = line else { return };
        let (word, number) = line.split_once(' ').unwrap_or((&line, ""));
        sender.send_modify(|state| match word {
            "started" => {
                state.starts += 1;
                state.process = number.parse().expect("a process number");
            }
            "ended" => state.ends += 1,
            other => panic!("the keeper says {other:?}"),
        });
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        // The end-of-file is the order to clean up.
        drop(self.pipe.get_mut().unwrap_or_else(PoisonError::into_inner).take());
        drop(self.shell.wait());
    }
}
