//! Journeys through the real binary, over HTTP, sockets and the command line.

mod access;
mod command_line;
mod edge;
mod operations;
mod process;
mod sign_in;

use althing_testkit::TestApp;

/// The binary of this build.
const BINARY: &str = env!("CARGO_BIN_EXE_althing");

/// A server that is set up; its owner is signed in.
async fn app() -> TestApp {
    TestApp::start(BINARY).await
}
