//! Journeys through the real binary, over HTTP, sockets and the command line.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod acceptance;
mod access;
mod archive;
mod audit;
mod bad_input;
mod chance;
mod command_line;
mod doctor;
mod edge;
mod journey_branch;
mod journey_by_conversation;
mod journey_by_forms;
mod journey_of_a_file;
mod journey_restart;
mod keys;
mod kill;
mod leases;
mod live;
mod mail;
mod membership;
mod messages;
mod metrics;
mod moving;
mod notifications;
mod office;
mod open_page;
mod openapi;
mod operations;
mod outputs;
mod process;
mod rate_limits;
mod rated;
mod readiness;
mod record;
mod sign_in;
mod sso;
mod strangers;
mod subscriptions;
mod switches;
mod talk;
mod tour;
mod walk;

use althing_testkit::TestApp;

/// The binary of this build.
const BINARY: &str = env!("CARGO_BIN_EXE_althing");

/// A server that is set up; its owner is signed in.
async fn app() -> TestApp {
    TestApp::start(BINARY).await
}
